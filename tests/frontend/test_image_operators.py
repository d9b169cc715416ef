"""Every operator on images that a QONNX file may hold, against the qonnx package's own executor."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
import pytest

from hwgen.frontend.qonnx import import_qonnx
from hwgen.ir.check import check
from hwgen.ir.graph import Graph
from hwgen.ir.ops import Activation, Conv, Div, Pool, PoolKind, Sum
from hwgen.ir.types import Bipolar, DType, IntType
from tests.frontend.images import outputs, random_codes
from tests.frontend.onnx_nets import CHANNELS_LAST, execute, net, node

INT5 = IntType(5, signed=True)
QUANT = {"s": np.float32(0.371234), "z": np.float32(0), "b": np.float32(4)}
SHAPE = (1, 4, 6, 7)
LAST = node("Quant", "e s z b", "y", name="act", signed=1, narrow=0)


def _weights(*shape: int, seed: int = 0, low: int = -3, high: int = 4) -> np.ndarray[Any, Any]:
    return np.random.default_rng(seed).integers(low, high, shape).astype(np.float32)


def agree(
    model: onnx.ModelProto,
    shape: tuple[int, ...] = SHAPE,
    *,
    kind: DType | None = INT5,
    scale: float = 0.10127,
    offset: float = 0.0,
    frames: int = 12,
    channels_last: bool = False,
) -> Graph:
    """The graph of `model`, once it agrees with the qonnx executor on random codes."""
    graph = import_qonnx(model, input_type=kind, input_scale=scale, input_offset=offset)
    check(graph)
    codes = random_codes(graph, frames, shape[1:], seed=3)
    wanted = execute(model, codes * scale + offset)
    found = outputs(graph, codes, channels_last=channels_last)
    np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=2e-5)
    return graph


CONVS: dict[str, tuple[tuple[int, ...], dict[str, Any]]] = {
    "plain": ((5, 4, 3, 3), {}),
    "point": ((5, 4, 1, 1), {}),
    "whole_image": ((5, 4, 6, 7), {}),
    "oblong": ((5, 4, 2, 5), {}),
    "strides": ((5, 4, 3, 3), {"strides": [2, 3]}),
    "strides_leave_a_column": ((5, 4, 3, 2), {"strides": [2, 2]}),
    "pads": ((5, 4, 3, 3), {"pads": [1, 1, 1, 1]}),
    "pads_asymmetric": ((5, 4, 3, 4), {"pads": [2, 0, 1, 3]}),
    "pads_strides": ((5, 4, 3, 3), {"pads": [1, 1, 1, 1], "strides": [2, 2]}),
    "same_upper": ((5, 4, 2, 3), {"auto_pad": "SAME_UPPER", "strides": [1, 2]}),
    "same_lower": ((5, 4, 2, 4), {"auto_pad": "SAME_LOWER", "strides": [1, 3]}),
    "valid": ((5, 4, 3, 3), {"auto_pad": "VALID"}),
    "dilations": ((5, 4, 3, 2), {"dilations": [2, 3]}),
    "dilations_pads": ((5, 4, 3, 2), {"dilations": [2, 3], "pads": [4, 1, 3, 2]}),
    "groups": ((6, 2, 3, 3), {"group": 2, "pads": [1, 1, 1, 1]}),
    "depthwise": ((4, 1, 3, 3), {"group": 4, "pads": [0, 1, 1, 0]}),
    "depthwise_two": ((8, 1, 2, 2), {"group": 4, "strides": [2, 2]}),
    "kernel_shape": ((5, 4, 3, 3), {"kernel_shape": [3, 3]}),
}


@pytest.mark.parametrize("name", CONVS)
@pytest.mark.parametrize("bias", [False, True])
def test_convolutions(*, name: str, bias: bool) -> None:
    shape, options = CONVS[name]
    operands = "x w c" if bias else "x w"
    model = net(
        [node("Conv", operands, "e", name="conv", **options), LAST],
        shape=SHAPE,
        w=_weights(*shape),
        c=_weights(shape[0], seed=1) * 0.3,
        **QUANT,
    )
    graph = agree(model)
    assert isinstance(graph.node("conv0").op, Conv) and graph.input.type.shape == (6, 7, 4)


@pytest.mark.parametrize("per_channel", [False, True])
@pytest.mark.parametrize("bits", [1, 2, 3, 8])
@pytest.mark.parametrize("last", [False, True])
def test_quantised_weights(*, per_channel: bool, bits: int, last: bool) -> None:
    values = np.random.default_rng(bits).normal(size=(5, 4, 3, 3)).astype(np.float32)
    scale = (
        np.asarray([0.5, 0.25, 1.0, 0.3, 0.7], dtype=np.float32).reshape(5, 1, 1, 1) if per_channel else np.float32(0.4)
    )
    quant = node("BipolarQuant", "w ws", "qw") if bits == 1 else node("Quant", "w ws z wb", "qw", signed=1, narrow=1)
    options: dict[str, Any] = {"pads": [1, 1, 1, 1]}
    if last:
        values = np.moveaxis(values, 1, -1)
        options |= {"domain": CHANNELS_LAST, "kernel_shape": [3, 3], "strides": [1, 1], "dilations": [1, 1], "group": 1}
    model = net(
        [quant, node("Conv", "x qw", "e", **options), LAST],
        shape=(1, 6, 7, 4) if last else SHAPE,
        w=values,
        ws=scale,
        wb=np.float32(bits),
        shapes={"qw": values.shape},
        **QUANT,
    )
    graph = agree(model, (1, 6, 7, 4) if last else SHAPE, channels_last=last)
    conv = graph.node("conv0").op
    assert isinstance(conv, Conv)
    assert conv.weight_type == (Bipolar() if bits == 1 else IntType(bits, signed=True))


@pytest.mark.parametrize("options", [{}, {"pads": [1, 2]}, {"strides": [3], "dilations": [2]}, {"group": 2}])
def test_signals(options: dict[str, Any]) -> None:
    channels = 2 if "group" in options else 4
    model = net(
        [
            node("Conv", "x w", "h", **options),
            node("MaxPool", "h", "e", kernel_shape=[2], strides=[1]),
            LAST,
        ],
        shape=(1, 4, 13),
        w=_weights(6, channels, 3),
        **QUANT,
    )
    graph = agree(model, (1, 4, 13))
    assert graph.input.type.shape == (13, 1, 4)


@pytest.mark.parametrize("zero", [0.0, 3.0, 9.0])
@pytest.mark.parametrize("op", ["Conv", "MaxPool"])
def test_padding_behind_an_asymmetric_quantiser_is_its_zero_point(zero: float, op: str) -> None:
    nodes = [
        node("Quant", "x s zq b", "q", name="in", signed=0, narrow=0),
        node("MaxPool", "q", "h", kernel_shape=[2, 2], pads=[1, 0, 0, 1])
        if op == "MaxPool"
        else node("Identity", "q", "h"),
        node("Conv", "h w", "e", pads=[1, 1, 1, 2]),
        LAST,
    ]
    graph = agree(net(nodes, shape=SHAPE, w=_weights(5, 4, 3, 3), zq=np.float32(zero), **QUANT))
    conv = graph.node("conv0").op
    assert isinstance(conv, Conv) and conv.pad == zero


@pytest.mark.parametrize("offset", [0.0, -1.0, 2.0])
def test_offsets_go_through_a_convolution(offset: float) -> None:
    """With padding the input must have a code for 0: here 0, 4 and -8 of scale 1/4."""
    pads = [1, 0, 1, 1]
    graph = agree(
        net([node("Conv", "x w", "y", pads=pads)], shape=SHAPE, w=_weights(5, 4, 3, 3)), scale=0.25, offset=offset
    )
    conv = graph.node("conv0").op
    assert isinstance(conv, Conv) and conv.pad == -offset * 4
    agree(net([node("Conv", "x w", "y")], shape=SHAPE, w=_weights(5, 4, 3, 3)), offset=0.7)


@pytest.mark.parametrize("pads", [[0, 0, 0, 0], [1, 1, 1, 1]])
def test_bipolar_convolutions_count_their_padding(pads: list[int]) -> None:
    weights = np.sign(_weights(5, 4, 3, 3) - 0.5)
    model = net(
        [node("Conv", "x w", "h", pads=pads), node("BipolarQuant", "h s", "q"), node("Conv", "q v", "y", pads=pads)],
        shape=SHAPE,
        types={"x": "BIPOLAR"},
        w=weights,
        v=np.sign(_weights(3, 5, 2, 2) - 0.5),
        s=np.float32(0.75),
    )
    graph = agree(model, kind=None, scale=1.0)
    conv = graph.node("conv0").op
    assert isinstance(conv, Conv) and conv.pad == 0 and conv.weight_type == Bipolar()


@pytest.mark.parametrize("opset", [9, 14, 18])
@pytest.mark.parametrize("own", [0, 1])
def test_a_pad_is_merged_into_the_convolution_behind_it(opset: int, own: int) -> None:
    pads = [0, 0, 1, 0, 0, 0, 0, 1]
    if opset == 9:
        first = node("Pad", "x", "p", pads=pads, mode="constant", value=0.0)
    elif opset == 14:
        first = node("Pad", "x pads", "p")
    else:
        first = node("Pad", "x pads - axes", "p")
    constants = {"pads": [1, 0, 0, 1] if opset == 18 else pads, "axes": [2, 3]}
    nodes = [first, node("Conv", "p w", "y", pads=[own] * 4)]
    used = {k: v for k, v in constants.items() if opset > 9 and (opset == 18 or k == "pads")}
    graph = agree(net(nodes, shape=SHAPE, opset=opset, w=_weights(5, 4, 3, 3), **used))
    conv = graph.node("conv0").op
    assert isinstance(conv, Conv) and conv.geometry.padding == (1 + own, own, own, 1 + own)


POOLS: dict[str, dict[str, Any]] = {
    "tiles": {"kernel_shape": [2, 7], "strides": [2, 7]},
    "overlaps": {"kernel_shape": [3, 2]},
    "strides": {"kernel_shape": [2, 3], "strides": [4, 2]},
    "pads": {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1]},
    "pads_asymmetric": {"kernel_shape": [3, 3], "pads": [2, 0, 1, 1], "strides": [3, 1]},
    "padding_that_no_window_reaches": {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1], "strides": [2, 2]},
    "same_upper": {"kernel_shape": [3, 2], "auto_pad": "SAME_UPPER"},
    "leaves_a_row_and_a_column": {"kernel_shape": [3, 2], "strides": [3, 2], "pads": [0, 0, 1, 0]},
    "leaves_rows_behind_overlaps": {"kernel_shape": [3, 3], "strides": [2, 4]},
    "leaves_a_gap_and_a_column": {"kernel_shape": [2, 1], "strides": [3, 3], "pads": [1, 0, 0, 0]},
    "ceil_mode_that_does_not_matter": {"kernel_shape": [2, 1], "strides": [2, 1], "ceil_mode": 1},
}


@pytest.mark.parametrize("name", POOLS)
@pytest.mark.parametrize("factor", [[0.5], [-0.5], [0.5, -0.25, 0.0, 2.0, -1.0]])
def test_maxima_before_and_behind_a_norm(name: str, factor: list[float]) -> None:
    parameter = np.asarray(factor, dtype=np.float32).reshape(1, -1, 1, 1)
    pool = node("MaxPool", "m", "p", name="pool", **POOLS[name])
    nodes = [node("Conv", "x w", "h"), node("Mul", "h f", "m"), pool, node("Add", "p c", "e"), LAST]
    model = net(nodes, shape=SHAPE, w=_weights(5, 4, 1, 1), f=parameter, c=_weights(5, 1, 1) * 0.4, **QUANT)
    graph = agree(model)
    pooled = graph.node("pool0").op
    assert isinstance(pooled, Pool) and pooled.kind is PoolKind.MAX
    np.testing.assert_array_equal(np.broadcast_to(pooled.minimum, 5), np.broadcast_to(np.asarray(factor) < 0, 5))


CEILED: dict[str, tuple[dict[str, Any], tuple[int, int]]] = {
    "a_column_over": ({"kernel_shape": [2, 2], "strides": [2, 2]}, (3, 4)),
    "a_row_and_two_columns_over": ({"kernel_shape": [3, 4], "strides": [2, 3]}, (3, 2)),
    "behind_padding": ({"kernel_shape": [2, 3], "strides": [2, 2], "pads": [1, 1, 0, 1]}, (4, 4)),
    "dilated": ({"kernel_shape": [2, 2], "strides": [3, 3], "dilations": [2, 3]}, (2, 2)),
}


@pytest.mark.parametrize("name", CEILED)
@pytest.mark.parametrize("factor", [0.5, -0.5])
def test_maxima_with_ceil_mode(name: str, factor: float) -> None:
    """A window over the edge sees the image's own pixels."""
    options, size = CEILED[name]
    pool = node("MaxPool", "m", "e", ceil_mode=1, **options)
    nodes = [node("Conv", "x w", "h"), node("Mul", "h f", "m"), pool, LAST]
    graph = agree(net(nodes, shape=SHAPE, w=_weights(5, 4, 1, 1), f=np.float32(factor), **QUANT))
    assert graph.node("pool0").output.type.shape == (*size, 5)


