"""Damaged models: the protobuf of a real one changed field by field as its descriptor says, or its bytes changed."""

from __future__ import annotations

import gzip
import math
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import onnx
from google.protobuf.descriptor import FieldDescriptor as Field
from google.protobuf.message import Message

INTEGERS = (-(2**63), -(2**31) - 1, -(2**31), -1000, -3, -2, -1, 0, 1, 2, 3, 7, 17, 33, 64, 255, 1000, 65536)
INTEGERS += (2**31 - 1, 2**31, 2**32, 2**40, 2**62, 2**63 - 1)
REALS = (math.nan, math.inf, -math.inf, 0.0, -0.0, 1e-45, 1e-38, -1.0, 0.5, 1.0, 1e10, 3.4e38, -3.4e38)
TEXTS = (
    *("", " ", "x", "y", "w", "h", "a/b", "../../etc/passwd", "/dev/zero", "-1", "1e99", "9" * 5000),
    *("INT0", "INT64", "INT999999999", "UINT9999", "BIPOLAR", "FIXED<8,4>", "a\nb", "a\r\u2028b", "\x00", "\x1b[31m"),
    *(
        "NCHW",
        "NHWC",
        "SAME_UPPER",
        "VALID",
        "FLOOR",
        "ai.onnx.ml",
        "Loop",
        "Relu",
        "\N{HONEYBEE}" * 300,
        "n" * 100_000,
    ),
)
OPERATORS = (
    *("Add", "Abs", "ArgMax", "AveragePool", "BatchNormalization", "Cast", "Clip", "Concat", "ConstantOfShape", "Conv"),
    *("Div", "Expand", "Flatten", "Gemm", "Identity", "If", "Loop", "MatMul", "MaxPool", "Mod", "MultiThreshold"),
    *("Pad", "Quant", "Range", "ReduceMean", "Reshape", "Shape", "Slice", "Squeeze", "Tile", "TopK", "Transpose"),
    *("Trunc", "Unsqueeze"),
)
NOT_UTF8 = (b"\xff\xfe", b"\xc3(", b"caf\xe9", b"\xed\xa0\x80")


def parts(message: Message) -> Iterator[Message]:
    """`message` and every message in it."""
    yield message
    for field, value in message.ListFields():
        if field.type == Field.TYPE_MESSAGE:
            for each in value if field.is_repeated else [value]:
                yield from parts(each)


def _scalar(field: Field, rng: Random) -> Any:
    """A value that the field's type allows, seldom a sensible one."""
    match field.type:
        case Field.TYPE_ENUM:
            return rng.choice(field.enum_type.values).number
        case Field.TYPE_STRING:
            return rng.choice(OPERATORS if field.name == "op_type" else TEXTS)
        case Field.TYPE_BYTES:
            return rng.choice((*NOT_UTF8, b"", b"NCHW", rng.randbytes(rng.choice((1, 3, 4, 8, 100)))))
        case Field.TYPE_FLOAT | Field.TYPE_DOUBLE:
            return rng.choice(REALS)
    number = rng.choice((*INTEGERS, rng.randrange(1, 9)))
    if field.type == Field.TYPE_INT32:
        return max(-(2**31), min(2**31 - 1, number))
    return number % 2**64 if field.type == Field.TYPE_UINT64 else number


def _retyped(message: Message, field: Field, rng: Random) -> None:
    """The field's value moved to another field of the message."""
    other = rng.choice(message.DESCRIPTOR.fields)
    message.ClearField(field.name)
    _add(message, other, rng)


def _add(message: Message, field: Field, rng: Random) -> None:
    """Set the field, or append to it."""
    if field.type == Field.TYPE_MESSAGE:
        target = getattr(message, field.name)
        made = target.add() if field.is_repeated else target
        made.SetInParent()
        for inner in made.DESCRIPTOR.fields:
            if inner.type != Field.TYPE_MESSAGE and rng.random() < 0.4:
                _add(made, inner, rng)
    elif field.is_repeated:
        getattr(message, field.name).extend(_scalar(field, rng) for _ in range(rng.choice((1, 1, 2, 5))))
    else:
        setattr(message, field.name, _scalar(field, rng))


