"""Accuracy: the class a network gives to each image against its label."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from hwgen.errors import DataError
from hwgen.golden.matmul import Codes
from hwgen.ir.graph import Graph
from hwgen.ir.types import IntArray


@dataclass(frozen=True)
class Accuracy:
    """Images whose class is their label."""

    backend: str
    frames: int
    correct: int

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
        }


def classes(graph: Graph, outputs: Codes) -> IntArray:
    """The class (N,) of each frame from output codes (N, elements), see `hwgen.ir.graph.Reading.classes`."""
    return graph.reading.classes(outputs)


def accuracy(graph: Graph, backend: str, outputs: Codes, labels: npt.NDArray[Any], where: str) -> Accuracy:
    """Compare classes with `labels` (N,).

    Raises:
        DataError: another number of labels than frames, or labels that are not one integer a frame.
    """
    frames = outputs.shape[0]
    flat = labels.reshape(-1)
    if flat.size < frames or labels.ndim == 0 or flat.size != labels.shape[0]:
        raise DataError(where, f"must hold one label for each of {frames} frames", f"shape {labels.shape}")
    if flat.dtype.kind not in "iub":
        raise DataError(where, "labels must be integers", str(flat.dtype))
    correct = int((classes(graph, outputs) == np.maximum(flat[:frames].astype(np.int64), 0)).sum())
    return Accuracy(backend, frames, correct)
