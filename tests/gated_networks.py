"""Random networks of gated convolutions, and small ones in the form of LCCL's residual networks."""

from __future__ import annotations

from hwgen.ir.geometry import Geometry
from hwgen.ir.graph import Graph, Value
from hwgen.ir.types import Bipolar, IntType
from tests.builders import HIDDEN, INPUTS, WEIGHTS, ImageBuilder, Rng, pick, random_geometry

GATES = tuple(IntType(bits, signed=False) for bits in (1, 2, 2, 3))


def gated_network(rng: Rng) -> Graph:
    """A few gated convolutions, one after the other or in a residual block, and a dense layer.

    They have two outputs or more: one of a single channel to a single one counts as depthwise.
    """
    height, width = (int(size) for size in rng.integers(3, 8, 2))
    net = ImageBuilder(rng, (height, width, int(rng.integers(1, 5))), pick(rng, INPUTS))
    if net.input.type.dtype.bits > 4:
        net.act(net.input, pick(rng, HIDDEN))
    _gated(net, int(rng.integers(2, 9)))
    if rng.random() < 0.7:
        start, codes = net.last, IntType(3, signed=True)
        branch = _gated(net, int(rng.integers(2, 6)), same=True)
        net.sum(net.act(start, codes), _gated(net, start.type.channels, same=True, source=branch, codes=codes))
        net.act(net.last, pick(rng, HIDDEN))
    net.dense(net.last, 4, pick(rng, WEIGHTS))
    return net.graph()


def _gated(
    net: ImageBuilder, out: int, *, same: bool = False, source: Value | None = None, codes: IntType | None = None
) -> Value:
    """A gated convolution and its quantiser."""
    rng, value = net.rng, source or net.last
    if isinstance(value.type.dtype, IntType) and rng.random() < 0.3:
        net.gated_by_size(value, out, pick(rng, WEIGHTS), pick(rng, GATES))
        return net.act(net.last, codes or pick(rng, HIDDEN))
    geometry = random_geometry(rng, *value.type.shape[:2], same=same)
    net.gated(value, out, geometry, pick(rng, WEIGHTS), pick(rng, GATES), small=bool(rng.random() < 0.5))
    return net.act(net.last, codes or pick(rng, HIDDEN))


def lccl_network(rng: Rng) -> Graph:
    """A stem, one to three basic blocks whose 3x3 convolutions both have a gate of one bit, a dense layer.

    As the zoo's `lccl-resnet`: binary weights, residual branches added in four signed bits, and from the second block
    on half the size, with a 1x1 convolution as the shortcut.
    """
    size, sums = int(rng.integers(5, 10)), IntType(4, signed=True)
    codes = pick(rng, (Bipolar(), IntType(2, signed=False)))
    net = ImageBuilder(rng, (size, size, int(rng.integers(1, 4))), IntType(8, signed=False))
    net.act(net.conv(net.input, int(rng.integers(2, 5)), Geometry((3, 3), padding=(1, 1, 1, 1)), Bipolar()), sums)
    for block in range(int(rng.integers(1, 4))):
        _basic_block(net, codes, sums, stride=1 if block == 0 else 2)
    net.dense(net.act(net.last, codes), 10, Bipolar())
    return net.graph()


def _basic_block(net: ImageBuilder, codes: Bipolar | IntType, sums: IntType, stride: int) -> None:
    past, channels = net.last, net.last.type.channels * stride
    source = branch = net.act(past, codes)
    for step, end in ((stride, codes), (1, sums)):
        geometry = Geometry((3, 3), (step, step), padding=(1, 1, 1, 1))
        branch = net.act(net.gated(branch, channels, geometry, Bipolar(), IntType(1, signed=False), small=True), end)
    if stride > 1:
        past = net.act(net.conv(source, channels, Geometry((1, 1), (stride, stride)), Bipolar()), sums)
    net.act(net.sum(branch, past), sums)
