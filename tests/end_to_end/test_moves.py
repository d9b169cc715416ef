"""Networks that move elements inside: torch, golden and every back end agree, cycles as predicted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import brevitas.nn as qnn
import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

import hwgen
from hwgen.passes.pipeline import integer_network
from tests.builders import random_folding
from tests.end_to_end.prove import prove
from tests.frontend.test_brevitas_images import off_the_ties

SHAPE = (1, 1, 8, 8)
OFTEN = ("detector",)


def _conv(inputs: int, outputs: int, kernel: int = 3, **options: Any) -> nn.Module:
    options = {"padding": kernel // 2, "bias": False, "weight_bit_width": 3, **options}
    return qnn.QuantConv2d(inputs, outputs, kernel, **options)


def _up(inputs: int, outputs: int, kernel: int, **options: Any) -> nn.Module:
    return qnn.QuantConvTranspose2d(inputs, outputs, kernel, stride=2, weight_bit_width=3, **options)


def _block(layer: nn.Module) -> nn.Module:
    return nn.Sequential(layer, qnn.QuantReLU(bit_width=3))


def _twice(x: torch.Tensor) -> torch.Tensor:
    return functional.interpolate(x, scale_factor=2, mode="nearest")


class UNet(nn.Module):
    """Two levels, joined behind nearest upsampling."""

    def __init__(self) -> None:
        super().__init__()
        self.down, self.deep = _block(_conv(1, 4)), _block(_conv(4, 4, stride=2))
        self.same = qnn.QuantIdentity(bit_width=3, signed=False)
        self.head = _conv(8, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        fine = self.same(self.down(x))
        return self.head(torch.cat([_twice(self.same(self.deep(fine))), fine], dim=1))


class Detector(nn.Module):
    """A neck as YOLO's, and heads on two scales, the finer one of every other channel of the neck."""

    def __init__(self) -> None:
        super().__init__()
        self.fine, self.coarse = _block(_conv(1, 4, stride=2)), _block(_conv(4, 6, stride=2))
        self.same = qnn.QuantIdentity(bit_width=3, signed=False)
        self.neck = _block(_conv(10, 6))
        self.heads = nn.ModuleList([_conv(6, 3, 1, bias=True), _conv(3, 3, 1, bias=True)])

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        fine = self.same(self.fine(x))
        coarse = self.same(self.coarse(fine))
        merged = self.neck(torch.cat([fine, _twice(coarse)], dim=1))
        return self.heads[0](coarse), self.heads[1](merged[:, ::2])


class Shuffle(nn.Module):
    """ESPCN (Shi et al. 2016): pixels from channels, and a layer on them."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(_block(_conv(1, 4, 5)), _block(_conv(4, 8)), nn.PixelShuffle(2))
        self.last = _conv(2, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.last(self.body(x))


class Turned(nn.Module):
    """Channel shuffle in front of groups, rows and columns swapped, a mirror joined below, the middle cut out."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = _block(_conv(1, 4)), _block(_conv(4, 4, groups=2))
        self.last = _conv(4, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.first(x)
        x = x.view(len(x), 2, 2, *x.shape[2:]).transpose(1, 2).reshape(x.shape)
        x = self.second(x).transpose(2, 3)
        return self.last(torch.cat([x, x.flip(3)], dim=2)[:, :, 3:-3, 1:-1])


def _autoencoder() -> nn.Module:
    return nn.Sequential(
        _block(_conv(1, 4, stride=2)),
        _block(_conv(4, 6, stride=2)),
        _block(_up(6, 4, 3, padding=1, output_padding=1, bias=True)),
        _up(4, 1, 4, padding=1, bias=False),
    )


def _tokens() -> nn.Module:
    """A layer on each pixel of a row as a token, and one across the tokens."""
    return nn.Sequential(
        _block(_conv(1, 4, stride=2)),
        nn.Flatten(2),
        qnn.QuantLinear(16, 6, bias=False, weight_bit_width=3),
        qnn.QuantReLU(bit_width=3),
        nn.Flatten(),
        qnn.QuantLinear(24, 4, bias=True, weight_bit_width=3),
    )


NETS: dict[str, Callable[[], nn.Module]] = {
    "unet": UNet,
    "autoencoder": _autoencoder,
    "super_resolution": Shuffle,
    "detector": Detector,
    "turned": Turned,
    "tokens": _tokens,
}


def _trained(name: str) -> nn.Module:
    """The network with calibrated quantisers of scales of their own."""
    torch.manual_seed(sorted(NETS).index(name))
    net = NETS[name]()
    net(torch.randn(16, *SHAPE[1:]))
    net.eval()
    off_the_ties(net)
    with torch.no_grad():
        net(torch.randn(2, *SHAPE[1:]))
    return net


def prove_moves(name: str, folder: Path) -> None:
    net, seed = _trained(name), sorted(NETS).index(name)
    graph = hwgen.load(net, torch.zeros(SHAPE), input_type="int5", input_scale=1 / 16)
    codes = np.random.default_rng(seed).integers(-16, 16, (20, 8, 8, 1))
    with torch.no_grad():
        wanted = net(torch.tensor(np.moveaxis(codes, -1, 1) / 16, dtype=torch.float32))
    wishes = random_folding(np.random.default_rng(seed), integer_network(graph))
    folding = {layer: wish.model_dump(exclude_none=True) for layer, wish in wishes.items()}
    design = hwgen.compile(graph, folding=folding)
    found = design.all_outputs(codes)
    wanted = wanted if isinstance(wanted, tuple) else (wanted,)
    for port, theirs in zip(design.graph.outputs, wanted, strict=True):
        real = np.asarray(getattr(theirs, "value", theirs))
        given = design.graph.reading_of(port).decode(found[port.name])
        if given.shape != real.shape:
            given = np.moveaxis(given, -1, 1)
        np.testing.assert_allclose(given.reshape(real.shape), real, rtol=1e-4, atol=1e-4)
    prove(design, seed, 3, folder)


@pytest.mark.parametrize("name", OFTEN)
def test_moves(name: str, tmp_path: Path) -> None:
    prove_moves(name, tmp_path)


@pytest.mark.long
@pytest.mark.parametrize("name", [name for name in NETS if name not in OFTEN])
def test_all_other_moves(name: str, tmp_path: Path) -> None:
    prove_moves(name, tmp_path)
