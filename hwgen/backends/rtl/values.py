"""Number types, codes, literals and memories as SystemVerilog has them: what several templates share."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hwgen.hw import kernel, packing
from hwgen.hw.kernels.mvtu import Thresholding
from hwgen.hw.stream import Stream
from hwgen.ir.types import Bipolar, DType

_LITERAL_BITS = 64


@dataclass(frozen=True)
class Operand:
    """A number type as module parameters."""

    bits: int
    signed: str
    bipolar: str


@dataclass(frozen=True)
class Code:
    """Output bits = base + step * n, modulo 2**bits."""

    base: int
    step: int
    bits: int


@dataclass(frozen=True)
class Memory:
    """A ROM: what it drives and what addresses it; where a host can rewrite it, its first place."""

    data: str
    addr: str
    width: int
    depth: int
    style: str
    base: int = 0

    @property
    def addr_bits(self) -> int:
        return addr_bits(self.depth)


@dataclass(frozen=True)
class Filled:
    """A ROM and the text of its file."""

    memory: Memory
    text: str


def operand(dtype: DType) -> Operand:
    """`dtype` as module parameters; a bipolar type is signed."""
    return Operand(dtype.bits, bit(dtype.signed), bit(isinstance(dtype, Bipolar)))


def code(base: int, step: int, dtype: DType) -> Code:
    """How a count becomes bits of `dtype`."""
    if isinstance(dtype, Bipolar):
        return Code(base=(base + 1) // 2, step=step // 2, bits=1)
    return Code(base=base, step=step, bits=dtype.bits)


def bit(value: bool) -> str:
    """One bit as a literal."""
    return "1'b1" if value else "1'b0"


def literal(bits: packing.Bytes) -> tuple[str, ...]:
    """Bits, the least significant first, as literals to be concatenated, the most significant first."""
    if not bits.any():
        return (f"{len(bits)}'h0",)
    cut = [bits[start : start + _LITERAL_BITS] for start in range(0, len(bits), _LITERAL_BITS)]
    return tuple(_number(part) for part in reversed(cut))


def _number(bits: packing.Bytes) -> str:
    words = np.packbits(bits[None], axis=1, bitorder="little")
    return f"{len(bits)}'h{packing.to_hex(words, len(bits))[0]}"


def addr_bits(depth: int) -> int:
    """Bits that address `depth` words."""
    return max(1, (depth - 1).bit_length())


def filled(rom: kernel.Memory, data: str, addr: str, words: packing.Bytes) -> Filled:
    """The ROM `rom` that drives `data` and holds `words`."""
    memory = Memory(data, addr, rom.width, rom.depth, rom.style.value)
    return Filled(memory, packing.hex_text(words, rom.width))


def threshold_roms(rom: kernel.Memory, activation: Thresholding, stream: Stream) -> list[Filled]:
    """The thresholds of each beat of a vector of `stream`."""
    words = packing.threshold_words(activation, stream.lanes, stream.elements)
    return [filled(rom, "thresholds", "threshold_addr", words)]


def descending_roms(activation: Thresholding, stream: Stream) -> list[Filled]:
    """One bit per lane and beat of a vector of `stream`; nothing where no channel is descending."""
    if not activation.any_descending:
        return []
    words = packing.descending_words(activation, stream.lanes, stream.elements)
    rom = kernel.Memory("descending", stream.vector_beats, stream.lanes)
    return [filled(rom, "descending", "threshold_addr", words)]
