"""What units with thresholds declare alike: parameters, memories, tables and their bill."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from hwgen.hw import packing
from hwgen.hw.activation import Thresholding, coding_of
from hwgen.hw.bill import Bill, bits_for, table_luts
from hwgen.hw.declaration import Access, Bits, Parameters, Size, Store, Table, Template, Type
from hwgen.hw.delays import Delays
from hwgen.hw.device import Family
from hwgen.hw.kernels import scaling
from hwgen.hw.memory import Memory, MemoryStyle, default_style
from hwgen.hw.stream import Stream, ceil_div
from hwgen.ir.ops import Threshold
from hwgen.ir.types import DType, IntArray

SIZES = "BASE", "STEP"
_PLAIN = Template("MultiThreshold", ("Output", *SIZES))

LOOKUP = Type("Activation", Template("Lookup", ("Input", "Output")))

_LUTS_OF_A_COLUMN = 5
"""LUTs that a 7-series device has for each column of a memory block, about."""

_MOST_COMPARED = 255
"""Levels of codes that units without multiplier blocks compare with."""

_MOST_BITS = 12
_MOST_CODE_BITS = 8
"""Tables of wider codes Yosys puts into block RAM, which it fills less well than a search does."""
_FEW_BITS = 6
"""A number of so many bits goes into one LUT whatever is made of it: synthesis needs no table."""


def compared(op: Threshold) -> Thresholding:
    """The network's activation by thresholds."""
    return Thresholding(op.thresholds, op.descending, op.base, op.step, codes=op.codes)


def thresholding(op: Threshold, sums: DType, words: int = 2) -> Thresholding:
    """The activation of a unit on sums of a type: thresholds, or a line where it is smaller on the 7 series.

    Args:
        words: beats of a vector, of which each has numbers of its own where channels differ.
    """
    thresholds = compared(op)
    if op.line is None:
        return thresholds
    line = scaling.scaled(op.line, sums)
    assert line.scaling is not None
    kept = words if len(op.thresholds) > 1 else 0
    cost = scaling.luts(line, line.scaling) + _memory_luts(line, kept)
    if cost >= _compared_luts(thresholds, sums, kept) + _memory_luts(thresholds, kept):
        return thresholds
    few = line.scaling.multiplies and thresholds.levels <= _MOST_COMPARED
    return replace(line, instead=thresholds if few else None)


def _memory_luts(activation: Thresholding, words: int) -> float:
    """LUTs of the memory of a lane on the 7 series, those of its share of a block as many as a device has for one."""
    bits = activation.levels * activation.type.bits
    if default_style(words) is MemoryStyle.BLOCK:
        return bits * _LUTS_OF_A_COLUMN
    return bits if words > 1 else 0


def _compared_luts(activation: Thresholding, sums: DType, words: int) -> float:
    """LUTs of a lane of thresholds on the 7 series, or of the table of their codes."""
    levels, bits = activation.levels, max(sums.bits, activation.type.bits)
    if words > 1:
        return levels * comparison_luts(bits, words)
    if words:
        return constant_luts(bits, levels)
    constants = levels * max(1.0, bits / 2 - 2)
    if bits > _MOST_BITS or levels >= 1 << _MOST_CODE_BITS:
        return constants
    return min(constants, table_luts(1 << bits, (levels + 1).bit_length(), 6))


def parameters(activation: Thresholding, output: DType) -> Parameters:
    """The thresholds and codes of a module."""
    coding = coding_of(activation, output)
    return {
        "Levels": activation.levels,
        "ThresholdBits": activation.type.bits,
        "ThresholdSigned": activation.type.signed,
        "CodeBase": coding.base,
        "CodeStep": coding.step,
        "CodeBits": coding.bits,
        **codes(activation.codes, output),
    }


def codes(table: IntArray, output: DType) -> Parameters:
    """The table of codes of a module; of one entry, 0, where it has none."""
    if not table.size:
        return {"Entries": 1, "Codes": Bits.of(0, output.bits)}
    return {"CodeBase": 0, "CodeStep": 1, "Entries": table.size, "Codes": Bits(packing.to_bits(table[None], output)[0])}


def lookup(activation: Thresholding, dtype: DType, output: DType) -> IntArray | None:
    """The code of each number of the type `dtype`, by its bits, where a table is cheaper than thresholds for all.

    None where it is not, or where thresholds are rewritten or those of channels.
    """
    shared = len(activation.thresholds) == len(activation.descending) == 1 and activation.room is None
    shared = shared and activation.scaling is None and activation.levels < 1 << _MOST_CODE_BITS
    if not shared or not _FEW_BITS < dtype.bits <= _MOST_BITS:
        return None
    constants = int(np.count_nonzero(bits_compared(activation.thresholds, dtype) > 1))
    if table_luts(1 << dtype.bits, output.bits, 6) >= constants:
        return None
    numbers = np.arange(1 << dtype.bits)
    numbers[numbers > dtype.max] -= 1 << dtype.bits
    counts = np.searchsorted(activation.thresholds[0], numbers, side="right")
    counts = activation.levels - counts if activation.descending[0] else counts
    return activation.table[counts]


