"""XNOR-Net's K in hardware: the magnitudes of a layer's input, filtered, times its accumulators, on every back end."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import hwgen
from hwgen.ir.geometry import Geometry
from hwgen.ir.graph import Graph, Value
from hwgen.ir.ops import Activation, Magnitude, PoolKind, Scale, Sign
from hwgen.ir.types import Bipolar, IntType
from hwgen.passes.pipeline import integer_network
from tests.builders import ImageBuilder, random_folding
from tests.end_to_end.prove import prove

B = Bipolar()
FRAMES = 4


def conv_with_k(net: ImageBuilder, source: Value, out: int, geometry: Geometry) -> Value:
    """A binary convolution on the signs of `source`, times the box-filtered magnitudes of its pixels."""
    height, width, channels = source.type.shape
    signs = net.add("sign", Activation((Sign(),)), (source,), source.type.shape, B)
    sums = net.conv(signs, out, geometry, B)
    size = net.add("size", Magnitude(channels), (source,), (height, width, 1))
    k = net.pool(size, geometry, PoolKind.SUM)
    return net.add("scale", Scale(), (sums, k), sums.type.shape)


def xnor_network(seed: int, codes: IntType, geometry: Geometry, shape: tuple[int, int, int], out: int) -> Graph:
    """Two layers with K, the second one dense; a maximum between product and threshold."""
    net = ImageBuilder(np.random.default_rng(seed), shape, codes)
    scaled = conv_with_k(net, net.input, out, geometry)
    pooled = net.pool(scaled, Geometry((2, 2), (2, 2)))
    source = net.act(pooled, codes)
    signs = net.add("sign", Activation((Sign(),)), (source,), source.type.shape, B)
    dense = net.dense(signs, 5, B)
    size = net.add("size", Magnitude(source.type.elements), (source,), (1,))
    net.add("scale", Scale(), (dense, size), (5,))
    return net.graph("with_k")


PADDED = Geometry((3, 3), padding=(1, 1, 1, 1))
NETWORKS = {
    "padded": (IntType(4, signed=True), PADDED, (6, 6, 3), 4),
    "strided": (IntType(3, signed=True), Geometry((3, 2), (2, 1)), (9, 6, 5), 6),
    "one_pixel": (IntType(2, signed=True), Geometry((1, 1)), (4, 4, 4), 3),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_k(name: str, tmp_path: Path) -> None:
    graph = xnor_network(1, *NETWORKS[name])
    prove(hwgen.compile(graph, target_interval=400), 1, FRAMES, tmp_path)


@pytest.mark.parametrize("seed", range(2))
def test_other_foldings(seed: int, tmp_path: Path) -> None:
    rng = np.random.default_rng(seed)
    graph = xnor_network(seed, IntType(4, signed=True), PADDED, (4, 6, 5), 7)
    wishes = random_folding(rng, integer_network(graph))
    folding = {layer: wish.model_dump(exclude_none=True) for layer, wish in wishes.items()}
    prove(hwgen.compile(graph, folding=folding), seed, FRAMES, tmp_path)
