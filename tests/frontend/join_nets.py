"""Networks whose branches of different scales meet: in sums, differences and concatenations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import onnx

from tests.frontend.onnx_nets import net, node

IMAGE = (1, 4, 6, 7)
RNG = np.random.default_rng(0)
W = RNG.integers(-3, 4, (4, 4, 3, 3)).astype(np.float32)
WIDE = RNG.integers(-3, 4, (3, 8, 3, 3)).astype(np.float32)
DENSE = RNG.integers(-3, 4, (8 * 6 * 7, 5)).astype(np.float32)
C = np.float32([1, 2, 3, -4]).reshape(4, 1, 1)
MAP = (RNG.integers(-9, 10, (1, 1, 6, 7)) / 4).astype(np.float32)
Q = {"s": np.float32(0.5), "z": np.float32(0), "b": np.float32(4), "p": np.float32(0.3), "r": np.float32(0.71)}
IN = node("Quant", "x s z b", "q", name="in", signed=1)
LAST = node("Quant", "e s z b", "y", name="last", signed=1)
PADS = {"pads": [1, 1, 1, 1]}


def joined(*behind: onnx.NodeProto, **constants: Any) -> onnx.ModelProto:
    """`q` at the input, `h` an accumulator, `a` and `c` quantisers of scales 0.3 and 0.71 behind layers."""
    nodes = [
        IN,
        node("Conv", "q w", "h", name="left", **PADS),
        node("Quant", "h p z b", "a", name="left_act", signed=1),
        node("Conv", "q v", "g", name="right", **PADS),
        node("Quant", "g r z b", "c", name="right_act", signed=0),
    ]
    wanted, live = {"y"}, []
    for each in reversed([*nodes, *behind]):
        if wanted.intersection(each.output):
            wanted.update(each.input)
            live.append(each)
    return net(live[::-1], shape=IMAGE, w=W, v=W[::-1].copy(), **Q, **constants)


def concat(*names: str, axis: int = 1) -> onnx.NodeProto:
    return node("Concat", " ".join(names), "e", name="cat", axis=axis)


FLOAT = node("Cast", "i", "t", to=1)


NETS: dict[str, Callable[[], onnx.ModelProto]] = {
    "two_scales": lambda: joined(node("Add", "a c", "e"), LAST),
    "with_the_input": lambda: joined(node("Add", "q c", "e"), LAST),
    "difference": lambda: joined(node("Sub", "a c", "e"), LAST),
    "difference_of_one_quantiser": lambda: joined(node("Sub", "q q", "d"), node("Add", "d a", "e"), LAST),
    "per_channel": lambda: joined(node("Mul", "q k", "m"), node("Add", "a m", "e"), LAST, k=C),
    "accumulators": lambda: joined(node("Add", "h g", "e"), LAST),
    "accumulators_with_norm": lambda: joined(
        node("BatchNormalization", "h n n n t", "hn"), node("BatchNormalization", "g t n n n", "gn"),
        node("Add", "hn gn", "e"), LAST, n=np.float32([0.5, 1, 2, 3]), t=np.float32([3, 2, 1, 0.75]),
    ),
    "accumulators_with_a_norm_of_zeros": lambda: joined(
        node("BatchNormalization", "h g0 t n n", "hn"), node("Add", "hn c", "e"), LAST,
        g0=np.float32([0, 1, -2, 0]), n=np.float32([0.5, 1, 2, 3]), t=np.float32([3, 2, -1, 0.75]),
    ),
    "norm_of_zeros_alone": lambda: joined(
        node("BatchNormalization", "h g0 t n n", "hn"), node("Add", "hn c", "e"), LAST,
        g0=np.float32([0, 0, 0, 0]), n=np.float32([0.5, 1, 2, 3]), t=np.float32([3, 2, -1, 0.75]),
    ),
    "factors_of_zero_at_the_end": lambda: joined(
        node("Mul", "a k", "m"), node("Add", "m c", "y"), k=np.float32([0, 1, -2, 0]).reshape(4, 1, 1)
    ),
    "accumulator_and_code": lambda: joined(node("Add", "h c", "e"), LAST),
    "three": lambda: joined(node("Add", "a c", "t"), node("Sub", "q t", "e"), LAST),
    "sum_of_four": lambda: joined(node("Sum", "a c q k", "e"), LAST, k=C),
    "mean": lambda: joined(node("Mean", "a c q", "e"), LAST),
    "three_at_the_end": lambda: joined(node("Sum", "a c h", "y")),
    "maximum_of_one_scale_and_a_constant": lambda: joined(
        node("Quant", "h s z b", "a2", name="other", signed=1), node("Max", "q a2 k", "e"), LAST, k=C
    ),
    "minimum_of_three": lambda: joined(
        node("Quant", "h s z b", "a2", name="other", signed=1), node("Quant", "h d z b", "a3", name="more", signed=0),
        node("Min", "q a2 a3", "e"), LAST, d=np.float32(0.25),
    ),
    "maximum_at_the_end": lambda: joined(
        node("Quant", "h s z b", "a2", name="other", signed=1), node("Max", "q a2", "y")
    ),
    "sum_into_a_layer": lambda: joined(node("Add", "q q", "t"), node("Conv", "t w", "y", name="last")),
    "powers_of_two_into_a_layer": lambda: joined(
        node("Quant", "g f z b", "f4", name="fine", signed=1), node("Add", "f4 q", "t"),
        node("Conv", "t w", "y", name="last"), f=np.float32(0.125),
    ),
    "eighths_as_weights": lambda: joined(node("Conv", "q eighths", "e"), LAST, eighths=W * np.float32(0.375)),
    "scales_into_a_layer": lambda: joined(
        node("Sub", "a c", "t"), node("Conv", "t w", "y", name="last", **PADS)
    ),
    "three_scales_and_a_constant_into_a_layer": lambda: joined(
        node("Add", "a c", "t"), node("Add", "t q", "u"), node("Add", "u k", "v2"),
        node("Conv", "v2 w", "y", name="last"), k=C,
    ),
    "scales_into_a_dense_layer": lambda: joined(
        node("Add", "a c", "t"), node("Flatten", "t", "f"), node("MatMul", "f half", "e"), LAST, half=DENSE[:168]
    ),
    "accumulator_into_a_layer": lambda: joined(node("Conv", "h w", "y", name="last")),
    "two_readers": lambda: joined(
        node("Add", "a c", "t"), node("Quant", "t s z b", "u", signed=1), node("Add", "t u", "e"), LAST
    ),
    "concat_of_scales_into_a_layer": lambda: joined(
        concat("a", "q"), node("Conv", "e wide", "y", name="last", **PADS), wide=WIDE
    ),
    "concat_of_powers_of_two_into_a_layer": lambda: joined(
        node("Quant", "g f z b", "f4", name="fine", signed=1), concat("f4", "q"),
        node("Conv", "e wide", "y", name="last", **PADS), wide=WIDE, f=np.float32(0.125),
    ),
    "concat_of_scales_into_a_dense_layer": lambda: joined(
        concat("a", "c"), node("Flatten", "e", "f"), node("MatMul", "f dense", "y", name="last"), dense=DENSE
    ),
    "concat_of_concats": lambda: joined(
        concat("a", "q"), node("Concat", "e c", "e2", axis=1), node("Conv", "e2 wider", "y", name="last"),
        wider=RNG.integers(-3, 4, (2, 12, 3, 3)).astype(np.float32),
    ),
    "concat_with_offset_into_a_layer": lambda: joined(
        node("Add", "a k", "o"), concat("o", "q"), node("Conv", "e wide", "y", name="last"), wide=WIDE, k=C
    ),
    "concat_of_accumulators": lambda: joined(concat("h", "a"), LAST),
    "concat_of_norms": lambda: joined(
        node("BatchNormalization", "h n t n n", "hn"), concat("hn", "a", "q"), LAST,
        n=np.float32([0.5, 1, 2, 3]), t=np.float32([3, 2, -1, 0.75]),
    ),
    "concat_of_scales_along_rows": lambda: joined(concat("a", "q", axis=2), LAST),
    "concat_of_accumulators_along_columns": lambda: joined(concat("h", "a", axis=3), LAST),
    "concat_with_bipolar": lambda: joined(
        node("BipolarQuant", "q s", "sign", name="sign"), concat("a", "sign"), LAST
    ),
    "concat_with_the_input": lambda: net(
        [
            node("Conv", "x w", "h", name="left", **PADS),
            node("Quant", "h s z b", "a", name="left_act", signed=0),
            concat("x", "a"),
            LAST,
        ],
        shape=IMAGE, w=W, **{**Q, "b": np.float32(5)},
    ),
    "concat_with_a_constant": lambda: joined(concat("k", "a"), LAST, k=MAP),
    "concat_with_a_quantised_constant": lambda: joined(
        node("Quant", "k p z b", "kq", name="constant", signed=1), concat("a", "kq"), LAST, k=MAP
    ),
    "concat_with_a_constant_row": lambda: joined(concat("a", "k", axis=2), LAST, k=MAP[:, :, 1:2].repeat(4, 1)),
    "learned_token": lambda: net(
        [
            node("Quant", "x s z b", "q", name="in", signed=1), node("Quant", "k s z b", "kq", name="token", signed=1),
            node("Concat", "kq q", "t", name="cat", axis=1), node("MatMul", "t w", "e", name="dense"), LAST,
        ],
        shape=(1, 3, 4), w=W[0, :, 0].copy(), k=MAP[0, 0, :1, :4][None], **Q,
    ),
    "constant_beside_a_vector": lambda: net(
        [IN, node("Concat", "q k", "t", name="cat", axis=1), node("MatMul", "t w", "y", name="dense")],
        w=DENSE[:7], k=np.float32([[0.5, -0.25, 3]]), **Q,
    ),
    "product": lambda: joined(node("Mul", "a c", "e"), LAST),
    "product_with_the_input_at_the_end": lambda: joined(node("Mul", "q c", "y", name="last")),
    "product_of_accumulators": lambda: joined(
        node("Mul", "h g", "m"), node("Mul", "m k", "e"), LAST, k=np.float32(2.0**-5)
    ),
    "product_of_offsets": lambda: joined(
        node("Add", "a k", "o"), node("Sub", "c s", "u"), node("Mul", "o u", "e"), LAST, k=C
    ),
    "product_with_one_offset": lambda: joined(
        node("Add", "q s", "o"), node("Mul", "o c", "m"), node("Mul", "m k", "e"), LAST, k=C / 8
    ),
    "product_into_a_layer": lambda: joined(node("Mul", "a c", "t"), node("Conv", "t w", "y", name="last")),
    "gate_of_a_sigmoid": lambda: joined(
        node("Sigmoid", "g", "i"), node("Quant", "i f z b", "k", name="gate", signed=0), node("Mul", "a k", "e"), LAST,
        f=np.float32(1 / 16),
    ),
    "product_of_signs_then_maximum": lambda: joined(
        node("BipolarQuant", "h s", "left_sign", name="left_sign"),
        node("BipolarQuant", "g s", "right_sign", name="right_sign"), node("Mul", "left_sign right_sign", "m"),
        node("MaxPool", "m", "t", kernel_shape=[2, 2]), node("Conv", "t w", "y", name="last"),
    ),
    "product_of_three": lambda: joined(node("Mul", "a c", "m"), node("Mul", "m q", "e"), LAST),
    "larger_of_two": lambda: joined(node("Greater", "a c", "i"), FLOAT, node("Conv", "t w", "y", name="last")),
    "where_of_two": lambda: joined(node("Less", "h k", "i"), node("Where", "i a c", "e"), LAST, k=C),
    "where_of_one_and_zero": lambda: joined(
        node("Less", "h k", "i"), node("Where", "i a z", "e"), LAST, k=C
    ),
    "either_of_two": lambda: joined(
        node("Greater", "h k", "l"), node("LessOrEqual", "g k", "r2"), node("Or", "l r2", "i"), FLOAT,
        node("Conv", "t w", "y", name="last"), k=C,
    ),
    "spikes_with_zeros_around": lambda: joined(
        node("Greater", "h k", "i"), FLOAT, node("Pad", "t around", "u"), node("Add", "u u", "e"), LAST,
        k=C, around=np.asarray([0, 0, 1, 0, 0, 0, 0, 1]),
    ),
    "sum_of_spikes": lambda: joined(
        node("GreaterOrEqual", "h k", "l"), node("Cast", "l", "lf", to=1), node("Greater", "g s", "i"), FLOAT,
        node("Add", "lf t", "u"), node("Conv", "u w", "y", name="last"), k=C,
    ),
    "squeeze_and_excitation": lambda: joined(
        node("GlobalAveragePool", "h", "m"), node("Quant", "m p z b", "u", name="squeeze", signed=1),
        node("Conv", "u one", "i", name="excite"), node("HardSigmoid", "i", "o"),
        node("Quant", "o f z b", "k", name="gate", signed=0), node("Mul", "c k", "e"), LAST,
        one=W[..., :1, :1].copy(), f=np.float32(1 / 16),
    ),
    "product_with_each_column": lambda: joined(
        node("ReduceMax", "a", "m", axes=[2], keepdims=1), node("Mul", "c m", "e"), LAST
    ),
    "gated_vectors": lambda: net(
        [
            node("MatMul", "x w", "h", name="one"), node("Quant", "h p z b", "a", signed=1),
            node("MatMul", "x v", "g", name="two"), node("HardSigmoid", "g", "i"),
            node("Quant", "i f z b", "c", signed=0), node("Mul", "c a", "e"), LAST,
        ],
        w=W[0, :, 0].copy(), v=W[1, :, 0].copy(), f=np.float32(1 / 16), **Q,
    ),
    "dense": lambda: net(
        [
            node("MatMul", "x w", "h", name="one"), node("Quant", "h p z b", "a", signed=1),
            node("MatMul", "x v", "g", name="two"), node("Quant", "g r z b", "c", signed=0),
            node("Add", "a c", "e"), LAST,
        ],
        w=W[0, :, 0].copy(), v=W[1, :, 0].copy(), **Q,
    ),
    "relu_of_an_accumulator": lambda: joined(node("Relu", "h", "r2"), node("Add", "r2 c", "e"), LAST),
    "relus_of_norms": lambda: joined(
        node("BatchNormalization", "h n m k t", "hn"), node("Relu", "hn", "hr"),
        node("BatchNormalization", "g m k n t", "gn"), node("Relu", "gn", "gr"), node("Add", "hr gr", "e"), LAST,
        n=np.float32([0.5, -1, 2, -0.125]), t=np.float32([3, 2, 1, 0.75]), m=np.float32([9, -3, 0, 200]), k=C[:, 0, 0],
    ),
    "leaky_and_clipped": lambda: joined(
        node("Add", "h k", "b2"), node("PRelu", "b2 slope", "l"), node("Clip", "g low high", "t"),
        node("Sub", "l t", "e"), LAST, slope=C / 4 - np.float32(0.25), low=np.float32(-3.5), high=np.float32(7.25), k=C,
    ),
    "absolute_at_the_end": lambda: joined(node("Abs", "h", "r2"), node("Sub", "q r2", "y")),
    "relus_of_relus": lambda: joined(
        node("Add", "h k", "b2"), node("Relu", "b2", "r2"), node("Sub", "r2 q", "t"), node("Relu", "t", "u"),
        node("Add", "u r2", "e"), LAST, k=C,
    ),
    "relu_of_codes_into_a_layer": lambda: joined(
        node("Relu", "a", "r2"), node("Conv", "r2 w", "y", name="last", **PADS)
    ),
    "absolute_values_of_an_accumulator_into_a_layer": lambda: joined(
        node("Abs", "h", "r2"), node("Conv", "r2 w", "y", name="last", **PADS)
    ),
    "hard_tanh_of_codes_into_a_layer": lambda: joined(
        node("Clip", "a low high", "t"), node("Conv", "t w", "y", name="last"),
        low=np.float32(-1), high=np.float32(1.25),
    ),
    "product_of_relus": lambda: joined(
        node("Relu", "a", "r2"), node("Add", "c k", "b2"), node("Relu", "b2", "t"), node("Mul", "r2 t", "e"), LAST,
        k=C / 3,
    ),
    "concat_of_relus_along_rows": lambda: joined(node("Relu", "h", "r2"), concat("r2", "a", axis=2), LAST),
    "mean_of_relus": lambda: joined(
        node("Add", "h k", "b2"), node("Relu", "b2", "r2"), node("AveragePool", "r2", "t", kernel_shape=[2, 2]),
        node("Quant", "t s z b", "y", name="last", signed=1), k=C,
    ),
    "maximum_of_absolute_values": lambda: joined(
        node("Add", "h k", "b2"), node("Abs", "b2", "r2"), node("MaxPool", "r2", "e", kernel_shape=[2, 2]), LAST, k=C
    ),
    "leaky_at_the_end": lambda: joined(node("Add", "h k", "b2"), node("LeakyRelu", "b2", "y", alpha=0.25), k=C),
    "clipped_at_the_end": lambda: joined(
        node("Mul", "h k", "b2"), node("Clip", "b2 low high", "y"), k=C, low=np.float32(-9), high=np.float32(30)
    ),
    "larger_of_an_accumulator_and_a_constant": lambda: joined(
        node("Max", "h k", "m"), node("Sub", "m c", "e"), LAST, k=C
    ),
}  # fmt: skip
