"""Random cases: networks of every kind that the tests draw, with foldings, memories, FIFO depths, stalls and resets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from typing import Any

import torch

import hwgen
from hwgen.frontend.brevitas import export
from hwgen.frontend.silence import quiet
from hwgen.hw.design import Design
from hwgen.hw.fifo import sizes_of
from hwgen.ir.graph import Graph
from hwgen.ir.ops import Conv, MatMul
from hwgen.ir.text import print_graph
from hwgen.ir.types import DType, IntType
from hwgen.passes.pipeline import integer_network
from hwgen.verify.bench import Stalls
from tests.builders import (
    IMAGE_NETWORKS,
    Rng,
    codes_of,
    random_conv_network,
    random_folding,
    random_image_network,
)
from tests.end_to_end.cases import Case, network_of, verdict_of
from tests.end_to_end.heads import BODIES, random_head
from tests.end_to_end.networks import random_dense_network
from tests.frontend.judge import frame_shape
from tests.frontend.random_brevitas import random_module
from tests.frontend.random_graphs import random_graph
from tests.frontend.random_qdq import random_qdq
from tests.frontend.test_random_brevitas import INT8, SCALE
from tests.gated_networks import gated_network, lccl_network
from tests.plane_nets import random_plane_network

LEAST_DEPTH = 2
"""Beats of a FIFO that is a stream of the HLS project, too."""

Draw = Callable[[int, Rng], Case]


def _case(kind: str, network: bytes, dtype: DType, shape: tuple[int, ...], rng: Rng, **rest: Any) -> Case:
    """A case with a few frames, the extremes of the input type among them."""
    frames = codes_of(rng, dtype, (int(rng.integers(3, 9)), *shape))
    frames[0], frames[1] = dtype.min, dtype.max
    return Case(kind, network, frames, **rest)


def _operators(seed: int, rng: Rng) -> Case:
    model, dtype, scale = random_graph(seed)
    given = {"input_type": str(dtype), "input_scale": scale}
    return _case("operators", model.SerializeToString(), dtype, frame_shape(model), rng, **given)


def _heads(seed: int, rng: Rng) -> Case:
    model = random_head(seed, str(rng.choice(sorted(BODIES)))).model()
    int4 = IntType(4, signed=True)
    return _case("heads", model.SerializeToString(), int4, frame_shape(model), rng, input_type=str(int4))


def _qdq(seed: int, rng: Rng) -> Case:
    model = random_qdq(seed)
    given = {"input_type": str(INT8), "input_scale": 1 / 8}
    return _case("qdq", model.SerializeToString(), INT8, frame_shape(model), rng, **given)


def _brevitas(seed: int, rng: Rng) -> Case:
    with quiet():
        net, shape = random_module(seed)
        model = export(net, torch.zeros(1, *shape), "random").SerializeToString()
    return _case("brevitas", model, INT8, shape, rng, input_type=str(INT8), input_scale=SCALE, module=seed)


def _integer(kind: str, make: Callable[[int, Rng], Graph]) -> Draw:
    """Cases of integer networks, which have no reference beyond golden."""

    def draw(seed: int, rng: Rng) -> Case:
        graph = make(seed, rng)
        return _case(kind, print_graph(graph).encode(), graph.input.type.dtype, graph.input.type.shape, rng)

    return draw


KINDS: Mapping[str, tuple[int, Draw]] = {
    "operators": (6, _operators),
    "heads": (2, _heads),
    "qdq": (2, _qdq),
    "brevitas": (1, _brevitas),
    "dense": (1, _integer("dense", lambda seed, rng: random_dense_network(seed, int(rng.integers(1, 5))))),
    "images": (1, _integer("images", lambda seed, rng: random_image_network(rng))),
    "convolutions": (1, _integer("convolutions", lambda seed, rng: random_conv_network(rng))),
    "families": (1, _integer("families", lambda seed, rng: IMAGE_NETWORKS[seed % len(IMAGE_NETWORKS)](rng))),
    "gates": (1, _integer("gates", lambda seed, rng: gated_network(rng))),
    "lccl": (1, _integer("lccl", lambda seed, rng: lccl_network(rng))),
    "planes": (1, _integer("planes", lambda seed, rng: random_plane_network(rng))),
}
"""How often each kind is drawn, and how."""


def with_design(case: Case, rng: Rng) -> Case:
    """The case with random settings and runs, or with a folding alone where the other settings are refused."""
    graph, _, _ = network_of(case)
    settings = random_settings(rng, integer_network(graph))
    for chosen in (settings, {"folding": settings["folding"]}):
        case = replace(case, settings=chosen)
        verdict = verdict_of(case, ["compile"])
        if verdict.what == "exact":
            return _with_runs(case, hwgen.compile(graph, **chosen).design, rng)
        if verdict.is_fault:
            break
    return case


def _with_runs(case: Case, design: Design, rng: Rng) -> Case:
    sizes, beats = sizes_of(design), sum(port.stream.beats for port in design.inputs)
    depths = {
        name: max(LEAST_DEPTH, depth + int(rng.integers(-2, 9))) for name, depth in sizes.items() if rng.random() < 0.3
    }
    runs = [_random_run(rng, design.cycles.interval, beats * len(case.frames)) for _ in range(rng.integers(1, 4))]
    return replace(case, settings={**case.settings, **({"fifo_depths": depths} if depths else {})}, runs=runs)


def random_settings(rng: Rng, network: Graph) -> dict[str, Any]:
    """Settings of an integer network: a folding, and others in some of the cases."""

    def some(names: list[str], share: float, *values: str) -> dict[str, str]:
        return {name: str(rng.choice(values)) for name in names if rng.random() < share}

    products = [node for node in network.nodes if isinstance(node.op, MatMul | Conv)]
    names = [node.name for node in products]
    planes = [node.name for node in products if len(node.op.planes) > 1]
    wishes = {name: wish.model_dump(exclude_none=True) for name, wish in random_folding(rng, network).items()}
    settings: dict[str, Any] = {
        "folding": {name: wish for name, wish in wishes.items() if rng.random() < 0.9},
        "pipeline": [*["auto"] * 4, 0, 1, 2, 5][rng.integers(8)],
        "clock_mhz": [100.0, 200.0, 350.0][rng.integers(3)],
        "memory": some(names, 0.2, "registers", "distributed", "block", "external"),
        "planes": some(planes, 0.6, "parallel", "serial"),
    }
    if rng.random() < 0.2:
        settings["fifos"] = "memory"
    if rng.random() < 0.2:
        settings["top1"] = True
    if rng.random() < 0.2:
        settings["tlast"] = False
    if rng.random() < 0.05:
        settings["writable"] = [name for name in names if rng.random() < 0.5]
    return settings


def _random_run(rng: Rng, interval: int, beats: int) -> dict[str, Any]:
    """A source that waits between frames, stalls, a reset, or several of these."""
    run: dict[str, Any] = {}
    if rng.random() < 0.4:
        run["input_interval"] = int(rng.integers(1, 2 * interval + 2))
    if rng.random() < 0.6:
        source, sink, memory = (float(each) for each in rng.choice([0.0, 0.1, 0.5, 0.8], 3))
        run["stalls"] = asdict(Stalls(source, sink, int(rng.integers(1, 1 << 30)), memory))
    if rng.random() < 0.4 or not run:
        run["reset_after_beats"] = int(rng.integers(1, max(2, beats)))
    return run
