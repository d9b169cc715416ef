"""What the HLS templates are given: typed facts of a unit, with all arithmetic done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hwgen.backends.hls.tables import LINE_LENGTH, Table
from hwgen.backends.render import Source, title
from hwgen.hw.design import Design, Unit
from hwgen.hw.kernels.mvtu import Thresholding
from hwgen.hw.stream import Stream
from hwgen.ir.names import unit_name
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
class Kernel:
    """What a unit is in C++.

    Attributes:
        stem: of its template.
        library: the library header that it calls.
        memories: statements that declare what the unit keeps, and pragmas that say where its arrays live.
        operands: names of the types of its inputs, where it has several.
    """

    stem: str
    library: str
    purpose: str
    constants: tuple[Constant, ...]
    types: tuple[Alias, ...]
    tables: tuple[Table, ...] = ()
    memories: tuple[str, ...] = ()
    operands: tuple[str, ...] = ()


@dataclass(frozen=True)
class UnitContext:
    """One unit as a C++ function.

    Attributes:
        template: its source template; the stem is the kernel's.
        library: the header of the kernel that it calls.
        scope: the namespace of its constants.
        parameters: the streams, as the function declares them; `ins` and `outs` are their names alone.
        operands: see `Kernel`.
        arguments: of the kernel, after the streams.
    """

    template: str
    library: str
    function: str
    scope: str
    guard: str
    header: str
    params: str
    includes: tuple[str, ...]
    origin: str
    digest: str
    purpose: str
    constants: tuple[Constant, ...]
    types: tuple[Alias, ...]
    tables: tuple[Table, ...]
    memories: tuple[str, ...]
    parameters: str
    ins: str
    outs: str
    operands: str
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


def coding(activation: Thresholding) -> tuple[Constant, ...]:
    """The codes that an activation gives."""
    return (
        Constant("BASE", activation.base, "code below the first threshold", "int"),
        Constant("STEP", activation.step, "from one code to the next", "int"),
    )


def context_of(design: Design, unit: Unit, kernel: Kernel) -> UnitContext:
    """The function of `unit`."""
    function = unit_name(design.name, unit.name)
    scope, params = f"{function}_unit", f"{function}_params.hpp"
    ins, outs = _numbered("in", unit.inputs), _numbered("out", unit.outputs)
    words = [*zip(_numbered("InWord", unit.inputs), ins, strict=True)]
    words += [("OutWord", name) for name in outs]
    return UnitContext(
        template=f"hls/{kernel.stem}.cpp.j2",
        library=f"lib/{kernel.library}.hpp",
        function=function,
        scope=scope,
        guard=f"{function.upper()}_HPP",
        header=f"{function}.hpp",
        params=params,
        includes=(f'#include "{function}.hpp"', *(("", f'#include "{params}"') if kernel.tables else ())),
        origin=title(unit.origin),
        digest=design.digest,
        purpose=kernel.purpose,
        constants=kernel.constants,
        types=kernel.types,
        tables=kernel.tables,
        memories=kernel.memories + tuple(pragma for table in kernel.tables for pragma in table.pragmas),
        parameters=_parameters(function, [f"hls::stream<{scope}::{word}>& {name}" for word, name in words]),
        ins=", ".join(ins),
        outs=", ".join(outs),
        operands=", ".join(kernel.operands),
        arguments="".join(f", {table.name}" for table in kernel.tables),
    )


def params_context(unit: UnitContext) -> ParamsContext:
    """The header of a unit's constant arrays."""
    guard = f"{unit.function.upper()}_PARAMS_HPP"
    return ParamsContext(unit.function, unit.scope, guard, unit.header, unit.origin, unit.digest, unit.tables)


def _parameters(function: str, each: Sequence[str]) -> str:
    """In one line if it is short enough, else one below the other."""
    start, line = f"void {function}(", ", ".join(each)
    return line if len(start) + len(line) + len(") {") <= LINE_LENGTH else Source(f",\n{' ' * len(start)}".join(each))


def _numbered(name: str, streams: Sequence[Stream]) -> list[str]:
    """`name` for a single stream, else `name0`, `name1` and so on."""
    return [name] if len(streams) == 1 else [f"{name}{index}" for index in range(len(streams))]
