"""Networks on images that cannot become hardware, one for each message."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import onnx

from tests.frontend.onnx_nets import CHANNELS_LAST, net, node

SHAPE = (1, 4, 6, 7)
Q = {"s": np.float32(0.5), "z": np.float32(0), "b": np.float32(4)}
W = np.random.default_rng(0).integers(-3, 4, (5, 4, 3, 3)).astype(np.float32)
SQUARE = W[:4]
LAST = node("Quant", "e s z b", "y", name="act", signed=1)
IN = node("Quant", "x s z b", "q", name="in", signed=1)


def _conv(**options: Any) -> onnx.ModelProto:
    constants = {"w": options.pop("w", W)}
    return net([node("Conv", "x w", "y", name="conv", **options)], shape=SHAPE, **constants)


def _pool(op: str = "MaxPool", **options: Any) -> onnx.ModelProto:
    pool = node(op, "h", "e", name="pool", **options)
    return net([node("Conv", "x w", "h", name="conv"), pool, LAST], shape=SHAPE, w=W, **Q)


def _shifted(*behind: onnx.NodeProto, **constants: Any) -> onnx.ModelProto:
    """Pixels 2x - 1, of which none is 0, in front of other nodes."""
    nodes = [node("Mul", "x two", "m"), node("Add", "m one", "q"), *behind]
    return net(nodes, shape=SHAPE, two=np.float32(2), one=np.float32(-1), **constants)


def _join(*behind: onnx.NodeProto, shape: tuple[int, ...] = SHAPE, **constants: Any) -> onnx.ModelProto:
    """Two quantised branches, `a` behind a convolution and `q` at the input."""
    conv = node("Conv", "q w", "h", name="left", pads=[1, 1, 1, 1])
    act = node("Quant", "h s2 z b", "a", name="left_act", signed=1)
    scales = {"s2": np.float32(0.25), **Q, **constants}
    return net([IN, conv, act, *behind], shape=shape, w=SQUARE, **scales)


def _padded(*behind: onnx.NodeProto, pads: Any = (0, 0, 1, 1, 0, 0, 1, 1), **options: Any) -> onnx.ModelProto:
    constants = options.pop("constants", {"w": W})
    pad = node("Pad", "x", "p", name="pad", pads=list(pads), **options)
    return net([pad, *behind], shape=SHAPE, opset=9, **constants)


def _up(**options: Any) -> onnx.ModelProto:
    nodes = [node("MaxPool", "x", "p", kernel_shape=[6, 5]), node("ConvTranspose", "p w", "y", name="up", **options)]
    return net(nodes, shape=SHAPE, w=SQUARE)


CONV_P = node("Conv", "p w", "y", name="conv")

CASES: dict[str, Callable[[], onnx.ModelProto]] = {
    "unknown": lambda: net([node("LRN", "x", "y", name="norm", size=3)], shape=SHAPE, w=W),
    "transposed_of_nothing": lambda: _up(pads=[2, 2, 2, 2], strides=[1, 1], dilations=[1, 3]),
    "transposed_reach": lambda: _up(output_shape=[20, 3]),
    "transposed_auto_pad": lambda: _up(auto_pad="ODD"),
    "transposed_window": lambda: _up(strides=[1, 0]),
    "transposed_groups": lambda: _up(group=3),
    "channels_last_unknown": lambda: net([node("Add", "x w", "y", name="add", domain=CHANNELS_LAST)], w=W),
    "groups": lambda: _conv(group=3),
    "group_channels": lambda: _conv(group=2, w=SQUARE),
    "weights_rank": lambda: _conv(w=W[0]),
    "weights_off_the_grid": lambda: net(
        [IN, node("Conv", "q w", "y", name="conv")], shape=SHAPE, w=W / np.float32(3), **Q
    ),
    "weights_at_run_time": lambda: net([node("Conv", "x x", "y", name="conv")], shape=SHAPE, w=W),
    "kernel": lambda: _conv(kernel_shape=[2, 2]),
    "padding_of_the_whole_window": lambda: _conv(pads=[3, 1, 1, 1]),
    "window_too_large": lambda: _conv(dilations=[3, 3]),
    "window_axes": lambda: _conv(strides=[1]),
    "flat_input": lambda: net([node("Conv", "x w", "y", name="conv")], shape=(1, 4), w=W),
    "accumulator": lambda: net(
        [node("Conv", "x w", "h", name="one"), node("Conv", "h w", "y", name="two")], shape=SHAPE, w=SQUARE * 999
    ),
    "scale_per_channel": lambda: net(
        [node("Mul", "x c", "m"), node("Conv", "m w", "y", name="conv")],
        shape=SHAPE,
        w=W,
        c=np.float32([1, 2, 3, 4]).reshape(4, 1, 1),
    ),
    "parameter_per_pixel": lambda: net(
        [node("Conv", "x w", "h"), node("Add", "h c", "y", name="bias")],
        shape=(1, 4, 32, 32),
        w=W,
        c=np.arange(900, dtype=np.float32).reshape(30, 30),
    ),
    "padding_without_zero": lambda: _shifted(node("Conv", "q w", "y", name="conv", pads=[1, 1, 1, 1]), w=W),
    "bipolar_padding_without_zero": lambda: net(
        [
            node("BipolarQuant", "x s", "q", name="sign"),
            node("Add", "q c", "r"),
            node("Conv", "r w", "y", name="conv", pads=[1, 1, 1, 1]),
        ],
        shape=SHAPE,
        w=W,
        c=np.float32(0.25),
        s=np.float32(1),
    ),
    "bipolar_padded_with_minus_one": lambda: net(
        [
            node("BipolarQuant", "x s", "q", name="sign"),
            node("Pad", "q pads value", "p", name="pad"),
            node("Conv", "p w", "y", name="conv"),
        ],
        shape=SHAPE,
        w=W,
        s=np.float32(1),
        pads=[0, 0, 1, 1, 0, 0, 1, 1],
        value=np.float32(-1),
    ),
    "pad_mode": lambda: _padded(CONV_P, mode="odd"),
    "pad_reflects_too_far": lambda: _padded(CONV_P, pads=[0, 0, 6, 0, 0, 0, 0, 0], mode="reflect"),
    "crop_of_all": lambda: _padded(CONV_P, pads=[0, 0, -4, 0, 0, 0, -2, 0]),
    "accumulators_of_two_scales_moved": lambda: net(
        [
            node("Conv", "x w", "h", name="conv"),
            node("Mul", "h c", "m"),
            node("Reshape", "m to", "r"),
            node("MaxPool", "r", "y", name="pool", kernel_shape=[2, 2]),
        ],
        shape=SHAPE,
        w=SQUARE,
        c=np.float32([1, 2, 3, 4]).reshape(4, 1, 1),
        to=[1, 2, 8, 5],
    ),
    "pad_of_infinity": lambda: _padded(node("Relu", "p", "y", name="relu"), constants={}, value=float("-inf")),
    "pad_of_too_many": lambda: _padded(
        node("Relu", "p", "y", name="relu"), pads=[0, 0, 65536, 0, 0, 0, 0, 65536], constants={}
    ),
    "pad_without_a_scale": lambda: net(
        [
            node("Mul", "x c", "m"),
            node("Pad", "m", "p", name="pad", pads=[0, 0, 1, 0, 0, 0, 0, 0]),
            node("Relu", "p", "y", name="relu"),
        ],
        shape=SHAPE,
        opset=9,
        c=np.float32(0),
    ),
    "resize_to_too_many": lambda: net(
        [node("Resize", "x - c", "y", name="up", mode="linear")],
        shape=(1, 3, 2, 2),
        c=np.asarray([1, 1, 30000, 30000], dtype=np.float32),
    ),
    "pad_before_a_maximum": lambda: _padded(node("MaxPool", "p", "y", name="pool", kernel_shape=[2, 2]), constants={}),
    "pool_ceil_mode_of_padding": lambda: _pool(kernel_shape=[2, 1], strides=[2, 1], pads=[0, 0, 1, 0], ceil_mode=1),
    "conv_of_a_volume": lambda: net(
        [node("Conv", "x w", "y", name="conv")], shape=(1, 2, 4, 4, 4), w=np.ones((3, 2, 3, 3, 3), dtype=np.float32)
    ),
    "pool_of_padding": lambda: _pool(kernel_shape=[2, 2], dilations=[5, 1], pads=[5, 0, 4, 0]),
    "pool_not_monotone": lambda: net(
        [
            node("Conv", "x w", "h"),
            node("Gelu", "h", "l"),
            node("MaxPool", "l", "e", name="pool", kernel_shape=[2, 2]),
            LAST,
        ],
        shape=SHAPE,
        w=W,
        **Q,
    ),
    "average_of_a_sigmoid": lambda: net(
        [
            node("Conv", "x w", "h"),
            node("Sigmoid", "h", "r"),
            node("AveragePool", "r", "e", name="pool", kernel_shape=[2, 2]),
            LAST,
        ],
        shape=SHAPE,
        w=W,
        **Q,
    ),
    "average_padding_without_zero": lambda: _shifted(
        node("AveragePool", "q", "y", name="pool", kernel_shape=[3, 3], pads=[1, 1, 1, 1], count_include_pad=1)
    ),
    "average_padded_with_one": lambda: _padded(
        node("AveragePool", "p", "y", name="pool", kernel_shape=[2, 2]), value=1.0, constants={}
    ),
    "residual_shape": lambda: _join(
        node("MaxPool", "q", "p", kernel_shape=[2, 2]), node("Add", "a p", "e", name="sum"), LAST
    ),
    "residual_tanh": lambda: _join(node("Tanh", "h", "r"), node("Add", "r a", "e", name="sum"), LAST),
    "concat_of_rows": lambda: _join(node("Elu", "q", "r"), node("Concat", "a r", "e", name="cat", axis=2), LAST),
    "concat_of_sizes": lambda: _join(
        node("MaxPool", "q", "p", kernel_shape=[2, 2]), node("Concat", "a p", "e", name="cat", axis=1), LAST
    ),
    "concat_with_real_numbers": lambda: _join(
        node("Concat", "a c", "e", name="cat", axis=1),
        LAST,
        c=np.linspace(0, 1, 42, dtype=np.float32).reshape(1, 1, 6, 7),
    ),
    "concat_of_scales_before_a_pool": lambda: _join(
        node("Concat", "a q", "e", name="cat", axis=1),
        node("GlobalMaxPool", "e", "g"),
        node("Flatten", "g", "f"),
        node("MatMul", "f v", "y", name="last"),
        v=np.ones((8, 2), np.float32),
    ),
    "trunc_of_other_numbers": lambda: net(
        [node("Conv", "x w", "h"), node("Trunc", "h s z b b", "y", name="cut", rounding_mode="FLOOR")],
        shape=SHAPE,
        w=W,
        s=np.float32(0.3),
        z=np.float32(0),
        b=np.float32(4),
    ),
    "trunc_of_a_relu": lambda: net(
        [node("Conv", "x w", "h"), node("Relu", "h", "r"), node("Trunc", "r s z b b", "y", name="cut")],
        shape=SHAPE,
        w=W,
        **Q,
    ),
    "cycle": lambda: net(
        [
            node("Conv", "x w", "h"),
            node("Add", "h l", "k", name="sum"),
            node("Quant", "k s z b", "l", name="back", signed=1),
            node("Relu", "l", "y"),
        ],
        shape=SHAPE,
        w=W,
        **Q,
    ),
    "branch_that_ends": lambda: net(
        [node("Conv", "x w", "y"), node("Conv", "x w", "h"), node("Relu", "h", "r", name="forgotten")], shape=SHAPE, w=W
    ),
}
