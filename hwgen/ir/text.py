"""The integer network as text: one line a node, stable to the byte, and read back to an equal network.

    hwgen network 1
    graph tfc
    input x : 784xuint8 {"offset": "f64:...", "scale": "f64:..."}
    fc0 = MatMul(x) -> acc0 : 64xint11 "features.3" {"weight_type": "bipolar", "weights": "i1[64,784]:..."}
    ...
    output y {"offset": "f64:...", "scale": "f64:...", "order": {"shape": [8, 3], "strides": [[8, 1], [3, 8]]}}

`order`, `ranking` and `ending` are written for an output whose elements have another order or shape than the model's,
which the host ranks, or to which it applies a function; an order that is no transposition has `places`, an array, for
`strides`. Where there are several inputs or outputs each has a line, with its `name`.
A name with characters beyond letters, digits and the like is a JSON string.
Arrays are base64 of little-endian elements, in the narrowest of int8 to int64; arrays of -1/+1 are packed to bits.
"""

from __future__ import annotations

import base64
import hashlib
import json
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from hwgen.errors import DataError
from hwgen.ir import ops
from hwgen.ir.ending import Ending
from hwgen.ir.geometry import Geometry
from hwgen.ir.graph import Affine, Graph, Input, Node, Output, Value
from hwgen.ir.order import Order, sizes_of
from hwgen.ir.types import Bipolar, IntType, TensorType, parse_dtype
from hwgen.stored import fitted, parse_json

_HEADER = "hwgen network 1"
_OPTIONAL = {"planes": 0, "rows": 0, "grid": 0, "gains": 0, "codes": 0, "ending": None, "axis": -1, "line": None}
"""Fields that are left out where they are this, or arrays of so many numbers."""
_WORDS: dict[str, Callable[[str], Any]] = {"DType": parse_dtype, "Rounding": ops.Rounding, "PoolKind": ops.PoolKind} | {
    "FunctionKind": ops.FunctionKind,
    "Operator": ops.Operator,
}
"""Parsers of words, by the kind of field."""
_OPS = {
    kind.__name__: kind
    for kind in (
        ops.MatMul,
        ops.Conv,
        ops.Pool,
        ops.Sum,
        ops.Magnitude,
        ops.Scale,
        ops.Concat,
        ops.Gather,
        ops.Activation,
        ops.Threshold,
        ops.ArgMax,
    )
}
_STEPS = {
    kind.__name__: kind
    for kind in (
        ops.Mul,
        ops.Add,
        ops.Div,
        ops.BatchNorm,
        ops.Clip,
        ops.LeakyRelu,
        ops.Function,
        ops.Compare,
        ops.Combine,
        ops.Sign,
        ops.Quantise,
        ops.Levels,
    )
}
_TEXT = r'"(?:[^"\\]|\\.)*"'
_NAME = rf"[!#-'*+\--~]+|{_TEXT}"
_LINE = re.compile(rf"({_NAME}) = (\w+)\(((?:{_NAME})(?:, (?:{_NAME}))*)\) -> ({_NAME}) : (\S+) ({_TEXT}) (\{{.*\}})")
_INPUT = re.compile(rf"input ({_NAME}) : (\S+) (\{{.*\}})")
_OUTPUT = re.compile(rf"output ({_NAME}) (\{{.*\}})")
_ARRAY = re.compile(r"([fi])(\d+)\[([\d,]*)\]:(.*)")


def print_graph(graph: Graph) -> str:
    """The text of `graph`."""
    lines = [_HEADER, f"graph {_shown(graph.name)}"]
    for source in graph.inputs:
        start = _encode(source.encoding) | _encode_order(source.order) | _encode_name(source, graph.inputs)
        lines.append(f"input {_shown(source.value.name)} : {source.value.type} {json.dumps(start, sort_keys=True)}")
    for node in graph.nodes:
        inputs = ", ".join(_shown(value.name) for value in node.inputs)
        names = _shown(node.name), _shown(node.output.name)
        head = f"{names[0]} = {type(node.op).__name__}({inputs}) -> {names[1]} : {node.output.type}"
        lines.append(f"{head} {json.dumps(node.origin)} {_attributes(node.op)}")
    for output in graph.outputs:
        end = _encode_end(output) | _encode_name(output, graph.outputs)
        lines.append(f"output {_shown(output.value.name)} {json.dumps(end, sort_keys=True)}")
    return "\n".join(lines) + "\n"


def digest(graph: Graph) -> str:
    """Twelve hexadecimal digits that change with any change of the network."""
    return hashlib.sha256(print_graph(graph).encode()).hexdigest()[:12]


