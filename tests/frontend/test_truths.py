"""Comparisons in front of layers, pools and joins: quantisers of one bit, or of few whole numbers."""

from __future__ import annotations

import brevitas.nn as qnn
import numpy as np
import onnx
import pytest
import torch

from hwgen.frontend.qonnx import import_qonnx
from hwgen.ir.ops import Activation
from hwgen.ir.types import IntType
from tests.frontend.brevitas_nets import activation
from tests.frontend.join_nets import FLOAT, LAST, C, joined
from tests.frontend.judge import agreement
from tests.frontend.onnx_nets import node
from tests.frontend.test_brevitas_images import agree, conv

INTO = node("Conv", "t w", "y", name="last")
BIT = IntType(1, signed=False)
NETS = {
    "spike": ([node("Greater", "h k", "i"), FLOAT, INTO], BIT),
    "spike_that_falls": ([node("Less", "h k", "i"), FLOAT, INTO], BIT),
    "scaled_spike": (
        [node("GreaterOrEqual", "h k", "i"), node("Cast", "i", "f", to=1), node("Mul", "f p", "t"), INTO], BIT
    ),
    "both": ([node("Greater", "h k", "l"), node("Less", "h four", "o"), node("And", "l o", "i"), FLOAT, INTO], BIT),
    "either": ([node("Greater", "h four", "l"), node("Less", "h k", "o"), node("Or", "l o", "i"), FLOAT, INTO], BIT),
    "equal": ([node("Equal", "h k", "i"), FLOAT, INTO], BIT),
    "sign": ([node("Sign", "h", "t"), INTO], IntType(2, signed=True)),
    "pooled": ([node("Greater", "h k", "i"), FLOAT, node("AveragePool", "t", "e", kernel_shape=[2, 2]), LAST], BIT),
    "beside_itself": ([node("Greater", "h k", "i"), FLOAT, node("Concat", "t t", "e", axis=1), LAST], BIT),
    "in_front_of_a_quantiser": ([node("Equal", "h k", "i"), node("Cast", "i", "e", to=1), LAST], None),
}  # fmt: skip


def model(name: str) -> onnx.ModelProto:
    return joined(*NETS[name][0], k=C, four=np.float32(4))


@pytest.mark.parametrize("name", NETS)
def test_comparisons_agree_with_the_reference_executor(name: str) -> None:
    assert agreement(model(name)) == ""
    graph = import_qonnx(model(name), input_type=IntType(5, signed=True), input_scale=0.25)
    kinds = [each.output.type.dtype for each in graph.nodes if isinstance(each.op, Activation)]
    assert NETS[name][1] is None or NETS[name][1] in kinds


class Spiking(torch.nn.Module):
    """Layers that fire where their sums exceed a bound."""

    def __init__(self, bound: float) -> None:
        super().__init__()
        self.bound, self.same = bound, activation("int4")
        self.first, self.second = conv("int4", 3, 5, padding=1), conv("int4", 5, 4, padding=1)
        self.last = conv("int4", 4, 2, kernel=2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = (self.first(self.same(x)) > self.bound).float()
        x = (self.second(x) >= self.bound).to(torch.float32)
        return self.last(torch.nn.functional.max_pool2d(x, 2))


class Sparse(torch.nn.Module):
    """Small numbers are left out in front of a quantiser."""

    def __init__(self, bound: float) -> None:
        super().__init__()
        self.bound, self.same, self.coded = bound, activation("int4"), qnn.QuantIdentity(bit_width=4)
        self.first, self.last = conv("int4", 3, 5, padding=1), conv("int4", 5, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.first(self.same(x))
        x = torch.where((x > self.bound) | (x < -self.bound), x, torch.zeros_like(x))
        return self.last(self.coded(torch.nn.functional.hardshrink(x, 1.5 * self.bound)))


@pytest.mark.parametrize("network", [Spiking, Sparse])
@pytest.mark.parametrize("seed", range(3))
def test_networks_agree_with_brevitas(network: type[torch.nn.Module], seed: int) -> None:
    torch.manual_seed(seed)
    agree(network(0.0437 + 0.05 * seed), (1, 3, 6, 5 + seed), seed=seed)
