"""Folding: what is asked for, what is chosen, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from hwgen.config import LayerFolding
from hwgen.errors import FoldingError
from hwgen.hw.folding import folded_layers, resolve
from hwgen.hw.kernels.window import WindowUnit
from hwgen.hw.matrices import Folding, cheapest
from hwgen.ir.geometry import Geometry
from hwgen.ir.graph import Graph
from hwgen.ir.types import IntType
from hwgen.passes.pipeline import integer_network
from tests.builders import (
    IMAGE_NETWORKS,
    B,
    ImageBuilder,
    concat_net,
    designed,
    mobilenet_like,
    random_folding,
    random_image_network,
    random_network,
)

UINT8 = IntType(8, signed=False)
NETWORK = integer_network(
    random_network(np.random.default_rng(0), (12, 8, 10), input_type=UINT8, input_quantiser=True, top1=True)
)
PLAIN = integer_network(random_network(np.random.default_rng(0), (12, 8, 10)))


def wish(pe: int | None = None, simd: int | None = None) -> LayerFolding:
    return LayerFolding(pe=pe, simd=simd)


def test_layers() -> None:
    """A threshold behind a matrix belongs to its unit."""
    assert [node.name for node in folded_layers(NETWORK)] == ["quant", "fc0", "fc1", "top1"]
    assert [node.name for node in folded_layers(PLAIN)] == ["fc0", "fc1"]


def test_as_requested() -> None:
    wishes = {"quant": wish(5), "fc0": wish(3, 7), "fc1": wish(10, 8), "top1": wish(4)}
    assert resolve(NETWORK, wishes, 1) == {
        "quant": Folding(5),
        "fc0": Folding(3, 7),
        "fc1": Folding(10, 8),
        "top1": Folding(4),
    }


def test_layers_without_weights_follow_their_neighbours() -> None:
    """The input quantiser writes the lanes that its reader takes, the top-1 unit reads the lanes it is given."""
    found = resolve(NETWORK, {"fc0": wish(2, 6), "fc1": wish(5, 4)}, 64)
    assert (found["quant"], found["top1"]) == (Folding(6), Folding(5))
    assert list(found) == ["quant", "fc0", "fc1", "top1"]


def test_one_half_requested() -> None:
    found = resolve(PLAIN, {"fc0": wish(pe=8)}, 12)["fc0"]
    assert found == Folding(8, 1)
    assert resolve(PLAIN, {"fc0": wish(simd=12)}, 4)["fc0"] == Folding(2, 12)


@pytest.mark.parametrize("target", [1, 2, 3, 5, 8, 16, 60, 120, 1000])
@pytest.mark.parametrize("size", [(1, 1), (6, 4), (7, 5), (12, 10), (16, 9), (12, 12), (16, 16)], ids=str)
def test_cheapest(size: tuple[int, int], target: int) -> None:
    """No pair of divisors that meets the target has fewer lanes; there is always one, PE = outputs, SIMD = inputs."""
    outputs, inputs = size
    found = cheapest(outputs, inputs, target, LayerFolding())
    pairs = [(p, s) for p in range(1, outputs + 1) for s in range(1, inputs + 1) if not outputs % p and not inputs % s]
    meeting = [(p, s) for p, s in pairs if outputs * inputs // (p * s) <= target]
    assert (found.pe, found.simd) in meeting
    lanes = found.pe * found.simd
    assert lanes == min(p * s for p, s in meeting)
    assert max(found.pe, found.simd) == min(max(p, s) for p, s in meeting if p * s == lanes)


def test_as_close_as_possible() -> None:
    """With SIMD held at 1 a target of 4 cycles is out of reach: all neurons at once come closest."""
    assert cheapest(8, 12, 4, wish(simd=1)) == Folding(8, 1)


NAMES = "quant, fc0, fc1, top1"
ERRORS = {
    "typo": ({"fc_0": wish(1)}, f"folding of fc_0: must name a layer ({NAMES}); found fc_0. Did you mean fc0?"),
    "unknown": (
        {"zzzz": wish(1)},
        f"folding of zzzz: must name a layer ({NAMES}); found zzzz. Use one of these names.",
    ),
    "fused": (
        {"act0": wish(1)},
        f"folding of act0: must name a layer ({NAMES}); found act0, the activation of fc0. Fold fc0.",
    ),
    "pe": (
        {"fc0": wish(9)},
        "fc0 (net.fc0): PE must be 1 to 8, the layer's neurons; found PE 9. Lower PE in the folding.",
    ),
    "simd": (
        {"fc1": wish(1, 9)},
        "fc1 (net.fc1): SIMD must be 1 to 8, the layer's inputs; found SIMD 9. Lower SIMD in the folding.",
    ),
    "lanes": (
        {"quant": wish(13)},
        "quant (net.quant): PE must be 1 to 12, the layer's channels; found PE 13. Lower PE in the folding.",
    ),
    "scores": (
        {"top1": wish(11)},
        "top1 (net.top1): PE must be 1 to 10, the layer's channels; found PE 11. Lower PE in the folding.",
    ),
    "no_weights": (
        {"quant": wish(1, 2)},
        "quant (net.quant): has one lane count, PE, and no SIMD; found SIMD 2. Give PE alone.",
    ),
}


@pytest.mark.parametrize("name", ERRORS)
def test_errors(name: str) -> None:
    wishes, message = ERRORS[name]
    with pytest.raises(FoldingError) as error:
        resolve(NETWORK, wishes, 64)
    assert str(error.value) == message


MOBILE = integer_network(mobilenet_like(np.random.default_rng(0)))
CONCAT = integer_network(concat_net(np.random.default_rng(0)))
IMAGE_ERRORS: dict[str, tuple[Graph, dict[str, LayerFolding], str]] = {
    "conv_pe": (
        MOBILE,
        {"conv0": wish(5)},
        "conv0 (net.conv0): PE must be 1 to 4, the layer's neurons; found PE 5. Lower PE in the folding.",
    ),
    "conv_simd": (
        MOBILE,
        {"conv0": wish(1, 4)},
        "conv0 (net.conv0): SIMD must be 1 to 3, the layer's input channels, or be the 9 taps of a window times a"
        " divisor of them; found SIMD 4. Lower SIMD in the folding, or use one of 9, 27.",
    ),
    "group_pe": (
        MOBILE,
        {"conv4": wish(3)},
        "conv4 (net.conv4): PE must divide the 4 outputs of a group; found PE 3. Use one of 1, 2, 4.",
    ),
    "group_simd": (
        MOBILE,
        {"conv4": wish(1, 4)},
        "conv4 (net.conv4): SIMD must divide the 2 input channels of a group, or be the 9 taps of a window times a"
        " divisor of them; found SIMD 4. Use one of 1, 2, 9, 18.",
    ),
    "depthwise_pe": (
        MOBILE,
        {"conv2": wish(9)},
        "conv2 (net.conv2): PE must be 1 to 8, the layer's channels; found PE 9. Lower PE in the folding.",
    ),
    "depthwise_simd": (
        MOBILE,
        {"conv2": wish(1, 3)},
        "conv2 (net.conv2): SIMD must be 1, or the 9 taps of a window; found SIMD 3. Use 1 or 9, and PE for channels.",
    ),
    "concat": (
        CONCAT,
        {"cat0": wish(4)},
        "cat0 (net.cat0): PE must divide the 2 channels that all its inputs are multiples of; found PE 4."
        " Use one of 1, 2.",
    ),
    "pool": (
        CONCAT,
        {"pool0": wish(6)},
        "pool0 (net.pool0): PE must be 1 to 5, the layer's channels; found PE 6. Lower PE in the folding.",
    ),
}


@pytest.mark.parametrize("name", IMAGE_ERRORS)
def test_errors_of_images(name: str) -> None:
    network, wishes, message = IMAGE_ERRORS[name]
    with pytest.raises(FoldingError) as error:
        resolve(network, wishes, 64)
    assert str(error.value) == message


@pytest.mark.parametrize("seed", range(40))
def test_the_target_is_met(seed: int) -> None:
    """No unit takes more cycles than asked for, where there are lanes enough; a network's own bound says when not."""
    rng = np.random.default_rng(seed)
    graph = random_image_network(rng) if seed > 4 else IMAGE_NETWORKS[seed](rng)
    least = designed(graph, target=1)[2].bound
    for target in (least, 2 * least, 7 * least, 100 * least):
        assert designed(graph, target=target)[2].bound <= target, f"seed {seed}, target {target}"


