"""Layers simulated alone: by any workers the same, gone on with where they were interrupted, wrong ones named."""

from __future__ import annotations

import json
import logging
import os
import signal
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hwgen import flow
from hwgen.errors import ConfigError, DataError
from hwgen.flow import LAYER_RECORD, Accelerator, LayerPlan, LayerReports, simulate_layers
from hwgen.ir.geometry import Geometry
from hwgen.ir.graph import Graph
from hwgen.ir.ops import Conv
from hwgen.ir.types import IntType
from hwgen.verify import layers
from hwgen.verify.simulate import Conditions
from hwgen.verify.vectors import random_frames
from tests.builders import TERNARY, ImageBuilder, Rng, random_network, resnet_like
from tests.gated_networks import gated_network
from tests.tiers import tiered

UINT2 = IntType(2, signed=False)


def branched(rng: Rng) -> Graph:
    """A convolution beside which its input goes on, their sum, a convolution and a dense layer."""
    net = ImageBuilder(rng, (5, 5, 3), UINT2)
    same = Geometry((3, 3), padding=(1, 1, 1, 1))
    net.act(net.sum(net.input, net.act(net.conv(net.input, 3, same, TERNARY), UINT2)), UINT2)
    net.act(net.conv(net.last, 4, same, TERNARY), UINT2)
    net.dense(net.last, 3, TERNARY)
    return net.graph("net")


