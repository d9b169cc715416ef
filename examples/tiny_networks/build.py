"""Build each network, prove it on a back end, and print what it takes.

python build.py                                # all six, two frames each in RTL: some minutes
python build.py --network ecg --frames 10
python build.py --backend csim
python build.py --expected expected.json       # cycles alone, to be compared by a test
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import torch
from networks import INPUT_SCALE, NETWORKS, calibrated  # prepares torch
from rich.box import SIMPLE_HEAD
from rich.table import Table

import hwgen
from hwgen.config import read_settings
from hwgen.errors import HwgenError
from hwgen.ir.graph import Graph
from hwgen.report.console import Plain

HERE = Path(__file__).resolve().parent


def loaded(name: str, module: torch.nn.Module) -> Graph:
    """The integer network of a module, which receives int8 codes."""
    example = torch.zeros(1, *NETWORKS[name].shape)
    return hwgen.load(module, example, name=name, input_type="int8", input_scale=INPUT_SCALE)


def accelerator(name: str, module: torch.nn.Module) -> hwgen.Accelerator:
    """A network's accelerator at its interval."""
    settings = read_settings(HERE / "settings.toml").model_dump()
    return hwgen.compile(loaded(name, module), **{**settings, "target_interval": NETWORKS[name].interval})


def expected_reports() -> dict[str, Any]:
    """Cycles of each network, with random weights."""
    reports = {name: accelerator(name, calibrated(name)).estimate() for name in NETWORKS}
    return {
        name: {"interval_cycles": report.interval_cycles, "bottleneck": report.bottleneck}
        for name, report in reports.items()
    }


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--network", action="append", choices=list(NETWORKS), help="may be repeated; default: all")
    parser.add_argument("--backend", choices=["rtl", "csim"], default="rtl", help="where to prove it; default: rtl")
    parser.add_argument("--frames", type=int, default=2, help="frames to simulate; default: 2")
    parser.add_argument("--expected", type=Path, metavar="FILE", help="write the cycles of all networks, and no more")
    options = parser.parse_args()
    if options.expected:
        text = json.dumps(expected_reports(), indent=2) + "\n"
        options.expected.write_text(text, encoding="utf-8", newline="\n")
        return
    table = Table(box=SIMPLE_HEAD)
    for column in ("network", "frames/s", "latency us", "LUT", "mismatches"):
        table.add_column(column, justify="left" if column == "network" else "right")
    try:
        for name in options.network or NETWORKS:
            built = accelerator(name, calibrated(name))
            report, outcome = built.estimate(), built.simulate(options.frames, options.backend)
            figures = (f"{report.fps:,.0f}", f"{report.latency_us:,.0f}", f"{report.resources.lut:,.0f}")
            table.add_row(name, *figures, f"{len(outcome.mismatches)}")
    except HwgenError as error:
        sys.exit(f"error: {error}")
    Plain().print(table)


if __name__ == "__main__":
    main()
