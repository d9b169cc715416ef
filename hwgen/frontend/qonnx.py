"""From a QONNX file to the integer network. With model_file.py, sound.py and computer.py
the sole owner of onnx and onnxruntime imports."""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeGuard

import numpy.typing as npt

from hwgen.errors import ModelError
from hwgen.frontend.computer import Computer
from hwgen.frontend.findings import Findings, findings_of
from hwgen.frontend.model_file import read_model, stem
from hwgen.frontend.order import dynamic_nodes, in_order, needed, require_read
from hwgen.frontend.qdq import EXPANDED, rewritten
from hwgen.frontend.sound import array_of, element_of, opset_of, require_sound
from hwgen.frontend.source import LINEAR, MAX_AXES, MAX_ELEMENTS, QUANTISERS, SourceGraph, SourceInput, SourceNode
from hwgen.frontend.supported import require_supported
from hwgen.frontend.walk import InputOptions, walk
from hwgen.ir.graph import Graph
from hwgen.ir.types import DType

if TYPE_CHECKING:
    import onnx

__all__ = ["import_qonnx", "is_model", "read_model"]

_CHANNELS_LAST = "qonnx.custom_op.channels_last"
_QONNX_OPS = QUANTISERS | {"FloatQuant"}
_STANDARD = ("", "ai.onnx")
_RUNTIME = "com.microsoft"
_WITH_CHANNELS = ("AveragePool", "BatchNormalization", "Conv", "MaxPool")


def import_qonnx(
    model: onnx.ModelProto | str | Path,
    *,
    name: str | None = None,
    input_type: DType | Mapping[str, DType] | None = None,
    input_scale: npt.ArrayLike | Mapping[str, npt.ArrayLike] | None = None,
    input_offset: npt.ArrayLike | Mapping[str, npt.ArrayLike] | None = None,
    output_names: Sequence[str] = (),
) -> Graph:
    """The integer network of a QONNX model.

    Args:
        model: a file (`.onnx`, `.onnx.gz`) or a model in memory, which is not changed.
        name: the network's name; by default the file's or the graph's.
        input_type: the codes the hardware receives; by default what the file annotates.
        input_scale, input_offset: real = scale * code + offset, one value or one for each channel. These three hold for
            all inputs, or are mappings by the name of an input.
        output_names: what the user calls the outputs, where these are as many; by default the file's names.

    Raises: ModelError naming the node, what must hold, what was found and what to change.
    """
    title, proto = _given(model, name)
    require_sound(proto, title or proto.graph.name or "the model")
    title = title or proto.graph.name
    graph = _plain(proto, title)
    require_supported(graph)
    _keep_live(proto, graph)
    batch = _normalise(proto, graph.input_names)
    del graph  # with its arrays
    clean = _plain(proto, title, batch, output_names)
    del proto
    return walk(clean, clean.name, InputOptions(input_type, input_scale, input_offset))


def check_qonnx(
    model: onnx.ModelProto | str | Path,
    *,
    name: str | None = None,
    options: InputOptions | None = None,
    output_names: Sequence[str] = (),
) -> Findings:
    """What becomes of every node of a QONNX model, and all reasons why some of it is refused.

    Raises: ModelError where there is no whole model to look at.
    """
    title, proto = _given(model, name)
    require_sound(proto, title or proto.graph.name or "the model")
    title = title or proto.graph.name
    known: list[ModelError] = []
    try:
        graph = _plain(proto, title)
        try:
            _keep_live(proto, graph)
        except ModelError as error:
            known.append(error)
        batch = _normalise(proto, graph.input_names)
        graph = _plain(proto, title, batch, output_names)
    except ModelError as error:
        return Findings(title, errors=(*known, error))
    return findings_of(graph, title, options or InputOptions(None, None, None), known)


def _given(model: onnx.ModelProto | str | Path, name: str | None) -> tuple[str, onnx.ModelProto]:
    """The name that a model has without its graph's, and a copy of it. Raises: ModelError."""
    if isinstance(model, str | Path):
        path = Path(model)
        return name or stem(path), read_model(path)
    proto = type(model)()
    proto.CopyFrom(model)
    return name or "", proto


def is_model(source: object) -> TypeGuard[onnx.ModelProto]:
    """Whether `source` is an ONNX model in memory; imports nothing."""
    onnx = sys.modules.get("onnx")
    return onnx is not None and isinstance(source, onnx.ModelProto)


