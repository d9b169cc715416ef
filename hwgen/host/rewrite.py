"""New parameters of a layer, numbered by the model's rows: checked, and laid out as words of its memories."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from hwgen.errors import DataError
from hwgen.hw import packing
from hwgen.hw.activation import Thresholding
from hwgen.hw.address_map import Region, ThresholdMap, WritableLayer
from hwgen.hw.packing import Bytes
from hwgen.ir.ranges import Range, matmul_range
from hwgen.ir.types import IntArray, WidthError, holds

_FAR = 1 << 62
"""A threshold this far from 0 is reached always or never."""

Words = Iterator[tuple[int, list[int]]]
"""Byte addresses, and the pieces of 32 bits that are written there and behind."""


def weight_words(layer: WritableLayer, weights: npt.ArrayLike) -> Words:
    """Weights (out, in), of a convolution (out, kernel height, kernel width, inputs of a group), as codes.

    Raises:
        DataError: another shape or type, or sums that the hardware has no room for.
    """
    layout, where = layer.layout, f"{layer.name}: weights"
    codes = _integers(where, weights)
    outputs, fan_in = layout.groups * layout.mh, layout.taps * layout.channels
    if codes.ndim < 2 or codes.shape[0] != outputs or codes.size != outputs * fan_in:
        raise DataError(where, f"must be {fan_in} of each of {outputs} outputs", f"shape {codes.shape}")
    if not holds(layout.dtype, codes):
        raise DataError(where, f"must be codes of {layout.dtype}", f"[{codes.min()}, {codes.max()}]")
    _must_fit(layer, codes.reshape(outputs, fan_in), where)
    shape = layout.groups, layout.mh, layout.taps, layout.channels
    return _written(layer.weights, layout.words(_by_rows(layer, codes).reshape(shape)))


def _by_rows(layer: WritableLayer, parameters: IntArray) -> IntArray:
    """The parameters of all rows of the model as the hardware has them; one for all rows as it is."""
    return parameters[list(layer.rows)] if layer.rows and len(parameters) > 1 else parameters


def _must_fit(layer: WritableLayer, rows: IntArray, where: str) -> None:
    """Accumulators that leave the layer must fit the type that it was built with. Raises: DataError."""
    if layer.accumulators is None:
        return
    (low, high), (least, most) = layer.inputs, layer.accumulators
    inputs = Range(*(np.full(rows.shape[1], end, dtype=np.int64) for end in (low, high)))
    try:
        bounds = matmul_range(rows, inputs)
        fits, reach = least <= bounds.min and bounds.max <= most, f"[{bounds.min}, {bounds.max}]"
    except WidthError as error:
        fits, reach = False, str(error)
    if not fits:
        must = f"must give accumulators within [{least}, {most}], the type that leaves the chip"
        raise DataError(where, must, f"up to {reach}", "Build the design anew for these weights")


def threshold_words(layer: WritableLayer, thresholds: npt.ArrayLike) -> Words:
    """Thresholds (C, L) or (1, L) of accumulators, ascending along L.

    Raises:
        DataError: the layer has none, or they have another shape or order.
    """
    where = f"{layer.name}: thresholds"
    layout = _threshold_map(layer, where)
    found = _integers(where, thresholds).clip(-_FAR, _FAR)
    if found.ndim != 2 or found.shape[0] not in (1, layout.channels) or found.shape[1] != layout.levels:
        must = f"must be {layout.levels} of each of {layout.channels} channels, or of all"
        raise DataError(where, must, f"shape {found.shape}")
    if (np.diff(found, axis=1) < 0).any():
        channel = int(np.flatnonzero((np.diff(found, axis=1) < 0).any(axis=1))[0])
        raise DataError(where, "must ascend in every channel", f"{found[channel].tolist()} in channel {channel}")
    sums = layout.accumulator.threshold(found, layout.fan_in) if layout.accumulator.offset else found
    activation = _activation(layout, thresholds=_by_rows(layer, sums.clip(layout.type.min, layout.type.max)))
    return _written(layout.thresholds, packing.threshold_words(activation, layout.lanes, layout.channels))


def direction_words(layer: WritableLayer, descending: npt.ArrayLike) -> Words:
    """Directions (C,) or (1,): 1 where a channel's codes fall as its accumulator rises, 0 elsewhere.

    Raises:
        DataError: the layer has no thresholds, or these are no flags of its channels.
    """
    where = f"{layer.name}: descending"
    layout = _threshold_map(layer, where)
    flags = _integers(where, descending)
    if flags.shape not in ((1,), (layout.channels,)) or not np.isin(flags, (0, 1)).all():
        found = f"shape {flags.shape} with {flags.max()}"
        raise DataError(where, f"must be 0 or 1 for each of {layout.channels} channels", found)
    activation = _activation(layout, descending=_by_rows(layer, flags))
    return _written(layout.descending, packing.descending_words(activation, layout.lanes, layout.channels))


def _integers(where: str, values: npt.ArrayLike) -> IntArray:
    array = np.asarray(values)
    if array.dtype.kind not in "iub" or not array.size:
        raise DataError(where, "must be integers", f"{array.dtype} of shape {array.shape}", "Give the codes")
    if array.dtype == np.uint64:
        array = np.minimum(array, np.uint64(np.iinfo(np.int64).max))
    return array.astype(np.int64)


def _threshold_map(layer: WritableLayer, where: str) -> ThresholdMap:
    if layer.threshold_map is None:
        raise DataError(where, "must be of a layer with a quantiser behind it", "accumulators leave it", "Leave it out")
    return layer.threshold_map


def _activation(
    layout: ThresholdMap, thresholds: IntArray | None = None, descending: IntArray | None = None
) -> Thresholding:
    """Thresholds or directions for `packing`, which packs those that are given."""
    zeros = np.zeros((1, layout.levels), np.int64)
    thresholds = zeros if thresholds is None else thresholds
    return Thresholding(thresholds, zeros[:, 0] if descending is None else descending, base=0, step=1, room=layout.type)


def _written(region: Region, words: Bytes) -> Words:
    pieces = packing.to_pieces(words, region.width)
    return ((region.base + index * region.word_bytes, row.tolist()) for index, row in enumerate(pieces))
