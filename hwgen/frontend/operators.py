"""The operators that become hardware: the handler of each, and the attributes and operands that it reads.

A node that has others is refused before its handler runs, so that nothing in a file is ignored silently.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hwgen.errors import ModelError
from hwgen.frontend import (
    concatenation,
    convolution,
    elementwise,
    ending,
    functions,
    integers,
    joins,
    linear,
    magnitudes,
    moves,
    pooling,
    products,
    quantisers,
    residual,
    resize,
    shapes,
    transposed,
    truncation,
    windows,
)
from hwgen.frontend.qdq import CLIPPED
from hwgen.frontend.source import SourceNode
from hwgen.frontend.symbolic import Build, Tensor

Result = Tensor | tuple[Tensor | None, ...]
Handler = Callable[[Build, SourceNode, Sequence[Tensor | None]], Result]

_NAMES: Mapping[type, str] = {
    bool: "0 or 1",
    int: "a whole number",
    float: "a real number",
    bytes: "text",
    list: "whole numbers",
    tuple: "real numbers",
}
_OPEN = frozenset({"min", "max", "value"})
"""Real attributes that may be infinite: bounds, and the fill of a Pad."""
_HARMLESS = frozenset({"consumed_inputs"})
"""A hint about memory that the first opset allowed everywhere."""


@dataclass(frozen=True)
class Operator:
    """How a node becomes hardware.

    Attributes:
        handler: computes the node's outputs from its operands.
        inputs: how many operands the handler reads, None for any number.
        reads: the attributes that the handler reads, and the type of each.
        fixed: attributes that the handler assumes, and the values they may have.
        free: attributes without effect on the outputs.
        outputs: how many outputs a node may have; those that the handler does not compute cannot be read. None for
            any number.
    """

    handler: Handler
    inputs: int | None = 1
    reads: Mapping[str, type] = field(default_factory=dict)
    fixed: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    free: frozenset[str] = frozenset()
    outputs: int | None = 1


_BROADCAST = {"broadcast": (0, 1)}
"""Before opset 7; without `axis` it is the broadcasting of today."""
_WINDOW = {"auto_pad": bytes, "dilations": list, "kernel_shape": list, "pads": list, "strides": list}
_REDUCE = {"axes": list, "keepdims": bool, "noop_with_empty_axes": bool}
_QUANT = {"narrow": int, "rounding_mode": bytes, "signed": int}
_LEVELS = {"data_layout": bytes, "out_bias": float, "out_dtype": bytes, "out_scale": float}
_LINEAR = {"axis": int}
_RESIZE = {"axes": list, "coordinate_transformation_mode": bytes, "keep_aspect_ratio_policy": bytes} | {
    "mode": bytes,
    "nearest_mode": bytes,
}
_INTERPOLATION = frozenset({"antialias", "cubic_coeff_a", "exclude_outside", "extrapolation_value"})
"""Of a Resize, where it takes the nearest pixel of the image."""
_TEST = {"is_test": (1,)}
"""Before opset 7, where 0, the default, is training."""

OPERATORS: Mapping[str, Operator] = {
    "Abs": Operator(magnitudes.absolute),
    "Add": Operator(joins.binary, 2, fixed=_BROADCAST),
    "And": Operator(functions.both, 2, fixed=_BROADCAST),
    "ArgMax": Operator(ending.arg_max, reads={"axis": int, "keepdims": bool, "select_last_index": bool}),
    "AveragePool": Operator(pooling.average_pool, reads=_WINDOW | {"ceil_mode": bool, "count_include_pad": bool}),
    "BatchNormalization": Operator(
        elementwise.batch_norm,
        5,
        {"epsilon": float, "spatial": bool, "training_mode": bool},
        _TEST,
        frozenset({"momentum"}),
    ),
    "BipolarQuant": Operator(quantisers.bipolar_quant, 2),
    "Cast": Operator(shapes.cast, reads={"to": int}, free=frozenset({"saturate"})),
    "Celu": Operator(functions.function, reads={"alpha": float}),
    "Clip": Operator(elementwise.clip, 3, {"max": float, "min": float}),
    "Concat": Operator(concatenation.concat, None, {"axis": int}),
    "Conv": Operator(convolution.conv, 3, _WINDOW | {"group": int}),
    "DepthToSpace": Operator(moves.depth_to_space, reads={"blocksize": int, "mode": bytes}),
    "ConvTranspose": Operator(
        transposed.conv_transpose, 3, _WINDOW | {"group": int, "output_padding": list, "output_shape": list}
    ),
    "Cos": Operator(functions.function),
    "Cosh": Operator(functions.function),
    "DequantizeLinear": Operator(integers.dequantize_linear, 3, _LINEAR),
    "Div": Operator(joins.binary, 2, fixed=_BROADCAST),
    "Dropout": Operator(shapes.dropout, 3, fixed=_TEST, free=frozenset({"ratio", "seed"}), outputs=2),
    "Elu": Operator(functions.function, reads={"alpha": float}),
    "Equal": Operator(functions.equal, 2, fixed=_BROADCAST),
    "Erf": Operator(functions.function),
    "Exp": Operator(functions.function),
    "Expand": Operator(moves.expand, 2),
    "Flatten": Operator(shapes.flatten, reads={"axis": int}),
    "Gather": Operator(moves.gather, 2, _LINEAR),
    "Gelu": Operator(functions.function, reads={"approximate": bytes}),
    "Gemm": Operator(linear.gemm, 3, {"alpha": float, "beta": float, "transA": bool, "transB": bool}, _BROADCAST),
    "GlobalAveragePool": Operator(pooling.global_average_pool),
    "GlobalMaxPool": Operator(pooling.global_max_pool),
    "Greater": Operator(functions.compare, 2, fixed=_BROADCAST),
    "GreaterOrEqual": Operator(functions.compare, 2),
    "HardSigmoid": Operator(functions.function, reads={"alpha": float, "beta": float}),
    "HardSwish": Operator(functions.function),
    "Identity": Operator(shapes.same),
    "IntQuant": Operator(quantisers.quant, 4, _QUANT),
    "LeakyRelu": Operator(elementwise.leaky_relu, reads={"alpha": float}),
    "Less": Operator(functions.compare, 2, fixed=_BROADCAST),
    "LessOrEqual": Operator(functions.compare, 2),
    "Log": Operator(functions.function),
    "LogSoftmax": Operator(ending.softmax, reads={"axis": int}),
    "MatMul": Operator(linear.matmul, 2),
    "Max": Operator(joins.extremum, None),
    "Mean": Operator(joins.total, None),
    "MaxPool": Operator(
        pooling.max_pool, reads=_WINDOW | {"ceil_mode": bool}, free=frozenset({"storage_order"}), outputs=2
    ),
    "Min": Operator(joins.extremum, None),
    "Mish": Operator(functions.function),
    "Mul": Operator(products.mul, 2, fixed=_BROADCAST),
    "MultiThreshold": Operator(quantisers.multi_threshold, 2, _LEVELS),
    "Neg": Operator(elementwise.neg),
    "Or": Operator(functions.both, 2, fixed=_BROADCAST),
    "Pad": Operator(windows.pad, 4, {"mode": bytes, "pads": list, "value": float}),
    "Not": Operator(functions.invert),
    "PRelu": Operator(elementwise.leaky_relu, 2),
    "Pow": Operator(functions.pow_, 2, fixed=_BROADCAST),
    "Quant": Operator(quantisers.quant, 4, _QUANT),
    "QuantizeLinear": Operator(integers.quantize_linear, 3, _LINEAR, free=frozenset({"saturate"})),
    "Reciprocal": Operator(functions.function),
    "ReduceL1": Operator(magnitudes.reduce_l1, 2, _REDUCE),
    "ReduceMax": Operator(pooling.reduce_max, 2, _REDUCE),
    "ReduceMean": Operator(magnitudes.reduce_mean, 2, _REDUCE),
    "ReduceMin": Operator(pooling.reduce_min, 2, _REDUCE),
    "ReduceSum": Operator(magnitudes.reduce_sum, 2, _REDUCE),
    "Relu": Operator(elementwise.relu),
    "Reshape": Operator(shapes.reshape_for(1), 2, {"allowzero": bool}),
    "Resize": Operator(resize.resize, 4, _RESIZE, free=_INTERPOLATION),
    "Selu": Operator(functions.function, reads={"alpha": float, "gamma": float}),
    "Shape": Operator(shapes.shape_of, reads={"end": int, "start": int}),
    "Shrink": Operator(functions.function, reads={"bias": float, "lambd": float}),
    "Sigmoid": Operator(functions.function),
    "Sign": Operator(functions.function),
    "Sin": Operator(functions.function),
    "Sinh": Operator(functions.function),
    "Size": Operator(shapes.shape_of),
    "Slice": Operator(moves.slice_, 5, {"axes": list, "ends": list, "starts": list}),
    "Softmax": Operator(ending.softmax, reads={"axis": int}),
    "Softplus": Operator(functions.function),
    "Softsign": Operator(functions.function),
    "SpaceToDepth": Operator(moves.space_to_depth, reads={"blocksize": int}),
    "Split": Operator(moves.split, 2, {"axis": int, "num_outputs": int, "split": list}, outputs=None),
    "Sqrt": Operator(functions.function),
    "Squeeze": Operator(shapes.squeeze, 2, {"axes": list}),
    "Sub": Operator(joins.binary, 2, fixed=_BROADCAST),
    "Sum": Operator(joins.total, None),
    "Tanh": Operator(functions.function),
    "ThresholdedRelu": Operator(functions.function, reads={"alpha": float}),
    "Tile": Operator(moves.tile, 2),
    "TopK": Operator(ending.top_k, 2, {"axis": int, "k": int, "largest": bool}, free=frozenset({"sorted"}), outputs=2),
    "Transpose": Operator(shapes.transpose, reads={"perm": list}),
    "Trunc": Operator(truncation.trunc, 6, _QUANT),
    "Unsqueeze": Operator(shapes.unsqueeze, 2, {"axes": list}),
    "Upsample": Operator(resize.resize, 2, {"mode": bytes, "scales": tuple}),
    "Where": Operator(functions.where, 3),
}

FUSED: Mapping[str, Operator] = {
    CLIPPED: Operator(integers.quantize_linear, 5, _LINEAR, free=frozenset({"saturate"})),
    residual.RESIDUAL: Operator(residual.residual_quant, None),
}
"""Operators that replace several of the file's."""

