"""What the benchmarks share: the machine, the options, and how figures are printed and judged."""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Figure:
    """One measured number and, where there is one, the target it is held against.

    Attributes:
        unit: as printed behind the value.
        limit: of the target; None where the figure is for information.
        at_least: whether the target is a lower bound; an upper bound (exclusive) otherwise.
        runs: every single measurement that `value` was taken from.
    """

    name: str
    value: float
    unit: str
    limit: float | None = None
    at_least: bool = False
    runs: tuple[float, ...] = ()

    @property
    def met(self) -> bool:
        """Whether the target is met; True where there is none."""
        if self.limit is None:
            return True
        return self.value >= self.limit if self.at_least else self.value < self.limit

    def line(self) -> str:
        """The figure as one line of the report."""
        text = f"{self.name:<52} {self.value:>12,.4g} {self.unit}"
        if self.limit is not None:
            sign = ">=" if self.at_least else "<"
            text += f"   target {sign} {self.limit:g}: {'met' if self.met else 'MISSED'}"
        if len(self.runs) > 1:
            text += f"   runs {', '.join(f'{run:.4g}' for run in self.runs)}"
        return text


def parser(description: str | None) -> argparse.ArgumentParser:
    """A parser with the options that every benchmark has; its help is the benchmark's docstring."""
    found = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    found.add_argument("--json", action="store_true", help="print the report as JSON and nothing else")
    found.add_argument("--check", action="store_true", help="exit with 1 if a target is missed")
    return found


def machine() -> dict[str, Any]:
    """What the figures were measured on."""
    return {
        "cpu": _cpu_model(),
        "cores": os.cpu_count(),
        "usable_cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "load": round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None,
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "numpy": np.__version__,
    }


def _cpu_model() -> str:
    info = Path("/proc/cpuinfo")
    if info.is_file():
        for line in info.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or "unknown"


def measured(
    command: Sequence[str], seconds: float | None = None, most_bytes: int | None = None
) -> tuple[float, float]:
    """User and system seconds of a command and all it started, and its peak memory in GiB.

    Args:
        seconds, most_bytes: of processor time and of address space, which end it.

    Raises:
        RuntimeError: it failed.
    """
    import resource

    with tempfile.TemporaryFile() as log:
        child = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
        if most_bytes is not None:
            resource.prlimit(child.pid, resource.RLIMIT_AS, (most_bytes, most_bytes))
        if seconds is not None:
            resource.prlimit(child.pid, resource.RLIMIT_CPU, (int(seconds), int(seconds) + 5))
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode != 0:
            log.seek(0)
            said = log.read().decode(errors="replace")[-2000:]
            raise RuntimeError(f"{' '.join(command)} ended with {child.returncode}:\n{said}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 2**20


def told(figures: Sequence[Figure]) -> list[Figure]:
    """Figures of a long run, said on standard error as they come, so that one that is stopped leaves what it found."""
    for figure in figures:
        print("  " + figure.line(), file=sys.stderr, flush=True)
    return list(figures)


def finish(
    title: str, where: Mapping[str, Any], figures: Sequence[Figure], notes: Sequence[str], options: argparse.Namespace
) -> None:
    """Print the report; exit with 1 if a target is missed and `--check` was given.

    Args:
        where: the machine as it was before the measurement.
    """
    if options.json:
        listed = [{**asdict(figure), "met": figure.met} for figure in figures]
        report = {"benchmark": title, "machine": dict(where), "figures": listed, "notes": list(notes)}
        print(json.dumps(report, indent=2))
    else:
        print(title)
        print("on " + ", ".join(f"{key} {value}" for key, value in where.items()))
        for figure in figures:
            print("  " + figure.line())
        for note in notes:
            print(f"  note: {note}")
    if options.check and not all(figure.met for figure in figures):
        sys.exit(1)
