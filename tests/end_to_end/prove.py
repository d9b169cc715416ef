"""One design on every back end against golden, with its cycles as predicted."""

from __future__ import annotations

from pathlib import Path

import hwgen
from hwgen.verify.bench import Stalls
from hwgen.verify.vectors import random_frames
from tests.tiers import is_long


def prove(design: hwgen.Accelerator, seed: int, frames: int, folder: Path) -> None:
    """The RTL, flowing, stalled and reset in mid-frame; the HLS C++ alone and under DPI-C.

    The shell for DPI-C hangs on the ports alone: the short tier takes it for every third seed.
    """
    design = design.write(folder / "project")
    every = random_frames(design.graph.inputs, frames, seed)
    codes = every[0] if len(every) == 1 else every
    beats = sum(port.stream.beats for port in design.design.inputs)
    flowing = design.simulate(codes, "rtl", work=folder / "rtl")
    assert not flowing.mismatches, flowing.mismatches
    carried = {name for name, stream in design.design.streams.items() if stream.tensor}
    assert set(flowing.checked) == carried - {port.stream.name for port in design.design.inputs}
    assert flowing.passed, flowing.mistimed
    assert flowing.beats_timed == frames * sum(stream.beats for stream in design.design.streams.values())
    input_interval = 1 + (seed % 3) * design.design.cycles.interval // 2
    spaced = design.simulate(codes, "rtl", work=folder / "rtl", input_interval=input_interval)
    assert spaced.passed and spaced.beats_timed == flowing.beats_timed, (spaced.mismatches, spaced.mistimed)
    stalls = Stalls(source=0.3 * (seed % 3), sink=0.4 * (seed % 2), memory=0.3, seed=seed + 1)
    middle = min(beats * frames - 1, beats * (frames // 2) + beats // 2 or 1)
    for options in ({"stalls": stalls}, {"reset_after_beats": middle}, {"stalls": stalls, "reset_after_beats": middle}):
        shaken = design.simulate(codes, "rtl", work=folder / "rtl", **options)
        assert shaken.passed, (options, shaken.mismatches, shaken.mistimed)
    under_gcc = design.simulate(codes, "csim")
    assert not under_gcc.mismatches, under_gcc.mismatches
    if seed % 3 and not is_long():
        return
    under_dpi = design.simulate(codes, "dpi", work=folder / "dpi", stalls=stalls)
    assert not under_dpi.mismatches, under_dpi.mismatches
