"""Wall seconds to explore 2,000 foldings of CNV on two processes; the same on a Dask cluster with a worker killed.

The search alone: every point by the cost model and its slowest unit. `--exact` also sizes the FIFOs of the shown
points of the front. `--dask` starts a cluster of two worker processes here, kills one of them in the middle, and holds
the front and the results file against those of the processes. Target: below 60 s on two cores. Without `--model` the
network is the example's, its weights random.

    python benchmarks/explore_speed.py --model cnv.onnx --dask --check
"""

from __future__ import annotations

import logging
import os
import signal
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from cnv_speed import random_cnv
from common import Figure, finish, machine, parser

import hwgen
from hwgen import flow
from hwgen.config import settings
from hwgen.explore.evaluate import Fidelity
from hwgen.explore.exploration import Exploration
from hwgen.flow import Plan
from hwgen.flow.explore import Progress
from hwgen.ir.graph import Graph

POINTS, LIMIT_S = 2000, 60.0


def timed(graph: Graph, file: Path, plan: Plan, progress: Progress | None = None) -> tuple[Exploration, float]:
    """An exploration with results in `file`, and its wall seconds."""
    start = time.perf_counter()
    found = flow.explore(graph, settings(), file, plan, progress)
    return found, time.perf_counter() - start


def on_cluster(graph: Graph, file: Path, plan: Plan) -> tuple[Exploration, float, int]:
    """The same on a Dask cluster of two processes, one of them killed half-way; the last value is its id."""
    from distributed import LocalCluster

    killed: list[int] = []

    def kill(fidelity: Fidelity, done: int, total: int) -> None:
        if done == total // 2 and not killed:
            killed.append(next(iter(cluster.workers.values())).pid)
            os.kill(killed[0], signal.SIGKILL)

    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0", silence_logs=logging.ERROR) as cluster:
        found, wall_s = timed(graph, file, replace(plan, dask=cluster.scheduler_address), kill)
    return found, wall_s, killed[0]


def main() -> None:
    """Explore, compare, report."""
    options = parser(__doc__)
    options.add_argument("--model", type=Path, help="QONNX file of a CNV that states its input's type")
    options.add_argument("--points", type=int, default=POINTS, help=f"foldings (default {POINTS})")
    options.add_argument("--workers", type=int, default=2, help="processes (default 2)")
    options.add_argument("--exact", action="store_true", help="size the FIFOs of the shown points too")
    options.add_argument("--dask", action="store_true", help="also on a Dask cluster, one worker killed")
    chosen = options.parse_args()
    where = machine()
    graph = hwgen.load(chosen.model) if chosen.model else random_cnv()
    fidelity = Fidelity.CYCLES if chosen.exact else Fidelity.SEARCH
    plan = Plan(points=chosen.points, workers=chosen.workers, fidelity=fidelity)
    with tempfile.TemporaryDirectory() as folder:
        local, cluster = Path(folder) / "local.jsonl", Path(folder) / "cluster.jsonl"
        found, wall_s = timed(graph, local, plan)
        figures = [Figure(f"{len(found.points):,} foldings on {chosen.workers} processes", wall_s, "s", LIMIT_S)]
        notes = [f"{len(found.front)} points that no other beats"]
        if chosen.dask:
            other, wall_s, process = on_cluster(graph, cluster, plan)
            same = other == found and cluster.read_bytes() == local.read_bytes()
            figures.append(Figure("the same on a Dask cluster, a worker killed", wall_s, "s"))
            figures.append(Figure("identical front and results file", float(same), "(1 is yes)", 1.0, at_least=True))
            notes.append(f"worker process {process} was killed at half of the points")
    finish("exploring CNV", where, figures, notes, chosen)


if __name__ == "__main__":
    main()
