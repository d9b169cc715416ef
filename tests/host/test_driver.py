"""The driver on golden, in simulation and on a (fake) board; its packing against the RTL's and a plain reference."""

from __future__ import annotations

import ast
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import hwgen
from hwgen import flow
from hwgen.cli.predict import predict
from hwgen.errors import ConfigError, DataError, ToolError
from hwgen.golden.execute import decode, run
from hwgen.host import Driver, open_driver
from hwgen.host.golden import GoldenTransport
from hwgen.hw import packing
from hwgen.hw.ports import ChipPort, PortMap, parse_port_map
from hwgen.ir.graph import Affine, Graph, Node, Value
from hwgen.ir.ops import Sum
from hwgen.ir.order import Order
from hwgen.ir.types import Bipolar, DType, IntType, TensorType, parse_dtype, smallest_int
from hwgen.verify.evaluate import classes
from hwgen.verify.vectors import random_codes
from tests.builders import random_network
from tests.host import fake_pynq

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network of int4 inputs with a scale, and scores with a scale and an offset of each class."""
    rng = np.random.default_rng(3)
    graph = random_network(rng, (12, 8, 5), input_type=IntType(4, signed=True), name="tiny")
    decoding = Affine(rng.uniform(0.5, 2, 5), rng.normal(size=5))
    graph = Graph.of(graph.name, graph.input, graph.nodes, graph.output, Affine(np.asarray(0.25)), decoding)
    folder = tmp_path_factory.mktemp("host") / "out"
    flow.compile(graph, target_interval=16, folding={"fc1": {"pe": 1}}).write(folder)
    return folder


@pytest.fixture(scope="module")
def golden(project: Path) -> Driver:
    return hwgen.open_driver(project)


@pytest.fixture(scope="module")
def rtl(project: Path) -> Driver:
    return hwgen.open_driver(project, "rtl")


@pytest.fixture(scope="module")
def graph(project: Path) -> Graph:
    return hwgen.open_project(project).graph


def frames_of(graph: Graph, count: int = 50) -> np.ndarray:
    return random_codes(graph.inputs[0], count, seed=5)


def test_scores_and_classes_are_those_of_the_network(golden: Driver, graph: Graph) -> None:
    x = frames_of(graph)
    want = decode(graph, run(graph, x))
    np.testing.assert_array_equal(golden.scores(x), want)
    np.testing.assert_array_equal(golden.predict(x), classes(graph, run(graph, x)))
    assert len(set(golden.predict(x).tolist())) > 1
    best, scores = golden.top_k(x, 3)
    assert best.shape == scores.shape == (50, 3)
    np.testing.assert_array_equal(best[:, 0], golden.predict(x))
    np.testing.assert_array_equal(scores, -np.sort(-want, axis=1)[:, :3])
    np.testing.assert_array_equal(np.take_along_axis(want, best, axis=1), scores)


def test_equal_scores_go_to_the_lower_class(golden: Driver) -> None:
    ports = with_sink(golden.ports, affine=Affine())
    driver = answering(golden, ports, np.array([[1, 3, 3, 0, 3]]))
    assert driver.top_k([[0] * 12], 4)[0].tolist() == [[1, 2, 4, 0]]
    assert driver.predict([[0] * 12]).tolist() == [1]


def test_equal_scores_of_any_kind_go_to_the_lower_class(golden: Driver) -> None:
    """Many classes and many ties: an unstable order would show."""
    codes = np.random.default_rng(0).integers(0, 2, (20, 300))
    kind = TensorType((300,), IntType(2, signed=False))
    driver = answering(golden, with_sink(golden.ports, type=kind, affine=Affine()), codes)
    best, scores = driver.top_k(np.zeros((20, 12), int), 300)
    for row, found, values in zip(codes, best, scores, strict=True):
        assert found.tolist() == sorted(range(300), key=lambda c: (-row[c], c))
        assert values.tolist() == sorted(row, reverse=True)
    assert driver.predict(np.zeros((20, 12), int)).tolist() == [row.tolist().index(1) for row in codes]


@pytest.mark.parametrize(("ranking", "classes"), [(None, [0, 0, 1]), ((), [0, 0, 0])])
def test_a_single_score_is_a_class_where_it_is_positive(golden: Driver, ranking, classes: list[int]) -> None:
    """One that is 0 is class 0; where the network itself ranks the only class, that is class 0 whatever the score."""
    ports = with_sink(golden.ports, type=TensorType((1,), IntType(3, signed=True)), affine=Affine(), ranking=ranking)
    driver = answering(golden, ports, np.array([[-1], [0], [1]]))
    assert driver.predict(np.zeros((3, 12), int)).tolist() == classes


def answering(golden: Driver, ports: PortMap, codes: np.ndarray) -> Driver:
    """A driver whose design answers `codes`."""
    driver = Driver(ports, golden.transport)
    driver._outputs = lambda images: {"output": codes}  # type: ignore[method-assign]
    return driver


def with_sink(ports: PortMap, **changes: Any) -> PortMap:
    """The ports with another output."""
    return replace(ports, outputs=(replace(ports.sink, **changes),))


@pytest.mark.parametrize("kind", ["strides", "table"])
def test_outputs_are_numbered_as_the_models(golden: Driver, graph: Graph, kind: str) -> None:
    """Scales and offsets stay with their classes, and equal scores go to the lower class of the model."""
    places = {"strides": np.arange(6).reshape(2, 3).T, "table": np.array([[4, 0], [5, 2], [1, 3]])}[kind]
    rng, order = np.random.default_rng(1), Order((3, 2), places)
    codes, affine = rng.integers(0, 3, (30, 6)), Affine(rng.choice([0.5, 1.0, 2.0], 6), rng.integers(0, 2, 6))
    scores = TensorType((6,), IntType(3, signed=False))
    stream = replace(golden.ports.sink.stream, dtype=scores.dtype, elements=6)
    changed = with_sink(golden.ports, type=scores, stream=stream, affine=affine, order=order)
    ports = parse_port_map(json.dumps(changed.to_json()), "here")
    assert ports.sink.order == order and (order.strides is None) == (kind == "table")
    driver, x = answering(golden, ports, codes), np.zeros((30, 12), int)
    want = (codes * affine.scale + affine.offset)[:, places]
    np.testing.assert_array_equal(driver.infer(x), want)
    flat = want.reshape(30, 6)
    np.testing.assert_array_equal(driver.scores(x), flat)
    np.testing.assert_array_equal(driver.predict(x), flat.argmax(axis=1))
    np.testing.assert_array_equal(driver.top_k(x, 6)[0], np.argsort(-flat, axis=1, kind="stable"))
    assert (np.sort(flat, axis=1)[:, -2] == flat.max(axis=1)).any()


def test_images_come_back_as_the_model_has_them(golden: Driver) -> None:
    """Channels first, (N, 2, 3, 4); the codes as they leave the chip have them last."""
    order = Order((2, 3, 4), np.arange(24).reshape(3, 4, 2).transpose(2, 0, 1))
    affine = Affine(np.array([1.0, 0.5]), np.array([0.0, 3.0]))
    kind = TensorType((3, 4, 2), IntType(4, signed=True))
    codes = np.random.default_rng(2).integers(-8, 8, (5, 3, 4, 2))
    driver = answering(golden, with_sink(golden.ports, type=kind, affine=affine, order=order), codes)
    x = np.zeros((5, 12), int)
    np.testing.assert_array_equal(driver.infer(x), np.moveaxis(codes * [1.0, 0.5] + [0.0, 3.0], -1, 1))
    np.testing.assert_array_equal(driver.scores(x), driver.infer(x).reshape(5, -1))
    assert driver.outputs(x).shape == (5, 3, 4, 2)


def test_real_numbers_are_quantised(golden: Driver, graph: Graph) -> None:
    x = frames_of(graph)
    near = x * 0.25 + 0.11
    np.testing.assert_array_equal(golden.outputs(near), run(graph, x))
    np.testing.assert_array_equal(golden.outputs(np.full((1, 12), 99.0)), run(graph, np.full((1, 12), 7)))


def test_simulation_agrees(rtl: Driver, golden: Driver, graph: Graph) -> None:
    x = frames_of(graph)
    np.testing.assert_array_equal(rtl.outputs(x), golden.outputs(x))
    np.testing.assert_array_equal(rtl.scores(x), golden.scores(x))


def test_throughput_of_a_simulated_design_is_that_of_its_clock(rtl: Driver, project: Path) -> None:
    found = rtl.throughput_test(40)
    cycles = hwgen.open_project(project).design.cycles.predict(40)
    assert found.seconds == pytest.approx(cycles.total / 200e6)
    assert (found.bytes_in, found.bytes_out) == (40 * rtl.ports.source.frame_bytes, 40 * rtl.ports.sink.frame_bytes)
    assert found.fps == 40 / found.seconds


@pytest.mark.parametrize("limit", [1 << 26, 40], ids=["one block", "blocks"])
def test_a_board_agrees(project: Path, golden: Driver, monkeypatch: pytest.MonkeyPatch, limit: int) -> None:
    pynq = fake_pynq.module(golden.ports, golden.transport, buffer_max_size=limit)
    monkeypatch.setitem(sys.modules, "pynq", pynq)
    board, x = open_driver(project, "pynq", bitfile="tiny.bit"), random_codes(golden.ports.inputs[0], 33, seed=6)
    np.testing.assert_array_equal(board.outputs(x), golden.outputs(x))
    np.testing.assert_array_equal(board.outputs(x[:1]), golden.outputs(x[:1]))
    sent = board.transport.overlay.axi_dma_0.sendchannel.transfers
    frame = golden.ports.source.bus_frame_bytes
    assert sum(sent) == 34 * frame and max(sent) == min(33, limit // frame) * frame
    assert board.throughput_test(9).frames == 9


def test_top1(tmp_path: Path) -> None:
    graph = random_network(np.random.default_rng(0), (12, 8, 4), top1=True)
    accelerator = flow.compile(graph, target_interval=16).write(tmp_path / "out")
    driver, x = open_driver(tmp_path / "out"), random_codes(accelerator.graph.inputs[0], 30, seed=1)
    np.testing.assert_array_equal(driver.predict(x), classes(accelerator.graph, run(accelerator.graph, x)))
    with pytest.raises(ConfigError) as error:
        driver.top_k(x, 1)
    assert str(error.value) == (
        "scores: must leave the design; found a top-1 unit at the end. Build it without --top1."
    )


# ---- Packing ------------------------------------------------------------------------------------


def doubler(dtype: DType, shape: tuple[int, ...]) -> Graph:
    """y = x + x: a network whose answer tells every code of its input apart, at every place."""
    low, high = (2 * dtype.min, 2 * dtype.max)
    x, y = Value("x", TensorType(shape, dtype)), Value("y", TensorType(shape, smallest_int(low, high)))
    return Graph.of("doubler", x, (Node("twice", Sum(), (x, x), y, "twice"),), y)


def plain_bytes(codes: np.ndarray, port: ChipPort) -> bytes:
    """The packing as words say it: vectors cut into beats, lane 0 and bit 0 lowest, beats padded to bytes."""
    stream, found = port.stream, b""
    for vector in codes.reshape(-1, stream.elements).tolist():
        for first in range(0, stream.elements, stream.lanes):
            beat = 0
            for lane, code in enumerate(vector[first : first + stream.lanes]):
                stored = (code + 1) // 2 if isinstance(stream.dtype, Bipolar) else code % (1 << stream.dtype.bits)
                beat |= stored << (lane * stream.dtype.bits)
            found += beat.to_bytes(port.beat_bytes, "little")
    return found


FEW = [("bipolar", (13,), 5), ("int2", (3, 2, 5), 2), ("uint1", (4, 9), 4), ("int11", (6,), 4), ("uint16", (7,), 3)]
TYPES = ["bipolar", *(f"{sign}int{bits}" for bits in range(1, 17) for sign in ("", "u") if (sign, bits) != ("", 1))]
ALL = [(kind, shape, pe) for kind in TYPES for shape, pe in (((13,), 5), ((3, 4, 5), 3), ((2, 7), 7))]


def round_trip(folder: Path, kind: str, shape: tuple[int, ...], pe: int) -> None:
    dtype = parse_dtype(kind)
    flow.compile(doubler(dtype, shape), folding={"twice": {"pe": pe}}).write(folder)
    driver = open_driver(folder, "rtl")
    x = random_codes(driver.ports.inputs[0], 12, seed=len(kind))
    np.testing.assert_array_equal(driver.outputs(x), 2 * x)
    for port, codes in ((driver.ports.source, x), (driver.ports.sink, 2 * x)):
        assert port.pack(codes).tobytes() == plain_bytes(codes, port)
        assert port.frame_bytes * len(codes) == len(plain_bytes(codes, port))
        np.testing.assert_array_equal(port.unpack(port.pack(codes)), codes)


@pytest.mark.parametrize(("kind", "shape", "pe"), FEW)
def test_packing_is_that_of_the_rtl(tmp_path: Path, kind: str, shape: tuple[int, ...], pe: int) -> None:
    round_trip(tmp_path / "out", kind, shape, pe)


@pytest.mark.long
@pytest.mark.parametrize(("kind", "shape", "pe"), ALL)
def test_packing_of_every_type(tmp_path: Path, kind: str, shape: tuple[int, ...], pe: int) -> None:
    round_trip(tmp_path / "out", kind, shape, pe)


def test_another_bit_order_is_caught(rtl: Driver, graph: Graph, monkeypatch: pytest.MonkeyPatch) -> None:
    x, right = frames_of(graph), packing.to_bits
    monkeypatch.setattr(packing, "to_bits", lambda codes, dtype: right(codes[..., ::-1], dtype))
    assert (rtl.outputs(x) != run(graph, x)).any()


# ---- On a board, and errors -----------------------------------------------------------------------


BARE = """
import sys
for name in ("pydantic", "typer", "rich", "onnx", "onnxruntime", "torch", "numba", "jinja2", "tomllib"):
    sys.modules[name] = None
