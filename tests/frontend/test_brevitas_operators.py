"""Operators that torch does not export: adaptive pools of any size and thresholds, against torch's own."""

from __future__ import annotations

from collections.abc import Callable

import brevitas.nn as qnn
import numpy as np
import pytest
import torch
from torch import nn

from hwgen.frontend import load
from hwgen.frontend.brevitas_operators import runs_of
from hwgen.ir.ops import Concat, Pool
from hwgen.ir.types import IntType
from tests.frontend.images import outputs, random_codes
from tests.tiers import tiered

INT8 = IntType(8, signed=True)
Size = tuple[int, ...]


def image(pool: nn.Module, bits: int = 4) -> nn.Module:
    """A convolution, a pool of its codes, and a quantiser."""
    layer = qnn.QuantConv2d(2, 3, 3, padding=1, bias=True, weight_bit_width=4)
    return nn.Sequential(qnn.QuantIdentity(bit_width=8), layer, qnn.QuantReLU(bit_width=bits), pool)


def signal(pool: nn.Module) -> nn.Module:
    layer = qnn.QuantConv1d(2, 3, 3, padding=1, bias=True, weight_bit_width=4)
    return nn.Sequential(qnn.QuantIdentity(bit_width=8), layer, nn.ReLU(), pool, qnn.QuantIdentity(bit_width=5))


def classified(pool: nn.Module, features: int) -> nn.Module:
    """As torchvision's AlexNet and VGG end: an adaptive pool in front of dense layers."""
    layers = [nn.Flatten(), qnn.QuantIdentity(bit_width=6), qnn.QuantLinear(features, 4, bias=True, weight_bit_width=4)]
    return nn.Sequential(*image(pool), *layers)


CASES: dict[str, tuple[Callable[[], nn.Module], Size]] = {
    "windows_that_overlap": (lambda: image(nn.AdaptiveAvgPool2d(3)), (2, 7, 7)),
    "mean_of_two_lengths": (lambda: classified(nn.AdaptiveAvgPool2d(3), 27), (2, 8, 8)),
    "more_windows_than_pixels": (lambda: image(nn.AdaptiveAvgPool2d((5, 2))), (2, 3, 4)),
    "other_sizes_along_each_axis": (lambda: classified(nn.AdaptiveAvgPool2d((2, 3)), 18), (2, 5, 7)),
    "one_axis_divides": (lambda: classified(nn.AdaptiveAvgPool2d((3, 4)), 36), (2, 8, 8)),
    "maximum": (lambda: image(nn.AdaptiveMaxPool2d(4)), (2, 6, 7)),
    "maximum_of_two_lengths": (lambda: classified(nn.AdaptiveMaxPool2d((3, 2)), 18), (2, 8, 5)),
    "mean_of_a_signal": (lambda: signal(nn.AdaptiveAvgPool1d(4)), (2, 13)),
    "maximum_of_a_signal": (lambda: signal(nn.AdaptiveMaxPool1d(5)), (2, 11)),
    "windows_that_divide": (lambda: image(nn.AdaptiveAvgPool2d(2)), (2, 6, 6)),
    "one_window": (lambda: image(nn.AdaptiveMaxPool2d(1)), (2, 5, 7)),
    "threshold": (lambda: nn.Sequential(*signal(nn.Threshold(0.25, -1.5))), (2, 9)),
    "threshold_of_codes": (lambda: classified(nn.Threshold(0.3, 0.125), 48), (2, 4, 4)),
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("seed", tiered([1, 2], 2))
def test_golden_is_torch(name: str, seed: int) -> None:
    torch.manual_seed(seed)
    make, size = CASES[name]
    net = make()
    net(torch.randn(32, *size))
    net.eval()
    for parameter, value in [*net.named_parameters(), *net.named_buffers()]:
        if parameter.endswith(("scaling_impl.value", "scaling_impl.buffer")) and "weight" not in parameter:
            value.data *= 0.9 + 0.2 * torch.rand(())  # so that means are no ties, which float32 would decide
    net(torch.randn(2, *size))
    graph = load(net, torch.zeros(1, *size), input_type=INT8, input_scale=1 / 32)
    codes = random_codes(graph, 40, size, seed)
    with torch.no_grad():
        wanted = net(torch.tensor(codes / 32, dtype=torch.float32))
    wanted = np.asarray(getattr(wanted, "value", wanted)).reshape(40, -1)
    np.testing.assert_allclose(outputs(graph, codes), wanted, rtol=1e-4, atol=2e-5)


def test_alike_windows_are_one_pool() -> None:
    net = image(nn.AdaptiveAvgPool2d(3))
    net(torch.randn(8, 2, 7, 7))
    graph = load(net.eval(), torch.zeros(1, 2, 7, 7), input_type=INT8)
    (pool,) = (node.op for node in graph.nodes if isinstance(node.op, Pool))
    assert (pool.geometry.kernel, pool.geometry.stride) == ((3, 3), (2, 2))
    assert not any(isinstance(node.op, Concat) for node in graph.nodes)


@pytest.mark.parametrize("pixels", range(1, 24))
@pytest.mark.parametrize("windows", [1, 2, 3, 5, 7, 9, 16])
def test_windows_are_those_of_torch(pixels: int, windows: int) -> None:
    read = torch.zeros(windows, pixels)
    for pixel in range(pixels):
        one = torch.zeros(1, 1, pixels)
        one[0, 0, pixel] = 1
        read[:, pixel] = nn.functional.adaptive_avg_pool1d(one, windows)[0, 0]
    found = [
        (run.start + index * run.stride, run.size) for run in runs_of(pixels, windows) for index in range(run.count)
    ]
    assert found == [(int(row.nonzero()[0, 0]), int((row > 0).sum())) for row in read]
