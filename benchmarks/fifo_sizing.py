"""FIFO sizing: how long it takes for CNV and for a residual network, whether it is minimal, and what the RTL says.

Each design is sized from what `lower` places. Then every FIFO is made a beat shallower (one of a single beat is taken
out), by itself, and the exact cycle model says what that costs: a longer interval, or a deadlock. Last, the RTL of each
sized design runs three random frames, and every beat must move in its predicted cycle. Target: CNV sized in 10 seconds
of CPU, the compilation of the cycle model not counted.

    python benchmarks/fifo_sizing.py
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np
from cnv_speed import EXAMPLE, random_cnv
from common import Figure, finish, machine, parser

import hwgen
from hwgen.config import read_folding
from hwgen.errors import DeadlockError
from hwgen.hw.design import Design
from hwgen.hw.fifo import size_fifos, with_depth
from hwgen.hw.kernels.fifo import FifoUnit
from hwgen.hw.lower import lower

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from tests.builders import resnet_like

LIMIT_S = 10.0
FRAMES = 3


def sized(built: hwgen.Accelerator) -> tuple[Design, float]:
    """The design sized once more, and the CPU seconds that it took."""
    drawn = lower(built.graph, built.folding, part="xc7z020", clock_mhz=200.0)
    _ = drawn.network, built.design.cycles  # numba has compiled by now
    start = time.process_time()
    return size_fifos(drawn), time.process_time() - start


def spare(design: Design) -> tuple[int, int]:
    """FIFOs, and those among them that could be a beat shallower."""
    fifos = [unit for unit in design.units if isinstance(unit, FifoUnit)]
    return len(fifos), sum(keeps(with_depth(design, fifo.name, fifo.depth - 1), design.bound) for fifo in fifos)


def keeps(design: Design, interval: int) -> bool:
    """Whether a design still takes `interval` cycles a frame."""
    try:
        return design.cycles.interval == interval
    except DeadlockError:
        return False


def main() -> None:
    """Size, check, simulate, report."""
    chosen = parser(__doc__).parse_args()
    where = machine()
    figures, notes = [], []
    foldings = sorted((EXAMPLE / "folding").glob("cnv_*.json"))
    cases = {path.stem: hwgen.compile(random_cnv(), folding=read_folding(path)) for path in foldings}
    cases["residual"] = hwgen.compile(resnet_like(np.random.default_rng(0)), target_interval=600)
    for name, built in cases.items():
        design, seconds = sized(built)
        fifos, shallower = spare(design)
        outcome = built.simulate(FRAMES, "rtl")
        assert outcome.cycles is not None
        limit = LIMIT_S if name.startswith("cnv") else None
        figures += [
            Figure(f"{name}: sizing", seconds, "s", limit),
            Figure(f"{name}: FIFOs of {fifos} that could be shallower", shallower, "", 1),
            Figure(f"{name}: beats not in their predicted cycle", sum(each.count for each in outcome.mistimed), "", 1),
        ]
        found = f"interval {outcome.cycles.interval:,} cycles in RTL, slowest unit {design.bound:,}"
        notes.append(f"{name}: {found}; {outcome.beats_timed:,} beats compared")
    finish("FIFO sizing", where, figures, notes, chosen)


if __name__ == "__main__":
    main()
