"""Images and labels as the verbs read them."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from hwgen.cli.common import LayoutName, warn
from hwgen.errors import ConfigError

if TYPE_CHECKING:
    from hwgen.golden.matmul import Codes
    from hwgen.ir.graph import Graph
    from hwgen.ir.types import IntArray
    from hwgen.verify.vectors import Receiver

RANDOM = 16
"""Frames where neither images nor a number is given."""


def read_codes(
    receiver: Receiver,
    images: Path | None,
    frames: int | None,
    key: str | None,
    binarize_at: float | None,
    real: bool | None,
    layout: LayoutName,
    seed: int = 0,
) -> tuple[Codes, int]:
    """The frames to run, from a file or random, and how many there are to choose from. Raises: ConfigError, DataError.

    Warnings are printed, a line each.
    """
    from hwgen.verify.arrays import read_frames
    from hwgen.verify.vectors import as_codes, random_codes

    if images is None:
        _require_images(key=key, binarize_at=binarize_at, real=real)
        count = frames or RANDOM
        return random_codes(receiver, count, seed), count
    stored = read_frames(images, key, frames)
    with _warned():
        codes = as_codes(receiver, stored.array, str(images), binarize_at=binarize_at, real=real, layout=layout)
    return codes, stored.frames


def read_labels(graph: Graph, labels: Path, key: str | None, frames: int, images: int) -> IntArray:
    """The classes of the first `frames` of `images` images. Raises: DataError."""
    from hwgen.verify.arrays import read_frames
    from hwgen.verify.evaluate import labels_of

    return labels_of(graph, read_frames(labels, key, option="--label-key").array, str(labels), frames, images)


def _require_images(**given: object) -> None:
    """Options that say how to read images must not be `given` without any. Raises: ConfigError."""
    for name, value in given.items():
        if value is not None:
            option = "--codes" if value is False else f"--{name.replace('_', '-')}"
            raise ConfigError(option, "must come with --images", "none", "Name a file, or leave it out")


@contextmanager
def _warned() -> Iterator[None]:
    """Prints warnings about images, a line each, on standard error."""
    from hwgen.verify.vectors import DataWarning

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("ignore")
        warnings.simplefilter("always", DataWarning)
        yield
    warn(str(each.message) for each in caught)
