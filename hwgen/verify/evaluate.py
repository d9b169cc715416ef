"""Accuracy: the class a network gives to each image against its label."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from hwgen.errors import DataError
from hwgen.golden.execute import decode
from hwgen.golden.matmul import Codes
from hwgen.ir.graph import Graph
from hwgen.ir.ops import ArgMax
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
    """The class (N,) of each frame from output codes (N, elements).

    An index from a top-1 unit is the class; scores are decoded and the first of the largest wins; a single output is
    class 1 where it is positive and class 0 elsewhere.
    """
    flat = outputs.reshape(outputs.shape[0], -1)
    if isinstance(graph.nodes[-1].op, ArgMax):
        return np.asarray(flat[:, 0], dtype=np.int64)
    scores = decode(graph, flat)
    if scores.shape[1] == 1:
        return np.asarray(scores[:, 0] > 0, dtype=np.int64)
    return np.asarray(np.argmax(scores, axis=1), dtype=np.int64)


def accuracy(graph: Graph, backend: str, outputs: Codes, labels: npt.NDArray[Any], where: str) -> Accuracy:
    """Compare classes with `labels` (N,).

    Raises:
        DataError: another number of labels than frames, or labels that are not one integer a frame.
    """
    frames = outputs.shape[0]
    flat = labels.reshape(-1)
    if flat.size < frames or flat.size != labels.shape[0]:
        raise DataError(where, f"must hold one label for each of {frames} frames", f"shape {labels.shape}")
    if flat.dtype.kind not in "iub":
        raise DataError(where, "labels must be integers", str(flat.dtype))
    correct = int((classes(graph, outputs) == np.maximum(flat[:frames].astype(np.int64), 0)).sum())
    return Accuracy(backend, frames, correct)
