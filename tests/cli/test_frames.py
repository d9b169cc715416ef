"""Files of images and labels, verb by verb: the same codes for the same file and options, or the same words."""

from __future__ import annotations

import gzip
import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

import hwgen
from hwgen import flow
from hwgen.cli import app
from hwgen.errors import HwgenError
from hwgen.golden import execute
from hwgen.host import golden
from hwgen.ir.graph import Affine, Graph
from hwgen.ir.types import IntType
from hwgen.verify import simulate
from hwgen.verify.arrays import read_array
from tests.builders import B, ImageBuilder, random_network, with_input
from tests.command import without_stages

UINT8, INT4 = IntType(8, signed=False), IntType(4, signed=True)


def image_network() -> Graph:
    net = ImageBuilder(np.random.default_rng(0), (4, 5, 3), UINT8)
    net.dense(net.input, 2, B)
    return with_input(net.graph(), encoding=Affine(np.asarray(0.5)))


def dense_network(dtype: Any, scale: float, offset: float = 0.0) -> Graph:
    net = random_network(np.random.default_rng(0), (6, 2), input_type=dtype)
    return with_input(net, encoding=Affine(np.asarray(scale), np.asarray(offset)))


NETWORKS = {
    "bipolar": dense_network(B, 1.0),
    "bytes": dense_network(UINT8, 1 / 255),
    "signed": dense_network(INT4, 0.5, 1.0),
    "image": image_network(),
}

BYTES = np.arange(24, dtype=np.uint8).reshape(4, 6)
WHOLE = np.array([[-3, -2, -1, 0, 2, 4]])
PHOTOS = np.arange(2 * 4 * 5 * 3, dtype=np.uint8).reshape(2, 4, 5, 3)
FIRST = np.moveaxis(PHOTOS, -1, 1)


def nearest(array: np.ndarray, scale: float, offset: float, low: int, high: int) -> np.ndarray:
    """The codes of real numbers, by exact arithmetic."""
    codes = [round((Fraction(x) - Fraction(offset)) / Fraction(scale)) for x in array.astype(float).ravel().tolist()]
    return np.array([min(max(code, low), high) for code in codes]).reshape(array.shape)


@dataclass(frozen=True)
class Case:
    """A file, how it is read, and what comes of it.

    Attributes:
        stored: an array, by name in an `.npz` where there are several; or bytes.
        expected: codes, or what a message says behind the file's name.
        warned: how the warning begins behind the file's name.
    """

    network: str
    stored: np.ndarray | Mapping[str, np.ndarray] | bytes
    expected: np.ndarray | str
    binarize_at: float | None = None
    real: bool | None = None
    layout: str = "nhwc"
    key: str | None = None
    frames: int | None = None
    warned: str | None = None

    def write(self, folder: Path) -> Path:
        path = folder / ("images.npz" if isinstance(self.stored, dict) else "images.npy")
        if isinstance(self.stored, bytes):
            path.write_bytes(self.stored)
        elif isinstance(self.stored, dict):
            np.savez(path, **self.stored)
        else:
            np.save(path, self.stored)
        return path

    @property
    def words(self) -> list[str]:
        """The options on the command line, the number of frames aside."""
        level = [] if self.binarize_at is None else ["--binarize-at", str(self.binarize_at)]
        kind = [] if self.real is None else ["--real" if self.real else "--codes"]
        return [*level, *kind, "--layout", self.layout, *(["--key", self.key] if self.key else [])]


def idx(array: np.ndarray) -> bytes:
    return bytes((0, 0, 8, array.ndim)) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()


