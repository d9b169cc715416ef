"""The kinds of random designs that the cost model is calibrated on, quantisers of many bits among them."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from benchmarks.calibration.designs import (
    CODES,
    Net,
    argmax,
    conv,
    convolutional,
    dense,
    gated,
    join,
    perceptron,
    pool,
    residual,
    scaled,
    threshold,
)
from hwgen.hw.design import Design
from hwgen.ir.ops import Gather, MatMul, Threshold
from hwgen.ir.ranges import Range
from hwgen.ir.types import IntType
from hwgen.passes.lines import line_of


def wide(rng: np.random.Generator, name: str) -> Net:
    """A quantiser of many bits of the network's input or of a dense layer's sums: a line, or a curve to search."""
    net = Net(rng, name, (net_size(rng),), IntType(int(rng.integers(8, 17)), signed=bool(rng.integers(2))))
    if net.likely(0.6):
        weights = IntType(int(rng.integers(2, 17)), signed=True)
        outputs = net_size(rng)
        codes = net.codes(weights, (outputs, net.input.type.channels))
        net.add(MatMul(codes, weights), (outputs,))
        net.fold(net.divisor(net.last.type.channels, 4), net.divisor(net.input.type.channels, 2))
    source, straight = net.last.type, net.likely(0.6)
    out = IntType(int(rng.integers(9, 15 if straight else 11)), signed=False)
    shape = (source.channels if net.likely(0.7) else 1, 1)
    span, middle = source.dtype.max - source.dtype.min, (source.dtype.max + source.dtype.min) / 2
    places = np.linspace(-1, 1, out.max) if straight else np.sinh(np.linspace(-3, 3, out.max)) / 11
    steps = middle + span * (rng.uniform(0.2, 0.5, shape) * places + rng.uniform(-0.05, 0.05, shape))
    op = Threshold(np.floor(steps).astype(np.int64), np.zeros(1, dtype=np.int64), 0, 1)
    bounds = Range(*(np.full(source.channels, end) for end in (source.dtype.min, source.dtype.max)))
    line = line_of(op, bounds)
    net.add(Threshold(op.thresholds, op.descending, 0, 1, line=line), source.shape, dtype=out)
    return net


def net_size(rng: np.random.Generator) -> int:
    """Elements of a small vector, few as likely as many."""
    return round(float(np.exp(rng.uniform(np.log(3), np.log(32)))))


def moves(rng: np.random.Generator, name: str) -> Net:
    """A part of an image, larger, mirrored, transposed or with pixels for channels."""
    side, channels = int(rng.integers(2, 12)), 4 * int(rng.integers(1, 9))
    net = Net(rng, name, (2 * side, 2 * int(rng.integers(2, 12)), channels), CODES[int(rng.integers(len(CODES)))])
    places = np.arange(net.last.type.elements).reshape(net.shape)
    cut = places.reshape(*places.shape[:2], 2, 2, channels // 4)
    places = (
        places[1:-1, 1:],
        places[::2, 1::2],
        places[..., : channels // 2],
        places.repeat(2, 0).repeat(2, 1),
        places[:, ::-1],
        places.swapaxes(0, 1),
        cut.transpose(0, 2, 1, 3, 4).reshape(4 * side, -1, channels // 4),
        places[1:, :-1].repeat(2, 0),
    )[int(rng.integers(8))]
    net.add(Gather(places.ravel()), places.shape, dtype=net.dtype)
    net.fold(net.divisor(int(np.gcd(places.shape[2], channels)), 16))
    return net


KINDS: dict[str, Callable[[np.random.Generator, str], Net]] = {
    each.__name__: each
    for each in (
        dense,
        conv,
        pool,
        threshold,
        argmax,
        join,
        perceptron,
        convolutional,
        scaled,
        residual,
        gated,
        moves,
        wide,
    )
}
_DRAWS = {name: number for number, name in enumerate(KINDS)} | {"wide": list(KINDS).index("moves")}
"""What the random numbers of a kind start from, with a seed."""


def drawn(kind: str, seed: int) -> Design:
    """The design of a kind of network and a seed, its FIFOs not sized."""
    return KINDS[kind](np.random.default_rng([seed, _DRAWS[kind]]), f"{kind}{seed}").design()
