"""Units that the top level instantiates from the library as they are: they hold no files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from hwgen.backends.rtl.values import Operand, bit, literal, operand
from hwgen.hw.design import Unit
from hwgen.hw.kernels.add import AddUnit
from hwgen.hw.kernels.concat import ConcatUnit
from hwgen.hw.kernels.fifo import FifoUnit
from hwgen.hw.kernels.fork import ForkUnit
from hwgen.hw.kernels.magnitude import MagnitudeUnit
from hwgen.hw.kernels.pool import PoolUnit
from hwgen.hw.kernels.scale import ScaleUnit
from hwgen.hw.kernels.width import WidthUnit
from hwgen.hw.kernels.window import WindowUnit
from hwgen.hw.packing import Bytes, to_words
from hwgen.hw.stream import Stream
from hwgen.ir.names import inner_name
from hwgen.ir.ops import PoolKind
from hwgen.ir.types import Bipolar


@dataclass(frozen=True)
class Beats:
    """Expressions for one side of a stream, or of several joined: beats and handshakes."""

    data: str
    valid: str
    ready: str


@dataclass(frozen=True)
class Instance:
    """What every instance has: its name, the streams it reads and writes, the template that prints it."""

    name: str
    source: Beats
    sink: Beats
    template: str


@dataclass(frozen=True)
class WidthInstance(Instance):
    """Fields of width.sv.j2."""

    group_bits: int
    in_beats: int
    push: int
    last_push: int
    pull: int


@dataclass(frozen=True)
class FifoInstance(Instance):
    """Fields of fifo.sv.j2."""

    width: int
    depth: int
    style: str


@dataclass(frozen=True)
class ForkInstance(Instance):
    """Fields of fork.sv.j2."""

    readers: int
    width: int


@dataclass(frozen=True)
class ConcatInstance(Instance):
    """Fields of concat.sv.j2; `beats` of the inputs, the last first."""

    inputs: int
    width: int
    beats: tuple[str, ...]


@dataclass(frozen=True)
class AddInstance(Instance):
    """Fields of add.sv.j2; `bits` of the inputs, the last first."""

    inputs: int
    lanes: int
    beats: int
    last_lanes: int
    input_bits: int
    sum_bits: int
    credits: int
    bits: tuple[str, ...]
    signed: tuple[str, ...]
    bipolar: tuple[str, ...]


@dataclass(frozen=True)
class MagnitudeInstance(Instance):
    """Fields of magnitude.sv.j2."""

    lanes: int
    beats: int
    last_lanes: int
    vectors: int
    input: Operand
    sum_bits: int
    credits: int


@dataclass(frozen=True)
class ScaleInstance(Instance):
    """Fields of scale.sv.j2."""

    lanes: int
    beats: int
    last_lanes: int
    input: Operand
    factor: Operand
    output_bits: int
    credits: int


@dataclass(frozen=True)
class PoolInstance(Instance):
    """Fields of pool.sv.j2."""

    lanes: int
    last_lanes: int
    input: Operand
    output_bits: int
    sum: str
    pixel_beats: int
    tile_height: int
    tile_width: int
    columns: int
    credits: int
    minimum: tuple[str, ...]


@dataclass(frozen=True)
class WindowInstance(Instance):
    """Fields of window.sv.j2; sizes are pairs (vertical, horizontal)."""

    lanes: int
    last_lanes: int
    input_bits: int
    widen: str
    mark: str
    pixel_beats: int
    blocks: int
    image: tuple[int, int]
    windows: tuple[int, int]
    kernel: tuple[int, int]
    stride: tuple[int, int]
    dilation: tuple[int, int]
    padding: tuple[int, ...]
    pad_beats: int
    pads: tuple[str, ...]
    rows: int
    style: str
    credits: int


def instance(unit: Unit, source: Beats, sink: Beats) -> Instance:
    """The instance of a library module that is `unit`."""
    ends: dict[str, Any] = {"name": inner_name(unit.name), "source": source, "sink": sink}
    match unit:
        case WidthUnit():
            return _width(unit, ends)
        case FifoUnit():
            memory = unit.memory
            sizes: dict[str, Any] = {"width": memory.width, "depth": memory.depth, "style": memory.style.value}
            return FifoInstance(**ends, template="rtl/fifo.sv.j2", **sizes)
        case ForkUnit():
            readers = len(unit.outputs)
            return ForkInstance(**ends, template="rtl/fork.sv.j2", readers=readers, width=unit.input.width)
        case ConcatUnit():
            beats = tuple(f"32'd{turn}" for turn in reversed(unit.turns))
            width = unit.output.width
            return ConcatInstance(**ends, template="rtl/concat.sv.j2", inputs=len(beats), width=width, beats=beats)
        case AddUnit():
            return _add(unit, ends)
        case ScaleUnit():
            return _scale(unit, ends)
        case MagnitudeUnit():
            return _magnitude(unit, ends)
        case PoolUnit():
            return _pool(unit, ends)
        case WindowUnit():
            return _window(unit, ends)
        case _:
            raise AssertionError(f"{unit.name} has a module of its own")


def _width(unit: WidthUnit, ends: dict[str, Any]) -> WidthInstance:
    gear = unit.schedule
    return WidthInstance(
        **ends,
        template="rtl/width.sv.j2",
        group_bits=unit.group * unit.input.dtype.bits,
        in_beats=gear.in_beats,
        push=gear.push,
        last_push=gear.last_push,
        pull=gear.pull,
    )


def _add(unit: AddUnit, ends: dict[str, Any]) -> AddInstance:
    types = [stream.dtype for stream in reversed(unit.inputs)]
    return AddInstance(
        **ends,
        template="rtl/add.sv.j2",
        inputs=len(types),
        lanes=unit.output.lanes,
        beats=unit.output.vector_beats,
        last_lanes=unit.output.last_lanes,
        input_bits=sum(dtype.bits for dtype in types),
        sum_bits=unit.output.dtype.bits,
        credits=unit.schedule.credits,
        bits=tuple(f"8'd{dtype.bits}" for dtype in types),
        signed=tuple(bit(dtype.signed) for dtype in types),
        bipolar=tuple(bit(isinstance(dtype, Bipolar)) for dtype in types),
    )


def _magnitude(unit: MagnitudeUnit, ends: dict[str, Any]) -> MagnitudeInstance:
    return MagnitudeInstance(
        **ends,
        template="rtl/magnitude.sv.j2",
        lanes=unit.input.lanes,
        beats=unit.input.vector_beats,
        last_lanes=unit.input.last_lanes,
        vectors=unit.summed,
        input=operand(unit.input.dtype),
        sum_bits=unit.output.dtype.bits,
        credits=unit.schedule.credits,
    )


def _scale(unit: ScaleUnit, ends: dict[str, Any]) -> ScaleInstance:
    return ScaleInstance(
        **ends,
        template="rtl/scale.sv.j2",
        lanes=unit.output.lanes,
        beats=unit.output.vector_beats,
        last_lanes=unit.output.last_lanes,
        input=operand(unit.inputs[0].dtype),
        factor=operand(unit.inputs[1].dtype),
        output_bits=unit.output.dtype.bits,
        credits=unit.schedule.credits,
    )


def _pool(unit: PoolUnit, ends: dict[str, Any]) -> PoolInstance:
    output = unit.output
    minimum = np.zeros(output.vector_beats * output.lanes, dtype=np.uint8)
    minimum[: output.elements] = unit.minimum
    return PoolInstance(
        **ends,
        template="rtl/pool.sv.j2",
        lanes=output.lanes,
        last_lanes=output.last_lanes,
        input=operand(unit.input.dtype),
        output_bits=output.dtype.bits,
        sum=bit(unit.kind is PoolKind.SUM),
        pixel_beats=unit.pixel_beats,
        tile_height=unit.tile_height,
        tile_width=unit.tile_width,
        columns=unit.columns,
        credits=unit.schedule.credits,
        minimum=literal(minimum),
    )


def _window(unit: WindowUnit, ends: dict[str, Any]) -> WindowInstance:
    words = _pad_words(unit)
    return WindowInstance(
        **ends,
        template="rtl/window.sv.j2",
        lanes=unit.input.lanes,
        last_lanes=unit.input.last_lanes,
        input_bits=unit.input.dtype.bits,
        widen=bit(unit.widens),
        mark=bit(unit.marks),
        pixel_beats=unit.input.vector_beats,
        blocks=unit.blocks,
        image=(unit.height, unit.width),
        windows=(unit.out_height, unit.out_width),
        kernel=unit.geometry.kernel,
        stride=unit.geometry.stride,
        dilation=unit.geometry.dilation,
        padding=unit.geometry.padding,
        pad_beats=len(words),
        pads=literal(words.ravel()),
        rows=unit.rows,
        style=unit.memory.style.value,
        credits=unit.schedule.credits,
    )


def _pad_words(unit: WindowUnit) -> Bytes:
    """The bits of a padded pixel, a row a beat; one row where all beats are the same, or nothing is padded."""
    channels, output = unit.input.elements, unit.output
    pixel = Stream("pad", output.dtype, channels, output.lanes)
    codes = np.broadcast_to(unit.pad, (channels,)) if unit.geometry.pads else np.full(channels, output.dtype.min)
    words = np.unpackbits(to_words(codes[None], pixel), axis=1, bitorder="little", count=output.width)
    return words[:1] if not unit.geometry.pads or (words == words[0]).all() else words
