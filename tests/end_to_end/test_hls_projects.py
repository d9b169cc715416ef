"""HLS projects of whole networks: compilers take them without a warning, their pragmas are legal, they compute."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import hwgen
from hwgen import flow
from hwgen.flow.hls import check_hls, write_layer
from hwgen.verify import hlscheck, process
from hwgen.verify.headers import hls_include
from hwgen.zoo import find
from hwgen.zoo.build import imported, starting_settings
from tests.builders import random_network

MODELS = {
    "TFC": ("TFC_1W1A.onnx", {"input_type": "uint8", "input_scale": 1 / 255}),
    "CNV": ("CNV_W1A1_BNN-PYNQ.onnx.gz", {}),
}


def holds(accelerator: hwgen.Accelerator, folder: Path, frames: int) -> None:
    """The checks, then C simulation against golden."""
    built = accelerator.write(folder / "project")
    found = check_hls(built, folder / "check")
    assert found.findings == ()
    assert found.compilers == tuple(hlscheck.COMPILERS) and found.missing == ()
    outcome = built.simulate(frames, "csim", work=folder / "work")
    assert outcome.passed and outcome.frames == frames


def test_a_small_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A register starts it; its clock has a margin of its own."""
    compilers = {name: hlscheck.COMPILERS[name] for name in ("g++", "clang++")}
    monkeypatch.setattr(hlscheck, "COMPILERS", compilers)
    graph = random_network(np.random.default_rng(4), (20, 12, 5))
    holds(hwgen.compile(graph, control="axilite", clock_uncertainty=0.125), tmp_path, 8)
    project = tmp_path / "project" / "hls"
    assert "HWGEN_CONTROL(s_axilite)" in next(project.glob("src/net.cpp")).read_text()
    assert "clock=5ns\nclock_uncertainty=12.5%\n" in (project / "hls_config.cfg").read_text()


def test_a_layer_alone(tmp_path: Path) -> None:
    """Its project proves itself as that of the network does."""
    accelerator = hwgen.compile(random_network(np.random.default_rng(4), (20, 12, 5)))
    write_layer(accelerator, "fc1", tmp_path / "fc1")
    command = ["make", "run", f"HLS_INCLUDE={hls_include()}"]
    process.run(command, cwd=tmp_path / "fc1", log=tmp_path / "log", timeout_s=300)
    assert "16 frames, 80 beats, 0 mismatches\n" in (tmp_path / "log").read_text()


@pytest.mark.long
@pytest.mark.shared_data
@pytest.mark.parametrize("name", MODELS)
def test_a_network_of_others(name: str, shared: Path, tmp_path: Path) -> None:
    model, options = MODELS[name]
    holds(hwgen.compile(hwgen.load(shared / "models" / model, **options)), tmp_path, 32)


@pytest.mark.long
def test_a_residual_network(tmp_path: Path) -> None:
    """Forks, adders, gates, windows and pools."""
    entry = find("lccl-resnet")
    holds(flow.compile_with(imported(entry), starting_settings(entry, {})), tmp_path, 16)
