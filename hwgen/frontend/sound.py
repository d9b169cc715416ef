"""Whether a model's protobuf says what ONNX allows: looked at once, before anything is read from it."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from hwgen.errors import ModelError
from hwgen.frontend.source import MAX_ELEMENTS, annotated_type

if TYPE_CHECKING:
    import onnx
    from google.protobuf.message import Message
    from onnx.defs import OpSchema

_AGAIN = "Export the model again"
_STANDARD = ("", "ai.onnx")
_KINDS = ("", "float", "int", "string", "tensor", "graph", "floats", "ints", "strings", "tensors", "graphs")
_KINDS += ("sparse tensor", "sparse tensors", "type", "types")
"""What AttributeProto.type may say, by its number."""

_REALS, _WHOLE, _TEXTS = "float", "int", "string"
_INFINITE = {("Clip", "min"), ("Clip", "max"), ("Pad", "value")}
"""Attributes that may be infinite."""

_QONNX_ATTRIBUTES: dict[str, dict[str, str]] = {
    "BipolarQuant": {},
    "IntQuant": {"signed": _WHOLE, "narrow": _WHOLE, "rounding_mode": _TEXTS},
    "MultiThreshold": {"out_scale": _REALS, "out_bias": _REALS, "out_dtype": _TEXTS, "data_layout": _TEXTS},
    "Quant": {"signed": _WHOLE, "narrow": _WHOLE, "rounding_mode": _TEXTS},
    "Trunc": {"signed": _WHOLE, "narrow": _WHOLE, "rounding_mode": _TEXTS},
}
_QONNX_OPERANDS = {"BipolarQuant": (2, 2), "IntQuant": (4, 4), "MultiThreshold": (2, 2), "Quant": (4, 4), "Trunc": (5, 6)}


def require_sound(model: onnx.ModelProto, where: str) -> None:
    """The whole protobuf of a model in memory, but for what lies in other files.

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
    """The version of ONNX's own operators, 1 where the model does not say."""
    return next((int(entry.version) for entry in model.opset_import if entry.domain in _STANDARD), 1)


def node_label(node: onnx.NodeProto, index: int) -> str:
    """The node as error messages show it."""
    return f"{node.name or f'{node.op_type}_{index}'} ({node.op_type})"


def require_text(model: Message, where: str) -> None:
    """All text of a protobuf must be UTF-8: what is not is read as bytes. Raises: ModelError naming the field."""
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


def array_of(tensor: onnx.TensorProto, where: str) -> Any:
    """A tensor as an array. Raises: ModelError where its type is unknown, or its data do not fit its dims."""
    from onnx import TensorProto, helper, numpy_helper

    if tensor.data_type not in helper.get_all_tensor_dtypes():
        raise ModelError(where, "its data type must be one of ONNX's", str(tensor.data_type), _AGAIN)
    dims = tuple(tensor.dims)
    count = math.prod(dims)
    if min(dims, default=0) < 0 or count > MAX_ELEMENTS:
        must = f"its dims must be 0 or more, and at most {MAX_ELEMENTS:,} elements"
        raise ModelError(where, must, _short(dims), _AGAIN)
    if tensor.data_location == TensorProto.EXTERNAL or tensor.HasField("segment"):
        found = "in a segment" if tensor.HasField("segment") else "in another file"
        raise ModelError(where, "its data must be in the model", found, "Load it with its data, or save it in one file")
    try:
        array = numpy_helper.to_array(tensor)
        if array.shape != dims:
            raise ValueError
    except (ValueError, TypeError, KeyError, IndexError, OverflowError, UnicodeDecodeError):
        kind = TensorProto.DataType.Name(tensor.data_type)
        raw = f"{len(tensor.raw_data)} bytes"
        values = max(len(each) for each in (tensor.float_data, tensor.int32_data, tensor.int64_data))
        found = raw if tensor.HasField("raw_data") else f"{max(values, len(tensor.double_data))} values"
        must = f"its data must fit its dims {_short(dims)}, {count} elements of {kind}"
        raise ModelError(where, must, found, _AGAIN) from None
    return array


def _short(dims: Sequence[int]) -> str:
    shown = ", ".join(map(str, dims[:8]))
    return f"({shown}{', ...' if len(dims) > 8 else ''})"


