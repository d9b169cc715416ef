"""From network to design: units in order, streams that fit, popcounts that mean the same."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hwgen.config import LayerFolding
from hwgen.errors import CheckError, ConfigError
from hwgen.golden.execute import apply
from hwgen.hw.choices import choices_for
from hwgen.hw.design import Design
from hwgen.hw.folding import fused_threshold, resolve
from hwgen.hw.kernels.add import AddUnit
from hwgen.hw.kernels.argmax import ArgmaxUnit
from hwgen.hw.kernels.concat import ConcatUnit
from hwgen.hw.kernels.depthwise import DepthwiseUnit
from hwgen.hw.kernels.fifo import FifoUnit
from hwgen.hw.kernels.fork import ForkUnit
from hwgen.hw.kernels.magnitude import MagnitudeUnit
from hwgen.hw.kernels.mvtu import MvtuUnit
from hwgen.hw.kernels.pool import PoolUnit
from hwgen.hw.kernels.reorder import ReorderUnit
from hwgen.hw.kernels.scale import ScaleUnit
from hwgen.hw.kernels.select import SelectUnit
from hwgen.hw.kernels.threshold import ThresholdUnit
from hwgen.hw.kernels.width import WidthUnit
from hwgen.hw.kernels.window import WindowUnit
from hwgen.hw.lower import lower
from hwgen.hw.matrices import Folding
from hwgen.hw.memory import MemoryStyle
from hwgen.hw.unit import Unit
from hwgen.ir.geometry import Geometry
from hwgen.ir.graph import Graph, Output
from hwgen.ir.ops import Conv, Magnitude, MatMul, PoolKind, Sum, Threshold
from hwgen.ir.types import DType, IntType, smallest_int
from hwgen.passes.pipeline import integer_network
from tests.builders import (
    PART,
    TERNARY,
    B,
    ImageBuilder,
    designed,
    mobilenet_like,
    padded_net,
    random_folding,
    random_image_network,
    random_network,
)
from tests.moves import MOVES, move_designs, move_graph

UINT8, INT3, INT4 = IntType(8, signed=False), IntType(3, signed=True), IntType(4, signed=True)
SAME = Geometry((3, 3), padding=(1, 1, 1, 1))


def wish(pe: int | None = None, simd: int | None = None) -> LayerFolding:
    return LayerFolding(pe=pe, simd=simd)


def dense_wishes(*pairs: tuple[int, int]) -> dict[str, LayerFolding]:
    return {f"fc{index}": wish(*pair) for index, pair in enumerate(pairs)}


def deep(hidden: DType = B) -> tuple[Graph, Design]:
    graph = random_network(
        np.random.default_rng(1), (12, 8, 10), input_type=UINT8, hidden=hidden, input_quantiser=True, top1=True
    )
    network, _, design = designed(graph, dense_wishes((4, 6), (5, 3)))
    return network, design


def image(dtype: DType = B, shape: tuple[int, int, int] = (6, 6, 4)) -> ImageBuilder:
    return ImageBuilder(np.random.default_rng(0), shape, dtype)


def units_of(net: ImageBuilder, **wishes: LayerFolding) -> list[tuple[type, str]]:
    return [(type(unit), unit.name) for unit in designed(net.graph(), wishes)[2].units]


def test_units_in_order() -> None:
    _, design = deep()
    assert [(type(unit), unit.name) for unit in design.units] == [
        (ThresholdUnit, "quant"),
        (FifoUnit, "fc0_fifo"),
        (MvtuUnit, "fc0"),
        (WidthUnit, "fc1_width"),
        (FifoUnit, "fc1_fifo"),
        (MvtuUnit, "fc1"),
        (ArgmaxUnit, "top1"),
    ]
    assert [unit.name for unit in design.layers] == ["quant", "fc0", "fc1", "top1"]


def test_convolutions() -> None:
    """A window unit in front of each but that of one pixel; a threshold behind them is theirs."""
    net = image()
    net.act(net.conv(net.input, 4, SAME, B), B)
    net.act(net.conv(net.last, 4, SAME, B, groups=4), B)
    net.act(net.conv(net.last, 6, SAME, B, groups=2), B)
    net.conv(net.last, 3, Geometry((1, 1)), B)
    folding = {"conv0": wish(4, 4), "conv1": wish(2), "conv2": wish(3, 2), "conv3": wish(1, 3)}
    _, _, design = designed(net.graph(), folding)
    assert [(type(unit), unit.name) for unit in design.units] == [
        (WindowUnit, "conv0_window"),
        (MvtuUnit, "conv0"),
        (WidthUnit, "conv1_width"),
        (WindowUnit, "conv1_window"),
        (DepthwiseUnit, "conv1"),
        (WindowUnit, "conv2_window"),
        (MvtuUnit, "conv2"),
        (FifoUnit, "conv3_fifo"),
        (MvtuUnit, "conv3"),
    ]
    by_name = {unit.name: unit for unit in design.units}
    assert [by_name[f"conv{i}_window"].blocks for i in range(3)] == [1, 2, 2]
    streams = [(s.vectors, s.elements, s.lanes) for s in (by_name[f"conv{i}_window"].output for i in range(3))]
    assert streams == [(324, 4, 4), (648, 2, 2), (648, 2, 2)]
    assert [by_name[f"conv{i}"].cycles for i in range(4)] == [324, 648, 36 * 2 * 9, 36 * 3 * 2]
    assert [str(by_name[f"conv{i}_window"].output.dtype) for i in range(3)] == ["int2"] * 3
    assert by_name["conv0"].padded_bipolar and by_name["conv2"].padded_bipolar


def test_pointwise_convolution_with_a_stride_skips_pixels() -> None:
    net = image()
    net.conv(net.input, 2, Geometry((1, 1), (2, 2)), B)
    assert units_of(net) == [(WindowUnit, "conv0_window"), (MvtuUnit, "conv0")]


def test_pools() -> None:
    """Pools that tile the image need no windows; those that overlap, pad or leave a rest take them."""
    net = image(IntType(2, signed=False))
    net.pool(net.input, Geometry((2, 3), (2, 3)))
    net.pool(net.last, Geometry((2, 1), (1, 1)))
    net.pool(net.last, Geometry((2, 2), (2, 2), padding=(1, 0, 1, 0)), PoolKind.SUM)
    _, _, design = designed(net.graph())
    kinds = [(type(unit), unit.name) for unit in design.units if not isinstance(unit, WidthUnit)]
    assert kinds == [
        (PoolUnit, "pool0"),
        (WindowUnit, "pool1_window"),
        (PoolUnit, "pool1"),
        (WindowUnit, "pool2_window"),
        (PoolUnit, "pool2"),
    ]
    pools = [unit for unit in design.units if isinstance(unit, PoolUnit)]
    assert [(p.tile_height, p.tile_width, p.columns) for p in pools] == [(2, 3, 2), (1, 2, 1), (1, 4, 1)]
    rest = image(shape=(7, 6, 4))
    rest.pool(rest.input, Geometry((2, 2), (2, 2)))
    assert units_of(rest) == [(WindowUnit, "pool0_window"), (PoolUnit, "pool0")]


def test_padded_pools_hold_what_changes_nothing() -> None:
    """The least code for a maximum, the largest for a minimum, none for a sum: there a bipolar image is counted."""
    for kind, pads, dtype in ((PoolKind.MAX, {-1, 1}, "bipolar"), (PoolKind.SUM, {0}, "int2")):
        net = image()
        net.pool(net.input, Geometry((3, 3), (2, 2), padding=(1, 1, 1, 1)), kind)
        node = net.nodes[0]
        minimum = np.array([0, 1, 0, 1]) if kind is PoolKind.MAX else np.zeros(1)
        graph = replace(net.graph(), nodes=(replace(node, op=replace(node.op, minimum=minimum)),))
        window = designed(graph)[2].units[0]
        assert isinstance(window, WindowUnit)
        assert set(window.pad.tolist()) == pads and str(window.output.dtype) == dtype
        if kind is PoolKind.MAX:
            assert window.pad.tolist() == [-1, 1, -1, 1]


def test_residual() -> None:
    """A fork after the input, a FIFO of a frame on each branch, the adder, its threshold."""
    net = image(TERNARY)
    net.act(net.sum(net.input, net.conv(net.input, 4, SAME, B)), B)
    _, _, design = designed(net.graph(), {"conv0": wish(4, 2), "sum0": wish(4), "act0": wish(4)})
    assert [(type(unit), unit.name) for unit in design.units] == [
        (ForkUnit, "source_fork"),
        (WindowUnit, "conv0_window"),
        (MvtuUnit, "conv0"),
        (WidthUnit, "sum0_width0"),
        (FifoUnit, "sum0_fifo0"),
        (FifoUnit, "sum0_fifo1"),
        (AddUnit, "sum0"),
        (ThresholdUnit, "act0"),
    ]
    assert [unit.depth for unit in design.units if isinstance(unit, FifoUnit)] == [36, 36]
    assert design.input.lanes == 2 and [s.name for s in design.units[0].outputs] == ["source_fork0", "source_fork1"]


def test_k() -> None:
    """Signs and magnitudes of one input: a fork, the box filter in one lane, a FIFO each, one K for a pixel's beats."""
    net = image(INT4, (6, 6, 4))
    net.act(net.conv_with_k(net.input, 6, SAME), B)
    wishes = {"conv0": wish(2, 4), "size0": wish(2), "scale0": wish(3), "act0": wish(3)}
    _, folding, design = designed(net.graph(), wishes)
    assert [(type(unit), unit.name) for unit in design.units] == [
        (ForkUnit, "source_fork"),
        (ThresholdUnit, "sign0"),
        (WindowUnit, "conv0_window"),
        (MvtuUnit, "conv0"),
        (WidthUnit, "size0_width"),
        (MagnitudeUnit, "size0"),
        (WindowUnit, "pool0_window"),
        (PoolUnit, "pool0"),
        (WidthUnit, "scale0_width0"),
        (FifoUnit, "scale0_fifo0"),
        (FifoUnit, "scale0_fifo1"),
        (ScaleUnit, "scale0"),
        (ThresholdUnit, "act0"),
    ]
    scale = design.units[-2]
    assert isinstance(scale, ScaleUnit) and [stream.lanes for stream in scale.inputs] == [3, 1]
    assert [stream.beats for stream in scale.inputs] == [72, 36] and scale.cycles == 72
    assert folding["pool0"] == Folding(pe=1)
    size = next(unit for unit in design.units if isinstance(unit, MagnitudeUnit))
    assert (size.cycles, size.summed, size.output.beats) == (72, 1, 36)


