"""Layers to train with: what the literature adds to PyTorch and Brevitas, each with its way into hardware."""

from hwgen.nn.runtime import prepare_torch

prepare_torch()

from hwgen.nn.horq import HORQConv2d, HORQLinear, ResidualSign, calibrate  # noqa: E402 (torch is prepared first)

__all__ = ["HORQConv2d", "HORQLinear", "ResidualSign", "calibrate", "prepare_torch"]
