"""Multiply-accumulates, counted by hand."""

from __future__ import annotations

import numpy as np
import pytest

from hwgen.ir.geometry import Geometry
from hwgen.ir.types import Bipolar, IntType
from hwgen.ir.work import Work, layers_work, network_work
from tests.builders import ImageBuilder, random_network

B, UINT8, INT3 = Bipolar(), IntType(8, signed=False), IntType(3, signed=True)


def test_dense() -> None:
    """SFC of the FINN paper: 668,672 operations a frame, all of them binary."""
    graph = random_network(np.random.default_rng(0), (784, 256, 256, 256, 10))
    assert network_work(graph) == Work(macs=334_336, binary_macs=334_336, bit_products=334_336)
    assert network_work(graph).operations == 668_672


def test_convolutions() -> None:
    net = ImageBuilder(np.random.default_rng(0), (6, 5, 4), UINT8)
    net.act(net.conv(net.input, 8, Geometry((3, 3)), B), B)  # 4 x 3 pixels, 36 taps and channels
    net.act(net.conv(net.last, 8, Geometry((3, 3), padding=(1, 1, 1, 1)), B, groups=4), B)  # 2 channels a group
    net.act(net.conv(net.last, 8, Geometry((1, 1)), INT3, groups=8), B)
    work = list(layers_work(net.graph()).values())
    first, second, third = 12 * 8 * 36, 12 * 8 * 18, 12 * 8
    assert work == [Work(first, 0, 8 * first), Work(second, second, second), Work(third, 0, 3 * third)]
    assert network_work(net.graph()).operations == 2 * (8 * first + second + 3 * third)


def test_a_dense_layer_on_pixels_works_once_a_pixel() -> None:
    net = ImageBuilder(np.random.default_rng(0), (3, 2, 4), B)
    net.dense(net.input, 5, B, flat=False)
    net.dense(net.input, 5, B)
    assert [each.macs for each in layers_work(net.graph()).values()] == [6 * 20, 5 * 24]


@pytest.mark.parametrize("bits", [1, 2, 3])
def test_wider_operands_are_worth_more(bits: int) -> None:
    net = ImageBuilder(np.random.default_rng(0), (1, 1, 4), IntType(bits, signed=False))
    net.dense(net.input, 5, IntType(2, signed=True))
    assert network_work(net.graph()) == Work(20, 0, 40 * bits)
