"""Emitted C++ as an HLS tool's compiler sees it: preprocessed, cut into tokens, each with its scopes.

This is no parser of C++: it knows braces, loops, functions and pragmas, which is what the checks of `pragmas.py` and
`subset.py` ask about, in the plain style that the library and the templates are written in.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from hwgen.verify import process
from hwgen.verify.csim import INSTALL
from hwgen.verify.headers import hls_include
from hwgen.verify.sources import OWN, copied

TIMEOUT_S = 300.0
MACROS = {"plain": (), "vitis": ("-D__VITIS_HLS__",), "bambu": ("-D__BAMBU__",)}
"""Compiler flags that make `pragmas.hpp` speak to each tool."""

_TOKEN = re.compile(r'[A-Za-z_]\w*|\d[\w.\']*|"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])*\'|::|->|<<|>>|\.\.\.|\S')
_MARKER = re.compile(r'# (\d+) "(.*?)"')


@dataclass(frozen=True)
class SourceFinding:
    """Something that a source must not hold: where, and what must hold there."""

    file: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.text}"


@dataclass(frozen=True)
class Token:
    """A word of a source; a pragma is one token, of which `text` is the whole line."""

    text: str
    file: str
    line: int

    @property
    def is_pragma(self) -> bool:
        return self.text.startswith("#pragma")


@dataclass(frozen=True)
class Scope:
    """A pair of braces.

    Attributes:
        kind: namespace, struct, function, loop, block, or values (of an initialiser).
        head: what stands in front of it, back to the end of the statement before.
        start: the place of its brace among the tokens.
    """

    kind: str
    head: tuple[str, ...]
    start: int


def preprocess(project: Path, tool: str, work: Path) -> list[Token]:
    """The tokens of all sources of an HLS `project` in the order of their inclusion, as `tool` (of MACROS) sees them.

    Raises:
        ToolError: g++ or the vendor's headers are missing, or the sources do not preprocess.
    """
    work = work.resolve()
    text, source = work / f"{tool}.ii", one_source(project, work, "src")
    command: list[str | Path] = [process.find_tool("g++", INSTALL), "-std=c++14", "-E", *MACROS[tool]]
    command += ["-isystem", hls_include(), "-o", text, source.name]
    process.run(command, cwd=source.parent, log=work / f"{tool}.log", timeout_s=TIMEOUT_S, outputs=[text])
    return tokens_of(text.read_text(encoding="utf-8", errors="replace"), Path("src"))


def one_source(project: Path, work: Path, *folders: str) -> Path:
    """A source that includes those in `folders` of an HLS `project`: most of the time goes to the vendor's headers.

    It lies in a folder of `work`, with copies of the sources. Raises: DataError, where one cannot be read.
    """
    folder = work.resolve() / OWN
    copied(project, folders, folder)
    path = folder / "all.cpp"
    sources = [source for each in folders for source in sorted((folder / each).glob("*.cpp"))]
    path.write_text(
        "".join(f'#include "{source.relative_to(folder)}"\n' for source in sources), encoding="utf-8", newline="\n"
    )
    return path


def tokens_of(text: str, source: Path) -> list[Token]:
    """The tokens of preprocessed `text` that stand in files under `source`."""
    return list(_tokens(text, source))


def _tokens(text: str, source: Path) -> Iterator[Token]:
    name, number = "", 0
    for line in text.splitlines():
        marker = _MARKER.match(line)
        if marker:
            path, number = Path(marker[2]), int(marker[1])
            name = str(path.relative_to(source)) if path.is_relative_to(source) else ""
            continue
        if name and line.lstrip().startswith("#pragma"):
            yield Token(" ".join(line.split()), name, number)
        elif name and not (name.endswith("_params.hpp") and line.startswith("    ")):  # rows of a table say nothing
            yield from (Token(word, name, number) for word in _TOKEN.findall(line))
        number += 1


def scoped(tokens: list[Token]) -> Iterator[tuple[int, Token, tuple[Scope, ...]]]:
    """Each token with its place and the scopes that it stands in, the innermost last."""
    scopes: list[Scope] = []
    head: list[str] = []
    depth = 0
    for place, token in enumerate(tokens):
        if token.text == "}" and scopes:
            scopes.pop()
        yield place, token, tuple(scopes)
        if token.is_pragma:
            continue
        depth += {"(": 1, ")": -1}.get(token.text, 0)
        if token.text == "{":
            scopes.append(Scope(_kind(head), tuple(head), place))
        if token.text in "{}" or (token.text == ";" and depth == 0):
            head = []
        else:
            head.append(token.text)


def _kind(head: list[str]) -> str:
    """What a brace behind `head` opens."""
    words = head[head.index(":") + 1 :] if head[1:2] == [":"] else head  # behind a label
    if not words or words[0] in ("if", "else", "switch"):
        return "block"
    if words[0] in ("for", "while", "do"):
        return "loop"
    if words[0] in ("namespace", "extern"):
        return "namespace"
    if words[-1] in (")", "const", "noexcept"):
        return "function"
    return "struct" if "struct" in words else "values"
