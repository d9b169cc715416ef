"""Activations of every kind in front of a quantiser: torch and golden agree, and every back end with golden."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import brevitas.nn as qnn
import numpy as np
import pytest
import torch
from torch import nn

import hwgen
from hwgen.hw.kernels.threshold import ThresholdUnit
from hwgen.ir.graph import Graph
from hwgen.ir.ops import Threshold
from hwgen.ir.types import IntType
from tests.builders import random_folding
from tests.end_to_end.modules import agreeing
from tests.end_to_end.prove import prove
from tests.frontend.judge import agreement
from tests.frontend.onnx_nets import net, node
from tests.tiers import tiered

INT8 = IntType(8, signed=True)


class Of(nn.Module):
    """A function of a tensor as a module."""

    def __init__(self, function: Callable[[torch.Tensor], torch.Tensor]) -> None:
        super().__init__()
        self.function = function

    def forward(self, x: Any) -> torch.Tensor:
        return self.function(getattr(x, "value", x))


def quantised(bits: int) -> nn.Module:
    return qnn.QuantIdentity(bit_width=bits)


def dense(inputs: int, outputs: int, bits: int = 4, *, bias: bool = True) -> nn.Module:
    return qnn.QuantLinear(inputs, outputs, bias=bias, weight_bit_width=bits)


def perceptron(activation: nn.Module, bits: int, weights: int = 4) -> nn.Module:
    """Two dense layers, batch norm with falling channels between them."""
    layers = [
        quantised(bits),
        dense(9, 7, weights),
        nn.BatchNorm1d(7),
        activation,
        quantised(bits),
        dense(7, 4, weights),
    ]
    return nn.Sequential(*layers)


def mish_on_images() -> nn.Module:
    conv = qnn.QuantConv2d(3, 5, 3, stride=2, padding=1, bias=False, weight_bit_width=3)
    head = [nn.Flatten(), dense(5 * 9, 4)]
    return nn.Sequential(quantised(5), conv, nn.BatchNorm2d(5), nn.Mish(), quantised(6), *head)


def gelu_on_signals() -> nn.Module:
    conv = qnn.QuantConv1d(2, 4, 5, padding=2, bias=True, weight_bit_width=4)
    return nn.Sequential(quantised(4), conv, nn.GELU(), quantised(4), nn.MaxPool1d(2), nn.Flatten(), dense(4 * 6, 3))


def slopes_of_channels() -> nn.Module:
    """A depthwise convolution whose slopes below zero rise, fall and vanish."""
    slopes = nn.PReLU(6)
    with torch.no_grad():
        slopes.weight.copy_(torch.tensor([0.25, -0.5, -1.0, 0.0, 1.5, -0.1]))
    conv = qnn.QuantConv2d(6, 6, 3, padding=1, groups=6, bias=False, weight_bit_width=4)
    return nn.Sequential(quantised(4), conv, nn.BatchNorm2d(6), slopes, quantised(4), nn.Flatten(), dense(6 * 16, 3))


def tables() -> nn.Module:
    """Functions of few-bit codes: the input's, and those of one layer's outputs that a second quantiser reads."""
    return nn.Sequential(
        *(Of(lambda x: x * torch.sigmoid(4 * x)), quantised(8), dense(8, 6), quantised(7)),
        *(qnn.QuantTanh(bit_width=6), dense(6, 6), qnn.QuantSigmoid(bit_width=4), dense(6, 3)),
    )


class Residual(nn.Module):
    """A layer around which its quantised input goes, scales of their own, and an activation of the sum."""

    def __init__(self) -> None:
        super().__init__()
        self.ends = nn.ModuleList([quantised(4), dense(6, 6), quantised(5), quantised(5), dense(6, 3)])
        self.activation = nn.SiLU()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        first, layer, side, last, end = self.ends
        x = first(x)
        result: torch.Tensor = end(last(self.activation(x + side(layer(x)))))
        return result


MODULES: dict[str, tuple[Callable[[], nn.Module], tuple[int, ...]]] = {
    "silu_w4a4": (lambda: perceptron(nn.SiLU(), 4), (9,)),
    "hard_swish_w8a8": (lambda: perceptron(nn.Hardswish(), 8, 8), (9,)),
    "square_w2a3": (lambda: perceptron(Of(lambda x: x * x - 1), 3, 2), (9,)),
    "mish_on_images": (mish_on_images, (3, 6, 6)),
    "gelu_on_signals": (gelu_on_signals, (2, 12)),
    "slopes_of_channels": (slopes_of_channels, (6, 4, 4)),
    "residual": (Residual, (6,)),
    "tables": (tables, (8,)),
}


def loaded(name: str) -> Graph:
    """The network of a module, once it agrees with torch on random codes."""
    return agreeing(MODULES, name, "int8", 1 / 32, 300)


def turning(graph: Graph) -> list[str]:
    """Layers whose codes rise and fall."""
    return [node.name for node in graph.nodes if isinstance(node.op, Threshold) and node.op.codes.size]


@pytest.mark.parametrize("name", MODULES)
def test_torch_and_golden_agree(name: str) -> None:
    assert turning(loaded(name))


@pytest.mark.parametrize("name", tiered(MODULES, *list(MODULES)[:-1]))
def test_every_back_end(name: str, tmp_path: Path) -> None:
    graph = loaded(name)
    seed = len(name)
    wishes = random_folding(np.random.default_rng(seed), graph)
    folding = {layer: wish.model_dump(exclude_none=True) for layer, wish in wishes.items()}
    design = hwgen.compile(graph, folding=folding)
    found = [unit for unit in design.design.units if isinstance(unit, ThresholdUnit) and unit.lookup is not None]
    assert found or name != "tables"
    prove(design, seed, 4, tmp_path)


W = np.asarray([[1, -1, 2], [0, 3, -2], [-3, 1, 1], [2, 0, -1]], dtype=np.float32)
FILES = {
    "hard_threshold": (
        [node("Greater", "h o", "t"), node("Cast", "t", "g", to=1), node("Mul", "h g", "e")],
        {"o": np.float32(1.5)},
    ),
    "root_of_size": ([node("Abs", "h", "a"), node("Sqrt", "a", "e")], {}),
    "cubic": ([node("Pow", "h p", "k"), node("Mul", "h c", "m"), node("Sub", "k m", "e")], {"p": 3.0, "c": 9.0}),
}


@pytest.mark.parametrize("name", tiered(FILES, *list(FILES)[1:]))
def test_files(name: str, tmp_path: Path) -> None:
    middle, given = FILES[name]
    nodes = [
        node("MatMul", "x w", "h", name="dense"),
        *middle,
        node("Quant", "e s z b", "q", name="last", signed=1, narrow=0),
        node("MatMul", "q v", "y", name="end"),
    ]
    constants = {key: np.float32(value) for key, value in given.items()}
    model = net(nodes, w=W, v=W[:3], s=np.float32(0.5), z=np.float32(0), b=np.float32(4), **constants)
    assert agreement(model) == ""
    path = tmp_path / "net.onnx"
    path.write_bytes(model.SerializeToString())
    graph = hwgen.load(path, input_type="int5", input_scale=0.25)
    prove(hwgen.compile(graph, folding={"fc0": {"pe": 2, "simd": 3}, "fc1": {"pe": 1, "simd": 2}}), 3, 4, tmp_path)
