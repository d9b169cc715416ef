"""Networks of the zoo at their papers' sizes, on named parts: interval, latency, resources and off-chip bandwidth.

Each is folded for a goal, its FIFOs sized, and estimated by the exact cycle model and the cost model; nothing is
written or simulated. All weights are random, which changes no figure but the LUTs of constant thresholds. Published
figures of the same networks stand below ours. Targets: at most the published cycles a frame, or as many frames a
second; a design within its part.

    python benchmarks/zoo_table.py --check --markdown docs/comparison.md
    python benchmarks/zoo_table.py --only cnv lccl-resnet20      # some rows
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from common import Figure, finish, machine, parser
from finn_table import markdown, write_between_marks

from hwgen.config import read_published, settings
from hwgen.flow.goal import goal_of, problem_of
from hwgen.flow.outside import with_external
from hwgen.flow.stages import integer
from hwgen.hw.device import device_of
from hwgen.hw.solver import solve
from hwgen.ir.work import network_work
from hwgen.report.compare import ComparedDesign, designed, published
from hwgen.report.estimate import estimate
from hwgen.report.records import Records
from hwgen.zoo import find
from hwgen.zoo.build import imported

PUBLISHED = Path(__file__).resolve().parent / "published"
FILES = ("finn.toml", "finn_plus.toml", "imagenet.toml")

COLUMNS = {
    "interval_cycles": ("interval", "{:,.0f}"),
    "latency_us": ("latency us", "{:,.1f}"),
    "fps": ("FPS", "{:,.0f}"),
    "lut": ("LUT", "{:,.0f}"),
    "bram36": ("BRAM", "{:,.12g}"),
    "dsp": ("DSP", "{:,.0f}"),
    "external_gb_s": ("off-chip GB/s", "{:,.3g}"),
}


MARK = "zoo_table"
"""Of the table's place in a page."""


@dataclass(frozen=True, eq=False)
class Row:
    """A network on a part, with the settings it is folded for, and the published design that it is held against."""

    network: str
    part: str
    clock_mhz: float
    goal: Mapping[str, Any]
    beside: str | None = None


OUTSIDE = {"memory": {name: "external" for name in ("fc5", "fc6", "fc7")}}
"""AlexNet's dense layers, 58 of its 62 million weights."""

ROWS = (
    Row("cnv", "rfsoc2x2", 100, {"target_interval": 32_768}, "FINN+ cnv-w1a1"),
    Row("cnv-w2a2", "rfsoc2x2", 100, {"target_interval": 115_200}, "FINN+ cnv-w2a2"),
    Row("mobilenetv1-w4a4", "rfsoc2x2", 100, {"target_interval": 394_272}, "FINN+ mobilenet-w4a4"),
    Row("resnet50-w1a2", "u250", 200, {"target_interval": 100_000}, "FINN ResNet-50 W1A2"),
    Row("xnor-alexnet", "pynq-z1", 200, {"target_interval": 1_000_000, **OUTSIDE}),
    Row("xnor-alexnet", "u250", 200, {"target_interval": 1_000_000}),
    Row("xnor-resnet18", "zcu102", 200, {"target_interval": 1_000_000}),
    Row("lccl-resnet18", "zcu102", 200, {"target_interval": 1_000_000}),
    Row("lccl-resnet20", "zcu102", 200, {"target_interval": 65_536}),
    Row("lccl-resnet32", "zcu102", 200, {"target_interval": 65_536}),
    Row("lccl-resnet44", "zcu102", 200, {"target_interval": 65_536}),
    Row("binarynet-mnist", "zcu111", 200, {"target_interval": 16_384}),
    Row("binarynet-cifar10", "zcu102", 200, {"target_interval": 65_536}),
    Row("binarynet-svhn", "pynq-z1", 200, {"target_interval": 131_072, "memory": {"fc6": "external"}}),
    Row("horq-mnist", "zcu111", 200, {"target_interval": 16_384}),
    Row("horq-cifar10", "zcu102", 200, {"target_interval": 131_072}),
)


