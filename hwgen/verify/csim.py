"""C simulation: the emitted HLS project built with g++ against the real ap_int and hls_stream headers."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hwgen.backends.external import image_name
from hwgen.errors import MismatchError, ToolError
from hwgen.hw import packing
from hwgen.hw.design import Design
from hwgen.hw.packing import Bytes
from hwgen.verify import builds, process
from hwgen.verify.bench import Words
from hwgen.verify.headers import QUICK, headers_identity, hls_include, identity, precompiled
from hwgen.verify.progress import stage
from hwgen.verify.sources import OWN, copied, digest_of

BUILD_TIMEOUT_S = 600.0
RUN_TIMEOUT_S = 3600.0
_PARTS = ("Makefile", "src", "tb")
_AXIS = "headers"
"""The folder of a project whose ports carry TLAST."""
UNITS = "units.o"
"""The object that the Makefile makes of all units."""
_SHORT_CYCLES = 400_000
"""Of a run up to which compiling without optimisation takes less time than it costs (CNV: up to 1,600,000)."""
FAULTS = {
    "deadlock": "must let every frame out",
    "too soon": "must read a memory no sooner than its loop states",
    "pipelines of depth": "must give the same beats whatever the depth of pipelines",
    "must have TLAST": "must have TLAST with the last beat of a frame alone, and keep every byte",
}
"""What a test bench says of a fault, and what must hold."""

INSTALL = "Install it with the system's package manager"


@dataclass(frozen=True, eq=False)
class CsimResult:
    """Beats that left each output of the design (frames * beats, bytes), and seconds of building and running."""

    answers: tuple[Bytes, ...]
    build_s: float
    run_s: float

    @property
    def outputs(self) -> Bytes:
        """Beats of the only output, or of the first."""
        return self.answers[0]


class Stopwatch:
    """Seconds of one thing after the other."""

    def __init__(self) -> None:
        self._at = time.perf_counter()

    def lap(self) -> float:
        """Seconds since the last lap."""
        before, self._at = self._at, time.perf_counter()
        return self._at - before


def simulate(design: Design, project: Path, words: Words, work: Path) -> CsimResult:
    """Build the emitted `project` in `work` and run it on `words`, input beats of whole frames (frames * beats, bytes).

    Args:
        words: of the only input, or such an array for each.

    Raises:
        MismatchError: a beat whose TLAST is wrong.
        ToolError: a compiler or the headers are missing, or the build or the run fails.
    """
    watch = Stopwatch()
    given = of_each(words)
    program = build(design, project, work, len(given[0]) // design.input.beats)
    build_s = watch.lap()
    found = write_beats(design, given, project, work)
    command: list[str | Path] = [program, work / "input.hex", "-", work / "found.hex"]
    run_bench(command, work, work / "run.log", found)
    return CsimResult(read_beats(design, found), build_s, watch.lap())


def of_each(words: Words) -> tuple[Bytes, ...]:
    """The beats of each input."""
    return (words,) if isinstance(words, np.ndarray) else tuple(words)


def write_beats(design: Design, words: tuple[Bytes, ...], project: Path, work: Path) -> list[Path]:
    """Write the beats of each input to a file in `work`; the files that those of each output will be in.

    A test bench puts the end of a port's name in front of `.hex`. It finds the words of external memories beside them.
    """
    for memory in design.memory_ports:
        link = work / image_name(memory)
        link.unlink(missing_ok=True)
        link.symlink_to((project / "tb" / link.name).resolve())
    for port, each in zip(design.inputs, words, strict=True):
        text = packing.hex_text(each, port.stream.width)
        (work / f"input{port.suffix}.hex").write_text(text, encoding="utf-8", newline="\n")
    return [work / f"found{port.suffix}.hex" for port in design.outputs]


def read_beats(design: Design, files: Sequence[Path]) -> tuple[Bytes, ...]:
    """The beats of each output, from its file."""
    pairs = zip(files, design.outputs, strict=True)
    return tuple(packing.from_hex(path.read_text(encoding="utf-8").split(), port.stream.width) for path, port in pairs)


def run_bench(command: list[str | Path], work: Path, log: Path, found: Sequence[Path]) -> None:
    """Run a test bench that writes the files `found`.

    Raises:
        MismatchError: one of `FAULTS`.
        ToolError: it fails.
    """
    try:
        with stage("running it"):
            process.run(command, cwd=work, log=log, timeout_s=RUN_TIMEOUT_S, outputs=found)
    except ToolError:
        text = log.read_text(encoding="utf-8")
        for mark, must in FAULTS.items():
            if mark in text:
                told = text[text.rfind("\n", 0, text.index(mark)) + 1 :]
                raise MismatchError("csim", must, told.strip()) from None
        raise


def build(design: Design, project: Path, work: Path, frames: int) -> Path:
    """Compile the project by its own Makefile, on a copy of it in `work`; the test bench program, for so many frames.

    A program that was built of the very same files, there or elsewhere, is taken as it is.

    Raises:
        ToolError: a compiler or the headers are missing, or the build fails.
        DataError: the project lacks a file.
    """
    quick = frames * max(unit.cycles for unit in design.units) <= _SHORT_CYCLES
    return built(project, work, f"{design.name}_tb", quick=quick)


def built(project: Path, work: Path, name: str, *, quick: bool, bounded: bool = False) -> Path:
    """The program `name` that the project's Makefile makes; see `build`. A `quick` one is not optimised."""
    compiler = process.find_tool("g++", INSTALL)
    make = process.find_tool("make", INSTALL)
    work = work.resolve()
    folder = work / OWN
    axis = (_AXIS,) if (project / _AXIS).is_dir() else ()
    parts = (*_PARTS, *axis, *(("bounded",) if bounded else ()))
    program, stamp = folder / "build" / name, folder / "stamp"
    contents = digest_of(project, parts, name, identity(compiler), headers_identity())
    keys = [f"{contents}{suffix}" for suffix in (("-quick", "") if quick else ("",))]
    if program.is_file() and stamp.is_file() and stamp.read_text(encoding="utf-8") in keys:
        return program
    copied(project, parts, folder)
    program.parent.mkdir()
    found = next((key for key in keys if builds.take(key, program.parent)), None)
    if found is None:
        _make(make, folder, work / "build.log", program, quick=quick, bounded=bounded)
        builds.keep(keys[0], program.parent, [program.name])
        if quick and not bounded:
            builds.keep(units_key(project), program.parent, [UNITS])
    stamp.write_text(found or keys[0], encoding="utf-8", newline="\n")
    return program