@pytest.mark.parametrize("op", ["MaxPool", "AveragePool"])
@pytest.mark.parametrize(("kernel", "stride", "left"), [(2, 2, 6), (3, 3, 4), (4, 3, 4), (2, 5, 3)])
def test_pools_of_odd_signals_leave_samples_over(op: str, kernel: int, stride: int, left: int) -> None:
    pool = node(op, "h", "e", kernel_shape=[kernel], strides=[stride])
    nodes = [node("Conv", "x w", "h"), pool, LAST]
    graph = agree(net(nodes, shape=(1, 4, 13), w=_weights(6, 4, 1), **QUANT), (1, 4, 13))
    assert graph.node("pool0").output.type.shape == (left, 1, 6)


def test_a_dilated_maximum_of_codes() -> None:
    pool = node("MaxPool", "q", "p", kernel_shape=[2, 3], dilations=[3, 2])
    nodes = [node("Quant", "x s z b", "q", signed=1, narrow=0), pool, node("Conv", "p w", "y")]
    graph = agree(net(nodes, shape=SHAPE, w=_weights(5, 4, 2, 2), **QUANT))
    assert graph.node("pool0").output.type.dtype == IntType(4, signed=True)


def test_maxima_and_means_over_everything() -> None:
    for op in ("GlobalMaxPool", "GlobalAveragePool"):
        graph = agree(
            net([node("Conv", "x w", "h"), node(op, "h", "e"), LAST], shape=SHAPE, w=_weights(5, 4, 3, 3), **QUANT)
        )
        assert graph.node("pool0").output.type.shape == (1, 1, 5)
    graph = agree(net([node("GlobalAveragePool", "x", "y")], shape=SHAPE))
    assert [n.name for n in graph.nodes] == ["pool0"]


