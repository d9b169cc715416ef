"""Large networks in RTL: every layer alone and the whole network, bit for bit and cycle for cycle.

ResNet-18 in XNOR-Net's form at 64x64 with random weights, and with `--models FOLDER` the public MobileNetV1 VWW W8A8,
ResNet-20 W8A8 and ResNet-8 W4A4 that lie there. One random frame of each goes through every layer between golden's
beats, by as many processes as there are cores, and through the stitched network. Target: no mismatch, and every beat of
every stream in the predicted cycle. `--alone` leaves the stitched networks out; ResNet-18 at 224x224 (`resnet18-224`)
is always alone.

    python benchmarks/large_rtl.py --models FOLDER --check
    python benchmarks/large_rtl.py --only resnet18-224 --check
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from common import Figure, finish, machine, parser

import hwgen
from hwgen.flow import LayerPlan, simulate_layers
from hwgen.frontend.writer import Writer
from hwgen.verify.vectors import random_frames
from hwgen.zoo.imagenet import resnet

PIXEL = 1 / 256


@dataclass(frozen=True)
class Case:
    """A network, of a file or written here, and its target interval."""

    network: str | Callable[[], Writer]
    interval: int
    stitched: bool = True


CASES = {
    "resnet18-64": Case(lambda: resnet(size=64), 200_000),
    "resnet18-224": Case(resnet, 1_000_000, stitched=False),
    "resnet8": Case("NN2FPGA_resnet8_a4w4b32.onnx", 20_000),
    "resnet20": Case("NN2FPGA_resnet20_a8w8b16.onnx", 40_000),
    "mobilenet": Case("NN2FPGA_mobilenet_v1_vww_a8w8.onnx", 150_000),
}


def built(case: Case, models: Path | None, folder: Path) -> hwgen.Accelerator | None:
    """The project of a case; None where its file is asked for and there is no folder of models."""
    if isinstance(case.network, str):
        if models is None:
            return None
        path = models / case.network
    else:
        path = case.network().write(folder / "network.onnx")
    graph = hwgen.load(path, input_type="uint8", input_scale=PIXEL)
    return hwgen.compile(graph, part="xcu250", target_interval=case.interval).write(folder / "project")


def layers_alone(name: str, accelerator: hwgen.Accelerator) -> Iterator[Figure]:
    """Every layer on one frame."""
    codes, started = random_frames(accelerator.graph.inputs, 1, seed=0), time.perf_counter()
    found = simulate_layers(accelerator, codes, LayerPlan())
    seconds = time.perf_counter() - started
    beats = sum(report["beats_timed"] for report in found.layers.values())
    yield Figure(f"{name}, alone: layers", len(found.layers), "")
    yield Figure(f"{name}, alone: beats in the predicted cycle", beats, "")
    yield Figure(f"{name}, alone: mismatches", found.mismatches, "codes", 1)
    yield Figure(f"{name}, alone: layers that are wrong or late", len(found.failed), "", 1)
    yield Figure(f"{name}, alone: wall time", seconds, "s")


def whole(name: str, accelerator: hwgen.Accelerator) -> Iterator[Figure]:
    """The stitched network on one frame."""
    outcome = accelerator.simulate(accelerator.codes(1))
    cycles = outcome.cycles.total if outcome.cycles else 0
    yield Figure(f"{name}, stitched: streams compared", len(outcome.checked), "")
    yield Figure(f"{name}, stitched: beats in the predicted cycle", outcome.beats_timed, "")
    yield Figure(f"{name}, stitched: mismatches", outcome.mismatch_count, "codes", 1)
    yield Figure(f"{name}, stitched: beats in another cycle", sum(each.count for each in outcome.mistimed), "", 1)
    yield Figure(f"{name}, stitched: cycles beyond those predicted", abs(cycles - outcome.predicted.total), "", 1)
    yield Figure(f"{name}, stitched: built in", outcome.build_s, "s")
    yield Figure(f"{name}, stitched: cycles a second", cycles / outcome.run_s, "")


def main() -> None:
    """Measure and report."""
    options = parser(__doc__)
    options.add_argument("--models", type=Path, help="a folder with the public networks")
    options.add_argument("--only", nargs="+", choices=CASES, help="networks to simulate (default all that are there)")
    options.add_argument("--alone", action="store_true", help="layers alone, and no stitched network")
    chosen = options.parse_args()
    where, figures, notes = machine(), list[Figure](), list[str]()
    for name in chosen.only or [name for name in CASES if name != "resnet18-224"]:
        with tempfile.TemporaryDirectory(prefix="hwgen-") as folder:
            accelerator = built(CASES[name], chosen.models, Path(folder))
            if accelerator is None:
                notes.append(f"{name} needs --models")
                continue
            figures += layers_alone(name, accelerator)
            if CASES[name].stitched and not chosen.alone:
                figures += whole(name, accelerator)
    finish("large_rtl", where, figures, notes, chosen)


if __name__ == "__main__":
    main()
