"""What gates spare: shares and intervals of given frames, predicted, simulated and in reports."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import hwgen
from hwgen.cli import app
from hwgen.golden.execute import trace
from hwgen.ir.geometry import Geometry
from hwgen.ir.types import Bipolar, IntType
from hwgen.report.tables import skipping_lines
from hwgen.verify.skipping import Skipping, gates_of, gates_on, mean_interval
from tests.builders import ImageBuilder

FRAMES = 8
FOLDING = {"conv0": {"pe": 1, "simd": 3}, "fc0": {"pe": 4, "simd": 4}}


@pytest.fixture(scope="module")
def accelerator() -> hwgen.Accelerator:
    net = ImageBuilder(np.random.default_rng(11), (7, 6, 3), IntType(3, signed=False))
    same = Geometry((3, 3), padding=(1, 1, 1, 1))
    net.act(net.gated(net.input, 8, same, Bipolar(), IntType(2, signed=False), small=True), Bipolar())
    net.dense(net.last, 4, Bipolar())
    return hwgen.compile(net.graph(), folding=FOLDING)


def test_predicted_and_simulated_side_by_side(accelerator: hwgen.Accelerator, tmp_path: Path) -> None:
    codes = accelerator.codes(FRAMES, seed=3)
    outcome = accelerator.simulate(codes, "rtl", work=tmp_path)
    assert outcome.passed and outcome.skipping is not None
    gates = trace(accelerator.graph, codes)["act0_out"]
    spared = outcome.skipping
    assert spared.shares == {"conv0": float((gates == 0).mean())} and spared.skipped == spared.shares["conv0"]
    assert 0.1 < spared.skipped < 0.95
    assert spared.found == spared.predicted and spared.ungated == accelerator.design.cycles.interval
    assert spared.speedup is not None and spared.speedup > 1.1
    assert accelerator.skipping(codes) == Skipping(
        spared.shares, spared.skipped, spared.predicted, None, spared.ungated
    )
    stalled = accelerator.simulate(codes, "csim").skipping
    assert stalled is not None and stalled.found is None


def test_a_wrong_gate_is_seen(accelerator: hwgen.Accelerator, tmp_path: Path) -> None:
    """RTL that skips nothing gives the right codes in the wrong cycles."""
    built = accelerator.write(tmp_path / "project")
    library = tmp_path / "project" / "rtl" / "lib" / "hwgen_mvtu_gated.sv"
    text = library.read_text()
    assert "decides && gate_data_i == '0" in text
    library.write_text(text.replace("decides && gate_data_i == '0", "1'b0"))
    outcome = built.simulate(accelerator.codes(FRAMES, seed=3), "rtl")
    assert not outcome.mismatches and outcome.mistimed and not outcome.passed


def test_mean_interval() -> None:
    times = np.array([1, 4, 9, 10, 11, 30])
    assert mean_interval([times], 3) == (30 - 4) / 2 and mean_interval([times], 1) is None
    assert mean_interval([times, np.array([2, 8, 31])], 3) == (31 - 4) / 2  # a frame ends where the last output does


def test_lines_and_warnings() -> None:
    spared = Skipping({"conv0": 0.25, "conv1": 1.0, "conv2": 0.0}, 0.4, 60.0, 60.0, 90.0)
    assert skipping_lines(spared.to_json()) == [
        "gates skip 40.0% of the work of their layers (conv0 25%, conv1 100%, conv2 0% of the pixels)",
        "mean interval 60.0 cycles predicted, 60.0 simulated; 90.0 with every gate open: 1.50 times as fast",
        "warning: the gate of conv1 never opens on these frames (100% of its pixels are skipped)",
        "warning: the gate of conv2 always opens on these frames (0% of its pixels are skipped)",
    ]
    single = Skipping({"conv0": 0.25}, 0.25, None, None, None)
    assert single.speedup is None and len(skipping_lines(single.to_json())) == 1


def test_on_the_command_line(accelerator: hwgen.Accelerator, tmp_path: Path) -> None:
    project = accelerator.write(tmp_path / "project").project
    codes = accelerator.codes(FRAMES, seed=3)
    np.save(tmp_path / "frames.npy", codes)
    np.save(tmp_path / "labels.npy", np.zeros(FRAMES, dtype=np.int64))
    files = ["--images", str(tmp_path / "frames.npy"), "--labels", str(tmp_path / "labels.npy")]
    runner = CliRunner()
    shown = runner.invoke(app, ["evaluate", str(project), *files])
    assert shown.exit_code == 0 and "with every gate open" in shown.output
    report = json.loads(runner.invoke(app, ["evaluate", str(project), *files, "--json"]).stdout)
    spared = accelerator.skipping(codes)
    assert spared is not None and report["skipping"] == spared.to_json()
    estimate = runner.invoke(app, ["estimate", str(project)])
    assert "the worst case, every gate open: conv0 skip" in " ".join(estimate.output.split())
    simulated = runner.invoke(app, ["simulate", str(project), "--images", files[1]])
    assert simulated.exit_code == 0 and "times as fast" in " ".join(simulated.output.split())


def test_gates_of_many_frames_are_those_of_one_trace(accelerator: hwgen.Accelerator) -> None:
    """They are looked up a few frames at a time."""
    codes = accelerator.codes(150)
    design, graph = accelerator.design, accelerator.graph
    wanted, found = gates_of(design, trace(graph, codes)), gates_on(design, graph, (codes,))
    assert design.gated and found.keys() == wanted.keys()
    assert all(np.array_equal(found[name], wanted[name]) for name in wanted)
