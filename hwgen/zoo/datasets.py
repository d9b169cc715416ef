"""Labelled images: scikit-learn's digits, which are always there; MNIST and CIFAR-10 in a folder the user points at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from hwgen.errors import ConfigError, DataError, ToolError
from hwgen.verify.arrays import read_array

Bytes = npt.NDArray[np.uint8]
Labels = npt.NDArray[np.int64]
Parts = tuple[Bytes, Labels, Bytes, Labels]
"""Training images and labels, test images and labels."""

TEST_DIGITS = 540
CIFAR_RECORD = 1 + 3 * 32 * 32
"""Bytes of a CIFAR-10 record: its class, then the red, the green and the blue pixels, each row by row."""

CIFAR_TRAINING = tuple(f"data_batch_{number}.bin" for number in range(1, 6))
CIFAR_TEST = "test_batch.bin"
_COLOURED_TEST_DIGITS = 297
_MNIST_TRAINING = ("train", "train10k")
"""How the names of the training files start: of all 60,000 images, or of the first 10,000."""


@dataclass(frozen=True)
class Kind:
    """A set of images that hwgen can read: what one image is, and where it comes from.

    Attributes:
        shape: height, width and channels of an image.
        peak: the largest pixel, which stands for 1.
        in_folder: its files lie in a folder that the user gives.
    """

    name: str
    shape: tuple[int, int, int]
    peak: int
    in_folder: bool

    @property
    def hardware_input(self) -> dict[str, Any]:
        """What the hardware receives, as options of `hwgen.load`: a pixel's byte u stands for u / peak."""
        return {"input_type": "uint8", "input_scale": 1 / self.peak}

    @property
    def example_shape(self) -> tuple[int, int, int, int]:
        """One image as PyTorch takes it, channels first."""
        height, width, channels = self.shape
        return (1, channels, height, width)


DIGITS = Kind("digits", (8, 8, 1), 16, in_folder=False)
COLOURED_DIGITS = Kind("coloured-digits", (32, 32, 3), 255, in_folder=False)
MNIST = Kind("mnist", (28, 28, 1), 255, in_folder=True)
CIFAR10 = Kind("cifar10", (32, 32, 3), 255, in_folder=True)
KINDS = {kind.name: kind for kind in (DIGITS, COLOURED_DIGITS, MNIST, CIFAR10)}


@dataclass(frozen=True)
class Dataset:
    """Images (N, height, width, channels) in bytes and their classes (N,), to train with and to test with."""

    kind: Kind
    images: Bytes
    labels: Labels
    test_images: Bytes
    test_labels: Labels


def load_dataset(name: str = "digits", folder: Path | None = None) -> Dataset:
    """The images called `name`, one of `KINDS`; those of MNIST and CIFAR-10 from their files in `folder`.

    Raises:
        ConfigError: an unknown name, or no folder where one is needed.
        DataError: a file is missing or not what its name says.
        ToolError: scikit-learn is missing.
    """
    if name not in KINDS:
        raise ConfigError("dataset", f"must be one of {', '.join(KINDS)}", repr(name))
    kind = KINDS[name]
    if not kind.in_folder:
        return Dataset(kind, *_GENERATED[name]())
    if folder is None:
        raise ConfigError(f"dataset {name}", "must come from a folder", "none", f"Point --data at {_CONTENTS[name]}")
    return Dataset(kind, *_READERS[name](folder))


def _sklearn_digits() -> tuple[Bytes, Labels]:
    """The 1,797 digits (N, 8, 8) of scikit-learn in their order, pixels 0 to 16. Raises: ToolError."""
    try:
        from sklearn.datasets import load_digits
    except ImportError as error:
        must = "must be installed: it has the digits"
        raise ToolError("scikit-learn", must, "", "pip install 'hwgen[train]'") from error
    found = load_digits()
    return found.images.astype(np.uint8), found.target.astype(np.int64)


def digits() -> Parts:
    """Scikit-learn's 8x8 digits, 540 of them, drawn at random but always the same, to test with. Raises: ToolError."""
    images, labels = _sklearn_digits()
    order = np.random.default_rng(0).permutation(len(images))
    train, test = order[TEST_DIGITS:], order[:TEST_DIGITS]
    return images[train, :, :, None], labels[train], images[test, :, :, None], labels[test]


