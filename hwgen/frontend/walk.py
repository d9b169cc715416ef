"""The symbolic walk over an ONNX graph: one handler for each operator, constants folded before."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from hwgen.errors import ModelError
from hwgen.frontend import elementwise, ending, linear, quantisers, shapes
from hwgen.frontend.source import SourceGraph, SourceNode, annotated_type
from hwgen.frontend.symbolic import Build, Const, Stream, Tensor, affine_steps, collapse
from hwgen.ir.graph import Affine, Graph, Value
from hwgen.ir.names import legal_name
from hwgen.ir.types import DType, FloatArray, TensorType

Result = Tensor | tuple[Tensor | None, ...]
Handler = Callable[[Build, SourceNode, Sequence[Tensor | None]], Result]

HANDLERS: Mapping[str, Handler] = {
    "Add": elementwise.binary,
    "ArgMax": ending.arg_max,
    "BatchNormalization": elementwise.batch_norm,
    "BipolarQuant": quantisers.bipolar_quant,
    "Cast": shapes.cast,
    "Clip": elementwise.clip,
    "Div": elementwise.binary,
    "Dropout": shapes.same,
    "Flatten": shapes.flatten,
    "Gemm": linear.gemm,
    "Identity": shapes.same,
    "IntQuant": quantisers.quant,
    "LeakyRelu": elementwise.leaky_relu,
    "LogSoftmax": ending.softmax,
    "MatMul": linear.matmul,
    "Max": elementwise.binary,
    "Min": elementwise.binary,
    "Mul": elementwise.binary,
    "MultiThreshold": quantisers.multi_threshold,
    "Neg": elementwise.neg,
    "PRelu": elementwise.leaky_relu,
    "Quant": quantisers.quant,
    "Relu": elementwise.relu,
    "Reshape": shapes.reshape_for(1),
    "Shape": shapes.shape_of,
    "Softmax": ending.softmax,
    "Squeeze": shapes.squeeze,
    "Sub": elementwise.binary,
    "TopK": ending.top_k,
    "Transpose": shapes.transpose,
    "Unsqueeze": shapes.unsqueeze,
}

_MOST_OPERANDS = 5
"""Operands of a batch norm; a handler finds None for each that a node leaves out."""

QUANTISERS = frozenset({"BipolarQuant", "IntQuant", "MultiThreshold", "Quant"})
_AFTER_SOFTMAX = frozenset({"ArgMax", "Flatten", "Identity", "Reshape", "Squeeze", "TopK", "Unsqueeze"})


def dynamic_nodes(nodes: Sequence[SourceNode], start: str) -> list[SourceNode]:
    """The nodes whose result depends on the values (not only the shape) of the tensor `start`, in order."""
    live, found = {start}, []
    for node in nodes:
        if live.intersection(node.inputs) and node.op not in ("Shape", "Size"):
            live.update(node.outputs)
            found.append(node)
    return found


def require_supported(graph: SourceGraph) -> None:
    """Refuse float networks and operators without a handler. Raises: ModelError."""
    live = dynamic_nodes(graph.nodes, graph.input_name)
    if not any(node.op in QUANTISERS for node in graph.nodes) and not graph.annotations:
        for name, array in graph.constants.items():
            if array.ndim >= 2 and array.dtype.kind == "f" and np.any(array != np.round(array)):
                raise ModelError(
                    graph.name,
                    "the network must be quantised",
                    f"no quantiser in the file, float parameters such as {name!r}",
                    "Train it with Brevitas and export it with export_qonnx",
                )
    for node in live:
        if node.op not in HANDLERS:
            raise ModelError(
                node.label,
                "every operator must be one that hwgen can build",
                node.op,
                f"Build the network from {', '.join(sorted(HANDLERS))}",
            )
    softened = {out for node in live if node.op.endswith("Softmax") for out in node.outputs}
    for node in live:
        if softened.intersection(node.inputs):
            if node.op not in _AFTER_SOFTMAX:
                raise ModelError(node.label, "nothing may follow a softmax", node.op, "Move the softmax to the end")
            softened.update(node.outputs)


def input_type_of(graph: SourceGraph, stated: DType | None) -> DType:
    """The type the hardware receives: as stated, or as the file annotates it. Raises: ModelError."""
    if stated is not None:
        return stated
    known = annotated_type(graph.annotations.get(graph.input_name, ""))
    if known is None:
        raise ModelError(
            f"input {graph.input_name!r}",
            "the integer type that the hardware receives must be known",
            "no type in the file",
            "State it, for pixels --input-type uint8 --input-scale 1/255",
        )
    return known


def _input_parameter(graph: SourceGraph, given: npt.ArrayLike | None, default: float, what: str) -> FloatArray:
    """A scale or offset of the input, () or one for each element. Raises: ModelError."""
    array = np.asarray(default if given is None else given, dtype=np.float64)
    shape = graph.input_shape
    if not np.all(np.isfinite(array)) or (what == "scale" and np.any(array <= 0)):
        must = "positive and finite" if what == "scale" else "finite"
        raise ModelError(
            f"input {graph.input_name!r}",
            f"its {what} must be {must}",
            f"{array.min():g}",
            f"Give another input {what}",
        )
    if array.ndim == 1 and len(shape) > 1 and array.size == shape[1]:
        array = array.reshape((-1,) + (1,) * (len(shape) - 2))
    try:
        return collapse(np.broadcast_to(array, shape))
    except ValueError:
        raise ModelError(
            f"input {graph.input_name!r}",
            f"its {what} must be one value, or one for each channel of shape {shape}",
            f"shape {array.shape}",
            f"Give another input {what}",
        ) from None


def _first(graph: SourceGraph, kind: DType, encoding: Affine) -> tuple[Build, Stream]:
    """The input value and the stream it starts."""
    elements = int(np.prod(graph.input_shape))
    value = Value("in0", TensorType((elements,), kind))
    steps = affine_steps(encoding.scale, encoding.offset)
    return Build(value), Stream(value, kind.min, kind.max, steps, graph.input_shape, quantised=True)


def _visit(build: Build, node: SourceNode, tensors: dict[str, Tensor], batch: int) -> None:
    """Run the node's handler and file its results. Raises: ModelError."""
    handler = shapes.reshape_for(batch) if node.op == "Reshape" else HANDLERS.get(node.op)
    missing = [name for name in node.inputs if name and name not in tensors]
    if missing or handler is None:
        found = f"no value for {missing[0]!r}" if missing else node.op
        raise ModelError(node.label, "every operand must be computable from supported operators", found, "")
    args = [tensors[name] if name else None for name in node.inputs]
    result = handler(build, node, args + [None] * (_MOST_OPERANDS - len(args)))
    results = result if isinstance(result, tuple) else (result,)
    tensors.update({n: t for n, t in zip(node.outputs, results, strict=False) if n and t is not None})