READ_CODES = frozenset(
    {"AveragePool", "Concat", "Conv", "ConvTranspose", "Gemm", "GlobalAveragePool", "GlobalMaxPool", "MatMul"}
) | {name for name in OPERATORS if name.startswith("Reduce")}
"""Operators that read codes and no steps: a comparison before them is a quantiser."""

RANDOM = frozenset(
    {"Bernoulli", "Multinomial", "RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike"}
)
"""Operators that give other numbers each time."""


def require_all_read(node: SourceNode, operator: Operator) -> None:
    """All operands, outputs and attributes must be known to the handler. Raises: ModelError naming the first other."""
    for name, value in node.attributes.items():
        if name in operator.reads:
            _require_kind(node, name, value, operator.reads[name])
        elif name in operator.fixed:
            _require_fixed(node, name, value, operator.fixed[name])
        elif name not in operator.free | _HARMLESS:
            known = sorted({*operator.reads, *operator.fixed, *operator.free})
            raise ModelError(
                node.label,
                f"its attributes must be among {', '.join(known)}" if known else "it must have no attributes",
                f"{name} = {_shown(value)}",
                "Leave it out, or export the model again with a newer opset",
            )
    if "is_test" in operator.fixed and node.opset < 7 and "is_test" not in node.attributes:
        _require_fixed(node, "is_test", 0, operator.fixed["is_test"])
    _require_count(node, "operands", node.inputs, operator.inputs)
    _require_count(node, "outputs", [name for name in node.outputs if name], operator.outputs)


