"""Values, nodes and the graph they form: single-assignment, topologically ordered, one frame at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from hwgen.ir.ops import Op, frozen
from hwgen.ir.types import FloatArray, TensorType


@dataclass(frozen=True)
class Value:
    """A tensor that one node (or the input) produces and any number of nodes read."""

    name: str
    type: TensorType


@dataclass(frozen=True)
class Node:
    """One operation. `name` is unique and stable; `origin` is what the user calls it (a module path or a node name)."""

    name: str
    op: Op
    inputs: tuple[Value, ...]
    output: Value
    origin: str = ""

    @property
    def label(self) -> str:
        """The name as error messages show it: `fc0 (features.3)`."""
        return f"{self.name} ({self.origin})" if self.origin and self.origin != self.name else self.name


@dataclass(frozen=True, eq=False)
class Affine:
    """real = scale * code + offset, each of shape () or (C,) over the last axis."""

    scale: FloatArray = field(default_factory=lambda: np.ones(()))
    offset: FloatArray = field(default_factory=lambda: np.zeros(()))

    def __post_init__(self) -> None:
        object.__setattr__(self, "scale", frozen(self.scale, np.float64))
        object.__setattr__(self, "offset", frozen(self.offset, np.float64))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Affine):
            return NotImplemented
        return np.array_equal(self.scale, other.scale) and np.array_equal(self.offset, other.offset)

    def __hash__(self) -> int:
        return hash(((self.scale + 0.0).tobytes(), (self.offset + 0.0).tobytes()))  # -0.0 equals 0.0

    @property
    def keeps_order(self) -> bool:
        """Whether an argmax over codes is an argmax over reals: one positive scale, one offset."""
        same = bool(np.all(self.scale == self.scale.flat[0]) and np.all(self.offset == self.offset.flat[0]))
        return same and float(self.scale.flat[0]) > 0


@dataclass(frozen=True)
class Graph:
    """An integer network.

    Attributes:
        name: an identifier for files and modules.
        input: the codes the hardware receives.
        nodes: in topological order.
        output: the value that leaves the chip.
        encoding: what the input codes mean to the network.
        decoding: what the output codes mean to the host.
    """

    name: str
    input: Value
    nodes: tuple[Node, ...]
    output: Value
    encoding: Affine = field(default_factory=Affine)
    decoding: Affine = field(default_factory=Affine)

    def node(self, name: str) -> Node:
        """The node called `name`; KeyError if there is none."""
        for node in self.nodes:
            if node.name == name:
                return node
        raise KeyError(name)

    @cached_property
    def producers(self) -> Mapping[str, Node]:
        """The node that produces each value, by value name."""
        return {node.output.name: node for node in self.nodes}

    @cached_property
    def users(self) -> Mapping[str, tuple[Node, ...]]:
        """The nodes that read each value, by value name."""
        found: dict[str, tuple[Node, ...]] = {}
        for node in self.nodes:
            for value in node.inputs:
                found[value.name] = (*found.get(value.name, ()), node)
        return found
