"""Values, nodes and the graph they form: single-assignment, topologically ordered, one frame at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from hwgen.ir.arrays import frozen
from hwgen.ir.ending import Ending
from hwgen.ir.ops import ArgMax, Concat, Gather, Op, Pool, PoolKind
from hwgen.ir.order import Order
from hwgen.ir.types import FloatArray, IntArray, TensorType

Codes = npt.NDArray[Any]
"""Codes of frames, of any integer type of numpy."""


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
    def carries(self) -> bool:
        """Whether its output codes are its input codes."""
        largest = isinstance(self.op, Pool) and self.op.kind is PoolKind.MAX
        return largest or isinstance(self.op, Concat | Gather)

    @property
    def label(self) -> str:
        """The name as error messages show it: `fc0 (features.3)`."""
        return f"{self.name} ({self.origin})" if self.origin and self.origin != self.name else self.name


@dataclass(frozen=True, eq=False)
class Affine:
    """real = scale * code + offset, each of shape () or (C,) over the last axis.

    Attributes:
        ending: what the host makes of these numbers at the network's end; None where they are the output.
    """

    scale: FloatArray = field(default_factory=lambda: np.ones(()))
    offset: FloatArray = field(default_factory=lambda: np.zeros(()))
    ending: Ending | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "scale", frozen(self.scale, np.float64))
        object.__setattr__(self, "offset", frozen(self.offset, np.float64))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Affine):
            return NotImplemented
        same = np.array_equal(self.scale, other.scale) and np.array_equal(self.offset, other.offset)
        return same and self.ending == other.ending

    def __hash__(self) -> int:
        return hash(((self.scale + 0.0).tobytes(), (self.offset + 0.0).tobytes()))  # -0.0 equals 0.0

    @property
    def keeps_order(self) -> bool:
        """Whether an argmax over codes is one over the output: one positive scale, one offset, no ReLU behind."""
        if self.ending is not None and not self.ending.keeps_order:
            return False
        same = bool(np.all(self.scale == self.scale.flat[0]) and np.all(self.offset == self.offset.flat[0]))
        return same and float(self.scale.flat[0]) > 0


@dataclass(frozen=True)
class Reading:
    """The meaning of the codes that leave the chip, numbered as the model numbers its output.

    Attributes:
        type: shape and type of a frame's codes.
        affine: what a code means.
        order: of the model's elements; None where the codes are in that order.
        ranking: shape of the class index that the model ends with, which the host computes from the scores; None where
            the codes are the model's own output.
        ranked: whether the code is the index of the best class.
    """

    type: TensorType
    affine: Affine
    order: Order | None = None
    ranking: tuple[int, ...] | None = None
    ranked: bool = False

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the scores without the batch axis."""
        return self.type.shape if self.order is None else self.order.shape

    def scores(self, codes: Codes) -> FloatArray:
        """Real numbers (N, *shape), the model's shape and order, of codes (N, *shape of the type) or (N, elements).

        Those before a sigmoid, tanh or softmax at the end, whose order is the same, but behind a ReLU.
        """
        real = codes.reshape(len(codes), *self.type.shape) * self.affine.scale + self.affine.offset
        if self.order is not None:
            real = real.reshape(len(codes), -1)[:, self.order.places]
        real = np.asarray(real, dtype=np.float64).reshape(len(codes), *self.shape)
        ending = self.affine.ending
        return real if ending is None or ending.keeps_order else ending.apply(real)

    def decode(self, codes: Codes) -> FloatArray:
        """The model's output (N, *its shape without the batch axis), or the index of the best class."""
        scores = self.scores(codes)
        if self.ranking is None:
            return scores if self.affine.ending is None else self.affine.ending.apply(scores)
        best = self.best(scores.reshape(len(codes), -1))
        return np.asarray(best.reshape(len(codes), *self.ranking), dtype=np.float64)

    def classes(self, codes: Codes) -> IntArray:
        """The class (N,) of each frame: the index that leaves the chip, or the best of the scores."""
        if self.ranked:
            return np.asarray(codes.reshape(len(codes), -1)[:, 0], dtype=np.int64)
        return self.best(self.scores(codes).reshape(len(codes), -1))

    def best(self, scores: FloatArray) -> IntArray:
        """The class (N,) of scores (N, classes): the first of the largest.

        A single score that the model does not rank itself is class 1 where it is positive and class 0 elsewhere.
        """
        single = scores.shape[1] == 1 and self.ranking is None
        return np.asarray(scores[:, 0] > 0 if single else np.argmax(scores, axis=1), dtype=np.int64)


