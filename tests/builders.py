"""Networks to test with: seeded random ones, hypothesis strategies for activation chains, and a tiny QONNX file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import strategies as st

from hwgen.config import LayerFolding
from hwgen.golden.execute import apply
from hwgen.hw.folding import channelwise_lanes, folded_layers, resolve
from hwgen.hw.kernels.search import is_searched
from hwgen.hw.lower import lower
from hwgen.hw.matrices import Folding
from hwgen.hw.stream import ceil_div
from hwgen.ir.geometry import POINT, Geometry
from hwgen.ir.graph import Affine, Graph, Node, Value
from hwgen.ir.ops import (
    Activation,
    Add,
    ArgMax,
    BatchNorm,
    Clip,
    Combine,
    Compare,
    Concat,
    Conv,
    Div,
    Function,
    FunctionKind,
    Gather,
    LeakyRelu,
    Levels,
    Magnitude,
    MatMul,
    Mul,
    Op,
    Operator,
    Pool,
    PoolKind,
    Quantise,
    Rounding,
    Scale,
    Sign,
    Step,
    Sum,
    Threshold,
)
from hwgen.ir.ranges import matmul_range, op_range, smallest_type, type_range
from hwgen.ir.types import Bipolar, DType, IntArray, IntType, TensorType, smallest_int
from hwgen.passes.pipeline import integer_network

B = Bipolar()
PART = "xc7z020clg400-1"
Rng = np.random.Generator


def value(name: str, shape: int | tuple[int, ...], dtype: DType) -> Value:
    """A value of `shape`, one axis where an integer is given."""
    return Value(name, TensorType((shape,) if isinstance(shape, int) else shape, dtype))


def codes_of(rng: Rng, dtype: DType, shape: tuple[int, ...]) -> IntArray:
    """Random codes of `dtype`."""
    if isinstance(dtype, Bipolar):
        return np.asarray(rng.integers(0, 2, shape) * 2 - 1, dtype=np.int64)
    return np.asarray(rng.integers(dtype.min, dtype.max, shape, endpoint=True), dtype=np.int64)


def chain(name: str, source: Value, *ops: tuple[str, Op, TensorType], encoding: Affine | None = None) -> Graph:
    """A network of operations in a row; each output is called after its node, with `_out`."""
    nodes: list[Node] = []
    last = source
    for node_name, op, out in ops:
        output = Value(f"{node_name}_out", out)
        nodes.append(Node(node_name, op, (last,), output, f"net.{node_name}"))
        last = output
    return Graph.of(name, source, tuple(nodes), last, encoding or Affine())


def activation_graph(steps: tuple[Step, ...], low: int, high: int, channels: int, out: DType) -> Graph:
    """A network of one activation whose input takes the integers of a type that holds [low, high]."""
    source = value("x", channels, smallest_int(low, high))
    return chain("act", source, ("q0", Activation(steps), TensorType((channels,), out)))


def add_dense(graph_ops: list[tuple[str, Op, TensorType]], name: str, source: Value, weights: IntArray, dtype: DType):
    """Append a MatMul whose output type is proven; returns its output value."""
    bounds = matmul_range(weights, type_range(source))
    out = TensorType((weights.shape[0],), smallest_int(bounds.min, bounds.max))
    graph_ops.append((name, MatMul(weights, dtype), out))
    return Value(f"{name}_out", out)


def random_activation(rng: Rng, channels: int, spread: float, out: DType) -> tuple[Step, ...]:
    """Batch norm and a quantiser that gives every code of `out` for accumulators of about `spread`."""
    gamma = rng.normal(size=channels)
    gamma[rng.random(channels) < 0.1] = 0.0
    norm = BatchNorm(
        gamma, rng.normal(size=channels), rng.normal(size=channels) * spread / 4, rng.random(channels) * spread, 1e-5
    )
    if isinstance(out, Bipolar):
        return (norm, Sign())
    scale = np.asarray(4 / (out.max - out.min))
    return (
        norm,
        Clip(np.asarray(-4.0), np.asarray(4.0)),
        Quantise(scale, np.zeros(()), *_ends(out), Rounding.HALF_EVEN),
    )


def _ends(dtype: DType) -> tuple[int, int]:
    return dtype.min, dtype.max


def with_output(graph: Graph, **changes: Any) -> Graph:
    """The network with other fields of its only output."""
    return replace(graph, outputs=(replace(graph.outputs[0], **changes),))


def with_input(graph: Graph, **changes: Any) -> Graph:
    """The network with other fields of its only input."""
    return replace(graph, inputs=(replace(graph.inputs[0], **changes),))


def random_network(
    rng: Rng,
    sizes: tuple[int, ...],
    *,
    input_type: DType = B,
    hidden: DType = B,
    weight: DType = B,
    input_quantiser: bool = False,
    last: DType | None = None,
    top1: bool = False,
    name: str = "net",
) -> Graph:
    """An imported network of dense layers of `sizes`, an activation behind each but the last (`last`: there too)."""
    source = value("x", sizes[0], input_type)
    ops: list[tuple[str, Op, TensorType]] = []
    current = source
    if input_quantiser:
        steps = random_activation(rng, 1, float(input_type.max - input_type.min), hidden)
        shared = tuple(_scalar(step) for step in steps)
        current = value("quant_out", sizes[0], hidden)
        ops.append(("quant", Activation(shared), current.type))
    for index, outputs in enumerate(sizes[1:]):
        weights = codes_of(rng, weight, (outputs, current.type.channels))
        current = add_dense(ops, f"fc{index}", current, weights, weight)
        codes = hidden if index < len(sizes) - 2 else last
        if codes is not None:
            spread = float(np.abs(weights).sum(axis=1).mean()) * max(abs(end) for end in _ends(hidden)) / 2
            steps = random_activation(rng, outputs, spread, codes)
            current = value(f"act{index}_out", outputs, codes)
            ops.append((f"act{index}", Activation(steps), current.type))
    if top1:
        ops.append(("top1", ArgMax(), TensorType((1,), smallest_int(0, current.type.channels - 1))))
    return chain(name, source, *ops)


def _scalar(step: Step) -> Step:
    """A step with the parameters of its first channel for all."""
    if not isinstance(step, BatchNorm):
        return step
    first = [np.asarray(p[0]) for p in (step.gamma, step.beta, step.mean, step.variance)]
    return BatchNorm(*first, step.epsilon)


def designed(graph: Graph, wishes: dict[str, Any] | None = None, target: int = 64):
    """The integer network of an imported one, its folding, and the design before FIFOs are deepened."""
    network = integer_network(graph)
    folding: dict[str, Folding] = resolve(network, wishes or {}, target)
    return network, folding, lower(network, folding, part=PART, clock_mhz=100.0)


class ImageBuilder:
    """A network of images that grows node by node; every type is proven, every activation sees what arrives there.

    A few random frames run along, so that activations are centred where their input really lies.
    """

    def __init__(self, rng: Rng, shape: tuple[int, int, int], dtype: DType) -> None:
        self.rng, self.input = rng, value("x", shape, dtype)
        self.nodes: list[Node] = []
        self.codes = {"x": codes_of(rng, dtype, (6, *shape))}
        self.last = self.input

    def add(self, kind: str, op: Op, inputs: tuple[Value, ...], shape: tuple[int, ...], dtype: DType | None = None):
        """Append a node called `kind` and a number; its output, also `last`. Without `dtype` the type is proven."""
        name = f"{kind}{sum(node.name.rstrip('0123456789') == kind for node in self.nodes)}"
        bounds = op_range(op, [type_range(each) for each in inputs], shape[-1])
        output = value(f"{name}_out", shape, dtype or smallest_type(bounds))
        node = Node(name, op, inputs, output, f"net.{name}")
        self.nodes.append(node)
        self.codes[output.name] = apply(node, *(self.codes[each.name] for each in inputs))
        self.last = output
        return output

    def conv(self, source: Value, out: int, geometry: Geometry, weight: DType, *, groups: int = 1, pad: int = 0):
        """A convolution; `pad` is the code of a padded tap."""
        per_group = source.type.channels // groups
        weights = codes_of(self.rng, weight, (out, *geometry.kernel, per_group))
        if weight == TERNARY:
            weights = np.maximum(weights, -1)
        op = Conv(weights, weight, geometry, groups, pad)
        return self.add("conv", op, (source,), (*geometry.output_size(*source.type.shape[:2]), out))

    def pool(self, source: Value, geometry: Geometry, kind: PoolKind = PoolKind.MAX) -> Value:
        """A pool; of channels whose smallest code counts there may be some."""
        minimum = np.zeros(1, np.int64)
        if kind is PoolKind.MAX and self.rng.random() < 0.3:
            minimum = self.rng.integers(0, 2, source.type.channels)
        shape = (*geometry.output_size(*source.type.shape[:2]), source.type.channels)
        dtype = source.type.dtype if kind is PoolKind.MAX else None
        return self.add("pool", Pool(geometry, kind, minimum), (source,), shape, dtype)

    def act(self, source: Value, out: DType) -> Value:
        """Batch norm, with gammas of both signs and some of zero, and a quantiser to `out`."""
        channels, rng = source.type.channels, self.rng
        seen = self.codes[source.name].reshape(-1, channels).astype(np.float64)
        spread = seen.std(axis=0) + 0.25
        gamma = rng.normal(size=channels) + rng.choice([-1.0, 1.0], channels)
        gamma[rng.random(channels) < 0.05] = 0.0
        mean = seen.mean(axis=0) + rng.normal(size=channels) * spread / 2
        norm = BatchNorm(gamma, rng.normal(size=channels) / 2, mean, spread**2, 1e-5)
        return self.add("act", Activation((norm, *_quantiser(rng, out))), (source,), source.type.shape, out)

    def even(self, source: Value, out: IntType) -> Value:
        """A power of two between two codes, as where all scales are powers of two; some channels fall."""
        channels, rng = source.type.channels, self.rng
        seen = self.codes[source.name].reshape(-1, channels)
        shift = max(0, int(np.log2(np.ptp(seen) / (out.max - out.min) + 1)) - int(rng.integers(0, 2)))
        way, bias = rng.choice([-1.0, 1.0], channels), rng.integers(-3, 4, channels) << shift + 1
        rounding = (Rounding.HALF_EVEN, Rounding.FLOOR, Rounding.CEIL)[rng.integers(3)]
        quantise = Quantise(np.asarray(2.0**shift), np.zeros(()), *_ends(out), rounding)
        offset = bias - way * seen.mean(axis=0).round()
        steps = (Mul(way), Add(offset if rounding is Rounding.HALF_EVEN else offset - 0.5), quantise)
        return self.add("even", Activation(steps), (source,), source.type.shape, out)

    def gated(self, source: Value, out: int, geometry: Geometry, weight: DType, gate: DType, *, small: bool) -> Value:
        """A convolution times the codes of a gate, a convolution of its own to one channel: 1x1 where `small`."""
        sums = self.conv(source, out, geometry, weight)
        point = Geometry((1, 1), geometry.stride)
        fits = small and point.output_size(*source.type.shape[:2]) == sums.type.shape[:2]
        codes = self.act(self.conv(source, 1, point if fits else geometry, TERNARY), gate)
        return self.add("scale", Scale(), (sums, codes), sums.type.shape)

    def gated_by_size(self, source: Value, out: int, weight: DType, gate: DType) -> Value:
        """A convolution of single pixels times a code of each pixel's own magnitude: no product makes the gate."""
        size = self.add("size", Magnitude(source.type.channels), (source,), (*source.type.shape[:2], 1))
        sums = self.conv(source, out, POINT, weight)
        return self.add("scale", Scale(), (sums, self.act(size, gate)), sums.type.shape)

    def sum(self, *sources: Value, gains: tuple[int, ...] = ()) -> Value:
        """The end of a residual connection."""
        factors = np.array([gains], dtype=np.int64) if gains else np.zeros(0, dtype=np.int64)
        return self.add("sum", Sum(factors), sources, sources[0].type.shape)

    def gain(self, source: Value) -> Value:
        """Each channel, or each element, times a factor of its own."""
        count = source.type.channels if self.rng.random() < 0.6 else source.type.elements
        factors = self.rng.choice([-9, -2, -1, 1, 3, 4, 23], (count, 1))
        return self.add("gain", Sum(factors), (source,), source.type.shape)

    def concat(self, *sources: Value, axis: int = -1) -> Value:
        """Images of one type side by side, along an axis in which alone they differ."""
        shape = list(sources[0].type.shape)
        shape[axis] = sum(each.type.shape[axis] for each in sources)
        return self.add("cat", Concat(axis), sources, tuple(shape), sources[0].type.dtype)

    def gather(self, source: Value, places: IntArray) -> Value:
        """The elements of an image at `places` (H, W, C)."""
        return self.add("move", Gather(places.ravel()), (source,), places.shape, source.type.dtype)

    def dense(self, source: Value, out: int, weight: DType, *, flat: bool = True) -> Value:
        """A dense layer on the whole tensor, or on every pixel."""
        fan_in = source.type.elements if flat else source.type.channels
        shape = (out,) if flat else (*source.type.shape[:-1], out)
        return self.add("fc", MatMul(codes_of(self.rng, weight, (out, fan_in)), weight), (source,), shape)

    def signs(self, source: Value) -> Value:
        """-1 or +1 by sign."""
        return self.add("sign", Activation((Sign(),)), (source,), source.type.shape, B)

    def conv_with_k(self, source: Value, out: int, geometry: Geometry) -> Value:
        """A binary convolution on signs times XNOR-Net's K, the box-filtered magnitudes of pixels."""
        height, width, channels = source.type.shape
        sums = self.conv(self.signs(source), out, geometry, B)
        size = self.add("size", Magnitude(channels), (source,), (height, width, 1))
        return self.add("scale", Scale(), (sums, self.pool(size, geometry, PoolKind.SUM)), sums.type.shape)

    def dense_with_k(self, source: Value, out: int) -> Value:
        """A binary dense layer on signs times the magnitude of the whole tensor."""
        sums = self.dense(self.signs(source), out, B)
        size = self.add("size", Magnitude(source.type.elements), (source,), (1,))
        return self.add("scale", Scale(), (sums, size), (out,))

    def graph(self, name: str = "net") -> Graph:
        """The network so far; `last` leaves it."""
        return Graph.of(name, self.input, tuple(self.nodes), self.last)