import numpy, hwgen
class Zeros:
    def exchange(self, data, size): return numpy.zeros(size, numpy.uint8)
    def now(self): return 0.0
driver = hwgen.open_driver(sys.argv[1], Zeros())
print(driver.predict(numpy.zeros((3, 12))).shape, *(m.__file__ for n, m in sys.modules.items() if n[:5] == "hwgen"))
"""


def test_a_board_needs_numpy_and_the_port_map_alone(project: Path, tmp_path: Path) -> None:
    """And the modules that it imports are those of a Python of 2021, as boards have it."""
    (tmp_path / "host").mkdir()
    (tmp_path / "host" / "ports.json").write_text((project / "host" / "ports.json").read_text())
    command = [sys.executable, "-c", BARE, tmp_path]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    sources = [Path(each) for each in done.stdout.split() if each.endswith(".py")]
    assert len(sources) > 10
    for path in sources:
        text = path.read_text()
        ast.parse(text, feature_version=(3, 10))
        assert not [new for new in ("StrEnum", "tomllib", "datetime.UTC", "typing import Self") if new in text], path


MESSAGES = {
    "place": (
        ConfigError,
        lambda folder: open_driver(folder, "moon"),
        "on: must be one of golden, rtl, pynq; found 'moon'.",
    ),
    "bitfile": (
        ConfigError,
        lambda folder: open_driver(folder, "pynq"),
        "bitfile: must name the overlay's .bit file; found none. Pass --bitfile FILE.",
    ),
    "no pynq": (
        ToolError,
        lambda folder: open_driver(folder, "pynq", bitfile="x.bit"),
        "pynq: must be installed to reach a board; found no such Python package. "
        "Run this on a PYNQ board, or choose another place with --backend.",
    ),
    "top": (
        ConfigError,
        lambda folder: open_driver(folder).top_k([[0] * 12], 6),
        "top: must be 1 to 5, the number of classes; found 6.",
    ),
    "shape": (
        DataError,
        lambda folder: open_driver(folder).predict([[0] * 13]),
        "images: frames must have 12 elements (12,); found frames of shape (13,). "
        "Give the images this network was built for.",
    ),
}


@pytest.mark.parametrize("name", MESSAGES)
def test_messages(project: Path, name: str) -> None:
    kind, action, message = MESSAGES[name]
    with pytest.raises(kind) as error:
        action(project)
    assert str(error.value) == message


def spoilt(**changes: Any) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """A port map with another output."""
    return lambda ports: ports | {"outputs": [ports["outputs"][0] | changes]}


def test_no_project(tmp_path: Path) -> None:
    with pytest.raises(DataError) as error:
        open_driver(tmp_path)
    found = "must be a folder that `hwgen build` wrote (host/ports.json); found none. Run `hwgen build` first."
    assert str(error.value) == f"{tmp_path}: {found}"


@pytest.mark.parametrize(
    ("spoil", "found"),
    [
        (lambda ports: ports | {"format": 1}, "format 1"),
        (lambda ports: {key: ports[key] for key in ports if key != "inputs"}, "'inputs'"),
        (lambda ports: ports | {"inputs": []}, r"inputs, '\[\]'"),
        (lambda ports: ports | {"outputs": 2 * ports["outputs"]}, "outputs, two of one name"),
        (spoilt(type="float"), "a type is bipolar, intN or uintN"),
        (spoilt(name=""), "outputs.0.name, ''"),
        (spoilt(axis="m axis"), "outputs.0.axis, 'm axis'"),
        (spoilt(order={"shape": [4], "places": [0, 1, 2, 3]}), "an order of 4 places for 5 elements"),
        (spoilt(order={"shape": [5], "places": [0, 1, 2, 3, 3]}), "an order of 5 places for 5"),
        (spoilt(order={"shape": [5], "strides": [[5, 2]]}), r"strides \[\(5, 2\)\] are no permutation"),
        (spoilt(order=[5]), "list indices must be integers"),
        (spoilt(ranking=[2]), r"a ranking of shape \[2\]"),
    ],
)
def test_a_spoilt_port_map(project: Path, spoil, found: str) -> None:
    ports = json.loads((project / "host" / "ports.json").read_text())
    with pytest.raises(DataError, match=f"here: must be a port map that `hwgen build` wrote; found {found}"):
        parse_port_map(json.dumps(spoil(ports)), "here")


def test_files_of_two_builds(project: Path, tmp_path: Path) -> None:
    shutil.copytree(project, tmp_path / "out")
    path = tmp_path / "out" / "host" / "ports.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"digest": "0" * 12}))
    with pytest.raises(DataError, match="port map and network must be of one build; found digest 000000000000"):
        open_driver(tmp_path / "out")


def test_an_answer_cut_short(golden: Driver) -> None:
    class Short(GoldenTransport):
        def exchange(self, data: np.ndarray, size: int) -> np.ndarray:
            return super().exchange(data, size)[:-1]

    driver = Driver(golden.ports, Short(golden.transport.graph, golden.ports))
    with pytest.raises(DataError) as error:
        driver.predict([[0] * 12])
    message = "tiny: must answer 5 bytes; found 4. Check that the board holds this very design."
    assert str(error.value) == message


def test_a_board_with_another_design(project: Path, golden: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    class Other(GoldenTransport):
        """One whose frames have four bytes."""

        def exchange(self, data: np.ndarray, size: int) -> np.ndarray:
            return super().exchange(data, size).reshape(-1, 5)[:, :4].reshape(-1)

    pynq = fake_pynq.module(golden.ports, Other(golden.transport.graph, golden.ports))
    monkeypatch.setitem(sys.modules, "pynq", pynq)
    with pytest.raises(DataError) as error:
        open_driver(project, "pynq", bitfile="tiny.bit").predict([[0] * 12])
    must = "every answer must have 5 bytes; found 4, then TLAST. Check that the overlay holds this very design."
    assert str(error.value) == f"pynq: {must}"


def test_overlays_that_do_not_fit(project: Path, golden: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pynq", fake_pynq.module(golden.ports, golden.transport, buffer_max_size=4))
    with pytest.raises(ToolError) as gone:
        open_driver(project, "pynq", bitfile="tiny.txt")
    found = "must load the overlay; found Bitstream file tiny.txt does not exist."
    assert str(gone.value) == f"pynq: {found} Check the bitstream and its .hwh."
    with pytest.raises(ConfigError) as wrong:
        open_driver(project, "pynq", bitfile="tiny.bit", dma="dma")
    must = "must be the name of an AXI DMA in the overlay; found axi_dma_0, tiny_0. Name one of these."
    assert str(wrong.value) == f"dma: {must}"
    with pytest.raises(ConfigError) as small:
        open_driver(project, "pynq", bitfile="tiny.bit")
    must = "must take a whole frame in a transfer; found 4 bytes, and frames of 8. Widen its buffer length register."
    assert str(small.value) == f"axi_dma_0: {must}"


def test_the_verb(project: Path, golden: Driver, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    x = random_codes(golden.ports.inputs[0], 7, seed=2)
    np.save(tmp_path / "x.npy", x)
    predict(project, [str(tmp_path / "x.npy")], as_json=True)
    told = {"format": "hwgen/predict/1", "on": "golden", "backend": "golden", "frames": 7}
    told["classes"] = golden.predict(x).tolist()
    assert json.loads(capsys.readouterr().out) == told
    predict(project, [str(tmp_path / "x.npy")], top=2, frames=3, as_json=True)
    best, scores = golden.top_k(x[:3], 2)
    found = json.loads(capsys.readouterr().out)
    assert found == {**told, "frames": 3, "classes": best.tolist(), "scores": scores.tolist()}
    predict(project, [str(tmp_path / "x.npy")], frames=2)
    assert capsys.readouterr().out.splitlines() == [f"{i}: {c}" for i, c in enumerate(golden.predict(x[:2]))]