def _shown(value: Any) -> str:
    text = " ".join(str(value.decode(errors="replace") if isinstance(value, bytes) else value).split())
    return text if len(text) <= 40 else f"{text[:40]}..."


def _require_kind(node: SourceNode, name: str, value: Any, kind: type) -> None:
    fits = isinstance(value, str | bytes if kind is bytes else list if kind is tuple else kind)
    if kind is bool:
        fits = isinstance(value, int) and value in (0, 1)
    if kind is float:
        fits = isinstance(value, float) and (math.isfinite(value) or (name in _OPEN and not math.isnan(value)))
    if kind in (list, tuple):
        number = int if kind is list else float
        fits = fits and all(isinstance(each, number) and math.isfinite(each) for each in value)
    if not fits:
        raise ModelError(
            node.label, f"its attribute {name} must be {_NAMES[kind]}", _shown(value), "Export the model again"
        )


def _require_fixed(node: SourceNode, name: str, value: Any, allowed: tuple[int, ...]) -> None:
    if value not in allowed:
        wanted = " or ".join(map(str, allowed))
        raise ModelError(
            node.label, f"its attribute {name} must be {wanted}", _shown(value), "Export the model in eval mode"
        )


def _require_count(node: SourceNode, what: str, names: Sequence[str], most: int | None) -> None:
    if most is not None and len(names) > most:
        found = f"{len(names)}: {', '.join(map(repr, names))}"
        raise ModelError(node.label, f"it must have at most {most} {what}", found, "Export the model again")