def coloured_digits(count: int = 4000, seed: int = 0) -> Parts:
    """Generated 32x32 colour images: `count` to train with, a quarter as many to test with.

    Each is one of scikit-learn's digits three times as large, somewhere in the image, in a random light colour on a
    random dark one. No digit of the training images is among those of the test images. Raises: ToolError.
    """
    shapes, labels = _sklearn_digits()
    rng = np.random.default_rng(seed)
    split = len(shapes) - _COLOURED_TEST_DIGITS
    training = _coloured(shapes[:split], labels[:split], count, rng)
    return *training, *_coloured(shapes[split:], labels[split:], max(1, count // 4), rng)


def _coloured(shapes: Bytes, labels: Labels, count: int, rng: np.random.Generator) -> tuple[Bytes, Labels]:
    side, channels = COLOURED_DIGITS.shape[0], COLOURED_DIGITS.shape[2]
    chosen = rng.integers(len(shapes), size=count)
    large = np.kron(shapes[chosen] / DIGITS.peak, np.ones((1, 3, 3)))
    images = np.empty((count, *COLOURED_DIGITS.shape), np.uint8)
    for image, digit in zip(images, large, strict=True):
        ink = np.zeros((side, side, 1))
        top, left = rng.integers(side - len(digit) + 1, size=2)
        ink[top : top + len(digit), left : left + len(digit), 0] = digit
        dark, light = rng.integers(0, 100, channels), rng.integers(150, 256, channels)
        image[:] = dark + (light - dark) * ink
    return images, labels[chosen]


def mnist(folder: Path) -> Parts:
    """MNIST from its four IDX files, packed by gzip or not; the first 10,000 training images where not all are there.

    Raises:
        DataError: a file is missing, damaged, or holds something else.
    """
    start = next((name for name in _MNIST_TRAINING if _idx(folder, f"{name}-images-idx3-ubyte")), None)
    if start is None:
        must = "must hold train-images-idx3-ubyte, train10k-images-idx3-ubyte or either with .gz"
        raise DataError(str(folder), must, _listed(folder), "Point --data at MNIST's IDX files")
    return *_mnist_pair(folder, start), *_mnist_pair(folder, "t10k")


def _idx(folder: Path, name: str) -> Path | None:
    return next((path for path in (folder / name, folder / f"{name}.gz") if path.is_file()), None)


def _listed(folder: Path) -> str:
    """What a folder holds, for a message."""
    if not folder.is_dir():
        return "no such folder"
    names = sorted(path.name for path in folder.iterdir())
    return f"{', '.join(names[:4])}{' and others' if len(names) > 4 else ''}" if names else "an empty folder"


def _mnist_pair(folder: Path, start: str) -> tuple[Bytes, Labels]:
    """Images and labels whose files' names start with `start`. Raises: DataError."""
    found = []
    for name in (f"{start}-images-idx3-ubyte", f"{start}-labels-idx1-ubyte"):
        path = _idx(folder, name)
        if path is None:
            raise DataError(str(folder), f"must hold {name} or {name}.gz", _listed(folder), "Download it")
        found.append((path, read_array(path)))
    (pixels, images), (classes, labels) = found
    if images.dtype != np.uint8 or images.shape[1:] != MNIST.shape[:2]:
        must, what = "must hold bytes of 28x28 images", f"{images.dtype} of shape {images.shape}"
        raise DataError(str(pixels), must, what, "Download it again")
    if labels.dtype != np.uint8 or labels.shape != images.shape[:1] or labels.max() > 9:
        must, what = f"must hold a class below 10 for each of {len(images)} images", f"shape {labels.shape}"
        raise DataError(str(classes), must, what, "Download it again")
    return images[..., None], labels.astype(np.int64)


def cifar10(folder: Path) -> Parts:
    """CIFAR-10 from its unpacked binary version; as many of the five training files as there are.

    Raises:
        DataError: no training file, no test file, or one that is not whole records.
    """
    present = [folder / name for name in CIFAR_TRAINING if (folder / name).is_file()]
    if not present:
        change = "Point --data at the unpacked cifar-10-batches-bin"
        raise DataError(str(folder), f"must hold {CIFAR_TRAINING[0]}", _listed(folder), change)
    batches = [_cifar_records(path) for path in present]
    images, labels = (np.concatenate(parts) for parts in zip(*batches, strict=True))
    return images, labels, *_cifar_records(folder / CIFAR_TEST)


def _cifar_records(path: Path) -> tuple[Bytes, Labels]:
    """Images and labels of one file. Raises: DataError."""
    try:
        data = np.frombuffer(path.read_bytes(), np.uint8)
    except OSError as error:
        raise DataError(str(path), "must be a readable file", str(error.strerror), "Check --data") from error
    if not data.size or data.size % CIFAR_RECORD:
        must = f"must hold records of {CIFAR_RECORD} bytes"
        raise DataError(str(path), must, f"{data.size} bytes", "Download it again")
    records = data.reshape(-1, CIFAR_RECORD)
    if records[:, 0].max() > 9:
        must = "every record must start with a class below 10"
        raise DataError(str(path), must, f"class {records[:, 0].max()}", "Download it again")
    images = np.moveaxis(records[:, 1:].reshape(-1, 3, 32, 32), 1, -1)
    return np.ascontiguousarray(images), records[:, 0].astype(np.int64)


_GENERATED: dict[str, Callable[[], Parts]] = {"digits": digits, "coloured-digits": coloured_digits}
_READERS: dict[str, Callable[[Path], Parts]] = {"mnist": mnist, "cifar10": cifar10}
_CONTENTS = {"mnist": "MNIST's IDX files", "cifar10": "the unpacked cifar-10-batches-bin"}
