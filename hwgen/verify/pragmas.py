"""Every pragma of an emitted HLS project against the grammar of Vitis HLS, and against what it governs.

The grammar is that of the pragma pages of AMD's UG1399 (2020.2 to 2025.2) as far as hwgen uses it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from hwgen.verify.cpp import Scope, SourceFinding, Token, scoped

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

GRAMMAR: Mapping[str, Form] = {
    "pipeline": Form(
        ("loop", "function"),
        {"II": _at_least(1), "style": _one_of("stp", "flp", "frp")},
        ("rewind", "off"),
        leads=True,
    ),
    "unroll": Form(("loop",), {"factor": _at_least(1)}, ("skip_exit_check", "off"), leads=True),
    "inline": Form(("function",), flags=("off", "recursive"), leads=True),
    "dataflow": Form(("function", "loop"), flags=("disable_start_propagation",), leads=True),
    "array_partition": Form(
        ("function", "loop"),
        {
            "variable": _name,
            "type": _one_of("cyclic", "block", "complete"),
            "factor": _at_least(2),
            "dim": _at_least(0),
        },
        required=("variable", "type"),
    ),
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
    ),
    "stream": Form(
        ("function",),
        {"variable": _name, "depth": _at_least(1), "type": _one_of("fifo", "pipo", "shared", "unsync")},
        required=("variable",),
    ),
    "interface": Form(
        ("function",),
        {"mode": _one_of(*_MODES, *_CONTROL, "m_axi"), "port": _name, "bundle": _name, "depth": _at_least(1)},
        required=("mode", "port"),
    ),
}

BAMBU = ("unroll", "inline", "dataflow", "stream", "interface")
"""Pragmas that Bambu takes or ignores."""

CLANG_UNROLL = "#pragma unroll"
"""That of clang itself, which Bambu's front end is: it may come out of a macro."""


@dataclass(frozen=True)
class Pragma:
    """A pragma as it stands in the source; `scopes` are those around it, the innermost last."""

    name: str
    options: Mapping[str, str]
    flags: tuple[str, ...]
    place: int
    token: Token
    scopes: tuple[Scope, ...]

    @property
    def function(self) -> Scope:
        """The function that it stands in."""
        return next(scope for scope in reversed(self.scopes) if scope.kind == "function")


def check(tokens: list[Token], top: str) -> list[SourceFinding]:
    """What is wrong with the pragmas that Vitis sees; `top` is the name of the top function."""
    found = []
    for pragma in _pragmas(tokens):
        text = "; ".join(_wrong(pragma, tokens, top))
        if text:
            found.append(SourceFinding(pragma.token.file, pragma.token.line, f"{pragma.token.text}: {text}"))
    return found


def check_bambu(tokens: list[Token]) -> list[SourceFinding]:
    """What is wrong with the pragmas that Bambu sees: others than it knows, an unroll that is not before its loop."""
    found = []
    for pragma in _pragmas(tokens):
        following = next((token.text for token in tokens[pragma.place + 1 :] if not token.is_pragma), "")
        where = (pragma.token.file, pragma.token.line)
        name = "unroll" if pragma.token.text == CLANG_UNROLL else pragma.name
        if name not in BAMBU:
            found.append(SourceFinding(*where, f"{pragma.token.text}: must be one of {', '.join(BAMBU)} for Bambu"))
        elif name == "unroll" and following != "for":
            found.append(SourceFinding(*where, f"{pragma.token.text}: must stand right before its loop for Bambu"))
    return found


def _pragmas(tokens: list[Token]) -> Iterator[Pragma]:
    """Every pragma; one that is not HLS has no name."""
    for place, token, scopes in scoped(tokens):
        if not token.is_pragma:
            continue
        _, maker, name, *words = [*token.text.split(), "", ""]
        pairs = [word.partition("=") for word in words if word]
        options = {name: value for name, equals, value in pairs if equals}
        flags = tuple(name for name, equals, _ in pairs if not equals)
        yield Pragma(name if maker == "HLS" else "", options, flags, place, token, scopes)


