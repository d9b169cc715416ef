"""Layers to train with: what the literature adds to PyTorch and Brevitas, each with its way into hardware."""

from hwgen.nn.runtime import prepare_torch

prepare_torch()

__all__ = ["prepare_torch"]
