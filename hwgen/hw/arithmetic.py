"""How a unit multiplies weights and inputs."""

from __future__ import annotations

from enum import Enum


class Arithmetic(Enum):
    """How a unit multiplies: by what is cheapest for the types, or bit plane by bit plane.

    Bit planes (Courbariaux et al. 2016): an n-bit input is n binary vectors x_i, and with bipolar weights
    x_i . w = 2 * popcount(x_i AND w) - popcount(x_i). The numbers are the same.

    Residual planes (HORQ, Li et al. 2017) have factors, and XNOR and popcount each: all planes of an input side by
    side, or one after another through one array.
    """

    DIRECT = "direct"
    BIT_PLANES = "bit_planes"
    PARALLEL_PLANES = "parallel_planes"
    FOLDED_PLANES = "folded_planes"
