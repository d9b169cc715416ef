"""Layers of XNOR-Net and of binary weight networks (Rastegari et al. 2016).

A filter W is replaced by alpha * sign(W) with alpha = mean |W|. XNOR-Net also takes the sign of a layer's input and
multiplies by K: the mean of |x| over the channels of a pixel, averaged over the window. A block is a batch norm, one of
these layers and a pool. The exported QONNX computes as the layers do; alpha is float32.
"""

from __future__ import annotations

from typing import Any

import torch
from brevitas.nn import QuantIdentity
from brevitas.quant import SignedBinaryActPerTensorConst
from brevitas.quant.fixed_point import Int8ActPerTensorFixedPointMinMaxInit
from torch import Tensor, nn
from torch.autograd import Function
from torch.nn import functional

from hwgen.errors import ModelError
from hwgen.nn.layers import bipolar_operator


class _Signs(Function):
    """The signs of weights, sign(0) = +1, with the gradient of alpha * sign(W) in the paper's equation for it.

    With C the cost and W~ = alpha * sign(W): dC/dW = dC/dW~ * (1/n + alpha where |W| <= 1), n weights a filter. The
    incoming gradient is that by sign(W), alpha * dC/dW~.
    """

    @staticmethod
    def forward(ctx: Any, weight: Tensor, alpha: Tensor) -> Tensor:
        ctx.save_for_backward(weight, alpha)
        return torch.where(weight >= 0, 1.0, -1.0).to(weight.dtype)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        weight, alpha = ctx.saved_tensors
        own = alpha * weight[0].numel()
        return gradients[0] * (1 / own + (weight.abs() <= 1)), None

    @staticmethod
    def symbolic(g: Any, weight: Any, alpha: Any) -> Any:
        """A BipolarQuant of scale 1."""
        one = g.op("Constant", value_t=torch.tensor(1.0))
        return bipolar_operator(g, weight, one)


def _alphas(layer: nn.Conv2d | nn.Linear) -> Tensor:
    """mean |W| of each filter, (out, 1, ...) like its weights, rounded to float32 in training and export alike.

    Raises: ModelError where a filter is zero.
    """
    axes = tuple(range(1, layer.weight.ndim))
    alphas = layer.weight.detach().double().abs().mean(axes, keepdim=True).float()
    if not bool((alphas > 0).all()):
        index = int((~(alphas.flatten() > 0)).nonzero()[0])
        raise ModelError(
            type(layer).__name__,
            "alpha = mean |W| of every filter must be positive",
            f"{float(alphas.flatten()[index]):g} for filter {index} of {len(alphas)}",
            "Initialise the filter anew, or leave it out",
        )
    return alphas.to(layer.weight.dtype)


def _filters(layer: nn.Conv2d | nn.Linear) -> tuple[Tensor, Tensor]:
    """Signs of the weights, and the alpha of each filter along the output's channels. Raises: ModelError."""
    alphas = _alphas(layer)
    signs: Tensor = _Signs.apply(layer.weight, alphas)  # type: ignore[no-untyped-call]
    return signs, alphas.reshape(1, -1, *alphas.shape[2:])


class XNORInput(Int8ActPerTensorFixedPointMinMaxInit):
    """The fixed-point numbers whose magnitudes make K: signed, their scale a power of two that is learned."""

    min_val = -2.0
    max_val = 2.0


class _Signed(nn.Module):
    """The input of a layer with binary activations: its signs, and its fixed-point numbers where K needs them."""

    def __init__(self, bits: int | None) -> None:
        super().__init__()
        if bits is not None and not 2 <= bits <= 8:
            raise ModelError("XNOR-Net's K", "bits of its input must be 2 to 8", str(bits), "Choose another width")
        self.numbers = None if bits is None else QuantIdentity(act_quant=XNORInput, bit_width=bits)
        self.sign = QuantIdentity(act_quant=SignedBinaryActPerTensorConst, min_val=-1.0, max_val=1.0)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Signs and numbers."""
        numbers = x if self.numbers is None else self.numbers(x)
        return self.sign(numbers), numbers


class BWNConv2d(nn.Conv2d):
    """A convolution with weights alpha * sign(W), on activations of any number type that Brevitas gives."""

    def __init__(
        self,
        inputs: int,
        outputs: int,
        kernel: int | tuple[int, int],
        *,
        stride: int | tuple[int, int] = 1,
        padding: int | tuple[int, int] = 0,
    ) -> None:
        super().__init__(inputs, outputs, kernel, stride, padding, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        signs, alphas = _filters(self)
        return functional.conv2d(x, signs, None, self.stride, self.padding) * alphas


class BWNLinear(nn.Linear):
    """A dense layer with weights alpha * sign(W), on activations of any number type that Brevitas gives."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__(inputs, outputs, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        signs, alphas = _filters(self)
        return functional.linear(x, signs) * alphas


class XNORConv2d(nn.Conv2d):
    """A convolution of signs with signs, times K of the pixel where `k`, times alpha.

    K is computed from the input as signed fixed-point numbers of `bits` bits. Padding is 0 in both.
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        kernel: int | tuple[int, int],
        *,
        stride: int | tuple[int, int] = 1,
        padding: int | tuple[int, int] = 0,
        k: bool = True,
        bits: int = 4,
    ) -> None:
        super().__init__(inputs, outputs, kernel, stride, padding, bias=False)
        self.signed = _Signed(bits if k else None)
        self.k = k

    def forward(self, x: Tensor) -> Tensor:
        weights, alphas = _filters(self)
        signs, numbers = self.signed(x)
        sums = functional.conv2d(signs, weights, None, self.stride, self.padding)
        if self.k:
            means = numbers.abs().mean(1, keepdim=True)
            sums = sums * functional.avg_pool2d(means, _pair(self.kernel_size), _pair(self.stride), _pair(self.padding))
        return sums * alphas


class XNORLinear(nn.Linear):
    """A dense layer of signs with signs, times the mean of |x| over all inputs where `k`, times alpha."""

    def __init__(self, inputs: int, outputs: int, *, k: bool = True, bits: int = 4) -> None:
        super().__init__(inputs, outputs, bias=False)
        self.signed = _Signed(bits if k else None)
        self.k = k

    def forward(self, x: Tensor) -> Tensor:
        weights, alphas = _filters(self)
        signs, numbers = self.signed(x)
        sums = functional.linear(signs, weights)
        return sums * numbers.abs().mean(1, keepdim=True) * alphas if self.k else sums * alphas


def _pair(size: Any) -> tuple[int, int]:
    """Rows and columns as plain integers."""
    return int(size[0]), int(size[1])
