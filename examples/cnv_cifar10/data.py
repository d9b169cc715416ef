"""Small colour images: CIFAR-10's binary files, or digits in random colours where there are none."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from networks import CLASSES, COLOURS, SIDE
from sklearn.datasets import load_digits

from hwgen.errors import DataError

RECORD = 1 + COLOURS * SIDE * SIDE
"""Bytes of a CIFAR-10 record: its class, then the red, the green and the blue pixels, each row by row."""

TRAINING_FILES = tuple(f"data_batch_{number}.bin" for number in range(1, 6))
TEST_FILE = "test_batch.bin"
_TEST_DIGITS = 297


def cifar10(folder: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """(train images, train labels, test images, test labels) of a folder of CIFAR-10's binary version.

    Images are bytes (N, 3, 32, 32). As many of the five training files are read as there are.

    Raises:
        DataError: no training file, no test file, or one that is not whole records.
    """
    present = [folder / name for name in TRAINING_FILES if (folder / name).is_file()]
    if not present:
        change = "Point --data at the unpacked cifar-10-batches-bin"
        raise DataError(str(folder), f"must hold {TRAINING_FILES[0]}", "no such file", change)
    batches = [_records(path) for path in present]
    images, labels = (np.concatenate(parts) for parts in zip(*batches, strict=True))
    return images, labels, *_records(folder / TEST_FILE)


def _records(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Images and labels of one file. Raises: DataError."""
    try:
        data = np.frombuffer(path.read_bytes(), np.uint8)
    except OSError as error:
        raise DataError(str(path), "must be a readable file", error.strerror, "Check --data") from error
    if not data.size or data.size % RECORD:
        raise DataError(str(path), f"must hold records of {RECORD} bytes", f"{data.size} bytes", "Download it again")
    records = data.reshape(-1, RECORD)
    if records[:, 0].max() >= CLASSES:
        found = f"class {records[:, 0].max()}"
        raise DataError(str(path), f"every record must start with a class below {CLASSES}", found, "Download it again")
    return records[:, 1:].reshape(-1, COLOURS, SIDE, SIDE), records[:, 0].astype(np.int64)


def coloured_digits(count: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """As `cifar10`, of generated images: `count` to train with, a quarter as many to test with.

    Each is one of scikit-learn's 8x8 digits three times as large, somewhere in the image, in a random light colour
    on a random dark one. No digit of the training images is among those of the test images.
    """
    digits, labels = load_digits(return_X_y=True)
    rng = np.random.default_rng(seed)
    split = len(digits) - _TEST_DIGITS
    training = _coloured(digits[:split], labels[:split], count, rng)
    return *training, *_coloured(digits[split:], labels[split:], max(1, count // 4), rng)


def _coloured(digits: np.ndarray, labels: np.ndarray, count: int, rng: np.random.Generator) -> tuple:
    chosen = rng.integers(len(digits), size=count)
    large = np.kron(digits[chosen].reshape(-1, 8, 8) / 16, np.ones((1, 3, 3)))
    images = np.empty((count, COLOURS, SIDE, SIDE), np.uint8)
    for image, digit in zip(images, large, strict=True):
        shape = np.zeros((SIDE, SIDE))
        top, left = rng.integers(SIDE - len(digit) + 1, size=2)
        shape[top : top + len(digit), left : left + len(digit)] = digit
        dark, light = rng.integers(0, 100, (COLOURS, 1, 1)), rng.integers(150, 256, (COLOURS, 1, 1))
        image[:] = dark + (light - dark) * shape
    return images, labels[chosen].astype(np.int64)
