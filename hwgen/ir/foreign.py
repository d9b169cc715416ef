"""A network from an untrusted file: names must be identifiers, sizes and numbers within bounds."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import fields

import numpy as np

from hwgen.errors import CheckError, DataError
from hwgen.ir.check import check
from hwgen.ir.geometry import Geometry
from hwgen.ir.graph import Affine, Graph, Value

MOST_NODES = 10_000
MOST_ELEMENTS = 1 << 31
MOST_WINDOW = 1 << 16
"""The largest side, stride, dilation and padding of a window."""

MOST_PORTS = 128
"""Inputs and outputs together."""
MOST_LETTERS = 255
"""Of the name of a port, which is any text."""

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,254}")
_MOST_CODE = 1 << 62


def is_name(text: str) -> bool:
    """Whether `text` is an identifier that can be part of a file's name."""
    return _NAME.fullmatch(text) is not None


def is_port_name(text: str) -> bool:
    """Whether `text` may be what a model calls one of its inputs or outputs."""
    return 0 < len(text) <= MOST_LETTERS and text.isprintable()


def require_sound(graph: Graph, source: str) -> None:
    """`graph` must have the names, sizes and numbers of a network that hwgen printed: files and memory depend on them.

    Raises:
        DataError: naming the file `source` and what is wrong there.
    """
    found = next(_wrong(graph), None)
    if found is not None:
        raise DataError(source, "must be a network that hwgen printed", found, "Build it again")


def require_legal(graph: Graph, source: str) -> None:
    """`graph` must be a legal network. Raises: DataError."""
    try:
        check(graph)
    except (CheckError, ValueError, IndexError, ArithmeticError, MemoryError, TypeError) as error:
        raise DataError(source, "must be a legal network", str(error).rstrip("."), "Build it again") from error


def _wrong(graph: Graph) -> Iterator[str]:
    """What is wrong with names, sizes and numbers; computes nothing of the network."""
    if len(graph.nodes) > MOST_NODES:
        yield f"{len(graph.nodes):,} nodes, at most {MOST_NODES:,}"
    names = [node.name for node in graph.nodes]
    for name in (graph.name, *names):
        if not is_name(name):
            yield f"the name {name[:80]!r}, which is no identifier"
    if len(set(names)) < len(names):
        yield f"two nodes called {next(name for index, name in enumerate(names) if name in names[:index])}"
    yield from _wrong_values(graph.values)
    yield from _wrong_ports(graph)
    for node in graph.nodes:
        for field in fields(node.op):
            number = getattr(node.op, field.name)
            if isinstance(number, int) and abs(number) > _MOST_CODE:
                yield f"{field.name} of {node.name}, {str(number)[:40]}, which is beyond {_MOST_CODE}"
            if isinstance(number, Geometry) and _widest(number) > MOST_WINDOW:
                yield f"a window of {node.name} beyond {MOST_WINDOW}"


def _wrong_values(values: Sequence[Value]) -> Iterator[str]:
    met: set[str] = set()
    for value in values:
        if not is_name(value.name):
            yield f"the value {value.name[:80]!r}, which is no identifier"
        if value.name in met:
            yield f"two values called {value.name}"
        met.add(value.name)
        if not value.type.shape or min(value.type.shape) < 1 or value.type.elements > MOST_ELEMENTS:
            yield f"the shape of {value.name}, which has 1 to {MOST_ELEMENTS} elements"


def _wrong_ports(graph: Graph) -> Iterator[str]:
    entering = ((each.name, each.value, each.encoding) for each in graph.inputs)
    leaving = ((each.name, each.value, each.decoding) for each in graph.outputs)
    for name, value, affine in (*entering, *leaving):
        yield from _wrong_affine(affine, value)
        if not is_port_name(name):
            yield f"the port {name[:80]!r}, which has 1 to {MOST_LETTERS} letters"
    if len(graph.inputs) + len(graph.outputs) > MOST_PORTS:
        yield f"{len(graph.inputs) + len(graph.outputs)} ports, at most {MOST_PORTS}"


def _wrong_affine(affine: Affine, value: Value) -> Iterator[str]:
    for each in (affine.scale, affine.offset):
        if each.shape not in ((), (1,), (value.type.channels,)) or not np.all(np.isfinite(each)):
            yield f"scale or offset of {value.name}, finite numbers for all or per channel"


def _widest(geometry: Geometry) -> int:
    return max(*geometry.kernel, *geometry.stride, *geometry.dilation, *geometry.padding)