@pytest.mark.parametrize("opset", [11, 18])
@pytest.mark.parametrize("axes", [[2, 3], [-1], [2], [-2, -1]])
@pytest.mark.parametrize("keep", [0, 1])
def test_means_over_axes(opset: int, axes: list[int], keep: int) -> None:
    given = {"axes": axes} if opset == 18 else {}
    mean = (
        node("ReduceMean", "h axes", "e", keepdims=keep)
        if given
        else node("ReduceMean", "h", "e", axes=axes, keepdims=keep)
    )
    agree(
        net([node("Conv", "x w", "h"), mean, LAST], shape=SHAPE, opset=opset, w=_weights(5, 4, 3, 3), **given, **QUANT)
    )


@pytest.mark.parametrize("name", [name for name in POOLS if name != "same_upper"])
@pytest.mark.parametrize("offset", [0.0, 0.3])
def test_means_of_windows(name: str, offset: float) -> None:
    if offset and "pads" in POOLS[name]:
        return
    pool = node("AveragePool", "h", "p", count_include_pad=1, **POOLS[name])
    nodes = [node("Conv", "x w", "h"), pool, node("Mul", "p f", "e"), LAST]
    model = net(nodes, shape=SHAPE, opset=19, w=_weights(5, 4, 1, 1), f=_weights(5, 1, 1) * 0.7 - 0.1, **QUANT)
    graph = agree(model, offset=offset)
    pooled = graph.node("pool0").op
    assert isinstance(pooled, Pool) and pooled.kind is PoolKind.SUM


