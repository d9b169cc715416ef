"""Every operator that a QONNX file may hold, against the qonnx package's own executor."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto

from hwgen.frontend.qonnx import import_qonnx
from hwgen.golden.execute import decode, run
from hwgen.ir.check import check
from hwgen.ir.graph import Graph
from hwgen.ir.ops import Activation, ArgMax, Levels, MatMul, Quantise, Rounding
from hwgen.ir.types import Bipolar, DType, IntType
from tests.frontend.onnx_nets import execute, net, node
from tests.tiers import often

INT5 = IntType(5, signed=True)
RNG = np.random.default_rng(11)
W = np.asarray([[1, -1, 2], [0, 3, -2], [-3, 1, 1], [2, 0, -1]], dtype=np.float32)
"""Whole-number weights, (in, out) as MatMul stores them."""
CHANNEL = np.asarray([0.5, -0.25, 2.0], dtype=np.float32)
QUANT = {"s": np.float32(0.5), "z": np.float32(0), "b": np.float32(4)}


def _codes(graph: Graph, frames: int = 64) -> np.ndarray[Any, np.dtype[np.int64]]:
    kind = graph.input.type
    if isinstance(kind.dtype, Bipolar):
        return RNG.choice(np.asarray([-1, 1]), (frames, *kind.shape))
    return RNG.integers(kind.dtype.min, kind.dtype.max + 1, (frames, *kind.shape))


def _agree(model: onnx.ModelProto, kind: DType | None = INT5, scale: float = 0.25, offset: float = 0.0) -> Graph:
    """The graph of `model`, once it agrees with the qonnx executor on random codes."""
    before = model.SerializeToString()
    given: dict[str, Any] = {} if kind is None else {"input_scale": scale, "input_offset": offset}
    graph = import_qonnx(model, input_type=kind, **given)
    assert model.SerializeToString() == before
    check(graph)
    codes = _codes(graph)
    real = codes * graph.encoding.scale + graph.encoding.offset
    wanted = execute(model, real)
    np.testing.assert_allclose(decode(graph, run(graph, codes)), wanted, rtol=1e-5, atol=1e-6)
    return graph


ELEMENTWISE: dict[str, tuple[list[onnx.NodeProto], dict[str, Any]]] = {
    "mul": ([node("Mul", "h c", "e")], {"c": CHANNEL}),
    "mul_constant_first": ([node("Mul", "c h", "e")], {"c": CHANNEL}),
    "add": ([node("Add", "h c", "e")], {"c": CHANNEL}),
    "sub": ([node("Sub", "h c", "e")], {"c": CHANNEL}),
    "sub_constant_first": ([node("Sub", "c h", "e")], {"c": CHANNEL}),
    "div": ([node("Div", "h c", "e")], {"c": CHANNEL}),
    "neg": ([node("Neg", "h", "e")], {}),
    "relu": ([node("Relu", "h", "e")], {}),
    "leaky_relu": ([node("LeakyRelu", "h", "e", alpha=0.375)], {}),
    "leaky_relu_default": ([node("LeakyRelu", "h", "e")], {}),
    "prelu": ([node("PRelu", "h c", "e")], {"c": np.abs(CHANNEL)}),
    "clip": ([node("Clip", "h lo hi", "e")], {"lo": np.float32(-1), "hi": np.float32(1.5)}),
    "clip_open": ([node("Clip", "h - hi", "e")], {"hi": np.float32(1.5)}),
    "max": ([node("Max", "h c", "e")], {"c": CHANNEL}),
    "min": ([node("Min", "c h", "e")], {"c": CHANNEL}),
    "abs": ([node("Abs", "h", "e")], {}),
    "silu": ([node("Sigmoid", "h", "g"), node("Mul", "h g", "e")], {}),
    "silu_of_a_norm": ([node("Mul", "h c", "n"), node("Sigmoid", "n", "g"), node("Mul", "g n", "e")], {"c": CHANNEL}),
    "mish": ([node("Softplus", "h", "p"), node("Tanh", "p", "t"), node("Mul", "h t", "e")], {}),
    "gelu": (
        [
            *(node("Div", "h r", "d"), node("Erf", "d", "f"), node("Add", "f o", "g")),
            *(node("Mul", "h g", "m"), node("Mul", "m half", "e")),
        ],
        {"r": np.float32(1.4142135), "o": np.float32(1), "half": np.float32(0.5)},
    ),
    "square": ([node("Mul", "h h", "e")], {}),
    "cube": ([node("Mul", "h h", "q"), node("Mul", "q h", "e")], {}),
    "hard_threshold": (
        [node("Greater", "h o", "t"), node("Cast", "t", "g", to=1), node("Mul", "h g", "e")],
        {"o": np.float32(0.75)},
    ),
    "where": (
        [node("LessOrEqual", "h o", "t"), node("Mul", "h c", "m"), node("Where", "t m h", "e")],
        {"o": np.float32(0.75), "c": CHANNEL},
    ),
    "max_of_chains": ([node("Mul", "h c", "m"), node("Max", "h m", "e")], {"c": CHANNEL}),
    "sum_of_scales": ([node("Mul", "h c", "m"), node("Add", "h m", "e")], {"c": CHANNEL}),
    "difference": ([node("Relu", "h", "r"), node("Sub", "h r", "e")], {}),
    "softsign": ([node("Abs", "h", "a"), node("Add", "a o", "b1"), node("Div", "h b1", "e")], {"o": np.float32(1)}),
    "root": ([node("Relu", "h", "r"), node("Sqrt", "r", "e")], {}),
    "prelu_of_any_slope": ([node("PRelu", "h c", "e")], {"c": -2 * CHANNEL}),
    "identity": ([node("Identity", "h", "e")], {}),
    "dropout": ([node("Dropout", "h", "e")], {}),
    "row_shape": ([node("Mul", "h c", "e")], {"c": CHANNEL.reshape(1, 3)}),
    "folded": (
        [node("Add", "v c", "t", name="t"), node("Pow", "t c", "p", name="p"), node("Div", "h p", "e")],
        {"v": np.float32([0.7]), "c": np.float32(0.5)},
    ),
    "batch_norm": (
        [node("BatchNormalization", "h g o m v", "e", epsilon=1e-3)],
        {"g": CHANNEL, "o": CHANNEL[::-1], "m": CHANNEL * 2, "v": np.abs(CHANNEL)},
    ),
    "batch_norm_unsqueezed": (
        [
            node("Unsqueeze", "h ax", "u"),
            node("BatchNormalization", "u g o m v", "n"),
            node("Squeeze", "n ax", "e"),
        ],
        {"g": CHANNEL, "o": CHANNEL[::-1], "m": CHANNEL * 2, "v": np.abs(CHANNEL), "ax": [2]},
    ),
}


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_elementwise_then_quantiser(name: str) -> None:
    middle, constants = ELEMENTWISE[name]
    nodes = [node("MatMul", "x w", "h"), *middle, node("Quant", "e s z b", "y", signed=1, narrow=0)]
    _agree(net(nodes, w=W, **QUANT, **constants))


@pytest.mark.parametrize("mode", ["ROUND", "CEIL", "FLOOR", "UP", "DOWN", "HALF_UP", "HALF_DOWN", "HALF_EVEN"])
@pytest.mark.parametrize("signed", [0, 1])
@pytest.mark.parametrize("narrow", [0, 1])
def test_rounding_modes_decide_ties_as_qonnx_does(mode: str, signed: int, narrow: int) -> None:
    nodes = [
        node("MatMul", "x w", "h"),
        node("Quant", "h s z b", "y", signed=signed, narrow=narrow, rounding_mode=mode),
    ]
    graph = _agree(net(nodes, w=W, **QUANT))
    step = graph.nodes[-1].op.steps[-1]  # type: ignore[union-attr]
    assert isinstance(step, Quantise) and isinstance(step.rounding, Rounding)


@pytest.mark.parametrize("zero", [-3.0, 2.0, 0.5])
def test_zero_points_reach_the_next_layer(zero: float) -> None:
    nodes = [
        node("Quant", "x s z b", "q", name="in", signed=0, narrow=0),
        node("MatMul", "q w", "h"),
        node("Quant", "h s z b", "y", name="out", signed=1, narrow=0),
    ]
    _agree(net(nodes, w=W, s=np.float32(0.5), z=np.float32(zero), b=np.float32(4)))


@pytest.mark.parametrize("trans", [0, 1])
def test_gemm_with_quantised_weights_bias_alpha_and_beta(trans: int) -> None:
    weights = W.T if trans else W
    scale = np.asarray([0.5, 0.25, 1.0], dtype=np.float32).reshape((3, 1) if trans else (1, 3))
    nodes = [
        node("Quant", "w ws z b", "qw", name="wq", signed=1, narrow=1),
        node("Quant", "c bs z b8", "qc", name="bq", signed=1, narrow=0),
        node("Gemm", "x qw qc", "y", alpha=0.5, beta=2.0, transB=trans),
    ]
    constants = {"w": weights * 0.4, "ws": scale, "c": CHANNEL, "bs": np.float32(0.03), "b8": np.float32(8)}
    graph = _agree(net(nodes, **QUANT, **constants))
    assert isinstance(graph.nodes[0].op, MatMul) and graph.nodes[0].op.weight_type == IntType(4, signed=True)


def test_a_transposed_quantised_weight_keeps_its_scales_in_place() -> None:
    nodes = [
        node("Quant", "w ws z b", "qw", name="wq", signed=1, narrow=1),
        node("Transpose", "qw", "qt", perm=[1, 0]),
        node("MatMul", "x qt", "y"),
    ]
    scale = np.asarray([[0.5], [0.25], [1.0]], dtype=np.float32)
    _agree(net(nodes, w=W.T, ws=scale, **QUANT))


def test_quantised_weights_times_a_constant_stay_quantised() -> None:
    nodes = [
        node("BipolarQuant", "w s", "qw", domain="onnx.brevitas"),
        node("Mul", "qw alpha", "aw"),
        node("MatMul", "x aw", "y"),
    ]
    graph = _agree(net(nodes, w=W - 0.5, s=np.float32(1), alpha=np.abs(CHANNEL).reshape(1, 3)))
    assert isinstance(graph.nodes[0].op, MatMul) and graph.nodes[0].op.weight_type == Bipolar()


@pytest.mark.parametrize("domain", ["onnx.brevitas", "finn.custom_op.general", "qonnx.custom_op.general"])
def test_old_domains(domain: str, recwarn: pytest.WarningsRecorder, capsys: pytest.CaptureFixture[str]) -> None:
    nodes = [node("BipolarQuant", "x s", "q", domain=domain), node("MatMul", "q w", "y")]
    model = net(nodes, w=W, s=np.float32(0.75))
    recwarn.clear()
    import_qonnx(model, input_type=INT5)
    assert not list(recwarn) and capsys.readouterr() == ("", "")
    _agree(model)


LEVELS = [
    (2.0, -1.0, "BIPOLAR", 1, Bipolar()),
    (0.5, -0.25, "BIPOLAR", 1, Bipolar()),
    (1.0, 0.0, "UINT2", 3, IntType(2, signed=False)),
    (1.0, -2.0, "INT2", 3, IntType(2, signed=True)),
    (1.0, -4.0, "INT4", 8, IntType(4, signed=True)),
    (0.5, 0.3, "FLOAT32", 5, IntType(3, signed=False)),
    (-1.0, 1.0, "INT3", 3, IntType(3, signed=True)),
]


@pytest.mark.parametrize(("scale", "bias", "kind", "count", "wanted"), LEVELS)
@pytest.mark.parametrize("rows", [1, 3])
def test_multi_threshold(*, scale: float, bias: float, kind: str, count: int, wanted: DType, rows: int) -> None:
    table = np.sort(RNG.normal(size=(rows, count)) * 2, axis=1).astype(np.float32)
    nodes = [
        node("MatMul", "x w", "h"),
        node("MultiThreshold", "h t", "q", out_scale=scale, out_bias=bias, out_dtype=kind, data_layout="NC"),
        node("MatMul", "q v", "y", name="last"),
    ]
    graph = _agree(net(nodes, w=W, t=table, v=W.T))
    activation = graph.nodes[1]
    assert activation.output.type.dtype == wanted
    assert isinstance(activation.op, Activation) and isinstance(activation.op.steps[-1], Levels)


def test_weights_as_the_file_annotates_them_or_as_narrow_as_they_are() -> None:
    model = net([node("MatMul", "x w", "y")], types={"x": "INT4", "w": "INT8"}, w=W)
    wide = _agree(model, None)
    assert isinstance(wide.nodes[0].op, MatMul) and wide.nodes[0].op.weight_type == IntType(8, signed=True)
    plain = _agree(net([node("MatMul", "x w", "y")], w=W))
    assert isinstance(plain.nodes[0].op, MatMul) and plain.nodes[0].op.weight_type == IntType(3, signed=True)
    signs = _agree(net([node("MatMul", "x w", "y")], types={"x": "BIPOLAR"}, w=np.sign(W - 0.5)), None)
    assert isinstance(signs.nodes[0].op, MatMul) and signs.nodes[0].op.weight_type == Bipolar()
    assert signs.input.type.dtype == Bipolar()


def test_input_scale_offset_and_elementwise_steps_reach_the_first_layer() -> None:
    nodes = [node("Add", "x c", "a"), node("Div", "a d", "b"), node("MatMul", "b w", "y")]
    graph = _agree(net(nodes, w=W, c=np.float32([1]), d=np.float32(3)), scale=1 / 3, offset=0.7)
    assert [n.name for n in graph.nodes] == ["fc0"]


def test_offsets_per_channel_of_the_input() -> None:
    model = net([node("MatMul", "x w", "y")], w=W)
    graph = import_qonnx(model, input_type=INT5, input_scale=0.5, input_offset=[0.0, 1.0, 2.0, -1.0])
    codes = _codes(graph)
    real = codes * 0.5 + np.asarray([0.0, 1.0, 2.0, -1.0])
    np.testing.assert_allclose(decode(graph, run(graph, codes)), execute(model, real), rtol=1e-6)


@pytest.mark.parametrize("shape", [(1, 1, 2, 2), ("N", 1, 2, 2), (8, 2, 2)])
@pytest.mark.parametrize("how", ["Flatten", "Reshape", "Reshape_fixed", "Shape"])
def test_shapes_and_batch_sizes(shape: tuple[int | str, ...], how: str) -> None:
    batch = shape[0] if isinstance(shape[0], int) else 1
    flatten: dict[str, list[onnx.NodeProto]] = {
        "Flatten": [node("Flatten", "x", "f")],
        "Reshape": [node("Reshape", "x to", "f")],
        "Reshape_fixed": [node("Reshape", "x fixed", "f")],
        "Shape": [
            node("Shape", "x", "shp"),
            node("Gather", "shp zero", "n", axis=0),
            node("Unsqueeze", "n zeros", "n1"),
            node("Concat", "n1 rest", "to2", axis=0),
            node("Reshape", "x to2", "f"),
        ],
    }
    constants = {"to": [-1, 4], "fixed": [batch, 4], "zero": np.int64(0), "zeros": [0], "rest": [-1]}
    model = net([*flatten[how], node("MatMul", "f w", "y")], shape=shape, w=W, **constants)
    graph = import_qonnx(model, input_type=INT5, input_scale=0.25)
    codes = _codes(graph)
    np.testing.assert_allclose(decode(graph, run(graph, codes)), (codes * 0.25) @ W)


def test_softmax_is_left_to_the_host() -> None:
    graph = import_qonnx(net([node("MatMul", "x w", "h"), node("Softmax", "h", "y", axis=1)], w=W), input_type=INT5)
    assert [n.name for n in graph.nodes] == ["fc0"]


@pytest.mark.parametrize("factor", [0.5, -0.5, CHANNEL])
@pytest.mark.parametrize("op", ["ArgMax", "TopK"])
def test_best_class_on_chip_only_where_that_is_the_same(op: str, factor: Any) -> None:
    last = {"ArgMax": node("ArgMax", "e", "y", axis=1), "TopK": node("TopK", "e k", "v y", axis=1)}[op]
    model = net(
        [node("MatMul", "x w", "h"), node("Mul", "h c", "e"), last],
        w=W,
        c=np.float32(factor),
        k=[1],
        kind=TensorProto.INT64,
    )
    graph = import_qonnx(model, input_type=INT5)
    codes = _codes(graph)
    found, wanted = run(graph, codes), execute(model, codes)
    if np.ndim(factor) == 0 and factor > 0:
        assert isinstance(graph.node("top1").op, ArgMax)
        np.testing.assert_array_equal(found, wanted)
    else:
        assert [n.name for n in graph.nodes] == ["fc0"]
        np.testing.assert_array_equal(decode(graph, found).argmax(axis=1), wanted[:, 0])


def test_a_quantiser_that_changes_nothing_is_left_out() -> None:
    nodes = [
        node("Quant", "x s z b", "q", name="first", signed=1, narrow=0),
        node("Quant", "q s z b", "p", name="again", signed=1, narrow=0),
        node("BipolarQuant", "p s", "r", name="sign"),
        node("BipolarQuant", "r s", "t", name="sign_again"),
        node("MatMul", "t w", "y"),
    ]
    graph = _agree(net(nodes, w=W, **QUANT))
    assert [n.origin for n in graph.nodes] == ["first", "sign", "matmul"]


def test_an_input_on_the_quantisers_own_grid_needs_no_hardware() -> None:
    nodes = [node("Quant", "x s z b", "q", signed=1, narrow=0), node("MatMul", "q w", "y")]
    graph = _agree(net(nodes, w=W, **QUANT), IntType(4, signed=True), scale=0.5)
    assert [n.name for n in graph.nodes] == ["fc0"]


def test_constants_that_no_output_needs_are_left_out() -> None:
    nodes = [node("Sigmoid", "w", "dead"), node("MatMul", "x w", "y"), node("Shape", "x", "dead2")]
    assert [n.name for n in _agree(net(nodes, w=W)).nodes] == ["fc0"]


def test_nodes_in_any_order() -> None:
    nodes = [node("Relu", "h", "r"), node("Quant", "r s z b", "y", signed=1, narrow=0), node("MatMul", "x w", "h")]
    graph = import_qonnx(net(nodes, w=W, **QUANT), input_type=INT5)
    assert [n.name for n in graph.nodes] == ["fc0", "fc0_act"]


def test_random_chains_agree() -> None:
    for seed in range(often(20, 10)):
        rng = np.random.default_rng(seed)
        keys = list(rng.choice([k for k in ELEMENTWISE if k not in ("folded",)], 3))
        nodes, constants, last = [node("MatMul", "x w", "h0")], {}, "h0"
        for place, key in enumerate(keys):
            middle, given = ELEMENTWISE[key]
            for item in middle:
                names = {"h": last}
                rename = lambda word, n=names, p=place: n.get(word, f"{word}_{p}" if word else "")  # noqa: E731
                copy = node(item.op_type, "", "", name=f"{item.op_type}_{place}")
                copy.input.extend(rename(word) for word in item.input)
                copy.output.extend(f"{word}_{place}" for word in item.output)
                copy.attribute.extend(item.attribute)
                nodes.append(copy)
            constants.update({f"{word}_{place}": value for word, value in given.items()})
            last = f"e_{place}"
        nodes.append(node("Quant", f"{last} s z b", "y", signed=1, narrow=0))
        _agree(net(nodes, w=W, s=np.float32(0.371234), z=np.float32(0), b=np.float32(5), **constants), scale=0.10127)
