"""Every pragma of an emitted HLS project against the grammar of Vitis HLS, and against what it governs.

The grammar is that of the pragma pages of AMD's UG1399 (2020.2 to 2025.2) as far as hwgen uses it. It has no `rewind`:
a rewound loop holds the last slots of a frame back until the next one comes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hwgen.verify.cpp import (
    PragmaLine,
    Source,
    SourceFinding,
    declarator,
    function_declarator,
    function_name,
    is_inside,
    kind,
    text_of,
    walk,
)
from hwgen.verify.cpp import field as field_of

if TYPE_CHECKING:
    from tree_sitter import Node

Check = Callable[[str], bool]


@dataclass(frozen=True)
class Form:
    """How a pragma is written.

    Attributes:
        places: kinds of scope that it governs.
        options: `name=value`, with the test of the value.
        flags: words that stand alone.
        required: options that may not be missing.
        leads: whether only other pragmas may stand in front of it in its scope.
    """

    places: tuple[str, ...]
    options: Mapping[str, Check] = field(default_factory=dict)
    flags: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    leads: bool = False


def _one_of(*values: str) -> Check:
    return lambda value: value.lower() in {each.lower() for each in values}


def _at_least(least: int) -> Check:
    return lambda value: value.isdecimal() and int(value) >= least


def _name(value: str) -> bool:
    return value.isidentifier()


_STORAGE = ("fifo", "ram_1p", "ram_1wnr", "ram_2p", "ram_s2p", "ram_t2p", "rom_1p", "rom_2p", "rom_np")
_MODES = ("ap_none", "ap_vld", "ap_ack", "ap_hs", "ap_ovld", "ap_memory", "bram", "ap_fifo", "ap_stable", "axis")
_CONTROL = ("s_axilite", "ap_ctrl_none", "ap_ctrl_hs", "ap_ctrl_chain")
_IMPLEMENTATIONS = ("bram", "bram_ecc", "lutram", "uram", "uram_ecc", "srl", "memory", "auto")

_CUTS = ("array_partition", "array_reshape")
_CUT = Form(
    ("function", "loop"),
    {"variable": _name, "type": _one_of("cyclic", "block", "complete"), "factor": _at_least(2), "dim": _at_least(0)},
    required=("variable", "type"),
)

GRAMMAR: Mapping[str, Form] = {
    "pipeline": Form(
        ("loop", "function"),
        {"II": _at_least(1), "style": _one_of("stp", "flp", "frp")},
        ("off",),
        leads=True,
    ),
    "unroll": Form(("loop",), {"factor": _at_least(1)}, ("skip_exit_check", "off"), leads=True),
    "inline": Form(("function",), flags=("off", "recursive"), leads=True),
    "dataflow": Form(("function", "loop"), flags=("disable_start_propagation",), leads=True),
    "array_partition": _CUT,
    "array_reshape": _CUT,
    "bind_storage": Form(
        ("function",),
        {
            "variable": _name,
            "type": _one_of(*_STORAGE),
            "impl": _one_of(*_IMPLEMENTATIONS),
            "latency": _at_least(0),
        },
        required=("variable", "type"),
    ),
    "dependence": Form(
        ("loop", "function"),
        {
            "variable": _name,
            "class": _one_of("array", "pointer"),
            "type": _one_of("inter", "intra"),
            "direction": _one_of("RAW", "WAR", "WAW"),
            "distance": _at_least(1),
            "dependent": _one_of("true", "false"),
        },
        ("true", "false"),
        required=("variable",),
    ),
    "stream": Form(
        ("function",),
        {"variable": _name, "depth": _at_least(1), "type": _one_of("fifo", "pipo", "shared", "unsync")},
        required=("variable",),
    ),
    "interface": Form(
        ("function",),
        {
            "mode": _one_of(*_MODES, *_CONTROL, "m_axi"),
            "port": _name,
            "bundle": _name,
            "depth": _at_least(1),
            "offset": _one_of("off", "direct", "slave"),
            "max_read_burst_length": _at_least(2),
        },
        required=("mode", "port"),
    ),
}

BAMBU = ("unroll", "inline", "dataflow", "stream", "interface")
"""Pragmas that Bambu takes or ignores."""

CLANG_UNROLL = "#pragma unroll"
"""That of clang itself, which Bambu's front end is: it may come out of a macro."""


@dataclass(frozen=True)
class Pragma:
    """A pragma as it stands in the source; `scopes` are the bodies around it, the innermost last."""

    name: str
    options: Mapping[str, str]
    flags: tuple[str, ...]
    line: PragmaLine
    scopes: tuple[Node, ...]

    @property
    def function(self) -> Node:
        """The function that it stands in."""
        body = next(scope for scope in reversed(self.scopes) if kind(scope) == "function")
        assert body.parent is not None
        return body.parent

    def found(self, text: str) -> SourceFinding:
        return SourceFinding(self.line.file, self.line.line, f"{self.line.text}: {text}")


def check(source: Source, top: str) -> list[SourceFinding]:
    """What is wrong with the pragmas that Vitis sees; `top` is the name of the top function."""
    texts = ((pragma, "; ".join(_wrong(pragma, source, top))) for pragma in pragmas_of(source))
    return [pragma.found(text) for pragma, text in texts if text]


