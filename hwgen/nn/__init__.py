"""Layers to train with: those of the literature that PyTorch and Brevitas lack, each with an export to hardware."""

from hwgen.nn.binarynet import Binarise, BinaryConv2d, BinaryLinear, ShiftBatchNorm1d, ShiftBatchNorm2d, squared_hinge
from hwgen.nn.horq import HORQConv2d, HORQLinear, ResidualSign, calibrate
from hwgen.nn.layers import QuantisedConv2d, QuantisedLinear
from hwgen.nn.lccl import LCCLConv2d, gate_penalty
from hwgen.nn.norms import TensorNorm
from hwgen.nn.quantisers import (
    DoReFaWeight,
    LinearQuant,
    PowerOfTwoWeight,
    TernaryConnect,
    TernaryWeight,
    UnitActivation,
)
from hwgen.nn.runtime import prepare_torch
from hwgen.nn.xnor import BWNConv2d, BWNLinear, XNORConv2d, XNORLinear

__all__ = [
    "BWNConv2d",
    "BWNLinear",
    "Binarise",
    "BinaryConv2d",
    "BinaryLinear",
    "DoReFaWeight",
    "HORQConv2d",
    "HORQLinear",
    "LCCLConv2d",
    "LinearQuant",
    "PowerOfTwoWeight",
    "QuantisedConv2d",
    "QuantisedLinear",
    "ResidualSign",
    "ShiftBatchNorm1d",
    "ShiftBatchNorm2d",
    "TensorNorm",
    "TernaryConnect",
    "TernaryWeight",
    "UnitActivation",
    "XNORConv2d",
    "XNORLinear",
    "calibrate",
    "gate_penalty",
    "squared_hinge",
    "prepare_torch",
]
