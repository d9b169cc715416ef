"""Quantisers of the literature as Brevitas quantisers."""

from __future__ import annotations

from typing import Any

from brevitas.core.bit_width import BitWidthImplType
from brevitas.core.quant import QuantType
from brevitas.core.restrict_val import FloatToIntImplType, RestrictValueType
from brevitas.core.scaling import ScalingImplType
from brevitas.core.zero_point import ZeroZeroPoint
from brevitas.inject import ExtendedInjector
from brevitas.quant.solver import ActQuantSolver, WeightQuantSolver
from dependencies import value


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
