"""An ONNX graph as plain data without protobuf, as the symbolic walk reads it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from hwgen.errors import ModelError
from hwgen.ir.types import Bipolar, DType, FloatArray, IntType

Array = npt.NDArray[Any]

MAX_ELEMENTS = 1 << 26
"""Most elements of a tensor of a frame, or one computed from constants: 64 channels of 1024 x 1024 pixels."""

MAX_PARAMETERS = 1 << 29
"""Most elements of a tensor of parameters: two gigabytes of float32, the limit of a protobuf file."""

MAX_AXES = 32
"""Most axes of a tensor."""

QUANTISERS = frozenset({"BipolarQuant", "IntQuant", "MultiThreshold", "Quant", "Trunc"})

LINEAR = frozenset({"DequantizeLinear", "QuantizeLinear"})
"""ONNX's own quantisers."""

_HANDLERS = ("weight_quant", "bias_quant", "act_quant", "input_quant", "output_quant")


@dataclass(frozen=True)
class SourceNode:
    """One ONNX node; an absent optional input is an empty name.

    Attributes:
        channels_last: whether the node takes images as (1, H, W, C).
        opset: the version of ONNX's operators that the file states.
        whole: the file's own operator, where the node is a part of what replaces it.
        foreign: the operator's domain where it is none that is known.
    """

    name: str
    op: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, Any]
    channels_last: bool = False
    opset: int = 21
    whole: str = ""
    foreign: str = ""

    @property
    def label(self) -> str:
        """The node as error messages show it: `MatMul_3 (MatMul)`."""
        op = self.whole or self.op
        return f"{self.name} ({op})" if self.name else op

    def integer(self, name: str, default: int) -> int:
        """An integer attribute."""
        return int(self.attributes.get(name, default))

    def real(self, name: str, default: float) -> float:
        """A float32 attribute as float64, unchanged."""
        return float(self.attributes.get(name, default))

    def integers(self, name: str, default: Sequence[int]) -> tuple[int, ...]:
        """A list of integers."""
        return tuple(int(number) for number in self.attributes.get(name, default))

    def text(self, name: str, default: str) -> str:
        """A string attribute."""
        value = self.attributes.get(name, default)
        return value.decode() if isinstance(value, bytes) else str(value)


Compute = Callable[[SourceNode, Sequence["Array | None"]], Sequence[Array]]


@dataclass(frozen=True)
class SourceInput:
    """A dynamic input of batch size 1.

    Attributes:
        port: what the user calls it.
        element: its element type.
    """

    name: str
    shape: tuple[int, ...]
    port: str
    element: str = "float32"

    @property
    def label(self) -> str:
        """The input as error messages show it."""
        return f"input {self.name!r}"


@dataclass(frozen=True)
class SourceGraph:
    """An ONNX graph with dynamic inputs of batch size 1.

    Attributes:
        constants: arrays by tensor name.
        annotations: the finn_datatype of tensors that state one.
        outputs: every graph output, those that are constants included.
        batch: the batch size the file was exported with, 1 where it is symbolic.
        compute: the outputs of a node whose operands are all constant.
        ports: what the user calls the outputs.
    """

    name: str
    nodes: tuple[SourceNode, ...]
    constants: Mapping[str, Array]
    annotations: Mapping[str, str]
    inputs: tuple[SourceInput, ...]
    outputs: tuple[str, ...]
    batch: int = 1
    compute: Compute | None = None
    ports: tuple[str, ...] = ()

    @property
    def labels(self) -> tuple[str, ...]:
        """The outputs as error messages show them."""
        names = self.outputs if len(self.outputs) == 1 else self.ports
        return tuple(f"output {name!r}" for name in names)

    @property
    def input_names(self) -> tuple[str, ...]:
        """Names of the input tensors."""
        return tuple(each.name for each in self.inputs)


def annotated_type(text: str, where: str = "the model") -> DType | None:
    """The integer type a finn_datatype names, None for floats, fixed point, scaled and 64-bit integers.

    Raises: ModelError, naming `where`, on integers of another number of bits.
    """
    special: dict[str, DType] = {
        "BIPOLAR": Bipolar(),
        "BINARY": IntType(1, signed=False),
        "TERNARY": IntType(2, signed=True),
    }
    if text in special:
        return special[text]
    match = re.fullmatch(r"(U?)INT([0-9]+)", text)
    if match is None or match[2] == "64":
        return None
    bits = int(match[2]) if len(match[2]) < 4 else 0
    if not 1 <= bits <= 63:
        must = "its data type must be an integer of 1 to 64 bits"
        raise ModelError(where, must, text, "Correct its finn_datatype")
    return IntType(bits, signed=not match[1])


def module_path(tensor: str, fallback: str) -> str:
    """The user's name of the layer that owns `tensor`: `features.3` for `features.3.weight` and
    `/features/features.3/weight_quant/...`, `block.1.conv` for `/block/block.1/conv/weight_quant/...`. For any other
    name, the module in the path of the node's own name `fallback` (`/features.3/MatMul`), or `fallback` itself."""
    parts = tensor.strip("/").split("/")
    for handler in _HANDLERS:
        if handler in parts[1:]:
            return _dotted(parts[: parts.index(handler)])
    if tensor.endswith((".weight", ".bias")):
        return tensor.rpartition(".")[0]
    return _dotted(fallback.strip("/").split("/")[:-1]) if fallback.count("/") > 1 else fallback


def _dotted(scopes: Sequence[str]) -> str:
    """The module path of torch's nested scopes, in which a container's child repeats the container's name."""
    path: list[str] = []
    for scope in scopes:
        if path and scope.startswith(f"{path[-1]}."):
            path.pop()
        path.append(scope)
    return ".".join(path)


_BEYOND_NUMPY = frozenset({"bfloat16", "int2", "int4", "uint2", "uint4"})
"""Types of numbers that numpy has only by ml_dtypes; those of eight bits and fewer with a point are no parameters."""


def numeric(array: Array, tensor: str, where: str) -> FloatArray:
    """The elements of a constant in float64, infinities as they are.

    Raises: ModelError on text, complex numbers, NaN, and whole numbers that float64 rounds.
    """
    kind = array.dtype.kind
    if kind not in "biuf" and array.dtype.name not in _BEYOND_NUMPY:
        found = "text" if kind in "OSU" else f"elements of type {array.dtype.name}"
        raise ModelError(where, f"tensor {tensor!r} must hold real numbers", found, "Export the model again")
    wide = array.astype(np.float64)
    large = array[np.abs(wide) >= 1 << 53] if kind in "iu" else ()
    for number in map(int, large):
        if int(float(number)) != number:
            must = f"the whole numbers of tensor {tensor!r} must be numbers of float64"
            raise ModelError(where, must, str(number), "Export numbers of at most 53 bits")
    if np.isnan(wide).any():
        raise _unfit(wide, tensor, where)
    return wide


def _unfit(array: FloatArray, tensor: str, where: str) -> ModelError:
    found = "NaN" if np.isnan(array).any() else "infinity"
    must = f"every parameter must be finite, tensor {tensor!r} is not"
    return ModelError(where, must, found, "Train or export the model again")


def require_finite(array: FloatArray, tensor: str, where: str) -> None:
    """Refuse NaN and infinity in a parameter. Raises: ModelError."""
    if not np.all(np.isfinite(array)):
        raise _unfit(array, tensor, where)
