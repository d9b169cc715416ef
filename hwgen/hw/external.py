"""External memory: what it gives in a cycle, and how layers share it."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass
from fractions import Fraction

from hwgen.hw.memory import ExternalMemory
from hwgen.ir.graph import Graph, Node
from hwgen.ir.ops import Conv, MatMul

EXTERNAL = "external"
"""The memory of layers whose weights lie beyond the chip, as settings call it."""


@dataclass(frozen=True)
class ExternalSource:
    """An external memory.

    Attributes:
        rate: bits that it gives in a cycle of the clock, to all layers together.
        width: bits of a port, a power of two from 8 to 1024.
        latency: cycles from a burst asked for to its first word.
    """

    rate: Fraction = Fraction(64)
    width: int = 64
    latency: int = 64


USUAL = ExternalSource()
"""One word of 64 bits a cycle."""


def frame_bits(node: Node) -> int:
    """Bits of weights that a layer with weights meets in a frame: all of them for each vector."""
    assert isinstance(node.op, MatMul | Conv)
    elements = math.prod(node.output.type.shape)
    outputs = len(node.op.weights)
    return int(node.op.weights.size) * node.op.weight_type.bits * (elements // outputs)


def external_memories(graph: Graph, layers: Collection[str], source: ExternalSource) -> dict[str, ExternalMemory]:
    """What the memory gives to each of the layers: a share of its rate that is theirs of all bits of a frame.

    So all of them get the weights of a frame in as many cycles, but for bits that fill up words.
    """
    bits = {name: frame_bits(graph.node(name)) for name in layers}
    total = sum(bits.values())
    return {name: ExternalMemory(source.width, source.rate * own / total, source.latency) for name, own in bits.items()}
