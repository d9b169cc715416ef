"""Emitted C++ as an HLS tool's compiler sees it: preprocessed, then parsed by tree-sitter."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from hwgen.errors import ToolError
from hwgen.verify import process
from hwgen.verify.csim import INSTALL
from hwgen.verify.headers import include_flags
from hwgen.verify.sources import OWN, copied

if TYPE_CHECKING:
    from tree_sitter import Node

TIMEOUT_S = 300.0
MACROS = {"plain": (), "vitis": ("-D__VITIS_HLS__",), "bambu": ("-D__BAMBU__",)}
"""Compiler flags that make `pragmas.hpp` speak to each tool."""

LOOPS = ("for_statement", "while_statement", "do_statement")
_TYPENAME = re.compile(r"\btypename(?=\s+\w[\w:]*(<[^;{}]*?>)?::\w)")
"""Before a qualified name; the parser does not know it in front of a cast, and needs it nowhere."""
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
class PragmaLine:
    """A pragma: its text with single spaces, and the byte of the source that it stands at."""

    text: str
    byte: int
    file: str
    line: int


@dataclass(frozen=True)
class Source:
    """The project's own part of a preprocessed source.

    Attributes:
        text: the C++, without pragmas.
        lines: file and line number of each line of `text`.
        pragmas: every pragma, in order.
    """

    text: str
    lines: tuple[tuple[str, int], ...]
    pragmas: tuple[PragmaLine, ...]

    @cached_property
    def root(self) -> Node:
        """The syntax tree. Raises: ToolError, without the parser."""
        try:
            import tree_sitter_cpp
            from tree_sitter import Language, Parser
        except ImportError as error:
            change = "pip install 'hwgen[sim]'"
            raise ToolError("tree-sitter-cpp", "must be installed for the checks", str(error), change) from error
        text = _TYPENAME.sub(" " * len("typename"), self.text)
        return Parser(Language(tree_sitter_cpp.language())).parse(text.encode()).root_node

    @cached_property
    def declarations(self) -> tuple[tuple[Node, Node], ...]:
        """Declarations of variables and parameters, each with its declarator."""
        nodes = walk(self.root, "declaration", "parameter_declaration")
        return tuple((node, each) for node in nodes for each in node.children_by_field_name("declarator"))

    def found(self, node: Node, text: str) -> SourceFinding:
        """A finding where `node` starts."""
        file, line = self.lines[node.start_point.row]
        return SourceFinding(file, line, text)

    def scopes(self, byte: int) -> list[Node]:
        """The bodies around a place, in braces, the innermost last."""
        node = self.root.descendant_for_byte_range(byte, byte)
        found: list[Node] = []
        while node is not None:
            if node.type in BODIES and node.start_byte < byte < node.end_byte:
                found.insert(0, node)
            node = node.parent
        return found


BODIES = ("compound_statement", "declaration_list", "field_declaration_list", "initializer_list")


def preprocess(project: Path, tool: str, work: Path) -> Source:
    """All sources of an HLS `project` in the order of their inclusion, as `tool` (of MACROS) sees them.

    Raises:
        ToolError: g++ or the vendor's headers are missing, or the sources do not preprocess.
    """
    work = work.resolve()
    text, source = work / f"{tool}.ii", one_source(project, work, "src")
    command: list[str | Path] = [process.find_tool("g++", INSTALL), "-std=c++14", "-E", *MACROS[tool]]
    command += [*include_flags(), "-o", text, source.name]
    process.run(command, cwd=source.parent, log=work / f"{tool}.log", timeout_s=TIMEOUT_S, outputs=[text])
    return source_of(text.read_text(encoding="utf-8", errors="replace"), Path("src"))


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


def source_of(text: str, folder: Path) -> Source:
    """The lines of preprocessed `text` that stand in files under `folder`."""
    kept: list[str] = []
    lines: list[tuple[str, int]] = []
    pragmas: list[PragmaLine] = []
    name, number, byte = "", 0, 0
    for line in text.splitlines():
        marker = _MARKER.match(line)
        if marker:
            path, number = Path(marker[2]), int(marker[1])
            name = str(path.relative_to(folder)) if path.is_relative_to(folder) else ""
            continue
        if name and line.lstrip().startswith("#pragma"):
            pragmas.append(PragmaLine(" ".join(line.split()), byte, name, number))
        elif name and not (name.endswith("_params.hpp") and line.startswith("    ")):  # rows of a table say nothing
            kept.append(line)
            lines.append((name, number))
            byte += len(line.encode()) + 1
        number += 1
    return Source("".join(f"{line}\n" for line in kept), (*lines, (name, number)), tuple(pragmas))


def text_of(node: Node | None) -> str:
    """What stands in the source; nothing for none."""
    return node.text.decode() if node is not None and node.text is not None else ""


def field(node: Node | None, name: str) -> Node | None:
    """The part of a node that the grammar calls `name`."""
    return node.child_by_field_name(name) if node is not None else None


def walk(node: Node, *types: str) -> Iterator[Node]:
    """`node` and all below it, in the order of the source; those of `types`, where any are given."""
    left = [node]
    while left:
        each = left.pop()
        if not types or each.type in types:
            yield each
        left.extend(reversed(each.children))


def is_inside(node: Node, *types: str) -> bool:
    """Whether a node of one of `types` stands around `node`."""
    above = node.parent
    while above is not None and above.type not in types:
        above = above.parent
    return above is not None


def kind(body: Node) -> str:
    """What a pair of braces is: namespace, struct, function, loop, block, or values (of an initialiser)."""
    above = body.parent
    if body.type == "compound_statement" and above is not None:
        return "function" if above.type == "function_definition" else "loop" if above.type in LOOPS else "block"
    return {"declaration_list": "namespace", "field_declaration_list": "struct"}.get(body.type, "values")


def declarator(node: Node | None) -> Node | None:
    """The name that a declarator declares: without references, array sizes, parameters, brackets."""
    while node is not None and node.type not in ("identifier", "field_identifier", "qualified_identifier"):
        inner = field(node, "declarator")
        node = inner if inner is not None else next(iter(node.named_children), None)
    return node


def function_declarator(function: Node) -> Node | None:
    """Name and parameters of a function that is defined."""
    node = field(function, "declarator")
    while node is not None and node.type != "function_declarator":
        node = field(node, "declarator") or next(iter(node.named_children), None)
    return node


def function_name(function: Node) -> str:
    """The name of a function, qualified as it is declared."""
    return text_of(declarator(field(function_declarator(function), "declarator")))
