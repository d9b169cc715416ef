"""Networks of the literature, ready to train and to build: their layers, their images, their recipes."""

from hwgen.zoo.datasets import Dataset, load_dataset
from hwgen.zoo.registry import ENTRIES, Entry, find
from hwgen.zoo.training import Recipe, accuracy, scores, train

__all__ = ["ENTRIES", "Dataset", "Entry", "Recipe", "accuracy", "find", "load_dataset", "scores", "train"]
