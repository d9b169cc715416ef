"""Networks on signals, sequences, sets and graphs."""

from __future__ import annotations

from typing import Any

import brevitas.nn as qnn
import torch
from brought.layers import Do, Net, Shapes, chain, conv1, dense, head, norm, one, quant, relu
from torch import nn


def block(inputs: int, outputs: int, **options: Any) -> list[nn.Module]:
    """Convolution over time, batch norm and quantised ReLU."""
    return [conv1(inputs, outputs, **options), norm(outputs, flat=True), relu()]


@chain(1, 187)
def _ecg() -> list[nn.Module]:
    layers: list[nn.Module] = [quant(8)]
    for inputs, outputs in ((1, 4), (4, 8), (8, 8)):
        layers += [*block(inputs, outputs, kernel=5), nn.MaxPool1d(2)]
    return [*layers, *head(184)]


@chain(2, 64)
def _radio() -> list[nn.Module]:
    return [
        quant(8),
        *block(2, 8),
        nn.MaxPool1d(2),
        *block(8, 8),
        nn.MaxPool1d(2),
        nn.Flatten(),
        dense(128, 24),
        relu(),
        dense(24, 5),
    ]


@chain(4, 32)
def _strided() -> list[nn.Module]:
    return [
        quant(8),
        *block(4, 8, kernel=7, stride=2),
        *block(8, 8, kernel=5, stride=2),
        nn.AdaptiveAvgPool1d(1),
        quant(8),
        *head(8),
    ]


@chain(4, 33)
def _odd_length() -> list[nn.Module]:
    return [quant(8), *block(4, 8), nn.AvgPool1d(2), quant(4), *block(8, 8), nn.MaxPool1d(3), *head(40)]


@chain(4, 24)
def _separable() -> list[nn.Module]:
    return [quant(8), *block(4, 4, groups=4), *block(4, 8, kernel=1), *head(192)]


@chain(40)
def _signal_without_channels() -> list[nn.Module]:
    return [quant(8), Do(lambda x: x.unsqueeze(1)), *block(1, 4), *head(160)]


@chain(40)
def _viewed() -> list[nn.Module]:
    return [quant(8), Do(lambda x: x.view(len(x), -1, 1).transpose(1, 2)), *block(1, 4), *head(160)]


@chain(32, 4, channels_last=True)
def _features_last() -> list[nn.Module]:
    return [quant(8), Do(lambda x: x.transpose(1, 2)), *block(4, 8), *head(256)]


@chain(10, 6, channels_last=True)
def _token_wise() -> list[nn.Module]:
    return [quant(8), dense(6, 8), relu(), dense(8, 8), relu(), *head(80)]


@chain(10, 6, channels_last=True)
def _deep_set() -> list[nn.Module]:
    return [
        quant(8),
        dense(6, 8),
        relu(),
        dense(8, 8),
        relu(),
        Do(lambda x: x.sum(dim=1)),
        quant(8),
        dense(8, 8),
        relu(),
        dense(8, 3),
    ]


@chain(10, 6, channels_last=True)
def _point_net() -> list[nn.Module]:
    return [
        quant(8),
        dense(6, 8),
        relu(),
        dense(8, 8),
        relu(),
        Do(lambda x: x.max(dim=1)[0]),
        dense(8, 8),
        relu(),
        dense(8, 3),
    ]


@chain(10, 6, channels_last=True)
def _mean_of_tokens() -> list[nn.Module]:
    return [quant(8), dense(6, 8), relu(), Do(lambda x: x.mean(dim=1)), dense(8, 3)]


@chain(10, 6, channels_last=True)
def _last_token() -> list[nn.Module]:
    return [quant(8), dense(6, 8), relu(), Do(lambda x: x[:, -1]), dense(8, 3)]


@chain(24, 3, channels_last=True)
def _spiking() -> list[nn.Module]:
    fires = Do(lambda x: (x >= 0.5).float())
    return [quant(8), dense(3, 8), Do(lambda x: (x > 0.25).float()), dense(8, 8), fires, *head(192)]


def _causal(m: Any, x: Any) -> Any:
    x = m.q(x)
    for layer, left in ((m.a, 2), (m.b, 4), (m.c, 8)):
        x = layer(nn.functional.pad(x, (left, 0)))
    return m.end(x)


def _causal_cut(m: Any, x: Any) -> Any:
    return m.end(m.r(m.a(m.q(x))[..., :-2]))


def _temporal_residual(m: Any, x: Any) -> Any:
    x = m.stem(m.q(x))
    return m.end(m.r(m.q1(m.a(x)) + m.q1(x)))


def _wavenet(m: Any, x: Any) -> Any:
    x = m.stem(m.q(x))
    return m.end(m.out(m.t(m.a(x)) * m.s(m.b(x))))


def _mixer(m: Any, x: Any) -> Any:
    x = m.q(x)
    x = m.q1(x + m.tokens2(m.r1(m.tokens1(x.transpose(1, 2)))).transpose(1, 2))
    x = m.q2(x + m.channels2(m.r2(m.channels1(x))))
    return m.end(x.flatten(1))


def _graph_convolution(m: Any, x: Any) -> Any:
    x = m.r1(m.a(m.q(x)))
    x = m.q1(torch.matmul(m.adjacency, x))
    return m.end(m.r2(m.b(x)).flatten(1))


