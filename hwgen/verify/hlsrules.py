"""Rules of an emitted HLS project as a whole: its top, inlining, flushing pipelines, words wider than tools expect."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from hwgen.hw.dataflow import DEFAULT_DEPTH
from hwgen.hw.stream import WIDEST
from hwgen.hw.words import DOCUMENTED, PLAIN
from hwgen.verify.constants import LIBRARY, Names, bits
from hwgen.verify.cpp import Source, SourceFinding, declarator, field, function_name, is_inside, text_of, walk
from hwgen.verify.pragmas import pragmas_of

if TYPE_CHECKING:
    from tree_sitter import Node

TCL, CONFIG, MAKEFILE = "run_hls.tcl", "hls_config.cfg", "Makefile"


def check_top(source: Source, top: str) -> list[SourceFinding]:
    """The top holds the project's one dataflow pragma, streams, and one call of each process."""
    found = []
    dataflows = [pragma for pragma in pragmas_of(source) if pragma.name == "dataflow"]
    function = next((node for node in walk(source.root, "function_definition") if function_name(node) == top), None)
    if function is None:
        return [SourceFinding(f"{top}.cpp", 1, f"must define the top function {top}")]
    body = field(function, "body")
    for pragma in dataflows:
        if not pragma.scopes or pragma.scopes[-1] != body:
            found.append(pragma.found(f"must stand in the top function {top}"))
    if len(dataflows) != 1:
        found.append(source.found(function, f"a project must have one dataflow pragma, not {len(dataflows)}"))
    called: set[str] = set()
    for node in body.named_children if body is not None else []:
        text = _not_of_a_top(node, called)
        if text:
            found.append(source.found(node, text))
    return found


def _not_of_a_top(node: Node, called: set[str]) -> str:
    """What is wrong with a statement of the top; `called` gets the process that it calls."""
    if node.type == "declaration" and text_of(field(node, "type")).startswith("hls::stream<"):
        return ""
    call = node.named_children[0] if node.type == "expression_statement" and node.named_children else None
    arguments = field(call, "arguments")
    names = arguments.named_children if arguments is not None else []
    if call is None or call.type != "call_expression" or any(each.type != "identifier" for each in names):
        return "the top must hold only streams and calls of processes with streams"
    name = text_of(field(call, "function"))
    if name in called:
        return f"{name} must be called once"
    called.add(name)
    return ""


def check_depths(source: Source, top: str, stated: Mapping[str, int]) -> list[SourceFinding]:
    """Every stream of the top says a depth, and is as deep as the model of its pipelines has `stated`, by its name.

    None is of depth 1: a full FIFO takes no word while one is read, so that it would halve the rate.
    """
    pragmas = {each.options.get("variable", ""): each for each in pragmas_of(source) if each.name == "stream"}
    found = []
    for name, pragma in pragmas.items():
        least = max(stated.get(name, 0), DEFAULT_DEPTH)
        depth = pragma.options.get("depth", "")
        if depth.isdecimal() and int(depth) < least:
            why = ", as the model of the pipelines says" if least > DEFAULT_DEPTH else ""
            found.append(pragma.found(f"depth must be at least {least}{why}"))
        elif not depth:
            found.append(pragma.found("must say depth"))
    function = next((node for node in walk(source.root, "function_definition") if function_name(node) == top), None)
    for node in walk(function, "declaration") if function is not None else ():
        name = text_of(declarator(field(node, "declarator")))
        if text_of(field(node, "type")).startswith("hls::stream<") and name not in pragmas:
            found.append(source.found(node, f"the stream {name} must have a stream pragma that says its depth"))
    return found


def check_inline(source: Source) -> list[SourceFinding]:
    """Every function of the library is declared `inline __attribute__((always_inline))`, so that no tool shares it."""
    return [
        source.found(node, f"{function_name(node)} must be declared with HWGEN_INLINE in front")
        for node in walk(source.root, "function_definition")
        if source.found(node, "").file.startswith(LIBRARY)
        and not {"inline", "__attribute__((always_inline))"}
        <= {"".join(text_of(each).split()) for each in node.children}
    ]