SATURATES = ": at most 1% of the values should lie beyond the input's "
FINITE = ": values must be finite real numbers; found others. Check the file."
CASES = {
    "codes": Case("bytes", BYTES, BYTES),
    "wide_codes": Case("bytes", BYTES.astype(np.int64), BYTES),
    "booleans": Case("bytes", BYTES > 3, BYTES > 3),
    "signed_codes": Case("signed", (BYTES - 8).astype(np.int8)[:2], BYTES[:2].astype(int) - 8),
    "idx": Case("bytes", idx(BYTES), BYTES[:3], frames=3),
    "idx_gz": Case("bytes", gzip.compress(idx(BYTES)), BYTES[:3], frames=3),
    "key": Case("bytes", {"x": BYTES[::-1], "y": BYTES}, BYTES, key="y"),
    "more_frames_than_there_are": Case("bytes", BYTES, BYTES, frames=1000),
    "reals": Case("bytes", BYTES / 23, nearest(BYTES / 23, 1 / 255, 0, 0, 255)),
    "halves": Case("signed", (BYTES[:2] - 5.5) / 2, nearest((BYTES[:2] - 5.5) / 2, 0.5, 1, -8, 7)),
    "stated_reals": Case("bytes", BYTES / 23, nearest(BYTES / 23, 1 / 255, 0, 0, 255), real=True),
    "whole_floats": Case("signed", WHOLE / 1, WHOLE * 2 - 2, warned=": whole numbers of a floating-point type are "),
    "whole_floats_as_codes": Case("signed", WHOLE / 1, WHOLE, real=False),
    "integers_as_reals": Case("signed", WHOLE, WHOLE * 2 - 2, real=True),
    "byte_floats": Case("bytes", BYTES / 1, np.where(BYTES, 255, 0), warned=SATURATES),
    "fractions_as_codes": Case(
        "bytes",
        BYTES / 23,
        ": values must be integer codes of uint8; found float64 with fractions. Convert the images to codes, or pass"
        " --real to quantise real numbers with the input's scale.",
        real=False,
    ),
    "bipolar_codes": Case("bipolar", np.where(BYTES % 3, 1, -1), np.where(BYTES % 3, 1, -1)),
    "bipolar_reals": Case("bipolar", BYTES - 12.0, np.where(BYTES >= 12, 1, -1)),
    "binarised": Case("bipolar", BYTES, np.where(BYTES >= 7, 1, -1), binarize_at=7),
    "binarised_reals": Case("bipolar", BYTES / 2, np.where(BYTES >= 7, 1, -1), binarize_at=3.5),
    "one_side": Case("bipolar", BYTES / 1, np.ones((4, 6)), warned=": values should lie on both sides of 0, "),
    "images": Case("image", PHOTOS, PHOTOS),
    "channels_first": Case("image", FIRST, PHOTOS, layout="nchw"),
    "real_channels_first": Case("image", FIRST / 2, PHOTOS, layout="nchw"),
    "flat_images": Case("image", PHOTOS.reshape(2, 60), PHOTOS),
    "wrong_layout": Case(
        "image",
        FIRST,
        ": frames must be 4x5x3 (height, width, channels) in layout nhwc; found frames of shape (3, 4, 5). Give them"
        " so, or pass --layout nchw.",
    ),
    "pixels_for_int4": Case(
        "signed", BYTES, ": values must be codes of int4; found [0, 23]. Give codes of the input type."
    ),
    "pixels_for_bipolar": Case(
        "bipolar", BYTES, ": values must be codes of bipolar; found [0, 23]. Pass --binarize-at LEVEL."
    ),
    "binarised_bytes": Case(
        "bytes",
        BYTES,
        ": only a bipolar input can be binarised; found input type uint8. Drop --binarize-at.",
        binarize_at=3,
    ),
    "level_nan": Case(
        "bipolar",
        BYTES,
        "binarize_at: must be a finite number; found nan. Give a level of the images.",
        binarize_at=float("nan"),
    ),
    "nan": Case("bytes", np.full((1, 6), np.nan), FINITE),
    "infinite": Case("bipolar", np.full((1, 6), np.inf), FINITE, binarize_at=1),
    "complex": Case("bytes", BYTES * 1j, ": values must be finite real numbers; found complex128. Check the file."),
    "text": Case("bytes", BYTES.astype(str), ": values must be finite real numbers; found <U3. Check the file."),
    "no_frames": Case("bytes", BYTES[:0], ": must hold at least one frame; found shape (0, 6). Check the file."),
    "scalar": Case("bytes", np.array(3), ": must hold at least one frame; found shape (). Check the file."),
    "one_frame": Case(
        "bytes",
        BYTES[0],
        ": frames must have 6 elements (6,); found frames of shape (). Give the images this network was built for, a"
        " single one as an array of one frame.",
    ),
    "no_key": Case("bytes", {"x": BYTES, "y": BYTES}, ": must be read with --key, one of x, y; found no key."),
    "empty": Case("bytes", b"", ": must hold at least one frame; found an empty file. Check the file."),
    "damaged": Case(
        "bytes",
        idx(BYTES)[:-1],
        ": must hold 24 bytes of data for shape (4, 6); found 23 bytes. Download it again.",
    ),
}


