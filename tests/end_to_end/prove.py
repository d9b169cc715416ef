"""One design on every back end against golden, with its cycles as predicted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import hwgen
from hwgen.verify.bench import Stalls
from hwgen.verify.vectors import random_frames
from tests.tiers import is_long

Run = Mapping[str, Any]
"""Options of `hwgen.Accelerator.simulate` beyond frames and back end."""


def prove(design: hwgen.Accelerator, seed: int, frames: int, folder: Path) -> None:
    """The RTL, flowing, spaced, stalled and reset in mid-frame; the HLS C++ alone and under DPI-C.

    The shell for DPI-C hangs on the ports alone: the short tier takes it for every third seed.
    """
    design = design.write(folder / "project")
    every = random_frames(design.graph.inputs, frames, seed)
    codes = every[0] if len(every) == 1 else every
    beats = sum(port.stream.beats for port in design.design.inputs)
    input_interval = 1 + (seed % 3) * design.design.cycles.interval // 2
    stalls = Stalls(source=0.3 * (seed % 3), sink=0.4 * (seed % 2), memory=0.3, seed=seed + 1)
    middle = min(beats * frames - 1, beats * (frames // 2) + beats // 2 or 1)
    shaken = ({"stalls": stalls}, {"reset_after_beats": middle}, {"stalls": stalls, "reset_after_beats": middle})
    prove_rtl(design, codes, ({"input_interval": input_interval}, *shaken), folder / "rtl")
    prove_csim(design, codes)
    if not seed % 3 or is_long():
        prove_dpi(design, codes, stalls, folder / "dpi")


def prove_rtl(design: hwgen.Accelerator, codes: Any, runs: Sequence[Run], folder: Path) -> None:
    """The RTL, flowing and in each of `runs`: every stream as golden, every beat in its predicted cycle."""
    flowing = design.simulate(codes, "rtl", work=folder)
    assert not flowing.mismatches, flowing.mismatches
    carried = {name for name, stream in design.design.streams.items() if stream.tensor}
    assert set(flowing.checked) == carried - {port.stream.name for port in design.design.inputs}
    assert flowing.passed, flowing.mistimed
    assert flowing.beats_timed == flowing.frames * sum(stream.beats for stream in design.design.streams.values())
    for options in runs:
        found = design.simulate(codes, "rtl", work=folder, **options)
        assert found.passed, (options, found.mismatches, found.mistimed)
        assert options.keys() != {"input_interval"} or found.beats_timed == flowing.beats_timed, options


def prove_csim(design: hwgen.Accelerator, codes: Any) -> None:
    """The HLS C++ under g++: every stream as golden."""
    under_gcc = design.simulate(codes, "csim")
    assert not under_gcc.mismatches, under_gcc.mismatches


def prove_dpi(design: hwgen.Accelerator, codes: Any, stalls: Stalls, folder: Path) -> None:
    """The HLS C++ behind its ports in a simulator, with stalls: every stream as golden."""
    under_dpi = design.simulate(codes, "dpi", work=folder, stalls=stalls)
    assert not under_dpi.mismatches, under_dpi.mismatches