def units_key(project: Path) -> str:
    """The key under which `builds` keeps a project's units, compiled without optimisation.

    Raises:
        ToolError: a compiler or the headers are missing.
        DataError: the project lacks a file.
    """
    compiler = process.find_tool("g++", INSTALL)
    return f"{digest_of(project, ('src',), UNITS, identity(compiler), headers_identity())}-quick"


def _make(make: Path, folder: Path, log: Path, program: Path, *, quick: bool, bounded: bool) -> None:
    """Compile by the Makefile in `folder`. A `quick` program is not optimised, its headers are precompiled.

    Those of a `bounded` one but for hls_stream.h: its streams are its own.
    """
    (folder / "include").symlink_to(hls_include().resolve())
    options = ["CXX=g++"]
    if quick:
        options = ["CXX=g++", f"OPTIMISE={' '.join(QUICK)}"]
        if header := precompiled(streams=not bounded):
            (folder / "precompiled").symlink_to(header.parent)
            options[0] = f"CXX=g++ -include precompiled/{header.name}"
    command: list[str | Path] = [make, f"-j{os.cpu_count() or 1}", *options, "HLS_INCLUDE=include", "BUILD=build"]
    command.append(f"build/{program.name}")
    with stage("compiling the simulation"):
        process.run(command, cwd=folder, log=log, timeout_s=BUILD_TIMEOUT_S, outputs=[program])