def check_bambu(source: Source) -> list[SourceFinding]:
    """What is wrong with the pragmas that Bambu sees: others than it knows, an unroll that is not before its loop."""
    found = []
    for pragma in pragmas_of(source):
        name = "unroll" if pragma.line.text == CLANG_UNROLL else pragma.name
        if name not in BAMBU:
            found.append(pragma.found(f"must be one of {', '.join(BAMBU)} for Bambu"))
        elif name == "unroll" and _following(source, pragma.line.byte) != "for":
            found.append(pragma.found("must stand right before its loop for Bambu"))
    return found


def pragmas_of(source: Source) -> Iterator[Pragma]:
    """Every pragma; one that is not HLS has no name."""
    for line in source.pragmas:
        _, maker, name, *words = [*line.text.split(), "", ""]
        pairs = [word.partition("=") for word in words if word]
        options = {name: value for name, equals, value in pairs if equals}
        flags = tuple(name for name, equals, _ in pairs if not equals)
        yield Pragma(name if maker == "HLS" else "", options, flags, line, tuple(source.scopes(line.byte)))


def _following(source: Source, byte: int) -> str:
    """The first word from `byte` on."""
    text = source.text.encode()
    start = byte + len(text[byte:]) - len(text[byte:].lstrip())
    return text_of(source.root.descendant_for_byte_range(start, start))


def _wrong(pragma: Pragma, source: Source, top: str) -> Iterator[str]:
    """The rules that one pragma breaks."""
    form = GRAMMAR.get(pragma.name)
    if form is None:
        yield f"must be one of {', '.join(GRAMMAR)}"
        return
    for name, value in pragma.options.items():
        if name not in form.options:
            yield f"has no option {name}"
        elif not form.options[name](value):
            yield f"{name} must not be {value}"
    yield from (f"must not say {flag}" for flag in pragma.flags if flag not in form.flags)
    yield from (f"must say {name}" for name in form.required if name not in pragma.options)
    place = kind(pragma.scopes[-1]) if pragma.scopes else "file"
    if place not in form.places:
        yield f"must stand in a {' or '.join(form.places)}, not in a {place}"
        return
    if form.leads and any(child.end_byte <= pragma.line.byte for child in _statements(pragma.scopes[-1])):
        yield f"must come first in its {place}"
    yield from _of_its_kind(pragma, source, top)


def _statements(body: Node) -> list[Node]:
    return [child for child in body.named_children if child.type != "comment"]


def _of_its_kind(pragma: Pragma, source: Source, top: str) -> Iterator[str]:
    """Rules of single pragmas."""
    options, name = pragma.options, pragma.options.get("variable", "")
    declared = _declaration(source, name, pragma) if name else None
    if pragma.name in _CUTS and (options.get("type") == "complete") == ("factor" in options):
        yield "factor is for cyclic and block, which need one"
    if name and declared is None:
        yield f"{name} must be declared before"
    elif declared is not None and pragma.name in _CUTS:
        known, dim = _dimensions(declared), options.get("dim", "0")
        if dim.isdecimal() and int(dim) > known:
            yield f"dim must be at most {known}"
    elif declared is not None and pragma.name == "stream" and not is_stream(declared):
        yield f"{name} must be an hls::stream"
    if pragma.name == "bind_storage":
        yield from _storage(options)
    if pragma.name == "dependence" and "distance" in options and "true" not in pragma.flags:
        yield "distance is for a true dependence"
    if pragma.name == "interface":
        yield from _interface(pragma, top)


def _storage(options: Mapping[str, str]) -> Iterator[str]:
    memory, where = options.get("type", ""), options.get("impl", "auto")
    if memory.startswith("rom") and where not in ("bram", "lutram", "auto"):
        yield f"a {memory} must live in bram or lutram"
    if memory == "ram_t2p" and where == "lutram":
        yield "LUT RAM has no two ports that write"


def _interface(pragma: Pragma, top: str) -> Iterator[str]:
    """Interfaces are of the top function; its return carries the control, its streams are axis."""
    mode, port = pragma.options.get("mode", ""), pragma.options.get("port", "")
    if function_name(pragma.function) != top:
        yield f"must stand in the top function {top}"
    parameters = field_of(function_declarator(pragma.function), "parameters")
    names = [text_of(declarator(field_of(each, "declarator"))) for each in parameters.children] if parameters else []
    if port != "return" and port not in names:
        yield f"{port} must be a parameter of {top}"
    if (port == "return") != (mode in _CONTROL):
        yield f"{mode} is not for the port {port}"


def _declaration(source: Source, name: str, pragma: Pragma) -> tuple[Node, Node] | None:
    """The declaration of `name` that the pragma sees, and its declarator: in its function, else outside of any."""
    found, start = None, pragma.function.start_byte
    for node, each in source.declarations:
        if node.start_byte >= pragma.line.byte:
            break
        if text_of(declarator(each)) == name and (
            start <= node.start_byte or not is_inside(node, "function_definition")
        ):
            found = node, each
    return found


def _dimensions(declared: tuple[Node, Node]) -> int:
    """How many dimensions the declared array has."""
    return sum(1 for _ in walk(declared[1], "array_declarator"))


def is_stream(declared: tuple[Node, Node]) -> bool:
    """Whether it is declared as an hls::stream."""
    return text_of(field_of(declared[0], "type")).startswith("hls::stream<")
