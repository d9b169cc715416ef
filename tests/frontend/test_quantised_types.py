"""Every weight type with every activation type: Brevitas's own forward against the imported network."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from hwgen.frontend.brevitas import import_module
from hwgen.golden.execute import decode, run
from hwgen.ir.check import check
from hwgen.ir.ops import Activation, MatMul
from hwgen.ir.types import Bipolar, IntType
from tests.frontend.brevitas_nets import WEIGHTS, activation, linear
from tests.tiers import tiered

ACTIVATIONS = ["bipolar", *(f"uint{b}" for b in range(1, 9)), *(f"int{b}" for b in range(2, 9))]


def _net(weight: str, act: str, seed: int) -> Any:
    torch.manual_seed(seed)
    layers = [
        activation("int6"),
        linear(weight, 24, 20, bias=False),
        torch.nn.BatchNorm1d(20),
        activation(act),
        linear(weight, 20, 16, bias=True, per_channel=True),
        torch.nn.BatchNorm1d(16),
        activation(act),
        linear(weight, 16, 5, bias=False),
    ]
    net = torch.nn.Sequential(*layers)
    for _ in range(3):
        net(torch.randn(200, 24))
    for norm in (net[2], net[5]):
        torch.nn.init.normal_(norm.weight)
        torch.nn.init.normal_(norm.bias)
    return net.eval()


@pytest.mark.parametrize("act", tiered(ACTIVATIONS, *ACTIVATIONS[1::2]))
@pytest.mark.parametrize("weight", WEIGHTS)
def test_types_agree_with_brevitas(weight: str, act: str) -> None:
    net = _net(weight, act, seed=len(weight) * 100 + ACTIVATIONS.index(act))
    graph = import_module(net, torch.zeros(1, 24), input_type=IntType(8, signed=True), input_scale=1 / 32)
    check(graph)
    codes = np.random.default_rng(3).integers(-128, 128, (256, 24))
    with torch.no_grad():
        wanted = net(torch.tensor(codes / 32, dtype=torch.float32)).numpy()
    found = decode(graph, run(graph, codes))
    np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-5)
    matmuls = [n.op for n in graph.nodes if isinstance(n.op, MatMul)]
    kinds = [n.output.type.dtype for n in graph.nodes if isinstance(n.op, Activation)]
    names = {"bipolar": Bipolar(), "ternary": IntType(2, signed=True)}
    assert {op.weight_type for op in matmuls} == {names.get(weight) or IntType(int(weight[3:]), signed=True)}
    assert [str(kind) for kind in kinds] == ["int6", act, act]
