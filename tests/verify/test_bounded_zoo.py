"""Bounded C simulation of every network of the zoo at its emitted depths, trained or not."""

from __future__ import annotations

from pathlib import Path

import pytest

from hwgen import flow
from hwgen.hw.loop import DEPTHS
from hwgen.ir.graph import Graph
from hwgen.verify.bench import Stalls
from hwgen.zoo import ENTRIES
from hwgen.zoo.build import imported, starting_settings
from hwgen.zoo.registry import Entry
from tests.seeds import fresh

FRAMES = 3


SLOW = ("lccl-resnet32", "lccl-resnet44")
"""Networks like another one here, of more blocks."""

NETWORKS = [entry for entry in ENTRIES if entry.trainable and entry.name not in SLOW]
"""Those for ImageNet would be simulated for hours: `test_imagenet.py` builds them small."""


def network(entry: Entry, seed: int) -> Graph:
    """The network with the parameters that come with hwgen, or with random ones."""
    return imported(entry, seed=None if entry.stored else seed)


@pytest.mark.long
@pytest.mark.parametrize("seed", fresh(1))
@pytest.mark.parametrize("entry", NETWORKS, ids=lambda entry: entry.name)
def test_every_frame_in_time(entry: Entry, seed: int, tmp_path: Path) -> None:
    """With and without stalls: no deadlock, no wrong value, and the interval is at most the stated one."""
    accelerator = flow.compile_with(network(entry, seed), starting_settings(entry, {}))
    assert accelerator.design.hls is not None
    run = accelerator.simulate(FRAMES, "csim", pipeline_depths=DEPTHS, work=tmp_path / "work")
    assert run.passed and not run.mismatches and not run.slower
    stated = accelerator.design.hls.interval
    for each in run.bounded:
        assert each.cycles.interval is not None and each.cycles.interval <= stated, each
    stalls = Stalls(0.3, 0.3, seed=seed % 10_000)
    shaken = accelerator.simulate(FRAMES, "csim", pipeline_depths=DEPTHS, stalls=stalls, work=tmp_path / "work")
    assert shaken.passed and not shaken.mismatches
