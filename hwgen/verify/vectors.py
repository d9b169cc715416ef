"""Images and labels from files, as the codes that the hardware receives.

Files: IDX (`.gz` too), `.npy`, and `.npz` with `key`. Arrays hold codes of the input type, frame by frame: images as
(N, H, W, C), signals as (N, L, C), or channels first with `Layout.NCHW`. For a network that reads plain vectors any
shape with the right number of elements is taken in its own order. Pickled arrays are never loaded.
"""

from __future__ import annotations

import gzip
import io
import math
import struct
import zlib
from enum import Enum
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from hwgen.errors import DataError
from hwgen.ir.graph import Affine, Value
from hwgen.ir.types import Bipolar, DType, IntArray, holds

_MOST_CODES = 1 << 27
"""Codes of random frames: a gigabyte."""


class Layout(Enum):
    """Where the channels of images and signals stand in an array."""

    NHWC = "nhwc"
    NCHW = "nchw"


class Receiver(Protocol):
    """What takes frames of `input` codes that mean `encoding`: a network, or the ports of a design."""

    @property
    def input(self) -> Value: ...
    @property
    def encoding(self) -> Affine: ...


_IDX_TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}


def read_array(path: Path, key: str | None = None) -> npt.NDArray[Any]:
    """The array in an IDX, `.npy` or `.npz` file.

    Raises:
        DataError: missing, empty, truncated or of an unknown form; or a `.npz` with several arrays and no `key`.
    """
    where = str(path)
    try:
        data = path.read_bytes()
        if data[:2] == b"\x1f\x8b":
            data = gzip.decompress(data)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(where, "must be a readable file", str(error), "Check the path") from error
    if not data:
        raise DataError(where, "must hold at least one frame", "an empty file", "Check the file")
    if data[:6] == b"\x93NUMPY" or data[:2] == b"PK":
        return _read_numpy(where, data, key)
    if len(data) > 4 and data[:2] == b"\0\0" and data[2] in _IDX_TYPES:
        return _read_idx(where, data)
    change = "Convert it, for example with numpy.save"
    raise DataError(where, "must be an IDX, .npy or .npz file", "none of these", change)


def _read_idx(where: str, data: bytes) -> npt.NDArray[Any]:
    rank = data[3]
    start = 4 + 4 * rank
    if len(data) < start:
        raise DataError(where, f"must hold {rank} sizes", f"{len(data)} bytes", "Download it again")
    shape = struct.unpack(f">{rank}I", data[4:start])
    kind = np.dtype(_IDX_TYPES[data[2]])
    expected = math.prod(shape) * kind.itemsize
    if len(data) - start != expected:
        found = f"{len(data) - start} bytes"
        raise DataError(where, f"must hold {expected} bytes of data for shape {shape}", found, "Download it again")
    return np.frombuffer(data, kind, offset=start).reshape(shape)


def _read_numpy(where: str, data: bytes, key: str | None) -> npt.NDArray[Any]:
    try:
        loaded = np.load(io.BytesIO(data), allow_pickle=False)
        if isinstance(loaded, np.ndarray):
            return loaded
        with loaded:
            names = loaded.files
            if key is None and len(names) == 1:
                key = names[0]
            if key not in names:
                found = "no key" if key is None else key
                raise DataError(where, f"must be read with --key, one of {', '.join(names)}", found)
            return np.asarray(loaded[key])
    except DataError:
        raise
    except Exception as error:  # numpy reads headers as Python text, and raises whatever that or a zip file raises
        found = (str(error) or type(error).__name__).splitlines()[0]
        raise DataError(where, "must be a numpy file without pickled objects", found) from error


