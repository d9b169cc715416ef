"""Images to train on: scikit-learn's digits, or the real MNIST in a folder of its four IDX files."""

from pathlib import Path

import numpy as np

from hwgen.errors import DataError
from hwgen.verify.vectors import read_array

TEST_DIGITS = 540


def digits():
    """(training images, test images, training labels, test labels); images are bytes of 0 to 16, (N, 8, 8)."""
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    data = load_digits()
    return train_test_split(data.images.astype(np.uint8), data.target, test_size=TEST_DIGITS, random_state=0)


def mnist(folder):
    """The same of MNIST, or of its first images; bytes of 0 to 255, (N, 28, 28). Raises: DataError."""
    train_images, train_labels = (_only(folder, f"train*-{kind}-ubyte*") for kind in ("images-idx3", "labels-idx1"))
    images, labels = (_only(folder, f"t10k-{kind}-ubyte*") for kind in ("images-idx3", "labels-idx1"))
    return train_images, images, train_labels.astype(np.int64), labels.astype(np.int64)


def _only(folder, pattern):
    found = sorted(Path(folder).glob(pattern))
    if not found:
        raise DataError(str(folder), f"must hold {pattern}", "no such file", "Point at the folder of MNIST's IDX files")
    return read_array(found[0])