def parse_graph(text: str, source: str = "network") -> Graph:
    """The network that `text` prints.

    Raises:
        DataError: the text is not a network; the message names `source` and the line.
    """
    lines = text.splitlines()
    if len(lines) < 4 or lines[0] != _HEADER:
        raise DataError(source, f"must start with `{_HEADER}`", repr(lines[0][:80] if lines else ""), "Build it again")
    number = 1
    try:
        name = _read(lines[1].removeprefix("graph "))
        inputs, nodes, outputs = list[Input](), list[Node](), list[Output]()
        values: dict[str, Value] = {}
        for number, line in enumerate(lines[2:], start=2):
            if outputs or number == len(lines) - 1 or (nodes and _OUTPUT.fullmatch(line)):
                outputs.append(_parse_output(line, values))
            elif not inputs or (not nodes and _INPUT.fullmatch(line)):
                inputs.append(_parse_input(line))
                values[inputs[-1].value.name] = inputs[-1].value
            else:
                nodes.append(_parse_node(line, values))
                values[nodes[-1].output.name] = nodes[-1].output
        return Graph(name, tuple(inputs), tuple(nodes), tuple(outputs))
    except (ValueError, LookupError, AttributeError, TypeError, ArithmeticError, RecursionError, MemoryError) as error:
        found = f"line {number + 1}: {error}"
        raise DataError(source, "must be a network that hwgen printed", found, "Build it again") from error


def _parse_input(line: str) -> Input:
    first, kind, attributes = _parts(_INPUT, line, "an input")
    value, start = _value(first, kind), parse_json(attributes)
    order, name = _parse_order(start, value.type), _parse_name(start, "input")
    return Input(value, _parse_dataclass(Affine, start), order, name)


def _parse_output(line: str, values: dict[str, Value]) -> Output:
    found, attributes = _parts(_OUTPUT, line, "an output")
    value, end = values[_read(found)], parse_json(attributes)
    order, name = _parse_order(end, value.type), _parse_name(end, "output")
    ranking = sizes_of(end.pop("ranking")) if "ranking" in end else None
    rank = len(order.shape if order else value.type.shape)
    ending = Ending.of_json(end.pop("ending"), rank) if "ending" in end else None
    decoding = replace(_parse_dataclass(Affine, end), ending=ending)
    return Output(value, decoding, order, ranking, name)


def _parse_name(found: dict[str, Any], default: str) -> str:
    """The name of a port, taken out of what was `found`; that of a single one by default."""
    name = found.pop("name", default)
    if not isinstance(name, str):
        raise TypeError(f"a name {str(name)[:80]!r}")
    return name


def _parse_node(line: str, values: dict[str, Value]) -> Node:
    name, kind, inputs, output, type_text, origin, attributes = _parts(_LINE, line, "a node")
    op = _parse_dataclass(_OPS[kind], parse_json(attributes))
    read = tuple(values[_read(each)] for each in re.findall(_NAME, inputs))
    return Node(_read(name), op, read, _value(output, type_text), parse_json(origin))


def _parts(pattern: re.Pattern[str], line: str, what: str) -> tuple[str, ...]:
    match = pattern.fullmatch(line)
    if match is None:
        raise ValueError(f"not {what}")
    return match.groups()


def _encode_end(output: Output) -> dict[str, Any]:
    """The meaning of an output, as plain JSON values."""
    found: dict[str, Any] = _encode(output.decoding) | _encode_order(output.order)
    if output.decoding.ending is not None:
        found["ending"] = output.decoding.ending.to_json()
    return found if output.ranking is None else {**found, "ranking": output.ranking}


def _encode_name(port: Input | Output, ports: Sequence[Input | Output]) -> dict[str, str]:
    """What the model calls a port; empty for a single one."""
    return {} if len(ports) == 1 else {"name": port.name}


def _encode_order(order: Order | None) -> dict[str, Any]:
    """The order under its key; empty for None."""
    if order is None:
        return {}
    found = order.to_json()
    return {"order": found | ({"places": _encode_array(order.places)} if "places" in found else {})}


def _parse_order(end: dict[str, Any], kind: TensorType) -> Order | None:
    """Remove the order of a value of `kind` from the description of an end and return it; None without one."""
    if "order" not in end:
        return None
    found = end.pop("order")
    order = Order.of_json(found if "strides" in found else {**found, "places": _decode_array(found["places"]).tolist()})
    if not order.is_permutation_of(kind.elements):
        raise ValueError(f"no order of {kind}")
    return order


