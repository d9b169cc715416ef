"""CNV at its published folding: golden frames a second, and cycles a second of the stitched RTL.

The golden model runs on random images of the input's type. The RTL simulation compares every stream that carries a
tensor with golden; its build is the time of Verilator and of the C++ compiler. Targets: 50 golden frames a second, RTL
built in 3 minutes, 5,000 simulated cycles a second. Without `--model` the network is the example's, its weights random.

    python benchmarks/cnv_speed.py --model cnv.onnx
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from common import Figure, finish, machine, parser

import hwgen
from hwgen.config import read_folding
from hwgen.golden.execute import run
from hwgen.ir.graph import Graph
from hwgen.verify.vectors import random_codes

EXAMPLE = Path(__file__).resolve().parents[1] / "examples" / "cnv_cifar10"
GOLDEN_FRAMES, GOLDEN_FPS = 200, 50.0
RTL_FRAMES, RTL_BUILD_S, RTL_CYCLES_PER_S = 4, 180.0, 5_000.0


def random_cnv() -> Graph:
    """The network of the example, untrained."""
    sys.path.insert(0, str(EXAMPLE))
    from build import imported

    from hwgen.zoo.finn import cnv
    from hwgen.zoo.parameters import randomise

    model = cnv("w1a1")
    randomise(model, seed=0)
    return imported(model, "cnv_w1a1")


def main() -> None:
    """Build, run both models, report."""
    options = parser(__doc__)
    options.add_argument("--model", type=Path, help="QONNX file of a CNV that states its input's type")
    options.add_argument("--frames", type=int, default=RTL_FRAMES, help=f"frames of RTL (default {RTL_FRAMES})")
    chosen = options.parse_args()
    where = machine()
    graph = hwgen.load(chosen.model) if chosen.model else random_cnv()
    folding = read_folding(EXAMPLE / "folding" / "cnv_32768_cycles.json")
    if chosen.model:
        del folding["input_quant"]
    built = hwgen.compile(graph, folding=folding)
    codes = random_codes(built.graph.inputs[0], GOLDEN_FRAMES, seed=0)
    run(built.graph, codes[:10])
    start = time.perf_counter()
    run(built.graph, codes)
    golden_fps = GOLDEN_FRAMES / (time.perf_counter() - start)
    with tempfile.TemporaryDirectory() as folder:
        outcome = built.simulate(codes[: chosen.frames], "rtl", work=folder)
    assert outcome.cycles is not None
    figures = [
        Figure("golden model", golden_fps, "frames/s", GOLDEN_FPS, at_least=True),
        Figure("RTL: Verilator and C++ compilation", outcome.build_s, "s", RTL_BUILD_S),
        Figure("RTL: simulation", outcome.cycles.total / outcome.run_s, "cycles/s", RTL_CYCLES_PER_S, at_least=True),
    ]
    notes = [
        f"{chosen.model.name if chosen.model else 'random CNV'}, {chosen.frames} random frames of RTL",
        f"{outcome.mismatch_count} mismatches on {len(outcome.checked)} streams",
        f"interval {outcome.cycles.interval} cycles (predicted {outcome.predicted.interval}), "
        f"total {outcome.cycles.total} (predicted {outcome.predicted.total})",
    ]
    finish("CNV", where, figures, notes, chosen)


if __name__ == "__main__":
    main()
