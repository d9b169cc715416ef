"""Networks of the literature, ready to train and to build: their layers, their images, their recipes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hwgen.zoo.datasets import Dataset, load_dataset
from hwgen.zoo.registry import ENTRIES, Entry, find
from hwgen.zoo.training import Recipe, accuracy, scores, train

if TYPE_CHECKING:
    from hwgen.ir.graph import Graph

__all__ = ["ENTRIES", "Dataset", "Entry", "Recipe", "accuracy", "find", "load_dataset", "network", "scores", "train"]


def network(name: str) -> Graph:
    """A network by its name, as hwgen imports it: with the parameters that hwgen brings, or of ImageNet random ones.

    Raises:
        ConfigError: there is no such network, or it must be trained first.
    """
    from hwgen.zoo.build import imported

    return imported(find(name))
