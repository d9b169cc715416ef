"""The command line that the examples of the zoo's networks share: train, build, prove, print."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from hwgen.errors import HwgenError
from hwgen.report.estimate import LayerEstimate
from hwgen.zoo.datasets import DIGITS, load_dataset
from hwgen.zoo.proof import MakeAccelerator, compare
from hwgen.zoo.registry import find


def expected_reports(
    networks: Iterable[str], accelerator: MakeAccelerator, line: Callable[[LayerEstimate], str]
) -> dict[str, dict[str, Any]]:
    """The estimate of each network on digits, by name, independent of weights; `line` gives the figures of a layer."""
    reports: dict[str, dict[str, Any]] = {}
    for name in networks:
        entry = find(name)
        report = accelerator(entry.network(DIGITS), entry, DIGITS).estimate()
        reports[name] = {"interval_cycles": report.interval_cycles, "latency_cycles": report.latency_cycles}
        reports[name] |= {layer.name: line(layer) for layer in report.layers}
    return reports


def run(
    description: str | None,
    networks: tuple[str, ...],
    accelerator: MakeAccelerator,
    line: Callable[[LayerEstimate], str],
) -> None:
    """Do what the command line asks for; exits with one clear line where that fails."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mnist", type=Path, metavar="FOLDER", help="MNIST's IDX files, in place of digits")
    parser.add_argument("--network", action="append", choices=networks, help="may be repeated; default: all")
    parser.add_argument("--epochs", type=int, help="default: the network's")
    parser.add_argument("--frames", type=int, default=100, help="images to simulate")
    parser.add_argument("--expected", type=Path, metavar="FILE", help="write the cycles of all networks, and no more")
    options = parser.parse_args()
    if options.expected:
        reports = expected_reports(networks, accelerator, line)
        options.expected.write_text(json.dumps(reports, indent=2) + "\n", encoding="utf-8", newline="\n")
        return
    try:
        data = load_dataset("mnist", options.mnist) if options.mnist else load_dataset()
        compare(options.network or networks, data, accelerator, options.epochs, options.frames)
    except HwgenError as error:
        sys.exit(f"error: {error}")