def _output(graph: SourceGraph, tensors: Mapping[str, Tensor]) -> Stream:
    """The network's output. Raises: ModelError where it cannot be had, as the values of a TopK."""
    end = tensors.get(graph.outputs[0])
    if not isinstance(end, Stream):
        raise ModelError(
            f"output {graph.outputs[0]!r}",
            "it must be the scores, a quantised tensor or the index of the best class",
            "another result of the last operator",
            "Export one of these",
        )
    return end


def walk(
    graph: SourceGraph,
    *,
    name: str,
    input_type: DType | None,
    input_scale: npt.ArrayLike | None,
    input_offset: npt.ArrayLike | None,
) -> Graph:
    """The integer network of a cleaned-up ONNX graph. Raises: ModelError."""
    kind = input_type_of(graph, input_type)
    encoding = Affine(
        _input_parameter(graph, input_scale, 1.0, "scale"), _input_parameter(graph, input_offset, 0.0, "offset")
    )
    build, stream = _first(graph, kind, encoding)
    tensors: dict[str, Tensor] = {
        key: Const(array, key, annotated_type(graph.annotations.get(key, ""))) for key, array in graph.constants.items()
    }
    tensors[graph.input_name] = stream
    for node in graph.nodes:
        _visit(build, node, tensors, graph.batch)
    end = _output(graph, tensors)
    decoding = ending.decoding_of(end)
    if not build.nodes:
        raise ModelError(graph.name, "the network must have at least one layer", "none", "Add a quantised layer")
    return Graph(legal_name(name), build.input, tuple(build.nodes), end.value, encoding, decoding)