def _quantiser(rng: Rng, out: DType) -> tuple[Step, ...]:
    """Steps that give every code of `out` for numbers of about -1 to 1; ternary codes are -1, 0 and +1."""
    if isinstance(out, Bipolar):
        return (Sign(),)
    low, high = (-1, 1) if out == TERNARY else (out.min, out.max)
    if not out.signed and rng.random() < 0.5:
        return (Levels(np.sort(rng.normal(size=(1, high))), 0, 1),)
    relu = () if out.signed else (Clip(np.zeros(()), np.asarray(np.inf)),)
    return (*relu, Quantise(np.asarray(3 / (high - low)), np.zeros(()), low, high, Rounding.HALF_EVEN))


TERNARY = IntType(2, signed=True)
HIDDEN: tuple[DType, ...] = (B, B, TERNARY, IntType(2, signed=False), IntType(3, signed=True), IntType(4, signed=False))
WEIGHTS: tuple[DType, ...] = (B, B, TERNARY, IntType(3, signed=True), IntType(4, signed=True))
INPUTS: tuple[DType, ...] = (B, IntType(8, signed=False), IntType(4, signed=True), IntType(2, signed=False), TERNARY)


def pick(rng: Rng, some: tuple[DType, ...]) -> DType:
    """One of some types."""
    return some[int(rng.integers(len(some)))]


