"""`hwgen.load` as Python calls it: what it takes, what it refuses, and that the module stays as it was."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from brevitas.nn import QuantIdentity

import hwgen
from hwgen.errors import ModelError
from tests.frontend.brevitas_nets import activation, linear

X = torch.zeros(1, 4)


def _net() -> torch.nn.Module:
    torch.manual_seed(0)
    return torch.nn.Sequential(activation("int4"), linear("int3", 4, 3, bias=True))


class Odd(torch.nn.Module):
    """A layer of Brevitas's, and whatever a test does with it."""

    def __init__(self, forward: Callable[[Any, Any], Any]) -> None:
        super().__init__()
        self.layer = linear("int3", 4, 3, bias=True)
        self.act = forward

    def forward(self, x: Any) -> Any:
        return self.act(self.layer, x)


def _fails(layer: Any, x: Any) -> Any:
    raise KeyError("first line\nsecond line")


def _quantised() -> Any:
    return QuantIdentity(return_quant_tensor=True).eval()(X)


TAKEN: dict[str, Callable[[], Any]] = {
    "tensor": lambda: X,
    "tuple": lambda: (X,),
    "list": lambda: [X],
    "tuple_with_keywords": lambda: (X, {}),
    "numpy": lambda: np.zeros((1, 4)),
    "whole_numbers": lambda: np.zeros((1, 4), dtype=np.uint8),
    "lists_of_numbers": lambda: [[0, 0, 0, 0]],
    "quant_tensor": _quantised,
    "tuple_of_a_quant_tensor": lambda: (_quantised(),),
    "with_gradient": lambda: X.clone().requires_grad_(),
    "frames": lambda: torch.zeros(3, 4),
}


@pytest.mark.parametrize("name", TAKEN)
def test_examples_that_are_taken(name: str) -> None:
    graph = hwgen.load(_net(), TAKEN[name](), input_type="int5")
    assert graph == hwgen.load(_net(), X, input_type="int5")