UNEQUAL: dict[str, tuple[dict[str, Any], int]] = {
    "own_pixels": ({"kernel_shape": [3, 3], "pads": [1, 1, 1, 1]}, 36),
    "own_pixels_of_strides": ({"kernel_shape": [3, 2], "strides": [2, 3], "pads": [1, 1, 2, 0]}, 12),
    "own_pixels_of_wide_windows": ({"kernel_shape": [5, 4], "pads": [2, 1, 2, 2]}, 720),
    "own_pixels_of_rows": ({"kernel_shape": [4, 1], "strides": [3, 1], "pads": [2, 0, 0, 0]}, 4),
    "ceil_mode": ({"kernel_shape": [4, 2], "strides": [4, 2], "ceil_mode": 1}, 8),
    "ceil_mode_of_overlaps": ({"kernel_shape": [3, 3], "strides": [2, 3], "ceil_mode": 1}, 18),
    "ceil_mode_and_own_pixels": ({"kernel_shape": [4, 4], "strides": [3, 2], "pads": [2, 2, 2, 2], "ceil_mode": 1}, 48),
    "one_divisor_for_all": ({"kernel_shape": [6, 7], "strides": [6, 7], "pads": [3, 0, 3, 0]}, 21),
}  # fmt: skip
"""Means over windows that see unequal numbers of pixels, and the least divisor that all have in common."""


