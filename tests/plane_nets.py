"""Networks on residual binary planes (HORQ), seeded."""

from __future__ import annotations

import numpy as np

from hwgen.ir.graph import Graph, Value
from hwgen.ir.ops import Activation, BatchNorm, Conv, Levels, MatMul
from hwgen.ir.planes import plane_thresholds
from hwgen.ir.types import IntType
from tests.builders import B, ImageBuilder, Rng, codes_of, random_geometry


def random_betas(rng: Rng, order: int, most: int = 40) -> tuple[int, ...]:
    """Factors of `order` planes, the largest first."""
    return tuple(sorted(rng.integers(1, most, size=order).tolist(), reverse=True))


class PlaneBuilder(ImageBuilder):
    """A network of images whose products may read planes."""

    def residual(self, source: Value, betas: tuple[int, ...]) -> Value:
        """Batch norm, with gammas of both signs, and planes of factors `betas` times a quarter."""
        channels = source.type.channels
        spread = self.codes[source.name].std() / sum(betas) * 3 + 0.1
        mean = self.codes[source.name].reshape(-1, channels).mean(axis=0)
        gamma, shift = self.rng.normal(size=(2, channels))
        norm = BatchNorm(gamma, shift, mean, np.full(channels, spread**2), 0.0)
        levels = Levels(plane_thresholds([beta / 4 for beta in betas]), 0, 1)
        return self.add("act", Activation((norm, levels)), (source,), source.type.shape, IntType(len(betas), False))

    def plane_conv(self, source: Value, out: int, betas: tuple[int, ...], *, groups: int = 1) -> Value:
        """A convolution of planes with a random window."""
        height, width, channels = source.type.shape
        geometry = random_geometry(self.rng, height, width)
        weights = codes_of(self.rng, B, (out, *geometry.kernel, channels // groups))
        op = Conv(weights, B, geometry, groups, 0, np.array(betas))
        return self.add("conv", op, (source,), (*geometry.output_size(height, width), out))

    def plane_dense(self, source: Value, out: int, betas: tuple[int, ...]) -> Value:
        """A dense layer on all planes of the whole tensor."""
        weights = codes_of(self.rng, B, (out, source.type.elements))
        return self.add("fc", MatMul(weights, B, np.array(betas)), (source,), (out,))


def random_plane_network(rng: Rng) -> Graph:
    """Two convolutions, the second one sometimes grouped, and a dense layer; planes of order 1 to 4 before each."""
    net = PlaneBuilder(rng, (6, 5, 4), IntType(4, signed=True))
    orders = rng.integers(1, 5, size=3)
    first, second, third = (random_betas(rng, int(order)) for order in orders)
    hidden = net.plane_conv(net.residual(net.input, first), 6, first)
    hidden = net.plane_conv(net.residual(hidden, second), 6, second, groups=int(rng.choice([1, 2])))
    net.plane_dense(net.residual(hidden, third), 5, third)
    return net.graph()
