"""The literature's quantisers: their formulas, their gradients, and that hardware computes the same."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from hwgen.errors import ConfigError, ModelError
from hwgen.ir.ops import Conv, MatMul
from hwgen.ir.types import Bipolar, IntType
from hwgen.nn.binarynet import Binarise
from hwgen.nn.layers import QuantisedConv2d, QuantisedLinear
from hwgen.nn.quantisers import (
    DoReFaWeight,
    LinearQuant,
    PowerOfTwoWeight,
    TernaryConnect,
    TernaryWeight,
    UnitActivation,
)
from tests.nn.agreement import assert_agrees, imported, scatter

WEIGHTS: dict[str, tuple[Callable[[], nn.Module], Bipolar | IntType]] = {
    "dorefa-1": (lambda: DoReFaWeight(1), Bipolar()),
    **{f"dorefa-{k}": ((lambda k=k: DoReFaWeight(k)), IntType(k + 1, True)) for k in range(2, 8)},
    **{f"linear-{k}": ((lambda k=k: LinearQuant(k)), IntType(k, True)) for k in range(2, 9)},
    "shift-2": (lambda: PowerOfTwoWeight(2), IntType(3, True)),
    "shift-3": (lambda: PowerOfTwoWeight(3), IntType(5, True)),
    "twn": (TernaryWeight, IntType(2, True)),
    "ternary-connect": (lambda: TernaryConnect("training"), IntType(2, True)),
    "binary": (Binarise, Bipolar()),
}
ACTIVATIONS: dict[str, Callable[[], nn.Module]] = {
    **{f"unit-{k}": (lambda k=k: UnitActivation(k)) for k in (1, 2, 3, 5, 8)},
    "wide-4": lambda: UnitActivation(4, 3.0),
    **{f"linear-{k}": (lambda k=k: LinearQuant(k)) for k in (2, 4, 8)},
    "binary": Binarise,
}


def quantised(quantiser: nn.Module, *values: float) -> tuple[list[float], list[float]]:
    """What a quantiser makes of values, and the gradient of their sum."""
    x = torch.tensor(values, requires_grad=True)
    y = quantiser(x)
    y.sum().backward()
    assert x.grad is not None
    return y.tolist(), x.grad.tolist()


def test_dorefa_weights_of_one_bit() -> None:
    values, gradient = quantised(DoReFaWeight(1), -0.25, 0.0, 0.5, 1.25)
    assert values == [-0.5, 0.5, 0.5, 0.5]
    assert gradient == [1, 1, 1, 0]


@pytest.mark.parametrize("bits", range(2, 8))
def test_dorefa_weights(bits: int) -> None:
    weight = torch.randn(400, generator=torch.Generator().manual_seed(bits), requires_grad=True)
    found = DoReFaWeight(bits)(weight)
    steps = 2**bits - 1
    bent = torch.tanh(weight.detach()).double()
    expected = 2 * torch.round((bent / (2 * bent.abs().max()) + 0.5) * steps) / steps - 1
    assert torch.allclose(found.double(), expected, atol=1e-6)
    odd = (found * steps).round()
    assert (odd.abs() % 2 == 1).all() and odd.abs().max() == steps
    found.sum().backward()
    slope = (1 - bent**2) / bent.abs().max()
    assert weight.grad is not None and torch.allclose(weight.grad.double(), slope, atol=1e-5)


def test_unit_activations() -> None:
    values, gradient = quantised(UnitActivation(2), -0.5, 0.1, 0.2, 0.5, 0.9, 1.0, 1.5)
    assert values == pytest.approx([0, 0, 1 / 3, 2 / 3, 1, 1, 1])
    assert gradient == [0, 1, 1, 1, 1, 1, 0]
    assert quantised(UnitActivation(4, 3.0), 9.0, 0.31)[0] == pytest.approx([3.0, 0.4])


def test_linear_quantiser() -> None:
    values, gradient = quantised(LinearQuant(3), -2.0, -1.0, -0.3, 0.1, 0.13, 0.8, 2.0)
    assert values == [-1.0, -1.0, -0.25, 0.0, 0.25, 0.75, 0.75]
    assert gradient == [0, 1, 1, 1, 1, 0, 0]


def test_powers_of_two() -> None:
    assert quantised(PowerOfTwoWeight(3), -3.0, -0.7, -0.01, 0.0, 0.3, 0.4, 1.0) == (
        [-1.0, -0.5, -0.125, 0.125, 0.25, 0.5, 1.0],
        [1] * 7,
    )
    assert quantised(PowerOfTwoWeight(2), 0.1, -0.8)[0] == [0.5, -1.0]


def test_ternary_weights() -> None:
    """Threshold 0.7 * 0.5 = 0.35; the kept ones' mean is 0.75."""
    values, gradient = quantised(TernaryWeight(), -0.5, 0.25, -0.25, 1.0)
    assert values == [-0.75, 0.0, 0.0, 0.75]
    assert gradient == [1, 1, 1, 1]