class Caught(Exception):
    """Frames on their way to a tool that is not there."""


@dataclass
class Verbs:
    """Runs verbs and keeps the codes that reach the golden model."""

    projects: Path
    seen: list[np.ndarray]

    def run(self, verb: str, case: Case, path: Path) -> tuple[np.ndarray | str, str]:
        """The codes, or the error's words; and what is said on standard error."""
        self.seen.clear()
        labels = path.with_name("labels.npy")
        np.save(labels, np.zeros(len(case.expected), int))
        more = {
            "evaluate": ["--labels", str(labels)],
            "simulate": ["--backend", "golden"],
            "bitstream": ["--board", "icebreaker", "--verify", str(case.frames or 1000)],
        }.get(verb, [])
        frames = [] if verb == "bitstream" or not case.frames else ["--frames", str(case.frames)]
        words = [verb, str(self.projects / case.network), "--images", str(path), *case.words, *frames, *more]
        done = CliRunner().invoke(app, words)
        if isinstance(done.exception, HwgenError):
            assert done.stdout == ""
            return str(done.exception), without_stages(done.stderr)
        assert isinstance(done.exception, Caught) or done.exit_code == 0, done.output
        return self.seen[0], without_stages(done.stderr)

    def called(self, case: Case, path: Path, on: Callable[[Path], Any]) -> np.ndarray | str:
        """What `codes` of Python makes of the file, by an accelerator or a driver."""
        try:
            array = read_array(path, case.key)
            options = {"binarize_at": case.binarize_at, "real": case.real, "layout": case.layout}
            first = array[: case.frames] if array.ndim else array
            codes: np.ndarray = on(self.projects / case.network).codes(first, **options)
        except HwgenError as error:
            return str(error)
        return codes


