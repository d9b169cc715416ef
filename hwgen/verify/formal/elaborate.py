"""Runs of the program `yosys.py`: jobs in folders of their own, several in one process, and what it says is wrong."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from hwgen.errors import ToolError
from hwgen.verify.process import run
from hwgen.verify.synth import NATIVE_YOSYS, find_native

WALL = 20.0
"""Seconds on the clock for each CPU second, at most: other programs run as well."""

_JOB, _LOG, _SECONDS = "job.json", "yosys.log", "seconds"
_ERROR = re.compile(r"^(?:\S*?([\w.-]+\.sv:\d+): )?ERROR: ?(.*)", re.MULTILINE)
_OWN_ERROR = re.compile(r"^MUST: (.*); (.*)", re.MULTILINE)
_MONITORS = ("monitor.sv:", "formal_", "contract_")
"""How names of files begin that are not the project's."""


def write_job(
    job: Mapping[str, object], files: Mapping[str, str], memories: Mapping[str, bytes], folder: Path, limit_s: float
) -> None:
    """Put a job with its sources in a folder; it may take `limit_s` CPU seconds."""
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")
    for name, data in memories.items():
        (folder / name).write_bytes(data)
    stated = {"files": list(files), "limit": max(1, int(limit_s + 0.999)), **job}
    (folder / _JOB).write_text(json.dumps(stated), encoding="utf-8", newline="\n")


def run_jobs(folders: Sequence[Path], work: Path) -> None:
    """Do the jobs in `folders`, one after the other; each may fail for itself. Raises: ToolError."""
    find_native()
    limits = [json.loads((folder / _JOB).read_text(encoding="utf-8"))["limit"] for folder in folders]
    command: list[str | Path] = [sys.executable, "-P", Path(__file__).with_name("yosys.py"), *folders]
    run(command, cwd=work, log=work / _LOG, timeout_s=WALL * sum(limits) + 60, tool=NATIVE_YOSYS)


def seconds_of(folder: Path) -> float:
    """CPU seconds that the job in a folder took; 0 where it was not begun."""
    path = folder / _SECONDS
    return float(path.read_text(encoding="utf-8")) if path.exists() else 0.0


def check_job(folder: Path, output: str) -> None:
    """Raises: ToolError: the job in a folder has not written its `output`."""
    if (folder / output).exists():
        return
    path = folder / _LOG
    text = path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""
    top = json.loads((folder / _JOB).read_text(encoding="utf-8"))["top"]
    if own := _OWN_ERROR.search(text):
        raise ToolError(top, own[1], own[2])
    said = _ERROR.search(text)
    if said is None:
        raise ToolError(NATIVE_YOSYS, f"must write {output}", f"none; it said {text.splitlines()[-1:]}")
    place, found = said[1] or top, said[2].strip().removesuffix(".")
    if place.startswith(_MONITORS):
        raise ToolError(top, "must have a reference for these parameters", f"at {place} {found}")
    raise ToolError(place, "must be legal SystemVerilog to Yosys", found)


def limited(command: tuple[str | Path, ...], limit_s: float | None) -> tuple[str | Path, ...]:
    """A command that ends after `limit_s` CPU seconds, rounded up."""
    if limit_s is None:
        return command
    return ("sh", "-c", 'ulimit -t "$1"; shift; exec "$@"', "sh", str(max(1, int(limit_s + 0.999))), *command)
