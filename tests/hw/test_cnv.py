"""The cycle model at size: CNV, the network of FINN's and BNN-PYNQ's CIFAR-10 results, with random weights."""

from __future__ import annotations

from functools import cache

import numpy as np

from hwgen.hw.fifo import size_fifos
from hwgen.hw.folding import resolve
from hwgen.hw.lower import lower
from hwgen.ir.geometry import Geometry
from hwgen.ir.graph import Graph
from hwgen.ir.types import IntType
from hwgen.passes.pipeline import integer_network
from tests.builders import PART, B, ImageBuilder, LayerFolding
from tests.hw.test_fifo import is_minimal

PUBLISHED = {
    "conv0": (16, 3),
    "conv1": (32, 32),
    "conv2": (16, 32),
    "conv3": (16, 32),
    "conv4": (4, 32),
    "conv5": (1, 32),
    "fc0": (1, 4),
    "fc1": (1, 8),
    "fc2": (5, 1),
}
"""PE and SIMD by layer: as BNN-PYNQ published it for cnvW1A1."""


@cache
def cnv() -> Graph:
    """Six 3 x 3 convolutions without padding, two pools, three dense layers."""
    net = ImageBuilder(np.random.default_rng(0), (32, 32, 3), IntType(8, signed=True))
    for channels in (64, 128, 256):
        for _ in range(2):
            net.act(net.conv(net.last, channels, Geometry((3, 3)), B), B)
        if channels < 256:
            net.pool(net.last, Geometry((2, 2), (2, 2)))
    for channels in (512, 512):
        net.act(net.dense(net.last, channels, B), B)
    net.dense(net.last, 10, B)
    return integer_network(net.graph("cnv"))


def test_published_folding() -> None:
    """The slowest layers take 32,768 cycles, and so does a frame."""
    wishes = {name: LayerFolding(pe=pe, simd=simd) for name, (pe, simd) in PUBLISHED.items()}
    design = size_fifos(lower(cnv(), resolve(cnv(), wishes, 32_768), part=PART, clock_mhz=100.0))
    assert design.bound == design.cycles.interval == 32_768
    first, later = design.cycles.predict(1), design.cycles.predict(5)
    assert first.latency == later.latency and later.interval == 32_768
    assert later.total == first.total + 4 * 32_768
    assert is_minimal(design) == 3


def test_chosen_folding() -> None:
    design = size_fifos(lower(cnv(), resolve(cnv(), {}, 9216), part=PART, clock_mhz=100.0))
    assert design.cycles.interval == design.bound <= 9216
    assert is_minimal(design) == 3
