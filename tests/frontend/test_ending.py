"""The end of a network: the model's shape and order, and who ranks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from typer.testing import CliRunner

import hwgen
from hwgen import flow
from hwgen.cli import app
from hwgen.errors import ConfigError, ModelError
from hwgen.golden.execute import run
from hwgen.ir.check import check
from hwgen.ir.ending import Ending, EndKind
from hwgen.ir.graph import Graph
from hwgen.ir.ops import ArgMax
from hwgen.ir.text import parse_graph, print_graph
from hwgen.verify.evaluate import accuracy
from tests.end_to_end.heads import Head, flatten, rank, reshaped
from tests.frontend.images import to_hardware

Array = np.ndarray[Any, Any]


def built(head: Head, folder: Path, frames: int = 60) -> tuple[Graph, Array, Array]:
    """The network, output codes, and the reference's outputs (N, *shape)."""
    onnx.save(head.model(), folder / "net.onnx")
    x = head.rng.integers(-8, 8, (frames, *head.start[1:]))
    graph = hwgen.load(folder / "net.onnx")
    check(graph)
    return graph, run(graph, to_hardware(graph, x)), head.reference(x)


def image(seed: int = 0, channels: int = 1) -> Head:
    """A network of an image 6x6: convolutions 3x3 to 8 and to 3 channels."""
    head = Head(np.random.default_rng(seed), (1, channels, 6, 6), (1, channels, 6, 6))
    head.convolution(8, 3)
    head.quantise(8)
    head.convolution(3, 3)
    return head


def dense(outputs: int = 6, *, quantised: bool = False, seed: int = 0) -> Head:
    head = Head(np.random.default_rng(seed), (1, 12), (1, 12))
    head.dense(outputs)
    if quantised:
        head.quantise(outputs)
    return head


def swapped(head: Head) -> Head:
    """`.view(-1, 2, 3).transpose(1, 2).flatten(1)`."""
    reshaped(head, (1, 2, 3))
    head.put("Transpose", perm=[0, 2, 1])
    head.shape = (1, 3, 2)
    flatten(head)
    return head


@pytest.mark.parametrize("channels", [1, 2])
def test_a_feature_map_flattened(channels: int, tmp_path: Path) -> None:
    """Evaluated on its own labels it is right on all."""
    head = image(channels=channels)
    flatten(head)
    graph, codes, want = built(head, tmp_path)
    np.testing.assert_array_equal(graph.decode(codes), want)
    assert (
        graph.output.type.shape == (2, 2, 3)
        and (order := graph.reading.order) is not None
        and order.strides == ((3, 1), (4, 3))
    )
    assert accuracy(graph, "golden", codes, want.argmax(axis=1), "labels").accuracy == 1
    assert accuracy(graph, "golden", codes, codes.reshape(60, 12).argmax(axis=1), "labels").accuracy < 0.5


def test_a_flat_output_rearranged(tmp_path: Path) -> None:
    graph, codes, want = built(swapped(dense()), tmp_path)
    np.testing.assert_array_equal(graph.decode(codes), want)
    assert not np.array_equal(codes, want)
    assert accuracy(graph, "golden", codes, want.argmax(axis=1), "labels").accuracy == 1


@pytest.mark.parametrize("perm", [None, [0, 2, 3, 1], [0, 3, 1, 2], [0, 2, 1, 3], [0, 1, 3, 2]])
def test_an_image(perm: list[int] | None, tmp_path: Path) -> None:
    """As the model lays it out; channels last it lies as it leaves the chip."""
    head = image()
    if perm is not None:
        head.put("Transpose", perm=perm)
    graph, codes, want = built(head, tmp_path)
    np.testing.assert_array_equal(graph.decode(codes), want)
    assert want.ndim == 4 and (graph.reading.order is None) == (perm == [0, 2, 3, 1])


