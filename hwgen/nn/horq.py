"""HORQ: activations of high-order residual quantisation, and layers with binary weights that read them.

Li et al., "Performance Guaranteed Network Acceleration via High-Order Residual Quantization", ICCV 2017.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from hwgen.errors import ModelError
from hwgen.ir.planes import MAX_ORDER
from hwgen.nn.layers import bipolar_operator, frozen


class _Bipolar(torch.autograd.Function):
    """+scale where x >= 0, -scale elsewhere: QONNX's BipolarQuant; the gradient passes x straight through."""

    @staticmethod
    def symbolic(graph: Any, x: Any, scale: Any) -> Any:
        return bipolar_operator(graph, x, scale)

    @staticmethod
    def forward(ctx: Any, x: Tensor, scale: Tensor) -> Tensor:
        return torch.where(x >= 0, scale, -scale)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        return gradient, None


def bipolar(x: Tensor, scale: Tensor) -> Tensor:
    """+scale where x >= 0 and -scale elsewhere; `scale` broadcasts to `x`."""
    return cast(Tensor, _Bipolar.apply(x, scale))  # type: ignore[no-untyped-call]


class ResidualSign(nn.Module):
    """An activation as `order` residual planes: sum_i beta_i H_i, H_i = sign(R_{i-1}), R_i = R_{i-1} - beta_i H_i.

    The factors are one for each plane of the layer, learnt, or set by `calibrate` to means of |R_{i-1}| over images.
    In `forward` they are fixed-point numbers, multiples of one power of two of which the first takes `bits` bits, so
    that the hardware computes with the very same ones. The gradient is the straight-through one: to x that of the
    identity within the outermost levels, none outside (at order 1 sign's of BinaryNet, Courbariaux et al. 2016), and to
    each factor its plane's.

    Attributes:
        order: 1 to 4.
        bits: of the fixed-point factors, 2 to 12.
        dynamic: whether each input has its own factors, the means over that input (equations 6 to 9 of the paper). It
            has no hardware, and is not exported.
        beta: the factors, (order,).
    """

    def __init__(self, order: int, *, bits: int = 6, dynamic: bool = False) -> None:
        super().__init__()
        if not 1 <= order <= MAX_ORDER:
            raise ModelError("ResidualSign", f"order must be 1 to {MAX_ORDER}", str(order), "Use fewer planes")
        if not 2 <= bits <= 12:
            raise ModelError("ResidualSign", "bits must be 2 to 12", str(bits), "Leave them at 6")
        self.order, self.bits, self.dynamic = order, bits, dynamic
        self.beta = nn.Parameter(0.8 * 0.6 ** torch.arange(order))  # means of |R_{i-1}| of normal numbers, nearly

    def extra_repr(self) -> str:
        return f"order={self.order}, bits={self.bits}, dynamic={self.dynamic}"

    def fixed(self) -> Tensor:
        """The factors as fixed-point numbers, (order,), none larger than the one before it; gradients pass through.

        Raises: ModelError where the first is not positive.
        """
        largest = float(self.beta.detach()[0])
        if not largest > 0 or math.isinf(largest):
            must = "the factors of its planes must be positive and finite"
            raise ModelError("ResidualSign", must, f"{largest:g}", "Calibrate it, or train with a smaller rate")
        step = 2.0 ** (math.floor(math.log2(largest)) + 1 - self.bits)
        rounded = (self.beta.detach() / step).round().clamp(1, 2**self.bits - 1)
        rounded = rounded.cummin(0).values * step
        rounded = frozen(rounded)
        return self.beta + (rounded - self.beta.detach()) if self.training else rounded

    def forward(self, x: Tensor) -> Tensor:
        factors = self._means(x) if self.dynamic else list(self.fixed())
        if not self.training:
            return self._planes(x, factors, bipolar)
        total = self._planes(x.detach(), factors, lambda rest, beta: torch.where(rest >= 0, beta, -beta))
        reach = torch.stack([beta.detach() for beta in factors]).sum(0)
        through = x.clamp(-reach, reach)
        return total + (through - through.detach())

    @staticmethod
    def _planes(x: Tensor, factors: list[Tensor], plane_of: Callable[[Tensor, Tensor], Tensor]) -> Tensor:
        """The sum of the planes of `x`."""
        planes = [plane_of(x, factors[0])]
        for beta in factors[1:]:
            x = x - planes[-1].detach()
            planes.append(plane_of(x, beta))
        return sum(planes[1:], planes[0])

    def _means(self, x: Tensor) -> list[Tensor]:
        """The factors of each input of a batch, each (N, 1, ...)."""
        factors, rest, axes = [], x.detach(), tuple(range(1, x.ndim))
        for _ in range(self.order):
            beta = rest.abs().mean(axes, keepdim=True)
            rest = rest - torch.where(rest >= 0, beta, -beta)
            factors.append(beta)
        return factors

    @torch.no_grad()
    def calibrate(self, x: Tensor) -> None:
        """Set the factors to the means of |R_{i-1}| over `x`, rounding as `forward` does between planes."""
        rest = x.detach()
        for index in range(self.order):
            self.beta[index:] = rest.abs().mean()
            beta = self.fixed()[index]
            rest = rest - torch.where(rest >= 0, beta, -beta)


def calibrate(network: nn.Module, images: Iterable[Tensor] | Tensor) -> None:
    """Set the factors of every ResidualSign of `network`, in the order of their use, from its inputs for `images`.

    The network is left static: `dynamic` is turned off.
    """
    batch = images if isinstance(images, Tensor) else torch.cat(list(images))
    training = network.training
    network.eval()
    seen: list[nn.Module] = []

    def first_use(layer: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        if isinstance(layer, ResidualSign) and layer not in seen:
            seen.append(layer)
            layer.dynamic = False
            layer.calibrate(inputs[0])

    layers = [layer for layer in network.modules() if isinstance(layer, ResidualSign)]
    hooks = [layer.register_forward_pre_hook(first_use) for layer in layers]
    with torch.no_grad():
        network(batch)
    for hook in hooks:
        hook.remove()
    network.train(training)


def _binary(weight: Tensor) -> Tensor:
    """alpha * sign(weight), alpha the mean |weight| of each filter (Rastegari et al. 2016, equation 6).

    The gradient is not cut at |w| = 1: weights beyond 1 would never change without clipping in the training loop.
    """
    alpha = weight.detach().abs().mean(tuple(range(1, weight.ndim)), keepdim=True)
    return bipolar(weight, frozen(alpha))


class HORQLinear(nn.Linear):
    """A dense layer of binary weights, alpha * sign(W) with an alpha for each neuron. Behind a `ResidualSign`."""

    def forward(self, x: Tensor) -> Tensor:
        return functional.linear(x, _binary(self.weight), self.bias)


class HORQConv2d(nn.Conv2d):
    """A convolution of binary weights, alpha * sign(W) with an alpha for each filter. Behind a `ResidualSign`.

    A padded pixel adds nothing, in training and in hardware.
    """

    def forward(self, x: Tensor) -> Tensor:
        return cast(Tensor, self._conv_forward(x, _binary(self.weight), self.bias))