def _require_node(node: onnx.NodeProto, label: str, own: set[tuple[str, str]]) -> None:
    """One node's operands and attributes must be those of its operator. Raises: ModelError."""
    if node.domain in _STANDARD and {("", node.op_type), ("ai.onnx", node.op_type)} & own:
        raise ModelError(label, "it must be ONNX's own operator", "a function of the model's of that name", _AGAIN)
    kinds = _attribute_kinds(node.op_type)
    names: set[str] = set()
    for attribute in node.attribute:
        if attribute.name in names:
            raise ModelError(label, "its attributes must be given once", f"{attribute.name!r} again", _AGAIN)
        names.add(attribute.name)
        _require_attribute(attribute, label, node.op_type, kinds.get(attribute.name, ()))
    _, most, outputs = operands_of(node.op_type)
    if len(node.input) > most:
        raise ModelError(label, f"it must have at most {most} operands", str(len(node.input)), _AGAIN)
    if not 1 <= len(node.output) <= outputs or not any(node.output):
        must = f"it must have 1{'' if outputs == 1 else f' to {outputs}'} outputs"
        raise ModelError(label, must, str(sum(map(bool, node.output))), _AGAIN)


def _require_attribute(attribute: onnx.AttributeProto, label: str, op: str, kinds: Iterable[str]) -> None:
    """An attribute must have a value, of one of the kinds that its operator takes. Raises: ModelError."""
    what = f"its attribute {attribute.name!r}"
    if attribute.ref_attr_name:
        raise ModelError(label, f"{what} must have a value", f"a reference to {attribute.ref_attr_name!r}", _AGAIN)
    kind = _KINDS[attribute.type] if 0 <= attribute.type < len(_KINDS) else ""
    # Some writers give a whole number where the operator takes a real one.
    if not kind or (kinds and kind not in kinds and not (kind == _WHOLE and _REALS in kinds)):
        must = f"{what} must be {' or '.join(kinds) if kinds else 'of a known kind'}"
        raise ModelError(label, must, kind or f"kind {attribute.type}", _AGAIN)
    texts = [attribute.s] if kind == _TEXTS else attribute.strings
    if any(not _is_text(text) for text in texts):
        raise ModelError(label, f"{what} must be UTF-8 text", repr(attribute.s[:40]), _AGAIN)
    reals = [attribute.f] if kind == _REALS else attribute.floats
    for real in reals:
        if math.isnan(real) or (math.isinf(real) and kinds and (op, attribute.name) not in _INFINITE):
            raise ModelError(label, f"{what} must be {'a number' if math.isnan(real) else 'finite'}", f"{real}", _AGAIN)
    for tensor in [attribute.t] if kind == "tensor" else attribute.tensors:
        array_of(tensor, f"{label}, attribute {attribute.name!r}")


def _is_text(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


@lru_cache(maxsize=256)
def _versions(op: str) -> tuple[OpSchema, ...]:
    """All versions of an operator of ONNX's own; handlers take what any of them allows."""
    from onnx import defs

    known = defs.get_all_schemas_with_history()
    return tuple(schema for schema in known if schema.name == op and schema.domain in _STANDARD)


@lru_cache(maxsize=256)
def _attribute_kinds(op: str) -> dict[str, tuple[str, ...]]:
    """The kinds that each attribute of an operator may have."""
    if op in _QONNX_ATTRIBUTES:
        return {name: (kind,) for name, kind in _QONNX_ATTRIBUTES[op].items()}
    found: dict[str, tuple[str, ...]] = {}
    for schema in _versions(op):
        for name, attribute in schema.attributes.items():
            found[name] = tuple(sorted({*found.get(name, ()), _KINDS[attribute.type.value]}))
    return found


def operands_of(op: str) -> tuple[int, int, int]:
    """The fewest and most operands of an operator, and its most outputs; without bound where it is unknown."""
    if op in _QONNX_OPERANDS:
        return *_QONNX_OPERANDS[op], 1
    versions = _versions(op)
    if not versions:
        return 0, sys.maxsize, sys.maxsize
    least, most = min(each.min_input for each in versions), max(each.max_input for each in versions)
    return least, most, max(each.max_output for each in versions)


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
