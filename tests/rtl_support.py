"""Builds one-unit designs, simulates them and compares every stream and every cycle with plain references."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from hwgen.backends.rtl import emit
from hwgen.hw.design import Design, Layer, Unit
from hwgen.hw.kernels.argmax import ArgMaxUnit
from hwgen.hw.kernels.matvec import MatVec, Thresholding
from hwgen.hw.kernels.threshold import ThresholdUnit
from hwgen.hw.packing import from_words, to_words
from hwgen.hw.schedule import beat_times
from hwgen.hw.stream import Stream
from hwgen.ir.types import Bipolar, DType, IntArray, smallest_int
from hwgen.verify.bench import Stalls, Trace
from hwgen.verify.rtlsim import simulate


def design_of(*units: Unit) -> Design:
    """A design of `units` in a row."""
    return Design("dut", units, "0123456789ab", "xc7z020clg400-1", 100.0)


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


def reference(unit: Unit, frames: IntArray) -> IntArray:
    """What `unit` makes of frames of codes, in plain numpy over single elements."""
    if isinstance(unit, MatVec):
        sums = np.array([[_dot(row, frame) for row in unit.weights] for frame in frames])
        if unit.activation is None:
            return sums
        return _activate(unit.activation, (sums + unit.mw) // 2 if unit.is_xnor else sums)
    if isinstance(unit, ThresholdUnit):
        return _activate(unit.activation, frames)
    if isinstance(unit, ArgMaxUnit):
        return np.array([[max(range(len(f)), key=lambda i, f=f: (int(f[i]), -i))] for f in frames])
    return frames


def _dot(weights: IntArray, inputs: IntArray) -> int:
    return sum(int(w) * int(x) for w, x in zip(weights, inputs, strict=True))


def _activate(activation: Thresholding, values: IntArray) -> IntArray:
    channels = values.shape[1]
    thresholds = np.broadcast_to(activation.thresholds, (channels, activation.levels))
    descending = np.broadcast_to(activation.descending, (channels,))
    result = np.zeros_like(values)
    for frame, channel in np.ndindex(*values.shape):
        reached = sum(int(values[frame, channel]) >= int(t) for t in thresholds[channel])
        count = activation.levels - reached if descending[channel] else reached
        result[frame, channel] = activation.base + activation.step * count
    return result


def matvec(
    rng: np.random.Generator,
    weight: DType,
    source: DType,
    shape: tuple[int, int],
    folding: tuple[int, int],
    *,
    result: DType | None = None,
    descending: bool = False,
    name: str = "mv",
) -> MatVec:
    """A random unit of (MW, MH) and (PE, SIMD); without `result` the accumulators leave."""
    (mw, mh), (pe, simd) = shape, folding
    weights = draw(rng, weight, (mh, mw))
    positive, negative = weights.clip(0).sum(1), weights.clip(max=0).sum(1)
    low = int((positive * source.min + negative * source.max).min())
    high = int((positive * source.max + negative * source.min).max())
    xnor = isinstance(weight, Bipolar) and isinstance(source, Bipolar)
    sum_type = smallest_int(0, mw) if xnor else smallest_int(min(low, -1), max(high, 0))
    activation = None
    if result is not None:
        reach = (0, mw) if xnor else (low, high)
        activation = thresholding(rng, result, mh, reach, descending=descending)
    output = Stream(f"{name}_out", result or smallest_int(min(low, -1), max(high, 0)), mh, pe)
    return MatVec(name, name, Stream("x", source, mw, simd), output, weights, weight, sum_type, activation)


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


def assert_streams(design: Design, frames: IntArray, trace: Trace) -> None:
    """Every tapped stream and the output carry what the references say, spare lanes zero."""
    codes = frames
    for unit in design.units:
        codes = reference(unit, codes)
        words = trace.outputs if unit is design.units[-1] else trace.taps.get(unit.name)
        if words is None:
            continue
        np.testing.assert_array_equal(from_words(words, unit.output), codes, err_msg=unit.name)
        np.testing.assert_array_equal(words, to_words(codes, unit.output), err_msg=f"{unit.name}, spare lanes")


def assert_cycles(design: Design, frames: int, trace: Trace) -> None:
    """Every beat of every stream moved in the cycle that the schedule gives."""
    want = beat_times([unit.schedule for unit in design.units], design.input.beats, frames)
    found = [trace.in_cycles, *(trace.tap_cycles[unit.name] for unit in design.units[:-1]), trace.out_cycles]
    for name, expected, cycles in zip(["input", *(u.name for u in design.units)], want, found, strict=True):
        np.testing.assert_array_equal(cycles - trace.in_cycles[0], expected, err_msg=name)


def spoil_spare_lanes(words: np.ndarray, stream: Stream) -> np.ndarray:
    """The same beats with ones wherever no element lies."""
    used = to_words(np.full((1, stream.elements), -1 if stream.dtype.signed else stream.dtype.max), stream)
    if isinstance(stream.dtype, Bipolar):
        used = to_words(np.ones((1, stream.elements), dtype=np.int64), stream)
    return words | ~np.tile(used, (len(words) // stream.beats, 1))


def prove(design: Design, frames: IntArray, work: Path) -> None:
    """Data and cycles of back-to-back frames after a reset in the middle of one, and data under stalls.

    Where a layer reads the input, spare input lanes carry ones: it must not look at them.
    """
    project = write(design, work / "project")
    words = to_words(frames, design.input)
    if isinstance(design.units[0], Layer):
        words = spoil_spare_lanes(words, design.input)
    middle = max(1, min(len(words) - 1, design.input.beats * 3 // 2))
    trace = simulate(design, project, words, work, reset_after_beats=middle)
    assert_streams(design, frames, trace)
    assert_cycles(design, len(frames), trace)
    for stalls, reset in ((Stalls(0.1, 0.7, seed=3), None), (Stalls(0.5, 0.3, seed=4), middle)):
        trace = simulate(design, project, words, work, stalls=stalls, reset_after_beats=reset)
        assert_streams(design, frames, trace)