@pytest.mark.starts_process
@pytest.mark.parametrize("own", [False, True])
def test_the_verbs(own: bool, tmp_path: Path) -> None:
    """A project of it, evaluated on its own labels, classifies as the model does; a ranking of the host is told."""
    head = image()
    flatten(head)
    x = np.random.default_rng(5).integers(-8, 8, (40, 1, 6, 6))
    if own:
        rank(head)
    onnx.save(head.model(), tmp_path / "net.onnx")
    labels = head.reference(x).reshape(40, -1)
    labels = labels[:, 0].astype(int) if own else labels.argmax(axis=1)
    np.save(tmp_path / "x.npy", x.reshape(40, 6, 6, 1))
    np.save(tmp_path / "y.npy", labels)
    folder, files = str(tmp_path / "out"), ["--images", str(tmp_path / "x.npy")]
    done = [
        CliRunner().invoke(app, words)
        for words in (
            ["build", str(tmp_path / "net.onnx"), "-o", folder, "--json"],
            ["estimate", folder],
            ["evaluate", folder, *files, "--labels", str(tmp_path / "y.npy"), "--json"],
            ["predict", folder, *files, "--json"],
        )
    ]
    assert [each.exit_code for each in done] == [0, 0, 0, 0], done[2].output
    told = "the network's own ranking is left to the host, found the scores of several pixels: "
    assert sum(warning.startswith(told) for warning in json.loads(done[0].output)["warnings"]) == own
    assert ("ranking is left to the host" in " ".join(done[1].output.split())) == own
    assert json.loads(done[2].output)["accuracy"] == 1
    assert json.loads(done[3].output)["classes"] == labels.tolist()


def test_an_order_that_changes_nothing_is_not_kept(tmp_path: Path) -> None:
    graph, _, _ = built(dense(), tmp_path)
    assert graph.reading.order is None and graph.reading.ranking is None


def ranked(head: Head, op: str, folder: Path, **attributes: Any) -> tuple[Graph, Array, Array]:
    head.ranked = True
    head.put(op, *([head.constant(np.array([1]))] if op == "TopK" else []), axis=1, **attributes)
    return built(head, folder)


ENDS = {
    "argmax": ("ArgMax", {"keepdims": 0}, ()),
    "argmax kept": ("ArgMax", {"keepdims": 1}, (1,)),
    "topk": ("TopK", {}, (1,)),
}


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("quantised", [False, True])
def test_the_chip_ranks_by_the_models_order(end: str, quantised: bool, tmp_path: Path) -> None:
    """The index, and the lowest of the model's where scores are equal."""
    op, attributes, shape = ENDS[end]
    graph, codes, want = ranked(swapped(dense(quantised=quantised)), op, tmp_path, **attributes)
    assert isinstance(graph.nodes[-1].op, ArgMax) and graph.reading.ranking is None
    assert graph.node("fc0").op.rows == (0, 3, 1, 4, 2, 5)  # type: ignore[union-attr]
    np.testing.assert_array_equal(graph.decode(codes), want)
    assert graph.decode(codes).shape == (60, *shape)


def offset(head: Head) -> Head:
    head.put("Add", head.constant(np.arange(6.0) % 3 - 1))
    return head


HOST = {
    "offsets": lambda: offset(dense(quantised=True)),
    "offsets and an order": lambda: offset(swapped(dense())),
    "falling": lambda: negated(swapped(dense())),
    "pixels": lambda: flattened(image()),
}


def negated(head: Head) -> Head:
    head.put("Mul", head.constant(np.asarray(-0.5)))
    return head


def flattened(head: Head) -> Head:
    flatten(head)
    return head


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("name", HOST)
def test_the_host_ranks_where_codes_do_not(name: str, end: str, tmp_path: Path) -> None:
    op, attributes, shape = ENDS[end]
    graph, codes, want = ranked(HOST[name](), op, tmp_path, **attributes)
    assert graph.reading.ranking == shape and not any(isinstance(node.op, ArgMax) for node in graph.nodes)
    np.testing.assert_array_equal(graph.decode(codes), want)
    assert accuracy(graph, "golden", codes, want.reshape(60), "labels").accuracy == 1
    warnings = flow.compile(graph).estimate().warnings
    assert warnings[0].startswith("the network's own ranking is left to the host, found ")


def test_a_ranking_of_one_class(tmp_path: Path) -> None:
    """Always class 0, whatever the sign of its score."""
    for head in (dense(1), negated(dense(1))):
        graph, codes, want = ranked(head, "ArgMax", tmp_path, keepdims=1)
        np.testing.assert_array_equal(graph.decode(codes), want)
        assert accuracy(graph, "golden", codes, want.reshape(60), "labels").accuracy == 1


def test_what_moves_an_index(tmp_path: Path) -> None:
    """Behind a ranking that the host does, too."""
    for head in (dense(), offset(dense())):
        head.ranked = True
        head.put("ArgMax", axis=-1, keepdims=1)
        head.put("Squeeze", head.constant(np.array([1])))
        reshaped(head, (1, 1, 1))
        graph, codes, want = built(head, tmp_path)
        np.testing.assert_array_equal(graph.decode(codes), want)
        assert want.shape == (60, 1, 1)