def _change_repeated(message: Message, field: Field, rng: Random) -> None:
    """One element of a repeated field deleted, doubled, moved, replaced or set."""
    values = getattr(message, field.name)
    place, other = rng.randrange(len(values)), rng.randrange(len(values))
    what = rng.choice(("delete", "double", "swap", "replace", "cut"))
    if what == "delete":
        del values[place]
    elif what == "cut":
        del values[place:]
    elif what == "replace" and field.type != Field.TYPE_MESSAGE:
        values[place] = _scalar(field, rng)
    else:
        copies = list(values)
        if field.type == Field.TYPE_MESSAGE:
            copies = [type(each).FromString(each.SerializePartialToString()) for each in copies]
        if what == "double":
            copies.insert(place, copies[other])
        else:
            copies[place], copies[other] = copies[other], copies[place]
        del values[:]
        values.extend(copies)


def _change(message: Message, rng: Random) -> None:
    """One field of `message` changed."""
    known = [field for field, _ in message.ListFields()]
    field = rng.choice(known) if known and rng.random() < 0.8 else rng.choice(message.DESCRIPTOR.fields)
    if field not in known:
        _add(message, field, rng)
    elif rng.random() < 0.15:
        _retyped(message, field, rng)
    elif rng.random() < 0.15:
        message.ClearField(field.name)
    elif field.is_repeated:
        _change_repeated(message, field, rng)
    elif field.type == Field.TYPE_BYTES and rng.random() < 0.7:
        data = getattr(message, field.name)
        cut = rng.randrange(len(data) + 1)
        setattr(
            message, field.name, rng.choice((data[:cut], data + data[:cut], data[:cut] + b"\xff" * (len(data) - cut)))
        )
    elif field.type == Field.TYPE_MESSAGE:
        _change(getattr(message, field.name), rng)
    else:
        setattr(message, field.name, _scalar(field, rng))


def _fields(data: bytes, rng: Random) -> bytes:
    """One to four fields changed."""
    model = onnx.ModelProto.FromString(data)
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        kinds: dict[str, list[Message]] = {}
        for each in parts(model):
            kinds.setdefault(type(each).__name__, []).append(each)
        # A kind first: there are more dimensions and attributes than anything else.
        _change(rng.choice(kinds[rng.choice(sorted(kinds))]), rng)
    return bytes(model.SerializePartialToString())


def _names(data: bytes, rng: Random) -> bytes:
    """A name that is not UTF-8: no setter takes it, so that bytes of the same length are written over one."""
    model = onnx.ModelProto.FromString(data)
    names = [n.name for n in (*model.graph.node, *model.graph.initializer) if len(n.name) > 1]
    names += [n.op_type for n in model.graph.node] + [name for n in model.graph.node for name in n.input]
    name = rng.choice([each for each in names if each] or ["x"]).encode()
    wrong = (rng.choice(NOT_UTF8) * len(name))[: len(name)]
    return data.replace(name, wrong if len(name) > 1 else b"\xff", rng.choice((1, 1, -1)))


def _bytes(data: bytes, rng: Random) -> bytes:
    """Bytes flipped, cut, doubled, dropped or written over."""
    changed, length = bytearray(data), len(data)
    for _ in range(rng.choice((1, 1, 3, 10))):
        # The head and the tail hold more structure than the weights between them.
        place = rng.choice(
            (rng.randrange(length), rng.randrange(min(300, length)), rng.randrange(max(0, length - 900), length))
        )
        match rng.choice(("flip", "flip", "cut", "double", "drop", "write")):
            case "flip":
                place = min(place, len(changed) - 1)
                changed[place : place + 1] = bytes([changed[place] ^ 1 << rng.randrange(8)]) if changed else b""
            case "cut" if rng.random() < 0.3:
                del changed[place:]
            case "double":
                changed[place:place] = changed[place : place + rng.randrange(64)]
            case "drop":
                del changed[place : place + rng.randrange(16)]
            case _:
                changed[place : place + 4] = rng.randbytes(4)
    return bytes(changed)


def mutant(data: bytes, rng: Random) -> tuple[str, bytes]:
    """A damaged copy of the model `data`, and the suffix of its file."""
    how: Callable[[bytes, Random], bytes] = rng.choices((_fields, _bytes, _names), (12, 4, 1))[0]
    changed = how(data, rng)
    if rng.random() > 0.06:
        return ".onnx", changed
    packed = gzip.compress(changed, 1, mtime=0)
    return ".onnx.gz", _bytes(packed, rng) if rng.random() < 0.8 else packed
