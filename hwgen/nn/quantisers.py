"""Quantisers of the literature.

FINN's are Brevitas quantisers. Those of DoReFa-Net (Zhou et al. 2016), QNN (Hubara et al. 2016), Ternary Weight
Networks (Li et al. 2016) and Lin et al. (2016, ternary connect) are modules: for the weights of `QuantisedLinear` and
`QuantisedConv2d`, or for activations. Each computes as its QONNX operators do.
"""

from __future__ import annotations

from typing import Any

import torch
from brevitas.core.bit_width import BitWidthImplType
from brevitas.core.quant import QuantType
from brevitas.core.restrict_val import FloatToIntImplType, RestrictValueType
from brevitas.core.scaling import ScalingImplType
from brevitas.core.zero_point import ZeroZeroPoint
from brevitas.inject import ExtendedInjector
from brevitas.quant.solver import ActQuantSolver, WeightQuantSolver
from dependencies import value
from torch import Tensor, nn

from hwgen.errors import ConfigError
from hwgen.nn.binarynet import Stochastic, power_of_two
from hwgen.nn.layers import frozen, int_quant, sign_quant, straight_through


class _Symmetric(ExtendedInjector):
    """Signed, symmetric, a constant scale for the whole tensor: -1 and +1, or -1, 0 and +1 and so on."""

    bit_width_impl_type = BitWidthImplType.CONST
    scaling_impl_type = ScalingImplType.CONST
    restrict_scaling_type = RestrictValueType.FP
    zero_point_impl = ZeroZeroPoint
    float_to_int_impl_type = FloatToIntImplType.ROUND
    scaling_per_output_channel = False
    narrow_range = True
    signed = True

    @value
    def quant_type(bit_width: int) -> Any:
        return QuantType.BINARY if bit_width == 1 else QuantType.INT


class SymmetricWeight(_Symmetric, WeightQuantSolver):
    """Weights between -1 and +1 as in FINN's networks: one bit by sign, more bits linearly."""

    scaling_const = 1.0


class SymmetricAct(_Symmetric, ActQuantSolver):
    """Activations between -1 and +1 as in FINN's networks: one bit by sign, more bits linearly."""

    min_val = -1.0
    max_val = 1.0


class PixelQuant(_Symmetric, ActQuantSolver):
    """Eight bits of an image between -1 and 1: multiples of 1/128 from -1 to 127/128."""

    bit_width = 8
    narrow_range = False
    min_val = -1.0
    max_val = 1.0 - 2.0**-7
    restrict_scaling_type = RestrictValueType.POWER_OF_TWO


class DoReFaWeight(nn.Module):
    """DoReFa-Net's weights of 1 to 7 bits.

    One bit: sign(w) * mean |w|, one factor for the layer. k bits: 2 q(tanh w / (2 max |tanh w|) + 1/2) - 1, where q
    rounds to multiples of 1 / (2^k - 1): odd multiples of it from -1 to 1, in hardware odd integers of k + 1 bits.
    """

    def __init__(self, bits: int) -> None:
        super().__init__()
        self.bits = _checked("DoReFaWeight", bits, 1, 7)

    def forward(self, weight: Tensor) -> Tensor:
        """The quantised weights; their gradient is that of tanh, or goes straight through where they have one bit."""
        if self.bits == 1:
            return sign_quant(weight, weight.detach().abs().mean())
        bent = torch.tanh(weight)
        steps = 2**self.bits - 1
        largest = bent.detach().abs().max().clamp(min=torch.finfo(bent.dtype).tiny)
        unit = bent / (2 * largest) + 0.5
        odd = 2 * (unit.detach() * steps).round() - steps
        return _whole(2 * unit - 1, odd, torch.tensor(1 / steps), self.bits + 1)


class UnitActivation(nn.Module):
    """Activations of 1 to 8 bits: clip(x, 0, largest) in 2^k - 1 equal steps; DoReFa-Net's where `largest` is 1."""

    def __init__(self, bits: int, largest: float = 1.0) -> None:
        super().__init__()
        self.bits = _checked("UnitActivation", bits, 1, 8)
        if not largest > 0:
            raise ConfigError("UnitActivation", "largest must be positive", f"{largest:g}")
        self.scale = largest / (2**bits - 1)

    def forward(self, x: Tensor) -> Tensor:
        """`x` quantised."""
        return int_quant(x, torch.tensor(self.scale), self.bits, signed=False)


class LinearQuant(nn.Module):
    """QNN's linear quantiser of 2 to 8 bits, of weights and of activations: multiples of 2^(1 - k) in [-1, 1)."""

    def __init__(self, bits: int) -> None:
        super().__init__()
        self.bits = _checked("LinearQuant", bits, 2, 8)

    def forward(self, x: Tensor) -> Tensor:
        """`x` quantised."""
        return int_quant(x, torch.tensor(2.0 ** (1 - self.bits)), self.bits)


class PowerOfTwoWeight(nn.Module):
    """QNN's weights that are shifts: a sign and a power of two from 2^-m to 1, m = 2^(k - 1) - 1, for 2 or 3 bits k.

    In hardware they are ordinary integers from -2^m to 2^m, multiplied like others.
    """

    def __init__(self, bits: int) -> None:
        super().__init__()
        self.bits = _checked("PowerOfTwoWeight", bits, 2, 3)

    def forward(self, weight: Tensor) -> Tensor:
        """The quantised weights; the gradient goes straight through."""
        exponents = 2 ** (self.bits - 1) - 1
        sizes = power_of_two(weight.detach()).abs().clamp(2.0**-exponents, 1) * 2**exponents
        return _whole(weight, torch.where(weight >= 0, sizes, -sizes), torch.tensor(2.0**-exponents), exponents + 2)


class TernaryWeight(nn.Module):
    """Ternary weight networks: 0 where |w| <= 0.7 mean |w|, elsewhere sign(w) times the mean |w| of these."""

    def forward(self, weight: Tensor) -> Tensor:
        """The quantised weights; the gradient goes straight through."""
        sizes = weight.detach().abs()
        kept = sizes > 0.7 * sizes.mean()
        factor = sizes[kept].mean() if kept.any() else torch.ones(())
        return _whole(weight, torch.where(kept, weight.detach().sign(), 0.0), factor, 2)


class TernaryConnect(nn.Module):
    """Ternary connect: -1, 0 or +1 by rounding; at random in training, sign(w) with the probability |w|.

    Raises: ConfigError where `stochastic` is none of `Stochastic`.
    """

    def __init__(self, stochastic: str = Stochastic.NEVER) -> None:
        super().__init__()
        self.stochastic = Stochastic.of(stochastic)

    def forward(self, weight: Tensor) -> Tensor:
        """The quantised weights; the gradient goes straight through within [-1, 1]."""
        if self.stochastic.now(self.training):
            sampled = weight.detach().sign() * (torch.rand_like(weight) < weight.detach().abs())
            return straight_through(weight, sampled)
        return int_quant(weight, torch.ones(()), 2, narrow=True)


def _whole(weight: Tensor, codes: Tensor, scale: Tensor, bits: int) -> Tensor:
    """`codes`, integers of `bits` bits, times `scale`, with the gradient of `weight`."""
    return straight_through(weight, int_quant(frozen(codes * scale), scale, bits, narrow=True))


def _checked(what: str, bits: int, least: int, most: int) -> int:
    """`bits`, which must be in a range. Raises: ConfigError."""
    if not least <= bits <= most:
        raise ConfigError(what, f"bits must be {least} to {most}", str(bits))
    return bits
