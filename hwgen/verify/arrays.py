"""Arrays of frames or labels in files: IDX, `.npy` and `.npz`, each plain or gzipped.

A plain IDX or `.npy` file is mapped into memory, so that only frames in use are read. Compressed data and pipes are
read up to the last frame that is asked for, `MOST_BYTES` at most. Pickled objects are never loaded.
"""

from __future__ import annotations

import gzip
import io
import math
import os
import stat
import struct
import warnings
import zipfile
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from hwgen.errors import DataError
from hwgen.stored import open_given

MOST_BYTES = 1 << 31
"""Most bytes of an array that has to be held in memory."""

_CHUNK = 1 << 20
_IDX_TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
_MOST_AXES = 32
_SHOWN_NAMES = 20
_GZIP, _ZIP, _NUMPY = b"\x1f\x8b", b"PK", b"\x93NUMPY"


@dataclass(frozen=True, eq=False)
class Stored:
    """An array in a file.

    Attributes:
        array: its first frames, as many as were asked for.
        frames: that the file holds; 0 for an array without axes.
    """

    array: npt.NDArray[Any]
    frames: int


@dataclass(frozen=True)
class _Source:
    """A source of bytes.

    Attributes:
        where: the file's name, for messages.
        stream: at the first byte of what is read.
        plain: whether `stream` is a file on disk as it stands: its size is known and it can be mapped.
        most: frames that are wanted; None for all.
    """

    where: str
    stream: IO[bytes]
    plain: bool
    most: int | None


def read_array(path: Path, key: str | None = None) -> npt.NDArray[Any]:
    """The array in a file, which may be mapped and then cannot be written to. For errors see `read_frames`."""
    return read_frames(path, key).array


def read_frames(path: Path, key: str | None = None, most: int | None = None, *, option: str = "--key") -> Stored:
    """The first `most` frames of the array in an IDX, `.npy` or `.npz` file, all where None.

    Args:
        key: the array's name in an `.npz` file of several; `option` is how a user gives it.

    Raises:
        DataError: missing, empty, truncated, damaged or of an unknown form; an array that holds no numbers or is too
            large to be held; or an `.npz` with several arrays and no `key`.
    """
    where = str(path)
    try:
        with open_given(path) as file:
            return _read(_Source(where, file, stat.S_ISREG(os.fstat(file.fileno()).st_mode), most), key, option)
    except DataError:
        raise
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(where, "must be a readable file", str(error), "Check the path") from error
    except Exception as error:  # numpy reads headers as Python text: any exception of that, or of a zip file
        found = (str(error) or type(error).__name__).splitlines()[0]
        raise DataError(where, "must be a numpy file without pickled objects", found) from error


def _read(source: _Source, key: str | None, option: str) -> Stored:
    """The array. Raises: DataError, and any exception of the libraries for damaged files."""
    source, head = _head(source)
    if head.startswith(_GZIP):
        unpacked: Any = gzip.GzipFile(fileobj=source.stream)
        source, head = _head(replace(source, stream=unpacked, plain=False))
    if not head:
        raise DataError(source.where, "must hold at least one frame", "an empty file", "Check the file")
    if head.startswith(_NUMPY):
        return _read_npy(source)
    if head.startswith(_ZIP):
        return _read_npz(source, key, option)
    if len(head) > 4 and head[:2] == b"\0\0" and head[2] in _IDX_TYPES and head[3] <= _MOST_AXES:
        return _read_idx(source)
    change = "Convert it, for example with numpy.save"
    raise DataError(source.where, "must be an IDX, .npy or .npz file", "none of these", change)


def _head(source: _Source) -> tuple[_Source, bytes]:
    """The source and the bytes that it begins with, which are not taken from it."""
    buffered: Any = source.stream if source.plain else io.BufferedReader(source.stream, _CHUNK)
    head = buffered.peek(len(_NUMPY))
    return replace(source, stream=buffered), head[: len(_NUMPY)]


def _read_idx(source: _Source) -> Stored:
    _, _, code, rank = source.stream.read(4)
    sizes = source.stream.read(4 * rank)
    if len(sizes) < 4 * rank:
        raise DataError(source.where, f"must hold {rank} sizes", f"{4 + len(sizes)} bytes", "Download it again")
    return _stored(source, np.dtype(_IDX_TYPES[code]), struct.unpack(f">{rank}I", sizes), alone=True)


