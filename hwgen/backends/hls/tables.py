"""Memories of HLS units; those that are only read as C++ arrays of plain integers.

A weight word is cut into limbs of up to 64 bits that each hold whole weights, so that no weight straddles two limbs;
a table of plain integers compiles in no time, and the bits no entry uses cost nothing in hardware.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import prod

import numpy as np
import numpy.typing as npt

from hwgen.backends.render import Source
from hwgen.hw import packing
from hwgen.hw.kernel import Memory, MemoryStyle
from hwgen.hw.kernels.depthwise import DepthwiseUnit
from hwgen.hw.kernels.mvtu import MvtuUnit, Thresholding
from hwgen.hw.stream import ceil_div
from hwgen.ir.types import DType, IntArray

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


def weight_limbs(unit: MvtuUnit) -> npt.NDArray[np.uint64]:
    """The weight memory as (words, PE, limbs)."""
    words = packing.weight_words(unit)
    return _limbs(words, unit.folding.pe, unit.folding.simd, unit.weight_type.bits)


def weight_table(unit: MvtuUnit) -> Table:
    """The weights, one row per slot."""
    limbs = weight_limbs(unit)
    meaning = "[slot (group * NF + nf) * SF + sf][PE][limb]: SIMD weights, lane 0 the least significant."
    pragmas = _pragmas("WEIGHTS", limbs.shape, (2, 3), unit.weight_rom)
    return _limb_table(limbs, unit.folding.simd * unit.weight_type.bits, meaning, pragmas)


def tap_table(unit: DepthwiseUnit) -> Table:
    """The weights of a depthwise unit, one row per tap of each block."""
    pe, bits = unit.output.lanes, unit.weight_type.bits
    limbs = _limbs(packing.weight_words(unit), 1, pe, bits)[:, 0]
    meaning = "[block * TAPS + tap][limb]: weights of PE channels, lane 0 the least significant."
    return _limb_table(limbs, pe * bits, meaning, _pragmas("WEIGHTS", limbs.shape, (2,), unit.weight_rom))


def _limbs(words: packing.Bytes, rows: int, lanes: int, bits: int) -> npt.NDArray[np.uint64]:
    """Words of `rows` times `lanes` weights of `bits` bits as (words, rows, limbs)."""
    per_limb = LIMB_BITS // bits
    limbs, depth = ceil_div(lanes, per_limb), len(words)
    codes = np.unpackbits(words, axis=1, bitorder="little", count=rows * lanes * bits)
    padded = np.zeros((depth, rows, limbs * per_limb, bits), dtype=np.uint8)
    padded[:, :, :lanes] = codes.reshape(depth, rows, lanes, bits)
    cut = np.zeros((depth, rows, limbs, LIMB_BITS), dtype=np.uint8)
    cut[..., : per_limb * bits] = padded.reshape(depth, rows, limbs, per_limb * bits)
    packed = np.packbits(cut, axis=-1, bitorder="little")
    return packed.view("<u8").reshape(depth, rows, limbs).astype(np.uint64)


def _limb_table(limbs: npt.NDArray[np.uint64], bits: int, meaning: str, pragmas: tuple[str, ...]) -> Table:
    """WEIGHTS from limbs, of which the first holds `bits` bits or all of its own."""
    limb_bits = min(bits, LIMB_BITS)
    digits = ceil_div(limb_bits, 4)
    rows = ([f"0x{value:0{digits}x}" for value in row] for row in limbs.reshape(limbs.shape[0], -1).tolist())
    kind = f"std::uint{_native_bits(limb_bits)}_t"
    return Table("WEIGHTS", meaning, kind, _extent(limbs.shape), _body(rows, limbs.shape), pragmas)


def threshold_tables(activation: Thresholding, lanes: int, elements: int, rom: Memory | None) -> tuple[Table, ...]:
    """The thresholds, one row per output beat, and which of them are descending if any is."""
    if len(activation.thresholds) == 1 and len(activation.descending) == 1:
        lanes = elements = 1
    values = _thresholds(activation, lanes, elements)
    rows = ([str(value) for value in row] for row in values.reshape(values.shape[0], -1).tolist())
    shared = values.shape[:2] == (1, 1)
    thresholds = Table(
        name="THRESHOLDS",
        meaning="[1][1][level], the same for every channel." if shared else "[output beat][PE][level]",
        type=f"std::int{_native_bits(_signed_bits(activation))}_t",
        extent=_extent(values.shape),
        body=_body(rows, values.shape),
        pragmas=_pragmas("THRESHOLDS", values.shape, (2, 3), rom),
    )
    if not activation.any_descending:
        return (thresholds,)
    falls = np.broadcast_to(activation.descending, (elements,))
    return (thresholds, lane_table("DESCENDING", "Channels whose codes fall as the sum rises.", falls, lanes))


def lane_table(name: str, meaning: str, flags: IntArray, lanes: int) -> Table:
    """A flag for each channel, one row per beat; one for all where `flags` has but one."""
    rows = _by_beat(flags, lanes)
    body = _body((["true" if flag else "false" for flag in row] for row in rows.tolist()), rows.shape)
    return Table(name, meaning, "bool", _extent(rows.shape), body, _pragmas(name, rows.shape, (2,), _by_rule(rows, 1)))


def pad_table(pad: IntArray, dtype: DType, lanes: int) -> Table:
    """The code of each channel in a padded tap, one row per beat; one for all where they are the same."""
    rows = _by_beat(pad[:1] if np.all(pad == pad[0]) else pad, lanes)
    kind = f"std::int{_native_bits(dtype.bits + (0 if dtype.signed else 1))}_t"
    body = _body(([str(code) for code in row] for row in rows.tolist()), rows.shape)
    meaning = "[beat of a pixel][lane]: what a padded tap holds."
    pragmas = _pragmas("PAD", rows.shape, (2,), _by_rule(rows, dtype.bits))
    return Table("PAD", meaning, kind, _extent(rows.shape), body, pragmas)


def _by_rule(rows: IntArray, bits: int) -> Memory:
    """The memory of a value of `bits` bits a lane for each beat; where it lives is left to the rule."""
    return Memory("rows", rows.shape[0], rows.shape[1] * bits)


def _by_beat(values: IntArray, lanes: int) -> IntArray:
    """A value for each channel as (beats, lanes), spare lanes 0; a single one as (1, 1)."""
    if len(values) == 1:
        return values.reshape(1, 1)
    rows = np.zeros((ceil_div(len(values), lanes), lanes), dtype=np.int64)
    rows.reshape(-1)[: len(values)] = values
    return rows


def kept(word: str, name: str, extent: str, memory: Memory | None) -> tuple[str, ...]:
    """Statements that declare an array of a unit and say where it lives; None for a register."""
    declared = f"{word} {name}[{extent}];"
    if memory is None or memory.depth == 1:
        return (declared,)
    if memory.style is MemoryStyle.REGISTERS:
        return declared, f"HWGEN_PARTITION({name}, 1)"
    return declared, f"HWGEN_RAM({name}, {_MEMORY[memory.style]})"


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


def _pragmas(name: str, shape: tuple[int, ...], parallel: tuple[int, ...], rom: Memory | None) -> tuple[str, ...]:
    """Split every dimension that the unit reads at once; say where the rows live if there is more than one."""
    split = [dim for dim in parallel if shape[dim - 1] > 1]
    if rom is None or shape[0] == 1:
        return tuple(f"HWGEN_PARTITION({name}, {dim})" for dim in split)
    if rom.style is MemoryStyle.REGISTERS:
        return tuple(f"HWGEN_PARTITION({name}, {dim})" for dim in (1, *split))
    where = f"HWGEN_ROM({name}, {_MEMORY[rom.style]})"
    return (*(f"HWGEN_PARTITION({name}, {dim})" for dim in split), where)


def _body(rows: Iterable[list[str]], shape: tuple[int, ...]) -> str:
    """Rows of values (all behind the first dimension of `shape`) with the braces of their dimensions."""
    spans = [prod(shape[dim:]) for dim in range(1, len(shape))]
    return Source("\n".join(line for row in rows for line in _wrapped(_braced(row, spans))))


def _braced(values: list[str], spans: list[int]) -> list[str]:
    """A brace around every so many values as each of `spans` says."""
    return [
        "{" * sum(place % span == 0 for span in spans) + value + "}" * sum((place + 1) % span == 0 for span in spans)
        for place, value in enumerate(values)
    ]


def _wrapped(values: list[str]) -> list[str]:
    """The values of one row, separated by commas, in as many lines as they need."""
    width = max(map(len, values)) + 2
    count = max(1, (LINE_LENGTH - 4) // width)
    return ["    " + ", ".join(values[i : i + count]) + "," for i in range(0, len(values), count)]
