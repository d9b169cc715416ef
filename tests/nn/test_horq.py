"""HORQ's layers: the paper's recursion, gradients, calibration, and what leaves for hardware."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from hwgen.errors import ModelError
from hwgen.frontend.brevitas import import_module
from hwgen.golden.execute import decode, run
from hwgen.golden.planes import residual
from hwgen.ir.ops import Conv, MatMul
from hwgen.ir.types import IntType
from hwgen.nn import HORQConv2d, HORQLinear, ResidualSign, calibrate
from hwgen.passes.pipeline import integer_network

SIDE = 6


def network(order: int, bits: int = 6) -> nn.Sequential:
    """Padded and grouped convolutions and a dense layer, each behind planes, with parameters drawn anew."""
    model = nn.Sequential(
        nn.BatchNorm2d(2),
        ResidualSign(order, bits=bits),
        HORQConv2d(2, 4, 3, padding=1),
        nn.MaxPool2d(2),
        nn.BatchNorm2d(4),
        ResidualSign(order, bits=bits),
        HORQConv2d(4, 6, 3, padding=1, groups=2, bias=False),
        nn.BatchNorm2d(6),
        ResidualSign(order, bits=bits),
        nn.Flatten(),
        HORQLinear(6 * 9, 5),
    )
    for layer in model:
        if isinstance(layer, nn.BatchNorm2d):
            nn.init.normal_(layer.weight)
            nn.init.normal_(layer.bias)
            nn.init.normal_(layer.running_mean)
            nn.init.uniform_(layer.running_var, 0.5, 4)
    return model


def images(count: int = 40) -> torch.Tensor:
    return torch.randint(0, 16, (count, 2, SIDE, SIDE)).float()


@pytest.mark.parametrize("order", [1, 2, 3, 4])
def test_golden_gives_what_torch_gives(order: int) -> None:
    torch.manual_seed(order)
    model, x = network(order), images()
    calibrate(model, x)
    model.eval()
    graph = integer_network(import_module(model, x[:1], input_type=IntType(4, signed=False)))
    codes = x.numpy().transpose(0, 2, 3, 1).astype(np.int64)
    with torch.no_grad():
        expected = model(x).numpy()
    found = decode(graph, run(graph, codes))
    assert np.abs(found - expected).max() < 1e-5 * np.abs(expected).max()  # float32 sums of scaled integers
    orders = [node.op.planes.size for node in graph.nodes if isinstance(node.op, MatMul | Conv)]
    assert orders == [order if order > 1 else 0] * 3


@given(st.integers(1, 4), st.integers(2, 12), st.integers(0, 2**31))
@settings(max_examples=30, deadline=None)
def test_factors_are_fixed_point_and_do_not_grow(order: int, bits: int, seed: int) -> None:
    torch.manual_seed(seed)
    layer = ResidualSign(order, bits=bits).eval()
    layer.beta.data = torch.randn(order) * 10 ** float(torch.empty(1).uniform_(-3, 3))
    layer.beta.data[0] = layer.beta.data[0].abs() + 1e-3
    fixed = layer.fixed().numpy().astype(np.float64)
    step = 2.0 ** (np.floor(np.log2(float(layer.beta.data[0]))) + 1 - bits)
    codes = fixed / step
    assert np.array_equal(codes, np.round(codes))
    assert codes.min() >= 1 and codes.max() < 2**bits
    assert np.all(np.diff(codes) <= 0)
    levels = np.unique(layer(torch.linspace(-4, 4, 401) * layer.beta.detach()[0]).detach().numpy())
    assert len(levels) <= 2**order


def test_forward_is_the_recursion() -> None:
    layer = ResidualSign(2).eval()
    layer.beta.data = torch.tensor([1.0, 0.5])
    x = torch.tensor([-2.0, -1.0, -0.25, 0.0, 0.75, 1.0, 3.0])
    expected = [-1.5, -0.5, -0.5, 0.5, 0.5, 1.5, 1.5]
    assert layer(x).tolist() == expected
    assert layer.train()(x).tolist() == expected


def test_gradients() -> None:
    """The identity's within the outermost levels to x, each plane's sign to its factor."""
    layer = ResidualSign(2)
    layer.beta.data = torch.tensor([1.0, 0.5])
    x = torch.tensor([-2.0, -1.0, 0.25, 3.0], requires_grad=True)
    layer(x).backward(torch.tensor([1.0, 10.0, 100.0, 1000.0]))
    assert x.grad is not None and x.grad.tolist() == [0.0, 10.0, 100.0, 0.0]
    assert layer.beta.grad is not None
    assert layer.beta.grad.tolist() == [-1.0 - 10.0 + 100.0 + 1000.0, -1.0 + 10.0 - 100.0 + 1000.0]


def test_calibration_takes_the_means_of_what_is_left() -> None:
    x = torch.tensor([[4.0, -2.0, 1.0, -1.0], [2.0, -2.0, 3.0, -1.0]])
    layer = ResidualSign(3, bits=12)
    layer.calibrate(x)
    assert layer.fixed()[:2].tolist() == [2.0, 0.75]


@pytest.mark.parametrize("order", [1, 3])
def test_dynamic_factors_are_those_of_golden(order: int) -> None:
    x = torch.randn(5, 2, 3, 3, dtype=torch.float64)
    layer = ResidualSign(order, dynamic=True)
    near, _ = residual(x.numpy(), order)
    for each in (layer.train(), layer.eval()):
        assert np.allclose(each(x).detach().numpy(), near, rtol=0, atol=1e-12)


def test_calibrating_makes_a_network_static() -> None:
    torch.manual_seed(3)
    model, x = network(2), images()
    for layer in model:
        if isinstance(layer, ResidualSign):
            layer.dynamic = True
    with pytest.raises(ModelError) as error:
        import_module(model, x[:1], input_type=IntType(4, signed=False))
    assert str(error.value) == (
        "1: residual planes must have factors of their layer's own; found factors that depend on the input. "
        "Calibrate it: hwgen.nn.calibrate."
    )
    calibrate(model, [x[:20], x[20:]])
    assert model.training
    import_module(model, x[:1], input_type=IntType(4, signed=False))
    first = next(layer for layer in model if isinstance(layer, ResidualSign))
    with torch.no_grad():
        seen = model.eval()[0](x)
    assert abs(float(first.beta[0]) - float(seen.abs().mean())) < 1e-5


@pytest.mark.parametrize(
    ("order", "bits", "message"),
    [
        (0, 6, "ResidualSign: order must be 1 to 4; found 0. Use fewer planes."),
        (5, 6, "ResidualSign: order must be 1 to 4; found 5. Use fewer planes."),
        (2, 13, "ResidualSign: bits must be 2 to 12; found 13. Leave them at 6."),
    ],
)
def test_sizes(order: int, bits: int, message: str) -> None:
    with pytest.raises(ModelError) as error:
        ResidualSign(order, bits=bits)
    assert str(error.value) == message


@pytest.mark.parametrize("beta", [0.0, -0.5, float("nan"), float("inf")])
def test_factors_must_be_positive(beta: float) -> None:
    layer = ResidualSign(2)
    layer.beta.data[0] = beta
    message = (
        f"ResidualSign: the factors of its planes must be positive and finite; found {beta:g}. "
        "Calibrate it, or train with a smaller rate."
    )
    with pytest.raises(ModelError) as error:
        layer(torch.zeros(3))
    assert str(error.value) == message
    with pytest.raises(ModelError) as error:
        import_module(nn.Sequential(layer, HORQLinear(3, 2)), torch.zeros(1, 3), input_type=IntType(4, signed=True))
    assert str(error.value) == message
