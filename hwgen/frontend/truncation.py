"""Trunc: the high bits of an integer, as QONNX writes Brevitas's average pools and truncated accumulators."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hwgen.errors import ModelError
from hwgen.frontend.elementwise import constant_of, stream_of
from hwgen.frontend.quantisers import ROUND, bits_of, code_range, finish, positive_scale, rounding_of
from hwgen.frontend.source import SourceNode
from hwgen.frontend.symbolic import Build, CodedTensor, Tensor, affine_steps, aligned, fold_affine, real
from hwgen.ir.ops import Quantise
from hwgen.ir.types import FloatArray, IntType, smallest_int

_SLACK = 0.25
"""How far float32 scales may move a value off an integer; half of the distance that rounding corrects."""


def _whole(node: SourceNode, stream: CodedTensor, scale: FloatArray, zero: FloatArray) -> tuple[FloatArray, FloatArray]:
    """a and b of round(x / scale + zero) = a * code + b, whole numbers. Raises: ModelError where there are none."""
    meaning = fold_affine(stream.steps)
    if meaning is not None:
        slope, start = meaning.scale / scale, meaning.offset / scale + zero
        whole, base = np.rint(slope), np.rint(start)
        off = np.abs(slope - whole) * max(abs(stream.low), abs(stream.high)) + np.abs(start - base)
        if np.all(off < _SLACK):
            return whole, base
    raise ModelError(
        node.label,
        "its input must be whole multiples of its scale",
        "other numbers" if meaning is not None else "an activation function with no quantiser before it",
        "Quantise the input with the scale that the truncation states",
    )


def trunc(build: Build, node: SourceNode, args: Sequence[Tensor | None]) -> Tensor:
    """Trunc of version 1 (x, scale, zero point, bits in, bits out) and 2 (..., bits in, scale out, bits out).

    y = round(x / scale + zero point) / 2**n, rounded again and in version 2 clamped. Raises: ModelError.
    """
    stream = stream_of(node, args[0])
    second = args[5] is not None
    scale = aligned(stream, positive_scale(node, real(constant_of(node, args[1], "scale"), node)), node)
    zero = aligned(stream, real(constant_of(node, args[2], "zero point"), node), node)
    bits = bits_of(node, args[5 if second else 4])
    if second:
        scale_out = aligned(stream, positive_scale(node, real(constant_of(node, args[4], "scale"), node)), node)
        shift = np.asarray(2.0 ** np.rint(np.log2(scale_out / scale)))
    else:
        scale_out, shift = scale, np.asarray(2.0 ** (bits_of(node, args[3]) - bits))
    slope, base = _whole(node, stream, scale, zero)
    rounding = rounding_of(node, "FLOOR")
    if second:
        signed = bool(node.integer("signed", 1))
        low, high = code_range(bits, signed=signed, narrow=bool(node.integer("narrow", 0)))
        kind = IntType(bits, signed)
    else:
        ends = [ROUND[rounding]((slope * code + base) / shift) for code in (stream.low, stream.high)]
        low, high = int(np.min(ends)), int(np.max(ends))
        kind = smallest_int(low, high)
    whole = CodedTensor(
        stream.value, stream.low, stream.high, affine_steps(slope, base), stream.places, quantised=False
    )
    step = Quantise(shift, np.zeros(()), low, high, rounding)
    zero_out = zero / shift if second else zero
    meaning = affine_steps(np.ones(()), -zero_out) + affine_steps(scale_out, np.zeros(()))
    return finish(build, node, whole, step=step, kind=kind, span=(low, high)).then(*meaning)