class _Graph(Net):
    """A graph of six nodes in a ring."""

    def __init__(self) -> None:
        super().__init__(
            _graph_convolution,
            q=quant(8),
            a=dense(4, 8),
            r1=relu(),
            q1=quant(8),
            b=dense(8, 8),
            r2=relu(),
            end=dense(48, 3),
        )
        ring = torch.eye(6) + torch.roll(torch.eye(6), 1, 0) + torch.roll(torch.eye(6), -1, 0)
        self.register_buffer("adjacency", ring * 0.25)


def _jedi_linear(m: Any, x: Any) -> Any:
    x = m.r1(m.a(m.q(x)))
    return m.end(m.r2(m.q1(m.own(x)) + m.q1(m.all(m.q2(x.mean(dim=1, keepdim=True))))).flatten(1))


def _two_scales(m: Any, x: Any) -> Any:
    x = m.q(x)
    return m.end(torch.cat([m.a(x).flatten(1), m.b(m.p(x)).flatten(1)], dim=1))


def _feature_pyramid(m: Any, x: Any) -> Any:
    x = m.stem(m.q(x))
    y = m.down(x)
    return m.end(m.r(m.q1(x) + m.q1(nn.functional.interpolate(m.side(y), scale_factor=2, mode="nearest"))))


def _flipped(m: Any, x: Any) -> Any:
    x = m.q(x)
    return m.end(torch.cat([m.a(x), m.a(x.flip(-1))], dim=1))


def _windows_of_time(m: Any, x: Any) -> Any:
    parts = m.q(x).split(8, dim=2)
    return m.end(torch.cat([m.a(part).flatten(1) for part in parts], dim=1))


SHAPES: Shapes = {
    "ECG on 187 samples": _ecg,
    "radio signals, two channels": _radio,
    "strided convolutions over time": _strided,
    "pools over odd lengths": _odd_length,
    "separable convolutions over time": _separable,
    "a signal without channels": _signal_without_channels,
    "view(1, -1, 1)": _viewed,
    "features last (B, T, F)": _features_last,
    "dense layers on (B, T, F)": _token_wise,
    "deep sets: a sum over particles": _deep_set,
    "PointNet: a maximum over points": _point_net,
    "a mean over tokens into a dense layer": _mean_of_tokens,
    "the last token": _last_token,
    "spiking: comparisons as activations": _spiking,
    "TCN: causal padding, dilations": one(
        lambda: Net(
            _causal,
            q=quant(8),
            a=nn.Sequential(*block(4, 4, padding=0)),
            b=nn.Sequential(*block(4, 4, padding=0, dilation=2)),
            c=nn.Sequential(*block(4, 4, padding=0, dilation=4)),
            end=nn.Sequential(*head(96)),
        ),
        4,
        24,
    ),
    "TCN: the end cut off": one(
        lambda: Net(_causal_cut, q=quant(8), a=conv1(4, 4, padding=2), r=relu(), end=nn.Sequential(*head(96))), 4, 24
    ),
    "a residual block over time": one(
        lambda: Net(
            _temporal_residual,
            q=quant(8),
            stem=nn.Sequential(*block(4, 8)),
            a=conv1(8, 8),
            q1=quant(),
            r=relu(),
            end=nn.Sequential(*head(192)),
        ),
        4,
        24,
    ),
    "WaveNet's gate": one(
        lambda: Net(
            _wavenet,
            q=quant(8),
            stem=nn.Sequential(*block(4, 8)),
            a=conv1(8, 8),
            b=conv1(8, 8),
            t=qnn.QuantTanh(bit_width=4),
            s=qnn.QuantSigmoid(bit_width=4),
            out=quant(),
            end=nn.Sequential(*head(192)),
        ),
        4,
        24,
    ),
    "MLP mixer": one(
        lambda: Net(
            _mixer,
            q=quant(8),
            tokens1=dense(6, 8),
            r1=relu(),
            tokens2=dense(8, 6),
            q1=quant(8),
            channels1=dense(4, 8),
            r2=relu(),
            channels2=dense(8, 4),
            q2=quant(8),
            end=dense(24, 3),
        ),
        6,
        4,
    ),
    "a graph convolution": one(_Graph, 6, 4, channels_last=True),
    "JEDI-linear: a mean over particles to each": one(
        lambda: Net(
            _jedi_linear,
            q=quant(8),
            a=dense(4, 8),
            r1=relu(),
            own=dense(8, 8),
            all=dense(8, 8),
            q1=quant(),
            q2=quant(8),
            r2=relu(),
            end=dense(48, 3),
        ),
        6,
        4,
        channels_last=True,
    ),
    "two scales of a signal": one(
        lambda: Net(
            _two_scales,
            q=quant(8),
            a=nn.Sequential(*block(2, 4)),
            p=nn.AvgPool1d(2),
            b=nn.Sequential(quant(8), *block(2, 4)),
            end=dense(96, 3),
        ),
        2,
        16,
    ),
    "a pyramid over time": one(
        lambda: Net(
            _feature_pyramid,
            q=quant(8),
            stem=nn.Sequential(*block(2, 4)),
            down=nn.Sequential(*block(4, 8, stride=2)),
            side=conv1(8, 4, 1),
            q1=quant(),
            r=relu(),
            end=nn.Sequential(*head(64)),
        ),
        2,
        16,
    ),
    "a signal and its mirror": one(
        lambda: Net(_flipped, q=quant(8), a=nn.Sequential(*block(2, 4)), end=nn.Sequential(*head(128))), 2, 16
    ),
    "windows of time through one layer": one(
        lambda: Net(_windows_of_time, q=quant(8), a=nn.Sequential(*block(2, 2)), end=dense(32, 3)), 2, 16
    ),
}