def as_codes(
    receiver: Receiver,
    array: npt.NDArray[Any],
    where: str,
    *,
    binarize_at: float | None = None,
    real: bool = False,
    layout: Layout = Layout.NHWC,
) -> npt.NDArray[Any]:
    """Frames (N, *input shape) of input codes from an array of N frames.

    Args:
        binarize_at: for a bipolar input: +1 where the array is at least this, -1 elsewhere.
        real: the array holds real numbers; quantise them with the input's scale and offset.
        layout: whether channels come last or first in images and signals.

    Raises:
        DataError: no frames, another number of elements, or values that are not codes of the input type.
    """
    shape, dtype = receiver.input.type.shape, receiver.input.type.dtype
    if array.ndim == 0 or array.shape[0] == 0:
        raise DataError(where, "must hold at least one frame", f"shape {array.shape}", "Check the file")
    if math.prod(array.shape[1:]) != math.prod(shape):
        must = f"frames must have {math.prod(shape)} elements {shape}"
        raise DataError(where, must, f"frames of shape {array.shape[1:]}", "Give the images this network was built for")
    frames = _channels_last(array, shape, where, layout).reshape(array.shape[0], *shape)
    _must_be_finite(frames, where)
    if binarize_at is not None:
        if not isinstance(dtype, Bipolar):
            raise DataError(where, "only a bipolar input can be binarised", f"input type {dtype}", "Drop --binarize-at")
        return np.where(frames >= binarize_at, 1, -1).astype(np.int8)
    return _quantised(receiver, frames) if real else _whole_codes(frames, dtype, where)


def _whole_codes(frames: npt.NDArray[Any], dtype: DType, where: str) -> npt.NDArray[Any]:
    """Frames that hold codes of `dtype` already. Raises: DataError."""
    if frames.dtype.kind not in "iub" and not np.array_equal(frames, np.rint(frames)):
        change = "Convert the images to codes, or pass --real to quantise real numbers with the input's scale"
        raise DataError(where, f"values must be integer codes of {dtype}", f"{frames.dtype} with fractions", change)
    if not holds(dtype, frames):
        change = "Pass --binarize-at LEVEL" if isinstance(dtype, Bipolar) else "Give codes of the input type"
        raise DataError(where, f"values must be codes of {dtype}", f"[{frames.min()}, {frames.max()}]", change)
    small = {True: np.int8, False: np.uint8}[dtype.signed] if dtype.bits <= 8 else np.int64
    return np.ascontiguousarray(frames, dtype=small)


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


def _must_be_finite(frames: npt.NDArray[Any], where: str) -> None:
    if frames.dtype.kind not in "iubf" or not np.all(np.isfinite(frames)):
        found = "others" if frames.dtype.kind == "f" else str(frames.dtype)
        raise DataError(where, "values must be finite real numbers", found, "Check the file")


def _quantised(receiver: Receiver, frames: npt.NDArray[Any]) -> IntArray:
    """Real numbers to the nearest code, clamped to the input type."""
    dtype = receiver.input.type.dtype
    scaled = (frames.astype(np.float64) - receiver.encoding.offset) / receiver.encoding.scale
    if isinstance(dtype, Bipolar):
        return np.where(scaled >= 0, 1, -1).astype(np.int64)
    return np.clip(np.rint(scaled), dtype.min, dtype.max).astype(np.int64)


def random_codes(receiver: Receiver, frames: int, seed: int) -> IntArray:
    """Frames of codes drawn evenly from the input type. Raises: DataError where they do not fit the memory."""
    most = max(1, _MOST_CODES // receiver.input.type.elements)
    if not 1 <= frames <= most:
        must = f"must be 1 to {most:,}, which are {_MOST_CODES:,} codes"
        raise DataError("frames", must, f"{frames:,}" if abs(frames) < 1 << 63 else "more", "Take fewer")
    dtype, shape = receiver.input.type.dtype, (frames, *receiver.input.type.shape)
    rng = np.random.default_rng(seed)
    if isinstance(dtype, Bipolar):
        return rng.integers(0, 2, shape) * 2 - 1
    return rng.integers(dtype.min, dtype.max, shape, endpoint=True)
