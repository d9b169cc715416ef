"""The memories of the HLS project: tables and arrays of its functions, and the streams between them.

They are priced as those of the RTL. They differ where C++ keeps other things: a window unit's two arrays, whole words
of a table where the RTL drops bits that never change, streams in place of FIFOs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from operator import add

from hwgen.hw.blocks import block_ram
from hwgen.hw.dataflow import DEFAULT_DEPTH, dataflow, function_names
from hwgen.hw.declaration import Function, Table, WordTable
from hwgen.hw.design import Design
from hwgen.hw.device import Family
from hwgen.hw.memory import MemoryStyle, default_style
from hwgen.hw.unit import Unit
from hwgen.ir.names import unit_name

SRL_BITS = 1024
"""Bits of a stream up to which it is a shift register: Vitis's own rule (`config_storage fifo -auto_srl_max_bits`)."""

IMPLEMENTATIONS = {MemoryStyle.BLOCK: "bram", MemoryStyle.LUT: "lutram"}
"""What Vitis calls them in `bind_storage`."""


@dataclass(frozen=True)
class HlsMemory:
    """Memories: blocks of block RAM (of 36 kbit), bits in LUT RAM, and bits in shift registers of LUTs; they add."""

    bram: float = 0
    lutram_bits: int = 0
    srl_bits: int = 0

    def __add__(self, other: HlsMemory) -> HlsMemory:
        lutram, srl = self.lutram_bits + other.lutram_bits, self.srl_bits + other.srl_bits
        return HlsMemory(self.bram + other.bram, lutram, srl)

    def __str__(self) -> str:
        return f"{self.bram:,.10g} BRAM, {self.lutram_bits:,} bits of LUT RAM, {self.srl_bits:,} of shift registers"


def stream_implementation(width: int, depth: int) -> str:
    """Where Vitis puts a stream of `depth` beats: a shift register, or a memory by the rule for all memories."""
    if depth <= DEFAULT_DEPTH or width * depth <= SRL_BITS:
        return "srl"
    return IMPLEMENTATIONS[default_style(depth)]


def table_implementation(table: Table | WordTable) -> str:
    """Where a table lives; nothing for constants and registers."""
    memory = table.memory
    return "" if memory is None or table.depth == 1 else IMPLEMENTATIONS.get(memory.style, "")


def table_implementations(design: Design) -> dict[tuple[str, str], str]:
    """Where each table lives, by its C++ function and its name."""
    return {
        (unit_name(design.name, name), table.name): table_implementation(table)
        for unit in design.units
        if unit.fifo_depth is None
        for function, name in zip(unit.functions, function_names(unit), strict=True)
        for table in function.tables
    }


def unit_memory(unit: Unit, family: Family) -> HlsMemory:
    """What the functions of `unit` keep."""
    return reduce(add, (_kept(function, family) for function in unit.functions), HlsMemory())


def streams_memory(design: Design, depths: Mapping[str, int], family: Family) -> HlsMemory:
    """Streams between functions, of so many beats by name."""
    widths = dataflow(design).widths
    return reduce(add, (_stream(widths[name], depth, family) for name, depth in depths.items()), HlsMemory())


def _stream(width: int, depth: int, family: Family) -> HlsMemory:
    implementation = stream_implementation(width, depth)
    return (
        HlsMemory(srl_bits=width * depth) if implementation == "srl" else _memory(implementation, width, depth, family)
    )


def _kept(function: Function, family: Family) -> HlsMemory:
    found = HlsMemory()
    for table in function.tables:
        if implementation := table_implementation(table):
            width = table.word_bits // table.memories
            for _ in range(table.memories):
                found += _memory(implementation, width, table.depth, family, fixed=True)
    for array in function.arrays:
        memory = array.memory
        if memory and memory.depth > 1 and memory.style in IMPLEMENTATIONS:
            found += _memory(IMPLEMENTATIONS[memory.style], memory.width, memory.depth, family)
    return found


def _memory(implementation: str, width: int, depth: int, family: Family, *, fixed: bool = False) -> HlsMemory:
    if implementation == "lutram":
        return HlsMemory(lutram_bits=width * depth)
    return HlsMemory(block_ram(width, depth, family, writable=not fixed).taken.bram)