def ours(row: Row) -> ComparedDesign:
    """The network of a row, folded and estimated."""
    chosen = settings(part=row.part, clock_mhz=row.clock_mhz, **row.goal)
    graph = integer(imported(find(row.network), seed=0), chosen)
    chosen = with_external(graph, chosen)
    design = solve(problem_of(graph, chosen), goal_of(chosen)).design
    return designed(f"hwgen {row.network}", "this repository", estimate(design), network_work(graph), Records())


def figures(row: Row, mine: ComparedDesign, theirs: ComparedDesign | None, seconds: float) -> Iterator[Figure]:
    """What a row took, and whether it meets its targets."""
    name, has = f"{row.network} on {row.part}", device_of(row.part).capacity
    assert mine.interval_cycles and mine.fps and mine.lut and mine.bram and mine.dsp
    yield Figure(f"{name}: estimated in", seconds, "CPU s")
    for kind, taken, most in (("LUT", mine.lut, has.lut), ("BRAM", mine.bram, has.bram), ("DSP", mine.dsp, has.dsp)):
        yield Figure(f"{name}: {kind}", taken.value, "", most + 1)
    if theirs and theirs.interval_cycles:
        yield Figure(f"{name}: interval", mine.interval_cycles.value, "cycles", theirs.interval_cycles.value + 1)
    elif theirs and theirs.fps:
        yield Figure(f"{name}: FPS", mine.fps.value, "", theirs.fps.value, at_least=True)


def theirs(row: Row) -> ComparedDesign | None:
    """The published design beside a row."""
    files = [each for file in FILES for each in read_published(PUBLISHED / file)]
    return next((published(each) for each in files if each.name == row.beside), None)


def placed(design: ComparedDesign) -> ComparedDesign:
    """The design with its clock beside its part, as the table shows it."""
    clock = f", {design.clock_mhz:g} MHz" if design.clock_mhz else ""
    return replace(design, part=f"{design.part or '-'}{clock}")


def write_rows(page: Path, found: Mapping[Row, ComparedDesign]) -> None:
    """Put the rows that were found into the page's table; other rows of ours stay as they are there."""
    text = page.read_text(encoding="utf-8").partition(f"<!-- {MARK} -->")[2].partition(f"<!-- /{MARK} -->")[0]
    there = {tuple(line.split(" | ")[:2]): line for line in text.splitlines() if line.startswith("| hwgen")}
    shown = [*found.values(), *(each for row in ROWS if (each := theirs(row)))]
    written = markdown([placed(each) for each in shown], COLUMNS).splitlines()
    new = {tuple(line.split(" | ")[:2]): line for line in written if line.startswith("|")}
    lines = written[:2]
    for row in ROWS:
        key, other = (f"| hwgen {row.network}", f"{row.part}, {row.clock_mhz:g} MHz"), theirs(row)
        line = new.get(key, there.get(key))
        lines += [line] if line else []
        lines += [new[f"| {other.name}", str(placed(other).part)]] if line and other else []
    write_between_marks(page, "\n".join([*lines, "", written[-1], ""]), MARK)


def main() -> None:
    """Estimate, compare, report."""
    options = parser(__doc__)
    networks = tuple(dict.fromkeys(row.network for row in ROWS))
    options.add_argument("--only", nargs="+", choices=networks, default=networks, help="networks (default all)")
    options.add_argument(
        "--markdown", type=Path, metavar="FILE", help="write the rows into a page, each once it is there"
    )
    chosen = options.parse_args()
    where, found, judged = machine(), dict[Row, ComparedDesign](), list[Figure]()
    for row in (each for each in ROWS if each.network in chosen.only):
        print(f"{row.network} on {row.part} ...", file=sys.stderr, flush=True)
        started = time.process_time()
        found[row] = ours(row)
        judged += figures(row, found[row], theirs(row), time.process_time() - started)
        if chosen.markdown:
            write_rows(chosen.markdown, found)
    finish(
        "the zoo's table",
        where,
        judged,
        markdown([placed(each) for each in found.values()], COLUMNS).splitlines(),
        chosen,
    )


if __name__ == "__main__":
    main()