def test_a_magnitude_of_the_whole_image() -> None:
    """Lanes need not divide a pixel's channels."""
    net = image(INT4, (4, 3, 5))
    net.add("size", Magnitude(60), (net.input,), (1,))
    _, _, design = designed(net.graph(), {"size0": wish(2)})
    (size,) = design.units
    assert isinstance(size, MagnitudeUnit) and (size.summed, size.cycles, size.output.beats) == (12, 36, 1)


def test_concat() -> None:
    net = image(B, (4, 4, 2))
    branch = net.act(net.conv(net.input, 4, SAME, B), B)
    net.concat(net.input, branch)
    _, _, design = designed(net.graph(), {"cat0": wish(2), "conv0": wish(3, 1)})
    assert [(type(unit), unit.name) for unit in design.units] == [
        (ForkUnit, "source_fork"),
        (WindowUnit, "conv0_window"),
        (MvtuUnit, "conv0"),
        (WidthUnit, "cat0_width0"),
        (FifoUnit, "cat0_fifo0"),
        (WidthUnit, "cat0_width1"),
        (FifoUnit, "cat0_fifo1"),
        (ConcatUnit, "cat0"),
    ]
    joined = design.units[-1]
    assert isinstance(joined, ConcatUnit) and joined.input_beats == (1, 2) and joined.output.beats == 48