def test_ternary_connect() -> None:
    layer = TernaryConnect("training")
    assert quantised(layer.eval(), -1.5, -0.6, -0.5, 0.4, 0.51)[0] == [-1, -1, 0, 0, 1]
    torch.manual_seed(0)
    levels = torch.tensor([-1.0, -0.25, 0.0, 0.75]).repeat(20_000, 1)
    sampled = layer.train()(levels)
    assert set(sampled.unique().tolist()) == {-1.0, 0.0, 1.0}
    assert torch.allclose(sampled.mean(0), levels[0], atol=0.02)
    assert ((sampled == 0) | (sampled.sign() == levels.sign())).all()


@settings(max_examples=30)
@given(
    names=st.tuples(st.sampled_from(sorted(WEIGHTS)), st.sampled_from(sorted(ACTIVATIONS))), seed=st.integers(0, 9999)
)
def test_golden_is_torch(names: tuple[str, str], seed: int) -> None:
    """A padded convolution, a pool and a dense layer in any of these numbers."""
    (weights, kind), activation = WEIGHTS[names[0]], ACTIVATIONS[names[1]]
    model = nn.Sequential(
        QuantisedConv2d(1, 3, 3, weights(), padding=1),
        nn.MaxPool2d(2),
        nn.BatchNorm2d(3),
        activation(),
        nn.Flatten(),
        QuantisedLinear(12, 4, weights()),
        nn.BatchNorm1d(4),
    )
    scatter(model, seed)
    graph = assert_agrees(model, (1, 4, 4), seed)
    products = [node.op for node in graph.nodes if isinstance(node.op, Conv | MatMul)]
    assert len(products) == 2
    for op in products:
        assert op.weight_type == kind


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: DoReFaWeight(8), "DoReFaWeight: bits must be 1 to 7; found 8."),
        (lambda: UnitActivation(0), "UnitActivation: bits must be 1 to 8; found 0."),
        (lambda: UnitActivation(2, -1.0), "UnitActivation: largest must be positive; found -1."),
        (lambda: LinearQuant(1), "LinearQuant: bits must be 2 to 8; found 1."),
        (lambda: PowerOfTwoWeight(4), "PowerOfTwoWeight: bits must be 2 to 3; found 4."),
        (lambda: TernaryConnect("often"), "stochastic: must be one of never, training, always; found 'often'."),
    ],
)
def test_bad_choices(make: Callable[[], nn.Module], message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        make()
    assert str(caught.value) == message


def test_weights_that_are_all_zero_stay_finite() -> None:
    for make, _ in WEIGHTS.values():
        layer = QuantisedLinear(6, 3, make()).eval()
        layer.weight.data.zero_()
        assert torch.isfinite(layer(torch.ones(2, 6))).all()


def test_random_rounding_is_no_hardware() -> None:
    with pytest.raises(ModelError) as caught:
        imported(nn.Sequential(QuantisedLinear(4, 3, TernaryConnect("always"))), (4,))
    assert str(caught.value) == (
        "0.quantise: hardware must round, or take the sign; found a random quantiser. "
        "Set stochastic to training or never."
    )


def test_the_gradient_reaches_the_weights() -> None:
    x = torch.arange(1.0, 7.0).reshape(1, 6)
    for make, _ in WEIGHTS.values():
        layer = QuantisedLinear(6, 3, make())
        layer.weight.data.mul_(0.4)
        layer(x).sum().backward()
        assert layer.weight.grad is not None and layer.weight.grad.abs().min() > 0
