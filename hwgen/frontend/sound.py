"""Validity of a model's protobuf: checked as a whole before anything is read from it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from hwgen.errors import ModelError
from hwgen.frontend.elements import CASTS
from hwgen.frontend.source import MAX_AXES, MAX_PARAMETERS, annotated_type

if TYPE_CHECKING:
    import onnx
    from google.protobuf.message import Message

_AGAIN = "Export the model again"
_NEWEST = 21
_STANDARD = ("", "ai.onnx")
_IN_A_BYTE = {"FLOAT4E2M1": 2, "INT2": 4, "INT4": 2, "UINT2": 4, "UINT4": 2}
"""Numbers that share a byte of a file."""


def require_sound(model: onnx.ModelProto, where: str) -> None:
    """Check the whole protobuf of a model in memory, except data in other files.

    Raises: ModelError naming the node, tensor or field: text that is not UTF-8, tensors whose data do not fit their
    dims, attributes of another kind than the operator's, operands missing, names that are given twice.
    """
    require_text(model, where)
    graph = model.graph
    for tensor in graph.initializer:
        array_of(tensor, f"tensor {tensor.name!r}")
    for sparse in graph.sparse_initializer:
        must = "every tensor must be dense"
        raise ModelError(f"tensor {sparse.values.name!r}", must, "a sparse initializer", "Export it dense")
    opset = opset_of(model)
    if opset < 1:
        raise ModelError(where, "its opset must be 1 or more", str(opset), _AGAIN)
    own = {(function.domain, function.name) for function in model.functions}
    for index, node in enumerate(graph.node):
        _require_node(node, node_label(node, index), own)
    _require_names(graph, where)
    for note in graph.quantization_annotation:
        for entry in note.quant_parameter_tensor_names:
            if entry.key == "finn_datatype":
                annotated_type(entry.value, f"tensor {note.tensor_name!r}")


def opset_of(model: onnx.ModelProto) -> int:
    """The version of ONNX's own operators, the newest that is known where the model does not say."""
    return next((int(entry.version) for entry in model.opset_import if entry.domain in _STANDARD), _NEWEST)


def node_label(node: onnx.NodeProto, index: int) -> str:
    """The node as error messages show it."""
    return f"{node.name or f'{node.op_type}_{index}'} ({node.op_type})"


def require_text(model: Message, where: str) -> None:
    """All text of a protobuf must be UTF-8; other text is read as bytes. Raises: ModelError naming the field."""
    for place, value in _texts(model, ""):
        if isinstance(value, bytes):
            raise ModelError(where, f"{place} must be UTF-8 text", repr(value[:40]), _AGAIN)


def _texts(message: Message, place: str) -> Iterator[tuple[str, str | bytes]]:
    """Every text field and where it is."""
    for field, value in message.ListFields():
        at = f"{place}.{field.name}" if place else field.name
        if field.type == field.TYPE_STRING:
            single = isinstance(value, str | bytes)
            yield from ((at, each) for each in ([value] if single else value))
        elif field.type == field.TYPE_MESSAGE:
            if hasattr(value, "ListFields"):
                yield from _texts(value, at)
            else:
                for index, each in enumerate(value):
                    yield from _texts(each, f"{at}[{index}]")


def _count(tensor: onnx.TensorProto, where: str) -> int:
    """How many elements a tensor has. Raises: ModelError on an unknown type, and on dims that no tensor can have."""
    from onnx import helper

    if tensor.data_type not in helper.get_all_tensor_dtypes():
        raise ModelError(where, "its data type must be one of ONNX's", str(tensor.data_type), _AGAIN)
    count: int = math.prod(tensor.dims)
    if min(tensor.dims, default=0) < 0 or count > MAX_PARAMETERS or len(tensor.dims) > MAX_AXES:
        must = f"it must have at most {MAX_AXES} axes and {MAX_PARAMETERS:,} elements, and no size below 0"
        raise ModelError(where, must, f"dims {_short(tensor.dims)}", _AGAIN)
    return count