def test_arithmetic_behind_a_ranking_on_the_chip(tmp_path: Path) -> None:
    head = swapped(dense())
    head.put("ArgMax", axis=1, keepdims=0)
    head.put("Cast", to=onnx.TensorProto.FLOAT)
    head.put("Mul", head.constant(np.asarray(2.0)))
    graph, codes, want = built(head, tmp_path)
    np.testing.assert_array_equal(graph.decode(codes), want)


def test_arithmetic_behind_a_ranking_of_the_host(tmp_path: Path) -> None:
    head = offset(dense())
    head.put("ArgMax", axis=1, keepdims=0)
    head.put("Cast", to=onnx.TensorProto.FLOAT)
    head.put("Mul", head.constant(np.asarray(2.0)))
    with pytest.raises(ModelError) as error:
        built(head, tmp_path)
    must = "nothing may follow a ranking that is left to the host; found another offset for each class"
    change = "End the network with it, or give all classes one scale and one offset"
    assert str(error.value) == f"top1 (argmax2): {must}. {change}."


def mixed() -> Head:
    """Two heads whose classes alternate."""
    head = dense(4, quantised=True)
    trunk, ends = head.last, []
    for _ in range(2):
        head.dense(3, trunk, 4)
        head.quantise(3)
        ends.append(head.last)
    head.put("Concat", ends[1], source=ends[0], axis=1)
    head.shape = (1, 6)
    return swapped(head)


TOP1 = {
    "pixels": (lambda: flattened(image()), "the scores of several pixels"),
    "mixed": (mixed, "classes in an order that the layers before cannot give"),
}


@pytest.mark.parametrize("name", TOP1)
def test_a_top1_unit_that_cannot_be_had(name: str, tmp_path: Path) -> None:
    make, found = TOP1[name]
    graph, _, _ = built(make(), tmp_path)
    with pytest.raises(ConfigError) as error:
        flow.compile(graph, top1=True)
    must = "top1: a top-1 unit must find the scores in the model's order"
    assert str(error.value) == f"{must}; found {found}. Leave the ranking to the host."


@pytest.mark.parametrize("quantised", [False, True])
def test_a_top1_unit_gives_the_models_index(quantised: bool, tmp_path: Path) -> None:
    head = swapped(dense(quantised=quantised))
    graph, _, _ = built(head, tmp_path)
    top1 = flow.compile(graph, top1=True).graph
    x = np.random.default_rng(9).integers(-8, 8, (60, 12))
    np.testing.assert_array_equal(run(top1, x)[:, 0], head.reference(x).argmax(axis=1))
    assert graph.node("fc0").op.rows == ()  # type: ignore[union-attr]


def test_random_rankings_have_both_kinds(tmp_path: Path) -> None:
    """So that the random ends keep telling the two apart."""
    found = set()
    for seed in range(12):
        head = image(seed) if seed % 2 else dense(seed=seed)
        rank(head)
        graph, codes, want = built(head, tmp_path, 5)
        np.testing.assert_array_equal(graph.decode(codes), want)
        found.add(graph.reading.ranking is None)
    assert found == {True, False}


ENDINGS: dict[str, tuple[str, dict[str, int], Ending]] = {
    "relu": ("Relu", {}, Ending(EndKind.RELU)),
    "sigmoid": ("Sigmoid", {}, Ending(EndKind.SIGMOID)),
    "tanh": ("Tanh", {}, Ending(EndKind.TANH)),
    "softmax": ("Softmax", {"axis": 1}, Ending(EndKind.SOFTMAX)),
    "log_softmax": ("LogSoftmax", {"axis": -1}, Ending(EndKind.LOG_SOFTMAX)),
}


def small(op: str, **attributes: int) -> Head:
    """Scores of a few units, at which float32 tells a sigmoid from its limits, and a function of them."""
    head = dense()
    head.put("Mul", head.constant(np.float32(1 / 64)))
    head.put(op, **attributes)
    return head


