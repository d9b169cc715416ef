"""C simulation: the emitted HLS project built with g++ against the real ap_int and hls_stream headers."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from hwgen.errors import ToolError
from hwgen.hw import packing
from hwgen.hw.design import Design
from hwgen.hw.packing import Bytes
from hwgen.verify import process
from hwgen.verify.sources import OWN, copied, digest_of

BUILD_TIMEOUT_S = 600.0
RUN_TIMEOUT_S = 3600.0
_PARTS = ("Makefile", "src", "tb")
INSTALL = "Install it with the system's package manager"


@dataclass(frozen=True, eq=False)
class CsimResult:
    """Beats that left the design (frames * beats, bytes), and seconds of building and running."""

    outputs: Bytes
    build_s: float
    run_s: float


def hls_include() -> Path:
    """The folder of ap_int.h and hls_stream.h: a Vitis installation's own, else the one in the hls4ml package.

    Raises:
        ToolError: there is neither.
    """
    for variable in ("XILINX_HLS", "XILINX_VITIS"):
        folder = Path(os.environ.get(variable, "")) / "include"
        if os.environ.get(variable) and (folder / "ap_int.h").exists():
            return folder
    spec = find_spec("hls4ml")
    for package in (spec.submodule_search_locations or []) if spec else []:
        folder = Path(package) / "templates" / "vivado" / "ap_types"
        if (folder / "ap_int.h").exists():
            return folder
    raise ToolError("ap_int.h", "must be installed for C simulation", "no such header", "Run `pip install hwgen[sim]`")


def simulate(design: Design, project: Path, words: Bytes, work: Path) -> CsimResult:
    """Build the emitted `project` in `work` and run it on `words`, input beats of whole frames (frames * beats, bytes).

    Raises:
        ToolError: a compiler or the headers are missing, or the build or the run fails.
    """
    started = time.perf_counter()
    program = build(design, project, work)
    built = time.perf_counter()
    source, found = work / "input.hex", work / "found.hex"
    source.write_text(packing.hex_text(words, design.input.width), encoding="utf-8", newline="\n")
    command: list[str | Path] = [program, source, "-", found]
    process.run(command, cwd=work, log=work / "run.log", timeout_s=RUN_TIMEOUT_S, outputs=[found])
    outputs = packing.from_hex(found.read_text(encoding="utf-8").split(), design.output.width)
    return CsimResult(outputs, built - started, time.perf_counter() - built)


def build(design: Design, project: Path, work: Path) -> Path:
    """Compile the project by its own Makefile, on a copy of it in `work`; the test bench program.

    A program that was built there of the very same files is taken as it is.

    Raises:
        ToolError: a compiler or the headers are missing, or the build fails.
        DataError: the project lacks a file.
    """
    include = hls_include()
    compiler = process.find_tool("g++", INSTALL)
    make = process.find_tool("make", INSTALL)
    work = work.resolve()
    folder = work / OWN
    program, stamp = folder / "build" / f"{design.name}_tb", folder / "stamp"
    key = digest_of(project, _PARTS, design.name, _tool(compiler), _tool(include / "ap_int.h"))
    if program.is_file() and stamp.is_file() and stamp.read_text(encoding="utf-8") == key:
        return program
    copied(project, _PARTS, folder)
    (folder / "include").symlink_to(include.resolve())
    command: list[str | Path] = [make, f"-j{os.cpu_count() or 1}", "CXX=g++", "HLS_INCLUDE=include", "BUILD=build"]
    process.run(command, cwd=folder, log=work / "build.log", timeout_s=BUILD_TIMEOUT_S, outputs=[program])
    stamp.write_text(key, encoding="utf-8", newline="\n")
    return program


def _tool(path: Path) -> tuple[str, int, int]:
    """What tells a tool's file from another: where it lies, its size and its date."""
    found = path.resolve()
    return str(found), found.stat().st_size, found.stat().st_mtime_ns
