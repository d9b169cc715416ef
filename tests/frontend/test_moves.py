"""What PyTorch users write to move elements, around Brevitas layers, against Brevitas's own forward."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import brevitas.nn as qnn
import numpy as np
import pytest
import torch
from torch.nn import functional

from hwgen.frontend import load
from hwgen.golden.execute import run
from hwgen.ir.check import check
from hwgen.ir.graph import Graph
from hwgen.ir.ops import Concat, Gather
from hwgen.ir.types import IntType
from hwgen.verify.vectors import Layout, as_codes
from tests.frontend.judge import agreement
from tests.frontend.onnx_nets import net, node
from tests.frontend.test_brevitas_images import conv, off_the_ties
from tests.tiers import tiered

INT8 = IntType(8, signed=True)
Move = Callable[[torch.Tensor], torch.Tensor]


class Moved(torch.nn.Module):
    """A quantised convolution, a move of its codes, and a layer on what there is then."""

    def __init__(self, move: Move, seed: int, shape: tuple[int, ...]) -> None:
        super().__init__()
        torch.manual_seed(seed)
        self.first = conv("int4", shape[1], 8, 3, padding=1, per_channel=bool(seed % 2))
        self.act = qnn.QuantReLU(bit_width=3) if seed % 3 else qnn.QuantIdentity(bit_width=4)
        self.move = move
        with torch.no_grad():
            after = self.move(torch.zeros(1, 8, *shape[2:]))
        if after.ndim == 4:
            self.last: Any = conv("int4", after.shape[1], 3, 2, bias=bool(seed % 2))
        else:
            self.last = qnn.QuantLinear(after.shape[-1], 5, bias=bool(seed % 2), weight_bit_width=4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.last(self.move(self.act(self.first(x))))


def agree(module: torch.nn.Module, shape: tuple[int, ...], frames: int = 12, seed: int = 5) -> Graph:
    """The graph of a module, once it gives what the module does, each frame in the model's own shape."""
    module(torch.randn(16, *shape[1:]))
    module.eval()
    off_the_ties(module)
    with torch.no_grad():
        module(torch.randn(2, *shape[1:]))
    graph = load(module, torch.zeros(shape), input_type=INT8, input_scale=1 / 32)
    check(graph)
    codes = np.random.default_rng(seed).integers(-128, 128, (frames, *shape[1:]))
    with torch.no_grad():
        wanted: Any = module(torch.tensor(codes / 32, dtype=torch.float32))
    wanted = np.asarray(getattr(wanted, "value", wanted))
    found = graph.decode(run(graph, as_codes(graph.inputs[0], codes, "frames", real=False, layout=Layout.NCHW)))
    if found.shape != wanted.shape:
        found = np.moveaxis(found, -1, 1)
    np.testing.assert_allclose(found.reshape(wanted.shape), wanted, rtol=1e-4, atol=2e-5 * max(1, np.abs(wanted).max()))
    return graph


def _shuffled(x: torch.Tensor) -> torch.Tensor:
    return x.view(len(x), 2, 4, *x.shape[2:]).transpose(1, 2).reshape(x.shape)


def _patches(x: torch.Tensor) -> torch.Tensor:
    return functional.unfold(x, 2, stride=2).transpose(1, 2)


