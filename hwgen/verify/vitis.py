"""Drives an installed Vitis HLS on an emitted HLS project, by the targets of the project's own Makefile."""

from __future__ import annotations

import shutil
from pathlib import Path

from hwgen.errors import ToolError
from hwgen.verify import process
from hwgen.verify.csim import INSTALL

TARGETS = {"csim": "vitis-csim", "csynth": "csynth", "cosim": "cosim", "export": "package"}
"""Target of the Makefile by step."""

TIMEOUT_S = 24 * 3600.0
_SOLUTIONS = {"vitis-run": "hls", "vitis_hls": "solution"}
"""Where a tool keeps its results, inside the folder of a run: unified commands (2024.1 and newer), older ones."""


def installed() -> str | None:
    """The Vitis HLS program that the Makefile takes: the unified one where there is one."""
    return next((tool for tool in _SOLUTIONS if shutil.which(tool)), None)


def run(project: Path, name: str, step: str) -> Path:
    """Run a step (of TARGETS) on the HLS `project` of the design `name`; the path of the log.

    Raises:
        ToolError: no Vitis HLS is installed, it fails or leaves its report out, or cosim comes before csynth.
    """
    tool = installed()
    if tool is None:
        raise ToolError(
            f"Vitis HLS, {step}",
            "must be installed to do this",
            f"none of {', '.join(_SOLUTIONS)} on the PATH",
            "Source settings64.sh of a Vitis installation; `hwgen simulate --backend csim` needs none",
        )
    work = project.resolve() / f"vitis_{name}" / _SOLUTIONS[tool]
    if step in ("cosim", "export") and not _csynth(work).exists():
        change = "Run `hwgen hls --run csynth` first"
        raise ToolError(f"Vitis HLS, {step}", "must follow csynth", f"no {_csynth(work).name}", change)
    outputs = {"csynth": [_csynth(work)], "cosim": [_cosim(work, name)]}.get(step, [])
    make = process.find_tool("make", INSTALL)
    log = project.resolve() / f"vitis_{name}_{step}.log"
    log.unlink(missing_ok=True)  # an untrusted project may have a link of that name
    process.run([make, TARGETS[step]], cwd=project.resolve(), log=log, timeout_s=TIMEOUT_S, outputs=outputs)
    return log


def reports(project: Path, name: str) -> tuple[Path | None, Path | None]:
    """The latest reports of synthesis and cosimulation in the HLS `project` of the design `name`."""
    works = [project / f"vitis_{name}" / solution for solution in _SOLUTIONS.values()]
    return _latest([_csynth(work) for work in works]), _latest([_cosim(work, name) for work in works])


def _csynth(work: Path) -> Path:
    return work / "syn" / "report" / "csynth.xml"


def _cosim(work: Path, name: str) -> Path:
    return work / "sim" / "report" / f"{name}_cosim.rpt"


def _latest(paths: list[Path]) -> Path | None:
    return max((path for path in paths if path.exists()), key=lambda path: path.stat().st_mtime_ns, default=None)