def check_pipelines(source: Source, project: Path) -> list[SourceFinding]:
    """Every pipelined loop flushes, by its pragma and by the settings."""
    found = []
    for pragma in pragmas_of(source):
        if pragma.name == "pipeline" and "off" not in pragma.flags and pragma.options.get("style") != "flp":
            found.append(pragma.found("must say style=flp"))
    for name, line in (
        (TCL, r"\s*config_compile\s+(.*\s)?-pipeline_style\s+flp\b.*"),
        (CONFIG, r"syn\.compile\.pipeline_style=flp\s*"),
    ):
        if not any(re.fullmatch(line, each) for each in _lines(project, name)):
            found.append(SourceFinding(name, 1, "must set the style of pipelines to flp"))
    return found


def check_widths(source: Source, project: Path) -> tuple[list[SourceFinding], list[SourceFinding]]:
    """Findings and warnings about streams and ports of more than 1,024 bits."""
    names = Names(source)
    found, warned, widest = [], [], 0
    for node in walk(source.root, "declaration", "parameter_declaration"):
        if source.found(node, "").file.startswith(LIBRARY) or is_inside(node, "template_declaration"):
            continue
        for word in _words(field(node, "type")):
            width = bits(names.evaluate(word, names.scope_of(node))) or 0
            if width > WIDEST:
                found.append(source.found(node, f"a word of {width} bits must not be wider than {WIDEST}"))
            elif width > DOCUMENTED:
                warned.append(source.found(node, f"a word of {width} bits is wider than the documented {DOCUMENTED}"))
            widest = max(widest, width)
    if widest > PLAIN:
        found += _undefined(project, widest)
    return list(dict.fromkeys(found)), list(dict.fromkeys(warned))


def _words(kind: Node | None) -> Iterator[Node]:
    """The type of a stream's words, of each stream in a type."""
    for node in walk(kind, "template_type") if kind is not None else ():
        arguments = field(node, "arguments")
        if text_of(field(node, "name")) == "stream" and arguments is not None:
            yield arguments.named_children[0]


def _undefined(project: Path, widest: int) -> Iterator[SourceFinding]:
    """The compilations of a project for which AP_INT_MAX_W is not defined, or too small for `widest`."""
    for name, compilation in (
        (TCL, r"\s*add_files\s+(?!-tb).*"),
        (TCL, r"\s*add_files\s+-tb.*"),
        (CONFIG, r"syn\.cflags=.*"),
        (CONFIG, r"tb\.cflags=.*"),
        (MAKEFILE, r"(CPPFLAGS|CXXFLAGS)\s*[:+?]?=.*"),
    ):
        lines = [(number, each) for number, each in enumerate(_lines(project, name), 1) if re.match(compilation, each)]
        values = [int(value) for _, each in lines for value in re.findall(r"-D\s*AP_INT_MAX_W=(\d+)", each)]
        if max(values, default=0) < widest:
            number = lines[0][0] if lines else 1
            yield SourceFinding(name, number, f"must define AP_INT_MAX_W as {widest} or more: a word has {widest} bits")


def text_in(project: Path, name: str) -> str:
    """The text of a file of the project; nothing where there is none."""
    path = project / name
    return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""


def _lines(project: Path, name: str) -> list[str]:
    """The lines of a file, with the values of its variables, of Tcl or Make, in their places."""
    text = text_in(project, name)
    set_, used = (r"^\s*set (\w+) (.+)$", "${}") if name == TCL else (r"^(\w+)\s*[:?]?=[ \t]*(.+)$", "$({})")
    for variable, value in re.findall(set_, text, re.MULTILINE):
        text = text.replace(used.format(variable), value)
    return text.splitlines()
