"""Weights and thresholds rewritten at run time: between two frames of one simulation, and by the driver."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import hwgen
from hwgen import flow
from hwgen.backends import rtl
from hwgen.cli import app
from hwgen.errors import ConfigError, DataError
from hwgen.flow import Accelerator
from hwgen.golden.execute import run
from hwgen.host import Driver, open_driver, rewrite
from hwgen.host.golden import GoldenTransport
from hwgen.hw.address_map import address_map
from hwgen.hw.choices import Choices
from hwgen.hw.memory import MemoryStyle
from hwgen.hw.packing import from_hex, from_words, to_pieces, to_words
from hwgen.hw.ports import parse_port_map, port_map_of
from hwgen.hw.problem import Problem
from hwgen.ir.graph import Affine, Graph, Node
from hwgen.ir.ops import Conv, MatMul, Threshold
from hwgen.ir.order import Order
from hwgen.ir.reorder import reordered
from hwgen.ir.types import IntType, TensorType
from hwgen.passes.pipeline import integer_network
from hwgen.verify import process, rtlsim
from hwgen.verify.bench import Rewrite, Stalls, Trace
from hwgen.verify.simulator import find_simulator
from hwgen.verify.vectors import random_codes
from tests.backends.test_rtl import lint
from tests.builders import (
    chain,
    codes_of,
    concat_net,
    mobilenet_like,
    padded_net,
    random_conv_network,
    random_network,
    signal_net,
    value,
    with_input,
    with_output,
    write_qonnx,
)
from tests.host import control_bench, fake_pynq
from tests.plane_nets import random_plane_network

U8, U3, I4, I2 = IntType(8, False), IntType(3, False), IntType(4, True), IntType(2, True)
Rng = np.random.Generator


def writable(graph: Graph) -> list[str]:
    """Layers of an integer network whose accumulators meet a quantiser, or leave the chip."""
    quantised = {node.inputs[0].name for node in graph.nodes if isinstance(node.op, Threshold)}
    ends = {graph.output.name} | {name for name in quantised if len(graph.users[name]) == 1}
    return [node.name for node in graph.nodes if isinstance(node.op, MatMul | Conv) and node.output.name in ends]


def retrained(graph: Graph, rng: Rng, layers: list[str]) -> Graph:
    """The network with other weights, thresholds and signs in `layers`, and another meaning of its scores."""

    def other(node: Node) -> Node:
        op, before = node.op, graph.producers.get(node.inputs[0].name)
        if isinstance(op, MatMul | Conv) and node.name in layers:
            if node.output == graph.output:  # the same weights of each output elsewhere: the same reach
                rows = rng.permuted(op.weights.reshape(len(op.weights), -1), axis=1)
                return replace(node, op=replace(op, weights=rows.reshape(op.weights.shape)))
            return replace(node, op=replace(op, weights=codes_of(rng, op.weight_type, op.weights.shape)))
        if isinstance(op, Threshold) and before is not None and before.name in layers:
            moved = np.sort(op.thresholds + rng.integers(-3, 4, op.thresholds.shape), axis=1)
            return replace(node, op=replace(op, thresholds=moved, descending=rng.integers(0, 2, len(moved))))
        return node

    nodes = tuple(other(node) for node in graph.nodes)
    meaning = Affine(np.asarray(0.5), np.asarray(3.0))
    return replace(graph, nodes=nodes, outputs=(replace(graph.outputs[0], decoding=meaning),))


# ---- Between two frames of one simulation ----------------------------------------------------------


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Accelerator:
    """Words of 40 bits and of 9, block RAM and registers, a layer with thresholds and one without."""
    graph = random_network(np.random.default_rng(0), (40, 24, 6), weight=I4, hidden=U3, name="learner")
    folding = {"fc0": {"pe": 2, "simd": 5}, "fc1": {"pe": 6, "simd": 24}}
    options = {"folding": folding, "writable": ("fc0", "fc1"), "memory": {"fc0": "block"}, "pipeline": 0}
    return flow.compile(graph, **options).write(tmp_path_factory.mktemp("soft") / "out")


@pytest.fixture(scope="module")
def other(built: Accelerator) -> Graph:
    return retrained(built.graph, np.random.default_rng(1), ["fc0", "fc1"])


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("work")


class Recorder:
    """A transport that keeps what is written."""

    def __init__(self) -> None:
        self.words: list[tuple[int, int]] = []

    def exchange(self, data: np.ndarray, size: int) -> np.ndarray:
        raise AssertionError("nothing is sent")

    def now(self) -> float:
        return 0.0

    def write(self, address: int, words: list[int]) -> None:
        self.words += [(address + 4 * index, word) for index, word in enumerate(words)]


@pytest.fixture(scope="module")
def words(built: Accelerator, other: Graph) -> list[tuple[int, int]]:
    """What `Driver.load` writes."""
    recorder = Recorder()
    assert built.project is not None
    open_driver(built.project, recorder).load(other)
    return recorder.words


def simulated(built: Accelerator, work: Path, codes: np.ndarray, rewrite: Rewrite | None, **options) -> Trace:
    assert built.project is not None
    beats = to_words(codes.reshape(len(codes), -1), built.design.input)
    return rtlsim.simulate(built.design, built.project / "rtl", beats, work, taps=False, rewrite=rewrite, **options)


def codes_out(built: Accelerator, trace: Trace) -> np.ndarray:
    return from_words(trace.outputs, built.design.output)


@pytest.mark.parametrize("stalls", [None, Stalls(0.3, 0.3)], ids=["", "stalls"])
def test_frames_before_are_of_the_old_network_and_frames_behind_of_the_new(
    built: Accelerator, other: Graph, words: list[tuple[int, int]], work: Path, stalls: Stalls | None
) -> None:
    x = random_codes(built.graph.inputs[0], 16, seed=2)
    trace = simulated(built, work, x, Rewrite(words, frames=7), stalls=stalls)
    found, old, new = codes_out(built, trace), run(built.graph, x), run(other, x)
    np.testing.assert_array_equal(found[:7], old[:7])
    np.testing.assert_array_equal(found[7:], new[7:])
    assert (old[:7] != new[:7]).any() and (old[7:] != new[7:]).any()
    assert trace.identity == int(built.design.digest[:8], 16)


def test_the_cycles_are_those_of_a_design_that_cannot_be_rewritten(built: Accelerator, work: Path) -> None:
    choices = Choices({"fc0": MemoryStyle.BLOCK}, wired=False)
    problem = Problem(built.graph, built.settings.part, built.settings.clock_mhz, choices=choices)
    fixed = problem.sized(problem.draft(built.folding))
    assert built.design.cycles.predict(5) == fixed.cycles.predict(5)
    trace = simulated(built, work, random_codes(built.graph.inputs[0], 5, seed=3), None)
    assert int(trace.out_cycles[-1] - trace.in_cycles[0]) + 1 == fixed.cycles.predict(5).total


def test_what_is_left_out_is_seen(built: Accelerator, other: Graph, words: list[tuple[int, int]], work: Path) -> None:
    """Nothing written, a memory left out, or the last piece of the words of another: the new network differs."""
    x, control = random_codes(built.graph.inputs[0], 16, seed=2), address_map(built.design)
    assert control is not None
    want = run(other, x)
    wide = control.layers["fc0"].regions["weights"]
    last = wide.base + 4 * (wide.pieces - 1)
    assert wide.pieces == 2
    cuts: list[Callable[[int], bool]] = [
        lambda address: False,
        lambda address: address < control.layers["fc1"].weights.base,
        lambda address: not (wide.base <= address < wide.base + wide.size and (address - last) % wide.word_bytes == 0),
    ]
    for keeps in cuts:
        kept = [(address, word) for address, word in words if keeps(address)]
        assert len(kept) < len(words)
        trace = simulated(built, work, x, Rewrite(kept))
        assert (codes_out(built, trace) != want).any()


def test_writes_beside_the_memories_change_nothing(built: Accelerator, work: Path) -> None:
    control, x = address_map(built.design), random_codes(built.graph.inputs[0], 6, seed=4)
    assert control is not None
    used = {
        region.base + word * region.word_bytes + 4 * piece
        for layer in control.layers.values()
        for region in layer.regions.values()
        for word in range(region.words)
        for piece in range(region.pieces)
    }
    beside = [address for address in range(0, 1 << control.address_bits, 4) if address not in used][::17]
    trace = simulated(built, work, x, Rewrite([(address, 0xFFFFFFFF) for address in beside]))
    np.testing.assert_array_equal(codes_out(built, trace), run(built.graph, x))


def test_a_master_that_breaks_words_and_pauses(built: Accelerator, work: Path) -> None:
    """The port's answers to illegal writes and to pauses on every channel; the frames behind are as ever."""
    x, folder = random_codes(built.graph.inputs[0], 6, seed=4), work.resolve() / "run"
    control = address_map(built.design)
    assert control is not None
    last = control.layers["fc1"].weights
    assert last.base + last.size <= control_bench.BEYOND < 1 << control.address_bits
    simulated(built, work, x, Rewrite([]))  # builds, and leaves the frames in the folder
    environment = find_simulator().test_environment("tests.host.control_bench", "bench")
    environment["HWGEN_IDENTITY"] = str(control.identity)
    outputs = [folder / "outcome.txt", folder / "output_0.log"]
    sim: list[str | Path] = [work.resolve() / "build" / "sim", "+frames=6", "+pause_frames=0"]
    process.run(sim, cwd=folder, log=folder / "sim.log", timeout_s=120, env=environment, outputs=outputs)
    assert (folder / "outcome.txt").read_text() == "all as it should be\n"
    found = from_hex(outputs[1].read_text().split()[2::3], built.design.output.axis_width)
    np.testing.assert_array_equal(from_words(found, built.design.output), run(built.graph, x))