def _value(name: str, type_text: str) -> Value:
    *shape, dtype = type_text.split("x")
    return Value(_read(name), TensorType(tuple(int(size) for size in shape), parse_dtype(dtype)))


def _shown(name: str) -> str:
    return name if re.fullmatch(_NAME, name) and name[0] != '"' else json.dumps(name)


def _read(name: str) -> str:
    return str(parse_json(name)) if name.startswith('"') else name


def _attributes(thing: Any) -> str:
    return json.dumps(_encode(thing), sort_keys=True)


def _encode(thing: Any) -> Any:
    """A dataclass as a dictionary of plain JSON values."""
    values = {field.name: getattr(thing, field.name) for field in fields(thing)}
    stated = {name: each for name, each in values.items() if name not in _OPTIONAL or not _left_out(name, each)}
    return {name: _encode_field(each) for name, each in stated.items()}


def _left_out(name: str, value: Any) -> bool:
    return name == "ending" or _OPTIONAL[name] == (len(value) if isinstance(value, np.ndarray | tuple) else value)


def _encode_field(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return _encode_array(value)
    if isinstance(value, ops.Rounding | ops.PoolKind | ops.FunctionKind | ops.Operator):
        return value.value
    if isinstance(value, Geometry):
        return {field.name: list(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, IntType | Bipolar):
        return str(value)
    if isinstance(value, ops.Line):
        return _encode(value)
    if isinstance(value, tuple):
        return [
            each if isinstance(each, int | float) else {"kind": type(each).__name__, **_encode(each)} for each in value
        ]
    return value


def _parse_dataclass(kind: Any, attributes: dict[str, Any]) -> Any:
    stated = [field for field in fields(kind) if field.name not in _OPTIONAL or field.name in attributes]
    decoded = {field.name: _decode_field(str(field.type), attributes.pop(field.name)) for field in stated}
    if attributes:
        raise ValueError(f"{kind.__name__} has no {', '.join(sorted(attributes))}")
    return kind(**decoded)


def _decode_field(annotation: str, value: Any) -> Any:
    match annotation:
        case "FloatArray" | "IntArray" | "CodeArray":
            array = _decode_array(value)
            if array.dtype.kind != ("f" if annotation == "FloatArray" else "i"):
                raise ValueError(f"not {annotation}: {value[:20]!r}")
            return array
        case "DType" | "Rounding" | "PoolKind" | "FunctionKind" | "Operator":
            return _WORDS[annotation](value)
        case "Geometry":
            return fitted(Geometry, value)
        case "Line | None":
            return _parse_dataclass(ops.Line, value)
        case "tuple[Step, ...]":
            return tuple(_parse_dataclass(_STEPS[step.pop("kind")], step) for step in value)
        case "tuple[int, ...]" | "tuple[float, ...]":
            return sizes_of(value, least=0) if "int" in annotation else tuple(map(float, value))
        case "int" | "float" | "bool":
            if type(value).__name__ != annotation:
                raise ValueError(f"not {annotation}: {value!r}")
            return value
        case _:
            raise TypeError(f"no form for {annotation}")


def _encode_array(array: npt.NDArray[Any]) -> str:
    shape = ",".join(map(str, array.shape))
    if array.dtype.kind == "f":
        return f"f64[{shape}]:{_base64(array.astype('<f8').tobytes())}"
    if array.size and np.all(np.abs(array) == 1):
        return f"i1[{shape}]:{_base64(np.packbits(array.ravel() > 0).tobytes())}"
    low, high = (int(array.min()), int(array.max())) if array.size else (0, 0)
    bits = next(bits for bits in (8, 16, 32, 64) if -(1 << (bits - 1)) <= low and high < 1 << (bits - 1))
    return f"i{bits}[{shape}]:{_base64(array.astype(f'<i{bits // 8}').tobytes())}"


def _decode_array(text: str) -> npt.NDArray[Any]:
    match = _ARRAY.fullmatch(text)
    if match is None:
        raise ValueError("not an array")
    kind, bits = match[1], int(match[2])
    shape = tuple(int(size) for size in match[3].split(",") if size)
    data = base64.b64decode(match[4], validate=True)
    if bits == 1:
        count = math.prod(shape)
        if len(data) != -(-count // 8):
            raise ValueError(f"{count} bits need {-(-count // 8)} bytes, found {len(data)}")
        flat = np.unpackbits(np.frombuffer(data, np.uint8), count=count).view(np.int8) * np.int8(2) - np.int8(1)
    else:
        flat = np.frombuffer(data, dtype=f"<{kind}{bits // 8}")
    return flat.reshape(shape)


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
