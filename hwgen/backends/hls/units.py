"""What the HLS templates need to know of each unit."""

from __future__ import annotations

from dataclasses import dataclass

from hwgen.backends.hls.tables import Table, threshold_tables, weight_table
from hwgen.hw.design import Design, Unit
from hwgen.hw.kernels.argmax import ArgMaxUnit
from hwgen.hw.kernels.fifo import Fifo
from hwgen.hw.kernels.matvec import MatVec, Thresholding
from hwgen.hw.kernels.threshold import ThresholdUnit
from hwgen.hw.kernels.width import WidthConverter
from hwgen.ir.types import Bipolar, DType


@dataclass(frozen=True)
class Constant:
    """A folding quantity."""

    name: str
    value: int
    meaning: str
    type: str = "unsigned"


@dataclass(frozen=True)
class Alias:
    """A C++ type with a name of its own."""

    name: str
    type: str


@dataclass(frozen=True)
class UnitContext:
    """One unit as a C++ function.

    Attributes:
        template: its source template; the stem is the kernel's.
        library: the header of the kernel that it calls.
        scope: the namespace of its constants.
        arguments: of the kernel, after the streams.
    """

    template: str
    library: str
    function: str
    scope: str
    guard: str
    header: str
    params: str
    origin: str
    digest: str
    purpose: str
    constants: tuple[Constant, ...]
    types: tuple[Alias, ...]
    tables: tuple[Table, ...]
    pragmas: tuple[str, ...]
    arguments: str


@dataclass(frozen=True)
class ParamsContext:
    """The constant arrays of a unit."""

    function: str
    scope: str
    guard: str
    header: str
    origin: str
    digest: str
    tables: tuple[Table, ...]


def cpp_type(dtype: DType) -> str:
    """A number type of the network, as lanes.hpp calls it."""
    if isinstance(dtype, Bipolar):
        return "hwgen::Bipolar"
    return f"hwgen::{'Int' if dtype.signed else 'Uint'}<{dtype.bits}>"


def unit_context(design: Design, unit: Unit) -> UnitContext:
    """How `unit` becomes a C++ function."""
    if isinstance(unit, MatVec):
        return _matvec(design, unit)
    if isinstance(unit, ThresholdUnit):
        return _threshold(design, unit)
    if isinstance(unit, ArgMaxUnit):
        return _argmax(design, unit)
    if isinstance(unit, WidthConverter):
        return _width(design, unit)
    return _fifo(design, unit)


def params_context(unit: UnitContext) -> ParamsContext:
    """The header of a unit's memories."""
    guard = f"{unit.function.upper()}_PARAMS_HPP"
    return ParamsContext(unit.function, unit.scope, guard, unit.header, unit.origin, unit.digest, unit.tables)


def _context(
    design: Design,
    unit: Unit,
    kernel: tuple[str, str],
    purpose: str,
    *,
    constants: tuple[Constant, ...],
    types: tuple[Alias, ...],
    tables: tuple[Table, ...] = (),
) -> UnitContext:
    """`kernel` is the stem of the template and the library header."""
    function = f"{design.name}_{unit.name}"
    return UnitContext(
        template=f"hls/{kernel[0]}.cpp.j2",
        library=f"lib/{kernel[1]}.hpp",
        function=function,
        scope=f"{function}_unit",
        guard=f"{function.upper()}_HPP",
        header=f"{function}.hpp",
        params=f"{unit.name}_params.hpp",
        origin=unit.origin,
        digest=design.digest,
        purpose=purpose,
        constants=constants,
        types=types,
        tables=tables,
        pragmas=tuple(pragma for table in tables for pragma in table.pragmas),
        arguments=", ".join(table.name for table in tables),
    )


def _coding(activation: Thresholding) -> tuple[Constant, ...]:
    return (
        Constant("BASE", activation.base, "code below the first threshold", "int"),
        Constant("STEP", activation.step, "from one code to the next", "int"),
    )


