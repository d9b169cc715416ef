"""Images and labels as the verbs read them."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hwgen.cli.common import LayoutName, Texts, by_input, warn
from hwgen.errors import ConfigError

if TYPE_CHECKING:
    from hwgen.ir.graph import Graph
    from hwgen.ir.types import IntArray
    from hwgen.verify.vectors import Frames, Receiver

RANDOM = 16
"""Frames where neither images nor a number is given."""


@dataclass(frozen=True)
class Given:
    """The frames to run.

    Attributes:
        codes: of the only input, or a tuple of those of each.
        frames: how many they are, and
        available: how many there are to choose from.
    """

    codes: Any
    frames: int
    available: int


def read_codes(
    inputs: Sequence[Receiver],
    images: Texts,
    frames: int | None,
    key: Texts,
    binarize_at: float | None,
    real: bool | None,
    layout: LayoutName,
    seed: int = 0,
) -> Given:
    """The frames to run, from files or random. Raises: ConfigError, DataError.

    Warnings are printed, a line each.
    """
    from hwgen.verify.arrays import read_frames
    from hwgen.verify.vectors import as_codes, random_frames, require_equal

    if not images:
        _require_images(key=key or None, binarize_at=binarize_at, real=real)
        count = frames or RANDOM
        return _given(random_frames(inputs, count, seed), count)
    files, keys = _of_each("--images", inputs, images), _of_each("--key", inputs, key)
    stored = [read_frames(Path(str(file)), name, frames) for file, name in zip(files, keys, strict=True)]
    with _warned():
        codes = tuple(
            as_codes(port, each.array, str(file), binarize_at=binarize_at, real=real, layout=layout)
            for port, each, file in zip(inputs, stored, files, strict=True)
        )
    require_equal(inputs, codes, "--images")
    return _given(codes, min(each.frames for each in stored))


def _given(codes: Frames, available: int) -> Given:
    return Given(codes[0] if len(codes) == 1 else codes, len(codes[0]), available)


def _of_each(option: str, inputs: Sequence[Receiver], given: Texts) -> list[str | None]:
    """What an option says of each input. Raises: ConfigError."""
    names = [each.name for each in inputs]
    if len(names) == 1 and given is not None and len(given) == 1:
        return [given[0]]
    found = by_input(option, given)
    if found is None or (isinstance(found, str) and option == "--key"):
        return [found for _ in names]
    if isinstance(found, str) or found.keys() != set(names):
        must = f"must name {'the input' if len(names) == 1 else 'each of the inputs'} {', '.join(names)}"
        told = repr(found) if isinstance(found, str) else ", ".join(found)
        raise ConfigError(option, must, told, f"Say {' '.join(f'{option} {name}=...' for name in names)}")
    return [found[name] for name in names]


def read_labels(graph: Graph, labels: Path, key: str | None, given: Given, output: str | None) -> IntArray:
    """The classes of the frames that were `given`, by an output. Raises: DataError."""
    from hwgen.verify.arrays import read_frames
    from hwgen.verify.evaluate import labels_of

    array = read_frames(labels, key, option="--label-key").array
    return labels_of(graph, array, str(labels), given.frames, given.available, output)


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