@pytest.mark.parametrize("name", UNEQUAL)
@pytest.mark.parametrize("offset", [0.0, 0.3])
def test_means_of_unequal_windows(name: str, offset: float) -> None:
    options, divisor = UNEQUAL[name]
    pool = node("AveragePool", "h", "p", **options)
    nodes = [node("Conv", "x w", "h"), pool, node("Mul", "p f", "e"), LAST]
    model = net(nodes, shape=SHAPE, opset=19, w=_weights(5, 4, 1, 1), f=_weights(5, 1, 1) * 0.7 - 0.1, **QUANT)
    graph = agree(model, offset=offset)
    (activation,) = (each.op for each in graph.nodes if isinstance(each.op, Activation))
    assert isinstance(activation.steps[0], Div) and float(activation.steps[0].divisor) == divisor
    assert len([each for each in graph.nodes if isinstance(each.op, Sum)]) == ("one" not in name)


def test_a_mean_of_one_pixel_is_no_pool() -> None:
    model = net([node("Conv", "x w", "h"), node("GlobalAveragePool", "h", "y")], shape=SHAPE, w=_weights(5, 4, 6, 7))
    assert [n.name for n in agree(model).nodes] == ["conv0"]


NORM = {
    "g": np.asarray([1, -0.5, 2, -1, 0.3], dtype=np.float32),
    "o": np.asarray([0.1, 0.2, -0.3, 0.4, 0.5], dtype=np.float32),
    "m": np.asarray([1, 2, -3, 0.5, 0], dtype=np.float32),
    "v": np.asarray([1, 0.5, 2, 3, 4], dtype=np.float32),
}


