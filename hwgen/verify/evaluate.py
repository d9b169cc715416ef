"""Accuracy: the class a network gives to each image against its label."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from hwgen.errors import ConfigError, DataError
from hwgen.golden.matmul import Codes
from hwgen.ir.graph import Graph, Output
from hwgen.ir.types import IntArray


@dataclass(frozen=True)
class Accuracy:
    """Images whose class is their label; `output` names the output that says so where a network has several."""

    backend: str
    frames: int
    correct: int
    output: str | None = None

    @property
    def accuracy(self) -> float:
        return self.correct / self.frames

    def to_json(self) -> dict[str, Any]:
        """The report as plain JSON values."""
        return {
            "backend": self.backend,
            "frames": self.frames,
            "correct": self.correct,
            "accuracy": self.accuracy,
            **({} if self.output is None else {"output": self.output}),
        }


def output_called(graph: Graph, name: str | None) -> Output:
    """The output called `name`, or the only one for None. Raises: ConfigError."""
    names = [each.name for each in graph.outputs]
    if name is None and len(names) == 1:
        return graph.outputs[0]
    if name not in names:
        must, found = f"must name one of the outputs {', '.join(names)}", "none" if name is None else repr(name)
        raise ConfigError("output", must, found)
    return graph.outputs[names.index(name)]


def classes(graph: Graph, outputs: Codes, output: str | None = None) -> IntArray:
    """The class (N,) of each frame from codes (N, elements) of an output, see `hwgen.ir.graph.Reading.classes`."""
    return graph.reading_of(output_called(graph, output)).classes(outputs)


def accuracy(
    graph: Graph, backend: str, outputs: Codes, labels: npt.NDArray[Any], where: str, output: str | None = None
) -> Accuracy:
    """Compare classes by codes of an output with `labels` (N,), one for each of N frames. For errors see `labels_of`.

    Args:
        output: its name; None for the only one.
    """
    frames = outputs.shape[0]
    truth = labels_of(graph, labels, where, frames, frames, output)
    return Accuracy(backend, frames, int((classes(graph, outputs, output) == truth).sum()), output)


def labels_of(
    graph: Graph, labels: npt.NDArray[Any], where: str, frames: int, images: int, output: str | None = None
) -> IntArray:
    """The class (frames,) of each of the first `frames` of `images` images.

    `labels` are integers, (N,) or (N, 1), with N all images or as many as are used: classes from 0 on, or for a single
    output 0 and 1, or -1 and +1.

    Raises:
        DataError: another number of labels, labels that are not one integer a frame, or no classes of the network.
    """
    if not labels.size or labels.ndim == 0 or not len(labels) == labels.size in (frames, images):
        one_hot = labels.ndim == 2 and _one_hot(labels[:images])
        change = "Give its class, numpy.argmax(labels, axis=1)" if one_hot else ""
        raise DataError(where, f"must hold one label for each of {images} frames", f"shape {labels.shape}", change)
    if labels.dtype.kind not in "iub":
        raise DataError(where, "labels must be integers", str(labels.dtype))
    used: npt.NDArray[Any] = labels.reshape(-1)[:frames]
    low, high, count = int(used.min()), int(used.max()), class_count(graph, output)
    if count == 1 and output_called(graph, output).ranking is None:
        if low < -1 or high > 1 or (low == -1 and np.any(used == 0)):
            raise _no_classes(where, "0 and 1, or -1 and +1, where a single score leaves the network", low, high)
        return np.asarray(np.maximum(used, 0), dtype=np.int64)
    if low < 0 or high >= count:
        raise _no_classes(where, f"classes from 0 to {count - 1}", low, high)
    return np.asarray(used, dtype=np.int64)


def class_count(graph: Graph, output: str | None = None) -> int:
    """The classes that an output tells apart; 1 for a single score."""
    end = output_called(graph, output)
    ranked = graph.producers[end.value.name].inputs[0] if graph.reading_of(end).ranked else end.value
    return ranked.type.elements


def _one_hot(labels: npt.NDArray[Any]) -> bool:
    """Whether each row of `labels` (N, C) has a single 1 among zeros."""
    numbers = labels.dtype.kind in "iubf" and labels.size > 0
    return numbers and bool(np.all((labels == 0) | (labels == 1)) and np.all(labels.sum(axis=1) == 1))


def _no_classes(where: str, must: str, low: int, high: int) -> DataError:
    return DataError(where, f"labels must be {must}", f"{low} to {high}", "Check that they are this network's")
