"""The bill of every kind of unit: its logic as the RTL library has it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from hwgen.hw import packing
from hwgen.hw.cost.arithmetic import activation_bill, bits_compared, has_adder, is_dsp, products_bill
from hwgen.hw.cost.bill import Bill, bits_for
from hwgen.hw.cost.stages import cycles_to_sum, stages_bill
from hwgen.hw.design import Unit
from hwgen.hw.device import Family
from hwgen.hw.kernel import Memory, MemoryStyle, default_style
from hwgen.hw.kernels.add import AddUnit
from hwgen.hw.kernels.argmax import ArgmaxUnit
from hwgen.hw.kernels.concat import ConcatUnit
from hwgen.hw.kernels.depthwise import DepthwiseUnit
from hwgen.hw.kernels.fifo import FifoUnit
from hwgen.hw.kernels.fork import DEPTH as FORK_DEPTH
from hwgen.hw.kernels.fork import ForkUnit
from hwgen.hw.kernels.magnitude import MagnitudeUnit
from hwgen.hw.kernels.mvtu import MvtuUnit, Thresholding
from hwgen.hw.kernels.mvtu_gated import MvtuGatedUnit
from hwgen.hw.kernels.pool import PoolUnit
from hwgen.hw.kernels.scale import ScaleUnit
from hwgen.hw.kernels.threshold import ThresholdUnit
from hwgen.hw.kernels.width import WidthUnit
from hwgen.hw.kernels.window import WindowUnit
from hwgen.hw.resources import Resources
from hwgen.hw.schedule import Turns
from hwgen.hw.stream import Stream
from hwgen.ir.ops import PoolKind
from hwgen.ir.types import Bipolar, DType

_FEW_PLACES = 3
"""Up to which a width converter chooses among places (`FewPlaces` of `hwgen_width`); it shifts from there on."""

_CONTROL_LUTS = {Family.XC7: 8, Family.XCUP: 8, Family.ECP5: 11}
"""Of the AXI4-Lite port, as Yosys 0.70 makes it."""


def bill_of(unit: Unit, family: Family) -> Bill:
    """What `unit` is made of."""
    bill = Bill(family)
    _WRITERS[type(unit)](unit, bill)
    return bill


def edge_bill(output: Stream, family: Family, address_bits: int = 0) -> Bill:
    """What the top level adds: a counter that marks the last beat of a frame, and an AXI4-Lite port if it has one.

    The port (`hwgen_control`) takes the same LUTs whatever it writes.
    """
    bill = Bill(family)
    bill.counter(output.beats)
    if address_bits:
        bill.register(address_bits - 2 + 32 + 4)
        bill.memories += Resources(lut=_CONTROL_LUTS[family])
    return bill


def _mvtu(unit: MvtuUnit, bill: Bill) -> None:
    _lanes(unit, bill)
    _ending(unit, unit.threshold_rom, unit.output, bill, unit.groups * unit.neuron_folds, unit.schedule.credits)


def _gated(unit: MvtuGatedUnit, bill: Bill) -> None:
    product, rows = unit.product, len(unit.activation.thresholds)
    _lanes(product, bill)
    bill.counter(product.neuron_folds)
    bill.register((3 + cycles_to_sum(product)) * unit.gate.width)
    sets = replace(unit.output, elements=rows)
    _ending(product, unit.threshold_rom, sets, bill, product.neuron_folds, unit.schedule.credits)


def _lanes(unit: MvtuUnit, bill: Bill) -> None:
    """Control, operands and sums of a matrix-vector unit."""
    pe, width = unit.folding.pe, unit.input.width
    bill.add("mvtu", 1)
    for places in (unit.words, unit.synapse_folds, unit.neuron_folds):
        bill.counter(places)
    bill.register(width + 4 + 4 * (unit.synapse_folds * unit.plane_folds > 1) + 2 * (unit.vector_memory is not None))
    if unit.taps == 1:
        bill.mask((unit.simd - unit.last_simd) * unit.input.dtype.bits)
    vector = unit.vector_memory
    if vector is not None:
        bill.memory(vector.width, vector.depth, vector.style, one_address=True)
        bill.add("operand mux bit", width)
    stages_bill(unit, _weights(unit, bill), bill)
    products_bill(unit, unit.simd, pe, unit.weight_rom.depth, bill)


def _weights(unit: MvtuUnit | DepthwiseUnit, bill: Bill) -> int:
    """The weight memory. Returns: bits of a word that change."""
    rom = unit.weight_rom
    if not unit.writable:
        return bill.rom(packing.weight_words(unit), rom.width, rom.style)
    bill.rewritten(rom.width, rom.depth, rom.style)
    return rom.width


def _depthwise(unit: DepthwiseUnit, bill: Bill) -> None:
    bill.add("depthwise", 1)
    for places in (unit.weight_rom.depth, unit.taps):
        bill.counter(places)
    if not has_adder(unit.weight_type, unit.input.dtype, bill.family):
        bill.register(unit.input.width)
    bill.register(4 + 4 * (unit.taps > 1))
    stages_bill(unit, _weights(unit, bill), bill)
    products_bill(unit, 1, unit.output.lanes, unit.weight_rom.depth, bill)
    _ending(unit, unit.threshold_rom, unit.output, bill, unit.blocks, unit.schedule.credits)


def _ending(
    unit: MvtuUnit | DepthwiseUnit, rom: Memory | None, sets: Stream, bill: Bill, beats: int, credits: int
) -> None:
    """Activation, mask of spare lanes and output queue of a unit with weights; thresholds are those of `sets`."""
    output, activation = unit.output, unit.activation
    if activation is not None or output.last_lanes < output.lanes:
        bill.counter(beats)
    if activation is None:
        bill.add("offset bit", output.width if unit.accumulator.offset else 0)
    else:
        _thresholds(activation, rom, sets, unit.sum_type, bill)
    bill.register(output.width)
    if output.last_lanes < output.lanes:
        bill.register(1)
        bill.mask((output.lanes - output.last_lanes) * output.dtype.bits)
    bill.output_queue(output.width, credits)


def _thresholds(activation: Thresholding, rom: Memory | None, lanes: Stream, sums: DType, bill: Bill) -> None:
    """Thresholds with their memories, applied to sums of a type in each lane of a stream."""
    words = rom.depth if rom is not None else 0
    flips = words > 1 and activation.any_descending
    if rom is not None and activation.room is not None:
        bill.rewritten(rom.width, rom.depth, rom.style)
        bill.rewritten(lanes.lanes, rom.depth, default_style(rom.depth))
        activation_bill(activation, lanes.lanes, sums, bill, words=max(words, 3), flips=True)
        return
    if rom is not None:
        bill.rom(packing.threshold_words(activation, lanes.lanes, lanes.elements), rom.width, rom.style)
    if flips:
        bits = packing.descending_words(activation, lanes.lanes, lanes.elements)
        bill.rom(bits, lanes.lanes, default_style(len(bits)))
    activation_bill(activation, lanes.lanes, sums, bill, words=words, flips=flips)


def _threshold(unit: ThresholdUnit, bill: Bill) -> None:
    stream = unit.input
    bill.add("threshold unit", 1)
    masked = stream.last_lanes < stream.lanes
    if masked or not unit.shared:
        bill.counter(stream.vector_beats)
    operand = stream.width
    if unit.shared:
        compared = bits_compared(unit.activation.thresholds, stream.dtype).max(axis=1)
        operand = round(float(compared.mean()) * stream.lanes)
    bill.register(operand + 2)
    _thresholds(unit.activation, unit.threshold_rom, stream, stream.dtype, bill)
    bill.register(unit.output.width)
    if masked:
        bill.register(1)
        bill.mask((stream.lanes - stream.last_lanes) * unit.output.dtype.bits)
    bill.output_queue(unit.output.width, unit.schedule.credits)


def _argmax(unit: ArgmaxUnit, bill: Bill) -> None:
    stream, index = unit.input, unit.output.dtype.bits
    bits, lanes = stream.dtype.bits, stream.lanes
    bill.add("argmax", 1)
    bill.counter(stream.beats)
    bill.register(3 + 2 * index)
    if stream.beats > 1:
        bill.register(2 * (bits + 1) + index)
    bill.add("larger bit", (lanes - 1 + (stream.beats > 1)) * bits)
    bill.add("choice bit", (lanes - 1) * (bits + index))
    bill.output_queue(index, unit.schedule.credits)


def _add(unit: AddUnit, bill: Bill) -> None:
    output = unit.output
    bill.add("adder unit", 1)
    bill.register(1 + output.width)
    bill.add("adder bit", (len(unit.inputs) - 1) * output.width)
    if output.last_lanes < output.lanes:
        bill.counter(output.vector_beats)
        bill.mask((output.lanes - output.last_lanes) * output.dtype.bits)
    bill.output_queue(output.width, unit.schedule.credits)


def _magnitude(unit: MagnitudeUnit, bill: Bill) -> None:
    source, total = unit.input, unit.output.width
    bill.add("magnitude", 1)
    for places in (source.vector_beats, unit.summed):
        bill.counter(places)
    bill.register(source.width + 7 + 2 * total)
    bill.add("magnitude bit", source.width if source.dtype.signed else 0)
    bill.add("sum adder bit", (source.lanes - 1) * total)
    bill.add("accumulator bit", total * (unit.schedule.slots > 1))
    bill.mask((source.lanes - source.last_lanes) * source.dtype.bits)
    bill.output_queue(total, unit.schedule.credits)


def _scale(unit: ScaleUnit, bill: Bill) -> None:
    source, factor, output = *(stream.dtype for stream in unit.inputs), unit.output
    bill.add("scale", 1)
    bill.counter(output.vector_beats)
    bill.register(2)
    multiplies = factor.bits > 1
    if not (multiplies and has_adder(factor, source, bill.family)):  # else operands and product are in the block
        bill.register(unit.inputs[0].width + factor.bits + output.width)
    if multiplies and is_dsp(factor, source, bill.family):
        bill.memories += Resources(dsp=output.lanes)
    elif multiplies:
        bill.add("product bit", output.lanes * source.bits * factor.bits)
    elif factor.signed:
        bill.add("weight or its negative, bit", output.width)
    bill.mask((output.lanes - output.last_lanes) * source.bits)
    bill.output_queue(output.width, unit.schedule.credits)


def _concat(unit: ConcatUnit, bill: Bill) -> None:
    schedule: Turns = unit.schedule
    bill.add("concat", 1)
    bill.counter(len(unit.inputs))
    bill.counter(max(unit.turns))
    bill.add("operand mux bit", unit.output.width * (len(unit.inputs) - 1))
    bill.queue(unit.output.width, schedule.depth, MemoryStyle.LUT)


def _width(unit: WidthUnit, bill: Bill) -> None:
    gear, group = unit.schedule, unit.group * unit.input.dtype.bits
    most = max(gear.push, gear.last_push)
    held, kept = gear.limit + most, gear.limit
    bits, store = bits_for(held + 1), held * group
    bill.add("width converter", 1)
    if gear.last_push != gear.push:
        bill.counter(gear.in_beats)
    bill.register(bits + store)
    bill.add("held bit", bits)
    bill.add("kept group", kept)
    bill.add("kept bit", kept * group)
    bill.add("bit past those kept", store - kept * group)
    if min(gear.limit + 1, most) <= _FEW_PLACES:
        choices = sum(min(each, gear.limit) - max(0, each - most + 1) for each in range(held))
        bill.add("bit of few places", choices * group)
    else:
        stages = range(bits_for(gear.limit + 1))
        bill.add("shift bit", sum(min(store, (most + (2 << stage)) * group) for stage in stages))


def _pool(unit: PoolUnit, bill: Bill) -> None:
    source, output = unit.input, unit.output
    tiles, memory = unit.columns * unit.pixel_beats, unit.memory
    bill.add("pool", 1)
    for places in (unit.pixel_beats, unit.tile_width, unit.tile_height):
        bill.counter(places)
    bill.counter(tiles)
    bill.register(source.width + 4 + bits_for(tiles) + output.width)
    if memory.style is MemoryStyle.LUT:
        bill.lut_memory(memory.width, memory.depth, one_address=True)
    else:
        bill.register(output.width)
    if unit.kind is PoolKind.SUM:
        bill.add("sum bit", output.width)
    else:
        mixed = bool(np.ptp(np.broadcast_to(unit.minimum, (output.elements,))))
        bill.register(output.lanes * mixed)
        bill.add("best bipolar" if isinstance(source.dtype, Bipolar) else "best bit", output.width)
    if output.last_lanes < output.lanes:
        bill.register(2)
        bill.mask((output.lanes - output.last_lanes) * output.dtype.bits)
    bill.output_queue(output.width, unit.schedule.credits)


def _window(unit: WindowUnit, bill: Bill) -> None:
    source, output, memory = unit.input, unit.output, unit.memory
    place, offset, level = _window_bits(unit)
    address, pads = bits_for(memory.depth), unit.geometry.pads
    bill.add("window", 1)
    counted = (unit.row_beats, memory.depth, unit.block_beats, *unit.geometry.kernel, unit.out_width, unit.out_height)
    for places in (*counted, unit.blocks):
        bill.counter(places)
    bill.register(place * (3 if pads else 1) + 2 * offset + 3 * level + 3 * address + 4 + 2 * pads)
    bill.add("window address bit", address)
    bill.add("window offset bit", offset)
    bill.add("window place bit", place)
    bill.add("window level bit", level)
    bill.add("padded window bit", (place + offset) * pads)
    bill.add("pad bit", output.width * pads)
    bill.memory(memory.width, memory.depth, memory.style, one_address=False)
    if source.last_lanes < source.lanes:
        bill.register(2)
        bill.mask((source.lanes - source.last_lanes) * output.dtype.bits)
    bill.output_queue(output.width, unit.schedule.credits)


def _window_bits(unit: WindowUnit) -> tuple[int, int, int]:
    """Bits of places of rows, offsets in a row and levels of the line buffer, as `hwgen_window` has them."""
    geometry = unit.geometry
    (down, across), (deep, wide) = geometry.stride, geometry.extent
    last_top, last_left = (unit.out_height - 1) * down, (unit.out_width - 1) * across
    place = bits_for(last_top + deep + down + unit.height + 1) + 1
    offset = bits_for((last_left + wide + across + unit.width) * unit.input.vector_beats + 1) + 1
    return place, offset, bits_for(unit.rows + unit.height + down + 1) + 1


def _fork(unit: ForkUnit, bill: Bill) -> None:
    for _ in unit.outputs:
        bill.queue(unit.input.width, FORK_DEPTH, MemoryStyle.LUT)


def _fifo(unit: FifoUnit, bill: Bill) -> None:
    bill.queue(unit.memory.width, unit.depth, unit.memory.style)


_WRITERS: Mapping[type[Any], Callable[[Any, Bill], None]] = {
    MvtuUnit: _mvtu,
    MvtuGatedUnit: _gated,
    DepthwiseUnit: _depthwise,
    WindowUnit: _window,
    PoolUnit: _pool,
    ThresholdUnit: _threshold,
    ArgmaxUnit: _argmax,
    MagnitudeUnit: _magnitude,
    AddUnit: _add,
    ScaleUnit: _scale,
    ConcatUnit: _concat,
    WidthUnit: _width,
    ForkUnit: _fork,
    FifoUnit: _fifo,
}
