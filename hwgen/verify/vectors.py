"""Frames of numbers as the codes that the hardware receives; all images are read by these functions.

Frames are images (N, H, W, C), signals (N, L, C), or channels first with `Layout.NCHW`. A network that reads plain
vectors takes any shape with the right number of elements, in its own order; one that reshapes such vectors to images
takes frames of its input's shape, in that order.

The meaning of the numbers depends on their type, never on their values: integers (and booleans, as 0 and 1) are codes
of the input type, floating-point numbers are real numbers, which become the nearest codes; `real` overrides this.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from hwgen.errors import ConfigError, DataError
from hwgen.ir.graph import Affine
from hwgen.ir.order import Order
from hwgen.ir.types import Bipolar, DType, FloatArray, IntArray, TensorType, holds
from hwgen.verify.arrays import MOST_BYTES, read_array

__all__ = [
    "DataWarning",
    "Frames",
    "Layout",
    "Receiver",
    "as_array",
    "as_codes",
    "frames_of",
    "layout_of",
    "random_codes",
    "random_frames",
    "read_array",
]

Frames = tuple[npt.NDArray[Any], ...]
"""Codes of frames for each input, in the model's order."""

SATURATED = 0.01
"""The share of values beyond the input's range above which a user is warned."""

_ELEMENTS_AT_ONCE = 1 << 20

_MOST_CODES = 1 << 27
"""Codes of random frames: a gigabyte."""


class Layout(Enum):
    """Where the channels of images and signals stand in an array."""

    NHWC = "nhwc"
    NCHW = "nchw"


def layout_of(name: Layout | str) -> Layout:
    """The layout called `name`. Raises: ConfigError."""
    try:
        return Layout(name)
    except ValueError as error:
        raise ConfigError("layout", "must be nhwc or nchw", repr(name)) from error


class DataWarning(UserWarning):
    """Images that are valid but probably not meant so."""


class Receiver(Protocol):
    """A receiver of frames of codes with the meaning `encoding`: an input of a network, or of a design."""

    @property
    def name(self) -> str: ...
    @property
    def type(self) -> TensorType: ...
    @property
    def encoding(self) -> Affine: ...
    @property
    def order(self) -> Order | None: ...


def as_array(frames: npt.ArrayLike, where: str) -> npt.NDArray[Any]:
    """The caller's frames as an array. Raises: DataError."""
    try:
        return np.asarray(frames)
    except Exception as error:  # from the caller's own type
        found = (str(error) or type(error).__name__).splitlines()[0]
        raise DataError(where, "must be an array of numbers", found, "Convert it to a numpy array") from error


def of_each(receivers: Sequence[Receiver], given: tuple[Any, ...], where: str) -> tuple[Any, ...]:
    """What is given to each input: as arguments, or in one argument as a sequence or a mapping by name.

    Raises:
        DataError: an unknown name, or none for some input, or another number of them.
    """
    names = [each.name for each in receivers]
    first = given[0] if len(given) == 1 else None
    if isinstance(first, Mapping):
        unknown = next((name for name in first if name not in names), None)
        missing = next((name for name in names if name not in first), None)
        if unknown is not None or missing is not None:
            found = f"{unknown!r}" if unknown is not None else f"nothing for {missing!r}"
            must = f"must be given by the names of the inputs: {', '.join(names)}"
            raise DataError(where, must, found, "Correct the names")
        return tuple(first[name] for name in names)
    each = tuple(first) if len(names) > 1 and isinstance(first, tuple | list) else given
    if len(each) != len(names):
        must = f"must be given for {'the input' if len(names) == 1 else 'each of the inputs'} {', '.join(names)}"
        change = "Give them as arguments, in a sequence, or in a mapping by name"
        raise DataError(where, must, f"{len(each)} {'array' if len(each) == 1 else 'arrays'}", change)
    return each


def frames_of(receivers: Sequence[Receiver], given: tuple[Any, ...], where: str, **options: Any) -> Frames:
    """Input codes of each input, see `of_each` and, for `options` and errors, `as_codes`.

    Raises:
        DataError: inputs of other numbers of frames.
    """
    pairs = zip(receivers, of_each(receivers, given, where), strict=True)
    single = len(receivers) == 1
    codes = tuple(as_codes(port, x, where if single else f"{where}, {port.name}", **options) for port, x in pairs)
    require_equal(receivers, codes, where)
    return codes


