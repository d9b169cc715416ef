"""The effect of gates on given frames: the vectors that gated units drop, and the cycles that this saves.

The golden model gives the gates that are open, with which the cycle model runs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from hwgen.golden.execute import trace
from hwgen.golden.matmul import Codes
from hwgen.hw.cycles import ends_of
from hwgen.hw.design import Design
from hwgen.hw.network import ProcessNetwork, with_gates
from hwgen.hw.simulation import beat_times
from hwgen.ir.graph import Graph
from hwgen.ir.types import IntArray

_FRAMES_AT_ONCE = 64

Gates = Mapping[str, np.typing.NDArray[np.bool_]]
"""For each gated unit, of every vector of a run whether it is computed."""


@dataclass(frozen=True)
class Skipping:
    """The effect of gates on a run of back-to-back frames. Intervals are means over the run, in cycles a frame.

    Attributes:
        shares: of the vectors that each gated layer drops, 0 to 1.
        skipped: share of the multiplications of all gated layers that are left out.
        predicted: interval of these frames, by the cycle model; None for a single frame.
        found: as simulated; None where it was not simulated, or source or sink held it back.
        ungated: interval of the same design with every gate open, the longest possible.
    """

    shares: Mapping[str, float]
    skipped: float
    predicted: float | None
    found: float | None
    ungated: float | None

    @property
    def speedup(self) -> float | None:
        """Speed of these frames over that with every gate open."""
        return self.ungated / self.predicted if self.ungated and self.predicted else None

    @property
    def stuck(self) -> tuple[str, ...]:
        """A warning for each gate that was never open, or always."""
        told = {0.0: "always opens", 1.0: "never opens"}
        return tuple(
            f"the gate of {name} {told[share]} on these frames ({share:.0%} of its pixels are skipped)"
            for name, share in self.shares.items()
            if share in told
        )

    def to_json(self) -> dict[str, Any]:
        """The report as plain JSON values."""
        return {
            "shares": {name: round(share, 6) for name, share in self.shares.items()},
            "skipped": round(self.skipped, 6),
            "mean_interval_cycles": self.found,
            "predicted_mean_interval_cycles": self.predicted,
            "ungated_mean_interval_cycles": self.ungated,
            "speedup": self.speedup,
            "warnings": list(self.stuck),
        }


def gates_of(design: Design, golden: Mapping[str, Codes]) -> Gates:
    """The gates of `design` on the frames of a golden trace, by unit name."""
    return {name: golden[gate.tensor].ravel() > 0 for name, gate in design.gates.items()}


def traced(design: Design, gates: Gates) -> ProcessNetwork:
    """The network of `design` with these gates."""
    return with_gates(design.network, {name: tuple(opened.tolist()) for name, opened in gates.items()})


def gates_on(design: Design, graph: Graph, codes: tuple[Codes, ...]) -> Gates:
    """The gates of `design` on input codes of each input, a few frames at a time to save memory."""
    starts = range(0, len(codes[0]), _FRAMES_AT_ONCE)
    cut = ([each[start : start + _FRAMES_AT_ONCE] for each in codes] for start in starts)
    blocks = [gates_of(design, trace(graph, each)) for each in cut]
    return {unit.name: np.concatenate([block[unit.name] for block in blocks]) for unit in design.gated}


def skipping(
    design: Design, gates: Gates, frames: int, found: Mapping[str, IntArray] | None = None, input_interval: int = 0
) -> Skipping | None:
    """The effect of gates on the first `frames` frames, with shares over all frames of `gates`; None without gates.

    `found` are the simulated times of beats by stream; `input_interval` is the source's, as `beat_times` takes it.
    """
    if not design.gated:
        return None
    work = {unit.name: unit.cycles for unit in design.gated}
    first = {name: gates[name][: frames * gate.vectors] for name, gate in design.gates.items()}
    shares = {name: 1 - float(opened.mean()) for name, opened in gates.items()}
    predicted, ungated = (beat_times(each, frames, input_interval) for each in (traced(design, first), design.network))
    return Skipping(
        shares=shares,
        skipped=sum(shares[name] * cycles for name, cycles in work.items()) / sum(work.values()),
        predicted=_mean_interval(design, predicted, frames),
        found=_mean_interval(design, found, frames) if found else None,
        ungated=_mean_interval(design, ungated, frames),
    )


def _mean_interval(design: Design, times: Mapping[str, IntArray], frames: int) -> float | None:
    return mean_interval([times[port.stream.name] for port in design.outputs], frames)


def mean_interval(output_times: Sequence[IntArray], frames: int) -> float | None:
    """Cycles from the end of one frame to that of the next, on average, of the times of the beats of each output.

    None for a single frame.
    """
    ends = ends_of(output_times, frames)
    return float(ends[-1] - ends[0]) / (frames - 1) if frames > 1 else None
