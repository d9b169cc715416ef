"""What a unit is made of: counts of logic that cost LUTs, registers, and memories whose size is known exactly."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from hwgen.hw.blocks import Mapped, block_ram, lut_ram
from hwgen.hw.device import Family
from hwgen.hw.memory import PIECE_BYTES, MemoryStyle
from hwgen.hw.packing import Bytes, varying
from hwgen.hw.resources import Resources
from hwgen.hw.stream import ceil_div
from hwgen.ir.types import IntArray

FEW_WORDS = 8
"""Constants in logic of up to so many words are synthesised together with what reads them (`hwgen_rom`)."""


def bits_for(count: int) -> int:
    """Bits of an index into `count` places: none where there is one."""
    return (count - 1).bit_length()


def table_luts(entries: int, bits: int, inputs: int) -> int:
    """LUTs of so many inputs for a table of codes of `bits` bits in logic.

    The multiplexers of a slice put four of them together; beyond that LUTs do, as Yosys maps tables of random codes on
    the 7 series: a quarter more.
    """
    luts = ceil_div(entries, 1 << inputs) * bits
    return luts if entries <= 4 << inputs else ceil_div(5 * luts, 4)


@dataclass
class Bill:
    """The bill of one unit, which its `write_bill` writes.

    Attributes:
        logic: how often each kind of logic occurs, by the name that its coefficient has.
        registers: flip-flops as the source has them, as far as synthesis keeps them.
        memories: block RAM, multipliers, LUTs of LUT RAM and of the AXI4-Lite port, exact.
        chains: carry chains of four bits of a graph of adders, exact.
    """

    family: Family
    logic: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    registers: int = 0
    memories: Resources = field(default_factory=Resources)
    chains: int = 0

    def add(self, kind: str, count: float) -> None:
        """`count` times the logic of `kind`."""
        if count:
            self.logic[kind] += count

    @property
    def lut_inputs(self) -> int:
        """Inputs of a LUT."""
        return 4 if self.family is Family.ECP5 else 6

    def in_luts(self, bits: int) -> bool:
        """Whether additions and comparisons of so many bits are made of LUTs, which are merged with those around them.

        Yosys's `arith_map_ccu2c.v` makes no carry chain of four bits or fewer. ABC then takes LUTs of up to seven
        inputs, of 2, 4 or 8 LUT4, where they save a level.
        """
        return self.family is Family.ECP5 and bits <= 4

    def register(self, bits: int) -> None:
        """Flip-flops."""
        self.registers += bits

    def counter(self, places: int) -> None:
        """A counter that wraps after `places`."""
        bits = bits_for(places)
        self.register(bits)
        self.add("counter", places > 1)
        self.add("counter bit", bits)

    def queue(self, width: int, depth: int, style: MemoryStyle) -> None:
        """A FIFO."""
        pointer = bits_for(depth)
        self.register(2 * pointer + bits_for(depth + 1) + 2)
        self.add("queue", 1)
        self.add("queue bit", pointer - 1)
        self.add("queue wrap", depth & (depth - 1) != 0)
        if style is MemoryStyle.BLOCK:
            self.block_memory(width, depth, writable=True)
            self.bypass(width, depth, of_fifo=True)
        else:
            self.register(pointer)  # Yosys doubles the read pointer: it makes the address a register of the memory
            self.lut_memory(width, depth, one_address=False)

    def output_queue(self, width: int, credits: int) -> None:
        """A queue that counts credits (`hwgen_credit_queue`)."""
        self.queue(width, credits, MemoryStyle.LUT)
        self.register(bits_for(credits + 1) + 1)
        self.add("credits", 1)

    def block_memory(self, width: int, depth: int, *, writable: bool) -> None:
        """Block RAM, with its multiplexers."""
        self._mapped(block_ram(width, depth, self.family, writable=writable), width)

    def bypass(self, width: int, depth: int, *, of_fifo: bool) -> None:
        """Registers beside block RAM for a word that is read while it is written.

        A FIFO brings its own. On ECP5, whose blocks do not say which word comes, Yosys adds the old word, the new one,
        the address and three flags, and merges with them what a FIFO has.
        """
        on_ecp5 = self.family is Family.ECP5
        if on_ecp5:
            self.register(2 * width + bits_for(depth) + 3)
        elif of_fifo:
            self.register(width + 1)
        self.add("bypass bit", width if on_ecp5 or of_fifo else 0)

    def lut_memory(self, width: int, depth: int, *, one_address: bool) -> None:
        """LUT RAM, with its multiplexers."""
        self._mapped(lut_ram(width, depth, self.family, one_address=one_address), width)

    def _mapped(self, memory: Mapped, width: int) -> None:
        self.memories += memory.taken
        self.add("memory mux bit", width * (memory.copies - 1))

    def memory(self, width: int, depth: int, style: MemoryStyle, *, one_address: bool) -> None:
        """A memory with a read register (`hwgen_ram`)."""
        if style is MemoryStyle.BLOCK:
            self.block_memory(width, depth, writable=True)
            if not one_address:
                self.bypass(width, depth, of_fifo=False)
            return
        self.register(width)
        self._words(width, depth, style, one_address=one_address)

    def memory_read_through(self, width: int, depth: int, style: MemoryStyle) -> None:
        """A memory of one address without block RAM that gives a word as it is written (`hwgen_ram` with `Through`)."""
        self.register(bits_for(depth))
        self._words(width, depth, style, one_address=True)

    def _words(self, width: int, depth: int, style: MemoryStyle, *, one_address: bool) -> None:
        """Of a memory without block RAM."""
        if style is MemoryStyle.LUT and depth > 1:
            self.lut_memory(width, depth, one_address=one_address)
        else:
            self.register(width * depth)
            self.add("register mux", width * (depth - 1))

    def rows(self, width: int, depth: int, style: MemoryStyle, count: int) -> None:
        """Memories that are read at one address, and written one at a time at another.

        They share what ECP5 has beside block RAM for a word that is read while it is written, but for three flags.
        """
        for _ in range(count):
            self.memory(width, depth, style, one_address=False)
        if style is MemoryStyle.BLOCK and self.family is Family.ECP5:
            self.register((1 - count) * (2 * width + bits_for(depth)))

    def delays(self, width: int, cycles: Iterable[int]) -> None:
        """Shift registers of `width` bits in a row, each read at its end alone and shifted by an enable.

        On the 7 series Yosys makes those of three cycles and more of LUTs (SRL16E, SRLC32E).
        """
        for each in cycles:
            if each < 3 or self.family is Family.ECP5:
                self.register(width * each)
            else:
                self.memories += Resources(lut=width * ceil_div(each, 32))

    def rewritten(self, width: int, depth: int, style: MemoryStyle) -> None:
        """A memory that a host can rewrite (`hwgen_writable`): the pieces of a word but the last wait in registers.

        A word is never read while it is written, so that block RAM needs no bypass. The two or three LUTs that decode
        the address are left out.
        """
        pieces = ceil_div(width, PIECE_BYTES * 8)
        self.register((pieces - 1) * PIECE_BYTES * 8)
        if style is MemoryStyle.BLOCK:
            self.block_memory(width, depth, writable=True)
        else:
            self.memory(width, depth, style, one_address=False)

    def rom(self, words: Bytes, width: int, style: MemoryStyle) -> int:
        """Constants with a read register (`hwgen_rom`), a row of bytes a word. Returns: bits of a word that change.

        Bits that never change are wires. In logic, bits that agree in every word are made once. Constants of more than
        `FEW_WORDS` words are synthesised apart from the logic that reads them, each bit in as many LUTs as hold its
        words; that logic is then not simplified for bits that never change.
        """
        varies = varying(words, width)
        if style is MemoryStyle.BLOCK:
            self.block_memory(int(varies.sum()), len(words), writable=False)
            return int(varies.sum())
        bits = np.unpackbits(words, axis=1, bitorder="little", count=width)
        made = len({column.tobytes() for column in np.packbits(bits[:, varies], axis=0).T})
        self.register(made)
        places = 1 << bits_for(len(bits))
        if len(bits) > FEW_WORDS:
            self.memories += Resources(lut=made * ceil_div(places, 1 << self.lut_inputs))
            return width
        self.add(f"rom bit of {places} words", made * len(bits) / places)
        return made

    def table(self, codes: IntArray, lanes: int) -> None:
        """A table of codes in logic, read in each of `lanes` lanes at an index of its own."""
        low = int(codes.min())
        bits = bits_for(int(codes.max()) - low + 1) if low >= 0 else (max(int(codes.max()), -low - 1)).bit_length() + 1
        self.memories += Resources(lut=lanes * table_luts(codes.size, bits, self.lut_inputs))

    def mask(self, bits: int) -> None:
        """Gates that force bits to zero."""
        self.add("mask bit", bits)
