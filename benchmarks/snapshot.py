"""What both back ends print, cost and report for the calibration designs and variants of them, as files to compare.

    python benchmarks/snapshot.py before     # in the checkout as it is
    python benchmarks/snapshot.py after      # in the one that was changed
    diff -r before after                     # empty, or each kind of difference has a reason

A refactoring of kernels or emitters changes nothing here; a change of templates changes what it means to change.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.calibration.designs import Net, convolve, dense, gated, geometry_for, image
from benchmarks.calibration.kinds import drawn
from benchmarks.calibration.measure import wanted
from hwgen.backends import hls, rtl
from hwgen.hw.choices import Choices
from hwgen.hw.cost import edge_resources, unit_resources
from hwgen.hw.design import Design
from hwgen.hw.device import Family
from hwgen.hw.fifo import size_fifos
from hwgen.hw.folding import resolve
from hwgen.hw.limits import layers_behind, least_cycles
from hwgen.hw.lower import lower
from hwgen.hw.timing import PipelineRequest
from hwgen.ir.check import check
from hwgen.ir.graph import Graph
from hwgen.ir.ops import Conv, MatMul
from hwgen.ir.types import IntType
from hwgen.report.estimate import estimate

SEEDS = 12
"""Designs of each kind of the variants."""


def main() -> None:
    """Write the files of every design into a folder of its own."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    count = 0
    for label, design in designs():
        for name, text in files_of(design):
            path = folder / label / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
            count += 1
    print(f"{count:,} files in {folder}")


def designs() -> Iterator[tuple[str, Design]]:
    """Each design by a name of its own, sized."""
    for kind, seed in wanted():
        yield f"{kind}{seed}", size_fifos(drawn(kind, seed))
    for seed in range(SEEDS):
        yield f"gated{seed}", size_fifos(drawn("gated", seed))
        for net in (_depthwise(seed), gated(np.random.default_rng([seed, 1]), f"gated{seed}"), _dense(seed)):
            for name, choices in _variants(net).items():
                yield f"{net.name}_{name}", size_fifos(_with(net, choices))


def _channels(rng: np.random.Generator) -> int:
    return int(rng.integers(2, 24))


def _depthwise(seed: int) -> Net:
    rng = np.random.default_rng([seed, 2])
    channels = _channels(rng)
    net = image(rng, f"depthwise{seed}", channels, IntType(int(rng.integers(2, 5)), signed=False))
    convolve(net, channels, channels, geometry_for(net))
    return net


def _dense(seed: int) -> Net:
    return dense(np.random.default_rng([seed, 3]), f"vector{seed}")


def _variants(net: Net) -> dict[str, Choices]:
    """Choices that calibration leaves out."""
    weighted = frozenset(node.name for node in net.nodes if isinstance(node.op, MatMul | Conv))
    found = {
        "piped": Choices(pipeline=PipelineRequest(Family.XC7)),
        "piped2": Choices(pipeline=PipelineRequest(Family.ECP5, most=2)),
        "rounded": Choices(round_fifos=True),
    }
    return found if net.name.startswith("gated") else found | {"writable": Choices(writable=weighted)}


def _with(net: Net, choices: Choices) -> Design:
    graph = Graph.of(net.name, net.input, tuple(net.nodes), net.last)
    check(graph)
    choices = replace(choices, memory=net.memory)
    folding = resolve(graph, net.wishes, net.target)
    return lower(graph, folding, part="xc7z020clg400-1", clock_mhz=150.0, choices=choices)


def files_of(design: Design) -> Iterator[tuple[str, str]]:
    """What is printed and stated of a design, by file name."""
    for back_end, files in (("hls", hls.emit(design)), ("rtl", rtl.emit(design))):
        yield from ((f"{back_end}/{name}", text) for name, text in files.items() if "/lib/" not in f"/{name}")
    yield "facts.json", json.dumps(_facts(design), indent=1, default=str)


def _facts(design: Design) -> dict[str, object]:
    """Schedules, costs and the report."""
    families = (Family.XC7, Family.ECP5)
    return {
        "estimate": asdict(estimate(design)),
        "edge": [asdict(edge_resources(design, family)) for family in families],
        "units": [
            {
                "name": unit.name,
                "layer": layer,
                "cycles": unit.cycles,
                "limit": least_cycles(unit),
                "schedule": {key: value for key, value in vars(unit.schedule).items()},
                "costs": [asdict(unit_resources(unit, family)) for family in families],
            }
            for unit, layer in zip(design.units, layers_behind(design), strict=True)
        ],
    }


if __name__ == "__main__":
    main()
