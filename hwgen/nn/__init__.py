"""Layers to train with: what the literature adds to PyTorch and Brevitas, each with its way into hardware."""

from hwgen.nn.runtime import prepare_torch

prepare_torch()

from hwgen.nn.binarynet import (  # noqa: E402 (torch is prepared first)
    Binarise,
    BinaryConv2d,
    BinaryLinear,
    ShiftBatchNorm1d,
    ShiftBatchNorm2d,
    squared_hinge,
)
from hwgen.nn.layers import QuantisedConv2d, QuantisedLinear  # noqa: E402 (torch is prepared first)
from hwgen.nn.norms import TensorNorm  # noqa: E402 (torch is prepared first)
from hwgen.nn.quantisers import (  # noqa: E402 (torch is prepared first)
    DoReFaWeight,
    LinearQuant,
    PowerOfTwoWeight,
    TernaryConnect,
    TernaryWeight,
    UnitActivation,
)

__all__ = [
    "BinaryConv2d",
    "Binarise",
    "BinaryLinear",
    "DoReFaWeight",
    "LinearQuant",
    "PowerOfTwoWeight",
    "QuantisedConv2d",
    "QuantisedLinear",
    "ShiftBatchNorm1d",
    "ShiftBatchNorm2d",
    "TensorNorm",
    "TernaryConnect",
    "TernaryWeight",
    "UnitActivation",
    "prepare_torch",
    "squared_hinge",
]
