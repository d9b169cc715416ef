"""Prints a design as SystemVerilog: a top level, a module for each layer, the library it needs and its memories."""

from __future__ import annotations

import re

from hwgen.backends.external import images
from hwgen.backends.render import library, render
from hwgen.backends.rtl.layers import has_module, layer_text
from hwgen.backends.rtl.top import top_context
from hwgen.hw.address_map import address_map
from hwgen.hw.design import Design
from hwgen.ir.names import unit_name

_USE = re.compile(r"^ *(hwgen_\w+) (?:#\(|u_)|\b(hwgen_\w+_pkg)::", re.MULTILINE)


def emit(design: Design) -> dict[str, str]:
    """The RTL project: relative path -> text.

    `<design>.sv` is the AXI4-Stream top level, `<design>_<unit>.sv` one layer with memories or constants each,
    `lib/` the library modules in use, `mem/` the memories and what lies in external ones (hexadecimal; `$readmemh`
    finds them in the working directory), `files.f` every source in compile order.
    """
    sources: dict[str, str] = {}
    memories: dict[str, str] = {}
    modules: dict[str, str] = {}
    control = address_map(design)
    for unit in design.units:
        if has_module(unit):
            modules[unit.name] = unit_name(design.name, unit.name)
            text = layer_text(unit, modules[unit.name], design.digest, control)
            sources[f"{modules[unit.name]}.sv"] = text.source
            memories |= {f"mem/{name}": lines for name, lines in text.memories.items()}
    sources[f"{design.name}.sv"] = render("rtl/top.sv.j2", top_context(design, modules, control))
    lib = _library_in_use("\n".join(sources.values()))
    files = [*lib, *sources]
    memories |= {f"mem/{name}": text for name, text in images(design).items()}
    return {**lib, **sources, **memories, "files.f": "\n".join(files) + "\n"}


def _library_in_use(text: str) -> dict[str, str]:
    """The library modules and packages that `text` uses, directly or not; each after the others it needs."""
    files = library("rtl")
    order: dict[str, str] = {}

    def visit(source: str, inside: str = "") -> None:
        for name in sorted({"".join(names) for names in _USE.findall(source)} - {inside}):
            if f"lib/{name}.sv" not in order:
                body = files[f"{name}.sv"]
                visit(body, inside=name)
                order[f"lib/{name}.sv"] = body

    visit(text)
    return order
