"""Constant arrays of C++: weights in limbs of up to 64 bits, thresholds and flags a row a beat."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt

from hwgen.backends.render import Source
from hwgen.hw import packing
from hwgen.hw.declaration import Array, Table, WordTable
from hwgen.hw.hls_memory import IMPLEMENTATIONS, table_implementation
from hwgen.hw.memory import MemoryStyle
from hwgen.hw.stream import ceil_div

LINE_LENGTH = 116


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
        bits = packing.lanes_of_limb(table.lanes, table.bits) * table.bits
        return _text(table, limbs := weight_limbs(table), _type("BITS", "uint", bits), _hex_body(limbs, bits))
    if table.values.dtype == bool:
        return _text(table, table.values, "bool", _body(table.values, lambda value: str(value).lower()))
    return _text(table, table.values, _type("NUMBER", "int", table.bits), _body(table.values, str))


def _type(exact: str, plain: str, bits: int) -> str:
    """The type of an element of so many bits: a plain one, or that which `pragmas.hpp` makes of it."""
    native = _native_bits(bits)
    name = f"std::{plain}{native}_t"
    return name if bits == native else f"HWGEN_{exact}({bits}, {name})"


def _text(table: Table | WordTable, values: npt.NDArray[np.generic], kind: str, body: str) -> TableText:
    return TableText(table.name, table.meaning, kind, _extent(values.shape), body, _pragmas(table, values.shape))


def weight_limbs(table: WordTable) -> npt.NDArray[np.uint64]:
    """The words as (words, rows, limbs), or (words, limbs) where rows are not apart."""
    limbs = packing.limbs_of(table.words, table.rows, table.lanes, table.bits)
    return limbs if table.cut else limbs[:, 0]


def kept(array: Array) -> tuple[str, ...]:
    """Statements that declare an array of a unit and say where it lives."""
    declared, memory = f"{array.word} {array.name}{_extent(array.extents)};", array.memory
    if memory is None or (memory.depth == 1 and len(array.extents) == 1):
        return (declared,)
    if memory.depth == 1 or memory.style is MemoryStyle.REGISTERS:
        return declared, *(f"HWGEN_PARTITION({array.name}, {dim + 1})" for dim in range(len(array.extents)))
    words = (f"HWGEN_RESHAPE({array.name}, {dim + 1})" for dim in range(1, len(array.extents)))
    return declared, *words, f"HWGEN_RAM({array.name}, {IMPLEMENTATIONS[memory.style]})"


def _native_bits(bits: int) -> int:
    """The smallest C++ integer that has `bits` bits."""
    return next(size for size in (8, 16, 32, 64) if bits <= size)


def _extent(shape: Sequence[int | str]) -> str:
    return "".join(f"[{size}]" for size in shape)


def _pragmas(table: Table | WordTable, shape: tuple[int, ...]) -> tuple[str, ...]:
    """All of a row, which is read at once, is one word of a memory, or constants where there is but one row."""
    split = [dim + 1 for dim in range(1, len(shape)) if shape[dim] > 1]
    where = table_implementation(table)
    if not where:
        apart = split if table.memory is None or table.depth == 1 else (1, *split)
        return tuple(f"HWGEN_PARTITION({table.name}, {dim})" for dim in apart)
    joined = "RESHAPE" if table.memories == 1 else "PARTITION"
    return *(f"HWGEN_{joined}({table.name}, {dim})" for dim in split), f"HWGEN_ROM({table.name}, {where})"


def _body(values: npt.NDArray[np.generic], write: Callable[[Any], str]) -> str:
    """The values of a table in lines, a paragraph for each first index."""
    rows = (list(map(write, row)) for row in values.reshape(len(values), -1).tolist())
    return Source("\n".join(_paragraph(row, values.shape) for row in rows))


def _hex_body(limbs: npt.NDArray[np.uint64], bits: int) -> str:
    """Limbs of so many bits in hexadecimal, as `_body` lays them out: one paragraph's text serves all."""
    number = "0x" + packing.DIGIT * ceil_div(bits, 4)
    return Source(packing.filled(_paragraph([number] * limbs[0].size, limbs.shape) + "\n", limbs, bits)[:-1])


def _paragraph(values: list[str], shape: tuple[int, ...]) -> str:
    """The values of one first index in as many lines as they need, with the braces of the dimensions behind it."""
    braced = _braced(values, [prod(shape[dim:]) for dim in range(1, len(shape))])
    count = max(1, (LINE_LENGTH - 4) // (max(map(len, braced)) + 2))
    return "\n".join("    " + ", ".join(braced[i : i + count]) + "," for i in range(0, len(braced), count))


def _braced(values: list[str], spans: list[int]) -> list[str]:
    """A brace around every so many values as each of `spans` says."""
    return [
        "{" * sum(place % span == 0 for span in spans) + value + "}" * sum((place + 1) % span == 0 for span in spans)
        for place, value in enumerate(values)
    ]
