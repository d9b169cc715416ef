"""Permuting the channels of a value, by changing the layers that produce it.

A layer with weights permutes its outputs by the order of its rows, at no cost. Elementwise layers, sums, pools,
depthwise convolutions and concatenations pass the permutation on to their producers.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from typing import Any

import numpy as np

from hwgen.ir.graph import Graph, Node, Value
from hwgen.ir.ops import Activation, Concat, Conv, MatMul, Op, Pool, Product, Scale, Sum, Threshold, for_channels
from hwgen.ir.types import IntArray


class _Fixed(Exception):
    """The channels of a value cannot change their order."""


def reordered(graph: Graph, reader: Node, places: IntArray) -> Graph | None:
    """`graph` with the input of `reader` permuted: channel i is what channel `places[i]` was.

    None where this is impossible: for the network's input, a value with other readers, or channels that would move
    between branches of a concatenation.
    """
    plan = _Reordering(graph)
    try:
        plan.move(reader, reader.inputs[0], places)
        plan.require_private()
    except _Fixed:
        return None
    return replace(graph, nodes=tuple(plan.nodes.get(node.name, node) for node in graph.nodes))


@dataclass
class _Reordering:
    """The values whose channels are permuted, and the changed nodes.

    Attributes:
        orders: new order of each value that was visited, by name.
        moved: names of the nodes that read each of these values in its new order.
    """

    graph: Graph
    orders: dict[str, IntArray] = field(default_factory=dict)
    moved: dict[str, set[str]] = field(default_factory=dict)
    nodes: dict[str, Node] = field(default_factory=dict)

    def move(self, reader: Node, value: Value, places: IntArray) -> None:
        """Permute the channels of `value`, as `reader` reads it, by `places`. Raises: _Fixed."""
        known = self.orders.get(value.name)
        if known is not None and not np.array_equal(known, places):
            raise _Fixed
        self.moved.setdefault(value.name, set()).add(reader.name)
        self.orders[value.name] = places
        if known is not None or _in_place(places):
            return
        if value.name not in self.graph.producers:
            raise _Fixed
        node = self.graph.producers[value.name]
        self.nodes[node.name] = self._moved(node, places)

    def require_private(self) -> None:
        """A permuted value must have no readers of the old order. Raises: _Fixed."""
        leaving = {each.value.name for each in self.graph.outputs}
        for name, places in self.orders.items():
            readers = {node.name for node in self.graph.users.get(name, ())}
            if not _in_place(places) and (readers != self.moved[name] or name in leaving):
                raise _Fixed

    def _moved(self, node: Node, places: IntArray) -> Node:
        """The node, its channels in the order `places`. Raises: _Fixed."""
        match node.op:
            case MatMul() as op:
                return replace(node, op=_rows(op, places))
            case Conv() as op:
                per_group = len(places) // op.groups
                if op.is_depthwise:
                    self.move(node, node.inputs[0], places)
                elif np.any(places // per_group != np.arange(len(places)) // per_group):
                    raise _Fixed
                return replace(node, op=_rows(op, places))
            case Pool() | Activation() | Threshold() as op:
                self.move(node, node.inputs[0], places)
                return replace(node, op=_elementwise(op, places))
            case Sum() | Scale() as op:
                for value in node.inputs:
                    if value.type.channels == len(places):  # else a number that all channels share
                        self.move(node, value, places)
                return replace(node, op=_gains_moved(op, places) if isinstance(op, Sum) else op)
            case Concat(axis=-1):
                return self._concatenated(node, places)
        raise _Fixed

    def _concatenated(self, node: Node, places: IntArray) -> Node:
        """A concatenation with its inputs in the order of `places`. Raises: _Fixed where channels of two inputs mix."""
        sizes = np.array([value.type.channels for value in node.inputs])
        starts = np.cumsum(sizes) - sizes
        inputs, at = [], 0
        while at < len(places):
            index = int(np.searchsorted(starts, places[at], side="right")) - 1
            block = places[at : at + sizes[index]] - starts[index]
            if not np.array_equal(np.sort(block), np.arange(sizes[index])):
                raise _Fixed
            self.move(node, node.inputs[index], block)
            inputs.append(node.inputs[index])
            at += int(sizes[index])
        return replace(node, inputs=tuple(inputs))


def _in_place(places: IntArray) -> bool:
    return bool(np.all(np.diff(places) == 1))


def _rows(op: Product, places: IntArray) -> Product:
    """The layer with its outputs permuted; `rows` keeps the model's order."""
    rows = op.rows or range(len(op.weights))
    return replace(op, weights=op.weights[places], rows=tuple(rows[place] for place in places.tolist()))


def _elementwise(op: Pool | Activation | Threshold, places: IntArray) -> Op:
    """The operation with its parameters of each channel in another order."""
    if isinstance(op, Activation):
        return Activation(for_channels(op.steps, places))
    moved = _permuted(op, places)
    result: Op = replace(moved, codes=op.codes) if isinstance(op, Threshold) else moved
    return result


def _gains_moved(op: Sum, places: IntArray) -> Sum:
    """The sum, the gains of channels or elements in another order."""
    return op if len(op.gains) < 2 else Sum(op.gains.reshape(-1, len(places))[:, places].reshape(-1, 1))


def _permuted(thing: Any, places: IntArray) -> Any:
    """A dataclass with every array that holds one row a channel in another order."""
    arrays = {each.name: getattr(thing, each.name) for each in fields(thing)}
    wide = {n: a[places] for n, a in arrays.items() if isinstance(a, np.ndarray) and a.ndim and len(a) == len(places)}
    return replace(thing, **wide)
