"""Float networks that Brevitas's graph mode quantises after training, against its own forward."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from brevitas.graph.calibrate import calibration_mode
from brevitas.graph.quantize import layerwise_quantize, preprocess_for_quantize, quantize
from torch import Tensor, nn

from hwgen.frontend import load
from hwgen.ir.ops import Sum
from hwgen.ir.types import IntType
from hwgen.nn import prepare_torch
from tests.frontend.images import outputs, random_codes

INT8 = IntType(8, signed=True)


class Residual(nn.Module):
    """A convolution with batch norm, a shortcut around another, a mean pool and a dense layer, all in floats."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 6, 3, padding=1), nn.BatchNorm2d(6), nn.ReLU())
        self.body, self.relu = nn.Conv2d(6, 6, 3, padding=1), nn.ReLU()
        self.pool, self.end = nn.AvgPool2d(2), nn.Linear(96, 5)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        return self.end(torch.flatten(self.pool(self.relu(self.body(x) + x)), 1))


def plain() -> nn.Module:
    """A chain of layers, all in floats."""
    image = [nn.Conv2d(3, 6, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten()]
    return nn.Sequential(*image, nn.Linear(54, 8), nn.ReLU(), nn.Linear(8, 4))


def whole_graph(net: nn.Module) -> Any:
    return quantize(preprocess_for_quantize(net, trace_model=True, equalize_iters=0))


@pytest.mark.parametrize("make, mode", [(Residual, whole_graph), (plain, whole_graph), (plain, layerwise_quantize)])
@pytest.mark.parametrize("seed", [1, 2])
def test_golden_is_brevitas(make: Callable[[], nn.Module], mode: Callable[[nn.Module], Any], seed: int) -> None:
    prepare_torch()
    torch.manual_seed(seed)
    quantised = mode(make().eval())
    with torch.no_grad(), calibration_mode(quantised):
        quantised(torch.randn(64, 3, 8, 8))
    graph = load(quantised.eval(), torch.zeros(1, 3, 8, 8), input_type=INT8, input_scale=1 / 32)
    codes = random_codes(graph, 40, (3, 8, 8), seed)
    with torch.no_grad():
        wanted = quantised(torch.tensor(codes / 32, dtype=torch.float32))
    wanted = np.asarray(getattr(wanted, "value", wanted)).reshape(40, -1)
    np.testing.assert_allclose(outputs(graph, codes), wanted, rtol=1e-4, atol=2e-5)
    assert any(isinstance(node.op, Sum) for node in graph.nodes) == (make is Residual)