_ONE = "Give one tensor of shape (1, ...) or a numpy array, for several inputs a tuple of them."
_SHAPE = "Give an example of shape (1, ...) as the network receives it."
REFUSED: dict[str, tuple[Callable[[], Any], str]] = {
    "two": (
        lambda: (X, X),
        "Sequential: the example input must run through the network; found Sequential.forward() takes 2 positional"
        " arguments but 3 were given for shape (1, 4) and (1, 4).",
    ),
    "none_in_a_tuple": (lambda: (), f"Sequential: it must have an example of every input; found none. {_ONE}"),
    "dict": (
        lambda: {"x": X},
        f"Sequential: its inputs must be arguments without a name; found a dict of 1. {_ONE}",
    ),
    "tuple_of_a_dict": (
        lambda: ({"x": X},),
        f"Sequential: its inputs must be arguments without a name; found a dict of 1. {_ONE}",
    ),
    "text": (lambda: "pixels", f"Sequential: the example input must be numbers; found str. {_ONE}"),
    "objects": (
        lambda: np.asarray([None, "a"], dtype=object),
        "Sequential: the example input must be numbers; found can't convert np.ndarray of type numpy.object_.",
    ),
    "module": (_net, "Sequential: the example input must be numbers; found "),
    "shape": (
        lambda: torch.zeros(1, 5),
        "Sequential: the example input must run through the network; found mat1 and mat2 shapes cannot be multiplied"
        f" (1x5 and 4x3) for shape (1, 5). {_SHAPE}",
    ),
    "device": (
        lambda: torch.zeros(1, 4, device="meta"),
        "Sequential: the example input must run through the network; found ",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_examples_that_are_refused(name: str) -> None:
    given, message = REFUSED[name]
    with pytest.raises(ModelError) as caught:
        hwgen.load(_net(), given(), input_type="int5")
    assert str(caught.value).startswith(message) and str(caught.value).isprintable()


MODULES: dict[str, tuple[Callable[[], Any], str]] = {
    "fails": (
        lambda: Odd(_fails),
        "Odd: the example input must run through the network; found 'first line\\nsecond line' for shape (1, 4)."
        f" {_SHAPE}",
    ),
    "looks_up": (
        lambda: torch.nn.Sequential(
            torch.nn.Sequential(torch.nn.Embedding(8, 4)), torch.nn.Flatten(), linear("int4", 16, 3, bias=False)
        ),
        "0.0: an embedding must have whole numbers as indices; found an example of real numbers. Give an example of"
        " integers: torch.long.",
    ),
    "without_parameters": (lambda: _net().to("meta"), "Sequential: a copy of the network must be made on the CPU; "),
    "half": (lambda: _net().half(), "Sequential: the example input must run through the network; found "),
    "returns_nothing": (lambda: Odd(lambda layer, x: None), "Odd: the network must have an input; found none."),
    "returns_its_input": (lambda: Odd(lambda layer, x: [layer(x), x]), "output 'output1': a layer must compute it; "),
    "not_expressible": (
        lambda: Odd(lambda layer, x: torch.fft.fft(layer(x)).real),
        "Odd: torch must be able to export the module; found Exporting the operator 'aten::fft_fft' to ONNX",
    ),
    "function": (lambda: abs, "builtin_function_or_method: the network must be a torch.nn.Module; found "),
    "class": (lambda: torch.nn.Sequential, "type: the network must be a torch.nn.Module; found type."),
    "number": (lambda: 3, "int: the network must be a torch.nn.Module; found int."),
    "nothing": (lambda: None, "NoneType: the network must be a torch.nn.Module; found NoneType."),
    "file_of_zeros": (
        lambda: "net\0.onnx",
        "net\\x00.onnx: the model file must be readable; found embedded null byte.",
    ),
}


@pytest.mark.parametrize("name", MODULES)
def test_sources_that_are_refused_in_one_line_and_silence(name: str, capfd: pytest.CaptureFixture[str]) -> None:
    """Not even C++ code prints: torch shows its whole graph where an operator has no name in ONNX."""
    given, message = MODULES[name]
    source = given()
    with pytest.raises(ModelError) as caught:
        hwgen.load(source, X, input_type="int5")
    assert str(caught.value).startswith(message) and str(caught.value).isprintable()
    assert capfd.readouterr() == ("", "")


OPTIONS: dict[str, tuple[dict[str, Any], str]] = {
    "type": ({"input_type": 3}, "input_type: must be bipolar, intN or uintN; found 3."),
    "name": ({"name": 3}, "name: must be text; found int."),
    "scale": (
        {"input_scale": "abc"},
        "its scale must be a number, or one for each channel; found could not convert string to float: 'abc'. Give"
        " another input scale.",
    ),
    "large": ({"input_scale": 10**400}, "its scale must be a number, or one for each channel; found int too large"),
    "beyond_float32": ({"input_offset": -1e300}, "its offset must be a float32, as models have; found -1e+300. Give"),
    "below_float32": ({"input_scale": 1e-300}, "its scale must be a float32, as models have; found 1e-300. Give"),
    "ragged": ({"input_offset": [[1, 2], [3]]}, "its offset must be a number, or one for each channel; found "),
    "complex": ({"input_scale": 1j}, "its scale must be a number, or one for each channel; found "),
}


@pytest.mark.parametrize("name", OPTIONS)
def test_options_that_are_refused(name: str) -> None:
    options, message = OPTIONS[name]
    with pytest.raises(ModelError) as caught:
        hwgen.load(_net(), X, **{"input_type": "int5", **options})
    assert message in str(caught.value)


def test_what_is_compiled_is_a_network() -> None:
    with pytest.raises(hwgen.HwgenError) as caught:
        hwgen.compile("tfc.onnx")  # type: ignore[arg-type]
    assert str(caught.value) == "graph: must be a network that hwgen.load gave; found str. Load it first."


@pytest.mark.parametrize("good", [True, False])
def test_the_module_stays_as_it_was(*, good: bool) -> None:
    module = Odd((lambda layer, x: layer(x)) if good else _fails)
    module.train()
    module.layer.weight.requires_grad_(False)
    module.layer.eval()
    before = copy.deepcopy(module.state_dict())
    random = torch.get_rng_state()
    try:
        hwgen.load(module, X, input_type="int5")
    except ModelError:
        assert not good
    assert module.training and not module.layer.training and torch.is_grad_enabled()
    assert [each.requires_grad for each in module.parameters()] == [False, True]
    assert not any(each._forward_hooks or each._forward_pre_hooks for each in module.modules())
    assert all(torch.equal(before[name], value) for name, value in module.state_dict().items())
    assert torch.equal(random, torch.get_rng_state())
