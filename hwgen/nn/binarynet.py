"""BinaryNet: weights and activations -1 or +1 (Courbariaux, Hubara et al. 2016).

A real number is binarised by its sign, sign(0) = +1, or at random: +1 with the probability clip((x + 1) / 2, 0, 1). The
gradient goes straight through where |x| <= 1 and stops elsewhere. Real weights are what training moves; it clips them
to [-1, 1] (`hwgen.zoo.training.Recipe.clip`).
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd import Function
from torch.nn.functional import one_hot

from hwgen.errors import ConfigError
from hwgen.nn.layers import QuantisedConv2d, QuantisedLinear, SignQuant, frozen, sign_quant, straight_through


class Stochastic(StrEnum):
    """When binarisation is random."""

    NEVER = "never"
    TRAINING = "training"
    ALWAYS = "always"
    """In evaluation too, to average over many samples. No hardware does that."""

    @classmethod
    def of(cls, name: str) -> Stochastic:
        """The choice called `name`. Raises: ConfigError."""
        if name not in tuple(cls):
            raise ConfigError("stochastic", f"must be one of {', '.join(cls)}", repr(name))
        return cls(name)

    def now(self, training: bool) -> bool:
        """Whether binarisation is random in this mode."""
        return self is Stochastic.ALWAYS or (training and self is Stochastic.TRAINING)


class _Sample(Function):
    """-1 or +1 at random."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        ctx.save_for_backward(x)
        return torch.where(torch.rand_like(x) < (x + 1) / 2, 1.0, -1.0).to(x.dtype)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        return SignQuant.backward(ctx, gradient)[0]


class Binarise(nn.Module):
    """-1 or +1 for each real number of a tensor of any shape: BinaryNet's activation, and its binarisation of weights.

    Raises: ConfigError where `stochastic` is none of `Stochastic`.
    """

    def __init__(self, stochastic: str = Stochastic.NEVER) -> None:
        super().__init__()
        self.stochastic = Stochastic.of(stochastic)

    def forward(self, x: Tensor) -> Tensor:
        """`x` binarised; at random where `stochastic` says so in this mode."""
        if not self.stochastic.now(self.training):
            return sign_quant(x, torch.ones(()))
        found: Tensor = _Sample.apply(x)  # type: ignore[no-untyped-call]
        return found

    def extra_repr(self) -> str:
        """How `print(module)` shows it."""
        return f"stochastic={self.stochastic.value}"


class BinaryLinear(QuantisedLinear):
    """A dense layer whose weights are binarised."""

    def __init__(self, inputs: int, outputs: int, *, stochastic: str = Stochastic.NEVER) -> None:
        super().__init__(inputs, outputs, Binarise(stochastic))


class BinaryConv2d(QuantisedConv2d):
    """A convolution whose weights are binarised."""

    def __init__(
        self, inputs: int, outputs: int, kernel: int, *, padding: int = 0, stochastic: str = Stochastic.NEVER
    ) -> None:
        super().__init__(inputs, outputs, kernel, Binarise(stochastic), padding=padding)


def power_of_two(x: Tensor) -> Tensor:
    """AP2: the nearest power of two by exponent, sign(x) * 2^round(log2 |x|), with the gradient of `x`; 0 stays 0."""
    exponent = torch.log2(x.detach().abs().clamp(min=torch.finfo(x.dtype).tiny)).round()
    return straight_through(x, x.detach().sign() * torch.exp2(exponent))


class _ShiftBatchNorm(nn.Module):
    """Batch norm that multiplies by powers of two only: shifts (section 1.4 of the paper).

    In training the variance is the mean of c * AP2(c), c being the centred input; the inverse deviation and the factor
    gamma are taken as their powers of two. In evaluation it is (x - mean) * 2^k + beta by channel.
    """

    running_mean: Tensor
    running_var: Tensor

    def __init__(self, channels: int, epsilon: float = 1e-4, momentum: float = 0.1) -> None:
        super().__init__()
        self.epsilon, self.momentum = epsilon, momentum
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))
        self.register_buffer("running_mean", torch.zeros(channels))
        self.register_buffer("running_var", torch.ones(channels))

    def forward(self, x: Tensor) -> Tensor:
        """`x` (N, C) or (N, C, height, width), normalised by channel."""
        shape = (1, -1, *[1] * (x.ndim - 2))
        if not self.training:
            return (x - self.running_mean.reshape(shape)) * self._shift().reshape(shape) + self.bias.reshape(shape)
        axes = [axis for axis in range(x.ndim) if axis != 1]
        mean = x.mean(axes)
        centred = x - mean.reshape(shape)
        variance = (centred * power_of_two(centred)).mean(axes)
        self.running_mean.lerp_(mean.detach(), self.momentum)
        self.running_var.lerp_(variance.detach(), self.momentum)
        factor = power_of_two((variance + self.epsilon).rsqrt()) * power_of_two(self.weight)
        return centred * factor.reshape(shape) + self.bias.reshape(shape)

    def _shift(self) -> Tensor:
        """The factor 2^k of each channel in evaluation."""
        return frozen(power_of_two((self.running_var + self.epsilon).rsqrt()) * power_of_two(self.weight))


class ShiftBatchNorm1d(_ShiftBatchNorm):
    """Shift-based batch norm of vectors (N, C)."""


class ShiftBatchNorm2d(_ShiftBatchNorm):
    """Shift-based batch norm of images (N, C, height, width)."""


def squared_hinge(scores: Tensor, labels: Tensor) -> Tensor:
    """Squared hinge loss: the right class above +1, every other below -1; scores (N, classes), labels (N,)."""
    wanted = 2.0 * one_hot(labels, scores.shape[1]) - 1.0
    return (1.0 - scores * wanted).clamp(min=0).square().mean()