def _plain(model: onnx.ModelProto, name: str, batch: int = 1, output_names: Sequence[str] = ()) -> SourceGraph:
    """The graph as plain data, nodes that no output needs left out. Raises: ModelError."""
    from onnx import helper

    graph = model.graph
    constants = {tensor.name: array_of(tensor, f"tensor {tensor.name!r}") for tensor in graph.initializer}
    inputs = [value for value in graph.input if value.name not in constants]
    if not inputs:
        raise ModelError(name, "the network must have an input", "none", "Export the model with its input")
    nodes, opset = [], opset_of(model)
    for index, node in enumerate(graph.node):
        attributes: dict[str, Any] = {a.name: helper.get_attribute_value(a) for a in node.attribute}
        label = node.name or f"{node.op_type}_{index}"
        names = tuple(node.input), tuple(node.output)
        foreign = "" if _is_known(node) else node.domain
        nodes.append(
            SourceNode(label, node.op_type, *names, attributes, node.domain == _CHANNELS_LAST, opset, foreign=foreign)
        )
    outputs = tuple(value.name for value in graph.output)
    ordered = in_order(name, nodes)
    require_read(ordered, [value.name for value in inputs], outputs)
    graph_of_nodes = SourceGraph(
        name,
        needed(ordered, outputs),
        constants,
        _annotations(graph),
        tuple(_input(value, "input" if len(inputs) == 1 else value.name) for value in inputs),
        outputs,
        batch,
        Computer(model),
        _port_names(outputs, output_names),
    )
    return rewritten(graph_of_nodes)


def _input(value: onnx.ValueInfoProto, port: str) -> SourceInput:
    shape = tuple(d.dim_value for d in value.type.tensor_type.shape.dim)
    return SourceInput(value.name, shape, port, element_of(value))


def _port_names(outputs: Sequence[str], given: Sequence[str]) -> tuple[str, ...]:
    """What the user calls the outputs."""
    if len(outputs) == 1:
        return ("output",)
    return tuple(given if len(given) == len(outputs) else outputs)


def _is_known(node: onnx.NodeProto) -> bool:
    """Whether an operator is ONNX's own, QONNX's or one of onnxruntime's that are rewritten."""
    if node.op_type in _QONNX_OPS or node.domain in _STANDARD:
        return True
    if node.domain == _RUNTIME:
        return node.op_type in LINEAR | EXPANDED.keys()
    return node.domain == _CHANNELS_LAST and node.op_type in _WITH_CHANNELS


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

    Raises: ModelError where no output depends on the input.
    """
    live = {name for node in dynamic_nodes(graph.nodes, graph.input_names) for name in node.outputs}
    kept = [value for value in model.graph.output if value.name in {*live, *graph.input_names}]
    if live.isdisjoint(value.name for value in kept):
        must = "the network must have an output that depends on its input"
        raise ModelError(graph.name, must, "none", "Export an output")
    inputs = [value for value in model.graph.input if value.name in graph.input_names]
    for field, values in ((model.graph.output, kept), (model.graph.input, inputs)):
        copies = [type(value).FromString(value.SerializeToString()) for value in values]
        del field[:]
        field.extend(copies)


def _normalise(model: onnx.ModelProto, names: Sequence[str]) -> int:
    """Batch size 1 at each input; gives the batch size found. Raises: ModelError."""
    values = {value.name: value for value in model.graph.input}
    found = {name: _normalised(values[name]) for name in names}
    sizes = {name: size for name, size in found.items() if size is not None}
    if len(set(sizes.values())) > 1:
        told = ", ".join(f"{size} at {name!r}" for name, size in sizes.items())
        must, change = "all inputs must have one batch size", "Export the model with batch size 1"
        raise ModelError(model.graph.name or "the model", must, told, change)
    return next(iter(sizes.values()), 1)


def _normalised(value: onnx.ValueInfoProto) -> int | None:
    """Batch size 1 at one input; gives the batch size found, None where it has no batch axis. Raises: ModelError."""
    dims = value.type.tensor_type.shape.dim
    batch = dims[0].dim_value if dims and len(dims) > 1 else 1
    if len(dims) > 1:
        dims[0].ClearField("value")
        dims[0].dim_value = 1
    unknown = [index for index, dim in enumerate(dims) if dim.dim_value <= 0]
    if unknown or not dims:
        raise ModelError(
            f"input {value.name!r}",
            "its shape must be known but for the batch size",
            f"axes {unknown[:8]} unknown" if dims else "no shape",
            "Export the model with a fixed input size",
        )
    elements = math.prod(dim.dim_value for dim in dims)
    if elements > MAX_ELEMENTS or len(dims) > MAX_AXES:
        must = f"a frame must have at most {MAX_ELEMENTS:,} elements and {MAX_AXES} axes"
        raise ModelError(f"input {value.name!r}", must, f"{elements:,} and {len(dims)}", "Give it smaller frames")
    return max(1, int(batch)) if len(dims) > 1 else None