MOVES: dict[str, Move] = {
    "chunk": lambda x: x.chunk(2, dim=1)[1],
    "split swapped": lambda x: torch.cat(x.split([3, 5], dim=1)[::-1], dim=1),
    "flip": lambda x: torch.flip(x, [2, 3]),
    "roll": lambda x: torch.roll(x, 2, dims=3),
    "narrow": lambda x: x.narrow(2, 1, 3),
    "select": lambda x: x[:, :, 1],
    "every second": lambda x: x[:, :, ::2, 1::2],
    "channels backwards": lambda x: x[:, torch.arange(7, -1, -1)],
    "pixel shuffle": lambda x: functional.pixel_shuffle(x, 2),
    "pixel unshuffle": lambda x: functional.pixel_unshuffle(x, 2),
    "channel shuffle": _shuffled,
    "repeat_interleave": lambda x: x.repeat_interleave(2, dim=2),
    "repeat": lambda x: x.repeat(1, 2, 1, 1),
    "expand": lambda x: x.amax(dim=(2, 3), keepdim=True).expand(-1, -1, 3, 4),
    "unfold": _patches,
    "upsample": lambda x: functional.interpolate(x, scale_factor=2, mode="nearest"),
    "upsample by 3 and 7": lambda x: functional.interpolate(x, size=(3 * x.shape[2], 7 * x.shape[3])),
    "interpolate down": lambda x: functional.interpolate(x, scale_factor=0.5, mode="nearest"),
    "crop": lambda x: functional.pad(x, [-1, -1, 0, -1]),
    "reflect": lambda x: functional.pad(x, [1, 2, 2, 1], mode="reflect"),
    "replicate": lambda x: functional.pad(x, [1, 0, 2, 1], mode="replicate"),
    "zeros around": lambda x: functional.relu(functional.pad(x, [1, 0, 2, 1])),
    "channels of zeros": lambda x: functional.pad(x, [0, 0, 0, 0, 3, 2]),
    "crops and channels of zeros": lambda x: functional.pad(x, [-1, 0, 0, 0, 0, 1]),
    "shifted channels": lambda x: torch.cat([functional.pad(x[:, :3], [0, 0, 1, -1]), x[:, 3:]], dim=1),
    "rows and columns": lambda x: x.transpose(2, 3),
    "channels and rows": lambda x: x.transpose(1, 2),
    "tokens": lambda x: x.flatten(2).transpose(1, 2),
    "over pixels": lambda x: x.flatten(2),
    "flatten at 2": lambda x: x.flatten(1, 2),
    "one row": lambda x: x.reshape(len(x), -1),
    "a new image": lambda x: x.reshape(len(x), 4, -1, x.shape[-1]),
}


SIZES = ((1, 3, 4, 6), (1, 1, 6, 4), (1, 2, 8, 4), (1, 3, 6, 6), (1, 2, 4, 4), (1, 1, 4, 8))


@pytest.mark.parametrize("seed", tiered(range(len(SIZES)), 2, 3, 4, 5))
@pytest.mark.parametrize("name", MOVES)
def test_moves_in_front_of_a_layer(name: str, seed: int) -> None:
    agree(Moved(MOVES[name], seed, SIZES[seed]), SIZES[seed])


class Beside(torch.nn.Module):
    """A vector or an image at the input beside itself in another order."""

    def __init__(self, move: Move) -> None:
        super().__init__()
        self.first, self.last, self.move = qnn.QuantIdentity(bit_width=6), qnn.QuantIdentity(bit_width=4), move

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.first(x)
        return self.last(x - self.move(x))


@pytest.mark.parametrize(
    ("move", "shape"),
    [
        (lambda x: torch.roll(x, 1, 1), (1, 6)),
        (lambda x: 0.5 * x.flip(1), (1, 7)),
        (lambda x: x[:, [2, 0, 3, 1]], (1, 4)),
        (lambda x: x.transpose(2, 3), (1, 1, 5, 5)),
        (lambda x: torch.roll(x, 2, 3), (1, 2, 3, 4)),
        (lambda x: x.flip(2), (1, 3, 6)),
    ],
)
def test_an_input_beside_itself_in_another_order(move: Move, shape: tuple[int, ...]) -> None:
    agree(Beside(move), shape)


@pytest.mark.parametrize("factor", [2, 3, (1, 2), (4, 3)])
@pytest.mark.parametrize("size", [(1, 2, 3, 4), (1, 1, 1, 5)])
def test_linear_interpolation(factor: Any, size: tuple[int, ...]) -> None:
    def enlarged(x: torch.Tensor) -> torch.Tensor:
        return functional.interpolate(x, scale_factor=factor, mode="bilinear")

    torch.manual_seed(3)
    first, quant = conv("int4", size[1], 4, 3, padding=1), qnn.QuantIdentity(bit_width=5)
    agree(torch.nn.Sequential(first, qnn.QuantReLU(bit_width=4), Enlarged(enlarged), quant), size)
    agree(torch.nn.Sequential(first, qnn.QuantReLU(bit_width=4), Enlarged(enlarged)), size)


def test_linear_interpolation_of_a_signal() -> None:
    quant, up = qnn.QuantIdentity(bit_width=6), torch.nn.Upsample(scale_factor=2, mode="linear")
    agree(torch.nn.Sequential(quant, up, qnn.QuantIdentity(bit_width=6)), (1, 3, 6))


class Enlarged(torch.nn.Module):
    """A function of images as a layer."""

    def __init__(self, function: Move) -> None:
        super().__init__()
        self.function = function

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.function(x)