def _matvec(design: Design, unit: MatVec) -> UnitContext:
    kind = "XNOR and popcount" if unit.is_xnor else f"{unit.weight_type} weights times {unit.input.dtype} inputs"
    constants: tuple[Constant, ...] = (
        Constant("MW", unit.mw, "inputs of a frame"),
        Constant("MH", unit.mh, "neurons"),
        Constant("SIMD", unit.folding.simd, "inputs a cycle"),
        Constant("PE", unit.folding.pe, "neurons a cycle"),
    )
    activation = "hwgen::Accumulator<Output, 2, -int(MW)>" if unit.is_xnor else "hwgen::Accumulator<Output, 1, 0>"
    tables: tuple[Table, ...] = (weight_table(unit),)
    if unit.activation is not None:
        constants += _coding(unit.activation)
        activation = "hwgen::MultiThreshold<Output, BASE, STEP>"
        tables += threshold_tables(unit.activation, unit.folding.pe, unit.mh, unit.threshold_rom)
    types = (
        Alias("Weight", cpp_type(unit.weight_type)),
        Alias("Input", cpp_type(unit.input.dtype)),
        Alias("Sum", cpp_type(unit.sum_type)),
        Alias("Output", cpp_type(unit.output.dtype)),
        Alias("Activation", activation),
        Alias("InWord", "ap_uint<SIMD * Input::BITS>"),
        Alias("OutWord", "ap_uint<PE * Output::BITS>"),
    )
    purpose = f"Matrix-vector unit: {kind}."
    return _context(design, unit, ("matvec", "mvtu"), purpose, constants=constants, types=types, tables=tables)


def _threshold(design: Design, unit: ThresholdUnit) -> UnitContext:
    constants: tuple[Constant, ...] = (
        Constant("ELEMENTS", unit.input.elements, "of a frame"),
        Constant("PE", unit.input.lanes, "elements a cycle"),
        *_coding(unit.activation),
    )
    types = (
        Alias("Input", cpp_type(unit.input.dtype)),
        Alias("Output", cpp_type(unit.output.dtype)),
        Alias("Activation", "hwgen::MultiThreshold<Output, BASE, STEP>"),
        Alias("InWord", "ap_uint<PE * Input::BITS>"),
        Alias("OutWord", "ap_uint<PE * Output::BITS>"),
    )
    tables = threshold_tables(unit.activation, unit.input.lanes, unit.input.elements, unit.threshold_rom)
    purpose = f"Threshold unit: {unit.input.dtype} to {unit.output.dtype}."
    return _context(design, unit, ("threshold", "threshold"), purpose, constants=constants, types=types, tables=tables)


def _argmax(design: Design, unit: ArgMaxUnit) -> UnitContext:
    constants: tuple[Constant, ...] = (
        Constant("ELEMENTS", unit.input.elements, "scores of a frame"),
        Constant("LANES", unit.input.lanes, "scores a cycle"),
    )
    types = (
        Alias("Input", cpp_type(unit.input.dtype)),
        Alias("Output", cpp_type(unit.output.dtype)),
        Alias("InWord", "ap_uint<LANES * Input::BITS>"),
        Alias("OutWord", "ap_uint<Output::BITS>"),
    )
    return _context(design, unit, ("argmax", "argmax"), "Index of the largest score.", constants=constants, types=types)


def _width(design: Design, unit: WidthConverter) -> UnitContext:
    constants: tuple[Constant, ...] = (
        Constant("ELEMENTS", unit.input.elements, "of a frame"),
        Constant("IN_LANES", unit.input.lanes, "elements of a beat read"),
        Constant("OUT_LANES", unit.output.lanes, "elements of a beat written"),
    )
    types = (
        Alias("Code", cpp_type(unit.input.dtype)),
        Alias("InWord", "ap_uint<IN_LANES * Code::BITS>"),
        Alias("OutWord", "ap_uint<OUT_LANES * Code::BITS>"),
    )
    purpose = f"Width converter: {unit.input.lanes} to {unit.output.lanes} lanes of {unit.input.dtype}."
    return _context(design, unit, ("width", "width"), purpose, constants=constants, types=types)


def _fifo(design: Design, unit: Fifo) -> UnitContext:
    constants = (Constant("BEATS", unit.input.beats, "of a frame"),)
    types = (Alias("InWord", f"ap_uint<{unit.input.width}>"), Alias("OutWord", "InWord"))
    return _context(
        design, unit, ("fifo", "fifo"), "Carries beats to the edge of the chip.", constants=constants, types=types
    )
