"""Images to train on: scikit-learn's digits, or the real MNIST in a folder of its four IDX files."""

import numpy as np

from hwgen.zoo import load_dataset

TEST_DIGITS = 540


def digits():
    """(training images, test images, training labels, test labels); images are bytes of 0 to 16, (N, 8, 8)."""
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    data = load_digits()
    return train_test_split(data.images.astype(np.uint8), data.target, test_size=TEST_DIGITS, random_state=0)


def mnist(folder):
    """The same of MNIST, or of its first images; bytes of 0 to 255, (N, 28, 28). Raises: DataError."""
    data = load_dataset("mnist", folder)
    return data.images[..., 0], data.test_images[..., 0], data.labels, data.test_labels