ABSORBED = ("split swapped", "channels backwards", "channel shuffle", "repeat", "one row")


@pytest.mark.parametrize("name", ABSORBED)
def test_moves_of_channels_become_weights(name: str) -> None:
    graph = agree(Moved(MOVES[name], 1, (1, 2, 4, 4)), (1, 2, 4, 4))
    assert not any(isinstance(node.op, Gather | Concat) for node in graph.nodes)


@pytest.mark.parametrize("axis", [1, 2, 3])
@pytest.mark.parametrize("seed", [0, 1])
def test_concatenations_along_any_axis(axis: int, seed: int) -> None:
    def both(x: torch.Tensor) -> torch.Tensor:
        return torch.cat([x, functional.max_pool2d(x, 3, stride=1, padding=1)], dim=axis)

    graph = agree(Moved(both, seed, (1, 2, 4, 6)), (1, 2, 4, 6))
    assert [node.op.axis for node in graph.nodes if isinstance(node.op, Concat)] == [{1: -1, 2: -3, 3: -2}[axis]]


class Tokens(torch.nn.Module):
    """Layers on tokens (B, T, F), a parameter for each element, and a layer across tokens."""

    def __init__(self, tokens: int, features: int) -> None:
        super().__init__()
        self.act = qnn.QuantIdentity(bit_width=6)
        self.embed = qnn.QuantLinear(features, 6, bias=True, weight_bit_width=4)
        self.places = torch.nn.Parameter(torch.randn(1, tokens, 6))
        self.mid = qnn.QuantIdentity(bit_width=4)
        self.mix = qnn.QuantLinear(tokens, 4, bias=False, weight_bit_width=4)
        self.again = qnn.QuantIdentity(bit_width=4)
        self.last = qnn.QuantLinear(6, 3, bias=False, weight_bit_width=4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.mid(self.embed(self.act(x)) + self.places)
        x = self.again(self.mix(x.transpose(1, 2)).transpose(1, 2))
        return self.last(x)[:, -1]


@pytest.mark.parametrize(("tokens", "features"), [(5, 4), (3, 7), (8, 2), (4, 4), (2, 6), (6, 5)])
def test_tokens(tokens: int, features: int) -> None:
    torch.manual_seed(tokens)
    graph = agree(Tokens(tokens, features), (1, tokens, features))
    assert graph.input.type.shape == (tokens, 1, features)


@pytest.mark.parametrize("axes", [1, 2])
@pytest.mark.parametrize("seed", range(6))
def test_transposed_convolutions_of_brevitas(axes: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    torch.manual_seed(seed)
    layer = (qnn.QuantConvTranspose1d, qnn.QuantConvTranspose2d)[axes - 1]
    kernel, stride = int(rng.integers(2, 5)), int(rng.integers(1, 4))
    up = layer(
        4, 6, kernel, stride=stride, padding=int(rng.integers(0, 2)), output_padding=int(rng.integers(0, stride)),
        groups=1 if seed % 3 else 2, bias=bool(seed % 2), weight_bit_width=4,
        weight_scaling_per_output_channel=bool(seed % 3),
    )  # fmt: skip
    module = torch.nn.Sequential(
        qnn.QuantIdentity(bit_width=5), up, qnn.QuantReLU(bit_width=4), conv("int4", 6, 3, 1, one=axes == 1)
    )
    agree(module, (1, 4, *rng.integers(3, 6, axes).tolist()))


@pytest.mark.parametrize("seed", range(6))
def test_layers_across_tokens_with_the_weights_first(seed: int) -> None:
    """A graph convolution: A @ x for whole-numbered A, a parameter of each token, a layer on the features."""
    rng = np.random.default_rng(seed)
    tokens, outputs, features = (int(n) for n in rng.integers(1, 6, 3))
    nodes = [
        node("MatMul", "a x", "h", name="mix"),
        node("Add", "h c", "k"),
        node("Quant", "k s z b", "q"),
        node("MatMul", "q w", "y", name="last"),
    ]
    parameters = {
        "a": rng.integers(-3, 4, (outputs, tokens)).astype(np.float32),
        "c": (rng.integers(-4, 5, (outputs, 1)) / 4).astype(np.float32),
        "w": rng.integers(-3, 4, (features, 2)).astype(np.float32),
    }
    quant = {"s": np.float32(0.5), "z": np.float32(0), "b": np.float32(4)}
    assert not agreement(net(nodes, shape=(1, tokens, features), **parameters, **quant))
