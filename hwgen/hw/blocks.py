"""What memories take: blocks and LUTs, exactly as Yosys's `memory_libmap` chooses them.

A memory deeper than a block of its width is cut into copies of the block's depth, one beside the other; the copies'
bits go to blocks in units that a write enable covers. Of all widths of a block the cheapest is taken: the
blocks' costs, half a point for each bit of the multiplexers behind the copies, half a point for each copy's write
enable. Costs and sizes: `brams_xc4v.txt`, `lutrams_xc5v.txt`, `brams_16kd.txt` and `lutrams_trellis.txt` of
Yosys 0.70, the rule's factors from its source `memory_libmap.cc`.
"""

from __future__ import annotations

from dataclasses import dataclass

from hwgen.hw.device import Family
from hwgen.hw.resources import Resources
from hwgen.hw.stream import ceil_div

_BYTE = 9


@dataclass(frozen=True)
class _Block:
    """A block of memory in one of its shapes.

    Attributes:
        cost, bit_cost: of a block and of each bit used of its width, as Yosys compares them.
        apart: whether copies never share a block.
        taken: of the FPGA for one block.
    """

    words: int
    width: int
    cost: float
    bit_cost: float
    apart: bool
    taken: Resources


def _blocks(bits: int, widths: tuple[int, ...], cost: float, taken: Resources) -> tuple[_Block, ...]:
    """The shapes of a block RAM of `bits` bits; from nine bits on a width has one of parity for each eight."""
    return tuple(_Block(bits // (w - w // 9), w, cost, 0, False, taken) for w in widths)


def _luts(words: int, width: int, cost: float, scale: float, luts: int) -> _Block:
    """LUT RAM whose cost grows by `scale` from no bit to `width` bits used."""
    return _Block(words, width, cost - scale, scale / width, True, Resources(lut=luts))


_XILINX_BLOCKS = (
    *_blocks(1 << 14, (1, 2, 4, 9, 18, 36), 129, Resources(bram18=1)),
    *_blocks(1 << 15, (1, 2, 4, 9, 18, 36, 72), 257, Resources(bram36=1)),
)
_ECP5_BLOCKS = _blocks(1 << 14, (1, 2, 4, 9, 18, 36), 128, Resources(bram18=1))

_XILINX_LUTS = (_luts(32, 6, 8, 7, 4), _luts(64, 3, 8, 7, 4), _luts(128, 1, 8, 8, 4))
_XILINX_ONE_PORT = (_luts(32, 8, 8, 8, 4), _luts(64, 1, 2, 2, 1), _luts(128, 1, 4, 4, 2), _luts(256, 1, 8, 8, 4))
_ECP5_LUTS = (_luts(16, 4, 4, 0, 6),)


@dataclass(frozen=True)
class Mapped:
    """A memory as Yosys maps it: what it takes, and the copies one beside the other that a multiplexer joins."""

    taken: Resources
    copies: int


def block_ram(width: int, depth: int, family: Family, *, writable: bool) -> Mapped:
    """Blocks of RAM of a memory of `depth` words with one read port, and one write port if it is `writable`."""
    blocks = _ECP5_BLOCKS if family is Family.ECP5 else _XILINX_BLOCKS
    return _cheapest(blocks, width, depth, writable)


def lut_ram(width: int, depth: int, family: Family, *, one_address: bool) -> Mapped:
    """LUTs of a memory in LUT RAM, its multiplexers left out; `one_address` where writes go where reads do."""
    if family is Family.ECP5:
        return _cheapest(_ECP5_LUTS, width, depth, writable=True)
    return _cheapest(_XILINX_ONE_PORT if one_address else _XILINX_LUTS, width, depth, writable=True)


def _cheapest(blocks: tuple[_Block, ...], width: int, depth: int, writable: bool) -> Mapped:
    if width == 0:
        return Mapped(Resources(), 1)
    priced = (_priced(block, width, depth, writable) for block in blocks)
    return min(priced, key=lambda each: each[0])[1]


def _priced(block: _Block, width: int, depth: int, writable: bool) -> tuple[float, Mapped]:
    """The cost of a memory in this shape of a block, and the memory."""
    copies = ceil_div(depth, block.words)
    unit = min(block.width, _BYTE) if writable and copies > 1 else 1
    if block.apart:
        count = copies * ceil_div(width, block.width)
    else:
        count = ceil_div(copies * ceil_div(width, unit) * unit, block.width)
    cost = count * block.cost + copies * width * block.bit_cost + width * (copies - 1) / 2
    cost += copies / 2 if writable and copies > 1 else 0
    return cost, Mapped(block.taken * count, copies)