def require_equal(receivers: Sequence[Receiver], codes: Frames, where: str) -> None:
    """Every input must get as many frames. Raises: DataError."""
    if len({len(each) for each in codes}) > 1:
        found = ", ".join(f"{len(each)} of {port.name}" for port, each in zip(receivers, codes, strict=True))
        raise DataError(where, "must hold as many frames for each input", found, "Give pairs")


def random_frames(receivers: Sequence[Receiver], frames: int, seed: int) -> Frames:
    """Random frames of codes for each input. Raises: DataError where they do not fit the memory."""
    return tuple(random_codes(each, frames, (seed, index) if index else seed) for index, each in enumerate(receivers))


def as_codes(
    receiver: Receiver,
    given: npt.ArrayLike,
    where: str,
    *,
    binarize_at: float | None = None,
    real: bool | None = None,
    layout: Layout | str = Layout.NHWC,
) -> npt.NDArray[Any]:
    """Frames (N, *input shape) of input codes from N given frames. Memory: the codes, and a few frames.

    Args:
        binarize_at: for a bipolar input: +1 where the array, as it stands, is at least this, -1 elsewhere.
        real: the array holds real numbers, also if its type is an integer: each becomes the code of the nearest number
            (of two the even code), saturated to the input type. False: it holds codes.
        layout: whether channels come last or first in images and signals.

    Raises:
        ConfigError: `binarize_at` is no finite number, or `layout` no layout.
        DataError: no frames, another number of elements, too many, or values that are not codes of the input type.

    Warns:
        DataWarning: more than `SATURATED` of the real numbers lie beyond the input's range, or all are whole numbers
            that would be other codes.
    """
    kind, array = receiver.type, as_array(given, where)
    _require_level(binarize_at, kind.dtype, where)
    frames = _arranged(receiver, array, where, layout_of(layout))
    codes = _room((len(array), *kind.shape), kind.dtype, where)
    found = _surveyed(frames, where)
    if binarize_at is not None:
        for place, block in frames.blocks():
            codes[place] = np.where(block >= binarize_at, 1, -1)
        _warn_of_one_side(codes, found, f"{binarize_at:g}", where)
    elif real or (real is None and array.dtype.kind == "f"):
        _quantise(receiver, frames, codes, found, where, stated=real is not None)
    else:
        _take_codes(frames, codes, kind.dtype, found, where)
    return codes


