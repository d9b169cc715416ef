"""Brevitas's QONNX export made faithful. Imported by brevitas.py alone, once torch is there.

Brevitas 0.13 writes three quantisers as something else than it computes: a one-bit QuantReLU (0 or 1) as BipolarQuant
(-1 or +1), raw weights before a plain rounding though ternary weights have a threshold of their own, and ternary
activations likewise. The export here writes the first as a one-bit Quant and weights as already quantised; quantisers
that QONNX cannot express are refused.
"""

from __future__ import annotations

from typing import Any

import torch
from brevitas.core.quant import BinaryQuant, ClampedBinaryQuant, TernaryQuant
from brevitas.export.onnx.qonnx.function import BrevitasQuantOp
from brevitas.export.onnx.qonnx.handler import (
    BrevitasActQuantProxyHandler,
    BrevitasDecoupledWeightQuantProxyHandler,
    BrevitasDecoupledWeightQuantWithInputProxyHandler,
    BrevitasWeightQuantProxyHandler,
)
from brevitas.export.onnx.qonnx.manager import QONNXManager
from brevitas.proxy import ActQuantProxyFromInjector, WeightQuantProxyFromInjector

from hwgen.errors import ModelError
from hwgen.nn import ResidualSign
from hwgen.nn.binarynet import Binarise, Stochastic
from hwgen.nn.quantisers import TernaryConnect


def _has(proxy: torch.nn.Module, *kinds: type) -> bool:
    return any(isinstance(part, kinds) for part in proxy.modules())


class _Act(BrevitasActQuantProxyHandler):
    """Activations: one bit is bipolar only where the quantiser is binary."""

    def prepare_for_export(self, module: Any) -> None:
        super().prepare_for_export(module)
        if module.is_quant_enabled and not _has(module, BinaryQuant, ClampedBinaryQuant):
            self.quant_op = BrevitasQuantOp


class _Quantised:
    """Weights are exported quantised, so that QONNX need not express their rounding or threshold."""

    def symbolic_execution(self, x: torch.Tensor, *args: Any) -> Any:
        known: dict[int, torch.Tensor] = self.quant_weight_values  # type: ignore[attr-defined]
        return super().symbolic_execution(known.get(x.data_ptr(), x), *args)  # type: ignore[misc]


class _Weight(_Quantised, BrevitasWeightQuantProxyHandler):
    pass


class _DecoupledWeight(_Quantised, BrevitasDecoupledWeightQuantProxyHandler):
    pass


class _DecoupledWeightWithInput(_Quantised, BrevitasDecoupledWeightQuantWithInputProxyHandler):
    pass


class FaithfulManager(QONNXManager):
    """Brevitas's QONNX exporter with the handlers above in place of its own."""

    # The first handler of a proxy's exact class is taken.
    handlers = (_Act, _Weight, _DecoupledWeight, _DecoupledWeightWithInput, *QONNXManager.handlers)


def require_expressible(module: torch.nn.Module) -> None:
    """Refuse quantisers that QONNX cannot express. Raises: ModelError naming the layer's quantiser."""
    for name, proxy in module.named_modules():
        if isinstance(proxy, Binarise | TernaryConnect) and proxy.stochastic is Stochastic.ALWAYS:
            must = "hardware must round, or take the sign"
            raise ModelError(name, must, "a random quantiser", "Set stochastic to training or never")
        if isinstance(proxy, ResidualSign) and proxy.dynamic:
            must = "residual planes must have factors of their layer's own"
            raise ModelError(name, must, "factors that depend on the input", "Calibrate it: hwgen.nn.calibrate")
        if not isinstance(proxy, ActQuantProxyFromInjector | WeightQuantProxyFromInjector):
            continue
        if not proxy.is_quant_enabled:
            continue
        is_act = isinstance(proxy, ActQuantProxyFromInjector)
        for part in proxy.modules():
            if is_act and isinstance(part, TernaryQuant) and part.threshold != 0.5:
                raise ModelError(
                    name, "a ternary activation must have threshold 0.5", f"{part.threshold:g}", "Set threshold = 0.5"
                )
        binary = _has(proxy, BinaryQuant, ClampedBinaryQuant)
        if is_act and proxy.bit_width() == 1 and proxy.is_signed and not binary:
            raise ModelError(
                name, "a signed one-bit quantiser must be bipolar", "a one-bit integer", "Set quant_type = BINARY"
            )
