"""Frames from files: every form read, everything else refused in one sentence."""

from __future__ import annotations

import gzip
import io
import math
import struct
import warnings
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from hwgen.errors import ConfigError, DataError
from hwgen.ir.graph import Affine, Graph
from hwgen.ir.order import Order
from hwgen.ir.types import DType, IntType, TensorType
from hwgen.verify.vectors import DataWarning, Layout, as_array, as_codes, layout_of, random_codes, read_array
from tests.builders import B, ImageBuilder, random_network, with_input

UINT8, INT4 = IntType(8, signed=False), IntType(4, signed=True)
IMAGES = np.arange(24, dtype=np.uint8).reshape(4, 2, 3)


def graph(dtype: DType = UINT8) -> Graph:
    return random_network(np.random.default_rng(0), (6, 2), input_type=dtype)


def idx(array: np.ndarray, code: int, kind: str) -> bytes:
    sizes = struct.pack(f">{array.ndim}I", *array.shape)
    return bytes((0, 0, code, array.ndim)) + sizes + array.astype(kind).tobytes()


def npy(array: np.ndarray) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


def npz(**arrays: np.ndarray) -> bytes:
    stream = io.BytesIO()
    np.savez(stream, **arrays)
    return stream.getvalue()


def put(folder: Path, data: bytes) -> Path:
    path = folder / "frames"
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    ("code", "kind"), [(8, ">u1"), (9, ">i1"), (0x0B, ">i2"), (0x0C, ">i4"), (0x0D, ">f4"), (0x0E, ">f8")]
)
def test_idx(tmp_path: Path, code: int, kind: str) -> None:
    array = IMAGES.astype(kind) - np.array(0 if code == 8 else 7, dtype=kind)
    for data in (idx(array, code, kind), gzip.compress(idx(array, code, kind))):
        found = read_array(put(tmp_path, data))
        assert found.dtype == np.dtype(kind) and np.array_equal(found, array)


def test_numpy_files(tmp_path: Path) -> None:
    for data in (npy(IMAGES), gzip.compress(npy(IMAGES)), npz(images=IMAGES)):
        assert np.array_equal(read_array(put(tmp_path, data)), IMAGES)
    both = put(tmp_path, npz(images=IMAGES, labels=np.arange(4)))
    assert np.array_equal(read_array(both, "labels"), np.arange(4))


IDX = idx(IMAGES, 8, ">u1")
FILES: dict[str, tuple[bytes, str | None, str]] = {
    "empty": (b"", None, "must hold at least one frame; found an empty file. Check the file."),
    "text": (
        b"hello, world",
        None,
        "must be an IDX, .npy or .npz file; found none of these. Convert it, for example with numpy.save.",
    ),
    "idx_type": (
        b"\0\0\x07\x01" + bytes(8),
        None,
        "must be an IDX, .npy or .npz file; found none of these. Convert it, for example with numpy.save.",
    ),
    "idx_sizes": (IDX[:10], None, "must hold 3 sizes; found 10 bytes. Download it again."),
    "idx_short": (
        IDX[:-1],
        None,
        "must hold 24 bytes of data for shape (4, 2, 3); found 23 bytes. Download it again.",
    ),
    "idx_long": (
        IDX + b"x",
        None,
        "must hold 24 bytes of data for shape (4, 2, 3); found 25 bytes. Download it again.",
    ),
    "gzip": (
        gzip.compress(IDX)[:-9],
        None,
        "must be a readable file; found Compressed file ended before the end-of-stream marker was reached."
        " Check the path.",
    ),
    "no_key": (npz(a=IMAGES, b=IMAGES), None, "must be read with --key, one of a, b; found no key."),
    "other_key": (npz(a=IMAGES, b=IMAGES), "c", "must be read with --key, one of a, b; found c."),
    "npz_cut": (
        npz(a=IMAGES)[:-30],
        None,
        "must be a numpy file without pickled objects; found File is not a zip file.",
    ),
}


@pytest.mark.parametrize("name", FILES)
def test_files(tmp_path: Path, name: str) -> None:
    data, key, message = FILES[name]
    path = put(tmp_path, data)
    with pytest.raises(DataError) as error:
        read_array(path, key)
    assert str(error.value) == f"{path}: {message}"


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(DataError) as error:
        read_array(tmp_path / "none")
    path = tmp_path / "none"
    assert str(error.value) == (
        f"{path}: must be a readable file; found [Errno 2] No such file or directory: '{path}'. Check the path."
    )


