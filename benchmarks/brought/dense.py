"""Networks of dense layers: sensors, physics, security, control."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import brevitas.nn as qnn
import torch
from brought.layers import Net, Shapes, binary, chain, dense, norm, one, quant, relu, sign
from torch import nn


def _mlp(sizes: tuple[int, ...], bits: int, norms: bool = False, drop: bool = False) -> nn.Module:
    layers: list[nn.Module] = [quant(8)]
    for inputs, outputs in pairwise(sizes[:-1]):
        layers.append(dense(inputs, outputs, bits, bias=not norms))
        layers += [norm(outputs, flat=True)] if norms else []
        layers += [nn.Dropout(0.2)] if drop else []
        layers.append(relu(bits))
    return nn.Sequential(*layers, dense(*sizes[-2:], bits, bias=True))


def _signs(sizes: tuple[int, ...]) -> nn.Module:
    layers: list[nn.Module] = [sign()]
    for inputs, outputs in pairwise(sizes):
        layers += [binary(qnn.QuantLinear, inputs, outputs), norm(outputs, flat=True), sign()]
    return nn.Sequential(*layers[:-1])


@chain(24)
def _tanh() -> list[nn.Module]:
    return [
        quant(8),
        dense(24, 16),
        qnn.QuantTanh(bit_width=6),
        dense(16, 16),
        qnn.QuantSigmoid(bit_width=6),
        dense(16, 3),
    ]


@chain(20)
def _activations() -> list[nn.Module]:
    layers: list[nn.Module] = [quant(8)]
    for act in (nn.GELU(), nn.SiLU(), nn.Hardswish(), nn.ELU(), nn.SELU(), nn.LeakyReLU(0.1), nn.Mish(), nn.PReLU()):
        layers += [dense(20, 20), act, quant(6)]
    return [*layers, dense(20, 4)]


def _residual(m: Any, x: Any) -> Any:
    x = m.q(x)
    y = m.r1(m.a(x))
    y = m.r2(m.b(y) + y)
    return m.end(m.r3(m.c(y) + y))


def _tower(m: Any, x: Any) -> Any:
    x = m.q(x)
    return m.end(torch.cat([m.r1(m.a(x)), m.r2(m.b(x)), x], dim=1))


def _gate(m: Any, x: Any) -> Any:
    x = m.q(x)
    return m.end(m.out(m.values(m.a(x)) * m.gate(m.b(x))))


def _split(m: Any, x: Any) -> Any:
    first, second = m.q(x).chunk(2, dim=1)
    return m.end(torch.cat([m.r1(m.a(first)), m.r2(m.b(second))], dim=1))


def _mean_of_heads(m: Any, x: Any) -> Any:
    x = m.r(m.a(m.q(x)))
    return (m.h1(x) + m.h2(x)) / 2


def _two_heads(m: Any, x: Any) -> Any:
    x = m.r(m.a(m.q(x)))
    return m.h1(x), m.h2(x)


def _three() -> dict[str, nn.Module]:
    return {"q": quant(8), "a": dense(16, 16), "r1": relu(), "b": dense(16, 16), "r2": relu()}


SHAPES: Shapes = {
    "jet tagging 16-64-32-32-5, 6 bits": one(lambda: _mlp((16, 64, 32, 32, 5), 6), 16),
    "MNIST 784-64-64-64-10, 2 bits": one(lambda: _mlp((784, 64, 64, 64, 10), 2, norms=True, drop=True), 784),
    "TFC-like, signs": one(lambda: _signs((64, 64, 64, 10)), 64),
    "UNSW-NB15-like 593-64-64-64-1, 2 bits": one(lambda: _mlp((593, 64, 64, 64, 1), 2, norms=True, drop=True), 593),
    "regression 8-32-32-1, 8 bits": one(lambda: _mlp((8, 32, 32, 1), 8), 8),
    "deep narrow, 12 layers of 10": one(lambda: _mlp((10,) * 13, 4), 10),
    "autoencoder of anomalies 64-32-8-32-64": one(lambda: _mlp((64, 32, 8, 32, 64), 8, norms=True), 64),
    "Q-network 4-64-64-2": one(lambda: _mlp((4, 64, 64, 2), 8), 4),
    "ternary 32-32-10": one(lambda: _mlp((32, 32, 10), 2), 32),
    "tanh and sigmoid of Brevitas": _tanh,
    "all activations in front of quantisers": _activations,
    "a residual MLP": one(lambda: Net(_residual, **_three(), c=dense(16, 16), r3=relu(), end=dense(16, 4)), 16),
    "branches concatenated with their input": one(
        lambda: Net(
            _tower, q=quant(8), a=dense(12, 8), r1=relu(), b=dense(12, 6), r2=relu(), end=dense(26, 4, bias=True)
        ),
        12,
    ),
    "a gated MLP": one(
        lambda: Net(
            _gate,
            q=quant(8),
            a=dense(16, 16),
            values=quant(4),
            b=dense(16, 16),
            gate=qnn.QuantSigmoid(bit_width=4),
            out=quant(4),
            end=dense(16, 4),
        ),
        16,
    ),
    "halves of the input through layers of their own": one(
        lambda: Net(_split, q=quant(8), a=dense(8, 8), r1=relu(), b=dense(8, 8), r2=relu(), end=dense(16, 4)), 16
    ),
    "the mean of two heads": one(
        lambda: Net(_mean_of_heads, q=quant(8), a=dense(16, 16), r=relu(), h1=dense(16, 4), h2=dense(16, 4)), 16
    ),
    "two heads": one(
        lambda: Net(_two_heads, q=quant(8), a=dense(16, 16), r=relu(), h1=dense(16, 4), h2=dense(16, 1)), 16
    ),
    "softmax at the end": one(lambda: nn.Sequential(_mlp((16, 16, 5), 4), nn.Softmax(dim=1)), 16),
    "log-softmax at the end": one(lambda: nn.Sequential(_mlp((16, 16, 5), 4), nn.LogSoftmax(dim=1)), 16),
    "sigmoid at the end": one(lambda: nn.Sequential(_mlp((16, 16, 1), 4), nn.Sigmoid()), 16),
    "tanh at the end": one(lambda: nn.Sequential(_mlp((16, 16, 2), 4), nn.Tanh()), 16),
    "an MLP of 10-bit codes": one(lambda: _mlp((12, 16, 12, 4), 10), 12),
    "an MLP of 12-bit codes": one(lambda: _mlp((12, 16, 12, 4), 12), 12),
    "an MLP of 16-bit codes": one(lambda: _mlp((12, 16, 12, 4), 16), 12),
}
