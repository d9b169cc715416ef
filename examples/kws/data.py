"""Features of spoken words: from an .npz file, or generated ones where there is none."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from network import CLASSES, COEFFICIENTS, FRAMES

from hwgen.errors import DataError

FRAME = (COEFFICIENTS, FRAMES)


def read(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Features `x_int8` (N, 10, 49) and classes `y` (N,) of 0 to 11. Raises: DataError."""
    where = str(path)
    try:
        with np.load(path, allow_pickle=False) as stored:
            features, labels = stored["x_int8"], stored["y"]
    except Exception as error:  # numpy raises whatever a damaged file leads it to
        must = "must be an .npz file of x_int8 and y"
        raise DataError(where, must, f"{type(error).__name__}: {error}", "Check --data") from error
    if features.dtype != np.int8 or features.shape[1:] != FRAME or not len(features):
        raise DataError(where, f"x_int8 must hold int8 of shape (N, {COEFFICIENTS}, {FRAMES})", _of(features))
    if labels.dtype.kind not in "iu" or labels.shape != features.shape[:1] or not _classes(labels):
        raise DataError(where, f"y must hold a class of 0 to {CLASSES - 1} for each of {len(features)}", _of(labels))
    return features, labels.astype(np.int64)


def _of(array: np.ndarray) -> str:
    span = f", {array.min()} to {array.max()}" if array.size else ""
    return f"{array.dtype} of shape {array.shape}{span}"


def _classes(labels: np.ndarray) -> bool:
    return bool(((labels >= 0) & (labels < CLASSES)).all())


def generated(count: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """As `read`, of `count` made-up words: a smooth pattern for each class, shifted in time, under noise."""
    rng = np.random.default_rng(seed)
    rough = rng.normal(size=(CLASSES, COEFFICIENTS, FRAMES + 10))
    smooth = np.apply_along_axis(np.convolve, 2, rough, np.ones(7) / 7, "same")
    labels = rng.integers(CLASSES, size=count)
    starts = rng.integers(11, size=count)
    frames = np.stack([smooth[y, :, start : start + FRAMES] for y, start in zip(labels, starts, strict=True)])
    noisy = 16 * frames + rng.normal(scale=25, size=frames.shape)
    return np.clip(np.rint(noisy), -128, 127).astype(np.int8), labels


def split(features: np.ndarray, labels: np.ndarray, seed: int = 0) -> tuple[np.ndarray, ...]:
    """(train features, train labels, test features, test labels): a fifth is left out to test with."""
    order = np.random.default_rng(seed).permutation(len(features))
    test, training = np.split(order, [max(1, len(order) // 5)])
    return features[training], labels[training], features[test], labels[test]