class Trap:
    """Leaves a mark when it is unpickled."""

    sprung = False

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return setattr, (Trap, "sprung", True)


@pytest.mark.parametrize("form", ["npy", "npz"])
def test_pickles_are_never_loaded(tmp_path: Path, form: str) -> None:
    trap = np.array([Trap()], dtype=object)
    path = put(tmp_path, npy(trap) if form == "npy" else npz(a=trap))
    with pytest.raises(DataError, match="must be a numpy file without pickled objects; found Object arrays cannot be"):
        read_array(path)
    assert not Trap.sprung


def test_damage_never_escapes(tmp_path: Path) -> None:
    """Any byte of any form changed or cut off: read or refused."""
    rng = np.random.default_rng(9)
    for data in (IDX, gzip.compress(IDX), npy(IMAGES), npz(a=IMAGES)):
        for _ in range(120):
            damaged = bytearray(data[: rng.integers(1, len(data) + 1)])
            for place in rng.integers(0, len(damaged), 3):
                damaged[place] = rng.integers(0, 256)
            try:
                read_array(put(tmp_path, bytes(damaged)))
            except DataError:
                continue


def test_codes_keep_their_order() -> None:
    found = as_codes(graph().inputs[0], IMAGES, "w")
    assert found.dtype == np.uint8 and found.shape == (4, 6) and np.array_equal(found, IMAGES.reshape(4, 6))
    assert np.array_equal(as_codes(graph().inputs[0], IMAGES, "w", layout=Layout.NCHW), found)
    assert np.array_equal(as_codes(graph().inputs[0], IMAGES.astype(np.float32), "w"), found)
    assert as_codes(graph(INT4).inputs[0], np.full((1, 6), -8), "w").dtype == np.int8
    assert as_codes(graph(IntType(12, signed=False)).inputs[0], np.full((1, 6), 4000), "w").dtype == np.int64


def test_binarised() -> None:
    """+1 where a value is at least the level."""
    found = as_codes(graph(B).inputs[0], IMAGES[:1], "w", binarize_at=2)
    assert found.tolist() == [[-1, -1, 1, 1, 1, 1]]


def test_real_numbers_are_quantised() -> None:
    scaled = with_input(graph(INT4), encoding=Affine(np.asarray(0.5), np.asarray(1.0)))
    frames = np.array([[1.0, 1.24, 1.26, -100.0, 100.0, 0.5]])
    with pytest.warns(DataWarning):
        assert as_codes(scaled.inputs[0], frames, "w", real=True).tolist() == [[0, 0, 1, -8, 7, -1]]
    assert as_codes(graph(B).inputs[0], np.array([[-0.1, 0.0, 0.1] * 2]), "w", real=True).tolist() == [[-1, 1, 1] * 2]


@dataclass
class Reader:
    """What takes frames, and no network."""

    type: TensorType
    encoding: Affine
    order: Order | None = None
    name: str = "x"


