"""Builds small designs, simulates them and compares every stream and every cycle with plain references."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from hwgen.backends.rtl import emit
from hwgen.hw.activation import Thresholding
from hwgen.hw.design import Design, single_input, single_output
from hwgen.hw.kernels.concat import ConcatUnit
from hwgen.hw.kernels.depthwise import DepthwiseUnit
from hwgen.hw.kernels.mvtu import MvtuUnit
from hwgen.hw.kernels.parallel_window import ParallelWindowUnit
from hwgen.hw.kernels.pool import PoolUnit
from hwgen.hw.kernels.window import WindowUnit
from hwgen.hw.network import with_gates
from hwgen.hw.packing import Bytes, from_words, to_words
from hwgen.hw.simulation import times_from_entry
from hwgen.hw.stream import Stream
from hwgen.hw.unit import Unit
from hwgen.ir.geometry import Geometry
from hwgen.ir.ops import PoolKind
from hwgen.ir.types import Bipolar, DType, IntArray, IntType, smallest_int
from hwgen.verify.bench import Stalls, Trace
from hwgen.verify.rtlsim import simulate
from tests.rtl_reference import reference

TERNARY = IntType(2, signed=True)


def graph_of(source: Stream, *units: Unit) -> Design:
    """A design of units that are joined by the names of their streams; the last one writes the output."""
    return Design(
        "dut",
        units,
        (single_input(source),),
        (single_output(units[-1].outputs[0]),),
        "0123456789ab",
        "xc7z020clg400-1",
        100.0,
    )


def design_of(*units: Unit) -> Design:
    """A design of `units` in a row; their streams are named after them."""
    joined: list[Unit] = []
    for unit in units:
        name = joined[-1].name if joined else "source"
        source, sink = replace(unit.input, name=name), replace(unit.output, name=unit.name)
        joined.append(replace(unit, inputs=(source,), outputs=(sink,)))
    return graph_of(joined[0].inputs[0], *joined)


def write(design: Design, folder: Path) -> Path:
    """Emit the RTL project of `design` into `folder`."""
    for name, text in emit(design).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def draw(rng: np.random.Generator, dtype: DType, shape: tuple[int, ...]) -> IntArray:
    """Random codes; the first row holds the smallest code, the second the largest."""
    if isinstance(dtype, Bipolar):
        codes = rng.choice(np.array([-1, 1]), size=shape)
    else:
        codes = rng.integers(dtype.min, dtype.max + 1, size=shape)
    if shape[0] > 2:
        codes[0], codes[1] = dtype.min, dtype.max
    return codes.astype(np.int64)


def mvtu(
    rng: np.random.Generator,
    weight: DType,
    source: DType,
    shape: tuple[int, int],
    folding: tuple[int, int],
    *,
    result: DType | None = None,
    descending: bool = False,
    name: str = "mv",
    groups: int = 1,
    taps: int = 1,
    pixels: int = 1,
    padded_bipolar: bool = False,
) -> MvtuUnit:
    """A random unit of (channels, MH) and (PE, SIMD); without `result` the accumulators leave."""
    (channels, mh), (pe, simd) = shape, folding
    weights = draw(rng, weight, (mh, groups, taps, channels)).transpose(1, 0, 2, 3)
    sum_type, reach = _sums(weights.reshape(groups * mh, -1), weight, source, padded_bipolar)
    activation = None
    if result is not None:
        activation = thresholding(rng, result, groups * mh, reach, descending=descending)
    full = -(-channels // simd) * simd if taps > 1 or groups > 1 else channels  # windows carry whole beats
    return MvtuUnit(
        name,
        name,
        (Stream("x", source, full, simd, vectors=pixels * groups * taps),),
        (
            Stream(
                name, result or _accumulators(weights.reshape(groups * mh, -1), source), groups * mh, pe, vectors=pixels
            ),
        ),
        weights,
        weight,
        sum_type,
        activation,
        simd,
        padded_bipolar=padded_bipolar,
    )


def _reach(weights: IntArray, source: DType) -> tuple[int, int]:
    """The least and the largest sum of products of any row of `weights`."""
    positive, negative = weights.clip(0).sum(1), weights.clip(max=0).sum(1)
    low = int((positive * source.min + negative * source.max).min())
    return low, int((positive * source.max + negative * source.min).max())


def _accumulators(weights: IntArray, source: DType) -> IntType:
    low, high = _reach(weights, source)
    return smallest_int(min(low, -1), max(high, 0))


def _sums(weights: IntArray, weight: DType, source: DType, padded_bipolar: bool) -> tuple[IntType, tuple[int, int]]:
    """The type of the running sum, and its reach: -1, 0 and +1 where the input is `padded_bipolar`."""
    if isinstance(weight, Bipolar) and isinstance(source, Bipolar):
        return smallest_int(0, weights.shape[1]), (0, weights.shape[1])
    reach = _reach(weights, Bipolar() if padded_bipolar else source)
    return smallest_int(min(reach[0], -1), max(reach[1], 0)), reach


def depthwise(
    rng: np.random.Generator,
    weight: DType,
    source: DType,
    shape: tuple[int, int],
    lanes: int,
    *,
    result: DType | None = None,
    descending: bool = False,
    name: str = "dw",
    pixels: int = 1,
    simd: int = 1,
) -> DepthwiseUnit:
    """A random unit of (C, taps), `simd` taps a slot."""
    weights = draw(rng, weight, shape)
    sum_type, reach = _sums(weights, weight, source, padded_bipolar=False)
    activation = None
    if result is not None:
        activation = thresholding(rng, result, shape[0], reach, descending=descending)
    blocks = -(-shape[0] // lanes)
    return DepthwiseUnit(
        name,
        name,
        (Stream("x", source, lanes * simd, lanes * simd, vectors=pixels * blocks * shape[1] // simd),),
        (Stream(name, result or _accumulators(weights, source), shape[0], lanes, vectors=pixels),),
        weights,
        weight,
        sum_type,
        activation,
        simd=simd,
    )


def thresholding(
    rng: np.random.Generator, result: DType, channels: int, reach: tuple[int, int], *, descending: bool = False
) -> Thresholding:
    """Random sorted thresholds between and just past the ends of `reach`, one set for each of `channels`."""
    levels = 1 if isinstance(result, Bipolar) else result.max - result.min
    middle, spread = sum(reach) // 2, max(2, (reach[1] - reach[0]) // 6)
    thresholds = np.sort(rng.integers(middle - spread, middle + spread + 1, size=(channels, levels)), axis=1)
    thresholds[0] = reach[0]
    thresholds[-1] = reach[1] + (channels > 1)
    flags = rng.integers(0, 2, size=channels) if descending else np.zeros(channels, dtype=np.int64)
    flags[0] |= descending
    return Thresholding(thresholds, flags, result.min, 2 if isinstance(result, Bipolar) else 1)


def turning(rng: np.random.Generator, activation: Thresholding, result: DType) -> Thresholding:
    """`activation` with random codes, which rise and fall."""
    codes = draw(rng, result, (1, activation.levels + 1))[0]
    return replace(activation, codes=codes, base=int(codes.min()))


def window(
    dtype: DType,
    image: tuple[int, int, int],
    lanes: int,
    geometry: Geometry,
    *,
    rows: int = 0,
    blocks: int = 1,
    pad: IntArray | int = 0,
    name: str = "win",
) -> WindowUnit:
    """A unit over an image of (H, W, C); `rows` beyond those that a row of windows needs."""
    height, width, channels = image
    source = Stream("x", dtype, channels, lanes, vectors=height * width)
    down, across = geometry.output_size(height, width)
    widens = isinstance(dtype, Bipolar) and geometry.pads and not np.all(pad)
    output = Stream(
        name,
        TERNARY if widens else dtype,
        source.vector_beats // blocks * lanes,
        lanes,
        vectors=down * across * geometry.taps * blocks,
    )
    pads = np.broadcast_to(np.asarray(pad, dtype=np.int64), (channels,))
    unit = WindowUnit(name, name, (source,), (output,), height, width, geometry, blocks, pads, rows=1)
    return replace(unit, rows=max(1, *unit.needed) + rows)


def parallel_window(
    dtype: DType,
    image: tuple[int, int, int],
    lanes: int,
    geometry: Geometry,
    *,
    rows: int = 0,
    pad: IntArray | int = 0,
    name: str = "win",
) -> ParallelWindowUnit:
    """A unit over an image of (H, W, C), all taps at once; `rows` beyond those that a window needs."""
    taps = window(dtype, image, lanes, geometry, pad=pad, name=name)
    lanes *= geometry.taps
    vectors = taps.out_height * taps.out_width
    output = replace(taps.output, elements=taps.input.vector_beats * lanes, lanes=lanes, vectors=vectors)
    sizes = taps.height, taps.width, geometry, taps.pad
    unit = ParallelWindowUnit(name, name, taps.inputs, (output,), *sizes, rows=1).resized(1)
    return unit.resized(unit.rows + rows)


def pool(
    dtype: DType,
    image: tuple[int, int, int],
    lanes: int,
    tile: tuple[int, int],
    kind: PoolKind = PoolKind.MAX,
    *,
    minimum: IntArray | int = 0,
    elements: int | None = None,
    name: str = "pool",
) -> PoolUnit:
    """A unit over an image of (H, W, C) in tiles; `elements` are those of a pixel's beats where spare ones count."""
    height, width, channels = image
    source = Stream("x", dtype, elements or channels, lanes, vectors=height * width)
    size = tile[0] * tile[1]
    result = dtype
    if kind is PoolKind.SUM:
        result = smallest_int(size * min(dtype.min, 0), size * dtype.max)
    output = Stream(name, result, channels, lanes, vectors=height * width // size)
    flags = np.broadcast_to(np.asarray(minimum, dtype=np.int64), (channels,))
    return PoolUnit(name, name, (source,), (output,), kind, *tile, width // tile[1], flags)


def assert_streams(design: Design, frames: IntArray, trace: Trace) -> None:
    """Every tapped stream and the output carry what the references say, spare lanes zero."""
    want = reference(design, frames)
    found = trace.taps | {design.output.name: trace.outputs}
    assert set(found) == set(design.streams) - {design.input.name}
    for name, words in found.items():
        stream = design.streams[name]
        given = words[: len(frames) * stream.beats] if name in design.read_ahead else words
        np.testing.assert_array_equal(from_words(given, stream), want[name], err_msg=name)
        np.testing.assert_array_equal(given, to_words(want[name], stream), err_msg=f"{name}, spare lanes")


def assert_cycles(design: Design, frames: int, trace: Trace) -> None:
    """Every beat of every stream moved in the cycle that the schedule gives, with the gates that came."""
    gates = {unit.name: from_words(trace.taps[unit.gate.name], unit.gate).ravel() > 0 for unit in design.gated}
    network = with_gates(design.network, {name: tuple(open_.tolist()) for name, open_ in gates.items()})
    ends = {design.input.name: trace.in_cycles, design.output.name: trace.out_cycles}
    for name, expected in times_from_entry(network, frames).items():
        cycles = (trace.tap_cycles | ends)[name]
        cycles = cycles[: len(expected)] if name in design.read_ahead else cycles
        np.testing.assert_array_equal(cycles - trace.in_cycles[0], expected, err_msg=name)


def spoil_spare_lanes(words: Bytes, stream: Stream) -> Bytes:
    """The same beats with ones wherever no element lies."""
    ones = -1 if stream.dtype.signed else stream.dtype.max
    used = to_words(np.full((1, stream.size), 1 if isinstance(stream.dtype, Bipolar) else ones), stream)
    return words | ~np.tile(used, (len(words) // stream.beats, 1))


def _masks(unit: Unit) -> bool:
    """Whether `unit` must not look at its input's spare lanes."""
    return (not unit.is_adapter or unit.lines is not None) and not isinstance(unit, ConcatUnit)


def prove(design: Design, frames: IntArray, work: Path, *, plain: bool = False) -> None:
    """Data and cycles of back-to-back frames after a reset in the middle of one, and data under stalls.

    Where a layer reads the input, spare input lanes carry ones: it must not look at them. `plain` leaves out the
    stalls.
    """
    project = write(design, work / "project")
    words = to_words(frames, design.input)
    if all(_masks(unit) for unit in design.units if unit.input.name == design.input.name):
        words = spoil_spare_lanes(words, design.input)
    middle = max(1, min(len(words) - 1, design.input.beats * 3 // 2))
    trace = simulate(design, project, words, work, reset_after_beats=middle)
    assert_streams(design, frames, trace)
    assert_cycles(design, len(frames), trace)
    paused = (Stalls(0.1, 0.7, seed=3, memory=0.6), None), (Stalls(0.5, 0.3, seed=4, memory=0.2), middle)
    for stalls, reset in () if plain else paused:
        trace = simulate(design, project, words, work, stalls=stalls, reset_after_beats=reset)
        assert_streams(design, frames, trace)
