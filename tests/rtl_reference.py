"""What every hardware unit makes of codes, in plain loops over windows, pixels and channels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from hwgen.hw.activation import Thresholding
from hwgen.hw.design import Design
from hwgen.hw.kernels.add import AddUnit
from hwgen.hw.kernels.argmax import ArgmaxUnit
from hwgen.hw.kernels.concat import ConcatUnit
from hwgen.hw.kernels.depthwise import DepthwiseUnit
from hwgen.hw.kernels.magnitude import MagnitudeUnit
from hwgen.hw.kernels.mvtu import MvtuUnit
from hwgen.hw.kernels.mvtu_gated import MvtuGatedUnit
from hwgen.hw.kernels.mvtu_streamed import MvtuStreamedUnit
from hwgen.hw.kernels.parallel_window import ParallelWindowUnit
from hwgen.hw.kernels.pool import PoolUnit
from hwgen.hw.kernels.reorder import ReorderUnit
from hwgen.hw.kernels.scale import ScaleUnit
from hwgen.hw.kernels.search import SearchUnit
from hwgen.hw.kernels.select import SelectUnit
from hwgen.hw.kernels.threshold import ThresholdUnit
from hwgen.hw.kernels.weight_reader import WeightReaderUnit
from hwgen.hw.kernels.window import WindowUnit
from hwgen.hw.unit import Unit
from hwgen.ir.ops import PoolKind
from hwgen.ir.types import Bipolar, IntArray
from tests.wide_units import clipped


def reference(design: Design, frames: IntArray) -> Mapping[str, IntArray]:
    """The codes (frames, codes of a frame) of every stream of `design`, by its name."""
    found = {design.input.name: frames}
    for unit in design.units:
        sources = [found[stream.name] for stream in unit.inputs]
        results = _unit(unit, sources) if sources else [np.tile(_weight_bits(unit), (len(frames), 1))]
        found |= {stream.name: codes for stream, codes in zip(unit.outputs, results, strict=True)}
    return found


def _unit(unit: Unit, sources: list[IntArray]) -> list[IntArray]:  # noqa: C901 (a table of cases)
    frames = sources[0]
    match unit:
        case MvtuUnit():
            return [_mvtu(unit, frames)]
        case MvtuStreamedUnit():
            return [_mvtu(unit.product, frames)]
        case MvtuGatedUnit():
            return [_gated(unit, *sources)]
        case DepthwiseUnit():
            return [_depthwise(unit, frames)]
        case WindowUnit():
            return [np.array([_windows(unit, frame) for frame in frames])]
        case ParallelWindowUnit():
            return [np.array([_whole_windows(unit, frame) for frame in frames])]
        case PoolUnit():
            return [_pool(unit, frames)]
        case ThresholdUnit() | SearchUnit():
            return [_quantised(unit, frames)]
        case ArgmaxUnit():
            return [np.array([[max(range(len(f)), key=lambda i, f=f: (int(f[i]), -i))] for f in frames])]
        case MagnitudeUnit():
            sums = frames.reshape(len(frames), unit.output.vectors, -1).tolist()
            return [np.array([[sum(map(abs, codes)) for codes in frame] for frame in sums])]
        case AddUnit() | ScaleUnit() | ConcatUnit():
            return [_join(unit, sources)]
        case SelectUnit() | ReorderUnit():
            return [np.array([_moved(unit, frame) for frame in frames])]
        case _:
            return [frames] * len(unit.outputs)


def _join(unit: Unit, sources: list[IntArray]) -> IntArray:
    if isinstance(unit, AddUnit):
        gains = unit.gains or (1,) * len(sources)
        return np.sum([gain * source for gain, source in zip(gains, sources, strict=True)], axis=0)
    if isinstance(unit, ScaleUnit):
        return _scale(unit, *sources)
    parts = [s.reshape(len(s), unit.rounds, -1) for s in sources]
    return np.concatenate(parts, axis=2).reshape(len(sources[0]), -1)


def _moved(unit: SelectUnit | ReorderUnit, frame: IntArray) -> IntArray:
    """Beat by beat what stays, or run by run what leaves each block."""
    places = []
    if isinstance(unit, SelectUnit):
        kept = unit.kept
        for beat in range(unit.input.beats):
            row, run = divmod(beat // kept.run, len(kept.inner))
            if kept.inner[run] and kept.outer[row % len(kept.outer)]:
                places.append(beat)
    else:
        blocks = unit.blocks
        for block in range(blocks.count):
            for start in blocks.starts.tolist():
                places += [block * blocks.beats + start + beat for beat in range(blocks.run)]
    return frame.reshape(unit.input.beats, -1)[places].reshape(-1)


def _mvtu(unit: MvtuUnit, frames: IntArray) -> IntArray:
    inputs = frames.reshape(len(frames), unit.pixels, unit.groups, unit.taps, -1)[..., : unit.channels]
    inputs = np.vectorize(lambda code: _decoded(unit, int(code)), otypes=[np.int64])(inputs)
    sums = np.zeros((len(frames), unit.pixels, unit.groups, unit.mh), dtype=np.int64)
    for place in np.ndindex(*sums.shape):
        frame, pixel, group, neuron = place
        sums[place] = _dot(unit.weights[group, neuron], inputs[frame, pixel, group])
    return _finish(unit, sums.reshape(-1, unit.groups * unit.mh), unit.fan_in).reshape(len(frames), -1)


def _weight_bits(unit: Unit) -> IntArray:
    """What a weight reader gives in a frame: for each vector the bits of all weights, in the order of the slots."""
    assert isinstance(unit, WeightReaderUnit)
    product, bits = unit.product, list[int]()
    assert isinstance(product, MvtuUnit)
    lanes, simd = product.output.lanes, product.simd
    for group, fold, tap, beat in np.ndindex(product.groups, product.neuron_folds, product.taps, product.tap_beats):
        for pe, lane in np.ndindex(lanes, simd):
            neuron, channel = fold * lanes + pe, beat * simd + lane
            there = neuron < product.mh and channel < product.channels
            code = int(product.weights[group, neuron, tap, channel]) if there else 0
            if isinstance(product.weight_type, Bipolar):
                bits.append(int(code >= 0))
            else:
                bits += [code >> place & 1 for place in range(product.weight_type.bits)]
    return np.array(bits * product.pixels)


def _decoded(unit: MvtuUnit, code: int) -> int:
    """What a code stands for: of planes the sum of their factors, each with its sign, and nothing where it is none."""
    order = len(unit.planes)
    if order == 0:
        return code
    if code >> order:
        return 0
    return sum(beta if code >> (order - 1 - i) & 1 else -beta for i, beta in enumerate(unit.planes))


def _gated(unit: MvtuGatedUnit, frames: IntArray, gates: IntArray) -> IntArray:
    """The product once for each code of the gate, by the thresholds of that code; each pixel takes its own."""
    product, channels = unit.product, unit.product.mh
    sets = unit.activation.thresholds.reshape(unit.gate_type.max + 1, -1, unit.activation.levels)[:, :channels]
    falls = unit.activation.descending.reshape(len(sets), -1)[:, :channels]
    found = [
        _mvtu(replace(product, activation=replace(unit.activation, thresholds=each, descending=down)), frames)
        for each, down in zip(sets, falls, strict=True)
    ]
    pixels = np.stack(found).reshape(len(sets), -1, channels)
    return pixels[gates.ravel(), np.arange(gates.size)].reshape(len(frames), -1)


def _depthwise(unit: DepthwiseUnit, frames: IntArray) -> IntArray:
    inputs = frames.reshape(len(frames), unit.pixels, unit.blocks, unit.taps, unit.output.lanes)
    sums = np.zeros((len(frames), unit.pixels, unit.channels), dtype=np.int64)
    for place in np.ndindex(*sums.shape):
        frame, pixel, channel = place
        block, lane = divmod(channel, unit.output.lanes)
        sums[place] = _dot(unit.weights[channel], inputs[frame, pixel, block, :, lane])
    return _finish(unit, sums.reshape(-1, unit.channels), unit.taps).reshape(len(frames), -1)


def _finish(unit: MvtuUnit | DepthwiseUnit, sums: IntArray, fan_in: int) -> IntArray:
    if unit.activation is None:
        return sums
    if isinstance(unit, MvtuUnit) and unit.planes:
        above = sums + fan_in * sum(unit.planes)
        return _activate(unit.activation, above if unit.padded_bipolar else above // 2)
    return _activate(unit.activation, (sums + fan_in) // 2 if unit.is_xnor else sums)


def _dot(weights: IntArray, inputs: IntArray) -> int:
    return sum(int(w) * int(x) for w, x in zip(weights.ravel(), inputs.ravel(), strict=True))


def _quantised(unit: ThresholdUnit | SearchUnit, frames: IntArray) -> IntArray:
    if isinstance(unit, SearchUnit):
        return _search(unit, frames)
    return _activate(unit.activation, frames.reshape(-1, unit.input.elements)).reshape(frames.shape)


def _search(unit: SearchUnit, frames: IntArray) -> IntArray:
    bits, results = unit.numbers.bits, np.zeros_like(frames)
    for frame, index in np.ndindex(*frames.shape):
        beat, row = int(frames[frame, index]), index % len(unit.thresholds)
        place, number = beat % 2 ** (bits + unit.place_bits) >> bits, beat % 2**bits
        value = number - 2**bits if number > unit.numbers.max else number
        count = 2 * place + ((value >= int(unit.thresholds[row, place])) ^ bool(unit.falls[row]))
        results[frame, index] = (count << bits) + number if unit.base is None else unit.base + count
    return results


def _activate(activation: Thresholding, values: IntArray) -> IntArray:
    if activation.scaling is not None:
        return clipped(values, activation)
    channels = values.shape[1]
    thresholds = np.broadcast_to(activation.thresholds, (channels, activation.levels))
    descending = np.broadcast_to(activation.descending, (channels,))
    result = np.zeros_like(values)
    for frame, channel in np.ndindex(*values.shape):
        reached = sum(int(values[frame, channel]) >= int(t) for t in thresholds[channel])
        count = activation.levels - reached if descending[channel] else reached
        line = activation.base + activation.step * count
        result[frame, channel] = activation.codes[count] if activation.codes.size else line
    return result


def _scale(unit: ScaleUnit, frames: IntArray, factors: IntArray) -> IntArray:
    if unit.factors > 1:
        return frames * factors
    vectors = frames.reshape(len(frames), unit.output.vectors, unit.output.elements).tolist()
    scaled = [
        [[code * factor for code in vector] for vector, factor in zip(frame, row, strict=True)]
        for frame, row in zip(vectors, factors.tolist(), strict=True)
    ]
    return np.array(scaled).reshape(len(frames), -1)


def _windows(unit: WindowUnit, frame: IntArray) -> IntArray:
    """Window by window, block by block, tap by tap; the elements past the last channel are zero bits."""
    geometry, lanes = unit.geometry, unit.input.lanes
    spare = -1 if isinstance(unit.output.dtype, Bipolar) else 0
    wide = np.full((unit.height, unit.width, unit.input.vector_beats * lanes), spare, dtype=np.int64)
    wide[:, :, : unit.input.elements] = frame.reshape(unit.height, unit.width, -1)
    padded = np.full(wide.shape[2], spare, dtype=np.int64)
    padded[: unit.input.elements] = unit.pad
    size = unit.block_beats * lanes
    found = []
    for row, column, block, ky, kx in np.ndindex(unit.out_height, unit.out_width, unit.blocks, *geometry.kernel):
        y = row * geometry.stride[0] - geometry.padding[0] + ky * geometry.dilation[0]
        x = column * geometry.stride[1] - geometry.padding[1] + kx * geometry.dilation[1]
        pixel = wide[y, x] if 0 <= y < unit.height and 0 <= x < unit.width else padded
        found.append(pixel[block * size : (block + 1) * size])
    return np.concatenate(found)


def _whole_windows(unit: ParallelWindowUnit, frame: IntArray) -> IntArray:
    """Window by window, beat by beat of a pixel, tap by tap."""
    geometry, image = unit.geometry, frame.reshape(unit.height, unit.width, -1, unit.input.lanes)
    padded = np.broadcast_to(unit.pad, unit.input.elements).reshape(-1, unit.input.lanes)
    found = []
    for row, column, beat, ky, kx in np.ndindex(unit.out_height, unit.out_width, len(padded), *geometry.kernel):
        y = row * geometry.stride[0] - geometry.padding[0] + ky * geometry.dilation[0]
        x = column * geometry.stride[1] - geometry.padding[1] + kx * geometry.dilation[1]
        inside = 0 <= y < unit.height and 0 <= x < unit.width
        found.append(image[y, x, beat] if inside else padded[beat])
    return np.concatenate(found)


def _pool(unit: PoolUnit, frames: IntArray) -> IntArray:
    channels = unit.output.elements
    shape = (len(frames), -1, unit.tile_height, unit.columns, unit.tile_width, unit.input.elements)
    tiles = frames.reshape(shape)[..., :channels]
    if unit.kind is PoolKind.SUM:
        return tiles.sum(axis=(2, 4)).reshape(len(frames), -1)
    best = np.where(unit.minimum == 1, tiles.min(axis=(2, 4)), tiles.max(axis=(2, 4)))
    return best.reshape(len(frames), -1)