@pytest.mark.parametrize("scale", [1 / 255, 0.1, 0.25, 3.0, float(np.float32(0.03))])
@pytest.mark.parametrize("offset", [0.0, -0.7, 1e6])
@pytest.mark.parametrize("dtype", [UINT8, INT4, IntType(16, signed=True), IntType(40, signed=True)], ids=str)
def test_nearest_codes_are_exact(dtype: DType, scale: float, offset: float) -> None:
    """The nearest code by exact arithmetic, also where decimals lie next to a half; of two the even one."""
    net = Reader(TensorType((6,), dtype), Affine(np.asarray(scale), np.asarray(offset)))
    halves = [(k + 0.5) * scale + offset for k in (-9, -1, 0, 1, 2, 3, 6, 100, 254, 255)]
    reals = [*halves, *(math.nextafter(each, side) for each in halves for side in (-math.inf, math.inf))]
    reals += [-1e300, 1e300, float(dtype.max) * scale + offset, offset, 5e-324, math.nextafter(offset, -math.inf)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        found = as_codes(net, np.array(reals).reshape(-1, 6), "w").reshape(-1).tolist()
    exact = [round((Fraction(each) - Fraction(offset)) / Fraction(scale)) for each in reals]
    assert found == [min(max(each, dtype.min), dtype.max) for each in exact]


def test_the_ends_of_wide_inputs() -> None:
    """The largest codes are no numbers of float64."""
    for kind in (IntType(63, signed=True), IntType(63, signed=False)):
        net = Reader(TensorType((3,), kind), Affine())
        with pytest.warns(DataWarning):
            assert as_codes(net, np.array([[-1e30, 1e30, 7.0]]), "w").tolist() == [[kind.min, kind.max, 7]]


def test_the_type_of_an_array_says_what_it_holds() -> None:
    """Never its values; `real` says otherwise."""
    net = with_input(graph(UINT8), encoding=Affine(np.asarray(0.5)))
    whole = np.array([[0, 1, 2, 3, 4, 5]])
    for kind in (bool, np.int8, np.uint8, np.int64, ">u2"):
        codes = whole.astype(kind)
        assert as_codes(net.inputs[0], codes, "w").tolist() == codes.astype(int).tolist()
        assert as_codes(net.inputs[0], codes, "w", real=True).tolist() == (2 * codes.astype(int)).tolist()
    for kind in (np.float16, np.float32, ">f8", np.longdouble):
        assert as_codes(net.inputs[0], whole.astype(kind), "w", real=False).tolist() == whole.tolist()
        with pytest.warns(DataWarning):
            assert as_codes(net.inputs[0], whole.astype(kind), "w").tolist() == (2 * whole).tolist()


SATURATING = np.linspace(0, 1, 606).reshape(101, 6)
"""606 numbers, of which a network that reads up to 1 takes all."""

WARNINGS: dict[str, tuple[DType, float, np.ndarray, dict[str, object], str | None]] = {
    "none": (UINT8, 1 / 255, SATURATING, {}, None),
    "one_percent": (UINT8, 1 / 255, np.where(SATURATING > 0.991, 1.1, SATURATING), {}, None),
    "above": (
        UINT8,
        1 / 255,
        np.where(SATURATING > 0.987, 1.5, SATURATING),
        {},
        "w: at most 1% of the values should lie beyond the input's 0 to 1 (uint8); found 8 of 606 (1.3%) in 0 to 1.5,"
        " which saturate. Scale the images, pass --codes if they are codes already, or build with another"
        " --input-scale.",
    ),
    "bytes": (
        INT4,
        0.5,
        IMAGES,
        {"real": True},
        "w: at most 1% of the values should lie beyond the input's -4 to 3.5 (int4); found 20 of 24 (83.3%) in 0 to 23,"
        " which saturate. Scale the images, pass --codes if they are codes already, or build with another"
        " --input-scale.",
    ),
    "whole": (
        UINT8,
        2.0,
        IMAGES.astype(np.float32),
        {},
        "w: whole numbers of a floating-point type are taken as real numbers and quantised to uint8; found float32 of"
        " 0 to 23. Pass --codes if they are codes already, or --real if they are not.",
    ),
    "whole_and_stated": (UINT8, 2.0, IMAGES.astype(np.float32), {"real": True}, None),
    "whole_and_the_same": (UINT8, 1.0, IMAGES.astype(np.float32), {}, None),
    "black_and_white": (UINT8, 1 / 255, np.eye(6), {}, None),
    "one_side": (
        B,
        1.0,
        IMAGES.astype(float),
        {},
        "w: values should lie on both sides of 0, where a bipolar input changes; found 24 of 24 in 0 to 23 that become"
        " +1. Pass another level, --binarize-at LEVEL.",
    ),
    "level": (
        B,
        1.0,
        IMAGES,
        {"binarize_at": 30},
        "w: values should lie on both sides of 30, where a bipolar input changes; found 24 of 24 in 0 to 23 that become"
        " -1. Pass another level, --binarize-at LEVEL.",
    ),
    "both_sides": (B, 1.0, IMAGES - 12.0, {}, None),
    "codes": (B, 1.0, np.ones((4, 6)), {"real": False}, None),
}


@pytest.mark.parametrize("name", WARNINGS)
def test_warnings(name: str) -> None:
    dtype, scale, array, options, message = WARNINGS[name]
    net = with_input(graph(dtype), encoding=Affine(np.asarray(scale)))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        as_codes(net.inputs[0], array, "w", **options)
    assert [str(each.message) for each in caught] == ([] if message is None else [message])


CODES: dict[str, tuple[DType, np.ndarray, dict[str, object], str]] = {
    "none": (UINT8, IMAGES[:0], {}, "must hold at least one frame; found shape (0, 2, 3). Check the file."),
    "scalar": (UINT8, np.array(3), {}, "must hold at least one frame; found shape (). Check the file."),
    "size": (
        UINT8,
        IMAGES[:, :, :2],
        {},
        "frames must have 6 elements (6,); found frames of shape (2, 2). Give the images this network was built for.",
    ),
    "level": (
        UINT8,
        IMAGES,
        {"binarize_at": 3},
        "only a bipolar input can be binarised; found input type uint8. Drop --binarize-at.",
    ),
    "fractions": (
        UINT8,
        IMAGES / 2,
        {"real": False},
        "values must be integer codes of uint8; found float64 with fractions. Convert the images to codes, or pass"
        " --real to quantise real numbers with the input's scale.",
    ),
    "range": (INT4, IMAGES, {}, "values must be codes of int4; found [0, 23]. Give codes of the input type."),
    "bipolar": (B, IMAGES, {}, "values must be codes of bipolar; found [0, 23]. Pass --binarize-at LEVEL."),
    "nan": (
        UINT8,
        np.full((1, 6), np.nan),
        {"real": True},
        "values must be finite real numbers; found others. Check the file.",
    ),
    "one_image": (
        UINT8,
        IMAGES[0],
        {},
        "frames must have 6 elements (6,); found frames of shape (3,). Give the images this network was built for, a"
        " single one as an array of one frame.",
    ),
    "objects": (
        UINT8,
        np.full((1, 6), None),
        {},
        "values must be finite real numbers; found object. Check the file.",
    ),
    "beyond_int64": (
        UINT8,
        np.full((1, 6), 2**64 - 1, dtype=np.uint64),
        {},
        "values must be codes of uint8; found [18446744073709551615, 18446744073709551615]. Give codes of the input"
        " type.",
    ),
    "infinite": (
        UINT8,
        np.full((1, 6), np.inf),
        {},
        "values must be finite real numbers; found others. Check the file.",
    ),
    "text": (UINT8, np.full((1, 6), "a"), {}, "values must be finite real numbers; found <U1. Check the file."),
    "complex": (
        UINT8,
        np.full((1, 6), 1j),
        {"real": True},
        "values must be finite real numbers; found complex128. Check the file.",
    ),
}


@pytest.mark.parametrize("name", CODES)
def test_frames(name: str) -> None:
    dtype, array, options, message = CODES[name]
    with pytest.raises(DataError) as error:
        as_codes(graph(dtype).inputs[0], array, "img.npy", **options)
    assert str(error.value) == f"img.npy: {message}"


@pytest.mark.parametrize("level", [math.nan, math.inf, -math.inf])
def test_levels_are_numbers(level: float) -> None:
    with pytest.raises(ConfigError) as error:
        as_codes(graph(B).inputs[0], IMAGES, "w", binarize_at=level)
    assert str(error.value) == f"binarize_at: must be a finite number; found {level:g}. Give a level of the images."


def test_what_numpy_cannot_take() -> None:
    for given, found in (([[1, 2], [3]], "setting an array element"), (Untakable(), "no array")):
        with pytest.raises(DataError, match=f"^frames: must be an array of numbers; found {found}.*Convert it to"):
            as_array(given, "frames")  # type: ignore[arg-type]


class Untakable:
    """An object that does not become an array."""

    def __array__(self, *_: object, **__: object) -> np.ndarray:
        raise RuntimeError("no array\nfor you")


def test_layouts_by_name() -> None:
    assert layout_of("nchw") is layout_of(Layout.NCHW) is Layout.NCHW
    with pytest.raises(ConfigError) as error:
        layout_of("chw")
    assert str(error.value) == "layout: must be nhwc or nchw; found 'chw'."


@pytest.mark.parametrize("dtype", [B, UINT8, INT4], ids=str)
def test_random_codes(dtype: DType) -> None:
    found = random_codes(graph(dtype).inputs[0], 1000, seed=3)
    values = set(found.ravel().tolist())
    assert found.shape == (1000, 6) and np.array_equal(found, random_codes(graph(dtype).inputs[0], 1000, seed=3))
    assert values == ({-1, 1} if dtype == B else set(range(dtype.min, dtype.max + 1)))
    assert not np.array_equal(found, random_codes(graph(dtype).inputs[0], 1000, seed=4))


def image_graph(*shape: int, dtype: DType = UINT8) -> Graph:
    """A network that reads images of `shape`."""
    net = ImageBuilder(np.random.default_rng(0), shape, dtype)
    net.dense(net.input, 2, B)
    return net.graph()


PHOTOS = np.arange(2 * 4 * 5 * 3, dtype=np.uint8).reshape(2, 4, 5, 3)
"""Two frames of 4 x 5 pixels of 3 channels."""


def test_images_in_either_layout() -> None:
    """Channels last as they are, channels first turned; flat frames are taken in the network's own order."""
    net = image_graph(4, 5, 3)
    first = np.ascontiguousarray(np.moveaxis(PHOTOS, -1, 1))
    assert first.shape == (2, 3, 4, 5)
    for array, layout in ((PHOTOS, Layout.NHWC), (first, Layout.NCHW)):
        assert np.array_equal(as_codes(net.inputs[0], array, "w", layout=layout), PHOTOS)
    for layout in Layout:
        assert np.array_equal(as_codes(net.inputs[0], PHOTOS.reshape(2, 60), "w", layout=layout), PHOTOS)
    assert as_codes(net.inputs[0], PHOTOS, "w")[1, 2, 3, 1] == PHOTOS[1, 2, 3, 1] == first[1, 1, 2, 3]


def test_one_channel_needs_no_axis() -> None:
    net = image_graph(4, 5, 1)
    grey = PHOTOS[..., 0]
    for array in (grey, grey[..., None], grey[:, None]):
        for layout in Layout:
            if array.ndim == 4 and (array.shape[1] == 1) != (layout is Layout.NCHW):
                continue
            assert np.array_equal(as_codes(net.inputs[0], array, "w", layout=layout)[..., 0], grey)


def test_signals() -> None:
    """(N, L, C) and (N, C, L), with or without the axis of one."""
    net = image_graph(20, 1, 3)
    signal = PHOTOS.reshape(2, 20, 3)
    first = np.moveaxis(signal, -1, 1)
    expected = signal[:, :, None, :]
    for array in (signal, expected, signal.reshape(2, 60)):
        assert np.array_equal(as_codes(net.inputs[0], array, "w"), expected)
    for array in (first, first[..., None]):
        assert np.array_equal(as_codes(net.inputs[0], array, "w", layout=Layout.NCHW), expected)


def test_options_go_with_layouts() -> None:
    """Binarised and real images keep their places too."""
    first = np.moveaxis(PHOTOS, -1, 1)
    found = as_codes(image_graph(4, 5, 3, dtype=B).inputs[0], first, "w", binarize_at=50, layout=Layout.NCHW)
    assert np.array_equal(found, np.where(PHOTOS >= 50, 1, -1))
    scaled = with_input(image_graph(4, 5, 3), encoding=Affine(np.array([0.5, 1.0, 2.0])))
    found = as_codes(
        scaled.inputs[0], first * np.array([0.5, 1.0, 2.0])[:, None, None], "w", real=True, layout=Layout.NCHW
    )
    assert np.array_equal(found, PHOTOS)


LAYOUTS = {
    "first_as_last": (
        (4, 5, 3),
        (2, 3, 4, 5),
        Layout.NHWC,
        "frames must be 4x5x3 (height, width, channels) in layout nhwc; found frames of shape (3, 4, 5)."
        " Give them so, or pass --layout nchw.",
    ),
    "last_as_first": (
        (4, 5, 3),
        (2, 4, 5, 3),
        Layout.NCHW,
        "frames must be 4x5x3 (height, width, channels) in layout nchw; found frames of shape (4, 5, 3)."
        " Give them so, or pass --layout nhwc.",
    ),
    "turned": (
        (4, 5, 3),
        (2, 5, 4, 3),
        Layout.NHWC,
        "frames must be 4x5x3 (height, width, channels) in layout nhwc; found frames of shape (5, 4, 3)."
        " Give them so, or pass --layout nchw.",
    ),
    "signal": (
        (20, 1, 3),
        (2, 3, 20),
        Layout.NHWC,
        "frames must be 20x1x3 (height, width, channels) in layout nhwc; found frames of shape (3, 20)."
        " Give them so, or pass --layout nchw.",
    ),
    "elements": (
        (4, 5, 3),
        (2, 4, 5, 4),
        Layout.NHWC,
        "frames must have 60 elements (4, 5, 3); found frames of shape (4, 5, 4)."
        " Give the images this network was built for.",
    ),
}


@pytest.mark.parametrize("name", LAYOUTS)
def test_layouts_that_do_not_fit(name: str) -> None:
    shape, given, layout, message = LAYOUTS[name]
    with pytest.raises(DataError) as error:
        as_codes(image_graph(*shape).inputs[0], np.zeros(given, np.uint8), "img.npy", layout=layout)
    assert str(error.value) == f"img.npy: {message}"


def test_random_images() -> None:
    assert random_codes(image_graph(4, 5, 3).inputs[0], 7, seed=0).shape == (7, 4, 5, 3)
