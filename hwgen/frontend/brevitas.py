"""From a Brevitas module to the integer network. With brevitas_export.py the sole owner of torch and brevitas."""

from __future__ import annotations

import copy
import inspect
import pickle
import warnings
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from hwgen.errors import ModelError
from hwgen.frontend.qonnx import import_qonnx
from hwgen.frontend.silence import quiet
from hwgen.ir.graph import Graph
from hwgen.ir.types import DType

if TYPE_CHECKING:
    import onnx
    import torch

_INPUTS = "Give one tensor of shape (1, ...) or a numpy array, for several inputs a tuple of them"
_QUANT_LAYERS = "Build it from brevitas.nn layers such as QuantLinear and QuantReLU"


def import_module(
    module: torch.nn.Module,
    example_input: Any,
    *,
    name: str | None = None,
    input_type: DType | Mapping[str, DType] | None = None,
    input_scale: npt.ArrayLike | Mapping[str, npt.ArrayLike] | None = None,
    input_offset: npt.ArrayLike | Mapping[str, npt.ArrayLike] | None = None,
) -> Graph:
    """The integer network of a trained Brevitas module, which is not changed.

    Args:
        module: any module of Brevitas layers, on the CPU.
        example_input: one input with its batch axis, or a tuple of all inputs; only shapes matter.
        name: the network's name; by default the module's class.
        input_type: the codes the hardware receives.
        input_scale, input_offset: real = scale * code + offset, one value or one for each channel. These three hold for
            all inputs, or are mappings by the name of an argument of the module's `forward`.

    Raises: ModelError naming the layer, what must hold, what was found and what to change.
    """
    title = name or type(module).__name__
    proto, outputs = _exported(module, example_input, title)
    return import_qonnx(
        proto,
        name=title,
        input_type=input_type,
        input_scale=input_scale,
        input_offset=input_offset,
        output_names=outputs,
    )


def export(module: torch.nn.Module, example_input: Any, title: str) -> onnx.ModelProto:
    """The module in evaluation mode as a QONNX model in memory. Raises: ModelError."""
    return _exported(module, example_input, title)[0]


def _exported(module: torch.nn.Module, example_input: Any, title: str) -> tuple[onnx.ModelProto, tuple[str, ...]]:
    """The model, and names of the outputs of the module. Raises: ModelError."""
    _require_brevitas(module, title)
    examples = _examples(example_input, title, indices=any(map(_looks_up, module.modules())))
    with quiet():
        from hwgen.frontend.brevitas_export import FaithfulManager, require_expressible
        from hwgen.frontend.brevitas_operators import more_operators

        try:
            trained = copy.deepcopy(module).cpu().eval()
        except Exception as error:  # from the module's own members
            must = "a copy of the network must be made on the CPU"
            raise ModelError(title, must, _first_line(error), "Load its parameters first, and detach them") from error
        result = _result(trained, examples, title)
        require_expressible(trained)
        try:
            with more_operators():
                model: onnx.ModelProto = FaithfulManager.export(
                    trained,
                    args=examples if len(examples) > 1 else examples[0],
                    dynamo=False,
                    **_input_names(trained, examples),
                )
        except Exception as error:  # from the module's code, by way of torch's exporter
            raise ModelError(
                title, "torch must be able to export the module", _first_line(error), "Simplify its forward"
            ) from error
    return model, tuple(_names_of(result))


def _input_names(module: torch.nn.Module, examples: Sequence[Any]) -> dict[str, list[str]]:
    """Names of several inputs as torch's exporter takes them: those of the arguments of `forward`."""
    known = inspect.signature(module.forward).parameters.values()
    names = [each.name for each in known if each.kind in (each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD)]
    names += [f"input{index}" for index in range(len(names), len(examples))]
    return {"input_names": names[: len(examples)]} if len(examples) > 1 else {}


def _names_of(result: Any, path: str = "") -> Iterator[str]:
    """Names of the tensors in the result of a module: keys, fields, or `output0` and so on."""
    import torch
    from brevitas.quant_tensor import QuantTensor

    if isinstance(result, torch.Tensor | QuantTensor):
        yield path or "output"
    elif isinstance(result, dict | tuple | list):
        fields = getattr(result, "_fields", None) or [str(index) for index in range(len(result))]
        items = result.items() if isinstance(result, dict) else zip(fields, result, strict=True)
        plain = not isinstance(result, dict) and not hasattr(result, "_fields")
        for key, each in items:
            yield from _names_of(each, f"{path}_{key}" if path else f"output{key}" if plain else str(key))


