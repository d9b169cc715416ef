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
from tests.frontend.images import outputs, random_codes
from tests.tiers import tiered

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


class Block(nn.Module):
    """torchvision's BasicBlock: two convolutions with batch norms, and a shortcut."""

    def __init__(self, inputs: int, outputs: int, stride: int = 1) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1, self.relu, self.bn2 = nn.BatchNorm2d(outputs), nn.ReLU(inplace=True), nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        shortcut = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))
        self.downsample = shortcut if stride > 1 else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        out = self.bn2(self.conv2(self.relu(self.bn1(self.conv1(x)))))
        return self.relu(out + self.downsample(x))


class ResNet(nn.Module):
    """torchvision's ResNet of two blocks."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1, self.bn1, self.relu = nn.Conv2d(3, 4, 3, padding=1, bias=False), nn.BatchNorm2d(4), nn.ReLU()
        self.layer1, self.layer2 = Block(4, 4), Block(4, 6, stride=2)
        self.avgpool, self.fc = nn.AdaptiveAvgPool2d(1), nn.Linear(6, 5)

    def forward(self, x: Tensor) -> Tensor:
        x = self.layer2(self.layer1(self.relu(self.bn1(self.conv1(x)))))
        return self.fc(torch.flatten(self.avgpool(x), 1))


def resnet() -> nn.Module:
    """A residual network with batch norms as they are after training."""
    net = ResNet()
    for part in net.modules():
        if isinstance(part, nn.BatchNorm2d):
            for array, spread in ((part.running_mean, 1.0), (part.weight, 1.0), (part.bias, 0.5)):
                nn.init.normal_(array, std=spread)
            nn.init.uniform_(part.running_var, 0.5, 2)
    return net


def plain() -> nn.Module:
    """A chain of layers, all in floats."""
    image = [nn.Conv2d(3, 6, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten()]
    return nn.Sequential(*image, nn.Linear(54, 8), nn.ReLU(), nn.Linear(8, 4))


def merged_layerwise(net: nn.Module) -> Any:
    """Batch norms in the weights of their layers, then each layer by itself."""
    return layerwise_quantize(preprocess_for_quantize(net, trace_model=True, equalize_iters=0))


def whole_graph(net: nn.Module) -> Any:
    return quantize(preprocess_for_quantize(net, trace_model=True, equalize_iters=0))


CASES = [
    *((make, whole_graph) for make in (Residual, plain, resnet)),
    *((make, mode) for make in (Residual, plain, resnet) for mode in (layerwise_quantize, merged_layerwise)),
]


@pytest.mark.parametrize("make, mode", CASES)
@pytest.mark.parametrize("seed", tiered([1, 2], 2))
def test_golden_is_brevitas(make: Callable[[], nn.Module], mode: Callable[[nn.Module], Any], seed: int) -> None:
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
    assert any(isinstance(node.op, Sum) for node in graph.nodes) == (make is not plain)
