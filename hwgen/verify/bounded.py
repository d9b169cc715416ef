"""Bounded C simulation: the emitted C++ with streams of their depths, in pipelines that an HLS tool could make.

C simulation proper has streams without end, so it can show neither a deadlock nor a cycle. Here every function is a
process, see `sim/hls/bounded/bounded.hpp`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hwgen.hw.cycles import Cycles
from hwgen.hw.dataflow import dataflow
from hwgen.hw.design import Design
from hwgen.hw.packing import Bytes
from hwgen.verify import csim
from hwgen.verify.bench import Stalls, Words

_SHORT_STEPS = 100_000_000
"""Cycles times functions of a run up to which compiling without optimisation takes less time than it costs."""

_LINE = re.compile(r"depth (\d+): latency (\d+), interval (\d+), total (\d+)")


@dataclass(frozen=True)
class BoundedRun:
    """The cycles of a run in pipelines of `depth` stages; `interval` is the mean between frames, rounded up."""

    depth: int
    cycles: Cycles


@dataclass(frozen=True, eq=False)
class BoundedResult:
    """Beats that left each output of the design (frames * beats, bytes), the cycles for each depth, and seconds."""

    answers: tuple[Bytes, ...]
    runs: tuple[BoundedRun, ...]
    build_s: float
    run_s: float

    @property
    def outputs(self) -> Bytes:
        """Beats of the only output, or of the first."""
        return self.answers[0]


def simulate(
    design: Design, project: Path, words: Words, work: Path, depths: Sequence[int], stalls: Stalls | None = None
) -> BoundedResult:
    """Build the emitted `project` in `work` and run it on `words`, input beats of whole frames (frames * beats, bytes).

    Args:
        words: of the only input, or such an array for each.
        depths: of all pipelines; one run for each.
        stalls: random pauses of source and sink.

    Raises:
        MismatchError: a deadlock; the message says who waits for whom. Or a word is read sooner than a loop states, or
            the runs give other beats, or a wrong TLAST.
        ToolError: a compiler or the headers are missing, or the build or the run fails.
    """
    given = csim.of_each(words)
    frames = len(given[0]) // design.input.beats
    steps = len(depths) * frames * max(unit.cycles for unit in design.units) * len(dataflow(design).processes)
    watch = csim.Stopwatch()
    program = csim.built(project, work, f"{design.name}_bounded", quick=steps <= _SHORT_STEPS, bounded=True)
    build_s = watch.lap()
    found, log = csim.write_beats(design, given, project, work), work / "bounded.log"
    files = work / "input.hex", "-", work / "found.hex"
    pauses = stalls or Stalls()
    told = round(100 * pauses.source), round(100 * pauses.sink), pauses.seed
    command: list[str | Path] = [program, *(",".join(map(str, each)) for each in (depths, told)), *files]
    csim.run_bench(command, work, log, found)
    runs = _LINE.findall(log.read_text(encoding="utf-8"))
    return BoundedResult(
        csim.read_beats(design, found),
        tuple(_run(frames, *map(int, each)) for each in runs),
        build_s,
        watch.lap(),
    )


def _run(frames: int, depth: int, latency: int, interval: int, total: int) -> BoundedRun:
    return BoundedRun(depth, Cycles(interval if frames > 1 else None, latency, total))