def _examples(given: Any, title: str, *, indices: bool) -> tuple[torch.Tensor, ...]:
    """The inputs of a module, one alone or the tuple of arguments that torch's exporter takes. Raises: ModelError.

    Args:
        indices: whether integers stay such, as embeddings want them.
    """
    import torch
    from brevitas.quant_tensor import QuantTensor

    whole = (torch.Tensor, np.ndarray, QuantTensor)
    each = [given]
    if isinstance(given, tuple | list) and not isinstance(given, QuantTensor):
        given = given[:-1] if len(given) > 1 and given[-1] == {} else given  # torch's place for keywords
        if not given:
            raise ModelError(title, "it must have an example of every input", "none", _INPUTS)
        each = list(given) if any(isinstance(one, (*whole, dict)) for one in given) else [given]
    named = next((one for one in each if isinstance(one, dict)), None)
    if named is not None:
        found = f"a dict of {len(named)}"
        raise ModelError(title, "its inputs must be arguments without a name", found, _INPUTS)
    return tuple(_example(one.value if isinstance(one, QuantTensor) else one, title, whole=indices) for one in each)


def _example(array: Any, title: str, *, whole: bool) -> torch.Tensor:
    """One input of a module, where `whole` integers as they are, else as floats. Raises: ModelError."""
    import torch

    try:
        tensor = torch.as_tensor(array).detach()
        kept = whole and not tensor.is_floating_point() and tensor.dtype != torch.bool
        return tensor.long() if kept else tensor.to(torch.float32)
    except Exception as error:  # from the object's own protocols, by way of torch and numpy
        found = type(array).__name__ if isinstance(array, str | bytes) else _first_line(error)
        raise ModelError(title, "the example input must be numbers", found, _INPUTS) from error


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0].rstrip(".") if lines else type(error).__name__


def _require_brevitas(module: Any, title: str) -> None:
    """At least one layer must come from Brevitas or from hwgen.nn. Raises: ModelError."""
    import torch

    if not isinstance(module, torch.nn.Module):
        raise ModelError(title, "the network must be a torch.nn.Module", type(module).__name__, _QUANT_LAYERS)
    if not any(type(part).__module__.startswith(("brevitas.", "hwgen.nn.")) for part in module.modules()):
        raise ModelError(title, "the network must be quantised with Brevitas", "no Brevitas layer", _QUANT_LAYERS)


def _result(module: torch.nn.Module, examples: Sequence[torch.Tensor], title: str) -> Any:
    """What the module makes of the examples. Raises: ModelError where they do not fit it."""
    import torch

    try:
        with torch.no_grad():
            return module(*examples)
    except ModelError:  # a layer of hwgen.nn says best itself what is wrong
        raise
    except Exception as error:  # from the module's own code
        looked_up = next((name for name, part in module.named_modules() if _looks_up(part)), None)
        if looked_up is not None and all(example.is_floating_point() for example in examples):
            must, change = "an embedding must have whole numbers as indices", "Give an example of integers: torch.long"
            raise ModelError(looked_up, must, "an example of real numbers", change) from error
        shapes = " and ".join(str(tuple(example.shape)) for example in examples)
        raise ModelError(
            title,
            "the example input must run through the network",
            f"{_first_line(error)} for shape {shapes}",
            "Give an example of shape (1, ...) as the network receives it",
        ) from error


def _looks_up(module: torch.nn.Module) -> bool:
    """Whether a module is an embedding, torch's or Brevitas's."""
    import torch

    return isinstance(module, torch.nn.Embedding | torch.nn.EmbeddingBag)


def load_checkpoint(path: str | Path, module: torch.nn.Module) -> None:
    """Load trained parameters, a state dict or one under the key `state_dict`, without running code from the file.

    Raises: ModelError on a file that is missing, not a checkpoint, holds code, or does not fit the module.
    """
    path = Path(path)
    state = read_checkpoint(path)
    if isinstance(state.get("state_dict"), dict):
        state = state["state_dict"]
    fill(module, state, path.name)


def read_checkpoint(path: Path) -> dict[str, Any]:
    """The contents of a PyTorch file, loaded without running code from it. Raises: ModelError."""
    import torch

    if not path.is_file():
        raise ModelError(path.name, "the checkpoint must exist", "no such file", "Check the path")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            state = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError:
        raise ModelError(
            path.name,
            "a checkpoint must hold tensors only",
            "Python objects, or another format",
            "Save it with torch.save(module.state_dict(), path)",
        ) from None
    except Exception as error:  # torch's unpickler raises any exception on damaged bytes
        raise ModelError(
            path.name, "the checkpoint must be whole", _first_line(error), "Save or copy it again"
        ) from None
    if not isinstance(state, dict):
        raise ModelError(path.name, "a checkpoint must hold a state dict", type(state).__name__, "Save state_dict()")
    return state


def fill(module: torch.nn.Module, state: dict[str, Any], where: str) -> None:
    """Load a state dict that came from the file `where`. Raises: ModelError where it does not fit the module."""
    try:
        module.load_state_dict(state)
    except RuntimeError as error:
        found = " ".join(str(error).split()[:40]).rstrip(".")
        title = type(module).__name__
        raise ModelError(where, f"the checkpoint must fit {title}", found, "Load it into its own model") from None