@pytest.fixture(scope="module")
def projects(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("projects")
    for name, graph in NETWORKS.items():
        flow.compile(graph).write(folder / name)
    return folder


@pytest.fixture
def verbs(projects: Path, monkeypatch: pytest.MonkeyPatch) -> Verbs:
    found = Verbs(projects, [])

    def listened(run: Callable[..., Any]) -> Callable[..., Any]:
        def listening(graph: Graph, codes: Sequence[np.ndarray]) -> Any:
            found.seen.append(codes[0])
            return run(graph, codes)

        return listening

    def stopped(*_: object, frames: np.ndarray, **__: object) -> None:
        found.seen.append(frames)
        raise Caught

    for module, name in ((execute, "run_all"), (golden, "run_all"), (simulate, "trace")):
        monkeypatch.setattr(module, name, listened(getattr(module, name)))
    monkeypatch.setattr(flow, "bitstream", stopped)
    return found


VERBS = ("evaluate", "predict", "simulate", "bitstream")


@pytest.mark.parametrize("name", CASES)
def test_every_verb_reads_alike(verbs: Verbs, tmp_path: Path, name: str) -> None:
    case = CASES[name]
    path = case.write(tmp_path)
    for verb in VERBS:
        found, said = verbs.run(verb, case, path)
        if isinstance(case.expected, str):
            assert found == (case.expected if case.expected[0] != ":" else f"{path}{case.expected}"), verb
            continue
        assert isinstance(found, np.ndarray), (verb, found)
        shape = NETWORKS[case.network].input.type.shape
        assert np.array_equal(found.reshape(-1, *shape), case.expected.reshape(-1, *shape)), verb
        if case.warned is None:
            assert said == "", verb
        else:
            assert said.startswith(f"warning: {path}{case.warned}") and said.count("\n") == 1, (verb, said)


@pytest.mark.filterwarnings("ignore::hwgen.verify.vectors.DataWarning")
@pytest.mark.parametrize("name", CASES)
def test_python_reads_alike(verbs: Verbs, tmp_path: Path, name: str) -> None:
    case = CASES[name]
    path = case.write(tmp_path)
    for on, where in ((flow.open_project, "frames"), (hwgen.open_driver, "images")):
        found = verbs.called(case, path, on)
        if isinstance(case.expected, str):
            assert found in {case.expected, f"{path}{case.expected}", f"{where}{case.expected}"}
        else:
            assert isinstance(found, np.ndarray) and np.array_equal(found.ravel(), case.expected.ravel())


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_the_options(verb: str) -> None:
    said = CliRunner().invoke(app, [verb, "--help"], env={"COLUMNS": "200"}).output
    for option in ("--images", "--key", "--binarize-at", "--real", "--codes", "--layout"):
        assert option in said, option


@pytest.mark.parametrize(
    "words",
    [("--real",), ("--codes",), ("--key", "x"), ("--binarize-at", "3")],
    ids=lambda words: words[0],
)
def test_options_of_images_without_any(projects: Path, words: tuple[str, ...]) -> None:
    for verb in ("simulate", "bitstream"):
        more = ["--board", "icebreaker", "--verify", "1"] if verb == "bitstream" else ["--backend", "golden"]
        done = CliRunner().invoke(app, [verb, str(projects / "bytes"), *words, *more])
        assert str(done.exception) == f"{words[0]}: must come with --images; found none. Name a file, or leave it out."


LABELS: dict[str, tuple[np.ndarray, list[str], str | None]] = {
    "all": (np.array([0, 1, 1, 0]), [], None),
    "column": (np.array([[0], [1], [1], [0]], np.uint8), [], None),
    "of_all_for_some": (np.array([0, 1, 1, 7]), ["--frames", "2"], None),
    "of_some": (np.array([0, 1]), ["--frames", "2"], None),
    "more": (np.zeros(5, int), [], "must hold one label for each of 4 frames; found shape (5,)."),
    "fewer": (np.zeros(3, int), [], "must hold one label for each of 4 frames; found shape (3,)."),
    "more_for_some": (
        np.zeros(5, int),
        ["--frames", "2"],
        "must hold one label for each of 4 frames; found shape (5,).",
    ),
    "beyond": (
        np.array([0, 1, 2, 0]),
        [],
        "labels must be classes from 0 to 1; found 0 to 2. Check that they are this network's.",
    ),
    "negative": (
        np.array([0, 1, -1, 0]),
        [],
        "labels must be classes from 0 to 1; found -1 to 1. Check that they are this network's.",
    ),
    "one_hot": (
        np.eye(2, dtype=int)[[0, 1, 1, 0]],
        [],
        "must hold one label for each of 4 frames; found shape (4, 2). Give its class, numpy.argmax(labels, axis=1).",
    ),
    "fractions": (np.array([0.0, 1, 0.5, 0]), [], "labels must be integers; found float64."),
    "nan": (np.array([0.0, 1, np.nan, 0]), [], "labels must be integers; found float64."),
    "text": (np.array(["cat"] * 4), [], "values must be finite real numbers; found <U3. Check the file."),
}


@pytest.mark.parametrize("name", LABELS)
def test_labels(verbs: Verbs, tmp_path: Path, name: str) -> None:
    """Wrong ones are refused before anything is computed, and leave no record."""
    array, more, message = LABELS[name]
    np.save(tmp_path / "images.npy", BYTES)
    np.save(tmp_path / "labels.npy", array)
    files = ["--images", str(tmp_path / "images.npy"), "--labels", str(tmp_path / "labels.npy")]
    record = verbs.projects / "bytes" / "evaluate.json"
    record.unlink(missing_ok=True)
    done = CliRunner().invoke(app, ["evaluate", str(verbs.projects / "bytes"), *files, *more])
    if message is None:
        assert done.exit_code == 0 and record.is_file()
    else:
        assert str(done.exception) == f"{tmp_path / 'labels.npy'}: {message}"
        assert not verbs.seen and not record.exists()


def test_the_key_of_labels(verbs: Verbs, tmp_path: Path) -> None:
    """Images and labels in one file."""
    path = tmp_path / "both.npz"
    np.savez(path, x=BYTES, y=np.array([0, 1, 1, 0]))
    words = ["evaluate", str(verbs.projects / "bytes"), "--images", str(path), "--labels", str(path), "--key", "x"]
    assert CliRunner().invoke(app, [*words, "--label-key", "y"]).exit_code == 0
    said = str(CliRunner().invoke(app, words).exception)
    assert said == f"{path}: must be read with --label-key, one of x, y; found no key."
