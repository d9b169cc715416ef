"""Names from a network as legal and unique C++ and SystemVerilog identifiers.

Letters are lower case, so that names differ on every file system; words are joined by one underscore. A design is named
after its network. Modules, functions and files of a unit are named `<design>_<unit>`. No design has the name of a unit
of another: units have one of the few forms of `_UNIT`, or end in a digest.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

from hwgen.ir.reserved import is_reserved

LONGEST = 64
"""Letters of a design's name, or of a unit's: files, modules and folders are named after both."""

_KINDS = "add|concat|conv|fc|magnitude|max|min|move|piece|pool|scale|top|unary"
_UNIT = (
    rf"(?:(?:{_KINDS})\d+|input_quant\d*|source\d*(?=_)|axis_(?:in|out)\d*)"
    r"(?:_(?:act|apart|bit|columns|copy|fifo|fork|gain|gate|pack|select|weights|width|window)\d*)*"
)
"""Names that frontends give layers, those of adapters around them, and of the functions behind ports with TLAST."""

_PARTS = "dpi|ip|main|mm2s|movers|params|s2mm|shell|tb|unit|units"
"""Suffixes of a design's name in names of files, modules and scopes."""

_OWN_UNIT = re.compile(_UNIT)
_LIKE_A_UNIT = re.compile(rf".*_(?:{_UNIT}|{_PARTS}|x[0-9a-f]{{8}})")
_INSIDE = re.compile(
    rf"u_(?:{_UNIT}|control|tlast)|{_UNIT}_(?:data|ready|valid)|s_axi_control_[a-z]+|(?:[ms]_axis|m_axi)_[a-z0-9_]+"
    r"|rewrite(?:_data|_place)?|unused_tdata"
)
"""Signals and instances of the top level: its module must have another name."""

_PLAIN = re.compile(r"(?!u_|(?:control|rewrite|tlast)$)[a-z][a-z0-9]*(?:_[a-z0-9]+)*")


def legal_name(text: str) -> str:
    """`text` as the name of a design: illegal characters become `_`; a reserved name gets `n_` or `_net`.

    A leading digit gets `n_`, too. Names longer than `LONGEST` end in a digest of the whole. A legal name stays.
    """
    name = _words(text) or "net"
    if _LIKE_A_UNIT.fullmatch(name):
        name = f"{name}_net"
    if name[0].isdigit() or is_reserved(name) or _INSIDE.fullmatch(name):
        name = f"n_{name}"
    return name if len(name) <= LONGEST else f"{name[: LONGEST - 10].rstrip('_')}_h{_digest(name)}"


def renamed(text: str) -> bool:
    """Whether `legal_name` does more to `text` than to make its characters those of an identifier."""
    return legal_name(text) != _words(text)


def unit_name(design: str, unit: str) -> str:
    """The name of a unit outside its design: of modules, functions, scopes, files and macros.

    `<design>_<unit>` for a unit that a frontend named; other names end in a digest of both.
    """
    if _OWN_UNIT.fullmatch(unit):
        return f"{design}_{unit}"
    return "_".join(filter(None, (design, _words(unit)[:LONGEST].rstrip("_"), f"x{_digest(f'{design}/{unit}')}")))


def inner_name(name: str) -> str:
    """The name of a unit or stream inside its design, for use with `u_` before it or `_data` and the like behind it.

    The name itself if it is an identifier in lower case; other names end in a digest.
    """
    if _PLAIN.fullmatch(name) and len(name) <= LONGEST:
        return name
    return f"n_{_words(name)[:LONGEST]}_x{_digest(name)}".replace("__", "_")


def local_name(name: str) -> str:
    """The name of a stream used without a suffix: its own if a frontend gave it, else with `_stream`."""
    return name if _OWN_UNIT.fullmatch(name) else f"{inner_name(name)}_stream"


def port_suffixes(names: Sequence[str]) -> tuple[str, ...]:
    """What tells the AXI4-Stream ports of a kind apart: each name as the end of an identifier, all different.

    Empty for a single port.
    """
    if len(names) == 1:
        return ("",)
    found: list[str] = []
    for index, name in enumerate(names):
        word = _words(name) or str(index)
        word = word if len(word) <= LONGEST else f"{word[: LONGEST - 10].rstrip('_')}_h{_digest(word)}"
        taken = {f"_{word}"}.intersection(found) or any(_words(other) == word for other in names[index + 1 :])
        found.append(f"_{word}_{index}" if taken else f"_{word}")
    return tuple(found)


def _words(text: str) -> str:
    return re.sub(r"_+", "_", re.sub(r"[^0-9A-Za-z_]", "_", text)).strip("_").lower()


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]
