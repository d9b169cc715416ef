"""The kinds of random designs that the cost model is calibrated on; here those that are not of layers or joins."""

from __future__ import annotations

import sys
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from benchmarks.calibration.designs import (
    CODES,
    Net,
    argmax,
    conv,
    convolutional,
    convolve,
    dense,
    gated,
    geometry_for,
    image,
    join,
    perceptron,
    pool,
    quantised,
    residual,
    scaled,
    threshold,
)
from hwgen.config import LayerFolding
from hwgen.hw.design import Design
from hwgen.hw.device import Family
from hwgen.hw.memory import ExternalMemory
from hwgen.ir.ops import Conv, Gather, MatMul, Scale, Threshold
from hwgen.ir.ranges import Range
from hwgen.ir.types import Bipolar, IntType
from hwgen.passes.lines import even_line, line_of


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


def even(rng: np.random.Generator, name: str) -> Net:
    """A quantiser of few bits, of the network's input or of a dense layer's sums, whose steps are a power of two."""
    net = Net(rng, name, (net_size(rng),), IntType(int(rng.integers(6, 13)), signed=bool(rng.integers(2))))
    if net.likely(0.6):
        weights = IntType(int(rng.integers(2, 5)), signed=True)
        outputs = net_size(rng)
        net.add(MatMul(net.codes(weights, (outputs, net.input.type.channels)), weights), (outputs,))
        net.fold(net.divisor(outputs, 8), net.divisor(net.input.type.channels, 2))
    source, out = net.last.type, IntType(int(rng.integers(2, 8)), signed=False)
    span = source.dtype.max - source.dtype.min
    shift = max(1, int(np.log2(span / out.max)) - int(rng.integers(0, 3)))
    codes, to_even = np.arange(1, out.max + 1), net.likely(0.5)
    shape = (source.channels if net.likely(0.8) else 1, 1)
    middle = (source.dtype.max + source.dtype.min) // 2 - (out.max << shift >> 1)
    start = middle + rng.integers(-span // 8, span // 8 + 1, shape)
    falls = rng.integers(0, 2, shape[0]) * net.likely(0.4)
    rising = np.where(falls[:, None] == 1, -start - (out.max << shift), start) + (codes << shift) + (codes & to_even)
    levels = np.where(falls[:, None] == 1, 1 - rising[:, ::-1], rising)
    op = Threshold(levels, falls, 0, 1)
    bounds = Range(*(np.full(source.channels, end) for end in (source.dtype.min, source.dtype.max)))
    net.add(Threshold(levels, falls, 0, 1, line=even_line(op, bounds)), source.shape, dtype=out)
    return net


def product(rng: np.random.Generator, name: str) -> Net:
    """Each element times another of its own: the square of a code, or a code times its quantised self."""
    net = Net(rng, name, (4 * net_size(rng),), CODES[int(rng.integers(len(CODES)))])
    source = net.last
    if net.likely(0.6) and source.type.dtype.max > 1:
        quantised(net, shared=True)
        net.fold(net.divisor(source.type.channels, 8))
    net.add(Scale(), source.type.shape, (source, net.last))
    net.fold(net.divisor(source.type.channels, 12))
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


def wired(rng: np.random.Generator, name: str) -> Net:
    """A layer of constants, whose bill is the count of its own graph: it takes no part in a fit."""
    net = Net(rng, name, (net_size(rng) + 8,), CODES[int(rng.integers(len(CODES)))], wired=True)
    weights = Bipolar() if net.likely(0.5) else IntType(int(rng.integers(2, 6)), signed=True)
    outputs, inputs = net_size(rng) + 4, net.input.type.channels
    net.add(MatMul(net.codes(weights, (outputs, inputs)), weights), (outputs,))
    net.fold(outputs, inputs)
    return net


def windows(rng: np.random.Generator, name: str) -> Net:
    """A convolution that takes all taps of its windows at once."""
    kind = rng.choice(["dense", "dense", "grouped"])
    groups = int(rng.integers(2, 4)) if kind == "grouped" else 1
    channels = groups * round(float(np.exp(rng.uniform(0, np.log(16)))))
    net = image(rng, name, channels, CODES[int(rng.integers(len(CODES)))])
    geometry, outputs = geometry_for(net), int(rng.integers(2, 5))
    per_group = channels // groups
    convolve(net, groups * outputs, groups, geometry)
    conv = next(each.name for each in net.nodes if isinstance(each.op, Conv))
    legal = [n for n in range(1, per_group + 1) if per_group % n == 0 and n * geometry.taps > per_group]
    simd = geometry.taps * int(rng.choice(legal))
    net.wishes[conv] = LayerFolding(pe=1, simd=simd)
    return net


def channelwise(rng: np.random.Generator, name: str) -> Net:
    """A depthwise convolution that takes all taps of its windows at once."""
    channels = round(float(np.exp(rng.uniform(0, np.log(32)))))
    net = image(rng, name, channels, CODES[int(rng.integers(len(CODES)))])
    geometry = geometry_for(net)
    convolve(net, channels, channels, geometry)
    conv = next(each.name for each in net.nodes if isinstance(each.op, Conv))
    net.wishes[conv] = LayerFolding(pe=net.divisor(channels, 6), simd=geometry.taps)
    return net


def packed(rng: np.random.Generator, name: str) -> Net:
    """A dense layer whose neurons share multiplier blocks."""
    pe, simd, folds = int(rng.integers(2, 7)), int(rng.integers(3, 25)), int(rng.integers(2, 5))
    values = IntType(int(rng.integers(5, 9)), signed=bool(rng.integers(2)))
    net = Net(rng, name, (simd * folds,), values)
    weights, outputs = IntType(int(rng.integers(3, 9)), signed=True), pe * int(rng.integers(2, 5))
    net.add(MatMul(net.codes(weights, (outputs, simd * folds)), weights), (outputs,))
    net.fold(pe, simd)
    return net


def external(rng: np.random.Generator, name: str) -> Net:
    """A dense layer whose weights come from an external memory."""
    net = dense(rng, name)
    rate = Fraction(int(rng.integers(8, 256)), 2)
    net.memory.clear()
    op = net.nodes[0].op
    assert isinstance(op, MatMul)
    most = (op.weights.size * op.weight_type.bits).bit_length() - 1
    if most >= 5:  # a port has no more bits than there are of weights
        width = 1 << int(rng.integers(5, min(most, 8) + 1))
        net.external[net.nodes[0].name] = ExternalMemory(width, rate, int(rng.integers(1, 80)))
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
        even,
        product,
        wired,
        windows,
        packed,
        external,
        channelwise,
    )
}
_DRAWS = {name: number for number, name in enumerate(KINDS)} | {"wide": list(KINDS).index("moves")}
"""What the random numbers of a kind start from, with a seed."""


def drawn(kind: str, seed: int, family: Family = Family.XC7) -> Design:
    """The design of a kind of network and a seed for a part of `family`, its FIFOs not sized."""
    return KINDS[kind](np.random.default_rng([seed, _DRAWS[kind]]), f"{kind}{seed}").design(family)