@pytest.mark.parametrize(
    ("axis", "rounds", "beats"), [(-1, 12, (2, 1)), (-2, 3, (8, 2)), (-3, 1, (24, 8))], ids=["pixels", "rows", "frames"]
)
def test_concat_of_any_axis(axis: int, rounds: int, beats: tuple[int, int]) -> None:
    """Parts of a pixel, of a row or of the frame in turn."""
    net = image(B, (3, 4, 4))
    part = np.arange(48).reshape(3, 4, 4).take(range(2 if axis == -1 else 1), axis)
    net.concat(net.input, net.gather(net.input, part), axis=axis)
    _, _, design = designed(net.graph(), {"cat0": wish(2), "move0": wish(2)})
    joined = design.units[-1]
    assert isinstance(joined, ConcatUnit) and (joined.rounds, joined.input_beats) == (rounds, beats)


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("crop", [(SelectUnit, "move", False)]),
        ("twice as large", [(ReorderUnit, "move", False)]),
        ("part of it twice as large", [(SelectUnit, "move_select", True), (ReorderUnit, "move", False)]),
    ],
)
def test_moves(name: str, found: list[tuple[type[Unit], str, bool]]) -> None:
    """Beats that go nowhere are dropped in front of what moves the others."""
    design = move_designs(move_graph(MOVES[name], (4, 4, 4), B))[2]
    assert [(type(unit), unit.name, unit.is_adapter) for unit in design.units] == found
    assert [unit.name for unit in design.layers] == ["move"]