@pytest.mark.parametrize("seed", range(40))
def test_requests_are_kept(seed: int) -> None:
    rng = np.random.default_rng(seed)
    network = integer_network(random_image_network(rng))
    wishes = random_folding(rng, network)
    found = resolve(network, wishes, 64)
    for name, each in wishes.items():
        assert found[name] == Folding(each.pe or 0, each.simd or 1), f"seed {seed}, {name}"


def test_a_concatenation_counts_all_its_channels() -> None:
    """36 pixels of 12 channels: one lane takes 432 cycles, two 216."""
    assert [resolve(CONCAT, {}, target)["cat0"].pe for target in (431, 215)] == [2, 2]
    assert resolve(CONCAT, {"conv2": wish(1, 1)}, 432)["cat0"].pe == 1


def test_the_window_unit_meets_the_target_too() -> None:
    """A stride of 3: 64 pixels of 4 channels come in for 9 windows out. One lane would read 256 cycles."""
    net = ImageBuilder(np.random.default_rng(0), (8, 8, 4), B)
    net.conv(net.input, 2, Geometry((1, 1), (3, 3)), B)
    _, folding, design = designed(net.graph(), target=128)
    assert folding["conv0"].simd == 2
    assert next(unit for unit in design.units if isinstance(unit, WindowUnit)).cycles == 128


def test_the_window_unit_of_groups_meets_the_target_too() -> None:
    """Two groups of 2 of those 4 channels: one lane reads 256 cycles, both channels of a group at once 128."""
    net = ImageBuilder(np.random.default_rng(0), (8, 8, 4), B)
    net.conv(net.input, 2, Geometry((1, 1), (3, 3)), B, groups=2)
    assert designed(net.graph(), target=256)[1]["conv0"].simd == 1
    _, folding, design = designed(net.graph(), target=128)
    assert folding["conv0"].simd == 2
    assert next(unit for unit in design.units if isinstance(unit, WindowUnit)).cycles == 128


@pytest.mark.parametrize(("target", "lanes"), [(36 * 8, 1), (36 * 4, 2), (36, 8)])
def test_multipliers_are_as_few_as_the_target_asks_for(target: int, lanes: int) -> None:
    """Also where the reader takes more lanes: a product, and a comparison with it, cost more than a converter."""
    net = ImageBuilder(np.random.default_rng(0), (6, 6, 3), IntType(4, signed=True))
    net.act(net.conv_with_k(net.input, 8, Geometry((1, 1))), IntType(2, signed=False))
    net.conv(net.last, 4, Geometry((1, 1)), B)
    wishes = {"conv1": wish(1, 8)}
    found = resolve(integer_network(net.graph()), wishes, target)
    assert found["scale0"] == found["act0"] == Folding(pe=lanes)