@pytest.mark.parametrize("last", [False, True])
@pytest.mark.parametrize("first", ["pool", "norm"])
def test_channels_last(*, last: bool, first: str) -> None:
    """The same network in both layouts."""
    domain = {"domain": CHANNELS_LAST} if last else {}
    weights = _weights(5, 4, 3, 3)
    window = {"kernel_shape": [3, 3], "strides": [1, 1], "dilations": [1, 1], "group": 1, "pads": [1, 1, 1, 1]}
    pool = {"kernel_shape": [2, 2], "strides": [2, 1], "pads": [0, 0, 0, 0]}
    before, behind = ("h i", "i g o m v e") if first == "pool" else ("i e", "h g o m v i")
    *given, found = behind.split()
    layers = [
        node("MaxPool", *before.split(), **domain, **pool),
        node("BatchNormalization", " ".join(given), found, **domain, epsilon=1e-5, momentum=0.9),
    ]
    conv = node("Conv", "x w", "h", **domain, **window)
    wide, pooled = (1, 6, 7, 5), (1, 3, 6, 5)
    sizes = {"h": wide, "i": pooled if first == "pool" else wide, "e": pooled}
    nodes = [conv, *(layers if first == "pool" else layers[::-1]), LAST]
    shape = (1, 6, 7, 4) if last else SHAPE
    model = net(
        nodes,
        shape=shape,
        opset=9,
        w=np.moveaxis(weights, 1, -1) if last else weights,
        shapes=sizes if last else None,
        **NORM,
        **QUANT,
    )
    graph = agree(model, shape, channels_last=last)
    assert graph.input.type.shape == (6, 7, 4)


def test_multi_thresholds_on_images() -> None:
    table = np.sort(np.random.default_rng(0).normal(size=(5, 3)) * 4, axis=1).astype(np.float32)
    for layout in ("NCHW", ""):
        act = node("MultiThreshold", "h t", "y", out_dtype="UINT2", data_layout=layout)
        agree(net([node("Conv", "x w", "h"), act], shape=SHAPE, w=_weights(5, 4, 2, 2), t=table))


def _trunc(version: int, **options: Any) -> onnx.NodeProto:
    return node("Trunc", "e ts tz ib os ob" if version == 2 else "e ts tz ib ob", "y", name="trunc", **options)


@pytest.mark.parametrize("mode", ["FLOOR", "ROUND", "CEIL"])
@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("zero", [0.0, 4.0])
def test_truncations(version: int, mode: str, zero: float) -> None:
    """Behind an average pool and behind a layer; in version 2 the codes are also clamped."""
    options = {"signed": 1, "narrow": 0} if version == 2 else {}
    scale = np.float32(0.25 / 4)
    model = net(
        [node("AveragePool", "x", "e", kernel_shape=[2, 2]), _trunc(version, rounding_mode=mode, **options)],
        shape=SHAPE,
        version=version,
        ts=scale,
        tz=np.float32(zero),
        ib=np.float32(7),
        os=np.float32(scale * 8),
        ob=np.float32(4),
    )
    graph = agree(model, scale=0.25)
    assert isinstance(graph.node("pool0_act").op, Activation)
    model = net(
        [node("Conv", "x w", "e"), _trunc(version, rounding_mode=mode, **options)],
        shape=SHAPE,
        version=version,
        w=_weights(5, 4, 3, 3),
        ts=np.float32(0.25),
        tz=np.float32(zero),
        ib=np.float32(10),
        os=np.float32(8),
        ob=np.float32(5),
    )
    agree(model, scale=0.25)


def _branches(join: list[onnx.NodeProto], **constants: Any) -> onnx.ModelProto:
    nodes = [
        node("Quant", "x s z b", "q", name="in", signed=1, narrow=0),
        node("Conv", "q w", "h", name="left", pads=[1, 1, 1, 1]),
        node("Quant", "h s z b", "a", name="left_act", signed=1, narrow=0),
        *join,
    ]
    return net(nodes, shape=SHAPE, w=_weights(4, 4, 3, 3), **QUANT, **constants)