def test_a_move_to_another_shape_takes_no_unit() -> None:
    net = image(B, (4, 4, 2))
    flat = net.gather(net.input, np.arange(32).reshape(2, 4, 4))
    net.conv(flat, 3, Geometry((1, 1)), B)
    _, _, design = designed(net.graph(), {"move0": wish(2), "conv0": wish(3, 2)})
    assert [unit.name for unit in design.units] == ["conv0"]
    assert (design.input.elements, design.units[0].input.elements) == (2, 4)


@pytest.mark.parametrize(
    ("pe", "simd", "names", "common"),
    [
        (3, 12, ["fc0_width"], 3),
        (6, 6, [], 6),
        (4, 10, ["fc0_pack", "fc0_width"], 3),  # 4 lanes do not divide 6 channels: cut to 3 first
        (5, 3, ["fc0_pack"], 3),
    ],
)
def test_flatten(pe: int, simd: int, names: list[str], common: int) -> None:
    """Pixels become one vector: no beat may lie in two pixels, nor in two vectors."""
    net = image(B, (2, 2, 4))
    net.act(net.conv(net.input, 6, Geometry((1, 1)), B), B)
    net.dense(net.last, 3, B)
    _, _, design = designed(net.graph(), {"conv0": wish(pe, 4), "fc0": wish(3, simd)})
    converters = [unit for unit in design.units if isinstance(unit, WidthUnit)]
    assert [unit.name for unit in converters] == names
    last = design.units[-1]
    assert (last.input.vectors, last.input.elements, last.input.lanes) == (1, 24, simd)
    if names and names[0] == "fc0_pack":
        assert (converters[0].output.vectors, converters[0].output.elements, converters[0].output.lanes) == (
            4,
            6,
            common,
        )


def test_a_dense_layer_on_every_pixel() -> None:
    net = image()
    net.dense(net.input, 3, B, flat=False)
    _, _, design = designed(net.graph(), {"fc0": wish(3, 2)})
    unit = design.units[0]
    assert isinstance(unit, MvtuUnit) and (unit.pixels, unit.cycles, unit.input.vectors) == (36, 72, 36)


def test_an_output_that_is_read_elsewhere() -> None:
    """The tensor that leaves the chip has a reader too: it forks, and the threshold behind it stands alone."""
    net = image()
    accumulators = net.conv(net.input, 2, Geometry((3, 3)), B)
    net.act(accumulators, B)
    graph = replace(net.graph(), outputs=(Output(accumulators),))
    _, _, design = designed(graph)
    kinds = [type(unit) for unit in design.units if not isinstance(unit, WidthUnit)]
    assert kinds == [WindowUnit, MvtuUnit, ForkUnit, ThresholdUnit]
    assert design.output.name == "conv0_fork1" and design.output.tensor == "conv0_out"


def test_an_input_that_is_read_twice() -> None:
    """By one node: a tensor plus itself."""
    net = image(TERNARY)
    net.sum(net.input, net.input)
    assert units_of(net) == [
        (ForkUnit, "source_fork"),
        (FifoUnit, "sum0_fifo0"),
        (FifoUnit, "sum0_fifo1"),
        (AddUnit, "sum0"),
    ]


def random_design(seed: int) -> tuple[Graph, dict[str, LayerFolding], Design]:
    rng = np.random.default_rng(seed)
    if seed % 3 == 0:
        sizes = tuple(int(size) for size in rng.integers(2, 20, 4))
        graph = random_network(rng, sizes, hidden=INT3 if seed % 2 else B, top1=seed % 4 == 0)
    else:
        graph = random_image_network(rng)
    wishes = random_folding(rng, integer_network(graph))
    network, _, design = designed(graph, wishes)
    return network, wishes, design


