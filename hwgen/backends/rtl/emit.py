"""Prints a design as SystemVerilog: a top level, one module per layer, the library it needs and its memories."""

from __future__ import annotations

import re

from hwgen.backends.render import library, render
from hwgen.backends.rtl.layers import LayerText, render_layer
from hwgen.backends.rtl.top import top_context
from hwgen.hw.design import Design, Layer

_INSTANCE = re.compile(r"^ *(hwgen_\w+) #\(", re.MULTILINE)


def unit_module(design: Design, layer: Layer) -> str:
    """The name of the module that holds `layer` in `design`."""
    return f"{design.name}_{layer.name}"


def emit(design: Design) -> dict[str, str]:
    """The RTL project: relative path -> text.

    `<design>.sv` is the AXI4-Stream top level, `<design>_<unit>.sv` one layer each, `lib/` the library modules in
    use, `mem/` the memories (hexadecimal; `$readmemh` finds them in the working directory), `files.f` every source
    in compile order.
    """
    sources: dict[str, str] = {}
    memories: dict[str, str] = {}
    for layer in design.layers:
        text: LayerText = render_layer(layer, unit_module(design, layer), design.digest)
        sources[f"{unit_module(design, layer)}.sv"] = text.source
        memories |= {f"mem/{name}": lines for name, lines in text.memories.items()}
    context = top_context(design, {layer.name: unit_module(design, layer) for layer in design.layers})
    sources[f"{design.name}.sv"] = render("rtl/top.sv.j2", context)
    lib = _library_in_use("\n".join(sources.values()))
    files = [*lib, *sources]
    return {**lib, **sources, **memories, "files.f": "\n".join(files) + "\n"}


def _library_in_use(text: str) -> dict[str, str]:
    """The library files that `text` instantiates, directly or not; each after those it needs."""
    files = library("rtl")
    order: dict[str, str] = {}

    def visit(source: str) -> None:
        for module in sorted(set(_INSTANCE.findall(source))):
            if f"lib/{module}.sv" not in order:
                body = files[f"{module}.sv"]
                visit(body)
                order[f"lib/{module}.sv"] = body

    visit(text)
    return order
