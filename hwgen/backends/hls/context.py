"""What the HLS templates are given: a unit as a C++ function, with all arithmetic done."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from hwgen.backends.edge import word
from hwgen.backends.hls.tables import LINE_LENGTH, TableText, kept, table_text
from hwgen.backends.render import Source, title
from hwgen.backends.wiring.cpp import netlist_lines
from hwgen.hw.dataflow import edge_functions, function_names
from hwgen.hw.declaration import Function, Template
from hwgen.hw.design import Design
from hwgen.hw.unit import Unit
from hwgen.ir.names import unit_name
from hwgen.ir.types import Bipolar, DType


@dataclass(frozen=True)
class Constant:
    """A constant with its C++ type."""

    name: str
    value: int
    meaning: str
    type: str


@dataclass(frozen=True)
class Alias:
    """A C++ type with a name of its own."""

    name: str
    type: str


@dataclass(frozen=True)
class UnitContext:
    """One unit as a C++ function: fields of unit.hpp.j2, unit.cpp.j2 and params.hpp.j2.

    Attributes:
        library: the header of the template that it calls.
        scope: the namespace of its constants.
        netlist: statements of a layer of constants; none elsewhere.
        memory: the port of the external memory that it reads, if it reads one.
        parameters: the streams, as the function declares them.
        body: lines of the function.
    """

    library: str
    function: str
    scope: str
    guard: str
    params_guard: str
    header: str
    params: str
    includes: tuple[str, ...]
    origin: str
    digest: str
    purpose: str
    constants: tuple[Constant, ...]
    types: tuple[Alias, ...]
    tables: tuple[TableText, ...]
    parameters: str
    body: tuple[str, ...]
    netlist: tuple[str, ...] = ()
    memory: tuple[str, ...] = ()


def unit_contexts(design: Design, unit: Unit) -> tuple[UnitContext, ...]:
    """The functions of `unit`."""
    named = zip(unit.functions, function_names(unit), strict=True)
    contexts = tuple(
        _context(design, (unit.stem, unit.origin), function, name, len(unit.outputs) if name == unit.name else 1)
        for function, name in named
    )
    if unit.wiring is None:
        return contexts
    lines, own = netlist_lines(unit.wiring.netlist), '#include "{}_netlist.hpp"'
    includes = ((*each.includes, "", own.format(each.function)) for each in contexts)
    return tuple(replace(each, netlist=lines, includes=files) for each, files in zip(contexts, includes, strict=True))


def axis_contexts(design: Design) -> tuple[UnitContext, ...]:
    """The functions behind ports that carry TLAST."""
    return tuple(
        _context(design, ("axis", port.axis), function, name, 1) for name, port, function in edge_functions(design)
    )


def _context(design: Design, told: tuple[str, str], function: Function, own: str, outputs: int) -> UnitContext:
    """One function of so many outputs, called `own` in the design; `told` are stem and origin of its unit."""
    stem, origin = told
    name = unit_name(design.name, own)
    scope, params = f"{name}_unit", f"{name}_params.hpp"
    tables = tuple(map(table_text, function.tables))
    ins = _numbered("in", len(function.inputs))
    outs = _numbered("out", outputs)
    words = [*zip(_numbered("InWord", len(ins)), ins, strict=True), *(("OutWord", out) for out in outs)]
    memory = [f"const {scope}::OutWord* memory"] * bool(function.memory)
    return UnitContext(
        library=f"lib/{stem}.hpp",
        function=name,
        scope=scope,
        guard=f"{name.upper()}_HPP",
        params_guard=f"{name.upper()}_PARAMS_HPP",
        header=f"{name}.hpp",
        params=params,
        includes=(f'#include "{name}.hpp"', *(("", f'#include "{params}"') if tables else ())),
        origin=title(origin),
        digest=design.digest,
        purpose=function.purpose,
        constants=tuple(_constants(function)),
        types=tuple(_aliases(function)),
        tables=tables,
        parameters=_parameters(name, [*memory, *(f"hls::stream<{scope}::{each}>& {stream}" for each, stream in words)]),
        memory=(function.memory,) * bool(function.memory),
        body=tuple(_body(function.template or stem, function, ins, outs, tables)),
    )


def _constants(function: Function) -> Iterator[Constant]:
    for size in function.sizes:
        yield Constant(size.name, size.value, size.meaning, "int" if size.signed else "unsigned")


def _aliases(function: Function) -> Iterator[Alias]:
    """The types of a function, and the words of its streams."""
    for each in function.types:
        yield Alias(each.name, _template(each.type) if isinstance(each.type, Template) else cpp_type(each.type))
    for name, bits in zip(_numbered("InWord", len(function.inputs)), function.inputs, strict=True):
        yield Alias(name, word(bits))
    yield Alias("OutWord", word(function.output))


def _template(template: Template) -> str:
    written = [str(each).lower() if isinstance(each, bool) else str(each) for each in template.arguments]
    return f"hwgen::{template.name}<{', '.join(written)}>" if written else f"hwgen::{template.name}"


def cpp_type(dtype: DType) -> str:
    """A number type of the network, as lanes.hpp calls it."""
    if isinstance(dtype, Bipolar):
        return "hwgen::Bipolar"
    return f"hwgen::{'Int' if dtype.signed else 'Uint'}<{dtype.bits}>"


def _body(
    template: str, function: Function, ins: list[str], outs: list[str], tables: tuple[TableText, ...]
) -> Iterator[str]:
    """What the function keeps, where its arrays live, and the call."""
    for array in function.arrays:
        yield from map(Source, kept(array))
    for table in tables:
        yield from map(Source, table.pragmas)
    streams = ["memory"] * bool(function.memory) + ([*outs, *ins] if function.output_first else [*ins, *outs])
    operands = ", ".join([*streams, *(each.name for each in function.arrays), *(each.name for each in tables)])
    start = f"hwgen::{template}<{', '.join(function.arguments)}>("
    yield Source(f"{start}{operands});" if len(start + operands) < LINE_LENGTH - 4 else f"{start}\n      {operands});")


def _parameters(function: str, each: Sequence[str]) -> str:
    """In one line if it is short enough, else one below the other."""
    start, line = f"void {function}(", ", ".join(each)
    return line if len(start) + len(line) + len(") {") <= LINE_LENGTH else Source(f",\n{' ' * len(start)}".join(each))


def _numbered(name: str, count: int) -> list[str]:
    """`name` for a single stream, else `name0`, `name1` and so on."""
    return [name] if count == 1 else [f"{name}{index}" for index in range(count)]
