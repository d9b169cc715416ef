"""Distances that `dependence` pragmas state, against those that the loops have.

An HLS tool takes a stated distance as it is: a word that a loop reads sooner than that many slots after it has written
it is an old one on the FPGA, and no C simulation sees it. So the emitted loops run here, with streams that give any
words, and the slots between the writes of a memory and its reads are counted. When a loop reads what hangs on its
counters and at most on gates, which take all values.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from hwgen.backends.render import asset
from hwgen.errors import ToolError
from hwgen.hw.stream import WIDEST
from hwgen.verify import process
from hwgen.verify.cpp import TIMEOUT_S, Source, SourceFinding
from hwgen.verify.csim import INSTALL
from hwgen.verify.headers import include_flags
from hwgen.verify.pragmas import Pragma, pragmas_of
from hwgen.verify.sources import OWN, copied

MACRO = "HWGEN_DISTANCE"
"""What states a distance in the sources: a plain compiler sees it too, so that it can be measured."""
FRAMES = 2
_BENCH = ("bounded/memory.hpp", "distances/hls_stream.h", "distances/distances.hpp")
_CALL = re.compile(r"^  (?=\w+\(\w+(, \w+)*\);$)", re.MULTILINE)
"""The start of a call in the top, as the Makefile of the project knows them."""
_LINE = re.compile(r"(?:src/)?(.+):(\d+) (\w+) (\d+)")


def check_stated(source: Source, project: Path) -> list[SourceFinding]:
    """Dependences of an HLS `project` that are not stated such that they can be measured."""
    return [pragma.found(text) for pragma in _dependences(source) if (text := _not_measurable(pragma, project))]


def check_measured(source: Source, project: Path, top: str, work: Path) -> list[SourceFinding]:
    """Distances of an HLS `project`, whose top function is `top`, that are longer than what its loops have.

    The project is run: every other check must have passed.

    Raises:
        ToolError: g++ or the vendor's headers are missing.
    """
    pragmas = _dependences(source)
    if not pragmas:
        return []
    command = _program(project, top, work.resolve())
    try:
        least = _least(command, work.resolve())
    except ToolError as error:
        return [SourceFinding(f"{top}.cpp", 1, f"must compile and end, so that distances can be measured: {error}")]
    found = []
    for pragma in pragmas:
        slots = least.get((pragma.line.file, pragma.line.line, pragma.options["variable"]))
        if slots is not None and slots < int(pragma.options["distance"]):
            found.append(pragma.found(f"a word is read {slots} slots after it has been written"))
    return found


def _dependences(source: Source) -> list[Pragma]:
    return [pragma for pragma in pragmas_of(source) if pragma.name == "dependence"]


def _not_measurable(pragma: Pragma, project: Path) -> str:
    """What keeps a pragma from being held against its loop."""
    expected = {"type": "inter", "direction": "RAW"}
    stated = {name: pragma.options.get(name) for name in expected}
    if stated != expected or "distance" not in pragma.options or "true" not in pragma.flags:
        return "must state an inter RAW distance that is true: no other dependence can be measured"
    path = project / "src" / pragma.line.file
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines() if path.is_file() else []
    if not any(MACRO in line for line in lines[pragma.line.line - 1 : pragma.line.line]):
        return f"must be stated by {MACRO}, so that it can be measured"
    return ""


def _program(project: Path, top: str, work: Path) -> list[str | Path]:
    """Write a program that runs the units of `project` one after the other; the command that compiles it."""
    folder = work / OWN
    copied(project, ("src",), folder)
    source = folder / "src" / f"{top}.cpp"
    text = source.read_text(encoding="utf-8", errors="replace")
    source.write_text(_CALL.sub("  hwgen::drain(); ", text), encoding="utf-8", newline="\n")
    for name in _BENCH:
        (folder / Path(name).name).write_bytes((asset("sim") / "hls" / name).read_bytes())
    units = "".join(f'#include "src/{path.name}"\n' for path in sorted((folder / "src").glob("*.cpp")))
    main = f"int main() {{ return hwgen::measure(::{top}, {FRAMES}); }}\n"
    (folder / "measure.cpp").write_text(f'#include "distances.hpp"\n{units}{main}', encoding="utf-8", newline="\n")
    options = ("-std=c++14", "-O1", "-w", "-DHWGEN_BOUNDED", f"-DAP_INT_MAX_W={WIDEST + 1}", "-I.")
    return [process.find_tool("g++", INSTALL), *options, *include_flags(), "measure.cpp"]


def _least(command: list[str | Path], work: Path) -> Mapping[tuple[str, int, str], int]:
    """The least slots between write and read, by file, line and memory of each distance that is stated.

    Raises:
        ToolError: the program does not compile, fails or does not end.
    """
    program, log = work / OWN / "distances", work / "distances.log"
    compiling = [*command, "-o", program.name]
    process.run(compiling, cwd=program.parent, log=log, timeout_s=TIMEOUT_S, outputs=[program])
    process.run([program], cwd=program.parent, log=log, timeout_s=TIMEOUT_S)
    return dict(_read(log.read_text(encoding="utf-8", errors="replace")))


def _read(text: str) -> Iterator[tuple[tuple[str, int, str], int]]:
    for file, line, memory, slots in _LINE.findall(text):
        yield (file, int(line), memory), int(slots)
