"""BinaryNet's layers: what they compute in training, and that hardware computes the same."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from hwgen.errors import ConfigError, ModelError
from hwgen.ir.ops import Conv
from hwgen.nn.binarynet import (
    Binarise,
    BinaryConv2d,
    BinaryLinear,
    ShiftBatchNorm1d,
    ShiftBatchNorm2d,
    power_of_two,
    squared_hinge,
)
from hwgen.zoo.binarynet import convolutional, mlp
from hwgen.zoo.datasets import DIGITS, Kind
from tests.nn.agreement import assert_agrees, imported, scatter


def test_sign_and_its_gradient() -> None:
    x = torch.tensor([-2.0, -1.0, -0.5, -0.0, 0.0, 0.5, 1.0, 1.5], requires_grad=True)
    y = Binarise()(x)
    assert y.tolist() == [-1, -1, -1, 1, 1, 1, 1, 1]
    y.backward(torch.arange(8.0))
    assert x.grad is not None
    assert x.grad.tolist() == [0, 1, 2, 3, 4, 5, 6, 0]


def test_random_binarisation_follows_the_hard_sigmoid() -> None:
    torch.manual_seed(0)
    levels = torch.tensor([-1.5, -1.0, -0.5, 0.0, 0.5, 1.0, 1.5]).repeat(20_000, 1).requires_grad_()
    layer = Binarise("training")
    sampled = layer(levels)
    assert set(sampled.unique().tolist()) == {-1.0, 1.0}
    assert torch.allclose((sampled > 0).float().mean(0), torch.tensor([0, 0, 0.25, 0.5, 0.75, 1, 1]), atol=0.02)
    sampled.sum().backward()
    assert levels.grad is not None
    assert levels.grad[0].tolist() == [0, 1, 1, 1, 1, 1, 0]
    assert torch.equal(layer.eval()(levels), Binarise()(levels))
    always = Binarise("always").eval()
    assert not torch.equal(always(levels), always(levels))


def test_layers_multiply_by_signs() -> None:
    torch.manual_seed(0)
    x, image = torch.randint(-9, 10, (5, 7)).float(), torch.randint(-9, 10, (2, 3, 6, 5)).float()
    dense, conv = BinaryLinear(7, 4), BinaryConv2d(3, 4, 3, padding=1)
    assert torch.equal(dense(x), x @ dense.weight.sign().T)
    assert torch.equal(conv(image), nn.functional.conv2d(image, conv.weight.sign(), padding=1))
    assert torch.equal(conv.quant_weight(), conv.weight.sign())
    dense(x).sum().backward()
    assert dense.weight.grad is not None and torch.equal(dense.weight.grad, x.sum(0).expand(4, 7))


def test_powers_of_two() -> None:
    x = torch.tensor([0.0, 1.0, -1.0, 1.4, 1.5, 2.9, -3.0, 0.36, -1e-3], requires_grad=True)
    y = power_of_two(x)
    assert y.tolist() == [0, 1, -1, 1, 2, 4, -4, 0.5, -(2.0**-10)]
    y.sum().backward()
    assert x.grad is not None and x.grad.tolist() == [1] * 9


def test_shift_based_batch_norm() -> None:
    """Near plain batch norm in training; a shift and a sum by channel in evaluation."""
    torch.manual_seed(0)
    layer, x = ShiftBatchNorm1d(3), torch.randn(4000, 3) * torch.tensor([0.3, 2.0, 9.0]) + 5
    y = layer(x)
    assert y.mean(0).abs().max() < 1e-5
    assert ((y.std(0) > 0.7) & (y.std(0) < 1.5)).all()
    ratio = y / (x - x.mean(0))
    assert torch.equal(torch.frexp(ratio.median(0).values).mantissa, torch.full((3,), 0.5))
    layer.running_mean.copy_(torch.tensor([1.0, 2.0, 3.0]))
    layer.running_var.copy_(torch.tensor([4.0, 0.25, 60.0]))
    layer.weight.data.copy_(torch.tensor([1.0, -3.0, 0.4]))
    layer.bias.data.copy_(torch.tensor([0.5, 0.0, -1.0]))
    expected = (x - torch.tensor([1.0, 2.0, 3.0])) * torch.tensor([0.5, -8.0, 0.0625]) + torch.tensor([0.5, 0, -1])
    assert torch.equal(layer.eval()(x), expected)


def test_squared_hinge() -> None:
    scores = torch.tensor([[2.0, -0.5, 0.0], [-1.0, -1.0, 3.0]])
    found = squared_hinge(scores, torch.tensor([0, 1]))
    assert float(found) == pytest.approx((0 + 0.25 + 1 + 0 + 4 + 16) / 6)


@settings(max_examples=12)
@given(seed=st.integers(0, 10_000), shift=st.booleans(), padding=st.integers(0, 1), pooled=st.booleans())
def test_golden_is_torch(seed: int, shift: bool, padding: int, pooled: bool) -> None:
    """Convolution, pool, batch norm, sign, as the paper orders them, with parameters as odd as can be."""
    norm = ShiftBatchNorm2d if shift else nn.BatchNorm2d
    last = ShiftBatchNorm1d if shift else nn.BatchNorm1d
    side = 6 if padding else 2
    size = side // 2 if pooled else side
    model = nn.Sequential(
        BinaryConv2d(2, 4, 3, padding=padding),
        norm(4),
        Binarise(),
        BinaryConv2d(4, 5, 3, padding=padding),
        nn.MaxPool2d(2) if pooled else nn.Identity(),
        norm(5),
        Binarise(),
        nn.Flatten(),
        BinaryLinear(5 * size * size, 3),
        last(3),
    )
    scatter(model, seed)
    assert_agrees(model, (2, 6, 6), seed)


def test_ties_go_to_plus_one() -> None:
    """Accumulators equal to the mean meet sign(0): channels that rise, and channels that fall."""
    model = nn.Sequential(BinaryLinear(9, 6), ShiftBatchNorm1d(6), Binarise(), BinaryLinear(6, 2))
    norm = model[1]
    assert isinstance(norm, ShiftBatchNorm1d)
    norm.weight.data.copy_(torch.tensor([1.0, -1.0, 3.0, -0.2, 1.0, -1.0]))
    norm.running_mean.copy_(torch.tensor([0.25, 0.25, -0.5, -0.5, 0.0, 0.0]))
    graph = assert_agrees(model, (9,), count=400)
    assert graph.decoding.offset == 0


@pytest.mark.parametrize("shift", [False, True], ids=["batch norm", "shift"])
def test_the_networks_of_the_paper(shift: bool) -> None:
    """Small versions: padded by a true 0, the last layer's batch norm in the decoding."""
    kind = Kind("colours", (8, 8, 3), 16, in_folder=False)
    model = convolutional(kind=kind, width=4, dense=12, shift=shift, stochastic="training")
    scatter(model, 3)
    graph = assert_agrees(model, (3, 8, 8))
    convolutions = [node.op for node in graph.nodes if isinstance(node.op, Conv)]
    assert len(convolutions) == 6 and all(op.geometry.padding == (1, 1, 1, 1) for op in convolutions)
    assert np.shape(graph.decoding.scale) == (10,)
    dense = mlp(kind=DIGITS, hidden=16, layers=2, shift=shift)
    scatter(dense, 4)
    assert_agrees(dense, (1, 8, 8))


def test_random_binarisation_is_no_hardware() -> None:
    model = nn.Sequential(BinaryLinear(4, 3), nn.BatchNorm1d(3), Binarise("always"), BinaryLinear(3, 2))
    with pytest.raises(ModelError) as caught:
        imported(model, (4,))
    assert str(caught.value) == (
        "2: hardware must round, or take the sign; found a random quantiser. Set stochastic to training or never."
    )
    with pytest.raises(ModelError) as caught:
        imported(nn.Sequential(BinaryLinear(4, 3, stochastic="always")), (4,))
    assert str(caught.value).startswith("0.quantise: hardware must round, or take the sign; found a random quantiser.")


def test_an_unknown_choice() -> None:
    with pytest.raises(ConfigError) as caught:
        Binarise("sometimes")
    assert str(caught.value) == "stochastic: must be one of never, training, always; found 'sometimes'."