def type_of(activation: Thresholding) -> Type:
    """The C++ type that makes codes of sums."""
    if activation.scaling is not None:
        return scaling.type_of(activation.scaling)
    template = Template("CodedThreshold", ("Output",)) if activation.codes.size else _PLAIN
    return Type("Activation", template)


def sizes(activation: Thresholding) -> tuple[Size, ...]:
    """The codes that an activation gives; none where a table has them."""
    if activation.scaling is not None:
        return scaling.sizes(activation, activation.scaling)
    if activation.codes.size:
        return ()
    return (
        Size(SIZES[0], activation.base, "code below the first threshold", signed=True),
        Size(SIZES[1], activation.step, "from one code to the next", signed=True),
    )


def threshold_stores(activation: Thresholding, memory: Memory, stream: Stream) -> tuple[Store, ...]:
    """The thresholds of each beat of a vector of `stream`, and the channels whose codes fall, if any does."""
    access = Access.FIXED if activation.room is None else Access.HOST

    def words() -> packing.Bytes:
        return packing.threshold_words(activation, stream.lanes, stream.elements)

    thresholds = Store("thresholds", "threshold_addr", memory, words, access)
    return (thresholds, *descending_stores(activation, stream))


def descending_stores(activation: Thresholding, stream: Stream) -> tuple[Store, ...]:
    """One bit per lane and beat of a vector of `stream`; nothing where no channel is descending."""
    if not activation.any_descending:
        return ()
    access = Access.FIXED if activation.room is None else Access.HOST

    def words() -> packing.Bytes:
        return packing.descending_words(activation, stream.lanes, stream.elements)

    memory = Memory("descending", stream.vector_beats, stream.lanes)
    return (Store("descending", "threshold_addr", memory, words, access),)


def threshold_tables(activation: Thresholding, stream: Stream, memory: Memory | None) -> tuple[Table, ...]:
    """The thresholds, a row a beat of `stream`, and which of them are descending if any is; one row shared by all."""
    if len(activation.thresholds) == 1 and len(activation.descending) == 1:
        stream = replace(stream, lanes=1, elements=1)
    values = np.zeros((stream.vector_beats * stream.lanes, activation.levels), np.int64)
    values[: stream.elements] = activation.thresholds
    rows = values.reshape(stream.vector_beats, stream.lanes, activation.levels)
    shared = rows.shape[:2] == (1, 1)
    meaning = "[1][1][level], the same for every channel." if shared else "[output beat][PE][level]"
    if activation.scaling is not None:
        what = "factor, start and rest of a line" if activation.scaling.multiplies else "start of a line"
        meaning = meaning.replace("level", what)
    name = "THRESHOLDS" if activation.scaling is None else "LINES"
    thresholds = Table(name, meaning, rows, activation.type.bits + (not activation.type.signed), memory)
    coded = (code_table(activation.codes, "the thresholds reached"),) if activation.codes.size else ()
    if not activation.any_descending:
        return (thresholds, *coded)
    falls = np.broadcast_to(activation.descending, (stream.elements,))
    what = "Channels whose codes are read backwards." if coded else "Channels whose codes fall as the sum rises."
    return (thresholds, Table.flags("DESCENDING", what, falls, stream.lanes), *coded)


def code_table(table: IntArray, index: str) -> Table:
    """The codes of each number that `index` names."""
    bits = max(int(table.max()).bit_length(), int(-table.min() - 1).bit_length()) + 1
    return Table("CODES", f"[1][n], the code of n: {index}.", table[None], bits, None)


def thresholds_bill(activation: Thresholding, memory: Memory | None, lanes: Stream, sums: DType, bill: Bill) -> None:
    """Thresholds with their memories, applied to sums of a type in each lane of a stream."""
    words = memory.depth if memory is not None else 0
    flips = words > 1 and activation.any_descending
    if memory is not None and activation.room is not None:
        bill.rewritten(memory.width, memory.depth, memory.style)
        bill.rewritten(lanes.lanes, memory.depth, default_style(memory.depth))
        activation_bill(activation, lanes.lanes, sums, bill, words=max(words, 3), flips=True)
        return
    if memory is not None:
        bill.rom(packing.threshold_words(activation, lanes.lanes, lanes.elements), memory.width, memory.style)
    if flips:
        bits = packing.descending_words(activation, lanes.lanes, lanes.elements)
        bill.rom(bits, lanes.lanes, default_style(len(bits)))
    activation_bill(activation, lanes.lanes, sums, bill, words=words, flips=flips)


