"""From a Brevitas module to the integer network. With brevitas_export.py the sole owner of torch and brevitas."""

from __future__ import annotations

import copy
import pickle
import warnings
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

_ONE_INPUT = "Give one tensor of shape (1, ...), or a numpy array"
_QUANT_LAYERS = "Build it from brevitas.nn layers such as QuantLinear and QuantReLU"


def import_module(
    module: torch.nn.Module,
    example_input: torch.Tensor | npt.ArrayLike,
    *,
    name: str | None = None,
    input_type: DType | None = None,
    input_scale: npt.ArrayLike | None = None,
    input_offset: npt.ArrayLike | None = None,
) -> Graph:
    """The integer network of a trained Brevitas module, which is not changed.

    Args:
        module: any module of Brevitas layers, on the CPU.
        example_input: one input with its batch axis, alone or as the one element of a tuple; only its shape matters.
        name: the network's name; by default the module's class.
        input_type: the codes the hardware receives.
        input_scale, input_offset: real = scale * code + offset, one value or one for each channel.

    Raises: ModelError naming the layer, what must hold, what was found and what to change.
    """
    from hwgen.nn import prepare_torch

    prepare_torch()
    title = name or type(module).__name__
    proto = export(module, example_input, title)
    return import_qonnx(proto, name=title, input_type=input_type, input_scale=input_scale, input_offset=input_offset)


def export(module: torch.nn.Module, example_input: torch.Tensor | npt.ArrayLike, title: str) -> onnx.ModelProto:
    """The module in evaluation mode as a QONNX model in memory. Raises: ModelError."""
    _require_brevitas(module, title)
    example = _example(example_input, title)
    with quiet():
        from hwgen.frontend.brevitas_export import FaithfulManager, require_expressible

        try:
            trained = copy.deepcopy(module).cpu().eval()
        except Exception as error:  # from the module's own members
            must = "a copy of the network must be made on the CPU"
            raise ModelError(title, must, _first_line(error), "Load its parameters first, and detach them") from error
        _require_runs(trained, example, title)
        require_expressible(trained)
        try:
            model: onnx.ModelProto = FaithfulManager.export(trained, args=example, dynamo=False)
        except Exception as error:  # from the module's code, by way of torch's exporter
            raise ModelError(
                title, "torch must be able to export the module", _first_line(error), "Simplify its forward"
            ) from error
    return model


def _example(given: Any, title: str) -> torch.Tensor:
    """The one input of a module, alone or in the tuple of arguments that torch's exporter takes. Raises: ModelError."""
    import torch
    from brevitas.quant_tensor import QuantTensor

    whole = (torch.Tensor, np.ndarray, QuantTensor)
    if isinstance(given, tuple | list) and not isinstance(given, QuantTensor):
        given = given[:-1] if len(given) > 1 and given[-1] == {} else given  # torch's place for keywords
        if len(given) == 1 and isinstance(given[0], whole):
            given = given[0]
        elif not given or any(isinstance(each, (*whole, dict)) for each in given):
            raise ModelError(title, "it must have one input", f"{len(given)} examples", _ONE_INPUT)
    if isinstance(given, dict):
        raise ModelError(title, "its input must be an argument without a name", f"a dict of {len(given)}", _ONE_INPUT)
    array = given.value if isinstance(given, QuantTensor) else given
    try:
        return torch.as_tensor(array, dtype=torch.float32).detach()
    except Exception as error:  # from the object's own protocols, by way of torch and numpy
        found = type(array).__name__ if isinstance(array, str | bytes) else _first_line(error)
        raise ModelError(title, "the example input must be numbers", found, _ONE_INPUT) from error


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


def _require_runs(module: torch.nn.Module, example: torch.Tensor, title: str) -> None:
    """The example must fit the module. Raises: ModelError."""
    import torch

    try:
        with torch.no_grad():
            module(example)
    except ModelError:  # a layer of hwgen.nn says best itself what is wrong
        raise
    except Exception as error:  # from the module's own code
        raise ModelError(
            title,
            "the example input must run through the network",
            f"{_first_line(error)} for shape {tuple(example.shape)}",
            "Give an example of shape (1, ...) as the network receives it",
        ) from error


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
    from hwgen.nn import prepare_torch

    prepare_torch()
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