JOINS: dict[str, tuple[list[onnx.NodeProto], dict[str, Any]]] = {
    "sum": ([node("Add", "a q", "e"), LAST], {}),
    "sum_of_itself": ([node("Add", "a a", "e"), LAST], {}),
    "three": ([node("Add", "a q", "t"), node("Add", "t a", "e"), LAST], {}),
    "difference": ([node("Neg", "q", "n"), node("Sub", "a n", "e"), LAST], {}),
    "offsets": ([node("Add", "a c", "ac"), node("Add", "ac q", "e"), LAST], {"c": _weights(4, 1, 1, seed=5) * 0.3}),
    "output": ([node("Add", "a q", "y")], {}),
    "pooled": ([node("Add", "a q", "t"), node("MaxPool", "t", "e", kernel_shape=[2, 2]), LAST], {}),
    "concat": ([node("Concat", "a q", "t", axis=1), node("Conv", "t v", "y")], {"v": _weights(3, 8, 3, 3)}),
    "concat_three": ([node("Concat", "q a q", "e", axis=1), LAST], {}),
    "concat_types": (
        [
            node("Quant", "h s z b3", "n", name="narrow", signed=0, narrow=0),
            node("MaxPool", "n", "m", kernel_shape=[3, 3], pads=[1, 1, 1, 1]),
            node("Concat", "m a", "t", axis=1),
            node("Concat", "t a n", "e", axis=1),
            LAST,
        ],
        {"b3": np.float32(3)},
    ),
    "concat_scaled": (
        [node("Mul", "q c", "m"), node("Concat", "a m", "e", axis=1), LAST],
        {"c": np.asarray([0.5, -2, 1, 3], dtype=np.float32).reshape(4, 1, 1)},
    ),
    "concat_relu": ([node("Relu", "q", "m"), node("Concat", "m a", "e", axis=1), LAST], {}),
    "concat_flat": (
        [
            node("Flatten", "a", "fa"),
            node("Flatten", "q", "fq"),
            node("Concat", "fa fq", "t", axis=1),
            node("MatMul", "t v", "y"),
        ],
        {"v": _weights(336, 3)},
    ),
}


@pytest.mark.parametrize("name", JOINS)
def test_branches_meet(name: str) -> None:
    join, constants = JOINS[name]
    graph = agree(_branches(join, **constants))
    if name == "three":
        assert [n.name for n in graph.nodes if isinstance(n.op, Sum)] == ["add0", "add1"]


def test_an_accumulator_of_the_same_scale_may_be_added() -> None:
    nodes = [node("Conv", "x w", "h", pads=[1, 1, 1, 1]), node("Add", "h x", "e"), LAST]
    graph = agree(net(nodes, shape=SHAPE, w=_weights(4, 4, 3, 3), **QUANT))
    assert graph.node("add0").output.type.dtype.bits >= graph.node("conv0").output.type.dtype.bits


SHAPES: dict[str, tuple[list[onnx.NodeProto], tuple[int, ...]]] = {
    "flatten": ([node("Flatten", "h", "f")], (120,)),
    "channels_last": ([node("Transpose", "h", "t", perm=[0, 2, 3, 1]), node("Flatten", "t", "f")], (120,)),
    "reordered": (
        [
            node("Transpose", "h", "t", perm=[0, 3, 1, 2]),
            node("Reshape", "t to", "r"),
            node("Transpose", "r", "u", perm=[0, 2, 1]),
            node("Flatten", "u", "f"),
        ],
        (120,),
    ),
    "squeezed": (
        [
            node("GlobalMaxPool", "h", "g"),
            node("Squeeze", "g ax", "s2"),
            node("Unsqueeze", "s2 one", "u"),
            node("Flatten", "u", "f"),
        ],
        (5,),
    ),
}


@pytest.mark.parametrize("name", SHAPES)
def test_the_first_dense_layer(name: str) -> None:
    shape, size = SHAPES[name]
    constants = {"to": [1, 10, 12], "ax": [2, 3], "one": [1]}
    quant = node("Quant", "c s z b", "h", name="q", signed=1, narrow=0)
    nodes = [node("Conv", "x w", "c"), quant, *shape, node("MatMul", "f v", "y")]
    agree(net(nodes, shape=SHAPE, w=_weights(5, 4, 3, 2), v=_weights(*size, 3), **constants, **QUANT))


def test_parameters_follow_a_transposed_tensor() -> None:
    nodes = [
        node("Conv", "x w", "h"),
        node("Transpose", "h", "t", perm=[0, 2, 3, 1]),
        node("Mul", "t c", "m"),
        node("Transpose", "m", "e", perm=[0, 3, 1, 2]),
        LAST,
    ]
    agree(net(nodes, shape=SHAPE, w=_weights(5, 4, 3, 3), c=np.asarray([1, 2, 0.5, -1, 3], dtype=np.float32), **QUANT))