@dataclass(frozen=True, eq=False)
class _Frames:
    """Frames of `shape` in an array (N, ...) with their channels last, read in blocks.

    Attributes:
        taken: (elements,) for each element of `shape`, its position in a frame of the array; None for the same.
    """

    array: npt.NDArray[Any]
    shape: tuple[int, ...]
    taken: IntArray | None = None

    def blocks(self) -> Iterator[tuple[slice, npt.NDArray[Any]]]:
        """Blocks of frames, each with its slice of the array."""
        step = max(1, _ELEMENTS_AT_ONCE // max(1, math.prod(self.shape)))
        for start in range(0, len(self.array), step):
            place = slice(start, start + step)
            block = self.array[place]
            if self.taken is not None:
                block = block.reshape(len(block), -1)[:, self.taken]
            yield place, block.reshape(-1, *self.shape)


@dataclass(frozen=True)
class _Survey:
    """The least and the greatest value of frames, and whether all are whole numbers."""

    low: float
    high: float
    whole: bool


def _require_level(level: float | None, dtype: DType, where: str) -> None:
    """The level of binarisation must be a number, and the input bipolar. Raises: ConfigError, DataError."""
    if level is None:
        return
    if not math.isfinite(level):
        raise ConfigError("binarize_at", "must be a finite number", f"{level:g}", "Give a level of the images")
    if not isinstance(dtype, Bipolar):
        raise DataError(where, "only a bipolar input can be binarised", f"input type {dtype}", "Drop --binarize-at")


def _arranged(receiver: Receiver, array: npt.NDArray[Any], where: str, layout: Layout) -> _Frames:
    """Frames with their channels last. Raises: DataError."""
    shape, order = receiver.type.shape, receiver.order
    if array.ndim == 0 or array.shape[0] == 0:
        raise DataError(where, "must hold at least one frame", f"shape {array.shape}", "Check the file")
    if math.prod(array.shape[1:]) != math.prod(shape):
        must = f"frames must have {math.prod(shape)} elements {shape}"
        change = "Give the images this network was built for"
        if array.size == math.prod(shape):
            change += ", a single one as an array of one frame"
        raise DataError(where, must, f"frames of shape {array.shape[1:]}", change)
    if order is not None and array.shape[1:] in (order.shape, (math.prod(shape),)):
        return _Frames(array, shape, np.argsort(order.places))
    return _Frames(_channels_last(array, shape, where, layout), shape)


def _surveyed(frames: _Frames, where: str) -> _Survey:
    """The range of the frames. Raises: DataError where they are not finite real numbers."""
    kind, lows, highs, whole = frames.array.dtype.kind, [], [], True
    for _, block in frames.blocks():
        if kind not in "iubf" or not np.all(np.isfinite(block)):
            found = "others" if kind == "f" else str(frames.array.dtype)
            raise DataError(where, "values must be finite real numbers", found, "Check the file")
        lows.append(block.min())
        highs.append(block.max())
        whole = whole and (kind != "f" or bool(np.array_equal(block, np.rint(block))))
    return _Survey(min(lows), max(highs), whole)


def _room(shape: tuple[int, ...], dtype: DType, where: str) -> npt.NDArray[Any]:
    """An array for codes of `dtype`. Raises: DataError where it is too large."""
    small = np.int64 if dtype.bits > 8 else np.int8 if dtype.signed else np.uint8
    size = math.prod(shape) * np.dtype(small).itemsize
    if size > MOST_BYTES:
        must = f"must hold at most {MOST_BYTES / 2**30:g} GiB of codes"
        raise DataError(where, must, f"{size / 2**30:,.1f} GiB", "Take fewer frames: --frames N")
    return np.empty(shape, small)


def _take_codes(frames: _Frames, codes: npt.NDArray[Any], dtype: DType, found: _Survey, where: str) -> None:
    """Write to `codes` frames that must hold codes of `dtype` already. Raises: DataError."""
    if not found.whole:
        change = "Convert the images to codes, or pass --real to quantise real numbers with the input's scale"
        kind = f"{frames.array.dtype} with fractions"
        raise DataError(where, f"values must be integer codes of {dtype}", kind, change)
    if not all(holds(dtype, block) for _, block in frames.blocks()):
        change = "Pass --binarize-at LEVEL" if isinstance(dtype, Bipolar) else "Give codes of the input type"
        raise DataError(where, f"values must be codes of {dtype}", f"[{found.low}, {found.high}]", change)
    for place, block in frames.blocks():
        codes[place] = block


def _quantise(
    receiver: Receiver, frames: _Frames, codes: npt.NDArray[Any], found: _Survey, where: str, *, stated: bool
) -> None:
    """Write the codes of real numbers to `codes`, with warnings; `stated` where the caller said that they are real."""
    beyond, other = 0, False
    for place, block in frames.blocks():
        nearest, outside = _nearest(receiver, block)
        codes[place] = nearest
        beyond += outside
        other = other or (found.whole and not np.array_equal(nearest, block))
    dtype, total, encoding = receiver.type.dtype, codes.size, receiver.encoding
    if isinstance(dtype, Bipolar):
        _warn_of_one_side(codes, found, f"{np.mean(encoding.offset):g}", where)
    elif beyond > SATURATED * total:
        ends = [np.asarray(encoding.scale * end + encoding.offset) for end in (dtype.min, dtype.max)]
        low, high = min(float(end.min()) for end in ends), max(float(end.max()) for end in ends)
        _warn(
            where,
            f"at most {SATURATED:.0%} of the values should lie beyond the input's {low:g} to {high:g} ({dtype})",
            f"{beyond:,} of {total:,} ({beyond / total:.1%}) in {found.low:g} to {found.high:g}, which saturate",
            "Scale the images, pass --codes if they are codes already, or build with another --input-scale",
        )
    elif other and not stated and max(-found.low, found.high) > 1 and dtype.min <= found.low <= found.high <= dtype.max:
        _warn(
            where,
            f"whole numbers of a floating-point type are taken as real numbers and quantised to {dtype}",
            f"{frames.array.dtype} of {found.low:g} to {found.high:g}",
            "Pass --codes if they are codes already, or --real if they are not",
        )


def _nearest(receiver: Receiver, block: npt.NDArray[Any]) -> tuple[IntArray, int]:
    """The codes nearest to real numbers (N, *input shape), and how many numbers lie beyond the input's range."""
    dtype, scale, offset = receiver.type.dtype, receiver.encoding.scale, receiver.encoding.offset
    with np.errstate(over="ignore", invalid="ignore"):  # what overflows saturates
        reals = block.astype(np.float64)
        if isinstance(dtype, Bipolar):
            return np.where((reals - offset) * np.sign(scale) >= 0, 1, -1), 0
        scaled = (reals - offset) / scale
        rounded = np.rint(scaled)
        if np.any(offset != 0) or np.any(np.frexp(scale)[0] != 0.5):
            doubt = (np.abs(scaled) + np.abs(offset / scale)) * 2.0**-50
            _round_exactly(rounded, (reals, scale, offset), np.abs(scaled - np.floor(scaled) - 0.5) <= doubt)
    within = (rounded > dtype.min) & (rounded < dtype.max)  # the ends need not be numbers of float64
    ends = np.where(rounded <= dtype.min, dtype.min, dtype.max)
    beyond = np.count_nonzero((rounded < dtype.min) | (rounded > dtype.max))
    return np.where(within, np.where(within, rounded, 0).astype(np.int64), ends), int(beyond)


def _round_exactly(
    rounded: FloatArray, parts: tuple[FloatArray, FloatArray, FloatArray], doubtful: npt.NDArray[np.bool_]
) -> None:
    """Round (x - offset) / scale exactly at `parts`, where float64 does not decide on which side of a half it is."""
    if doubtful.any():
        columns = [np.broadcast_to(each, rounded.shape)[doubtful] for each in parts]
        rows, places = np.unique(np.stack(columns, axis=1), axis=0, return_inverse=True)
        exact = [round((Fraction(x) - Fraction(offset)) / Fraction(scale)) for x, scale, offset in rows.tolist()]
        rounded[doubtful] = np.asarray(exact, dtype=np.float64)[places.reshape(-1)]


def _warn_of_one_side(codes: npt.NDArray[Any], found: _Survey, level: str, where: str) -> None:
    """Warn where nearly all numbers became the same code of a bipolar input."""
    high = int(np.count_nonzero(codes > 0))
    code, count = ("+1", high) if 2 * high > codes.size else ("-1", codes.size - high)
    if codes.size - count < SATURATED * codes.size:
        must = f"values should lie on both sides of {level}, where a bipolar input changes"
        known = f"{count:,} of {codes.size:,} in {found.low:g} to {found.high:g} that become {code}"
        _warn(where, must, known, "Pass another level, --binarize-at LEVEL")


def _warn(where: str, must: str, found: str, change: str) -> None:
    warnings.warn(DataWarning(str(DataError(where, must, found, change))), stacklevel=4)


def _channels_last(array: npt.NDArray[Any], shape: tuple[int, ...], where: str, layout: Layout) -> npt.NDArray[Any]:
    """Images and signals with their channels last; vectors, and frames given flat, as they are. Raises: DataError."""
    if len(shape) != 3 or array.ndim < 3:
        return array
    plain = array.ndim == 3 and shape[2] == 1 and min(shape[:2]) > 1  # images of one channel, without its axis
    moved = np.moveaxis(array, 1, -1) if layout is Layout.NCHW and not plain else array
    wanted, found = _axes(shape), _axes(moved.shape[1:])
    if found != wanted and len(found) > 1:
        other = Layout.NHWC if layout is Layout.NCHW else Layout.NCHW
        must = f"frames must be {'x'.join(map(str, shape))} (height, width, channels) in layout {layout.value}"
        raise DataError(
            where, must, f"frames of shape {array.shape[1:]}", f"Give them so, or pass --layout {other.value}"
        )
    return moved


def _axes(shape: tuple[int, ...]) -> list[int]:
    return [size for size in shape if size != 1]


def random_codes(receiver: Receiver, frames: int, seed: int | Sequence[int]) -> IntArray:
    """Frames of codes drawn evenly from the input type. Raises: DataError where they do not fit the memory."""
    most = max(1, _MOST_CODES // receiver.type.elements)
    if not 1 <= frames <= most:
        must = f"must be 1 to {most:,}, which are {_MOST_CODES:,} codes"
        raise DataError("frames", must, f"{frames:,}" if abs(frames) < 1 << 63 else "more", "Take fewer")
    dtype, shape = receiver.type.dtype, (frames, *receiver.type.shape)
    rng = np.random.default_rng(seed)
    if isinstance(dtype, Bipolar):
        return rng.integers(0, 2, shape) * 2 - 1
    return rng.integers(dtype.min, dtype.max, shape, endpoint=True)
