"""Networks that cannot become hardware, one for each message."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper

from tests.frontend.onnx_nets import net, node

W = np.asarray([[1, -1, 2], [0, 3, -2], [-3, 1, 1], [2, 0, -1]], dtype=np.float32)
Q = {"s": np.float32(0.5), "z": np.float32(0), "b": np.float32(4)}
FC = node("MatMul", "x w", "h", name="dense")
LAST = node("Quant", "e s z b", "y", name="act", signed=1)


def _between(*middle: onnx.NodeProto, **constants: Any) -> onnx.ModelProto:
    return net([FC, *middle, LAST], w=constants.pop("w", W), **{**Q, **constants})


def _quant(**change: Any) -> onnx.ModelProto:
    quant = node("Quant", "h s z b", "y", name="act", **change.pop("attributes", {"signed": 1}))
    return net([FC, quant], w=W, **{**Q, **change})


def _input_unread() -> onnx.ModelProto:
    model = net([FC, node("Identity", "h", "y")], w=W)
    model.graph.input.append(helper.make_tensor_value_info("x2", TensorProto.FLOAT, (1, 3)))
    return model


def _inputs_of_other_batches() -> onnx.ModelProto:
    model = net([FC, node("Add", "h x2", "y")], w=W)
    model.graph.input.append(helper.make_tensor_value_info("x2", TensorProto.FLOAT, (4, 3)))
    return model


def _output_is_an_input() -> onnx.ModelProto:
    model = net([FC, node("Identity", "h", "y")], w=W)
    model.graph.output.append(helper.make_tensor_value_info("x", TensorProto.FLOAT, None))
    return model


def _two_networks() -> onnx.ModelProto:
    model = net([FC, node("Identity", "h", "y"), node("MatMul", "x2 w", "y2")], w=W)
    model.graph.input.append(helper.make_tensor_value_info("x2", TensorProto.FLOAT, (1, 4)))
    model.graph.output.append(helper.make_tensor_value_info("y2", TensorProto.FLOAT, None))
    return model


def _no_input() -> onnx.ModelProto:
    model = net([node("MatMul", "x w", "y")], w=W)
    del model.graph.input[:]
    return model


def _nan() -> Any:
    broken = np.ones(3, dtype=np.float32)
    broken[1] = np.nan
    return broken


CASES: dict[str, Callable[[], onnx.ModelProto]] = {
    "unsupported_operator": lambda: _between(node("Tan", "h", "e", name="tangent")),
    "unknown_domain": lambda: _between(node("Magic", "h", "e", name="m", domain="acme")),
    "nan": lambda: _between(node("Add", "h c", "e", name="bias"), c=_nan()),
    "infinite": lambda: _between(node("Mul", "h c", "e", name="scale"), c=np.float32(np.inf)),
    "nan_weights": lambda: _between(node("Relu", "h", "e"), w=np.where(W == 0, np.nan, W)),
    "nan_quantised_weights": lambda: net(
        [node("Quant", "w s z b", "q", name="wq", signed=1), node("MatMul", "x q", "y")],
        w=np.where(W == 0, np.nan, W),
        **Q,
    ),
    "float_network": lambda: net([FC, node("Relu", "h", "y")], w=W * 0.3),
    "weights_off_the_grid": lambda: _between(node("Relu", "h", "e"), w=W / np.float32(3)),
    "weights_not_as_annotated": lambda: net([node("MatMul", "x w", "y", name="dense")], types={"w": "BIPOLAR"}, w=W),
    "unquantised_activation": lambda: net(
        [FC, node("Elu", "h", "r"), node("MatMul", "r v", "e", name="second"), LAST], w=W, v=W.T, **Q
    ),
    "tanh_at_the_input": lambda: net([node("Tanh", "x", "r"), node("MatMul", "r w", "e", name="d"), LAST], w=W, **Q),
    "input_scale_per_channel": lambda: net(
        [node("Mul", "x c", "m"), node("MatMul", "m w", "e", name="dense"), LAST],
        w=W,
        c=np.float32([1, 2, 3, 4]),
        **Q,
    ),
    "zero_scale": lambda: _quant(s=np.float32(0)),
    "negative_scale": lambda: _quant(s=np.float32([[0.5, -0.5, 1]])),
    "too_wide": lambda: _quant(b=np.float32(17)),
    "fractional_bits": lambda: _quant(b=np.float32(3.5)),
    "rounding": lambda: _quant(attributes={"signed": 1, "rounding_mode": "DICE"}),
    "run_time_scale": lambda: net([FC, node("Quant", "h x z b", "y", name="act", signed=1)], w=W, **Q),
    "parameter_shape": lambda: _between(node("Add", "h c", "e", name="bias"), c=np.ones(2, dtype=np.float32)),
    "norm_size": lambda: _between(
        node("BatchNormalization", "h c c c c", "e", name="norm"), c=np.ones(4, dtype=np.float32)
    ),
    "negative_variance": lambda: _between(
        node("BatchNormalization", "h c c c v", "e", name="norm"), c=np.ones(3), v=np.float32([1, -1, 1])
    ),
    "norm_in_training": lambda: _between(
        node("BatchNormalization", "h c c c c", "e", name="norm", training_mode=1), c=np.ones(3)
    ),
    "divide_by_zero": lambda: _between(node("Div", "h c", "e", name="div"), c=np.float32([1, 0, 1])),
    "clip_bounds": lambda: _between(node("Clip", "h lo hi", "e", name="clip"), lo=np.float32(2), hi=np.float32(1)),
    "weights_at_run_time": lambda: net([FC, node("MatMul", "h h", "e", name="attention"), LAST], w=W, **Q),
    "weights_first": lambda: net([node("MatMul", "w x", "e", name="dense"), LAST], shape=(4, 1), w=W.T, **Q),
    "wrong_width": lambda: net([node("MatMul", "x w", "y", name="dense")], w=W[:3]),
    "several_rows": lambda: net([node("MatMul", "x w", "y", name="dense")], shape=(1, 4, 5), w=W),
    "weight_zero_point": lambda: net(
        [node("Quant", "w s one b", "q", signed=0), node("MatMul", "x q", "y", name="dense")],
        w=W,
        one=np.float32(0.5),
        **Q,
    ),
    "scale_along_inputs": lambda: net(
        [node("Quant", "w ws z b", "q", signed=1), node("MatMul", "x q", "y", name="dense")],
        w=W,
        ws=np.float32([[1], [2], [3], [4]]),
        **Q,
    ),
    "transposed_input": lambda: net([node("Gemm", "x w", "y", name="gemm", transA=1)], shape=(4, 1), w=W),
    "bipolar_behind_relu": lambda: net(
        [FC, node("Relu", "h", "r"), node("BipolarQuant", "r s", "y", name="sign")], w=W, s=np.float32(1)
    ),
    "bipolar_zero_point": lambda: _quant(b=np.float32(1), z=np.float32(1)),
    "threshold_table": lambda: net(
        [FC, node("MultiThreshold", "h t", "y", name="mt", out_dtype="UINT2")], w=W, t=np.ones(3, dtype=np.float32)
    ),
    "threshold_rows": lambda: net(
        [FC, node("MultiThreshold", "h t", "y", name="mt", out_dtype="UINT2")], w=W, t=np.ones((2, 3))
    ),
    "activation_at_the_end": lambda: net(
        [node("Quant", "x s z b", "q", signed=1), node("MatMul", "q w", "h"), node("Exp", "h", "y")], w=W, **Q
    ),
    "after_softmax": lambda: _between(
        node("Softmax", "h", "p", axis=1), node("Mul", "p c", "e", name="m"), c=np.float32([2])
    ),
    "quantised_softmax": lambda: _between(
        node("Softmax", "h", "p", axis=1),
        node("QuantizeLinear", "p c z8", "k", name="m"),
        node("DequantizeLinear", "k c z8", "e"),
        c=np.float32(1 / 256),
        z8=np.uint8(0),
    ),
    "top_5": lambda: net([FC, node("TopK", "h k", "v y", name="top", axis=1)], w=W, k=[2], kind=TensorProto.INT64),
    "top_values": lambda: net([FC, node("TopK", "h k", "y i", name="top", axis=1)], w=W, k=[1]),
    "class_axis": lambda: net([FC, node("ArgMax", "h", "y", name="best", axis=0)], w=W, kind=TensorProto.INT64),
    "cast_to_integers": lambda: _between(
        node("Mul", "h c", "m"), node("Cast", "m", "e", name="cut", to=7), c=np.float32([0.5])
    ),
    "operand_missing": lambda: net([FC, node("Quant", "h s z", "y", name="act", signed=1)], w=W, **Q),
    "input_unread": _input_unread,
    "inputs_of_other_batches": _inputs_of_other_batches,
    "output_is_an_input": _output_is_an_input,
    "two_networks": _two_networks,
    "no_input": _no_input,
    "unknown_size": lambda: net([node("MatMul", "x w", "y")], shape=(1, "length"), w=W),
    "no_layer": lambda: net([node("Mul", "x c", "y")], c=np.float32(2)),
}