def random_geometry(rng: Rng, height: int, width: int, *, same: bool = False, pads: bool = True) -> Geometry:
    """A window of kernel 1 to 5 that fits an image; `same`: at every pixel, padded unevenly."""
    while True:
        tall, wide = (1 if size == 1 else int(rng.integers(1, 6)) for size in (height, width))
        dilation = (int(rng.integers(1, 3)) if tall > 1 else 1, int(rng.integers(1, 3)) if wide > 1 else 1)
        extent = Geometry((tall, wide), dilation=dilation).extent
        if same:
            top, left = (int(rng.integers(0, size)) for size in extent)
            padding = (top, left, extent[0] - 1 - top, extent[1] - 1 - left)
            geometry = Geometry((tall, wide), (1, 1), dilation, padding)
        else:
            stride = (int(rng.integers(1, 4)), int(rng.integers(1, 4)) if width > 1 else 1)
            around = pads and rng.random() < 0.5
            padding = tuple(int(rng.integers(0, min(size, 3))) if around else 0 for size in (*extent, *extent))
            geometry = Geometry((tall, wide), stride, dilation, padding)
        if min(geometry.output_size(height, width)) >= 1:
            return geometry


def _random_conv(net: ImageBuilder, source: Value, *, same: bool = False, out: int = 0) -> Value:
    """A convolution of any kind: dense, grouped, depthwise, of one pixel."""
    rng, (height, width, channels) = net.rng, source.type.shape
    geometry = random_geometry(rng, height, width, same=same) if rng.random() < 0.85 else Geometry((1, 1))
    divisors = [n for n in range(1, channels + 1) if channels % n == 0]
    groups = int(rng.choice([1, 1, channels, *divisors]))
    out = out or groups * int(rng.integers(1, 1 + max(1, 8 // groups)))
    groups = groups if out % groups == 0 else 1
    dtype = source.type.dtype
    pad = 0 if isinstance(dtype, Bipolar) or rng.random() < 0.7 else int(rng.integers(dtype.min, dtype.max + 1))
    return net.conv(source, out, geometry, pick(rng, WEIGHTS), groups=groups, pad=pad)


def _random_pool(net: ImageBuilder, source: Value) -> Value:
    """A pool that tiles the image, or any other."""
    rng, (height, width, _) = net.rng, source.type.shape
    geometry = random_geometry(rng, height, width)
    if rng.random() < 0.5:
        size = (min(2, height), min(2, width))
        geometry = Geometry(size, size)
    return net.pool(source, geometry, PoolKind.SUM if rng.random() < 0.3 else PoolKind.MAX)


def _random_move(net: ImageBuilder, source: Value) -> Value:
    """A part of an image, its pixels or channels in another order, some of them repeated."""
    rng, places = net.rng, np.arange(source.type.elements).reshape(source.type.shape)
    for axis in rng.permutation(3)[: rng.integers(1, 4)].tolist():
        size = places.shape[axis]
        match rng.choice(["part", "stride", "flip", "repeat", "swap", "draw"]):
            case "part":
                start = int(rng.integers(0, size))
                places = places.take(range(start, int(rng.integers(start, size)) + 1), axis)
            case "stride":
                places = places.take(range(int(rng.integers(0, min(size, 2))), size, 2), axis)
            case "flip":
                places = np.flip(places, axis)
            case "repeat" if places.size <= 256:
                places = places.repeat(int(rng.integers(2, 4)), axis)
            case "draw":
                places = places.take(rng.integers(0, size, size), axis)
            case _:
                places = places.swapaxes(0, axis)
    return net.gather(source, places)


def _random_concat(net: ImageBuilder, source: Value) -> Value:
    """An image and what convolutions make of it, side by side along any axis."""
    rng, axis = net.rng, int(net.rng.integers(-3, 0))
    out = 0 if axis == -1 else source.type.channels
    convs = (_random_conv(net, source, same=True, out=out) for _ in range(rng.integers(1, 3)))
    return net.concat(source, *(net.act(conv, source.type.dtype) for conv in convs), axis=axis)


def _random_block(net: ImageBuilder) -> None:
    """A few layers that end in codes."""
    rng, source, codes = net.rng, net.last, pick(net.rng, HIDDEN)
    match rng.choice(["conv", "conv_pool", "pool", "residual", "residual", "concat", "move", "pixelwise"]):
        case "conv":
            net.act(_random_conv(net, source), codes)
        case "conv_pool":
            pooled = _random_pool(net, _random_conv(net, source))
            net.act(pooled, codes)
        case "pool":
            _random_pool(net, source)
        case "residual":
            branches = [
                _random_conv(net, source, same=True, out=source.type.channels) for _ in range(rng.integers(1, 3))
            ]
            branches = [net.act(each, codes) if rng.random() < 0.6 else each for each in branches]
            summed = branches if len(branches) > 1 and rng.random() < 0.4 else [source, *branches]
            if rng.random() < 0.3:
                summed = [net.gain(each) if rng.random() < 0.5 else each for each in summed]
            gains = rng.choice([-7, -1, 1, 2, 5, 16], len(summed)) if rng.random() < 0.5 else ()
            if len(summed) == 2 and not len(gains) and rng.random() < 0.4:
                net.add("gate", Scale(), tuple(summed), summed[0].type.shape)
            else:
                net.sum(*summed, gains=tuple(map(int, gains)))
        case "concat":
            _random_concat(net, source)
        case "move":
            _random_move(net, source)
        case _:
            net.act(net.dense(source, int(rng.integers(1, 9)), pick(rng, WEIGHTS), flat=False), codes)
    if net.last.type.dtype.bits > 5:
        net.act(net.last, codes)


def random_image_network(rng: Rng, *, name: str = "net") -> Graph:
    """An imported network on small images or signals: convolutions, pools, branches, dense layers at the end."""
    height, width = (int(size) for size in rng.integers(2, 9, 2))
    if rng.random() < 0.15:
        height, width = int(rng.integers(6, 25)), 1
    net = ImageBuilder(rng, (height, width, int(rng.integers(1, 5))), pick(rng, INPUTS))
    if net.input.type.dtype.bits > 5 and rng.random() < 0.4:
        net.act(net.input, pick(rng, HIDDEN[2:]))
    elif net.input.type.dtype.bits > 5:
        net.act(_random_conv(net, net.input), pick(rng, HIDDEN))
    for _ in range(int(rng.integers(1, 4))):
        _random_block(net)
    if rng.random() < 0.6:
        if net.last.type.elements > 64:
            height, width, _ = net.last.type.shape
            net.pool(net.last, Geometry((height, width), (height, width)), PoolKind.SUM)
            net.act(net.last, pick(rng, HIDDEN))
        if rng.random() < 0.5:
            net.act(net.dense(net.last, int(rng.integers(1, 11)), pick(rng, WEIGHTS)), pick(rng, HIDDEN))
        net.dense(net.last, int(rng.integers(2, 11)), pick(rng, WEIGHTS))
        if rng.random() < 0.3:
            net.add("top", ArgMax(), (net.last,), (1,), smallest_int(0, net.last.type.channels - 1))
    return net.graph(name)


def random_conv_network(rng: Rng, *, name: str = "conv") -> Graph:
    """One convolution of any kind on a small image, with an activation behind it in most cases, a pool in some."""
    height, width = (int(size) for size in rng.integers(1, 9, 2))
    net = ImageBuilder(rng, (height, width, int(rng.integers(1, 7))), pick(rng, INPUTS))
    _random_conv(net, net.input)
    if rng.random() < 0.2:
        _random_pool(net, net.last)
    if rng.random() < 0.8:
        net.act(net.last, pick(rng, HIDDEN))
    return net.graph(name)


def resnet_like(rng: Rng) -> Graph:
    """Two residual blocks, the second with a projection and a stride; a sum over the image, dense scores."""
    net = ImageBuilder(rng, (8, 8, 3), IntType(8, signed=False))
    same, halved = Geometry((3, 3), padding=(1, 1, 1, 1)), Geometry((3, 3), (2, 2), padding=(1, 1, 1, 1))
    uint2, int3 = IntType(2, signed=False), IntType(3, signed=True)
    stem = net.act(net.conv(net.input, 4, same, int3), uint2)
    first = net.act(net.conv(stem, 4, same, TERNARY), uint2)
    joined = net.act(net.sum(stem, net.conv(first, 4, same, TERNARY)), uint2)
    second = net.act(net.conv(joined, 6, halved, TERNARY), uint2)
    projected = net.conv(joined, 6, Geometry((1, 1), (2, 2)), int3)
    net.act(net.sum(net.conv(second, 6, same, TERNARY), projected), uint2)
    net.pool(net.last, Geometry((4, 4), (4, 4)), PoolKind.SUM)
    net.dense(net.last, 5, int3)
    return net.graph("resnet_like")


def mobilenet_like(rng: Rng) -> Graph:
    """Depthwise and pointwise convolutions, an inverted residual, a grouped convolution, top 1."""
    net = ImageBuilder(rng, (8, 8, 3), IntType(8, signed=False))
    same, halved = Geometry((3, 3), padding=(1, 1, 1, 1)), Geometry((3, 3), (2, 2), padding=(0, 0, 1, 1))
    int4, uint3 = IntType(4, signed=True), IntType(3, signed=False)
    point = Geometry((1, 1))
    stem = net.act(net.conv(net.input, 4, halved, int4), uint3)
    wide = net.act(net.conv(stem, 8, point, int4), uint3)
    deep = net.act(net.conv(wide, 8, same, int4, groups=8), uint3)
    narrow = net.sum(stem, net.conv(deep, 4, point, int4))
    net.act(net.conv(net.act(narrow, uint3), 8, halved, int4, groups=2), uint3)
    net.pool(net.last, Geometry((2, 2), (2, 2)), PoolKind.SUM)
    net.dense(net.last, 6, int4)
    net.add("top", ArgMax(), (net.last,), (1,), smallest_int(0, 5))
    return net.graph("mobilenet_like")


def signal_net(rng: Rng) -> Graph:
    """Convolutions over a signal of 24 samples, dilated, with a pool that overlaps; dense scores."""
    net = ImageBuilder(rng, (24, 1, 2), IntType(4, signed=True))
    net.act(net.conv(net.input, 5, Geometry((4, 1), padding=(2, 0, 1, 0)), IntType(3, signed=True)), B)
    net.act(net.pool(net.last, Geometry((3, 1), (2, 1))), B)
    net.act(net.conv(net.last, 6, Geometry((3, 1), (2, 1), (2, 1)), B), B)
    net.dense(net.last, 3, B)
    return net.graph("signal_net")


def padded_net(rng: Rng) -> Graph:
    """Bipolar throughout, every convolution padded: dense, depthwise, grouped; a padded pool and dense scores."""
    net = ImageBuilder(rng, (6, 5, 3), B)
    net.act(net.conv(net.input, 6, Geometry((3, 3), padding=(1, 1, 1, 1)), B), B)
    net.act(net.conv(net.last, 6, Geometry((3, 3), padding=(2, 0, 1, 1)), B, groups=6), B)
    net.pool(net.last, Geometry((3, 3), (2, 2), padding=(1, 1, 1, 1)))
    net.act(net.conv(net.last, 4, Geometry((3, 2), padding=(0, 1, 2, 0)), B, groups=2), B)
    net.dense(net.last, 5, B)
    return net.graph("padded_net")


def concat_net(rng: Rng) -> Graph:
    """Three branches of 4, 6 and 2 channels side by side, a pool behind the batch norm of one, dense scores."""
    net = ImageBuilder(rng, (6, 6, 2), IntType(2, signed=False))
    uint2 = IntType(2, signed=False)
    wide = net.act(net.conv(net.input, 4, Geometry((3, 3), padding=(1, 1, 1, 1)), TERNARY), uint2)
    narrow = net.act(net.conv(net.input, 6, Geometry((1, 1)), IntType(3, signed=True)), uint2)
    joined = net.concat(wide, narrow, net.input)
    net.act(net.pool(net.conv(joined, 5, Geometry((2, 2)), B), Geometry((2, 2), (2, 2))), B)
    net.dense(net.last, 4, B)
    return net.graph("concat_net")


def moving_net(rng: Rng) -> Graph:
    """A small U-Net: a branch that shrinks and grows again, beside a crop; then rows under flipped ones, transposed."""
    net = ImageBuilder(rng, (6, 4, 2), IntType(3, signed=False))
    codes = net.act(net.conv(net.input, 4, Geometry((3, 3), padding=(1, 1, 1, 1)), TERNARY), B)
    small = net.act(net.conv(codes, 4, Geometry((2, 2), (2, 2)), B), B)
    places = np.arange(small.type.elements).reshape(small.type.shape)
    grown = net.gather(small, places.repeat(2, 0).repeat(2, 1)[:, 1:])
    cut = net.gather(codes, np.arange(codes.type.elements).reshape(codes.type.shape)[:, 1:])
    both = net.act(net.conv(net.concat(grown, cut), 2, Geometry((1, 2)), B), B)
    places = np.arange(both.type.elements).reshape(both.type.shape)
    tall = net.concat(both, net.gather(both, places[::-1]), axis=-3)
    net.gather(tall, np.arange(tall.type.elements).reshape(tall.type.shape).swapaxes(0, 1))
    net.act(net.conv(net.last, 3, Geometry((2, 3)), B), B)
    net.dense(net.last, 4, B)
    return net.graph("moving_net")


def xnor_like(rng: Rng) -> Graph:
    """Layers of XNOR-Net with K, of random sizes: a convolution, perhaps a pool, a pointwise one and a dense one."""
    codes = IntType(int(rng.integers(2, 6)), signed=True)
    net = ImageBuilder(rng, (4, 4, int(rng.integers(1, 6))), codes)
    tall, wide = ((2, 2), (1, 3), (3, 1), (3, 3))[int(rng.integers(4))]
    geometry = Geometry((tall, wide), padding=(tall // 2, wide // 2, (tall - 1) // 2, (wide - 1) // 2))
    scaled = net.conv_with_k(net.input, int(rng.integers(1, 8)), geometry)
    net.act(net.pool(scaled, Geometry((2, 2), (2, 2))) if rng.random() < 0.5 else scaled, codes)
    net.act(net.conv_with_k(net.last, int(rng.integers(2, 8)), Geometry((1, 1))), codes)
    net.dense_with_k(net.last, int(rng.integers(4, 9)))
    return net.graph("xnor_like")


def floor_net(rng: Rng) -> Graph:
    """An odd image, pools that leave rows and columns over: of accumulators, overlapping, a sum; a residual block."""
    net = ImageBuilder(rng, (11, 9, 2), IntType(4, signed=True))
    uint2, two = IntType(2, signed=False), Geometry((2, 2), (2, 2))
    net.act(
        net.pool(net.conv(net.input, 4, Geometry((1, 2)), IntType(3, signed=True)), Geometry((3, 3), (2, 3))), uint2
    )
    net.act(net.sum(net.last, net.conv(net.last, 4, Geometry((3, 3), padding=(1, 1, 1, 1)), TERNARY)), uint2)
    net.pool(net.conv(net.last, 6, Geometry((1, 1)), B), Geometry((2, 1), (2, 1)))
    net.act(net.last, uint2)
    net.act(net.conv(net.last, 5, Geometry((2, 3), padding=(1, 1, 1, 2)), TERNARY), uint2)
    net.pool(net.last, two, PoolKind.SUM)
    net.dense(net.last, 4, B)
    return net.graph("floor_net")


IMAGE_NETWORKS = (resnet_like, mobilenet_like, signal_net, padded_net, concat_net, moving_net, xnor_like, floor_net)


def random_folding(rng: Rng, network: Graph, most: int = 2000) -> dict[str, LayerFolding]:
    """A legal folding of every layer of an integer network, dividing or not; no layer takes more than `most` cycles.

    Where PE and SIMD must divide (groups, concatenations) they do.
    """
    return {node.name: _random_layer_folding(rng, node, most) for node in folded_layers(network)}


def _random_layer_folding(rng: Rng, node: Node, most: int) -> LayerFolding:
    source, result = node.inputs[0].type, node.output.type
    taps = node.op.geometry.taps if isinstance(node.op, Conv | Pool) else 1
    pixels = max(source.elements // source.channels, result.elements // result.channels * taps)
    match node.op:
        case MatMul(weights=weights):
            pixels, (outs, ins) = result.elements // len(weights), (range(1, size + 1) for size in weights.shape)
        case Conv(weights=weights, groups=groups) as op if not op.is_depthwise:
            pixels, out, per_group = pixels * groups, len(weights) // groups, weights.shape[3]
            outs, ins = range(1, out + 1), range(1, per_group + 1)
            if groups > 1:
                outs, ins = _divisors(out), _divisors(per_group)
        case Concat() | Gather():
            outs, ins = channelwise_lanes(node), None
            most = max(most, source.elements, result.elements)
        case Threshold() as op if is_searched(op, source.dtype):
            outs, ins = channelwise_lanes(node), None
            most = max(most, source.elements)
        case Sum() as op if op.of_elements(source.channels):
            outs, ins = channelwise_lanes(node), None
            most = max(most, result.elements)
        case _:
            outs, ins = range(1, source.channels + 1), None
    least = pixels * ceil_div(outs[-1], outs[-1])
    for _ in range(1000):
        pe, simd = int(rng.choice(outs)), None if ins is None else int(rng.choice(ins))
        folds = ceil_div(outs[-1], pe) * (1 if simd is None else ceil_div(ins[-1], simd))
        if pixels * folds <= max(most, least):
            return LayerFolding(pe=pe, simd=simd)
    return LayerFolding(pe=outs[-1], simd=None if ins is None else ins[-1])


def _divisors(number: int) -> list[int]:
    return [d for d in range(1, number + 1) if number % d == 0]


# Numbers whose sums and products hit boundaries exactly, beside ones that nearly do.
NUMBERS = st.one_of(
    st.integers(-12, 12).map(float),
    st.integers(-40, 40).map(lambda n: n / 8),
    st.sampled_from([0.1, -0.1, 1 / 3, 0.3, 1e-9, -1e-9, 2.0**-40, 1e6]),
    st.floats(-8, 8, allow_nan=False, width=32),
)
NON_ZERO = NUMBERS.filter(lambda number: number != 0)
VARIANCES = st.one_of(st.sampled_from([0.0, 0.25, 1.0, 4.0, 9.0, 2.25]), st.integers(1, 64).map(lambda n: n / 4))
EPSILONS = st.sampled_from([0.0, 1e-5, 0.75, 1e-3])


def parameters(draw: st.DrawFn, numbers: st.SearchStrategy[float], channels: int) -> np.ndarray:
    """One parameter for all channels, or one each."""
    if draw(st.booleans()):
        return np.asarray(draw(numbers), dtype=np.float64)
    return np.array([draw(numbers) for _ in range(channels)], dtype=np.float64)


def inner_chain(draw: st.DrawFn, channels: int, monotone: bool) -> tuple[Step, ...]:
    """A chain of at most two steps, without a quantiser; of one that rises where `monotone`."""
    if monotone:
        steps = [Clip(np.asarray(-2.0), np.asarray(3.0)), Mul(np.asarray(0.375)), Function(FunctionKind.TANH)]
        return tuple(draw(st.lists(st.sampled_from(steps), max_size=2)))
    return tuple(draw(st.lists(elementwise_steps(channels, monotone=False, nested=True), max_size=2)))


def _function_step(draw: st.DrawFn, name: str, channels: int, monotone: bool) -> Step:
    """A function of one number, a comparison, or two chains together."""
    size = LeakyRelu(np.asarray(-1.0))
    match name:
        case "function":
            others = {FunctionKind.SQRT, FunctionKind.LOG} | (
                {FunctionKind.SIN, FunctionKind.COS} if monotone else set()
            )
            return Function(draw(st.sampled_from([kind for kind in FunctionKind if kind not in others])))
        case "compare":
            return Compare(parameters(draw, NUMBERS, channels), draw(st.booleans()))
        case "both" | "product":
            rising = st.sampled_from([Operator.ADD, Operator.MAX, Operator.MIN])
            operator = Operator.MUL if name == "product" else draw(rising)
            return Combine(operator, *(inner_chain(draw, channels, monotone) for _ in range(2)))
        case "quotient":
            return Combine(Operator.DIV, inner_chain(draw, channels, monotone), (size, Add(np.asarray(0.5))))
        case _:
            roots = (size, Function(FunctionKind.SQRT)), (size, Add(np.asarray(0.5)), Function(FunctionKind.LOG))
            return Combine(Operator.MUL, inner_chain(draw, channels, monotone), draw(st.sampled_from(roots)))


@st.composite
def elementwise_steps(draw: st.DrawFn, channels: int, *, monotone: bool = True, nested: bool = False) -> Step:
    """One step of a chain that is no quantiser; none that combines chains where `nested`."""

    def of(numbers: st.SearchStrategy[float]) -> np.ndarray:
        return parameters(draw, numbers, channels)

    plain = ["mul", "add", "div", "norm", "relu", "clip", "leaky", "function", "compare"]
    both = ["both"] if monotone else ["both", "product", "quotient", "root"]
    match draw(st.sampled_from(plain if nested else plain + both)):
        case "mul":
            return Mul(of(NUMBERS))
        case "add":
            return Add(of(NUMBERS))
        case "div":
            return Div(of(NON_ZERO))
        case "norm":
            variance, epsilon = of(VARIANCES), draw(EPSILONS)
            if epsilon == 0:
                variance = np.where(variance == 0, 1.0, variance)
            return BatchNorm(of(NUMBERS), of(NUMBERS), of(NUMBERS), variance, epsilon)
        case "relu":
            return Clip(np.zeros(()), np.asarray(np.inf))
        case "clip":
            ends = np.sort([draw(NUMBERS), draw(NUMBERS)])
            return Clip(np.asarray(ends[0]), np.asarray(ends[1]))
        case "leaky":
            slopes = st.sampled_from([0.0, 0.01, 0.125, 1.0] if monotone else [-1.0, -0.25, 0.5])
            return LeakyRelu(of(slopes))
        case name:
            return _function_step(draw, name, channels, monotone)


@st.composite
def quantiser_steps(draw: st.DrawFn, channels: int) -> tuple[Step, DType]:
    """A quantiser and the type of its codes."""
    kind = draw(st.sampled_from(["sign", "quantise", "levels"]))
    if kind == "sign":
        return Sign(), B
    if kind == "quantise":
        low = draw(st.integers(-8, 7))
        high = draw(st.integers(low + 1, 15))
        scale = np.asarray(draw(st.sampled_from([0.25, 0.5, 1.0, 0.1, 1 / 3])))
        zero = np.asarray(draw(st.sampled_from([0.0, 0.0, 1.0, -2.0, 0.5])))
        return Quantise(scale, zero, low, high, draw(st.sampled_from(Rounding))), smallest_int(
            min(low, 0), max(high, 0)
        )
    rows, count = draw(st.sampled_from([1, channels])), draw(st.integers(1, 5))
    levels = np.sort(np.array([[draw(NUMBERS) for _ in range(count)] for _ in range(rows)]), axis=1)
    if count == 1 and draw(st.booleans()):
        return Levels(levels, -1, 2), B
    return Levels(levels, 0, 1), IntType(count.bit_length(), signed=False)


@st.composite
def chains(draw: st.DrawFn, *, monotone: bool = True) -> tuple[tuple[Step, ...], DType, int]:
    """Steps of an activation, the type of its codes and the number of channels."""
    channels = draw(st.integers(1, 3))
    body = draw(st.lists(elementwise_steps(channels, monotone=monotone), max_size=4))
    quantiser, dtype = draw(quantiser_steps(channels))
    return (*body, quantiser), dtype, channels


def write_qonnx(path: Path, rng: Rng, *, inputs: int = 12, hidden: int = 8, outputs: int = 4) -> Path:
    """A QONNX file: bipolar input, dense, batch norm, BipolarQuant, dense with 4-bit weights."""
    from tests.frontend.onnx_nets import net, node

    nodes = [
        node("BipolarQuant", "w0 one", "b0", name="weights0"),
        node("MatMul", "x b0", "a0", name="dense0"),
        node("BatchNormalization", "a0 gamma beta mean variance", "n0", name="norm0", epsilon=1e-5),
        node("BipolarQuant", "n0 one", "s0", name="sign0"),
        node("Quant", "w1 half zero four", "q1", name="weights1", signed=1, narrow=1, rounding_mode="ROUND"),
        node("MatMul", "s0 q1", "y", name="dense1"),
    ]
    model = net(
        nodes,
        shape=(1, inputs),
        types={"x": "BIPOLAR"},
        w0=rng.normal(size=(inputs, hidden)),
        w1=rng.normal(size=(hidden, outputs)),
        gamma=rng.normal(size=hidden),
        beta=rng.normal(size=hidden),
        mean=rng.normal(size=hidden),
        variance=rng.random(hidden) + 0.1,
        one=1.0,
        half=0.5,
        zero=0.0,
        four=4.0,
    )
    path.write_bytes(model.SerializeToString())
    return path