def _wrong(pragma: Pragma, tokens: list[Token], top: str) -> Iterator[str]:
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
    yield from (f"has no word {flag}" for flag in pragma.flags if flag not in form.flags)
    yield from (f"must say {name}" for name in form.required if name not in pragma.options)
    kind = pragma.scopes[-1].kind if pragma.scopes else "file"
    if kind not in form.places:
        yield f"must stand in a {' or '.join(form.places)}, not in a {kind}"
        return
    if form.leads and any(not token.is_pragma for token in tokens[pragma.scopes[-1].start + 1 : pragma.place]):
        yield f"must come first in its {kind}"
    yield from _of_its_kind(pragma, tokens, top)


def _of_its_kind(pragma: Pragma, tokens: list[Token], top: str) -> Iterator[str]:
    """Rules of single pragmas."""
    options, name = pragma.options, pragma.options.get("variable", "")
    place = _declaration(tokens, name, pragma.place) if name else None
    if pragma.name == "pipeline" and "rewind" in pragma.flags and "for" not in pragma.scopes[-1].head:
        yield "rewind is for a loop that counts"
    if pragma.name == "array_partition" and (options.get("type") == "complete") == ("factor" in options):
        yield "factor is for cyclic and block, which need one"
    if name and place is None:
        yield f"{name} must be declared before"
    elif place is not None and pragma.name == "array_partition":
        known, dim = _dimensions(tokens, place), options.get("dim", "0")
        if dim.isdecimal() and int(dim) > known:
            yield f"dim must be at most {known}"
    elif place is not None and pragma.name == "stream" and not _is_stream(tokens, place):
        yield f"{name} must be an hls::stream"
    if pragma.name == "bind_storage":
        yield from _storage(options)
    if pragma.name == "dependence" and "distance" in options and "true" not in pragma.flags:
        yield "distance is for a true dependence"
    if pragma.name == "interface":
        yield from _interface(pragma, top)


def _storage(options: Mapping[str, str]) -> Iterator[str]:
    kind, where = options.get("type", ""), options.get("impl", "auto")
    if kind.startswith("rom") and where not in ("bram", "lutram", "auto"):
        yield f"a {kind} must live in bram or lutram"
    if kind == "ram_t2p" and where == "lutram":
        yield "LUT RAM has no two ports that write"


def _interface(pragma: Pragma, top: str) -> Iterator[str]:
    """Interfaces are of the top function; its return carries the control, its streams are axis."""
    head, mode, port = pragma.function.head, pragma.options.get("mode", ""), pragma.options.get("port", "")
    if top not in head or head[head.index(top) + 1 : head.index(top) + 2] != ("(",):
        yield f"must stand in the top function {top}"
    if port != "return" and port not in head:
        yield f"{port} must be a parameter of {top}"
    if (port == "return") != (mode in _CONTROL):
        yield f"{mode} is not for the port {port}"


def _declaration(tokens: list[Token], name: str, end: int) -> int | None:
    """The place before `end` where `name` was last declared: behind a type, as an array or alone."""
    for place in range(end - 1, 0, -1):
        if tokens[place].text == name:
            before, after = tokens[place - 1].text, tokens[place + 1].text
            if (before[-1].isalnum() or before in ("&", ">", ">>")) and after in ("[", ";", ",", ")", "="):
                return place
    return None


def _dimensions(tokens: list[Token], place: int) -> int:
    """How many dimensions the array has whose name is declared at `place`."""
    count = depth = 0
    start = place + 1 + (tokens[place + 1].text == ")")  # a reference to an array: (&name)[SIZE]
    for token in tokens[start:]:
        if depth == 0 and token.text != "[":
            break
        depth += {"[": 1, "]": -1}.get(token.text, 0)
        count += token.text == "]" and depth == 0
    return count


def _is_stream(tokens: list[Token], place: int) -> bool:
    """Whether the name at `place` is declared as an hls::stream."""
    while place and not tokens[place].is_pragma and tokens[place].text not in (";", "{", "}"):
        if tokens[place].text == "stream":
            return True
        place -= 1
    return False
