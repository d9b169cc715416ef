"""A W1A1 network for scikit-learn's 8x8 digits: 64-128-128-10, weights and activations -1 or +1."""

from brevitas.nn import QuantIdentity, QuantLinear
from brevitas.quant import SignedBinaryActPerTensorConst, SignedBinaryWeightPerTensorConst
from torch import nn

PIXELS, HIDDEN, CLASSES = 64, 128, 10


def dense(inputs, outputs):
    """A matrix of -1 and +1."""
    return QuantLinear(
        inputs, outputs, bias=False, weight_quant=SignedBinaryWeightPerTensorConst, weight_scaling_const=1.0
    )


def sign():
    """-1 or +1 by sign, with a straight-through gradient between -1 and +1."""
    return QuantIdentity(act_quant=SignedBinaryActPerTensorConst, min_val=-1.0, max_val=1.0)


def digits_bnn():
    """The untrained network; its input is a digit scaled to [0, 1]."""
    return nn.Sequential(
        nn.Flatten(),
        nn.BatchNorm1d(PIXELS),
        sign(),
        dense(PIXELS, HIDDEN),
        nn.BatchNorm1d(HIDDEN),
        sign(),
        dense(HIDDEN, HIDDEN),
        nn.BatchNorm1d(HIDDEN),
        sign(),
        dense(HIDDEN, CLASSES),
        nn.BatchNorm1d(CLASSES),
    )
