"""Reductions of images, signals, tokens and vectors over their channels, against the reference executors."""

from __future__ import annotations

from typing import Any

import brevitas.nn as qnn
import numpy as np
import pytest
import torch

from hwgen.ir.ops import MatMul, Pool
from tests.frontend.brevitas_nets import activation, linear
from tests.frontend.onnx_nets import net, node
from tests.frontend.test_brevitas_images import agree as agree_with_torch
from tests.frontend.test_brevitas_images import conv
from tests.frontend.test_image_operators import LAST, QUANT, agree

SHAPE = (1, 4, 5, 6)
WEIGHTS = np.random.default_rng(0).integers(-3, 4, (5, 4, 3, 3)).astype(np.float32)
REDUCTIONS = ("ReduceMax", "ReduceMin", "ReduceSum", "ReduceMean")


@pytest.mark.parametrize("op", REDUCTIONS)
@pytest.mark.parametrize("axes", [[1], [-3], [1, 2], [1, -1], [1, 2, 3]])
@pytest.mark.parametrize("keep", [0, 1])
def test_reductions_over_channels(op: str, axes: list[int], keep: int) -> None:
    reduced = node(op, "h axes", "e", keepdims=keep)
    model = net(
        [node("Conv", "x w", "h"), reduced, LAST], shape=SHAPE, opset=18, w=WEIGHTS, axes=np.int64(axes), **QUANT
    )
    graph = agree(model, SHAPE)
    if op in ("ReduceSum", "ReduceMean") and len(axes) == 1:
        (ones,) = (each.op for each in graph.nodes if isinstance(each.op, MatMul))
        assert np.all(ones.weights == 1)
    else:
        assert any(isinstance(each.op, Pool) for each in graph.nodes)


@pytest.mark.parametrize("op", REDUCTIONS)
@pytest.mark.parametrize("factor", [0.25, -0.5])
def test_reductions_of_signals(op: str, factor: float) -> None:
    """The largest real value is the smallest code where the scale is negative."""
    nodes = [node("Conv", "x w", "h"), node("Mul", "h f", "m"), node(op, "m axes", "e"), LAST]
    given = {"axes": np.int64([1]), "f": np.float32(factor)}
    agree(net(nodes, shape=(1, 4, 9), opset=18, w=WEIGHTS[:, :, 0], **given, **QUANT), (1, 4, 9))


@pytest.mark.parametrize("op", REDUCTIONS)
def test_reductions_of_vectors(op: str) -> None:
    weights = np.random.default_rng(1).integers(-3, 4, (4, 7)).astype(np.float32)
    nodes = [node("MatMul", "x w", "h"), node(op, "h axes", "e"), LAST]
    agree(net(nodes, shape=(1, 4), opset=18, w=weights, axes=np.int64([-1]), **QUANT), (1, 4))


class Attention(torch.nn.Module):
    """The maximum and the mean over channels side by side: the spatial gate of CBAM without its product."""

    def __init__(self) -> None:
        super().__init__()
        self.first = torch.nn.Sequential(activation("int4"), conv("int4", 3, 4, padding=1), qnn.QuantReLU(bit_width=4))
        self.same = qnn.QuantIdentity(bit_width=4)
        self.last = conv("int4", 2, 3, kernel=3, padding=1)

    def forward(self, x: torch.Tensor) -> Any:
        x = self.first(x)
        return self.last(self.same(torch.cat([x.amax(1, keepdim=True), x.mean(1, keepdim=True)], 1)))


class Votes(torch.nn.Module):
    """The sum over samples of the largest channel of each."""

    def __init__(self) -> None:
        super().__init__()
        self.first = torch.nn.Sequential(activation("int4"), conv("int4", 3, 5, one=True), activation("int4"))
        self.last = torch.nn.Sequential(activation("int5"), linear("int4", 1, 3, bias=False))

    def forward(self, x: torch.Tensor) -> Any:
        return self.last(self.first(x).max(1, keepdim=True)[0].sum(2))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("network", "shape"), [(Attention, (1, 3, 6, 5)), (Votes, (1, 3, 9))])
def test_networks_agree_with_brevitas(network: Any, shape: tuple[int, ...], seed: int) -> None:
    torch.manual_seed(seed)
    agree_with_torch(network(), shape, seed=seed)