@pytest.mark.parametrize("seed", range(45))
def test_streams(seed: int) -> None:
    """Every stream has one writer and one reader who see the same of it; it carries a tensor's elements and type."""
    network, wishes, design = random_design(seed)
    names = [unit.name for unit in design.units]
    assert len(set(names)) == len(names)
    read = [stream.name for unit in design.units for stream in unit.inputs] + [design.output.name]
    assert sorted(read) == sorted(design.streams), f"seed {seed}"
    known = {design.input.name}
    types = {value.name: value.type for node in network.nodes for value in (*node.inputs, node.output)}
    for unit in design.units:
        assert {stream.name for stream in unit.inputs} <= known, f"seed {seed}: {unit.name} reads what is not written"
        known |= {stream.name for stream in unit.outputs}
        for stream in unit.inputs:
            written = design.streams[stream.name]
            assert (stream.dtype, stream.lanes, stream.beats) == (written.dtype, written.lanes, written.beats)
    for stream in design.streams.values():
        if stream.tensor:
            assert (stream.dtype, stream.size) == (types[stream.tensor].dtype, types[stream.tensor].elements)
    for unit in design.layers:
        folding = wishes[unit.name]
        if isinstance(unit, MvtuUnit):
            assert (unit.output.lanes, unit.simd) == (folding.pe, folding.simd or 1), f"seed {seed}: {unit.name}"
            assert unit.pixels * unit.groups * unit.neuron_folds * unit.synapse_folds == unit.cycles
        elif not isinstance(unit, ArgmaxUnit):
            assert unit.output.lanes == folding.pe, f"seed {seed}: {unit.name}"


@pytest.mark.parametrize("hidden", [B, IntType(2, signed=False)], ids=str)
@pytest.mark.parametrize("seed", range(4))
def test_popcount_thresholds(seed: int, hidden: DType) -> None:
    """Counting agreements gives the codes of the accumulator at every accumulator an XNOR unit can reach."""
    graph = random_network(np.random.default_rng(seed), (9, 6), last=hidden)
    network, _, design = designed(graph)
    unit = design.layers[0]
    assert isinstance(unit, MvtuUnit) and unit.is_xnor and unit.activation is not None
    assert (unit.sum_type.min, unit.sum_type.max) == (0, 15)
    same_codes(network, unit, 9, seed)


@pytest.mark.parametrize("seed", range(4))
def test_popcount_thresholds_of_taps(seed: int) -> None:
    """The same for a depthwise unit, which counts over its taps."""
    net = ImageBuilder(np.random.default_rng(seed), (5, 5, 6), B)
    net.act(net.conv(net.input, 6, Geometry((3, 3)), B, groups=6), B)
    network, _, design = designed(net.graph())
    unit = design.layers[0]
    assert isinstance(unit, DepthwiseUnit) and unit.is_xnor
    same_codes(network, unit, 9, seed)


def same_codes(network: Graph, unit: MvtuUnit | DepthwiseUnit, fan_in: int, seed: int) -> None:
    counts = np.arange(fan_in + 1)[:, None].repeat(6, axis=1)
    golden = apply(network.nodes[1], 2 * counts - fan_in)
    activation = unit.activation
    assert activation is not None
    reached = (counts[:, :, None] >= activation.thresholds).sum(axis=2)
    falls = activation.descending == 1
    assert activation.thresholds.min() >= 0 and activation.thresholds.max() <= fan_in + 1
    found = activation.base + activation.step * np.where(falls, activation.levels - reached, reached)
    assert np.array_equal(found, golden), f"seed {seed}"


def test_padded_bipolar_units_count_no_popcounts() -> None:
    """Where taps are padded a popcount does not tell the accumulator: sums stay as they are."""
    _, _, design = designed(padded_net(np.random.default_rng(0)))
    products = {unit.name: unit for unit in design.layers if isinstance(unit, MvtuUnit | DepthwiseUnit)}
    assert {name: unit.is_xnor for name, unit in products.items()} == {
        "conv0": False, "conv1": False, "conv2": False, "fc0": True
    }  # fmt: skip
    assert products["conv0"].sum_type.min < 0


def test_raw_accumulators_leave_as_they_are() -> None:
    graph = random_network(np.random.default_rng(0), (9, 6))
    _, _, design = designed(graph)
    unit = design.layers[0]
    assert isinstance(unit, MvtuUnit) and unit.activation is None and unit.threshold_rom is None
    assert str(unit.output.dtype) == "int5" and str(unit.sum_type) == "uint4"


