"""The subset of C++ that all HLS compilers accept (Vitis, PandA-Bambu), which emitted kernels keep to.

Streams are read and written by `read()` and `write()` alone; ports of the top are streams of `ap_uint`; there is no
code for simulation only, and none that cannot be hardware: no heap, no exceptions, no text, no floating point.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from hwgen.verify.cpp import SourceFinding, Token, scoped

HEADERS = ("<cstdint>", "<type_traits>", '"ap_int.h"', '"hls_stream.h"')
"""Headers that sources may include beside their own."""

_BANNED = re.compile(
    r"new|delete|malloc|free|virtual|throw|try|catch|dynamic_cast|typeid|goto|printf|assert|float|double|asm"
)
_STANDARD = re.compile(r"u?int(8|16|32|64)_t|conditional|is_\w+|make_(un)?signed")
_BANNED_CALLS = re.compile(
    r"empty|full|size|capacity|set_name|read_nb|write_nb|test|set|clear|reverse|range|set_bit|get_bit|to_string"
)
_SWITCH = re.compile(r"\s*#\s*(if|ifdef|ifndef|elif|else)\b(.*)")


def check(tokens: list[Token], project: Path, top: str) -> list[SourceFinding]:
    """Violations in the preprocessed `tokens` of an HLS `project`, or in its sources before that."""
    wrong = (*_wrong_words(tokens), *_wrong_streams(tokens), *_ports(tokens, top))
    found = [SourceFinding(token.file, token.line, text) for token, text in wrong]
    for path in sorted((project / "src").rglob("*.[ch]pp")):
        found += _lines(path, str(path.relative_to(project / "src")))
    return found


def _wrong_words(tokens: list[Token]) -> Iterator[tuple[Token, str]]:
    """Words that cannot be hardware, or that compilers treat differently."""
    words = [token.text for token in tokens]
    statement = 0
    for place, token in enumerate(tokens):
        word, after = token.text, words[place + 1 : place + 3]
        if word in (";", "{", "}") or token.is_pragma:
            statement = place + 1
        elif _BANNED.fullmatch(word):
            yield token, f"`{word}` must not be used"
        elif word == "std" and after[:1] == ["::"] and not _STANDARD.fullmatch(after[1]):
            yield token, f"`std::{after[1]}` must not be used"
        elif word.startswith('"') and words[statement] != "static_assert":
            yield token, "text must only stand in static_assert"
        elif word == "." and _BANNED_CALLS.fullmatch(after[0]):
            yield token, f"`.{after[0]}` must not be called"
        elif word == "~" and not _is_cast(words, place):
            yield token, "`~` must be cast at once, or stand before plain Limbs"


def _wrong_streams(tokens: list[Token]) -> Iterator[tuple[Token, str]]:
    """Streams that are declared with more than their type, or used by anything but read() and write()."""
    words = [token.text for token in tokens]
    streams = _streams(words)
    for place, token in enumerate(tokens):
        word, after = token.text, words[place + 1 : place + 3]
        if word == "stream" and after[:1] == ["<"]:
            yield from ((token, text) for text in _declared(words, place))
        elif word in streams and after[:1] in (["<<"], [">>"]):
            yield token, f"`{word} {after[0]}`: a stream must be read by read() and written by write()"
        elif word in streams and after[:1] == ["."] and after[1] not in ("read", "write"):
            yield token, f"`{word}.{after[1]}`: a stream must be read by read() and written by write()"


def _streams(words: list[str]) -> set[str]:
    """Names that stand for streams: declared as hls::stream, or as a parameter of a type called Stream or Streams."""
    found = set()
    for place, word in enumerate(words):
        if word == "stream" and words[place + 1 : place + 2] == ["<"]:
            end = _closing(words, place + 1)
            found |= {name for name in words[end + 1 : end + 3] if name.isidentifier()}
        if word in ("Stream", "Streams") and words[place + 1 : place + 2] == ["&"]:
            found |= {name for name in words[place + 2 : place + 4] if name.isidentifier()}
    return found


def _declared(words: list[str], place: int) -> Iterator[str]:
    """Errors in the hls::stream<...> whose word `stream` is at `place`."""
    end = _closing(words, place + 1)
    depth = 0
    for word in words[place + 1 : end]:
        depth += {"<": 1, ">": -1, ">>": -2, "(": 1, ")": -1}.get(word, 0)
        if word == "," and depth == 1:
            yield "a stream must have no depth of its own: `stream` pragmas say it"
    if words[end + 2 : end + 3] in (["("], ["{"]) and words[end + 1].isidentifier():
        yield f"the stream {words[end + 1]} must have no name or other argument"


def _closing(words: list[str], place: int) -> int:
    """The place of the bracket that closes the `<` at `place`; a `>>` closes two."""
    depth = 0
    for index in range(place, len(words)):
        depth += {"<": 1, ">": -1, ">>": -2}.get(words[index], 0)
        if depth <= 0:
            return index
    return len(words) - 1


def _is_cast(words: list[str], place: int) -> bool:
    """Whether the `~` at `place` is cast, as in ap_uint<W>(~x), or works on plain 64-bit limbs."""
    if words[place - 1] == "(" and (words[place - 2] == ">" or words[place - 2][0].isupper()):
        return True
    after = words[place + 1 : place + 5]
    return after[0] == "Limb" or after[:4] == ["(", "static_cast", "<", "Limb"]


def _ports(tokens: list[Token], top: str) -> Iterator[tuple[Token, str]]:
    """The top function takes streams of ap_uint by reference and gives nothing back."""
    for place, token, scopes in scoped(tokens):
        if token.text != top or any(scope.kind == "function" for scope in scopes) or tokens[place + 1].text != "(":
            continue
        if tokens[place - 1].text != "void":
            yield token, f"{top} must return nothing"
        for parameter in _parameters([each.text for each in tokens[place + 2 :]]):
            if not re.fullmatch(r"hls::stream<ap_uint<\d+>>&\w+", parameter):
                yield token, f"a port of {top} must be an hls::stream<ap_uint<N>>&; found {parameter}"


def _parameters(words: list[str]) -> Iterator[str]:
    """Each parameter, without spaces, up to the bracket that closes the list."""
    depth, text = 0, ""
    for word in words:
        depth += {"(": 1, ")": -1, "<": 1, ">": -1, ">>": -2}.get(word, 0)
        if depth < 0 or (word == "," and depth == 0):
            yield text
            text = ""
        else:
            text += word
        if depth < 0:
            return


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
