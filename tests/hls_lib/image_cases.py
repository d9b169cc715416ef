"""Designs over images with random contents, and what they must compute, in plain loops."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from hwgen.hw.activation import Thresholding
from hwgen.hw.arithmetic import Arithmetic
from hwgen.hw.kernels.depthwise import DepthwiseUnit
from hwgen.hw.kernels.mvtu import MvtuUnit
from hwgen.hw.kernels.parallel_window import ParallelWindowUnit
from hwgen.hw.kernels.pool import PoolUnit
from hwgen.hw.kernels.window import WindowUnit
from hwgen.hw.kernels.windows import TERNARY
from hwgen.hw.memory import MemoryStyle
from hwgen.hw.stream import Stream
from hwgen.ir.geometry import Geometry
from hwgen.ir.ops import PoolKind
from hwgen.ir.types import Bipolar, DType, IntArray, IntType, smallest_int
from tests.hls_lib.cases import (
    FRAMES,
    Case,
    design_of,
    generator,
    quantised,
    random_activation,
    random_codes,
    sum_range,
)

Shape = tuple[int, int, int]


@dataclass(frozen=True, eq=False)
class Image:
    """Frames (FRAMES, H, W, C) of random codes of `dtype`, the first the smallest everywhere, the last the largest."""

    codes: IntArray
    dtype: DType

    @property
    def flat(self) -> IntArray:
        return self.codes.reshape(len(self.codes), -1)

    def stream(self, lanes: int) -> Stream:
        _, height, width, channels = self.codes.shape
        return Stream("x", self.dtype, channels, lanes, vectors=height * width)


def image(name: str, shape: Shape, dtype: DType) -> Image:
    return Image(random_codes(generator(*name.encode()), dtype, (FRAMES, *shape)), dtype)


def seen(codes: IntArray, geometry: Geometry, pad: IntArray) -> IntArray:
    """What each window sees (N, OH, OW, taps, C), tap by tap."""
    frames, height, width, channels = codes.shape
    down, across = geometry.output_size(height, width)
    result = np.empty((frames, down, across, geometry.taps, channels), dtype=np.int64)
    for oy, ox, ky, kx in np.ndindex(down, across, *geometry.kernel):
        y = oy * geometry.stride[0] + ky * geometry.dilation[0] - geometry.padding[0]
        x = ox * geometry.stride[1] + kx * geometry.dilation[1] - geometry.padding[1]
        inside = 0 <= y < height and 0 <= x < width
        result[:, oy, ox, ky * geometry.kernel[1] + kx] = codes[:, y, x] if inside else pad
    return result


def least_rows(unit: Callable[[int], WindowUnit]) -> int:
    return max(unit(1).needed)


def window_unit(
    source: Image,
    lanes: int,
    geometry: Geometry,
    *,
    blocks: int,
    pad: IntArray,
    more_rows: int,
    style: MemoryStyle | None,
) -> WindowUnit:
    """A window unit whose line buffer holds `more_rows` rows beyond those that it must."""
    stream = source.stream(lanes)
    _, height, width, _ = source.codes.shape
    down, across = geometry.output_size(height, width)
    ternary = isinstance(source.dtype, Bipolar) and geometry.pads and not pad.all()
    output = Stream(
        "conv_window",
        TERNARY if ternary else source.dtype,
        stream.vector_beats // blocks * lanes,
        lanes,
        vectors=down * across * geometry.taps * blocks,
    )

    def unit(rows: int) -> WindowUnit:
        return WindowUnit(
            "conv_window", "conv", (stream,), (output,), height, width, geometry, blocks, pad, rows, memory_style=style
        )

    return unit(least_rows(unit) + more_rows)


def window_case(
    name: str,
    shape: Shape,
    lanes: int,
    dtype: DType,
    geometry: Geometry,
    *,
    blocks: int = 1,
    pad: int | str = 0,
    more_rows: int = 0,
    style: MemoryStyle | None = None,
) -> Case:
    """A window unit alone; `pad` "mixed" gives each channel a padding code of its own."""
    source, channels = image(name, shape, dtype), shape[2]
    codes = np.full(channels, pad) if isinstance(pad, int) else np.where(np.arange(channels) % 2, dtype.min, dtype.max)
    unit = window_unit(source, lanes, geometry, blocks=blocks, pad=codes, more_rows=more_rows, style=style)
    windows = seen(source.codes, geometry, codes)
    beats = unit.input.vector_beats
    spare = -1 if isinstance(unit.output.dtype, Bipolar) else 0
    padded = np.full((*windows.shape[:-1], beats * lanes), spare, dtype=np.int64)
    padded[..., :channels] = windows
    cut = padded.reshape(*windows.shape[:4], blocks, beats // blocks * lanes)
    expected = cut.transpose(0, 1, 2, 4, 3, 5).reshape(FRAMES, -1)
    return Case(design_of(name, unit), source.flat, expected)


def parallel_window_unit(
    source: Image, lanes: int, geometry: Geometry, pad: IntArray, style: MemoryStyle | None = None
) -> ParallelWindowUnit:
    """A unit that gives all taps of `lanes` channels in a beat."""
    taps = window_unit(source, lanes, geometry, blocks=1, pad=pad, more_rows=0, style=None)
    size, beats = geometry.taps * lanes, taps.input.vector_beats
    output = replace(taps.output, elements=beats * size, lanes=size, vectors=taps.out_height * taps.out_width)
    sizes = taps.height, taps.width, geometry, pad
    return ParallelWindowUnit("conv_window", "conv", taps.inputs, (output,), *sizes, 1, style)


def parallel_window_case(
    name: str,
    shape: Shape,
    lanes: int,
    dtype: DType,
    geometry: Geometry,
    pad: int | str = 0,
    *,
    style: MemoryStyle | None = None,
) -> Case:
    """A parallel window unit alone; `pad` "mixed" gives each channel a padding code of its own."""
    source, channels = image(name, shape, dtype), shape[2]
    codes = np.full(channels, pad) if isinstance(pad, int) else np.where(np.arange(channels) % 2, dtype.min, dtype.max)
    unit = parallel_window_unit(source, lanes, geometry, codes, style)
    cut = seen(source.codes, geometry, codes)
    expected = cut.reshape(*cut.shape[:4], -1, lanes).swapaxes(3, 4).reshape(FRAMES, -1)
    return Case(design_of(name, unit.resized(1)), source.flat, expected)


@dataclass(frozen=True)
class Conv:
    """Types, and how the unit behind the window is folded."""

    weight: DType
    input: DType
    code: DType | None
    pe: int
    simd: int
    groups: int = 1
    pad: int = 0
    arithmetic: Arithmetic = Arithmetic.DIRECT
    descending: bool = False
    shared: bool = False


def conv_case(name: str, shape: Shape, outputs: int, geometry: Geometry, conv: Conv) -> Case:
    """A window unit and a matrix-vector unit: `outputs` channels from `conv.groups` groups."""
    source, channels = image(name, shape, conv.input), shape[2]
    rng = generator(1, *name.encode())
    per_group = channels // conv.groups
    weights = random_codes(rng, conv.weight, (conv.groups, outputs // conv.groups, geometry.taps, per_group))
    pad = np.full(channels, conv.pad)
    window = window_unit(source, conv.simd, geometry, blocks=conv.groups, pad=pad, more_rows=1, style=None)
    windows = seen(source.codes, geometry, pad)
    accumulators = np.concatenate(
        [
            np.einsum("nyxtc,otc->nyxo", windows[..., g * per_group : (g + 1) * per_group], weights[g])
            for g in range(conv.groups)
        ],
        axis=-1,
    )
    ternary = window.output.dtype != conv.input
    xnor = isinstance(conv.weight, Bipolar) and isinstance(conv.input, Bipolar) and not ternary
    output = Output(conv, accumulators, geometry.taps * per_group, xnor, weights.reshape(outputs, -1))
    unit = MvtuUnit(
        "conv",
        "conv",
        (window.output,),
        (output.stream("conv", conv.pe),),
        weights,
        conv.weight,
        output.sum_type,
        output.activation(rng),
        conv.simd,
        padded_bipolar=ternary and isinstance(conv.weight, Bipolar),
        arithmetic=conv.arithmetic,
    )
    return Case(design_of(name, window, unit), source.flat, output.expected(unit.activation))


def depthwise_case(name: str, shape: Shape, geometry: Geometry, conv: Conv) -> Case:
    """A window unit and a depthwise unit, which takes all taps of a window at once where they are `conv.simd`."""
    source, channels = image(name, shape, conv.input), shape[2]
    rng = generator(1, *name.encode())
    weights = random_codes(rng, conv.weight, (channels, geometry.taps))
    pad = np.full(channels, conv.pad)
    whole, blocks = conv.simd == geometry.taps > 1, source.stream(conv.pe).vector_beats
    window = (
        parallel_window_unit(source, conv.pe, geometry, pad)
        if whole
        else window_unit(source, conv.pe, geometry, blocks=blocks, pad=pad, more_rows=0, style=None)
    )
    accumulators = np.einsum("nyxtc,ct->nyxc", seen(source.codes, geometry, pad), weights)
    xnor = isinstance(conv.weight, Bipolar) and isinstance(conv.input, Bipolar) and window.output.dtype == conv.input
    output = Output(conv, accumulators, geometry.taps, xnor, weights)
    unit = DepthwiseUnit(
        "conv",
        "conv",
        (window.output,),
        (output.stream("conv", conv.pe),),
        weights,
        conv.weight,
        output.sum_type,
        output.activation(rng),
        simd=geometry.taps if whole else 1,
    )
    return Case(design_of(name, window, unit), source.flat, output.expected(unit.activation))


@dataclass(frozen=True, eq=False)
class Output:
    """What leaves a unit with weights: accumulators (N, OH, OW, out), or codes of them."""

    conv: Conv
    accumulators: IntArray
    fan_in: int
    xnor: bool
    rows: IntArray

    @property
    def bounds(self) -> tuple[int, int]:
        return (0, self.fan_in) if self.xnor else sum_range(self.rows, self.conv.input)

    @property
    def sum_type(self) -> IntType:
        return smallest_int(*self.bounds)

    @property
    def sums(self) -> IntArray:
        return (self.accumulators + self.fan_in) // 2 if self.xnor else self.accumulators

    def stream(self, name: str, lanes: int) -> Stream:
        _, down, across, outputs = self.accumulators.shape
        raw = smallest_int(-self.fan_in, self.fan_in) if self.xnor else smallest_int(*self.bounds)
        return Stream(name, self.conv.code or raw, outputs, lanes, vectors=down * across)

    def activation(self, rng: np.random.Generator) -> Thresholding | None:
        if self.conv.code is None:
            return None
        channels = 1 if self.conv.shared else self.accumulators.shape[3]
        return random_activation(rng, *self.bounds, self.conv.code, channels, descending=self.conv.descending)

    def expected(self, activation: Thresholding | None) -> IntArray:
        codes = self.accumulators if activation is None else quantised(self.sums, activation)
        return codes.reshape(len(codes), -1)


def pool_case(
    name: str,
    shape: Shape,
    tile: tuple[int, int],
    lanes: int,
    dtype: DType,
    kind: PoolKind,
    *,
    minimum: str = "none",
) -> Case:
    """Tiles of an image; `minimum` "all" or "mixed" takes the smallest in all or in every other channel."""
    source, (height, width, channels) = image(name, shape, dtype), shape
    down, across = height // tile[0], width // tile[1]
    tiles = source.codes.reshape(FRAMES, down, tile[0], across, tile[1], channels)
    least = {"none": np.zeros(1), "all": np.ones(1), "mixed": np.arange(channels) % 2}[minimum].astype(np.int64)
    taps = tile[0] * tile[1]
    result = smallest_int(min(0, taps * dtype.min), taps * dtype.max) if kind is PoolKind.SUM else dtype
    if kind is PoolKind.SUM:
        expected = tiles.sum(axis=(2, 4))
    else:
        expected = np.where(least == 1, tiles.min(axis=(2, 4)), tiles.max(axis=(2, 4)))
    output = Stream("pool", result, channels, lanes, vectors=down * across)
    unit = PoolUnit("pool", "pool", (source.stream(lanes),), (output,), kind, *tile, across, least)
    return Case(design_of(name, unit), source.flat, expected.reshape(FRAMES, -1))