@pytest.mark.parametrize("seed", range(30))
def test_sums_of_integer_units_fit(seed: int) -> None:
    """Every partial sum, not only the last, fits the type of the running sum, at the worst inputs there can be."""
    network, _, design = random_design(seed)
    for unit in design.layers:
        if not isinstance(unit, MvtuUnit | DepthwiseUnit) or unit.is_xnor:
            continue
        node = network.node(unit.name)
        assert isinstance(node.op, MatMul | Conv | Sum)
        dtype = node.inputs[0].type.dtype
        ends = [dtype.min, dtype.max]
        if isinstance(node.op, Conv) and node.op.geometry.pads:
            ends = [min(dtype.min, node.op.pad), max(dtype.max, node.op.pad)]
        factors = node.op.gains if isinstance(node.op, Sum) else node.op.weights
        weights = factors.reshape(len(factors), -1)
        for pick_low in (True, False):
            partial = np.cumsum(weights * np.where((weights > 0) == pick_low, *ends), axis=1)
            # Ranges are proven from what comes before, so a sum may be narrower than its input's type allows.
            low, high = max(partial.min(), node.output.type.dtype.min), min(partial.max(), node.output.type.dtype.max)
            assert unit.sum_type.min <= low and high <= unit.sum_type.max, f"seed {seed}"


def test_digest() -> None:
    """It changes with the network, the folding and the choices, and with nothing else."""
    graph = padded_net(np.random.default_rng(0))
    network, folding, design = designed(graph)
    again = lower(network, dict(reversed(folding.items())), part="xc7z045", clock_mhz=1.0)
    assert again.digest == design.digest and len(design.digest) == 12
    refolded = {**folding, "conv0": replace(folding["conv0"], pe=1)}
    others = [lower(network, refolded, part=PART, clock_mhz=100.0)]
    others += [designed(padded_net(np.random.default_rng(1)))[2]]
    for styles in ({"conv0": "block"}, {"conv0": "registers"}, {"conv1": "block"}):
        chosen = choices_for(network, styles)
        others.append(lower(network, folding, part=PART, clock_mhz=100.0, choices=chosen))
    assert len({design.digest, *(each.digest for each in others)}) == 1 + len(others)


def test_choices() -> None:
    """Memory styles go to a layer's weights and its line buffer."""
    network, folding, _ = designed(mobilenet_like(np.random.default_rng(0)))
    chosen = choices_for(network, {"conv0": "registers", "conv2": "block"})
    design = lower(network, folding, part=PART, clock_mhz=100.0, choices=chosen)
    styles = {unit.name: unit.memory_style for unit in design.units if hasattr(unit, "memory_style")}
    given = {name: style for name, style in styles.items() if style is not None}
    assert given == {
        "conv0_window": MemoryStyle.REGISTERS,
        "conv0": MemoryStyle.REGISTERS,
        "conv2_window": MemoryStyle.BLOCK,
        "conv2": MemoryStyle.BLOCK,
    }


NAMES = "conv0, conv1, conv2, fc0"


def test_choices_that_do_not_fit() -> None:
    network = integer_network(padded_net(np.random.default_rng(0)))
    with pytest.raises(ConfigError) as error:
        choices_for(network, {"pool0": "block"})
    assert str(error.value) == f"memory: must name layers with weights ({NAMES}); found pool0."


def test_layers_that_cannot_be_rewritten() -> None:
    gated = image(UINT8)
    gated.gated(gated.input, 4, SAME, INT3, IntType(2, signed=False), small=True)
    gated.act(gated.last, B)
    summed = image(UINT8)
    summed.sum(*(summed.conv(summed.input, 4, SAME, INT3) for _ in range(2)))
    summed.act(summed.last, B)
    cases = (
        ("fc7", padded_net(np.random.default_rng(0)), f"must name layers with weights ({NAMES}); found fc7."),
        (
            "conv0",
            gated.graph(),
            "conv0 must have one set of thresholds; found thresholds for each code of its gate. Leave it out.",
        ),
        (
            "conv1",
            summed.graph(),
            "the accumulators of conv1 must go to its quantiser or leave the chip; found sum0 behind it. Leave it out.",
        ),
    )
    for name, graph, message in cases:
        with pytest.raises(ConfigError) as error:
            choices_for(integer_network(graph), {}, None, [name])
        assert str(error.value) == f"writable: {message}"


