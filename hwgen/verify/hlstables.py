"""The tables of an emitted HLS project: each is one memory, a word a row, where the estimate has it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from math import prod

from hwgen.hw.declaration import WIDEST_WORD
from hwgen.verify.cpp import Source, SourceFinding, declarator, field, text_of
from hwgen.verify.pragmas import Pragma, pragmas_of

_PARAMS = "_params.hpp"
"""End of the names of the files of tables, behind that of their function."""


def check_tables(source: Source, wanted: Mapping[tuple[str, str], str] | None = None) -> list[SourceFinding]:
    """Tables without the pragmas that make one memory of them.

    Args:
        wanted: where tables live, by function and table: `bram`, `lutram`, or nothing for constants and registers.
    """
    pragmas = [pragma for pragma in pragmas_of(source) if "variable" in pragma.options]
    found: list[SourceFinding] = []
    for node, declared in source.declarations:
        file = source.found(node, "").file
        if not file.endswith(_PARAMS):
            continue
        function, name = file.removesuffix(_PARAMS), text_of(declarator(declared))
        own = [each for each in pragmas if each.options["variable"] == name and each.line.file == f"{function}.cpp"]
        extents = [int(extent) for extent in re.findall(r"\[(\d+)\]", text_of(declared))]
        places = [source.found(node, text) for text in _wrong(name, extents, _bits(text_of(field(node, "type"))), own)]
        memory = next((each.options.get("impl", "") for each in own if each.name == "bind_storage"), "")
        if wanted is not None and memory != wanted.get((function, name), ""):
            here, there = (each or "registers" for each in (memory, wanted.get((function, name), "")))
            places.append(source.found(node, f"{name} must live in {there}, as estimated; found {here}"))
        found += places
    return found


def _wrong(name: str, extents: list[int], bits: int, own: list[Pragma]) -> Iterator[str]:
    """What is wrong with the pragmas of a table of elements of so many bits."""
    wide = {place for place, extent in enumerate(extents[1:], 2) if extent > 1}
    cuts = {
        kind: {int(each.options.get("dim", 1)) for each in own if each.name == f"array_{kind}"}
        for kind in ("reshape", "partition")
    }
    bound = [each for each in own if each.name == "bind_storage"]
    if extents[0] == 1 or not bound:
        if not (wide | ({1} if extents[0] > 1 else set())) <= cuts["partition"]:
            yield f"{name} must be bound to a memory by bind_storage, or be partitioned in every dimension"
        return
    if bound[0].options.get("type") != "rom_1p":
        yield f"{name} must be bound as rom_1p"
    kind = "reshape" if prod(extents[1:]) * bits <= WIDEST_WORD else "partition"
    if cuts[kind] != wide:
        dims = ", ".join(map(str, sorted(wide))) or "none"
        yield f"{name} must be one word a row: array_{kind} of its dimensions {dims}, no other"
    elif cuts["partition"] - (wide if kind == "partition" else set()):
        yield f"{name} must be one memory: no array_partition"


def _bits(kind: str) -> int:
    """Bits of an element of a plain type."""
    sized = re.search(r"int(\d+)_t", kind)
    return int(sized[1]) if sized else 1