@dataclass(frozen=True)
class Input:
    """A port of the network that codes enter.

    Attributes:
        value: the codes that the hardware receives.
        encoding: what they mean.
        order: of the model's elements; None where that is a vector, or the image or signal itself with its channels
            innermost.
        name: what the model calls it; `input` where there is one.
    """

    value: Value
    encoding: Affine = field(default_factory=Affine)
    order: Order | None = None
    name: str = "input"

    @property
    def type(self) -> TensorType:
        """Shape and type of a frame's codes."""
        return self.value.type


@dataclass(frozen=True)
class Output:
    """A port of the network that codes leave.

    Attributes:
        value: the codes that leave the chip.
        decoding: what they mean.
        order, ranking: see `Reading`.
        name: what the model calls it; `output` where there is one.
    """

    value: Value
    decoding: Affine = field(default_factory=Affine)
    order: Order | None = None
    ranking: tuple[int, ...] | None = None
    name: str = "output"


@dataclass(frozen=True)
class Graph:
    """An integer network.

    Attributes:
        name: an identifier for files and modules.
        inputs, outputs: its ports, in the model's order; no two of a kind have one name.
        nodes: in topological order.
    """

    name: str
    inputs: tuple[Input, ...]
    nodes: tuple[Node, ...]
    outputs: tuple[Output, ...]

    def __repr__(self) -> str:
        """In one line; `hwgen.ir.text.print_graph` says it whole."""
        ends = [", ".join(f"{each.name} {each.value.type}" for each in ports) for ports in (self.inputs, self.outputs)]
        return f"<Graph {self.name}: {ends[0]} to {ends[1]}, {len(self.nodes)} nodes>"

    @classmethod
    def of(
        cls,
        name: str,
        source: Value,
        nodes: tuple[Node, ...],
        result: Value,
        encoding: Affine | None = None,
        decoding: Affine | None = None,
    ) -> Graph:
        """A network of one input and one output."""
        ends = Input(source, encoding or Affine()), Output(result, decoding or Affine())
        return cls(name, (ends[0],), nodes, (ends[1],))

    @property
    def input(self) -> Value:
        """The value of the only input, or of the first."""
        return self.inputs[0].value

    @property
    def output(self) -> Value:
        """The value of the only output, or of the first."""
        return self.outputs[0].value

    @property
    def encoding(self) -> Affine:
        """What codes of the only input mean, or of the first."""
        return self.inputs[0].encoding

    @property
    def decoding(self) -> Affine:
        """What codes of the only output mean, or of the first."""
        return self.outputs[0].decoding

    @property
    def reading(self) -> Reading:
        """The meaning of the codes of the only output, or of the first."""
        return self.reading_of(self.outputs[0])

    def reading_of(self, output: Output) -> Reading:
        """The meaning of the codes of one of the outputs."""
        last = self.producers.get(output.value.name)
        ranked = last is not None and isinstance(last.op, ArgMax)
        return Reading(output.value.type, output.decoding, output.order, output.ranking, ranked)

    def decode(self, codes: Codes) -> FloatArray:
        """The model's output (N, *its shape without the batch axis), real numbers in the model's order.

        Args:
            codes: output codes (N, *output shape) or (N, elements), as they leave the chip.
        """
        return self.reading.decode(codes)

    def decode_all(self, codes: Mapping[str, Codes]) -> dict[str, FloatArray]:
        """What each output is, by its name, of the codes of each output by its name."""
        return {each.name: self.reading_of(each).decode(codes[each.name]) for each in self.outputs}

    @property
    def values(self) -> tuple[Value, ...]:
        """Every value: those of the inputs, then those of the nodes."""
        return (*(each.value for each in self.inputs), *(node.output for node in self.nodes))

    def leaves(self, value: Value) -> bool:
        """Whether a value leaves the chip."""
        return any(value == each.value for each in self.outputs)

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
