"""Features of particle jets: from an .npz file, or generated ones where there is none."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from network import CLASSES, FEATURES, INPUT_SCALE

from hwgen.errors import DataError


def read(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Standardised features `x` (N, 16) and classes `y` (N,) of 0 to 4. Raises: DataError."""
    where = str(path)
    try:
        with np.load(path, allow_pickle=False) as stored:
            features, labels = stored["x"], stored["y"]
    except Exception as error:  # numpy raises whatever a damaged file leads it to
        raise DataError(
            where, "must be an .npz file of x and y", f"{type(error).__name__}: {error}", "Check --data"
        ) from error
    if features.dtype.kind != "f" or features.shape[1:] != (FEATURES,) or not len(features):
        raise DataError(where, f"x must hold real numbers of shape (N, {FEATURES})", _of(features))
    if not np.isfinite(features).all():
        raise DataError(where, "x must be finite", "others")
    if labels.dtype.kind not in "iu" or labels.shape != features.shape[:1] or not _classes(labels):
        raise DataError(where, f"y must hold a class of 0 to {CLASSES - 1} for each of {len(features)}", _of(labels))
    return features, labels.astype(np.int64)


def _of(array: np.ndarray) -> str:
    span = f", {array.min()} to {array.max()}" if array.size else ""
    return f"{array.dtype} of shape {array.shape}{span}"


def _classes(labels: np.ndarray) -> bool:
    return bool(((labels >= 0) & (labels < CLASSES)).all())


def generated(count: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """As `read`, of `count` made-up jets: a Gaussian cloud for each class, standardised."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(scale=0.7, size=(CLASSES, FEATURES))
    spreads = rng.normal(size=(CLASSES, FEATURES, FEATURES)) / FEATURES**0.5
    labels = rng.integers(CLASSES, size=count)
    features = centres[labels] + np.einsum("nij,nj->ni", spreads[labels], rng.normal(size=(count, FEATURES)))
    return (features - features.mean(axis=0)) / features.std(axis=0), labels


def codes(features: np.ndarray) -> np.ndarray:
    """The int8 codes that the hardware receives of standardised features: the nearest, clipped."""
    return np.clip(np.rint(features / INPUT_SCALE), -128, 127).astype(np.int8)


def split(features: np.ndarray, labels: np.ndarray, seed: int = 0) -> tuple[np.ndarray, ...]:
    """(train features, train labels, test features, test labels): a fifth is left out to test with."""
    order = np.random.default_rng(seed).permutation(len(features))
    test, training = np.split(order, [max(1, len(order) // 5)])
    return features[training], labels[training], features[test], labels[test]
