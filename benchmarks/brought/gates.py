"""Networks that weigh channels and pixels, shift and pad channels, or repeat a layer with the same weights."""

from __future__ import annotations

from typing import Any

import brevitas.nn as qnn
import torch
from brought.images import block
from brought.layers import Net, Shapes, conv, conv1, dense, head, norm, one, quant, relu
from torch import nn
from torch.nn import functional

SIZE = (3, 6, 6)


def _stem(channels: int = 8) -> nn.Module:
    return nn.Sequential(quant(8), *block(3, channels))


def _end(channels: int = 8, pixels: int = 36) -> nn.Module:
    return nn.Sequential(*head(channels * pixels))


def _channel_attention(m: Any, x: Any) -> Any:
    x = m.stem(x)
    both = (x.mean((2, 3), keepdim=True), x.amax((2, 3), keepdim=True))
    return m.end(m.r(x * m.gate(sum(m.shared(m.q(each)) for each in both))))


def _spatial_attention(m: Any, x: Any) -> Any:
    x = m.stem(x)
    both = torch.cat([x.mean(1, keepdim=True), x.amax(1, keepdim=True)], dim=1)
    return m.end(m.r(x * m.gate(m.c(m.q(both)))))


def _efficient_attention(m: Any, x: Any) -> Any:
    x = m.stem(x)
    weights = m.gate(m.c(m.q(x.mean((2, 3))).unsqueeze(1)))
    return m.end(m.r(x * weights.transpose(1, 2).unsqueeze(-1)))


def _pooled_by_gates(m: Any, x: Any) -> Any:
    x = m.q(x)
    return m.end(m.r((x * m.gate(m.score(x))).sum(1)))


def _shifted(m: Any, x: Any) -> Any:
    x = m.stem(x)
    moved = functional.pad(x[:, :4], (0, 0, 1, -1))
    return m.end(m.r(m.c(torch.cat([moved, x[:, 4:]], dim=1))))


def _padded_shortcut(m: Any, x: Any) -> Any:
    x = m.stem(x)
    return m.end(m.r(m.body(x) + functional.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, 4, 4))))


def _layer_scale(m: Any, x: Any) -> Any:
    x = m.stem(x)
    return m.end(m.r(m.q(m.body(x)) * m.factors.weight.view(1, -1, 1, 1) + m.q(x)))


def _pruned() -> nn.Module:
    layer = norm(8)
    with torch.no_grad():
        layer.weight[[1, 4]] = 0.0
    return layer


def _residual(m: Any, x: Any) -> Any:
    x = m.stem(x)
    return m.end(m.r(m.body(x) + x))


def _conditional(m: Any, x: Any) -> Any:
    x = m.stem(x)
    return m.end(m.r(torch.where(x > 1.0, m.q(m.body(x)), torch.zeros(1))))


def _unrolled(m: Any, x: Any) -> Any:
    x = m.q(x)
    state = m.r(m.first(x[:, 0]))
    for step in range(1, x.shape[1]):
        state = m.r(m.first(x[:, step]) + m.again(state))
    return m.end(state)


def _sparse_codes(m: Any, x: Any) -> Any:
    found = m.first(m.q(x))
    codes = m.r(functional.softshrink(found, 0.1))
    for _ in range(3):
        codes = m.r(functional.softshrink(found + m.again(codes), 0.1))
    return codes


def _difference_of_neighbours(m: Any, x: Any) -> Any:
    x = m.q(x)
    return m.end(m.r(x - torch.roll(x, 1, 1)))


def _gate() -> nn.Module:
    return qnn.QuantSigmoid(bit_width=4)


SHAPES: Shapes = {
    "CBAM: attention to channels": one(
        lambda: Net(
            _channel_attention,
            stem=_stem(),
            q=quant(6),
            shared=nn.Sequential(conv(8, 4, 1), relu(), conv(4, 8, 1)),
            gate=_gate(),
            r=relu(),
            end=_end(),
        ),
        *SIZE,
    ),
    "CBAM: attention to pixels": one(
        lambda: Net(_spatial_attention, stem=_stem(), q=quant(6), c=conv(2, 1), gate=_gate(), r=relu(), end=_end()),
        *SIZE,
    ),
    "ECA: a convolution over channels": one(
        lambda: Net(_efficient_attention, stem=_stem(), q=quant(6), c=conv1(1, 1), gate=_gate(), r=relu(), end=_end()),
        *SIZE,
    ),
    "a gated mean over time": one(
        lambda: Net(_pooled_by_gates, q=quant(6), score=dense(5, 1), gate=_gate(), r=quant(6), end=dense(5, 3)), 6, 5
    ),
    "TSM: channels shifted by a row": one(
        lambda: Net(_shifted, stem=_stem(), c=conv(8, 8), r=relu(), end=_end()), *SIZE
    ),
    "residual block, a shortcut padded with channels": one(
        lambda: Net(
            _padded_shortcut,
            stem=_stem(),
            body=nn.Sequential(conv(8, 16, stride=2), norm(16)),
            r=relu(),
            end=_end(16, 9),
        ),
        *SIZE,
    ),
    "residual block, a learned factor for each channel": one(
        lambda: Net(
            _layer_scale,
            stem=_stem(),
            body=nn.Sequential(conv(8, 8), norm(8)),
            q=quant(),
            factors=nn.BatchNorm2d(8),
            r=relu(),
            end=_end(),
        ),
        *SIZE,
    ),
    "residual block, channels pruned by a gamma of 0": one(
        lambda: Net(_residual, stem=_stem(), body=nn.Sequential(conv(8, 8), _pruned()), r=relu(), end=_end()), *SIZE
    ),
    "a branch where a comparison holds": one(
        lambda: Net(_conditional, stem=_stem(), body=conv(8, 8), q=quant(), r=quant(), end=_end()), *SIZE
    ),
    "a recurrent cell, unrolled": one(
        lambda: Net(_unrolled, q=quant(8), first=dense(6, 8), again=dense(8, 8), r=quant(), end=dense(8, 3)), 4, 6
    ),
    "LISTA: three steps to a sparse code": one(
        lambda: Net(_sparse_codes, q=quant(8), first=dense(12, 16), again=dense(16, 16), r=quant(5)), 12
    ),
    "a vector less its neighbours": one(
        lambda: Net(_difference_of_neighbours, q=quant(6), r=quant(), end=dense(6, 3)), 6
    ),
}
