"""Random networks of all kinds against the reference executors, and through every back end, until one differs.

Networks are drawn by the generators of the tests: operator graphs with odd ends, QDQ and QLinear files, Brevitas
modules, and integer networks (dense, images, gates, planes). What hwgen imports is held against onnxruntime, qonnx or
the module. Then it goes with a random folding, memories, FIFO depths, pauses and resets through C simulation and RTL,
which must give golden's bits in the predicted cycles. A fault is shrunk and kept as a file that `tests/replays` takes.

    python benchmarks/soak.py --networks 10000 --through 1000 --results build/soak.jsonl
    python benchmarks/soak.py --minutes 30 --backends golden
    python benchmarks/soak.py --networks 20000 --results build/soak.jsonl --resume    # faults are looked for again
    python benchmarks/soak.py --minutes 600 --dask tcp://scheduler:8786    # workers need this repository in PYTHONPATH

The exit code is 1 if there is a fault.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import json
import random
import re
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, TextIO

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from hwgen.explore.workers import workers_for
from tests.end_to_end.cases import STAGES
from tests.end_to_end.drawing import KINDS
from tests.end_to_end.soaking import Finding, Soak, examine

FAULTS = Path(__file__).resolve().parents[1] / "build" / "soak"

ROUND = 16
"""Networks that go to a worker before the clock is looked at."""

COLUMNS = ("drawn", "refused", "not judged", *STAGES, "faults")


def arguments(given: Sequence[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    until = parser.add_mutually_exclusive_group(required=True)
    until.add_argument("--networks", type=int, help="how many, those of earlier runs included")
    until.add_argument("--minutes", type=float, help="how long; the last network is finished")
    parser.add_argument("--seed", type=int, help="of all that is drawn (a new one, which is printed)")
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=list(KINDS), help="of networks (all)")
    ends = (*STAGES, "all")
    parser.add_argument(
        "--backends", nargs="+", choices=ends, default=["golden", "csim", "rtl"], help="(golden csim rtl)"
    )
    parser.add_argument("--through", type=int, default=1 << 62, help="only the first so many go through the back ends")
    parser.add_argument("--results", type=Path, help="a file that gets a line of JSON for each network")
    parser.add_argument("--resume", action="store_true", help="go on where the file of results ends, with its options")
    parser.add_argument("--keep", type=Path, default=FAULTS, help="a folder for faults (build/soak)")
    parser.add_argument("--workers", type=int, default=1, help="processes (1)")
    parser.add_argument(
        "--dask", metavar="ADDRESS", help="a Dask scheduler, or `local` for one with --workers processes"
    )
    parser.add_argument("--json", action="store_true", help="print the report as JSON and nothing else")
    chosen = parser.parse_args(given)
    if chosen.resume and not (chosen.results and chosen.results.is_file()):
        parser.error("--resume needs --results with the file of an earlier run")
    return chosen


def soak_of(chosen: argparse.Namespace) -> tuple[Soak, list[Finding]]:
    """What is to be done, and what was found in earlier runs; their faults are looked for again."""
    if chosen.resume:
        lines = [
            json.loads(line) for line in chosen.results.read_text(encoding="utf-8").splitlines() if line[-1:] == "}"
        ]
        told = {name: tuple(each) if isinstance(each, list) else each for name, each in lines[0].items()}
        found = [Finding.of(line) for line in lines[1:]]
        return Soak(**told), [each for each in found if not each.verdict.is_fault]
    stages = tuple(stage for stage in STAGES if stage in chosen.backends or "all" in chosen.backends)
    seed = random.SystemRandom().randrange(1, 1 << 30) if chosen.seed is None else chosen.seed
    return Soak(seed, tuple(chosen.kinds), stages, chosen.through), []


@contextlib.contextmanager
def address_of(chosen: argparse.Namespace) -> Iterator[str | None]:
    """The address of the Dask scheduler; None without one."""
    if chosen.dask != "local":
        yield chosen.dask
        return
    from distributed import LocalCluster

    with LocalCluster(n_workers=chosen.workers, threads_per_worker=1, dashboard_address=":0") as cluster:
        yield cluster.scheduler_address


def findings(soak: Soak, numbers: Iterable[int], chosen: argparse.Namespace) -> Iterator[Finding]:
    """What becomes of each network, as it comes; none begins when the time is over."""
    end = time.monotonic() + 60 * chosen.minutes if chosen.minutes else float("inf")
    with address_of(chosen) as address, workers_for(soak, chosen.workers, address) as crew:
        alone = chosen.workers == 1 and address is None
        left = iter(numbers)
        while some := list(itertools.islice(left, 1 if alone else ROUND * chosen.workers)):
            if time.monotonic() > end:
                return
            yield from crew.run(examine, some, batch=1)


@contextlib.contextmanager
def results_of(chosen: argparse.Namespace, soak: Soak, found: Sequence[Finding]) -> Iterator[TextIO | None]:
    """The file of results with what is known already, without lines that an interruption has cut off."""
    if chosen.results is None:
        yield None
        return
    chosen.results.parent.mkdir(parents=True, exist_ok=True)
    with open(chosen.results, "w", encoding="utf-8", newline="\n") as results:
        for told in (asdict(soak), *(each.to_json() for each in found)):
            print(json.dumps(told), file=results, flush=True)
        yield results


def note(finding: Finding, results: TextIO | None, chosen: argparse.Namespace, seed: int) -> None:
    """Write a line of results, and the file of a fault."""
    if results:
        print(json.dumps(finding.to_json()), file=results, flush=True)
    if finding.case:
        chosen.keep.mkdir(parents=True, exist_ok=True)
        path = chosen.keep / f"{finding.kind}_{seed}_{finding.number}.json"
        path.write_text(finding.case, encoding="utf-8", newline="\n")
    if finding.verdict.is_fault and not chosen.json:
        print(f"fault: {json.dumps(finding.to_json())}", flush=True)


def report(soak: Soak, found: Sequence[Finding]) -> dict[str, Any]:
    """Counts of each kind, reasons of refusals, and the faults."""
    kinds = {kind: Counter[str]() for kind in soak.kinds}
    reasons = Counter[str]()
    for each in found:
        count, what = kinds[each.kind], each.verdict.what
        count.update(["drawn", *each.verdict.ran])
        count["faults"] += each.verdict.is_fault
        count[what] += what in COLUMNS
        if what == "refused":
            reasons[re.sub(r"\d[\d,]*", "N", f"{each.verdict.stage}: {each.verdict.why}")] += 1
    faults = [each.to_json() for each in found if each.verdict.is_fault]
    counts = {kind: {name: count[name] for name in COLUMNS} for kind, count in kinds.items()}
    return {**asdict(soak), "kinds": counts, "refused": dict(reasons.most_common()), "faults": faults}


def show(told: dict[str, Any]) -> None:
    """Print the report as a table and lists."""
    sums = {name: sum(count[name] for count in told["kinds"].values()) for name in COLUMNS}
    print(f"seed {told['seed']}\n{'':<14}" + "".join(f"{name:>12}" for name in COLUMNS))
    for kind, count in {**told["kinds"], "all": sums}.items():
        print(f"{kind:<14}" + "".join(f"{count[name]:>12,}" for name in COLUMNS))
    for reason, count in told["refused"].items():
        print(f"{count:>7,} refused at {reason}")


def main(given: Sequence[str] | None = None) -> None:
    """Draw, compare and report."""
    chosen = arguments(given)
    soak, found = soak_of(chosen)
    known = {each.number for each in found}
    numbers = itertools.count() if chosen.networks is None else range(chosen.networks)
    if not chosen.json:
        print(f"seed {soak.seed}", flush=True)
    with results_of(chosen, soak, found) as results, contextlib.suppress(KeyboardInterrupt):
        for finding in findings(soak, (number for number in numbers if number not in known), chosen):
            found.append(finding)
            note(finding, results, chosen, soak.seed)
    told = report(soak, found)
    print(json.dumps(told, indent=2)) if chosen.json else show(told)
    sys.exit(bool(told["faults"]))


if __name__ == "__main__":
    main()
