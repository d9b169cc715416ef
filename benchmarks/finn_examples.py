"""TFC-W1A1 and CNV-W1A1 of finn-examples on a Pynq-Z1: our estimate and Yosys's count beside published figures.

Both are built for the Pynq-Z1 at 100 MHz in the folding of finn-examples. Interval and latency are the cycle model's;
with `--simulate N` they are those of an RTL simulation of N frames held against the golden model. Without trained
networks (`--tfc`, `--cnv`) weights are random, which changes no figure but the LUTs of constant thresholds. Targets: at
most the cycles a frame that were measured of FINN's; LUTs estimated within 10 % of Yosys; a design that fits the board.

    python benchmarks/finn_examples.py --simulate 3 --check --markdown docs/comparison.md
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from common import Figure, finish, machine, parser
from finn_table import markdown, write_between_marks

import hwgen
from hwgen.config import read_folding, read_published
from hwgen.flow import Accelerator, open_project, variant
from hwgen.flow.compare import entry
from hwgen.hw.device import device_of
from hwgen.report.compare import ComparedDesign, published

ROOT = Path(__file__).resolve().parents[1]
PUBLISHED = Path(__file__).resolve().parent / "published" / "finn_examples.toml"
TARGET: Mapping[str, Any] = {"part": "pynq-z1", "clock_mhz": 100.0}
PIXELS: Mapping[str, Any] = {"input_type": "uint8", "input_scale": 1 / 255}
EXAMPLES = {"TFC-W1A1": ("mnist_tfc", "tfc_64_cycles.json"), "CNV-W1A1": ("cnv_cifar10", "cnv_32768_cycles.json")}
"""The example that builds each network, and its folding."""

LIMIT = 0.10


def project(name: str, model: Path | None, folder: Path) -> Accelerator:
    """The network called `name`, of the file `model` or with random weights, in its folding for the board."""
    example, folding = EXAMPLES[name]
    file = ROOT / "examples" / example / "folding" / folding
    if model is None:
        command = [sys.executable, ROOT / "examples" / example / "build.py", "--random", "--folding", file]
        subprocess.run([*command, "--output", folder / "random"], check=True, stdout=sys.stderr)
        built = open_project(folder / "random")
        return variant(built, folding=read_folding(file), **TARGET).write(folder / "project")
    graph = hwgen.load(model, **(PIXELS if name.startswith("TFC") else {}))
    wishes = read_folding(file)
    kept = {layer: fold for layer, fold in wishes.items() if name.startswith("TFC") or layer != "input_quant"}
    return hwgen.compile(graph, folding=kept, **TARGET).write(folder / "project")


def ours(name: str, model: Path | None, frames: int) -> tuple[ComparedDesign, ComparedDesign]:
    """The design as estimated, and with the LUTs and block RAMs of Yosys."""
    with tempfile.TemporaryDirectory() as folder:
        accelerator = project(name, model, Path(folder))
        if frames:
            outcome = accelerator.simulate(frames, "rtl")
            assert outcome.passed, outcome.to_json()
            accelerator.record("simulate.json", outcome.to_json())
        estimated = entry(accelerator, f"hwgen {name}", "this repository")
        accelerator.record("synth.json", accelerator.synthesise().to_json())
        return estimated, entry(accelerator, f"hwgen {name}, Yosys", "this repository")


def main() -> None:
    """Build, synthesise, compare."""
    options = parser(__doc__)
    options.add_argument("--tfc", type=Path, metavar="FILE", help="a trained TFC-W1A1, QONNX")
    options.add_argument("--cnv", type=Path, metavar="FILE", help="a trained CNV-W1A1, QONNX")
    options.add_argument("--simulate", type=int, default=0, metavar="FRAMES", help="simulate so many frames in RTL")
    options.add_argument("--markdown", type=Path, metavar="FILE", help="write the table into a page, between its marks")
    chosen = options.parse_args()
    where, entries, figures = machine(), [], []
    capacity = device_of(TARGET["part"]).capacity
    theirs = [published(each) for each in read_published(PUBLISHED)]
    for name, model in (("TFC-W1A1", chosen.tfc), ("CNV-W1A1", chosen.cnv)):
        estimated, synthesised = ours(name, model, chosen.simulate)
        others = [each for each in theirs if each.name.endswith(name)]
        entries += [estimated, synthesised, *others]
        assert estimated.interval_cycles and estimated.lut and synthesised.lut and others[0].interval_cycles
        interval, found = estimated.interval_cycles, synthesised.lut.value
        limit = others[0].interval_cycles.value
        figures += [
            Figure(f"{name}: interval, {interval.origin.value}", interval.value, "cycles", limit),
            Figure(f"{name}: estimate off by", abs(estimated.lut.value / found - 1), "of Yosys", LIMIT),
            Figure(f"{name}: LUTs of the board", found / capacity.lut, "taken", 1.0),
        ]
    if chosen.markdown:
        write_between_marks(chosen.markdown, markdown(entries), "finn_examples")
    finish("finn-examples on a Pynq-Z1", where, figures, markdown(entries).splitlines(), chosen)


if __name__ == "__main__":
    main()
