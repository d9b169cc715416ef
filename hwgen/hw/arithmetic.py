"""How a unit multiplies weights and inputs."""

from __future__ import annotations

from enum import Enum


class Arithmetic(Enum):
    """How a unit multiplies.

    Direct: XNOR and popcount of two bipolar operands, a multiplier or a negation a product elsewhere.

    Pairs: a weight is binary digits, and each digit of two neighbouring weights chooses 0, a, b or a + b of two inputs
    inside the LUTs of an adder; all lanes share the sums of two. The numbers are those of direct products.

    Packed: several neurons share a multiplier block, their weights fields of one factor, and blocks add up inputs.
    The numbers are those of direct products.

    Residual planes (HORQ, Li et al. 2017) have factors, and XNOR and popcount each: all planes of an input side by
    side, or one after another through one array.
    """

    DIRECT = "direct"
    PAIRS = "pairs"
    PACKED = "packed"
    PARALLEL_PLANES = "parallel_planes"
    FOLDED_PLANES = "folded_planes"