def activation_bill(activation: Thresholding, lanes: int, sums: DType, bill: Bill, *, words: int, flips: bool) -> None:
    """Thresholds on sums of a type in each of `lanes` lanes, from a memory of `words` words; constants with none."""
    if activation.scaling is not None:
        scaling.write_bill(activation, activation.scaling, lanes, bill)
        return
    levels, bits = activation.levels, max(sums.bits, activation.type.bits)
    if words > 1:
        bill.add("comparison", lanes * levels * comparison_luts(bits, words))
    elif words == 1:
        bill.add("comparison with a constant", lanes * constant_luts(bits, levels))
    else:
        compared = bits_compared(activation.thresholds, sums)
        bill.add("constant", lanes * int(np.count_nonzero(compared > 1)))
        inputs = 4 if bill.family is Family.ECP5 else 6
        bill.add("bit of a constant past a LUT", lanes * float((compared - inputs).clip(0).sum()))
    bill.add("descending bit", lanes * bits_for(levels + 1) * flips)
    if activation.codes.size:
        bill.table(activation.codes, lanes)


def comparison_luts(bits: int, words: int) -> int:
    """LUTs of a comparison with one of `words` numbers, as measured on the 7 series.

    From seven bits on two for each three bits on a carry chain; one of two numbers is one more input of small ones.
    """
    if bits > 6:
        return 2 * ceil_div(bits, 3)
    return 1 + (bits > 5) if words == 2 else (1, 1, 1, 1, 3, 3, 5)[bits]


def constant_luts(bits: int, levels: int) -> float:
    """LUTs of comparisons of a number with `levels` constants that are known late, of a memory of one word.

    Small ones take a LUT. From seven bits on each three bits are compared by two functions of eight, of which several
    levels share what they have in common.
    """
    return levels if bits <= 6 else 16 * (1 - (7 / 8) ** levels) * ceil_div(bits, 3)


def bits_compared(thresholds: IntArray, sums: DType) -> IntArray:
    """How many bits of a sum a comparison with each threshold looks at.

    None where every sum is on the same side, and else not those below the threshold's lowest one.
    """
    lowest = np.where(thresholds == 0, 1 << sums.bits, thresholds & -thresholds)
    zeros = np.log2(lowest).astype(np.int64).clip(0, sums.bits - 1)
    return np.where((thresholds > sums.min) & (thresholds <= sums.max), sums.bits - zeros, 0)


# How fast it is.

INDEX_BITS = 4
"""Of a table, that a LUT of ECP5 reads; more are a level of LUTs each."""

_MOST_LEVELS = 3
"""Thresholds that are counted in a cycle whatever the clock."""


def most_stages(activation: Thresholding | None) -> int:
    """Rows of pipeline registers that an activation can have."""
    if activation is None:
        return 0
    line = activation.scaling
    if line is None:
        return 2 if activation.levels > _MOST_LEVELS else 1
    return min(4, 2 + line.depth) if line.multiplies else 1


def path_ns(
    activation: Thresholding, sum_bits: int, code_bits: int, memory: Memory | None, stages: int, delays: Delays
) -> float:
    """The longest path of an activation in `stages` rows of registers and those behind it, thresholds read included."""
    line, read = activation.scaling, delays.word(memory)
    if line is not None:
        clipped, product = delays.compared(code_bits), delays.product * line.depth
        if stages < 2:
            sloped = read + product + delays.adder
            return max(sloped, clipped) if stages else sloped + clipped
        parts = [product + delays.adder, max(product, delays.adder), max(delays.product, delays.adder)]
        return max(read + delays.adder, parts[stages - 2], clipped)
    entries = activation.codes.size
    looked_up = ceil_div((entries - 1).bit_length(), INDEX_BITS) if entries else 0
    compared, bits = read + delays.compared(max(sum_bits, activation.type.bits)), activation.levels.bit_length()
    if stages < 2:
        counted = (bits + looked_up) * delays.count
        return max(compared, counted) if stages else compared + counted
    return max(compared, max(ceil_div(bits, 2), bits // 2 + looked_up) * delays.count)


def stages_bill(activation: Thresholding, stages: int, lanes: int, masked: bool, bill: Bill) -> None:
    """The registers of `stages` rows in the activation of `lanes`, and beside it."""
    line, flips, number = activation.scaling, activation.any_descending, activation.type.bits
    bill.register(stages * (1 + masked))
    if line is None:
        bits = activation.levels.bit_length()
        rows = [activation.levels + flips, ceil_div(bits, 2) + (1 << bits // 2) - 1 + flips]
    else:
        product = line.product_bits + number
        rows = [line.line_bits, line.factor_bits + line.place_bits + number, product, product]
    bill.register(lanes * sum(rows[:stages]))