def _read_npy(source: _Source) -> Stored:
    version = np.lib.format.read_magic(source.stream)
    header: Callable[[IO[bytes]], tuple[tuple[int, ...], bool, np.dtype[Any]]] = (
        np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what numpy or Python think of odd headers
        shape, fortran, dtype = header(source.stream)
    if dtype.hasobject:
        found = "Object arrays cannot be loaded"
        raise DataError(source.where, "must be a numpy file without pickled objects", found)
    if dtype.kind not in "iubf":
        raise DataError(source.where, "values must be finite real numbers", str(dtype), "Check the file")
    if len(shape) > _MOST_AXES or any(size < 0 for size in shape):
        raise DataError(source.where, "must hold an array", f"shape {shape}", "Save it again")
    return _stored(source, dtype, shape, fortran=fortran)


def _read_npz(source: _Source, key: str | None, option: str) -> Stored:
    file = source.stream if source.plain else _held(source)
    with zipfile.ZipFile(file) as archive:
        members = {each.filename.removesuffix(".npy"): each for each in archive.infolist()}
        if key is None and len(members) == 1:
            key = next(iter(members))
        if key not in members:
            found = "no key" if key is None else key
            raise DataError(source.where, f"must be read with {option}, one of {_listed(list(members))}", found)
        with archive.open(members[key]) as stream:
            inner, head = _head(replace(source, stream=stream, plain=False))
            if not head.startswith(_NUMPY):
                raise DataError(source.where, "must hold numpy arrays", f"other data at {key}", "Save it again")
            return _read_npy(inner)


def _listed(names: Sequence[str]) -> str:
    """Names for a message of one line."""
    shown = [name if name.isprintable() else repr(name) for name in names[:_SHOWN_NAMES]]
    return ", ".join(shown) + (f" and {len(names) - len(shown)} more" if len(names) > len(shown) else "")


def _held(source: _Source) -> IO[bytes]:
    """The whole source, in memory. Raises: DataError where it is too large."""
    held = io.BytesIO()
    while part := source.stream.read(_CHUNK):
        held.write(part)
        if held.tell() > MOST_BYTES:
            raise _too_large(source.where, "more")
    return held


def _stored(
    source: _Source, dtype: np.dtype[Any], shape: tuple[int, ...], *, fortran: bool = False, alone: bool = False
) -> Stored:
    """The array that the source now stands before; `alone` where nothing may follow it. Raises: DataError."""
    size = math.prod(shape) * dtype.itemsize
    order, frames = ("F" if fortran else "C"), shape[0] if shape else 0
    if source.plain:
        start, end = source.stream.tell(), os.fstat(source.stream.fileno()).st_size
        if end - start < size or (alone and end - start > size):
            raise _other_size(source.where, size, shape, f"{end - start}")
        if size == 0:
            return Stored(np.zeros(shape, dtype), frames)
        mapped: Any = np.memmap(source.stream, dtype, "r", start, shape, order)  # type: ignore[call-overload]
        return Stored(np.asarray(mapped)[: source.most] if shape else np.asarray(mapped), frames)
    if shape and source.most is not None and not fortran:
        shape = (min(source.most, frames), *shape[1:])
    data = _filled(source, math.prod(shape) * dtype.itemsize, size, shape)
    if math.prod(shape) * dtype.itemsize == size and source.stream.read(1) and alone:  # compressed data end in a check
        raise _other_size(source.where, size, shape, "more")
    array = data.view(dtype).reshape(shape, order=order)  # type: ignore[call-overload]
    return Stored(array[: source.most] if shape else array, frames)


def _filled(source: _Source, wanted: int, size: int, shape: tuple[int, ...]) -> npt.NDArray[np.uint8]:
    """The next `wanted` bytes of an array of `size`. Raises: DataError."""
    if wanted > MOST_BYTES:
        raise _too_large(source.where, f"{wanted / 2**30:,.1f} GiB")
    data = np.empty(wanted, np.uint8)
    done = 0
    while done < wanted:
        part = source.stream.read(min(_CHUNK, wanted - done))
        if not part:
            raise _other_size(source.where, size, shape, f"{done}")
        data[done : done + len(part)] = np.frombuffer(part, np.uint8)
        done += len(part)
    return data


def _other_size(where: str, size: int, shape: tuple[int, ...], found: str) -> DataError:
    return DataError(where, f"must hold {size} bytes of data for shape {shape}", f"{found} bytes", "Download it again")


def _too_large(where: str, found: str) -> DataError:
    must = f"must hold at most {MOST_BYTES / 2**30:g} GiB where it is compressed or piped"
    return DataError(where, must, found, "Unpack it, or pass --frames N")
