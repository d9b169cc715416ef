"""Read-only memories of HLS units as C++ arrays of plain integers.

A weight word is cut into limbs of up to 64 bits that each hold whole weights, so that no weight straddles two limbs;
a table of plain integers compiles in no time, and the bits no entry uses cost nothing in hardware.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hwgen.hw import packing
from hwgen.hw.kernel import MemoryStyle, Rom
from hwgen.hw.kernels.matvec import MatVec, Thresholding
from hwgen.hw.stream import ceil_div
from hwgen.ir.types import IntArray

LIMB_BITS = 64
LINE_LENGTH = 116

_MEMORY = {MemoryStyle.BLOCK: "bram", MemoryStyle.LUT: "lutram"}


@dataclass(frozen=True)
class Table:
    """One constant array of a unit.

    Attributes:
        type: its C++ element type.
        extent: its dimensions, as C++ writes them.
        body: the elements, one paragraph of lines per first index.
        pragmas: how the array becomes memories that the unit reads at once.
    """

    name: str
    meaning: str
    type: str
    extent: str
    body: str
    pragmas: tuple[str, ...]


def weight_limbs(unit: MatVec) -> npt.NDArray[np.uint64]:
    """The weight memory as (words, PE, limbs)."""
    pe, simd, bits = unit.folding.pe, unit.folding.simd, unit.weight_type.bits
    lanes = LIMB_BITS // bits
    limbs = ceil_div(simd, lanes)
    rom = np.unpackbits(packing.weight_words(unit), axis=1, bitorder="little", count=unit.weight_rom.width)
    padded = np.zeros((unit.cycles, pe, limbs * lanes, bits), dtype=np.uint8)
    padded[:, :, :simd] = rom.reshape(unit.cycles, pe, simd, bits)
    cut = np.zeros((unit.cycles, pe, limbs, LIMB_BITS), dtype=np.uint8)
    cut[..., : lanes * bits] = padded.reshape(unit.cycles, pe, limbs, lanes * bits)
    packed = np.packbits(cut, axis=-1, bitorder="little")
    return packed.view("<u8").reshape(unit.cycles, pe, limbs).astype(np.uint64)


def weight_table(unit: MatVec) -> Table:
    """The weights, one row per slot."""
    limbs = weight_limbs(unit)
    limb_bits = min(unit.folding.simd * unit.weight_type.bits, LIMB_BITS)
    size = _native_bits(limb_bits)
    digits = ceil_div(limb_bits, 4)
    rows = ([f"0x{value:0{digits}x}" for value in row] for row in limbs.reshape(limbs.shape[0], -1).tolist())
    return Table(
        name="WEIGHTS",
        meaning="[slot nf * SF + sf][PE][limb]: SIMD weights, lane 0 the least significant.",
        type=f"std::uint{size}_t",
        extent=_extent(limbs.shape),
        body=_body(rows),
        pragmas=_pragmas("WEIGHTS", limbs.shape, (2, 3), unit.weight_rom),
    )


def threshold_tables(activation: Thresholding, lanes: int, elements: int, rom: Rom | None) -> tuple[Table, ...]:
    """The thresholds, one row per output beat, and which of them are descending if any is."""
    if len(activation.thresholds) == 1 and len(activation.descending) == 1:
        lanes = elements = 1
    values = _thresholds(activation, lanes, elements)
    rows = ([str(value) for value in row] for row in values.reshape(values.shape[0], -1).tolist())
    shared = values.shape[:2] == (1, 1)
    thresholds = Table(
        name="THRESHOLDS",
        meaning="[1][1][level], the same for every channel." if shared else "[nf][PE][level]",
        type=f"std::int{_native_bits(_signed_bits(activation))}_t",
        extent=_extent(values.shape),
        body=_body(rows),
        pragmas=_pragmas("THRESHOLDS", values.shape, (2, 3), rom),
    )
    if not activation.any_descending:
        return (thresholds,)
    words = packing.descending_words(activation, lanes, elements)
    flags = np.unpackbits(words, axis=1, bitorder="little", count=lanes)
    descending = Table(
        name="DESCENDING",
        meaning="Channels whose codes fall as the sum rises.",
        type="bool",
        extent=_extent(flags.shape),
        body=_body([["true" if flag else "false" for flag in row] for row in flags.tolist()]),
        pragmas=_pragmas("DESCENDING", flags.shape, (2,), None),
    )
    return (thresholds, descending)


def _thresholds(activation: Thresholding, lanes: int, elements: int) -> IntArray:
    """The threshold memory as (beats, lanes, levels)."""
    words = packing.threshold_words(activation, lanes, elements)
    width = lanes * activation.levels * activation.type.bits
    codes = packing.from_bits(np.unpackbits(words, axis=1, bitorder="little", count=width), activation.type)
    return codes.reshape(words.shape[0], lanes, activation.levels)


def _signed_bits(activation: Thresholding) -> int:
    return activation.type.bits + (0 if activation.type.signed else 1)


def _native_bits(bits: int) -> int:
    """The smallest C++ integer that has `bits` bits."""
    return next(size for size in (8, 16, 32, 64) if bits <= size)


def _extent(shape: tuple[int, ...]) -> str:
    return "".join(f"[{size}]" for size in shape)


def _pragmas(name: str, shape: tuple[int, ...], parallel: tuple[int, ...], rom: Rom | None) -> tuple[str, ...]:
    """Split every dimension that the unit reads at once; name the memory where there is more than one row."""
    split = [f"HWGEN_PARTITION({name}, {dim})" for dim in parallel if shape[dim - 1] > 1]
    memory = [f"HWGEN_ROM({name}, {_MEMORY[rom.style]})"] if rom is not None and shape[0] > 1 else []
    return (*split, *memory)


def _body(rows: Iterable[list[str]]) -> str:
    return "\n".join(line for row in rows for line in _wrapped(row))


def _wrapped(values: list[str]) -> list[str]:
    """The values of one row, separated by commas, in as many lines as they need."""
    width = max(map(len, values)) + 2
    count = max(1, (LINE_LENGTH - 4) // width)
    return ["    " + ", ".join(values[i : i + count]) + "," for i in range(0, len(values), count)]
