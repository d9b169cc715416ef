"""From a QONNX file to the integer network. With model_file.py, sound.py and computer.py
the sole owner of onnx and onnxruntime imports."""

from __future__ import annotations

import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeGuard

import numpy.typing as npt

from hwgen.errors import ModelError
from hwgen.frontend.computer import Computer
from hwgen.frontend.model_file import read_model, stem
from hwgen.frontend.order import dynamic_nodes, in_order, needed, require_read
from hwgen.frontend.sound import array_of, element_of, opset_of, require_sound
from hwgen.frontend.source import MAX_AXES, MAX_ELEMENTS, QUANTISERS, SourceGraph, SourceNode
from hwgen.frontend.walk import InputOptions, require_supported, walk
from hwgen.ir.graph import Graph
from hwgen.ir.types import DType

if TYPE_CHECKING:
    import onnx

__all__ = ["import_qonnx", "is_model", "read_model"]

_CHANNELS_LAST = "qonnx.custom_op.channels_last"
_QONNX_OPS = QUANTISERS | {"FloatQuant"}
_STANDARD = ("", "ai.onnx")
_WITH_CHANNELS = ("AveragePool", "BatchNormalization", "Conv", "MaxPool")


def import_qonnx(
    model: onnx.ModelProto | str | Path,
    *,
    name: str | None = None,
    input_type: DType | None = None,
    input_scale: npt.ArrayLike | None = None,
    input_offset: npt.ArrayLike | None = None,
) -> Graph:
    """The integer network of a QONNX model.

    Args:
        model: a file (`.onnx`, `.onnx.gz`) or a model in memory, which is not changed.
        name: the network's name; by default the file's or the graph's.
        input_type: the codes the hardware receives; by default what the file annotates.
        input_scale, input_offset: real = scale * code + offset, one value or one for each channel.

    Raises: ModelError naming the node, what must hold, what was found and what to change.
    """
    if isinstance(model, str | Path):
        path = Path(model)
        name, proto = name or stem(path), read_model(path)
    else:
        proto = type(model)()
        proto.CopyFrom(model)
    require_sound(proto, name or proto.graph.name or "the model")
    graph = _plain(proto, name or proto.graph.name)
    require_supported(graph)
    _keep_live(proto, graph)
    batch = _normalise(proto, graph.input_name)
    clean = _plain(proto, name or proto.graph.name, batch)
    return walk(clean, clean.name, InputOptions(input_type, input_scale, input_offset))


def is_model(source: object) -> TypeGuard[onnx.ModelProto]:
    """Whether `source` is an ONNX model in memory; imports nothing."""
    onnx = sys.modules.get("onnx")
    return onnx is not None and isinstance(source, onnx.ModelProto)


def _plain(model: onnx.ModelProto, name: str, batch: int = 1) -> SourceGraph:
    """The graph as plain data, nodes that no output needs left out. Raises: ModelError."""
    from onnx import helper

    graph = model.graph
    constants = {tensor.name: array_of(tensor, f"tensor {tensor.name!r}") for tensor in graph.initializer}
    inputs = [value for value in graph.input if value.name not in constants]
    if len(inputs) != 1:
        found = f"{len(inputs)}: {', '.join(value.name for value in inputs)}" if inputs else "none"
        raise ModelError(name, "the network must have one input", found, "Export the model with one input")
    nodes, opset = [], opset_of(model)
    for index, node in enumerate(graph.node):
        _require_known_domain(node)
        attributes: dict[str, Any] = {a.name: helper.get_attribute_value(a) for a in node.attribute}
        label = node.name or f"{node.op_type}_{index}"
        names = tuple(node.input), tuple(node.output)
        nodes.append(SourceNode(label, node.op_type, *names, attributes, node.domain == _CHANNELS_LAST, opset))
    outputs = tuple(value.name for value in graph.output)
    ordered = in_order(name, nodes)
    require_read(ordered, inputs[0].name, outputs)
    shape = tuple(d.dim_value for d in inputs[0].type.tensor_type.shape.dim)
    return SourceGraph(
        name,
        needed(ordered, outputs),
        constants,
        _annotations(graph),
        inputs[0].name,
        shape,
        outputs,
        batch,
        Computer(model),
        element_of(inputs[0]),
    )


def _require_known_domain(node: onnx.NodeProto) -> None:
    """Operators of other domains must be QONNX's own. Raises: ModelError."""
    known = node.op_type in _QONNX_OPS or node.domain in _STANDARD
    if not known and not (node.domain == _CHANNELS_LAST and node.op_type in _WITH_CHANNELS):
        raise ModelError(
            f"{node.name} ({node.op_type})",
            "every operator must be ONNX's own or a QONNX quantiser",
            f"{node.op_type} of domain {node.domain!r}",
            "Export the model with standard operators",
        )


def _annotations(graph: onnx.GraphProto) -> dict[str, str]:
    """The finn_datatype of each annotated tensor."""
    return {
        note.tensor_name: entry.value
        for note in graph.quantization_annotation
        for entry in note.quant_parameter_tensor_names
        if entry.key == "finn_datatype"
    }


def _keep_live(model: onnx.ModelProto, graph: SourceGraph) -> None:
    """Drop constants listed as inputs and constant outputs: the scale, zero point and bit width of a QuantTensor.

    Raises: ModelError where not exactly one output depends on the input.
    """
    live = {name for node in dynamic_nodes(graph.nodes, graph.input_name) for name in node.outputs}
    kept = [value for value in model.graph.output if value.name in live]
    if len(kept) != 1:
        found = f"{len(kept)}: {', '.join(value.name for value in kept)}" if kept else "none"
        raise ModelError(
            graph.name, "the network must have one output that depends on its input", found, "Export one output"
        )
    inputs = [value for value in model.graph.input if value.name == graph.input_name]
    for field, values in ((model.graph.output, kept), (model.graph.input, inputs)):
        copies = [type(value).FromString(value.SerializeToString()) for value in values]
        del field[:]
        field.extend(copies)


def _normalise(model: onnx.ModelProto, input_name: str) -> int:
    """Batch size 1; gives the batch size found. Raises: ModelError."""
    value = next(v for v in model.graph.input if v.name == input_name)
    dims = value.type.tensor_type.shape.dim
    batch = dims[0].dim_value if dims and len(dims) > 1 else 1
    if len(dims) > 1:
        dims[0].ClearField("value")
        dims[0].dim_value = 1
    unknown = [index for index, dim in enumerate(dims) if dim.dim_value <= 0]
    if unknown or not dims:
        raise ModelError(
            f"input {input_name!r}",
            "its shape must be known but for the batch size",
            f"axes {unknown[:8]} unknown" if dims else "no shape",
            "Export the model with a fixed input size",
        )
    elements = math.prod(dim.dim_value for dim in dims)
    if elements > MAX_ELEMENTS or len(dims) > MAX_AXES:
        must = f"a frame must have at most {MAX_ELEMENTS:,} elements and {MAX_AXES} axes"
        raise ModelError(f"input {input_name!r}", must, f"{elements:,} and {len(dims)}", "Give it smaller frames")
    return max(1, int(batch))
