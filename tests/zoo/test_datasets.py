"""Images that the zoo reads: what they look like, and one sentence for every damaged file."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path

import numpy as np
import pytest

from hwgen.errors import ConfigError, DataError
from hwgen.zoo.datasets import CIFAR_RECORD, KINDS, Dataset, cifar10, coloured_digits, load_dataset


def idx(array: np.ndarray) -> bytes:
    """Bytes as an IDX file."""
    return struct.pack(f">4B{array.ndim}I", 0, 0, 8, array.ndim, *array.shape) + array.tobytes()


def write_mnist(folder: Path, training: str = "train", frames: int = 7, packed: bool = False) -> None:
    """Four IDX files of random images, the test files' one image shorter."""
    rng = np.random.default_rng(0)
    for start, count in ((training, frames), ("t10k", frames - 1)):
        images, labels = rng.integers(0, 256, (count, 28, 28), np.uint8), rng.integers(0, 10, count, np.uint8)
        for name, array in ((f"{start}-images-idx3-ubyte", images), (f"{start}-labels-idx1-ubyte", labels)):
            data = idx(array)
            (folder / f"{name}{'.gz' if packed else ''}").write_bytes(gzip.compress(data) if packed else data)


def write_cifar(folder: Path, names: tuple[str, ...], frames: int) -> None:
    """Files of random records: a class, then 3 x 32 x 32 bytes."""
    rng = np.random.default_rng(0)
    for name in names:
        records = rng.integers(0, 256, (frames, CIFAR_RECORD), dtype=np.uint8)
        records[:, 0] %= 10
        (folder / name).write_bytes(records.tobytes())


def require_whole(data: Dataset) -> None:
    for images, labels in ((data.images, data.labels), (data.test_images, data.test_labels)):
        assert images.dtype == np.uint8 and labels.dtype == np.int64
        assert images.shape == (len(labels), *data.kind.shape)
        assert images.max() <= data.kind.peak and labels.min() >= 0 and labels.max() <= 9


def test_digits_are_always_there_and_always_the_same() -> None:
    data, again = load_dataset(), load_dataset("digits")
    require_whole(data)
    assert (len(data.images), len(data.test_images)) == (1257, 540)
    assert data.images.max() == 16
    assert np.array_equal(data.test_images, again.test_images)
    frames = {image.tobytes() for image in data.images}
    assert not any(image.tobytes() in frames for image in data.test_images[:100])
    assert set(data.test_labels) == set(range(10))


def test_generated_images_are_the_same_for_the_same_seed() -> None:
    require_whole(load_dataset("coloured-digits"))
    first, again, other = (coloured_digits(40, seed) for seed in (1, 1, 2))
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert not np.array_equal(first[0], other[0])
    assert first[0].shape == (40, 32, 32, 3) and first[2].shape == (10, 32, 32, 3)


@pytest.mark.parametrize("training", ["train", "train10k"])
@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
def test_mnist(tmp_path: Path, training: str, packed: bool) -> None:
    write_mnist(tmp_path, training, packed=packed)
    data = load_dataset("mnist", tmp_path)
    require_whole(data)
    assert (len(data.images), len(data.test_images)) == (7, 6)
    expected = np.random.default_rng(0).integers(0, 256, (7, 28, 28), np.uint8)
    assert np.array_equal(data.images[..., 0], expected)


def test_records_are_read_as_cifar_stores_them(tmp_path: Path) -> None:
    write_cifar(tmp_path, ("data_batch_1.bin", "data_batch_3.bin", "test_batch.bin"), frames=2)
    data = load_dataset("cifar10", tmp_path)
    require_whole(data)
    raw = (tmp_path / "data_batch_3.bin").read_bytes()[CIFAR_RECORD:]
    assert len(data.images) == 4
    assert data.labels[3] == raw[0]
    assert data.images[3, 5, 7, 2] == raw[1 + 2 * 1024 + 5 * 32 + 7]


CIFAR = "Point --data at the unpacked cifar-10-batches-bin."


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("imagenet", "dataset: must be one of digits, coloured-digits, mnist, cifar10; found 'imagenet'."),
        ("mnist", "dataset mnist: must come from a folder; found none. Point --data at MNIST's IDX files."),
        ("cifar10", f"dataset cifar10: must come from a folder; found none. {CIFAR}"),
    ],
)
def test_a_dataset_that_is_not_there(name: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_dataset(name)
    assert str(caught.value) == message


IMAGES, LABELS = "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"
NO_TRAINING = ": must hold train-images-idx3-ubyte, train10k-images-idx3-ubyte or either with .gz; found "
POINT, AGAIN = "Point --data at MNIST's IDX files.", "Download it again."
PRESENT = f"{IMAGES}, train-images-idx3-ubyte, train-labels-idx1-ubyte"


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({}, f"{NO_TRAINING}an empty folder. {POINT}"),
        ({f"train-{n}": b"" for n in "abcde"}, f"{NO_TRAINING}train-a, train-b, train-c, train-d and others. {POINT}"),
        (
            {IMAGES: idx(np.zeros((6, 27, 28), np.uint8))},
            f"/{IMAGES}: must hold bytes of 28x28 images; found uint8 of shape (6, 27, 28). {AGAIN}",
        ),
        (
            {LABELS: idx(np.zeros(5, np.uint8))},
            f"/{LABELS}: must hold a class below 10 for each of 6 images; found shape (5,). {AGAIN}",
        ),
        (
            {LABELS: idx(np.zeros(5, np.uint8))[:-1]},
            f"/{LABELS}: must hold 5 bytes of data for shape (5,); found 4 bytes. {AGAIN}",
        ),
        ({LABELS: None}, f": must hold {LABELS} or {LABELS}.gz; found {PRESENT}. Download it."),
    ],
)
def test_a_bad_mnist_folder_is_one_error(tmp_path: Path, files: dict[str, bytes | None], message: str) -> None:
    if set(files) & {IMAGES, LABELS}:
        write_mnist(tmp_path)
    for name, data in files.items():
        if data is None:
            (tmp_path / name).unlink()
        else:
            (tmp_path / name).write_bytes(data)
    with pytest.raises(DataError) as caught:
        load_dataset("mnist", tmp_path)
    assert str(caught.value) == f"{tmp_path}{message}"


def test_no_folder_at_all(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        cifar10(tmp_path / "none")
    assert str(caught.value) == f"{tmp_path / 'none'}: must hold data_batch_1.bin; found no such folder. {CIFAR}"


def test_what_the_hardware_receives() -> None:
    assert KINDS["digits"].hardware_input == {"input_type": "uint8", "input_scale": 1 / 16}
    assert KINDS["cifar10"].example_shape == (1, 3, 32, 32)
