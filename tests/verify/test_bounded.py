"""Bounded C simulation: the emitted C++ computes what golden does, in the cycles that its loops state, or deadlocks."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import hwgen
from hwgen.errors import ConfigError, MismatchError
from hwgen.hw.dataflow import DEFAULT_DEPTH, dataflow
from hwgen.hw.loop import DEPTHS
from hwgen.hw.rigid import RigidRun
from hwgen.ir.graph import Graph
from hwgen.ir.names import local_name
from hwgen.passes.pipeline import integer_network
from hwgen.verify.bench import Stalls
from hwgen.verify.simulate import Outcome
from tests.builders import IMAGE_NETWORKS, Rng, random_folding
from tests.seeds import fresh
from tests.tiers import tiered
from tests.verify.test_hls_mutations import compiled

FRAMES = 5
RARE = IMAGE_NETWORKS[1:]


def drawn(make: Callable[[Rng], Graph], seed: int) -> hwgen.Accelerator:
    rng = np.random.default_rng(seed)
    graph = make(rng)
    wishes = random_folding(rng, integer_network(graph))
    folding = {name: wish.model_dump(exclude_none=True) for name, wish in wishes.items()}
    return hwgen.compile(graph, folding=folding)


def as_stated(accelerator: hwgen.Accelerator, outcome: Outcome) -> None:
    """Every frame is right, and the cycles are those of the loops: of rigid pipelines with these streams.

    The loops are those of open gates; where one was closed, slots are left out.
    """
    design, frames = accelerator.design, outcome.frames
    assert outcome.passed and not outcome.mismatches and not outcome.slower
    flow = dataflow(design)
    assert design.hls is not None
    room = {name: design.hls.depths.get(name, DEFAULT_DEPTH) for name in flow.streams}
    skips = outcome.skipping is not None and any(outcome.skipping.shares.values())
    for run in outcome.bounded:
        assert run.cycles.interval is not None and run.cycles.interval <= design.hls.interval
        if skips:
            continue
        ends = RigidRun(flow.network(1, {}), run.depth, room, frames).ends
        assert (run.cycles.latency, run.cycles.total) == (ends[0] + 1, ends[-1] + 2), run


@pytest.mark.parametrize("make", tiered(IMAGE_NETWORKS, *RARE), ids=lambda make: make.__name__)
def test_cycles_are_those_of_the_loops(make: Callable[[Rng], Graph], tmp_path: Path) -> None:
    accelerator = drawn(make, 1)
    as_stated(accelerator, accelerator.simulate(FRAMES, "csim", pipeline_depths=(1, 2, 5, 64), work=tmp_path))
    for stalls in (Stalls(0.3, 0.3), Stalls(0.6, 0.0), Stalls(0.0, 0.6)):
        shaken = accelerator.simulate(3, "csim", pipeline_depths=(1, 16), stalls=stalls, work=tmp_path)
        assert shaken.passed and shaken.stalled and len(shaken.bounded) == 2


@pytest.mark.long
@pytest.mark.parametrize("seed", fresh(10))
@pytest.mark.parametrize("make", IMAGE_NETWORKS, ids=lambda make: make.__name__)
def test_cycles_are_those_of_the_loops_at_length(make: Callable[[Rng], Graph], seed: int, tmp_path: Path) -> None:
    accelerator = drawn(make, seed)
    as_stated(accelerator, accelerator.simulate(FRAMES, "csim", pipeline_depths=DEPTHS, work=tmp_path))
    stalls = Stalls(0.3, 0.3, seed=seed)
    assert accelerator.simulate(3, "csim", pipeline_depths=DEPTHS, stalls=stalls, work=tmp_path).passed


BRANCHED: dict[str, Callable[[], hwgen.Accelerator]] = {
    "joined": lambda: compiled("joined"),
    "resnet_like": lambda: drawn(IMAGE_NETWORKS[0], 1),
    "concat_net": lambda: drawn(IMAGE_NETWORKS[4], 1),
}


@pytest.mark.parametrize("name", tiered(["joined", "resnet_like"], "resnet_like"))
def test_a_deadlock_names_who_waits_for_whom(name: str, tmp_path: Path) -> None:
    """A stream of a branch that is too shallow in the emitted text."""
    project = BRANCHED[name]().write(tmp_path / "project")
    design = project.design
    assert design.hls is not None
    stream, _ = max(design.hls.depths.items(), key=lambda each: each[1])
    top = tmp_path / "project" / "hls" / "src" / f"{design.name}.cpp"
    text, count = re.subn(
        rf"variable={local_name(stream)} depth=\d+", f"variable={local_name(stream)} depth=2", top.read_text()
    )
    assert count == 1
    top.write_text(text)
    with pytest.raises(MismatchError, match="deadlock in cycle") as caught:
        project.simulate(3, "csim", pipeline_depths=(8,))
    told = re.findall(r"(\w+) waits for (?:room in|a beat of) (\w+) \((\d+) beats\)", str(caught.value))
    assert (local_name(stream), "2") in {(where, depth) for _, where, depth in told}
    assert len(told) >= 3 and len({process for process, _, _ in told}) == len(told)


@pytest.mark.parametrize("name", tiered(["joined", "concat_net"], "concat_net"))
def test_beats_that_depend_on_the_depth_are_seen(name: str, tmp_path: Path) -> None:
    """A unit that remembers the frames before, so that the second run differs from the first."""
    project = BRANCHED[name]().write(tmp_path / "project")
    library = tmp_path / "project" / "hls" / "src" / "lib" / "mvtu.hpp"
    text = library.read_text()
    for right, wrong in (
        ("  Value sums[PE];", "  static unsigned calls = 0;\n  ++calls;\n  Value sums[PE];"),
        ("out.write(Out::join(codes));", "out.write(typename Out::Word(Out::join(codes) ^ (calls > 4 ? 1 : 0)));"),
    ):
        assert right in text
        text = text.replace(right, wrong)
    library.write_text(text)
    with pytest.raises(MismatchError, match="pipelines of depth 8 give other beats than those of depth 2"):
        project.simulate(3, "csim", pipeline_depths=(2, 8))


def test_depths_belong_to_csim() -> None:
    accelerator = drawn(IMAGE_NETWORKS[4], 1)
    with pytest.raises(ConfigError, match="1 to 1024 stages, for csim; found 8 for rtl"):
        accelerator.simulate(2, "rtl", pipeline_depths=(8,))
    with pytest.raises(ConfigError, match="found 0, 4 for csim"):
        accelerator.simulate(2, "csim", pipeline_depths=(0, 4))
