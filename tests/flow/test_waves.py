"""Files of waves hold what the design did, beat for beat."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from pywellen import Waveform

import hwgen
from hwgen.backends.rtl import stream_beats
from hwgen.errors import ConfigError, MismatchError
from hwgen.golden.execute import trace
from hwgen.hw.design import Design
from hwgen.hw.packing import to_words
from hwgen.hw.stream import Stream
from hwgen.ir.types import IntArray
from hwgen.verify.simulator import WAVES
from tests.builders import random_network
from tests.tiers import tiered

CYCLE_NS, RESET_CYCLES, FRAMES = 10, 4, 3

pytestmark = pytest.mark.starts_process


@pytest.fixture(scope="module")
def accelerator(tmp_path_factory: pytest.TempPathFactory) -> hwgen.Accelerator:
    design = hwgen.compile(random_network(np.random.default_rng(1), (12, 8, 4)), target_interval=40)
    return design.write(tmp_path_factory.mktemp("waves") / "out")


def beats(waves: Waveform, data: str, valid: str, ready: str) -> list[int]:
    """What a stream carries: its data at every rising edge of the clock that finds it valid and ready."""
    signals = {each.full_name: each for each in waves.all_vars()}
    rising = [time for time, level in signals["bench.clk"].tv if level == 1]
    assert {later - time for time, later in pairwise(rising)} == {CYCLE_NS}
    before = [time - 1 for time in rising[RESET_CYCLES:]]
    taken = [time for time in before if all(signals[each].signal.value_at(time) for each in (valid, ready))]
    return [int(signals[data].signal.value_at(time)) for time in taken]


def golden(found: dict[str, IntArray], stream: Stream) -> list[int]:
    words = to_words(found[stream.tensor].reshape(FRAMES, -1), stream)
    return [int.from_bytes(word.tobytes(), "little") for word in words]


@pytest.mark.parametrize("kind", tiered(WAVES, "vcd"))
def test_every_beat_is_there(kind: str, accelerator: hwgen.Accelerator, tmp_path: Path) -> None:
    codes, path = accelerator.codes(FRAMES, seed=4), tmp_path / f"run.{kind}"
    assert accelerator.simulate(codes, waves=path).passed
    assert [each.name for each in tmp_path.iterdir()] == [path.name]
    waves, found, design = Waveform(str(path)), trace(accelerator.graph, (codes,)), accelerator.design
    left = [f"bench.gen_output[0].{name}" for name in ("data", "valid", "ready")]
    assert beats(waves, *left) == golden(found, design.outputs[0].stream)
    inner = inner_stream(design)
    names = stream_beats(design, inner.name)
    between = [f"bench.u_dut.{name}" for name in (names.data.split("[")[0], names.valid, names.ready)]
    assert beats(waves, *between) == golden(found, inner)


def inner_stream(design: Design) -> Stream:
    """A stream between two units that carries a tensor."""
    return next(each for name, each in design.streams.items() if name not in design.edge and each.tensor)


def test_of_a_design_that_hangs(accelerator: hwgen.Accelerator, tmp_path: Path) -> None:
    """That is when one wants to look."""
    copy = accelerator.write(tmp_path / "out")
    assert copy.project is not None
    module = copy.project / "rtl" / "lib" / "hwgen_mvtu.sv"
    module.write_text(module.read_text().replace("assign fire = may_fire", "assign fire = 1'b0"))
    path = tmp_path / "hung.fst"
    with pytest.raises(MismatchError, match="without a beat"):
        copy.simulate(copy.codes(1), waves=path)
    assert path.stat().st_size > 1_000


@pytest.mark.parametrize(
    ("name", "backend", "message"),
    [
        ("run.txt", "rtl", "waves: must name a file .fst or .vcd; found {}"),
        ("run.fst", "csim", "waves: must be of the back end rtl, whose signals they are; found csim"),
        ("none/run.fst", "rtl", "waves: must lie in a folder that is there; found {}"),
    ],
)
def test_mistakes(name: str, backend: str, message: str, accelerator: hwgen.Accelerator, tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        accelerator.simulate(1, backend, waves=tmp_path / name)
    assert message.format(tmp_path / name) in str(caught.value) and not [*tmp_path.iterdir()]
