"""The dataflow graph: every layer, every stream, widths and FIFOs as the design has them, nothing on top of another."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from hwgen.flow import Accelerator, compile
from hwgen.hw.kernels.fifo import FifoUnit
from hwgen.ir.graph import Graph, Input, Node, Output, Value
from hwgen.ir.ops import Sum
from hwgen.ir.types import IntType, TensorType
from hwgen.report.diagram import END, START, Card, Diagram, diagram
from tests.builders import IMAGE_NETWORKS, B, ImageBuilder, random_network

UINT2 = IntType(2, signed=False)
Network = Callable[[np.random.Generator], Graph]


def drawn(built: Accelerator) -> Diagram:
    return diagram(built.design, built.estimate())


@pytest.fixture(scope="module", params=IMAGE_NETWORKS, ids=lambda network: network.__name__)
def built(request: pytest.FixtureRequest) -> Accelerator:
    network: Network = request.param
    return compile(network(np.random.default_rng(0)), target_interval=600)


def test_every_layer_has_a_card(built: Accelerator) -> None:
    report, cards = built.estimate(), {card.name: card for card in drawn(built).cards}
    assert {START, END} < cards.keys()
    for layer in report.layers:
        card = cards[layer.name]
        assert card.cycles == f"{layer.cycles:,} cycles"
        assert card.window == (f"window unit, {layer.window_cycles:,} cycles" if layer.window_cycles else "")
        assert card.detail.startswith(f"{layer.kind}, PE {layer.pe}")
        assert (f"SIMD {layer.simd}" in card.detail) == (layer.simd is not None)
    assert [card.name for card in cards.values() if card.mark] == [
        unit.layer for unit in report.units if unit.name == report.bottleneck
    ]


def test_every_fifo_is_on_an_arrow(built: Accelerator) -> None:
    labels = [line for arrow in drawn(built).arrows for line in arrow.label]
    shown = sum(int(depth) for line in labels for depth in re.findall(r"FIFO (\d+)", line))
    assert shown == sum(unit.depth for unit in built.design.units if isinstance(unit, FifoUnit))
    assert shown > 0 or built.design.name != "resnet_like"


def test_the_width_of_an_arrow_is_that_of_its_ends(built: Accelerator) -> None:
    """At its source as the source writes it, at its target as the target (or its window unit) reads it."""
    written = {stream.width for unit in built.design.units for stream in unit.outputs} | {built.design.input.width}
    for arrow in drawn(built).arrows:
        widths = [int(each) for each in re.findall(r"\d+(?= →| bit)", arrow.label[0])]
        assert widths and set(widths) <= written


def test_branches_meet(built: Accelerator) -> None:
    """As many arrows end at a card as its unit reads streams."""
    arrows = [arrow.target for arrow in drawn(built).arrows]
    units = {unit.name: unit for unit in built.design.units}
    for card in drawn(built).cards:
        expected = {START: 0, END: 1}.get(card.name) if card.kind == "end" else len(units[card.name].inputs)
        assert arrows.count(card.name) == expected


def apart(one: Card, two: Card) -> bool:
    across = one.x + one.width <= two.x or two.x + two.width <= one.x
    return across or one.y + one.height <= two.y or two.y + two.height <= one.y


def test_cards_stand_apart_and_inside(built: Accelerator) -> None:
    picture = drawn(built)
    for number, card in enumerate(picture.cards):
        assert card.x >= 0 and card.x + card.width <= picture.width
        assert card.y >= 0 and card.y + card.height <= picture.height
        assert 0 <= card.busy <= card.width
        assert all(apart(card, other) for other in picture.cards[:number])


def test_arrows_join_their_cards(built: Accelerator) -> None:
    picture = drawn(built)
    cards = {card.name: card for card in picture.cards}
    for arrow in picture.arrows:
        source, target = cards[arrow.source], cards[arrow.target]
        assert arrow.path.startswith(f"M{source.x + source.width / 2:g} {source.y + source.height:g}V")
        assert arrow.path.endswith(f"V{target.y:g}")
        assert f"L{target.x + target.width / 2:g} {target.y:g}L" in arrow.tip


def test_a_chain_is_as_narrow_as_a_card() -> None:
    picture = drawn(compile(random_network(np.random.default_rng(0), (12, 8, 6, 4))))
    assert len({card.x + card.width / 2 for card in picture.cards}) == 1
    assert picture.width < 260
    assert not any("Q" in arrow.path for arrow in picture.arrows)


def test_several_ports_have_a_card_each() -> None:
    """Two inputs added, and an output that a layer reads on: an arrow at each."""
    rng = np.random.default_rng(0)
    net = ImageBuilder(rng, (6,), UINT2)
    first = net.act(net.dense(net.input, 4, B), UINT2)
    net.dense(first, 3, B)
    other = Value("in1", TensorType((4,), UINT2))
    total = Value("total", TensorType((4,), IntType(3, signed=False)))
    graph = net.graph()
    summed = Node("add0", Sum(), (first, other), total)
    inputs = (*graph.inputs, Input(other, name="beside"))
    outputs = (replace(graph.outputs[0], name="scores"), Output(total, name="total"), Output(first, name="codes"))
    several = Graph(graph.name, (replace(inputs[0], name="image"), inputs[1]), (*graph.nodes, summed), outputs)
    picture = drawn(compile(several, target_interval=30))
    ends = [card for card in picture.cards if card.kind == "end"]
    assert [card.title for card in ends] == [
        "image, 6 × uint2", "beside, 4 × uint2", "scores, 3 × int5", "total, 4 × uint3", "codes, 4 × uint2"
    ]  # fmt: skip
    arrows = picture.arrows
    assert all(any(card.name in (arrow.source, arrow.target) for arrow in arrows) for card in ends)
    for number, card in enumerate(picture.cards):
        assert all(apart(card, other) for other in picture.cards[:number])
