"""The work of a network for one frame: multiply-accumulates, and the equivalent binary operations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hwgen.ir.graph import Graph, Node
from hwgen.ir.ops import Conv, MatMul


@dataclass(frozen=True)
class Work:
    """Multiply-accumulates (MACs) of a frame; padded taps count, as the field counts them.

    Attributes:
        macs: of any operands.
        binary_macs: those whose two operands are one bit each.
        bit_products: one-bit products in all of them: a * w in a MAC of an a-bit and a w-bit operand, one for each pair
            of bit planes (DoReFa-Net, Zhou et al. 2016, equation 3).
    """

    macs: int = 0
    binary_macs: int = 0
    bit_products: int = 0

    def __add__(self, other: Work) -> Work:
        return Work(
            self.macs + other.macs, self.binary_macs + other.binary_macs, self.bit_products + other.bit_products
        )

    @property
    def operations(self) -> int:
        """Binary operations: a one-bit MAC is two, a product and a sum (FINN, Umuroglu et al. 2017)."""
        return 2 * self.bit_products


def node_work(node: Node) -> Work:
    """The work of one node: a MAC for each weight and output pixel."""
    if not isinstance(node.op, MatMul | Conv):
        return Work()
    weights = node.op.weights
    macs = node.output.type.elements // len(weights) * weights.size
    bits = node.inputs[0].type.dtype.bits * node.op.weight_type.bits
    return Work(macs, macs if bits == 1 else 0, macs * bits)


def layers_work(graph: Graph) -> Mapping[str, Work]:
    """The work of each node that multiplies, by its name."""
    return {node.name: node_work(node) for node in graph.nodes if isinstance(node.op, MatMul | Conv)}


def network_work(graph: Graph) -> Work:
    """The work of a whole network."""
    return sum(layers_work(graph).values(), Work())
