"""The subset of C++ that all HLS compilers accept (Vitis, PandA-Bambu), which emitted kernels keep to.

Streams are read and written by `read()` and `write()` alone; ports of the top are streams of `ap_uint`, or of AMD's
`ap_axiu` where they carry TLAST, which Vitis alone has; there is no code for simulation only, and none that cannot be
hardware: no heap, no exceptions, no text, no floating point, no endless loop.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from hwgen.verify.cpp import (
    LOOPS,
    Source,
    SourceFinding,
    declarator,
    field,
    function_declarator,
    function_name,
    is_inside,
    text_of,
    walk,
)

if TYPE_CHECKING:
    from tree_sitter import Node

HEADERS = ("<cstdint>", "<type_traits>", '"ap_axi_sdata.h"', '"ap_int.h"', '"hls_stream.h"')
"""Headers that sources may include beside their own."""

_BANNED = re.compile(
    r"new|delete|malloc|free|virtual|throw|try|catch|dynamic_cast|typeid|goto|printf|assert|float|double|asm"
)
_STANDARD = re.compile(r"u?int(8|16|32|64)_t|conditional|is_\w+|make_(un)?signed")
_BANNED_CALLS = re.compile(
    r"empty|full|size|capacity|set_name|read_nb|write_nb|test|set|clear|reverse|range|set_bit|get_bit|to_string"
)
_SWITCH = re.compile(r"\s*#\s*(if|ifdef|ifndef|elif|else)\b(.*)")


def check(source: Source, project: Path, top: str) -> list[SourceFinding]:
    """Violations in the preprocessed `source` of an HLS `project`, or in its files before that."""
    wrong = (*_wrong_words(source.root), *_wrong_loops(source.root), *_wrong_streams(source.root))
    found = [source.found(node, text) for node, text in (*wrong, *_ports(source.root, top))]
    found.sort(key=lambda finding: finding.file)
    for path in sorted((project / "src").rglob("*.[ch]pp")):
        found += _lines(path, str(path.relative_to(project / "src")))
    return found


def _wrong_words(root: Node) -> Iterator[tuple[Node, str]]:
    """Words that cannot be hardware, or that compilers treat differently."""
    for node in walk(root):
        word = text_of(node) if node.child_count == 0 else ""
        if node.type == "ERROR" or node.is_missing:
            yield node, "must be C++ that can be parsed"
        elif node.type != "string_content" and _BANNED.fullmatch(word):
            yield node, f"`{word}` must not be used"
        elif node.type == "qualified_identifier" and text_of(field(node, "scope")) == "std":
            name = re.match(r"\w+", text_of(field(node, "name")))
            if name and not _STANDARD.fullmatch(name[0]):
                yield node, f"`std::{name[0]}` must not be used"
        elif node.type in ("string_literal", "raw_string_literal"):
            if not is_inside(node, "static_assert_declaration") and not _names_a_linkage(node):
                yield node, "text must only stand in static_assert"
        elif node.type == "field_expression" and _BANNED_CALLS.fullmatch(text_of(field(node, "field"))):
            yield node, f"`.{text_of(field(node, 'field'))}` must not be called"
        elif word == "~" and not _is_cast(node):
            yield node, "`~` must be cast at once, or stand before plain Limbs"


def _names_a_linkage(text: Node) -> bool:
    """Whether a text is that of `extern "C"`."""
    return text.parent is not None and text.parent.type == "linkage_specification" and text_of(text) == '"C"'


def _wrong_loops(root: Node) -> Iterator[tuple[Node, str]]:
    """Loops that never end: a process returns once its frame is out."""
    for node in walk(root, *LOOPS):
        condition = text_of(field(node, "condition")).strip("() ")
        if condition in ("", "true") or (condition.isdecimal() and int(condition)):
            yield node, "an endless loop must not be used: a process returns once its frame is out"


def _wrong_streams(root: Node) -> Iterator[tuple[Node, str]]:
    """Streams that are declared with more than their type, or used by anything but read() and write()."""
    for node in walk(root, "template_type"):
        arguments = field(node, "arguments")
        if text_of(field(node, "name")) == "stream" and arguments is not None and arguments.named_child_count > 1:
            yield node, "a stream must have no depth of its own: `stream` pragmas say it"
    for node in walk(root, "declaration"):
        for each in node.children_by_field_name("declarator"):
            given = field(each, "value") if each.type == "init_declarator" else each
            kinds = ("argument_list", "initializer_list", "function_declarator")
            if _has_stream_type(node) and given is not None and given.type in kinds:
                yield node, f"the stream {text_of(declarator(each))} must have no name or other argument"
    for function in walk(root, "function_definition"):
        yield from _used(function, _streams(function))


def _used(function: Node, streams: set[str]) -> Iterator[tuple[Node, str]]:
    """Uses of `streams` that are neither read() nor write()."""
    rule = "a stream must be read by read() and written by write()"
    for node in walk(function, "binary_expression", "field_expression"):
        name = text_of(field(node, "left" if node.type == "binary_expression" else "argument"))
        if name not in streams:
            continue
        operator, member = text_of(field(node, "operator")), text_of(field(node, "field"))
        if operator in ("<<", ">>"):
            yield node, f"`{name} {operator}`: {rule}"
        elif node.type == "field_expression" and member not in ("read", "write"):
            yield node, f"`{name}.{member}`: {rule}"


def _has_stream_type(declaration: Node) -> bool:
    return text_of(field(declaration, "type")).removeprefix("hls::").startswith("stream<")


def _streams(function: Node) -> set[str]:
    """Names that stand for streams: declared as hls::stream, or as a parameter of a type called Stream or Streams."""
    kinds = ("declaration", "parameter_declaration", "variadic_parameter_declaration")
    return {
        text_of(declarator(each))
        for node in walk(function, *kinds)
        for each in node.children_by_field_name("declarator")
        if _has_stream_type(node) or text_of(field(node, "type")) in ("Stream", "Streams")
    }


def _is_cast(tilde: Node) -> bool:
    """Whether a `~` is cast, as in ap_uint<W>(~x), or works on plain 64-bit limbs."""
    node = tilde.parent
    if node is None:
        return False
    if re.match(r"Limb\b|\(\s*static_cast<Limb", text_of(field(node, "argument"))):
        return True
    while (
        node.parent is not None
        and node.parent.type == "binary_expression"
        and node.parent.start_byte == node.start_byte
    ):
        node = node.parent
    if node.parent is None or node.parent.type != "argument_list" or node.parent.named_children[0] != node:
        return False
    called = text_of(field(node.parent.parent, "function"))
    return called.endswith(">") or called.split("::")[-1][:1].isupper()


def _ports(root: Node, top: str) -> Iterator[tuple[Node, str]]:
    """The top function takes memories to read, and streams of ap_uint or ap_axiu by reference; gives nothing back."""
    for node in walk(root, "declaration", "function_definition"):
        declared = function_declarator(node)
        if declared is None or function_name(node) != top or is_inside(node, "function_definition"):
            continue
        if text_of(field(node, "type")) != "void":
            yield node, f"{top} must return nothing"
        parameters = field(declared, "parameters")
        for parameter in parameters.named_children if parameters is not None else []:
            text = "".join(text_of(parameter).split())
            stream = r"hls::stream<ap_uint<\d+>>&\w+|hls::stream<ap_axiu<(\d+),0,0,0>>&\w+"
            port = re.fullmatch(rf"{stream}|constap_uint<\d+>\*\w+", text)
            if port is None:
                types = "hls::stream<ap_uint<N>>& or hls::stream<ap_axiu<N, 0, 0, 0>>&"
                yield parameter, f"a port of {top} must be an {types}; found {text}"
            elif port[1] and int(port[1]) % 8:
                yield parameter, f"TDATA of {top} must be whole bytes; found {port[1]} bits"


def _lines(path: Path, name: str) -> Iterator[SourceFinding]:
    """Violations that the preprocessor removes: other headers, and code for one tool or for simulation only."""
    for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
        included = re.match(r'\s*#\s*include\s+(<[^>]*>|"[^"]*")', line)
        if included and included[1] not in HEADERS and not _own(path, included[1]):
            yield SourceFinding(name, number, f"must not include {included[1]}")
        switch = _SWITCH.match(line)
        guard = switch is not None and switch[1] == "ifndef" and switch[2].strip().endswith("_HPP")
        if switch and not guard and path.name != "pragmas.hpp":
            yield SourceFinding(
                name, number, f"`#{switch[1]}` must only guard a header; what tools differ on is in pragmas.hpp"
            )


def _own(path: Path, header: str) -> bool:
    """Whether a quoted header is one of the project's."""
    return header.startswith('"') and (path.parent / header.strip('"')).exists()
