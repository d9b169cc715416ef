"""Units that carry, join or code elements one by one, as the HLS templates need them."""

from __future__ import annotations

from hwgen.backends.hls.context import Alias, Constant, Kernel, coding, cpp_type
from hwgen.backends.hls.tables import threshold_tables
from hwgen.hw.kernels.add import AddUnit
from hwgen.hw.kernels.argmax import ArgmaxUnit
from hwgen.hw.kernels.concat import ConcatUnit
from hwgen.hw.kernels.fifo import FifoUnit
from hwgen.hw.kernels.fork import ForkUnit
from hwgen.hw.kernels.magnitude import MagnitudeUnit
from hwgen.hw.kernels.scale import ScaleUnit
from hwgen.hw.kernels.threshold import ThresholdUnit
from hwgen.hw.kernels.width import WidthUnit
from hwgen.hw.stream import Stream


def threshold(unit: ThresholdUnit) -> Kernel:
    """The standalone threshold unit."""
    constants = (*_shape(unit.input, "PE"), *coding(unit.activation))
    types = (
        Alias("Input", cpp_type(unit.input.dtype)),
        Alias("Output", cpp_type(unit.output.dtype)),
        Alias("Activation", "hwgen::MultiThreshold<Output, BASE, STEP>"),
        Alias("InWord", "ap_uint<PE * Input::BITS>"),
        Alias("OutWord", "ap_uint<PE * Output::BITS>"),
    )
    tables = threshold_tables(unit.activation, unit.input.lanes, unit.input.elements, unit.threshold_rom)
    purpose = f"Threshold unit: {unit.input.dtype} to {unit.output.dtype}."
    return Kernel("threshold", "threshold", purpose, constants, types, tables)


def argmax(unit: ArgmaxUnit) -> Kernel:
    """The top-1 unit."""
    types = (
        Alias("Input", cpp_type(unit.input.dtype)),
        Alias("Output", cpp_type(unit.output.dtype)),
        Alias("InWord", "ap_uint<LANES * Input::BITS>"),
        Alias("OutWord", "ap_uint<Output::BITS>"),
    )
    return Kernel("argmax", "argmax", "Index of the largest score.", _shape(unit.input), types)


def magnitude(unit: MagnitudeUnit) -> Kernel:
    """The magnitude unit."""
    constants = (*_shape(unit.input), Constant("SUMMED", unit.summed, "vectors of a sum"))
    types = (
        Alias("Input", cpp_type(unit.input.dtype)),
        Alias("Output", cpp_type(unit.output.dtype)),
        Alias("InWord", "ap_uint<LANES * Input::BITS>"),
        Alias("OutWord", "ap_uint<Output::BITS>"),
    )
    return Kernel("magnitude", "magnitude", "Magnitude unit: sums of |x|.", constants, types)


def width(unit: WidthUnit) -> Kernel:
    """The width converter."""
    constants = (
        Constant("VECTORS", unit.input.vectors, "of a frame"),
        Constant("ELEMENTS", unit.input.elements, "of a vector"),
        Constant("IN_LANES", unit.input.lanes, "elements of a beat read"),
        Constant("OUT_LANES", unit.output.lanes, "elements of a beat written"),
    )
    types = (
        Alias("Code", cpp_type(unit.input.dtype)),
        Alias("InWord", "ap_uint<IN_LANES * Code::BITS>"),
        Alias("OutWord", "ap_uint<OUT_LANES * Code::BITS>"),
    )
    purpose = f"Width converter: {unit.input.lanes} to {unit.output.lanes} lanes of {unit.input.dtype}."
    return Kernel("width", "width", purpose, constants, types)


def fifo(unit: FifoUnit) -> Kernel:
    """A FIFO at the edge of the chip."""
    return Kernel("fifo", "fifo", "Carries beats at the edge of the chip.", *_carried(unit.input))


def fork(unit: ForkUnit) -> Kernel:
    """The fork."""
    return Kernel("fork", "fork", f"Every beat to {len(unit.outputs)} readers.", *_carried(unit.input))


def add(unit: AddUnit) -> Kernel:
    """The adder."""
    operands = tuple(f"Input{index}" for index in range(len(unit.inputs)))
    types = (
        *(Alias(name, cpp_type(stream.dtype)) for name, stream in zip(operands, unit.inputs, strict=True)),
        Alias("Output", cpp_type(unit.output.dtype)),
        *_words(unit.inputs),
        Alias("OutWord", "ap_uint<LANES * Output::BITS>"),
    )
    purpose = f"Adder of {len(unit.inputs)} streams."
    return Kernel("add", "add", purpose, _shape(unit.output), types, operands=operands)


def scale(unit: ScaleUnit) -> Kernel:
    """The scale unit."""
    types = (
        *(Alias(f"Input{index}", cpp_type(stream.dtype)) for index, stream in enumerate(unit.inputs)),
        Alias("Output", cpp_type(unit.output.dtype)),
        Alias("InWord0", "ap_uint<LANES * Input0::BITS>"),
        Alias("InWord1", "ap_uint<Input1::BITS>"),
        Alias("OutWord", "ap_uint<LANES * Output::BITS>"),
    )
    return Kernel("scale", "scale", "Scale unit: each vector times its number.", _shape(unit.output), types)


def concat(unit: ConcatUnit) -> Kernel:
    """The concatenation."""
    constants = (
        Constant("VECTORS", unit.output.vectors, "of a frame"),
        Constant("LANES", unit.output.lanes, "elements a cycle"),
    )
    operands = tuple(f"Part{index}" for index in range(len(unit.inputs)))
    parts = tuple(
        Alias(part, f"hwgen::Part<Input{index}, {beats}>")
        for index, (part, beats) in enumerate(zip(operands, unit.turns, strict=True))
    )
    types = (
        *(Alias(f"Input{index}", cpp_type(stream.dtype)) for index, stream in enumerate(unit.inputs)),
        Alias("Output", cpp_type(unit.output.dtype)),
        *parts,
        *_words(unit.inputs),
        Alias("OutWord", "ap_uint<LANES * Output::BITS>"),
    )
    purpose = f"Vectors of {len(unit.inputs)} streams, joined end to end."
    return Kernel("concat", "concat", purpose, constants, types, operands=operands)


def _shape(stream: Stream, lanes: str = "LANES") -> tuple[Constant, ...]:
    return (
        Constant("VECTORS", stream.vectors, "of a frame"),
        Constant("ELEMENTS", stream.elements, "of a vector"),
        Constant(lanes, stream.lanes, "elements a cycle"),
    )


def _carried(stream: Stream) -> tuple[tuple[Constant, ...], tuple[Alias, ...]]:
    """Constants and types of a unit that looks at no code."""
    words = (Alias("InWord", f"ap_uint<{stream.width}>"), Alias("OutWord", "InWord"))
    return (Constant("BEATS", stream.beats, "of a frame"),), words


def _words(inputs: tuple[Stream, ...]) -> tuple[Alias, ...]:
    return tuple(Alias(f"InWord{index}", f"ap_uint<LANES * Input{index}::BITS>") for index in range(len(inputs)))
