"""Where a network can be cut for two devices, and what either side is."""

from __future__ import annotations

import numpy as np
import pytest

from hwgen.errors import ConfigError
from hwgen.golden.execute import trace
from hwgen.hw.cut import cut_behind, cut_points, owner_of
from hwgen.ir.check import check
from hwgen.ir.cut import sides, split
from hwgen.ir.geometry import Geometry
from hwgen.ir.graph import Graph
from hwgen.ir.types import Bipolar, IntType
from hwgen.passes.pipeline import integer_network, retyped
from hwgen.verify.vectors import random_frames
from tests.builders import ImageBuilder, random_image_network, random_network
from tests.seeds import fresh
from tests.tiers import some

CODES = IntType(3, signed=True)


def residual() -> Graph:
    """conv0, a block of conv1 and conv2 beside a shortcut, and a dense layer."""
    net = ImageBuilder(np.random.default_rng(0), (6, 6, 2), CODES)
    same = Geometry((3, 3), padding=(1, 1, 1, 1))
    start = net.act(net.conv(net.last, 2, same, CODES), CODES)
    branch = net.act(net.conv(start, 2, same, CODES), CODES)
    net.act(net.sum(start, net.act(net.conv(branch, 2, same, CODES), CODES)), CODES)
    net.dense(net.last, 3, CODES)
    return integer_network(net.graph())


RESIDUAL = residual()
DENSE = integer_network(random_network(np.random.default_rng(0), (6, 5, 4), hidden=IntType(2, False)))


def test_only_streams_that_go_on_alone() -> None:
    points = cut_points(RESIDUAL)
    assert [*points] == ["conv0", "sum0", "act3"]
    assert {points[name].type.dtype for name in ("conv0", "act3")} == {CODES}


def test_a_threshold_stays_with_its_layer() -> None:
    assert cut_behind(DENSE, "fc0") == cut_behind(DENSE, "act0") == DENSE.node("act0").output


REFUSED: dict[str, tuple[Graph, str, str]] = {
    "unknown": (RESIDUAL, "conv9", "must name a layer of the network; found conv9. {}"),
    "an input": (
        DENSE,
        "input",
        "must name a layer of the network; found input, an input: there is no layer in front of it."
        " Cut behind one of fc0.",
    ),
    "the last": (
        DENSE,
        "fc1",
        "the stream behind fc1 (net.fc1) must be all that goes on to a second device, with layers on both sides;"
        " found nothing computes behind it. Cut behind one of fc0.",
    ),
    "in a branch": (
        RESIDUAL,
        "conv1",
        "the stream behind conv1 (net.conv1) must be all that goes on to a second device, with layers on both sides;"
        " found act0_out, which sum0 (net.sum0) reads behind it. {}",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    graph, layer, message = REFUSED[name]
    with pytest.raises(ConfigError) as caught:
        cut_behind(graph, layer)
    assert str(caught.value) == f"cut: {message.format('Cut behind one of conv0, sum0, act3.')}"


def test_a_network_of_one_layer() -> None:
    graph = integer_network(random_network(np.random.default_rng(0), (6, 4)))
    with pytest.raises(ConfigError, match=r"found nothing computes behind it\. Build it for one device\.$"):
        cut_behind(graph, "fc0")


def test_owners() -> None:
    assert [getattr(owner_of(RESIDUAL, name), "name", None) for name in ("conv1_window", "sum0_fifo1", "source")] == [
        "conv1",
        "sum0",
        None,
    ]


@pytest.mark.parametrize("seed", some(fresh(40), 13))
def test_both_sides_compute_what_the_whole_does(seed: int) -> None:
    graph = integer_network(random_image_network(np.random.default_rng(seed)))
    golden = trace(graph, random_frames(graph.inputs, 3, seed))
    for value in cut_points(graph).values():
        first, second = split(graph, value, ("one", "two"))
        second = retyped(second)
        for part in (first, second):
            check(part)
            found = trace(part, [golden[each.value.name] for each in part.inputs])
            for name, codes in found.items():
                np.testing.assert_array_equal(codes, golden[name], err_msg=name)
        assert {node.name for part in (first, second) for node in part.nodes} == {node.name for node in graph.nodes}
        assert [node.name for node in first.nodes] == [node.name for node in sides(graph, value)[0]]


def test_what_goes_on_may_take_its_whole_type() -> None:
    """Ranges that only the layers in front of a cut prove are not known behind it: sums there become wider."""
    graph = integer_network(
        random_network(np.random.default_rng(0), (6, 5, 4), hidden=IntType(2, True), weight=IntType(2, True))
    )
    _, second = split(graph, cut_behind(graph, "fc0"), ("one", "two"))
    widest = retyped(second).node("fc1").output.type.dtype
    assert widest.bits >= graph.node("fc1").output.type.dtype.bits and not isinstance(widest, Bipolar)