def test_a_dense_layer_at_every_pixel() -> None:
    nodes = [
        node("Transpose", "x", "t", perm=[0, 2, 3, 1]),
        node("MatMul", "t w", "u"),
        node("Transpose", "u", "y", perm=[0, 3, 1, 2]),
    ]
    model = net(nodes, shape=SHAPE, w=_weights(4, 3))
    graph = agree(model)
    assert graph.node("fc0").output.type.shape == (6, 7, 3)


@pytest.mark.parametrize("shape", [(1, 24), (1, 1, 24), (1, 2, 12), (1, 2, 3, 4), (1, 1, 4, 6)])
def test_an_input_that_is_reshaped_to_an_image(shape: tuple[int, ...]) -> None:
    nodes = [node("Reshape", "x to", "i"), node("Quant", "i s z b", "q", signed=1, narrow=0), node("Conv", "q w", "y")]
    model = net(nodes, shape=shape, w=_weights(3, 2, 3, 2), to=[1, 2, 4, 3], **QUANT)
    graph = import_qonnx(model, input_type=INT5, input_scale=0.25)
    check(graph)
    assert graph.input.type.shape == (4, 3, 2)
    codes = random_codes(graph, 8, shape[1:], seed=1)
    found = outputs(graph, codes.reshape(8, 2, 4, 3))
    np.testing.assert_allclose(found, execute(model, codes * 0.25), rtol=1e-5, atol=1e-6)


def test_layouts_of_an_input_without_windows() -> None:
    """One channel stays flat, several become an image."""
    for shape, wanted in (((1, 1, 4, 6), (24,)), ((1, 2, 3, 4), (3, 4, 2)), ((1, 2, 12), (24,))):
        model = net([node("Flatten", "x", "f"), node("MatMul", "f w", "y")], shape=shape, w=_weights(24, 3))
        assert agree(model, shape).input.type.shape == wanted


def test_input_scales_per_channel_follow_the_layout() -> None:
    scale = [0.5, 0.25, 1.0, 2.0]
    model = net([node("Conv", "x w", "y", group=4)], shape=SHAPE, w=_weights(4, 1, 2, 2))
    graph = import_qonnx(model, input_type=INT5, input_scale=scale)
    codes = random_codes(graph, 8, SHAPE[1:], seed=1)
    real = codes * np.asarray(scale).reshape(4, 1, 1)
    np.testing.assert_allclose(outputs(graph, codes), execute(model, real), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("seed", range(12))
def test_random_windows(seed: int) -> None:
    """Convolutions of random attributes behind each other, a pool between them."""
    rng = np.random.default_rng(seed)
    groups = int(rng.choice([1, 2, 4]))
    kernel, stride, dilation = (tuple(int(n) for n in rng.integers(1, top, 2)) for top in (4, 3, 3))
    extent = [d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=True)]
    pads = [int(rng.integers(0, extent[axis % 2])) for axis in range(4)]
    pool = {"kernel_shape": [int(n) for n in rng.integers(1, 4, 2)]}
    nodes = [
        node("Quant", "x s z b", "q", name="in", signed=int(rng.integers(2)), narrow=int(rng.integers(2))),
        node("Conv", "q w c", "h", strides=stride, dilations=dilation, pads=pads, group=groups),
        node("MaxPool", "h", "p", **pool),
        node("Quant", "p s z b", "r", name="mid", signed=1, narrow=0),
        node("Conv", "r v", "e", name="second", pads=[0, 1, 1, 0]),
        LAST,
    ]
    model = net(
        nodes,
        shape=(1, 4, 9, 10),
        w=_weights(8, 4 // groups, *kernel, seed=seed),
        c=_weights(8, seed=seed) * 0.21,
        v=_weights(3, 8, 2, 2, seed=seed),
        **QUANT,
    )
    agree(model, (1, 4, 9, 10), frames=6)
