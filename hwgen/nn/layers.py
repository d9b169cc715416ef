"""Dense layers and convolutions whose weights go through a quantiser, and the functions that QONNX can say."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd import Function
from torch.nn.functional import conv2d, linear

_DOMAIN = "qonnx.custom_op.general"


def frozen(x: Tensor) -> Tensor:
    """`x`, which depends on parameters alone; in an exported file it is a constant.

    As a computation in the file, other executors might round it differently.
    """
    if not torch.onnx.is_in_onnx_export():
        return x
    return torch.from_numpy(x.detach().cpu().numpy().copy())


def bipolar_operator(graph: Any, x: Any, scale: Any) -> Any:
    """QONNX's BipolarQuant in the file that `graph` becomes: +scale where x >= 0, -scale elsewhere."""
    return graph.op(f"{_DOMAIN}::BipolarQuant", x, scale).setType(x.type())


class StraightThrough(Function):
    """`value`, with the gradient of `x`."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, value: Tensor) -> Tensor:
        """`value`."""
        return value.clone()

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        """The gradient of `x`."""
        return gradient, None

    @staticmethod
    def symbolic(graph: Any, x: Any, value: Any) -> Any:
        """`value` in the exported file."""
        return value


class SignQuant(Function):
    """-scale or +scale by sign, sign(0) = +1, the gradient straight through where |x| <= 1. QONNX's BipolarQuant.

    `scale`, a tensor of one number, gets no gradient.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, scale: Tensor) -> Tensor:
        """`x` binarised."""
        ctx.save_for_backward(x)
        return torch.where(x >= 0, scale, -scale).to(x.dtype)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        """The gradient of `x`."""
        (x,) = ctx.saved_tensors
        return gradient * (x.abs() <= 1), None

    @staticmethod
    def symbolic(graph: Any, x: Any, scale: Any) -> Any:
        """The operator in the exported file."""
        return bipolar_operator(graph, x, scale)


class IntQuant(Function):
    """scale * clip(round(x / scale)), the gradient straight through within the clip's bounds. QONNX's Quant.

    `scale` is a tensor of one number and gets no gradient. Codes have `bits` bits, from 0 or from -2^(bits - 1), or
    from one more where `narrow`.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, scale: Tensor, bits: int, signed: bool, narrow: bool) -> Tensor:
        """`x` quantised."""
        low, high = (-(2 ** (bits - 1)) + narrow, 2 ** (bits - 1) - 1) if signed else (0, 2**bits - 1 - narrow)
        scaled = x / scale
        ctx.save_for_backward((scaled >= low) & (scaled <= high))
        return scaled.clamp(low, high).round() * scale

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None, None, None]:
        """The gradient of `x`."""
        (within,) = ctx.saved_tensors
        return gradient * within, None, None, None, None

    @staticmethod
    def symbolic(graph: Any, x: Any, scale: Any, bits: int, signed: bool, narrow: bool) -> Any:
        """The operator in the exported file."""
        zero, width = (graph.op("Constant", value_t=torch.tensor(float(number))) for number in (0, bits))
        options = {"rounding_mode_s": "ROUND", "signed_i": int(signed), "narrow_i": int(narrow)}
        return graph.op(f"{_DOMAIN}::Quant", x, scale, zero, width, **options).setType(x.type())


def straight_through(x: Tensor, value: Tensor) -> Tensor:
    """`value`, exactly, with the gradient of `x`."""
    found: Tensor = StraightThrough.apply(x, value)  # type: ignore[no-untyped-call]
    return found


def sign_quant(x: Tensor, scale: Tensor) -> Tensor:
    """-scale or +scale by sign; see `SignQuant`."""
    found: Tensor = SignQuant.apply(x, frozen(scale))  # type: ignore[no-untyped-call]
    return found


def int_quant(x: Tensor, scale: Tensor, bits: int, *, signed: bool = True, narrow: bool = False) -> Tensor:
    """Integers of `bits` bits times `scale`; see `IntQuant`."""
    found: Tensor = IntQuant.apply(x, frozen(scale), bits, signed, narrow)  # type: ignore[no-untyped-call]
    return found


class QuantisedLinear(nn.Linear):
    """A dense layer without bias; `quantise` turns its real weights into those of the hardware."""

    def __init__(self, inputs: int, outputs: int, quantise: nn.Module) -> None:
        super().__init__(inputs, outputs, bias=False)
        self.quantise = quantise
        nn.init.xavier_uniform_(self.weight)

    def quant_weight(self) -> Tensor:
        """The weights of hardware, with their scale."""
        found: Tensor = self.quantise(self.weight)
        return found

    def forward(self, x: Tensor) -> Tensor:
        """`x` (N, inputs) times the quantised weights."""
        return linear(x, self.quant_weight())


class QuantisedConv2d(nn.Conv2d):
    """A convolution without bias whose weights are quantised. Padding is a true 0: a padded tap adds nothing."""

    def __init__(self, inputs: int, outputs: int, kernel: int, quantise: nn.Module, *, padding: int = 0) -> None:
        super().__init__(inputs, outputs, kernel, padding=padding, bias=False)
        self.quantise = quantise
        nn.init.xavier_uniform_(self.weight)

    def quant_weight(self) -> Tensor:
        """The weights of hardware, with their scale."""
        found: Tensor = self.quantise(self.weight)
        return found

    def forward(self, x: Tensor) -> Tensor:
        """`x` (N, inputs, height, width) convolved with the quantised weights."""
        return conv2d(x, self.quant_weight(), padding=self.padding)