@pytest.fixture(scope="module", params=tiered([branched, resnet_like], resnet_like), ids=lambda make: make.__name__)
def project(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network whose branches join."""
    folder = tmp_path_factory.mktemp("layers") / "out"
    flow.compile(request.param(np.random.default_rng(0)), target_interval=600).write(folder)
    return folder


def reports(accelerator: Accelerator, frames: int = 2, **options: Any) -> LayerReports:
    told = {key: options.pop(key) for key in ("conditions", "progress") if key in options}
    codes = random_frames(accelerator.graph.inputs, frames, seed=0)
    return simulate_layers(accelerator, codes, LayerPlan(**options), **told)


def test_every_layer_by_one_process_and_by_two(project: Path) -> None:
    accelerator = flow.open_project(project)
    done: list[tuple[int, int, str]] = []
    found = reports(accelerator, workers=1, progress=lambda *told: done.append(told))
    names = [unit.name for unit in accelerator.design.layers]
    assert list(found.layers) == names and {"sum0", "conv0"} <= set(names)
    assert done == [(index, len(names), name) for index, name in enumerate(names, start=1)]
    assert found.to_json()["passed"] and found.mismatches == 0 and not found.failed
    for name, report in found.layers.items():
        assert report["interval_cycles"] == report["predicted"]["interval_cycles"] is not None, name
        assert report["beats_timed"] > 0 and report["streams_checked"], name
    kept = {"format": "hwgen/simulate-layers/1", **found.to_json(), **accelerator.identity}
    assert json.loads((project / LAYER_RECORD).read_text()) == kept
    assert reports(accelerator, workers=2).to_json() == found.to_json()


@pytest.mark.parametrize("backend", ["csim", "dpi"])
def test_the_hls_project(backend: str, tmp_path: Path) -> None:
    accelerator = flow.compile(random_network(np.random.default_rng(0), (12, 8))).write(tmp_path / "out")
    found = reports(accelerator, frames=1, backend=backend, workers=1)
    assert not found.failed and found.conditions["backend"] == backend


@pytest.mark.parametrize("seed", tiered([6, 1], 1))
def test_with_stalls_and_gates(seed: int, tmp_path: Path) -> None:
    """Networks of four layers and of eleven."""
    from hwgen.verify.bench import Stalls

    accelerator = flow.compile(gated_network(np.random.default_rng(seed))).write(tmp_path / "out")
    assert accelerator.design.gated
    found = reports(accelerator, workers=1, conditions=Conditions(Stalls(0.3, 0.3, 1)))
    assert not found.failed and all(report["stalls"] for report in found.layers.values())


def test_goes_on_with_what_passed(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Layers of the record are not simulated again, but for other frames, conditions or designs."""
    accelerator = flow.open_project(project)
    first = reports(accelerator, workers=1)
    record = json.loads((project / LAYER_RECORD).read_text())
    names = list(record["layers"])
    del record["layers"][names[-1]]
    record["layers"][names[0]]["passed"] = False
    (project / LAYER_RECORD).write_text(json.dumps(record))
    ran: list[str] = []
    simulated = layers.simulated
    monkeypatch.setattr(
        layers, "simulated", lambda runs, layer: ran.append(layer.design.units[-1].name) or simulated(runs, layer)
    )
    again = reports(accelerator, workers=1, resume=True)
    assert ran == [names[0], names[-1]] and again.kept == tuple(names[1:-1])
    assert again.to_json() == first.to_json()
    ran.clear()
    assert len(reports(accelerator, frames=1, workers=1, resume=True).layers) == len(ran) == len(names)


def test_an_interruption_keeps_what_was_found(project: Path) -> None:
    accelerator = flow.open_project(project)

    def interrupt(done: int, *_: object) -> None:
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        reports(accelerator, workers=1, progress=interrupt)
    record = json.loads((project / LAYER_RECORD).read_text())
    assert len(record["layers"]) == 2
    whole = reports(accelerator, workers=1, resume=True)
    assert len(whole.kept) == 2
    del whole.layers["conv0"]
    accelerator.record(LAYER_RECORD, whole.to_json())
    with pytest.raises(KeyboardInterrupt):
        reports(accelerator, workers=1, resume=True, progress=lambda *_: interrupt(2))
    assert len(json.loads((project / LAYER_RECORD).read_text())["layers"]) == len(whole.layers) + 1


def test_a_wrong_layer_is_named(project: Path) -> None:
    """The golden model of other weights: the layer that has them differs, and no other."""
    accelerator = flow.open_project(project)
    node = next(node for node in accelerator.graph.nodes if node.name == "conv1")
    assert isinstance(node.op, Conv)
    other = replace(node, op=replace(node.op, weights=-node.op.weights))
    nodes = tuple(other if each is node else each for each in accelerator.graph.nodes)
    found = reports(replace(accelerator, graph=replace(accelerator.graph, nodes=nodes)), workers=1)
    assert found.failed == ("conv1",) and found.mismatches > 0
    assert not found.to_json()["passed"]


def test_a_cluster_that_loses_a_worker(project: Path) -> None:
    from distributed import LocalCluster

    accelerator = flow.open_project(project)
    expected = reports(accelerator, workers=1).to_json()
    quiet = {"dashboard_address": ":0", "silence_logs": logging.CRITICAL}
    with LocalCluster(n_workers=2, threads_per_worker=1, **quiet) as cluster:
        pids = [worker.pid for worker in cluster.workers.values()]

        def kill(done: int, *_: object) -> None:
            if done == 1:
                with suppress(ProcessLookupError):
                    os.kill(pids[0], signal.SIGKILL)

        assert reports(accelerator, dask=cluster.scheduler_address, progress=kill).to_json() == expected


def test_errors(project: Path) -> None:
    accelerator = flow.open_project(project)
    with pytest.raises(ConfigError, match=r"^backend: must be rtl, csim or dpi for single layers; found golden\."):
        reports(accelerator, backend="golden")
    with pytest.raises(ConfigError, match=r"^layers: must be those of a project; found a design in memory\."):
        reports(replace(accelerator, project=None))
    (project / LAYER_RECORD).write_text(json.dumps({**accelerator.identity, "layers": 7}))
    with pytest.raises(DataError, match=r"Start without --resume"):
        (project / LAYER_RECORD).write_text("{")
        reports(accelerator, resume=True)