@pytest.mark.parametrize("name", ENDINGS)
def test_functions_at_the_end(name: str, tmp_path: Path) -> None:
    """The host applies them: outputs are the reference's, classes those of its scores."""
    op, attributes, ending = ENDINGS[name]
    head = small(op, **attributes)
    graph, codes, want = built(head, tmp_path)
    assert graph.decoding.ending == ending and [type(node.op).__name__ for node in graph.nodes] == ["MatMul"]
    np.testing.assert_allclose(graph.decode(codes), want, rtol=1e-5, atol=1e-7)
    assert accuracy(graph, "golden", codes, want.argmax(axis=1), "labels").accuracy == 1
    project = hwgen.compile(graph).write(tmp_path / "out")
    driver = hwgen.open_driver(project.project)
    x = np.random.default_rng(3).integers(-8, 8, (9, 12))
    np.testing.assert_allclose(driver.infer(x), driver.ports.sink.affine.ending.apply(driver.scores(x)), rtol=1e-15)
    np.testing.assert_allclose(driver.infer(x), head.reference(x), rtol=1e-5, atol=1e-7)
    function = json.loads((tmp_path / "out" / "host" / "ports.json").read_text())["outputs"][0]["function"]
    assert function == ending.to_json()


@pytest.mark.parametrize("name", ENDINGS)
def test_top1_where_the_order_stays(name: str, tmp_path: Path) -> None:
    op, attributes, ending = ENDINGS[name]
    head = small(op, **attributes)
    graph, _, _ = built(head, tmp_path)
    if not ending.keeps_order:
        with pytest.raises(ConfigError, match="top1"):
            hwgen.compile(graph, top1=True)
        return
    chip = hwgen.compile(graph, top1=True)
    x = np.random.default_rng(9).integers(-8, 8, (60, 12))
    assert np.array_equal(run(chip.graph, x).ravel(), head.reference(x).argmax(axis=1))


@pytest.mark.parametrize("op", ["Sigmoid", "Relu", "Softmax"])
def test_the_networks_own_ranking_of_a_function(op: str, tmp_path: Path) -> None:
    head = small(op, **({"axis": 1} if op == "Softmax" else {}))
    graph, codes, want = ranked(head, "ArgMax", tmp_path)
    assert np.array_equal(graph.decode(codes).ravel(), want.ravel())
    assert (graph.reading.ranking is None) == (op != "Relu")


@pytest.mark.parametrize("op", ["Softmax", "LogSoftmax"])
@pytest.mark.parametrize("perm", [None, [0, 2, 3, 1]])
def test_softmax_over_the_channels_of_an_image(op: str, perm: list[int] | None, tmp_path: Path) -> None:
    head = image()
    if perm is not None:
        head.put("Transpose", perm=perm)
    head.put(op, axis=1 if perm is None else 3)
    graph, codes, want = built(head, tmp_path)
    np.testing.assert_allclose(graph.decode(codes), want, rtol=1e-4, atol=1e-6)
    ending = graph.decoding.ending
    assert ending is not None and ending.axis == (0 if perm is None else 2)
    assert parse_graph(print_graph(graph)) == graph


@pytest.mark.parametrize("keep", [0, 1])
@pytest.mark.parametrize("axis", [1, 3])
def test_the_best_class_of_each_pixel(axis: int, keep: int, tmp_path: Path) -> None:
    """Segmentation: the host finds it, of equal scores the lowest; along rows as well as channels."""
    head = image()
    head.ranked = True
    head.put("ArgMax", axis=axis, keepdims=keep)
    graph, codes, want = built(head, tmp_path)
    assert np.array_equal(graph.decode(codes).reshape(want.shape), want)
    assert graph.decoding.ending == Ending(EndKind.ARGMAX, axis - 1, bool(keep))
    assert parse_graph(print_graph(graph)) == graph
    driver = hwgen.open_driver(hwgen.compile(graph).write(tmp_path / "out").project)
    x = np.random.default_rng(3).integers(-8, 8, (5, 1, 6, 6))
    assert np.array_equal(driver.infer(np.moveaxis(x, 1, -1)).reshape(5, *want.shape[1:]), head.reference(x))
    with pytest.raises(ConfigError, match="the scores of several pixels"):
        hwgen.compile(graph, top1=True)


def test_nothing_follows_the_best_class_of_each_pixel(tmp_path: Path) -> None:
    head = image()
    head.ranked = True
    head.put("ArgMax", axis=1, keepdims=1)
    head.put("Cast", to=1)
    with pytest.raises(ModelError, match="nothing may follow the ArgMax of several pixels; found Cast"):
        built(head, tmp_path)


def test_a_softmax_of_pixels_is_the_end(tmp_path: Path) -> None:
    head = image()
    head.put("Softmax", axis=1)
    flatten(head)
    with pytest.raises(ModelError, match="a softmax of several pixels must be the last operator"):
        built(head, tmp_path)
