"""The layers of XNOR-Net and BWN: the paper's equations, their gradient, and golden equal to their forward."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from brevitas.nn import QuantIdentity, QuantReLU
from brevitas.quant.fixed_point import Uint8ActPerTensorFixedPointMaxInit
from torch import nn

import hwgen
from hwgen.errors import ModelError
from hwgen.golden.execute import decode
from hwgen.ir.ops import Conv, Magnitude, MatMul, Scale
from hwgen.ir.types import Bipolar
from hwgen.nn.xnor import BWNConv2d, BWNLinear, XNORConv2d, XNORInput, XNORLinear


class Half(Uint8ActPerTensorFixedPointMaxInit):
    """Unsigned activations of 3 bits, for BWN."""

    bit_width = 3
    max_val = 2.0


def random_norm(channels: int, *, flat: bool = False) -> nn.Module:
    """A batch norm with gammas of both signs and statistics of its own."""
    norm = (nn.BatchNorm1d if flat else nn.BatchNorm2d)(channels, momentum=1.0)
    with torch.no_grad():
        norm.weight.copy_(torch.randn(channels))
        norm.bias.copy_(torch.randn(channels) / 4)
    return norm


def layer(kind: str, inputs: int, outputs: int, **options: Any) -> nn.Module:
    if kind == "bwn":
        return BWNConv2d(inputs, outputs, options.pop("kernel"), **options)
    return XNORConv2d(inputs, outputs, options.pop("kernel"), k=kind == "k", **options)


def network(kind: str, seed: int, **options: Any) -> nn.Module:
    """An input quantiser and two layers of a kind, batch norm before each, the second dense."""
    torch.manual_seed(seed)
    conv = layer(kind, 3, 6, **options)
    size = conv(torch.zeros(1, 3, 7, 6)).numel()
    first = QuantReLU(act_quant=Half) if kind == "bwn" else nn.Identity()
    again = QuantReLU(act_quant=Half) if kind == "bwn" else nn.Identity()
    dense = BWNLinear(size, 5) if kind == "bwn" else XNORLinear(size, 5, k=kind == "k")
    last = QuantIdentity(act_quant=XNORInput, bit_width=4)
    norms = random_norm(3), random_norm(6), random_norm(5, flat=True)
    net = nn.Sequential(norms[0], first, conv, norms[1], again, nn.Flatten(), dense, norms[2], last)
    net(torch.randn(64, 3, 7, 6))
    return net.eval()


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    "options",
    [
        {"kernel": 3, "padding": 1},
        {"kernel": (3, 2), "stride": (2, 1)},
        {"kernel": 1},
        {"kernel": 3, "padding": 1, "stride": 2},
    ],
    ids=str,
)
@pytest.mark.parametrize("kind", ["bwn", "plain", "k"])
def test_golden_is_the_forward(kind: str, options: dict[str, Any], seed: int) -> None:
    net = network(kind, seed, **options)
    graph = hwgen.load(net, torch.zeros(1, 3, 7, 6), name="net", input_type="int8", input_scale=1 / 32)
    kinds = [type(node.op) for node in graph.nodes]
    assert (Scale in kinds, Magnitude in kinds) == (kind == "k",) * 2 and kinds.count(Scale) == 2 * (kind == "k")
    weights = [node.op for node in graph.nodes if isinstance(node.op, Conv | MatMul)]
    assert len(weights) == 2 and all(isinstance(op.weight_type, Bipolar) for op in weights)
    built = hwgen.compile(graph)
    codes = np.random.default_rng(seed).integers(-128, 128, (50, 7, 6, 3))
    with torch.no_grad():
        wanted = net.double()(torch.tensor(codes.transpose(0, 3, 1, 2) / 32)).numpy()
    found = decode(built.graph, built.outputs(codes))
    assert np.array_equal(found, wanted)
    assert np.ptp(found) > 0 and not np.array_equal(found, wanted[::-1])


@pytest.mark.parametrize("bits", [2, 3, 8])
def test_bits_of_the_input(bits: int) -> None:
    torch.manual_seed(bits)
    net = nn.Sequential(XNORLinear(6, 4, bits=bits))
    graph = hwgen.load(net.eval(), torch.zeros(1, 6), name="net", input_type="int8", input_scale=1 / 32)
    assert next(node for node in graph.nodes if isinstance(node.op, Magnitude)).inputs[0].type.dtype.bits == bits


def test_the_equation_of_the_paper() -> None:
    """Y = (sign(I) * sign(W)) . K . alpha, window by window in plain loops; padding adds nothing."""
    torch.manual_seed(1)
    conv = XNORConv2d(3, 2, 3, padding=1, bits=8).double().eval()
    x = torch.randn(2, 3, 4, 5, dtype=torch.float64)
    with torch.no_grad():
        found = conv(x).numpy()
        numbers = conv.signed.numbers(x).numpy()
    weight = conv.weight.detach().numpy()
    wide = np.pad(numbers, ((0, 0), (0, 0), (1, 1), (1, 1)))
    signs = np.pad(np.where(numbers >= 0, 1, -1), ((0, 0), (0, 0), (1, 1), (1, 1)))
    for n, o, y, x_ in np.ndindex(*found.shape):
        window = np.s_[n, :, y : y + 3, x_ : x_ + 3]
        k = np.abs(wide[window]).mean(axis=0).sum() / 9
        alpha = np.float32(np.abs(weight[o]).mean())
        product = (signs[window] * np.where(weight[o] >= 0, 1, -1)).sum()
        np.testing.assert_allclose(found[n, o, y, x_], product * k * alpha, rtol=1e-12)


def test_the_gradient_of_the_paper() -> None:
    """dC/dW = dC/dW~ (1/n + alpha where |W| <= 1), W~ = alpha sign(W)."""
    torch.manual_seed(2)
    dense, x = BWNLinear(6, 3), torch.randn(5, 6)
    with torch.no_grad():
        dense.weight.mul_(4)
    assert bool((dense.weight.abs() > 1).any())
    cost = torch.randn(5, 3)
    (dense(x) * cost).sum().backward()
    alphas = dense.weight.detach().abs().mean(1, keepdim=True)
    by_scaled = cost.T @ x
    wanted = by_scaled * (1 / 6 + alphas * (dense.weight.detach().abs() <= 1))
    torch.testing.assert_close(dense.weight.grad, wanted)


def test_inputs_learn_through_signs_and_k() -> None:
    for k in (False, True):
        x = torch.linspace(-1.5, 1.5, 12).reshape(2, 6).requires_grad_()
        XNORLinear(6, 3, k=k)(x).square().sum().backward()
        assert x.grad is not None and bool((x.grad.abs() > 0).any())


@pytest.mark.parametrize("module", [BWNConv2d(2, 3, 3), BWNLinear(4, 3), XNORConv2d(2, 3, 3), XNORLinear(4, 3)])
def test_a_filter_of_zeros(module: nn.Module) -> None:
    with torch.no_grad():
        module.weight[1] = 0
    shape = (1, 2, 5, 5) if isinstance(module, nn.Conv2d) else (1, 4)
    message = (
        f"{type(module).__name__}: alpha = mean |W| of every filter must be positive; found 0 for filter 1 of 3. "
        "Initialise the filter anew, or leave it out."
    )
    with pytest.raises(ModelError) as error:
        module(torch.ones(shape))
    assert str(error.value) == message
    net = nn.Sequential(QuantIdentity(act_quant=XNORInput, bit_width=4), module)
    with pytest.raises(ModelError) as error:
        hwgen.load(net, torch.zeros(shape), name="net", input_type="int8")
    assert str(error.value) == message


@pytest.mark.parametrize("bits", [1, 9])
def test_bits_that_do_not_fit(bits: int) -> None:
    with pytest.raises(ModelError) as error:
        XNORConv2d(2, 3, 3, bits=bits)
    assert str(error.value) == (f"XNOR-Net's K: bits of its input must be 2 to 8; found {bits}. Choose another width.")