@pytest.mark.parametrize("kind", ["dense", "padded"])
def test_rewritable_layers_have_room_for_any_weights(kind: str) -> None:
    """The sum of the widest weights and inputs, and one more for a threshold that none reaches."""
    if kind == "dense":
        graph = integer_network(random_network(np.random.default_rng(0), (10, 4, 3), input_type=UINT8, weight=INT3))
        name, low, high = "fc0", -4 * 255 * 10, 3 * 255 * 10
    else:
        graph = integer_network(padded_net(np.random.default_rng(0)))
        taps = graph.node("conv0").op.weights[0].size
        name, low, high = "conv0", -taps, taps
    folding = resolve(graph, {}, 64)
    chosen = choices_for(graph, {}, None, [name])
    design = lower(graph, folding, part=PART, clock_mhz=1.0, choices=chosen)
    (unit,) = design.writable
    assert unit.name == name and unit.activation is not None
    assert unit.sum_type == smallest_int(low, high) and unit.activation.room == smallest_int(low, high + 1)
    assert unit.activation.type == unit.activation.room and unit.activation.any_descending


def test_thresholds_beyond_all_sums_fit_a_rewritable_memory() -> None:
    """As a file may state them: they move to the ends of what any weights reach, and all codes stay as they are."""
    graph = integer_network(random_network(np.random.default_rng(0), (10, 4, 3), input_type=UINT8, weight=INT3))
    place = next(index for index, node in enumerate(graph.nodes) if isinstance(node.op, Threshold))
    node = graph.nodes[place]
    steps = node.op.thresholds.copy()
    steps[0], steps[1] = -(10**6), 10**6
    nodes = (*graph.nodes[:place], replace(node, op=replace(node.op, thresholds=steps)), *graph.nodes[place + 1 :])
    graph = replace(graph, nodes=nodes)
    chosen = choices_for(graph, {}, None, ["fc0"])
    (unit,) = lower(graph, resolve(graph, {}, 64), part=PART, clock_mhz=1.0, choices=chosen).writable
    assert unit.activation is not None and unit.activation.room is not None
    low, high = unit.activation.room.min, unit.activation.room.max
    assert low <= unit.activation.thresholds.min() and unit.activation.thresholds.max() <= high
    sums = np.arange(-4 * 255 * 10, 3 * 255 * 10 + 1)[:, None, None]
    np.testing.assert_array_equal(sums >= unit.activation.thresholds, sums >= steps)


def test_one_layer_alone() -> None:
    """With its window unit, if it has one, and with all streams that it reads."""
    _, design = deep()
    alone = design.isolated("fc1")
    assert (alone.name, alone.units) == ("net_fc1", (design.units[5],))
    assert (alone.input, alone.output) == (design.units[5].input, design.units[5].output)
    with pytest.raises(KeyError):
        design.isolated("fc7")
    images = designed(mobilenet_like(np.random.default_rng(0)))[2]
    alone = images.isolated("conv2")
    assert [unit.name for unit in alone.units] == ["conv2_window", "conv2"]
    assert alone.input == alone.units[0].inputs[0] and alone.cycles.interval == alone.bound
    alone = images.isolated("sum0")
    assert [unit.name for unit in alone.units] == ["sum0"] and alone.cycles.interval == alone.bound
    assert [port.axis for port in alone.inputs] == ["s_axis_0", "s_axis_1"]


def test_errors() -> None:
    graph = random_network(np.random.default_rng(0), (9, 6), last=B)
    _, folding, _ = designed(graph)
    with pytest.raises(CheckError) as error:
        lower(replace(graph, nodes=()), folding, part=PART, clock_mhz=1.0)
    assert str(error.value) == "net: must have a layer; found none."
    with pytest.raises(CheckError) as error:
        lower(graph, {**folding, "act0": folding["fc0"]}, part=PART, clock_mhz=1.0)
    assert str(error.value) == "act0 (net.act0): must be an integer operation; found Activation."


def test_fused_thresholds() -> None:
    """A threshold belongs to the product in front of it, unless there is none, or someone else reads its sums."""
    net = image()
    sums = net.conv(net.input, 4, SAME, B)
    net.act(sums, B)
    shared = replace(net.graph(), outputs=(Output(sums),))
    assert fused_threshold(integer_network(net.graph()), integer_network(net.graph()).node("conv0")) is not None
    assert fused_threshold(integer_network(shared), integer_network(shared).node("conv0")) is None