def bytes_of(tensor: onnx.TensorProto, where: str) -> int:
    """Bytes that a tensor takes in a file. Raises: ModelError where it has no numbers, or dims that no tensor has."""
    from onnx import TensorProto, helper

    count = _count(tensor, where)
    if tensor.data_type == TensorProto.STRING:
        raise ModelError(where, "external data must be numbers", "text", _AGAIN)
    name = TensorProto.DataType.Name(tensor.data_type)
    if name in _IN_A_BYTE:
        return -(-count // _IN_A_BYTE[name])
    return count * np.dtype(helper.tensor_dtype_to_np_dtype(tensor.data_type)).itemsize


def element_of(value: onnx.ValueInfoProto) -> str:
    """The element type of an input, float32 where the file does not say. Raises: ModelError."""
    from onnx import TensorProto

    kind = value.type.tensor_type.elem_type
    name = CASTS.get(kind or TensorProto.FLOAT)
    if name is None:
        where, must = f"input {value.name!r}", "its elements must be real numbers"
        raise ModelError(where, must, f"data type {kind}", "Export the model with an input of float32")
    return name


def array_of(tensor: onnx.TensorProto, where: str) -> Any:
    """A tensor as an array. Raises: ModelError where its type is unknown, or its data do not fit its dims."""
    from onnx import TensorProto, numpy_helper

    count, dims = _count(tensor, where), tuple(tensor.dims)
    if tensor.data_location == TensorProto.EXTERNAL or tensor.HasField("segment"):
        found = "in a segment" if tensor.HasField("segment") else "in another file"
        raise ModelError(where, "its data must be in the model", found, "Load it with its data, or save it in one file")
    try:
        array = numpy_helper.to_array(tensor)
        if array.shape != dims:
            raise ValueError
    except (ValueError, TypeError, KeyError, IndexError, OverflowError, UnicodeDecodeError):
        kind = TensorProto.DataType.Name(tensor.data_type)
        lists = (tensor.float_data, tensor.int32_data, tensor.int64_data, tensor.double_data, tensor.uint64_data)
        held = f"{max(map(len, lists))} values"
        found = f"{len(tensor.raw_data)} bytes" if tensor.HasField("raw_data") else held
        must = f"its data must fit its dims {_short(dims)}, {count} of {kind}"
        raise ModelError(where, must, found, _AGAIN) from None
    return array


def _short(dims: Sequence[int]) -> str:
    shown = ", ".join(map(str, dims[:8]))
    return f"({shown}{', ...' if len(dims) > 8 else ''})"


def _require_node(node: onnx.NodeProto, label: str, own: set[tuple[str, str]]) -> None:
    """One node's operands and attributes must be those of its operator. Raises: ModelError."""
    if node.domain in _STANDARD and {("", node.op_type), ("ai.onnx", node.op_type)} & own:
        raise ModelError(label, "it must be ONNX's own operator", "a function of the model's of that name", _AGAIN)
    names: set[str] = set()
    for attribute in node.attribute:
        if attribute.name in names:
            raise ModelError(label, "its attributes must be given once", f"{attribute.name!r} again", _AGAIN)
        names.add(attribute.name)
        _require_attribute(attribute, label)
    if not any(node.output):
        raise ModelError(label, "it must have an output", "none", _AGAIN)


def _require_attribute(attribute: onnx.AttributeProto, label: str) -> None:
    """An attribute must have a value, of a kind that is known. Raises: ModelError."""
    what = f"its attribute {attribute.name!r}"
    if attribute.ref_attr_name:
        raise ModelError(label, f"{what} must have a value", f"a reference to {attribute.ref_attr_name!r}", _AGAIN)
    if attribute.type not in range(1, 1 + attribute.TYPE_PROTOS):
        raise ModelError(label, f"{what} must be of a known kind", f"kind {attribute.type}", _AGAIN)
    for text in [attribute.s] if attribute.type == attribute.STRING else attribute.strings:
        if not _is_text(text):
            raise ModelError(label, f"{what} must be UTF-8 text", repr(text[:40]), _AGAIN)
    for tensor in [attribute.t] if attribute.type == attribute.TENSOR else attribute.tensors:
        array_of(tensor, f"{label}, attribute {attribute.name!r}")


def _is_text(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _require_names(graph: onnx.GraphProto, where: str) -> None:
    """Every tensor must be named and made once. Raises: ModelError."""
    for kind, values in (("input", graph.input), ("output", graph.output)):
        names = [value.name for value in values]
        if "" in names:
            raise ModelError(where, f"every {kind} of the network must have a name", "none", _AGAIN)
        _require_once(names, where, f"every {kind} of the network must be listed once")
    tensors = [tensor.name for tensor in graph.initializer]
    _require_once(tensors, where, "every tensor must be given once")
    made = [name for node in graph.node for name in node.output if name]
    inputs = [value.name for value in graph.input if value.name not in set(tensors)]
    _require_once([*made, *tensors, *inputs], where, "every tensor must be made once")


def _require_once(names: Iterable[str], where: str, must: str) -> None:
    met: set[str] = set()
    for name in names:
        if name in met:
            raise ModelError(where, must, f"{name!r} twice", _AGAIN)
        met.add(name)
