"""Constant arrays of C++: weights in limbs of up to 64 bits, thresholds and flags a row a beat."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt

from hwgen.backends.render import Source
from hwgen.hw import packing
from hwgen.hw.declaration import Array, Table, WordTable
from hwgen.hw.memory import Memory, MemoryStyle
from hwgen.hw.stream import ceil_div

LIMB_BITS = 64
LINE_LENGTH = 116

_MEMORY = {MemoryStyle.BLOCK: "bram", MemoryStyle.LUT: "lutram"}


@dataclass(frozen=True)
class TableText:
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


def table_text(table: Table | WordTable) -> TableText:
    """A table as C++ has it."""
    if isinstance(table, WordTable):
        limbs = weight_limbs(table)
        bits = min(table.lanes * table.bits, LIMB_BITS)
        digits, kind = ceil_div(bits, 4), f"std::uint{_native_bits(bits)}_t"
        return _text(table, limbs, kind, lambda value: f"0x{value:0{digits}x}")
    if table.values.dtype == bool:
        return _text(table, table.values, "bool", lambda value: str(value).lower())
    return _text(table, table.values, f"std::int{_native_bits(table.bits)}_t", str)


def _text(
    table: Table | WordTable, values: npt.NDArray[np.generic], kind: str, write: Callable[[Any], str]
) -> TableText:
    shape = values.shape
    rows = (list(map(write, row)) for row in values.reshape(shape[0], -1).tolist())
    pragmas = _pragmas(table.name, shape, table.memory)
    return TableText(table.name, table.meaning, kind, _extent(shape), _body(rows, shape), pragmas)


def weight_limbs(table: WordTable) -> npt.NDArray[np.uint64]:
    """The words as (words, rows, limbs), or (words, limbs) where rows are not apart."""
    limbs = _limbs(table.words, table.rows, table.lanes, table.bits)
    return limbs if table.cut else limbs[:, 0]


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


def kept(array: Array) -> tuple[str, ...]:
    """Statements that declare an array of a unit and say where it lives."""
    declared, memory = f"{array.word} {array.name}{_extent(array.extents)};", array.memory
    if memory is None or (memory.depth == 1 and len(array.extents) == 1):
        return (declared,)
    if memory.depth == 1 or memory.style is MemoryStyle.REGISTERS:
        return declared, *(f"HWGEN_PARTITION({array.name}, {dim + 1})" for dim in range(len(array.extents)))
    words = (f"HWGEN_RESHAPE({array.name}, {dim + 1})" for dim in range(1, len(array.extents)))
    return declared, *words, f"HWGEN_RAM({array.name}, {_MEMORY[memory.style]})"


def _native_bits(bits: int) -> int:
    """The smallest C++ integer that has `bits` bits."""
    return next(size for size in (8, 16, 32, 64) if bits <= size)


def _extent(shape: Sequence[int | str]) -> str:
    return "".join(f"[{size}]" for size in shape)


def _pragmas(name: str, shape: tuple[int, ...], rom: Memory | None) -> tuple[str, ...]:
    """Split every dimension of a row, which is read at once; say where the rows live if there is more than one."""
    split = [dim + 1 for dim in range(1, len(shape)) if shape[dim] > 1]
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
