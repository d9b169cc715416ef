"""A kept work folder: what is in it is used again where the sources are the same, whatever their dates say."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hwgen import flow
from hwgen.flow import Accelerator
from hwgen.golden.execute import run
from hwgen.ir.graph import Graph
from hwgen.ir.ops import MatMul
from hwgen.verify import process
from hwgen.verify.cpp import preprocess
from hwgen.verify.hlsrtl import Verilog
from tests.builders import random_network

FIRST = random_network(np.random.default_rng(0), (6, 4))
PARTS = ("data", "valid", "ready")
DATE = 1_000_000_000
PORTS = {f"{end}_{part}": f"{bus}_t{part}" for end, bus in (("in", "s_axis"), ("out", "m_axis")) for part in PARTS}


def other(graph: Graph) -> Graph:
    """The network with one weight changed."""
    node = graph.nodes[0]
    assert isinstance(node.op, MatMul)
    weights = node.op.weights.copy()
    weights[1, 2] *= -1
    return replace(graph, nodes=(replace(node, op=replace(node.op, weights=weights)), *graph.nodes[1:]))


def built(graph: Graph, folder: Path, date: int) -> Accelerator:
    """The project of a network in `folder`, every file of it with one date."""
    shutil.rmtree(folder, ignore_errors=True)
    accelerator = flow.compile(graph, folding={"fc0": {"pe": 2, "simd": 3}}).write(folder)
    for path in folder.rglob("*"):
        os.utime(path, (date, date))
    return accelerator


def simulated(accelerator: Accelerator, backend: str, work: Path) -> bool:
    """Whether the back end gives what golden gives; of `hls-rtl` the RTL project stands for a tool's Verilog."""
    assert accelerator.project is not None
    verilog = Verilog(accelerator.project / "rtl", "net", PORTS) if backend == "hls-rtl" else None
    codes = accelerator.codes(8)
    outcome = accelerator.simulate(codes, backend, work=work, verilog=verilog)
    return np.array_equal(outcome.outputs.reshape(8, -1), run(accelerator.graph, codes).reshape(8, -1))


@pytest.mark.parametrize("backend", ["csim", "dpi", "rtl", "hls-rtl"])
def test_a_changed_weight_is_seen(tmp_path: Path, backend: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """All sources are older than what was built of the first ones. The same ones are not built again."""
    for graph, date in ((FIRST, DATE), (other(FIRST), DATE - 500)):
        accelerator = built(graph, tmp_path / "out", date)
        assert simulated(accelerator, backend, tmp_path / "work")
    programs: list[str] = []
    real = process.run

    def counted(command, **options):  # type: ignore[no-untyped-def]
        programs.append(Path(command[0]).name)
        real(command, **options)

    monkeypatch.setattr("hwgen.verify.process.run", counted)
    monkeypatch.setattr("hwgen.verify.bench.run_process", counted)
    monkeypatch.setattr("hwgen.verify.simulator.run", counted)
    assert simulated(accelerator, backend, tmp_path / "work")
    assert programs == ["net_tb" if backend == "csim" else "sim"]
    one, two = (flow.compile(graph) for graph in (FIRST, other(FIRST)))
    codes = one.codes(8)
    assert not np.array_equal(one.outputs(codes), two.outputs(codes))


@pytest.mark.long
def test_one_layer_after_another(tmp_path: Path) -> None:
    """Sources of the layer before are no part of the next one."""
    accelerator = flow.compile(random_network(np.random.default_rng(0), (6, 4, 3)))
    for layer in ("fc0", None):
        assert accelerator.simulate(3, "csim", layer=layer, work=tmp_path / "work").passed


def test_a_memory_of_an_earlier_run_is_not_found(tmp_path: Path) -> None:
    """Verilog that lacks a memory file does not get that of other Verilog."""
    accelerator = built(FIRST, tmp_path / "out", DATE)
    assert simulated(accelerator, "hls-rtl", tmp_path / "work")
    assert [path.unlink() for path in (tmp_path / "out" / "rtl" / "mem").glob("*_weights.mem")]
    assert not simulated(accelerator, "hls-rtl", tmp_path / "work")


def test_the_preprocessor_sees_changed_sources(tmp_path: Path) -> None:
    project = built(FIRST, tmp_path / "out", DATE).project or tmp_path
    before = preprocess(project / "hls", "vitis", tmp_path / "work")
    path = project / "hls" / "src" / "net.cpp"
    path.write_text(path.read_text() + "static int unused_number = 1;\n")
    os.utime(path, (DATE, DATE))
    after = preprocess(project / "hls", "vitis", tmp_path / "work")
    assert len(after.text.split()) == len(before.text.split()) + 5 and "unused_number" in after.text.split()
