"""Lines in place of thresholds: their parameters, their C++ and their bill."""

from __future__ import annotations

import math

import numpy as np

from hwgen.hw.activation import Scaling, Thresholding
from hwgen.hw.bill import Bill
from hwgen.hw.declaration import Parameters, Size, Template, Type
from hwgen.hw.device import Family
from hwgen.hw.resources import Resources
from hwgen.hw.stream import ceil_div
from hwgen.ir.ops import Line
from hwgen.ir.types import DType, smallest_int

_LUTS_OF_A_BLOCK = 240
"""LUTs for each multiplier block of a 7-series device, about."""

SIZES = "SHIFT", "LOW", "HIGH", "FACTOR_BITS", "PLACE_BITS"


def scaled(line: Line, sums: DType) -> Thresholding:
    """The activation that multiplies sums of a type, or only shifts them where all factors are 1 and -1."""
    if (abs(line.factor) == 1).all():
        return _shifted(line, sums)
    ends = int(line.start.min()) + sums.min, int(line.start.max()) + sums.max
    factor = smallest_int(min(-1, int(line.factor.min())), int(line.factor.max()))
    place = smallest_int(min(-1, ends[0]), max(0, ends[1]))
    scaling = Scaling(line.shift, line.high, line.to_even, factor.bits, place.bits)
    numbers = np.stack([line.factor, line.start, line.rest], axis=1)
    return Thresholding(numbers, np.zeros(1, dtype=np.int64), line.low, 1, scaling=scaling)


def _shifted(line: Line, sums: DType) -> Thresholding:
    """The activation of factors 1 and -1; -x is one more than the complement of x."""
    falls = (line.factor < 0).astype(np.int64)
    start = line.factor * line.start + falls
    low, high = (np.where(falls, ~np.int64(end), other) for end, other in ((sums.max, sums.min), (sums.min, sums.max)))
    place = smallest_int(min(-1, int((start + low).min())), max(0, int((start + high).max())))
    scaling = Scaling(line.shift, line.high, line.to_even, 1, place.bits)
    return Thresholding(start[:, None], falls, line.low, 1, scaling=scaling)


def luts(activation: Thresholding, line: Scaling) -> float:
    """LUTs of a lane on the 7 series, a multiplier block as those that a device has for each of its own."""
    if not line.multiplies:
        return line.place_bits + (line.place_bits - line.shift) / 3 + activation.type.bits / 2
    blocks = multipliers(line, Family.XC7)
    return blocks * _LUTS_OF_A_BLOCK + activation.type.bits * blocks


def multipliers(line: Scaling, family: Family) -> int:
    """Multiplier blocks of a product, as Yosys cuts it.

    On the 7 series the parts are signed, and one of each factor may be as wide as a block. On ECP5 they are of 18 bits,
    and a single bit that is left over goes into LUTs.
    """
    if not line.multiplies:
        return 0
    wide, narrow = max(line.factor_bits, line.place_bits), min(line.factor_bits, line.place_bits)
    if family is Family.ECP5:
        return math.prod(max(1, (bits + 16) // 18) for bits in (wide, narrow))
    return (1 + ceil_div(max(0, wide - 25), 17)) * (1 + ceil_div(max(0, narrow - 18), 17))


def parameters(activation: Thresholding | None) -> Parameters:
    """The line that a module has in place of thresholds; no factor where it has none."""
    line = None if activation is None else activation.scaling
    if line is None:
        return {"FactorBits": 0, "PlaceBits": 1, "Shift": 0, "TiesToEven": False, "CodeTop": 0}
    sizes = {"FactorBits": line.factor_bits, "PlaceBits": line.place_bits, "Shift": line.shift}
    return {**sizes, "TiesToEven": line.to_even, "CodeTop": line.high}


def type_of(line: Scaling) -> Type:
    """The C++ type that makes codes of sums."""
    name = "Line" if line.multiplies else "ShiftedLine"
    return Type("Activation", Template(name, ("Output", *_size_names(line), line.to_even)))


def _size_names(line: Scaling) -> tuple[str, ...]:
    return tuple(name for name in SIZES if line.multiplies or name != "FACTOR_BITS")


def sizes(activation: Thresholding, line: Scaling) -> tuple[Size, ...]:
    """The constants of the C++ type."""
    every = (
        Size(SIZES[0], line.shift, "bits that a line is shifted by"),
        Size(SIZES[1], activation.base, "the lowest code", signed=True),
        Size(SIZES[2], line.high, "the highest code", signed=True),
        Size(SIZES[3], line.factor_bits, "of the factor of a sum"),
        Size(SIZES[4], line.place_bits, "of a sum and the start of its line"),
    )
    return tuple(size for size in every if size.name in _size_names(line))


def write_bill(activation: Thresholding, line: Scaling, lanes: int, bill: Bill) -> None:
    """A line in each of `lanes` lanes."""
    if not line.multiplies:
        bill.add("start bit", lanes * (line.place_bits - line.shift))
        bill.add("clipped bit", lanes * max(abs(activation.base), line.high).bit_length())
        bill.add("line tie bit", lanes * line.shift * line.to_even)
        return
    blocks = multipliers(line, bill.family)
    bill.memories += Resources(dsp=lanes * blocks)
    bill.add("line code bit", lanes * max(abs(activation.base), line.high).bit_length())
    if blocks > 1:
        bill.add("line place bit", lanes * line.place_bits)
        bill.add("line sum bit", lanes * line.product_bits * math.log2(blocks))
    bill.add("line tie bit", lanes * line.shift * line.to_even)