# ---- By the driver ---------------------------------------------------------------------------------


NETWORKS: dict[str, Callable[[Rng], Graph]] = {
    "bipolar": lambda rng: random_network(rng, (16, 12, 4)),
    "padded": padded_net,
    "integers": lambda rng: random_network(rng, (20, 9, 5), input_type=U8, hidden=I2, weight=I4, last=U3),
    "ternary on bipolar": lambda rng: random_network(rng, (20, 9, 5), input_type=U8, weight=I2),
    "depthwise": mobilenet_like,
    "signal": signal_net,
    "concatenated": concat_net,
    "planes": random_plane_network,
    **{
        f"convolutions {seed}": lambda rng, seed=seed: random_conv_network(np.random.default_rng(seed))
        for seed in range(7)
    },
}
QUICK = ("bipolar", "depthwise")


@pytest.mark.parametrize("name", [pytest.param(n, marks=[] if n in QUICK else pytest.mark.long) for n in NETWORKS])
def test_a_network_is_loaded(name: str, tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    graph = integer_network(NETWORKS[name](rng))
    layers = writable(graph)
    assert layers
    flow.compile(graph, writable=tuple(layers)).write(tmp_path / "out")
    driver, new = open_driver(tmp_path / "out", "rtl"), retrained(graph, rng, layers)
    x = random_codes(graph.inputs[0], 6, seed=7)
    np.testing.assert_array_equal(driver.outputs(x), run(graph, x))
    driver.load(new)
    np.testing.assert_array_equal(driver.outputs(x), run(new, x))
    assert (run(graph, x) != run(new, x)).any()
    if not driver.ports.sink.ranked:
        np.testing.assert_array_equal(driver.scores(x), run(new, x).reshape(6, -1) * 0.5 + 3)


@pytest.fixture(scope="module")
def driver(built: Accelerator) -> Driver:
    assert built.project is not None
    return open_driver(built.project, "rtl")


def test_one_layer_in_part(built: Accelerator, other: Graph, driver: Driver) -> None:
    """New thresholds alone, then also new weights; an imported network is taken as well."""
    x, parts = random_codes(built.graph.inputs[0], 9, seed=8), {node.name: node for node in built.graph.nodes}
    behind = built.graph.users[parts["fc0"].output.name][0]
    op, new = other.node(behind.name).op, other.node("fc0").op
    assert isinstance(op, Threshold) and isinstance(new, MatMul)
    driver.write("fc0", thresholds=op.thresholds, descending=op.descending)
    half = replace(built.graph, nodes=tuple(replace(n, op=op) if n.name == behind.name else n for n in parts.values()))
    np.testing.assert_array_equal(driver.outputs(x), run(half, x))
    driver.write("fc0", weights=new.weights)
    whole = replace(half, nodes=tuple(replace(n, op=new) if n.name == "fc0" else n for n in half.nodes))
    np.testing.assert_array_equal(driver.outputs(x), run(whole, x))
    assert (run(half, x) != run(whole, x)).any()
    driver.load(random_network(np.random.default_rng(0), (40, 24, 6), weight=I4, hidden=U3, name="learner"))
    np.testing.assert_array_equal(driver.outputs(x), run(built.graph, x))


def test_input_and_output_mean_what_the_loaded_network_says(built: Accelerator, other: Graph) -> None:
    """Its encoding, decoding, order and ranking, whatever those of the network before it were."""
    order = Order((2, 3), np.array([3, 1, 4, 0, 5, 2]))
    new = with_output(
        with_input(other, encoding=Affine(np.asarray(0.125), np.asarray(-2.0))), order=order, ranking=(1,)
    )
    assert built.project is not None
    driver, x = open_driver(built.project, Rewritten(new, built)), random_codes(built.graph.inputs[0], 9, seed=9)
    assert driver.ports.source.encoding != new.encoding
    driver.load(new)
    assert (driver.ports.source.encoding, driver.ports.sink.reading) == (new.encoding, new.reading)
    np.testing.assert_array_equal(driver.outputs(x * 0.125 - 2.0), run(new, x))
    np.testing.assert_array_equal(driver.infer(x), new.decode(run(new, x)))
    np.testing.assert_array_equal(driver.scores(x), (run(new, x) * 0.5 + 3)[:, order.places])


class Rewritten(GoldenTransport):
    """A board that runs the network that is written to it."""

    def __init__(self, graph: Graph, built: Accelerator) -> None:
        super().__init__(graph, port_map_of(built.graph, built.design))

    def write(self, address: int, words: list[int]) -> None:
        pass


def test_parameters_are_numbered_by_the_models_rows(tmp_path: Path) -> None:
    """Of a layer whose rows were put in another order, what the model has gives the memories as they were built."""
    graph = integer_network(
        random_network(np.random.default_rng(3), (9, 7, 6), hidden=U3, weight=I4, last=U3, top1=True)
    )
    places = np.array([4, 0, 5, 2, 1, 3])
    moved = reordered(graph, graph.nodes[-1], places)
    assert moved is not None
    design = flow.compile(moved, writable=("fc1",), folding={"fc1": {"pe": 2, "simd": 7}}).write(tmp_path / "out")
    behind = graph.users[graph.node("fc1").output.name][0].op
    op = graph.node("fc1").op
    assert isinstance(op, MatMul) and isinstance(behind, Threshold)
    sent = []
    for give in (
        lambda driver: driver.load(moved),
        lambda driver: driver.write(
            "fc1", weights=op.weights, thresholds=behind.thresholds, descending=behind.descending
        ),
    ):
        recorder = Recorder()
        give(open_driver(tmp_path / "out", recorder))
        sent.append(recorder.words)
    unit = next(unit for unit in design.design.writable if unit.name == "fc1")
    pieces = to_pieces(unit.layout.words(unit.weights), unit.weight_rom.width).reshape(-1).tolist()
    assert [word for _, word in sent[0]][: len(pieces)] == pieces
    assert sent[0] == sent[1]
    assert len(np.unique(behind.thresholds, axis=0)) > 1
    text = (tmp_path / "out" / "host" / "ports.json").read_text()
    written = json.loads(text)
    for rows, found in (([0, 0, 1, 2, 3, 4], "rows of fc1 that are no permutation"), ([1.0], "no size: 1.0")):
        written["control"]["layers"]["fc1"]["rows"] = rows
        with pytest.raises(DataError, match=found):
            parse_port_map(json.dumps(written), "here")
    del written["control"]["layers"]["fc1"]["rows"]
    read = parse_port_map(json.dumps(written), "here").control
    assert read is not None and read.layers["fc1"].rows == ()


def test_a_board_is_written_the_same(
    built: Accelerator, other: Graph, words: list[tuple[int, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    ports = port_map_of(built.graph, built.design)
    monkeypatch.setitem(sys.modules, "pynq", fake_pynq.module(ports, Recorder()))
    assert built.project is not None
    board = open_driver(built.project, "pynq", bitfile="learner.bit")
    board.load(other)
    assert board.transport.overlay.learner_0.written == words
    board.transport.overlay.learner_0.identity = 7
    with pytest.raises(DataError) as error:
        board.load(other)
    identity = built.design.digest[:8]
    message = f"learner_0: must be the design {identity}; found 00000007. Load its own bitstream."
    assert str(error.value) == message


def test_the_port_map_is_read_back(built: Accelerator) -> None:
    ports = port_map_of(built.graph, built.design)
    assert built.project is not None
    read = parse_port_map((built.project / "host" / "ports.json").read_text(), "here")
    assert read.control == ports.control == address_map(built.design)
    assert (read.structure, read.digest) == (ports.structure, built.design.digest)


def test_thresholds_that_are_reached_always_or_never(built: Accelerator) -> None:
    """However far away, in whichever type of integers: the ends of what the memory holds."""
    control = address_map(built.design)
    assert control is not None
    layer = control.layers["fc0"]
    assert layer.threshold_map is not None
    kind, shape = layer.threshold_map.type, (layer.threshold_map.channels, layer.threshold_map.levels)
    for least, most, dtype in ((-(1 << 63), (1 << 63) - 1, np.int64), (0, (1 << 64) - 1, np.uint64)):
        far = np.full(shape, most, dtype=dtype)
        assert list(rewrite.threshold_words(layer, far)) == list(
            rewrite.threshold_words(layer, np.full(shape, kind.max))
        )
        near = np.full(shape, least, dtype=dtype)
        wanted = np.full(shape, max(least, kind.min))
        assert list(rewrite.threshold_words(layer, near)) == list(rewrite.threshold_words(layer, wanted))


@pytest.mark.parametrize("weight", [-(1 << 60), 1 << 59])
def test_weights_whose_sums_no_type_holds(weight: int) -> None:
    """They are refused by what they reach, not by what is left of it in 64 bits."""
    wide = IntType(61, signed=True)
    x, sums = value("x", 16, U8), TensorType((1,), IntType(4, signed=True))
    graph = chain("g", x, ("fc", MatMul(np.zeros((1, 16)), wide), sums))
    control = address_map(flow.compile(graph, writable=("fc",)).design)
    assert control is not None
    reach = f"[{min(0, 16 * 255 * weight)}, {max(0, 16 * 255 * weight)}]"
    with pytest.raises(DataError) as error:
        rewrite.weight_words(control.layers["fc"], np.full((1, 16), weight))
    assert str(error.value) == (
        f"fc: weights: must give accumulators within [0, 1], the type that leaves the chip; found up to {reach}."
        " Build the design anew for these weights."
    )


def test_memories_do_not_share_addresses(built: Accelerator) -> None:
    control = address_map(built.design)
    assert control is not None
    regions = [region for layer in control.layers.values() for region in layer.regions.values()]
    assert [region.width for region in regions] == [40, 2 * 7 * 10, 2, 6 * 24 * 4]
    ends = 0
    for region in regions:
        assert region.base >= ends and region.base % region.size == 0
        ends = region.base + region.size
    assert ends <= 1 << control.address_bits


def test_generated_sources_are_clean(built: Accelerator, tmp_path: Path) -> None:
    assert built.project is not None
    folder = built.project / "rtl"
    files = [folder / name for name in (folder / "files.f").read_text().split()]
    lint(files, "learner", tmp_path)
    assert not (built.project / "hls").exists()


def test_without_writable_layers_there_is_no_port() -> None:
    graph = random_network(np.random.default_rng(0), (12, 8, 4))
    fixed, soft = flow.compile(graph), flow.compile(graph, writable=("fc0",))
    assert fixed.design.digest == flow.compile(graph, writable=()).design.digest != soft.design.digest
    for design, says in ((fixed.design, False), (soft.design, True)):
        files = rtl.emit(design)
        assert ("lib/hwgen_writable.sv" in files) == says
        assert any("s_axi_control" in text or "place_i" in text for text in files.values()) == says


def test_simulation_of_c_is_refused(built: Accelerator) -> None:
    for backend in ("csim", "dpi", "hls-rtl"):
        with pytest.raises(ConfigError) as error:
            built.simulate(1, backend)
        must = "must name no layer where an HLS project is wanted: those are written in SystemVerilog alone"
        change = "Build it without --writable fc0 --writable fc1."
        assert str(error.value) == f"writable: {must}; found fc0, fc1. {change}"


REFUSED: dict[str, tuple[Callable[[Driver], None], str]] = {
    "layer": (
        lambda driver: driver.write("fc7", weights=[[1]]),
        "layer: must be one of fc0, fc1, which can be rewritten; found fc7.",
    ),
    "shape": (
        lambda driver: driver.write("fc0", weights=np.zeros((24, 41), int)),
        "fc0: weights: must be 40 of each of 24 outputs; found shape (24, 41).",
    ),
    "type": (
        lambda driver: driver.write("fc0", weights=np.full((24, 40), 8)),
        "fc0: weights: must be codes of int4; found [8, 8].",
    ),
    "real numbers": (
        lambda driver: driver.write("fc0", weights=np.zeros((24, 40))),
        "fc0: weights: must be integers; found float64 of shape (24, 40). Give the codes.",
    ),
    "room": (
        lambda driver: driver.write("fc1", weights=np.full((6, 24), 7)),
        "fc1: weights: must give accumulators within [-512, 511], the type that leaves the chip; "
        "found up to [0, 1176]. Build the design anew for these weights.",
    ),
    "levels": (
        lambda driver: driver.write("fc0", thresholds=np.zeros((24, 3), int)),
        "fc0: thresholds: must be 7 of each of 24 channels, or of all; found shape (24, 3).",
    ),
    "order": (
        lambda driver: driver.write("fc0", thresholds=[[1, 2, 3, 4, 5, 7, 6]]),
        "fc0: thresholds: must ascend in every channel; found [1, 2, 3, 4, 5, 7, 6] in channel 0.",
    ),
    "no thresholds": (
        lambda driver: driver.write("fc1", thresholds=[[1]]),
        "fc1: thresholds: must be of a layer with a quantiser behind it; found accumulators leave it. Leave it out.",
    ),
    "descending": (
        lambda driver: driver.write("fc0", descending=[2]),
        "fc0: descending: must be 0 or 1 for each of 24 channels; found shape (1,) with 2.",
    ),
    "structure": (
        lambda driver: driver.load(random_network(np.random.default_rng(0), (40, 23, 6), weight=I4, hidden=U3)),
        "net: must differ from the network that was built in the parameters of fc0, fc1 alone; "
        "found other differences. Build a design for it.",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_parameters_that_do_not_fit(built: Accelerator, name: str) -> None:
    action, message = REFUSED[name]
    recorder = Recorder()
    assert built.project is not None
    with pytest.raises((ConfigError, DataError)) as error:
        action(open_driver(built.project, recorder))
    assert str(error.value) == message
    assert recorder.words == []


def test_nothing_is_written_by_half(built: Accelerator) -> None:
    recorder = Recorder()
    assert built.project is not None
    with pytest.raises(DataError):
        open_driver(built.project, recorder).write("fc0", weights=np.zeros((24, 40), int), thresholds=[[1]])
    assert recorder.words == []


def test_the_golden_model_is_not_written(built: Accelerator, other: Graph) -> None:
    assert built.project is not None
    with pytest.raises(ConfigError) as error:
        hwgen.open_driver(built.project).load(other)
    found = "must reach the design's AXI4-Lite port; found GoldenTransport, which does not. Choose another place."
    assert str(error.value) == f"write: {found}"


def test_a_design_without_writable_layers(tmp_path: Path) -> None:
    flow.compile(random_network(np.random.default_rng(0), (12, 8, 4))).write(tmp_path / "out")
    with pytest.raises(ConfigError) as error:
        open_driver(tmp_path / "out", Recorder()).write("fc0", weights=[[1]])
    message = "net: must have layers that can be rewritten; found none. Build it with --writable LAYER."
    assert str(error.value) == message


def test_the_option(tmp_path: Path) -> None:
    write_qonnx(tmp_path / "tiny.onnx", np.random.default_rng(0))
    words = ["build", str(tmp_path / "tiny.onnx"), "-o", str(tmp_path / "out"), "--json"]
    done = CliRunner().invoke(app, [*words, "--writable", "fc0", "--writable", "fc1"])
    assert done.exit_code == 0, done.output
    control = open_driver(tmp_path / "out").ports.control
    assert control is not None and list(control.layers) == ["fc0", "fc1"]
    assert hwgen.open_project(tmp_path / "out").settings.writable == ("fc0", "fc1")
