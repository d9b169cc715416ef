"""Quantisers: on a stream they end a chain of steps and give an Activation, on a constant they give codes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from hwgen.errors import ModelError
from hwgen.frontend.elementwise import broadcast, constant_of, stream_of
from hwgen.frontend.source import Array, SourceNode, annotated_type, module_path
from hwgen.frontend.symbolic import (
    Build,
    CodedTensor,
    Const,
    QuantConst,
    Tensor,
    affine_steps,
    aligned,
    per_channel,
    real,
)
from hwgen.ir.ops import Activation, Clip, Levels, Mul, Quantise, Rounding, Sign, Step
from hwgen.ir.types import Bipolar, DType, FloatArray, IntType, TensorType, holds, narrowest, smallest_int

MAX_ACTIVATION_BITS = 16
MAX_INPUT_BITS = 16

_AT_ONCE = 1 << 20
"""Elements of a constant whose real values are looked at together: they take several times the memory of codes."""

_ROUNDINGS = {
    "ROUND": Rounding.HALF_EVEN,
    "HALF_EVEN": Rounding.HALF_EVEN,
    "FLOOR": Rounding.FLOOR,
    "CEIL": Rounding.CEIL,
    "DOWN": Rounding.TO_ZERO,
    "ROUND_TO_ZERO": Rounding.TO_ZERO,
    "UP": Rounding.FROM_ZERO,
    "HALF_UP": Rounding.HALF_UP,
    "HALF_DOWN": Rounding.HALF_DOWN,
}

ROUND: dict[Rounding, Callable[[Array], Array]] = {
    Rounding.HALF_EVEN: np.round,
    Rounding.FLOOR: np.floor,
    Rounding.CEIL: np.ceil,
    Rounding.TO_ZERO: np.trunc,
    Rounding.FROM_ZERO: lambda x: np.sign(x) * np.ceil(np.abs(x)),
    Rounding.HALF_UP: lambda x: np.sign(x) * np.floor(np.abs(x) + x.dtype.type(0.5)),
    Rounding.HALF_DOWN: lambda x: np.sign(x) * np.ceil(np.abs(x) - x.dtype.type(0.5)),
}


def positive_scale(node: SourceNode, scale: FloatArray) -> FloatArray:
    """The scale of a quantiser. Raises: ModelError."""
    if np.any(scale <= 0):
        raise ModelError(
            node.label, "its quantiser's scale must be positive", f"{float(scale.min()):g}", "Train or export again"
        )
    return scale


def rounding_of(node: SourceNode, default: str = "ROUND") -> Rounding:
    """How a quantiser rounds. Raises: ModelError."""
    name = node.text("rounding_mode", default).upper()
    if name not in _ROUNDINGS:
        raise ModelError(
            node.label, f"its rounding mode must be one of {', '.join(_ROUNDINGS)}", name, "Choose another rounding"
        )
    return _ROUNDINGS[name]


def bits_of(node: SourceNode, tensor: Tensor | None) -> int:
    """The bit width of a quantiser. Raises: ModelError."""
    width = real(constant_of(node, tensor, "bit width"), node)
    if width.size == 0 or np.any(width != width.flat[0]) or not 1 <= width.flat[0] <= 32 or width.flat[0] % 1:
        found = ", ".join(f"{w:g}" for w in width.reshape(-1)[:4])
        raise ModelError(node.label, "its bit width must be one whole number from 1 to 32", found, "Set bit_width")
    return int(width.flat[0])


def code_range(bits: int, *, signed: bool, narrow: bool) -> tuple[int, int]:
    """The least and greatest code of a uniform quantiser, as the QONNX Quant operator defines them."""
    kind = IntType(bits, signed)
    return (kind.min + narrow, kind.max) if signed else (kind.min, kind.max - narrow)


def finish(
    build: Build, node: SourceNode, stream: CodedTensor, *, step: Step, kind: DType, span: tuple[int, int]
) -> CodedTensor:
    """The stream after the quantiser `step`: a new Activation node, no pending steps. Raises: ModelError when wide."""
    producer = build.producer(stream.value)
    limit = MAX_ACTIVATION_BITS if producer else MAX_INPUT_BITS
    if kind.bits > limit:
        raise ModelError(
            node.label,
            f"an {'activation' if producer else 'input'} must have at most {limit} bits",
            f"{kind.bits} bits",
            "Set bit_width",
        )
    fallback = module_path(node.name, node.name)
    name = f"{producer}_act" if producer else "input_quant"
    shape = TensorType(stream.value.type.shape, kind)
    value = build.emit(name, Activation((*stream.steps, step)), (stream.value,), shape, fallback)
    return CodedTensor(value, *span, steps=(), places=stream.places, quantised=True)


def _quant_constant(
    node: SourceNode, tensor: Const, kind: DType, span: tuple[int, int], args: list[FloatArray]
) -> Tensor:
    """Codes of a constant in float32, as the model's own executors compute them, some rows at a time."""
    shape = np.broadcast_shapes(tensor.shape, *(each.shape for each in args))
    value, *parameters = (np.broadcast_to(each, shape) for each in (tensor.value, *args))
    codes = np.empty(shape, dtype=narrowest(kind))
    count = shape[0] if shape else 1
    step = max(1, _AT_ONCE * count // max(1, codes.size))
    for start in range(0, count, step):
        part = (slice(start, start + step),) if shape else ()
        scale, zero = (each[part].astype(np.float32) for each in parameters)
        x: Array = real(replace(tensor, value=value[part]), node).astype(np.float32) / scale + zero
        if isinstance(kind, Bipolar):
            codes[part] = np.where(x >= 0, np.int8(1), np.int8(-1))
        else:
            codes[part] = ROUND[rounding_of(node)](np.clip(x, np.float32(span[0]), np.float32(span[1])))
    return QuantConst(codes, args[0], args[1], kind, tensor.name)


def quant(build: Build, node: SourceNode, args: Sequence[Tensor | None]) -> Tensor:
    """The QONNX Quant operator (x, scale, zero point, bit width). Raises: ModelError."""
    scale = positive_scale(node, real(constant_of(node, args[1], "scale"), node))
    zero = real(constant_of(node, args[2], "zero point"), node)
    bits, signed = bits_of(node, args[3]), bool(node.integer("signed", 1))
    if bits == 1 and signed:
        return _bipolar(build, node, args[0], scale, zero)
    low, high = code_range(bits, signed=signed, narrow=bool(node.integer("narrow", 0)))
    kind, tensor = IntType(bits, signed), args[0]
    if isinstance(tensor, QuantConst):
        tensor = Const(real(tensor, node), tensor.name)
    if isinstance(tensor, Const):
        return _quant_constant(node, tensor, kind, (low, high), [scale, zero])
    tensor = stream_of(node, tensor)
    flat_scale, flat_zero = aligned(tensor, scale, node), aligned(tensor, zero, node)
    tensor = broadcast(broadcast(tensor, scale), zero)
    meaning = affine_steps(np.ones(()), -flat_zero) + affine_steps(flat_scale, np.zeros(()))
    if tensor.quantised and tensor.steps == meaning and low <= tensor.low and tensor.high <= high:
        return tensor
    step = Quantise(flat_scale, flat_zero, low, high, rounding_of(node))
    return finish(build, node, tensor, step=step, kind=kind, span=(low, high)).then(*meaning)


def _bipolar(build: Build, node: SourceNode, tensor: Tensor | None, scale: FloatArray, zero: FloatArray) -> Tensor:
    if np.any(zero != 0):
        raise ModelError(
            node.label, "a one-bit signed quantiser must have zero point 0", f"{zero.flat[0]:g}", "Set the zero point"
        )
    if isinstance(tensor, QuantConst):
        tensor = Const(real(tensor, node), tensor.name)
    if isinstance(tensor, Const):
        return _quant_constant(node, tensor, Bipolar(), (-1, 1), [scale, zero])
    tensor = broadcast(stream_of(node, tensor), scale)
    meaning = affine_steps(aligned(tensor, scale, node), np.zeros(()))
    scaled = all(isinstance(s, Mul) and np.all(s.factor > 0) for s in tensor.steps)
    if tensor.quantised and isinstance(tensor.value.type.dtype, Bipolar) and scaled:
        return CodedTensor(tensor.value, -1, 1, meaning, tensor.places, quantised=True)
    if tensor.steps and isinstance(tensor.steps[-1], Clip) and bool(np.all(tensor.steps[-1].low >= 0)):
        raise ModelError(
            node.label,
            "a bipolar quantiser must see numbers below zero",
            "a ReLU before it, so that it always gives +1",
            "Brevitas writes a one-bit QuantReLU this way: import the module itself, or use two bits",
        )
    return finish(build, node, tensor, step=Sign(), kind=Bipolar(), span=(-1, 1)).then(*meaning)


def bipolar_quant(build: Build, node: SourceNode, args: Sequence[Tensor | None]) -> Tensor:
    """The BipolarQuant operator (x, scale): +scale where x >= 0, -scale elsewhere. Raises: ModelError."""
    scale = positive_scale(node, real(constant_of(node, args[1], "scale"), node))
    return _bipolar(build, node, args[0], scale, np.zeros(()))


def _level_codes(node: SourceNode, count: int, scale: float, bias: float) -> tuple[int, int, DType, tuple[Step, ...]]:
    """Base, step, type and meaning of the codes of a MultiThreshold with `count` thresholds."""
    claimed = annotated_type(node.text("out_dtype", ""), node.label)
    if count == 1 and (isinstance(claimed, Bipolar) or (scale, bias) == (2.0, -1.0)):
        return -1, 2, Bipolar(), affine_steps(np.asarray(scale / 2), np.asarray(bias + scale / 2))
    if abs(bias / scale) > 1 << MAX_INPUT_BITS:
        must = f"its out_bias must be at most 2**{MAX_INPUT_BITS} steps of out_scale"
        raise ModelError(node.label, must, f"out_scale {scale:g}, out_bias {bias:g}", "Put an Add behind it")
    whole = (bias / scale) % 1 == 0
    base = int(bias / scale) if whole else 0
    kind: DType = smallest_int(base, base + count)
    if isinstance(claimed, IntType) and holds(claimed, np.asarray([base, base + count])):
        kind = claimed
    return base, 1, kind, affine_steps(np.asarray(scale), np.asarray(0.0 if whole else bias))


def multi_threshold(build: Build, node: SourceNode, args: Sequence[Tensor | None]) -> Tensor:
    """The MultiThreshold operator: out_scale * sum_i [x >= t_i] + out_bias, thresholds (1, L) or (C, L)."""
    tensor = stream_of(node, args[0])
    table = real(constant_of(node, args[1], "thresholds"), node)
    if table.ndim != 2 or table.shape[1] == 0:
        raise ModelError(
            node.label, "its thresholds must be a (1, L) or (C, L) table", f"shape {table.shape}", "Correct the shape"
        )
    scale, bias = node.real("out_scale", 1.0), node.real("out_bias", 0.0)
    if scale == 0 or not np.isfinite([scale, bias]).all():
        raise ModelError(node.label, "out_scale must be finite and not zero", f"{scale:g}", "Correct out_scale")
    # As in the qonnx package: without a layout three axes are NWC, and a layout without a C has it second.
    layout = node.text("data_layout", "") or {3: "NWC", 4: "NCHW"}.get(len(tensor.shape), "NC")
    axis = min(layout.find("C") if "C" in layout else 1, len(tensor.shape) - 1)
    levels = _level_table(tensor, table, node, axis)
    base, step, kind, meaning = _level_codes(node, table.shape[1], scale, bias)
    span = (base, base + step * table.shape[1])
    return finish(build, node, tensor, step=Levels(levels, base, step), kind=kind, span=span).then(*meaning)


def _level_table(tensor: CodedTensor, table: FloatArray, node: SourceNode, axis: int) -> FloatArray:
    """Thresholds ascending, (1, L) or one row for each element of the stream."""
    ordered = np.sort(table, axis=1)
    if len(ordered) == 1:
        return ordered
    rows = per_channel(tensor, np.arange(len(ordered), dtype=np.float64), node, axis=axis)
    return ordered[rows.astype(np.int64)]
