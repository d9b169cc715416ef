"""Low-cost collaborative layers (Dong et al. 2017, "More is Less"): a convolution that a cheap one beside it gates.

The gate z = ReLU(BN(conv(x))) has one channel, so it gives one number of each output pixel, and the layer's output is
conv(x) * z on all channels (equations 1 and 2). Here z has a few levels. Where z is 0 the pixel need not be computed: a
gated matrix-vector unit skips it (`hwgen.hw.kernels.mvtu_gated`).
"""

from __future__ import annotations

from typing import Any

import torch
from brevitas.nn import QuantConv2d, QuantReLU
from brevitas.quant import Int8WeightPerTensorFixedPoint
from torch import Tensor, nn

from hwgen.errors import ConfigError

MOST_GATE_BITS = 3
"""Bits of a gate's code that hardware takes without a multiplier."""


class LCCLConv2d(nn.Module):
    """A convolution times its gate. Quantisers stand before and after it, as with any other convolution.

    Args:
        conv: the convolution to gate, a `brevitas.nn.QuantConv2d` with no bias and one group.
        gate_bits: of the gate's code, 1 to 3.
        gate_kernel: of the gate's convolution: 1, or that of `conv`.
        weight_bits: of the weights of the gate's convolution.
        step: the value of one step of the gate's code; from half a step on the gate opens. A power of two is exact.

    Attributes:
        strength: the mean of the gate in the last training step, for a penalty that closes it (`gate_penalty`).
        open: the share of pixels whose gate was open in the last forward.

    Raises:
        ConfigError: a gate that hardware does not take, or does not give one number for each output pixel.
    """

    def __init__(
        self, conv: Any, *, gate_bits: int = 2, gate_kernel: int = 1, weight_bits: int = 4, step: float = 0.5
    ) -> None:
        super().__init__()
        _check(conv, gate_bits, gate_kernel)
        point = gate_kernel == 1
        self.conv = conv
        self.gate_conv = QuantConv2d(
            conv.in_channels,
            1,
            gate_kernel,
            stride=conv.stride,
            padding=0 if point else conv.padding,
            bias=False,
            weight_quant=Int8WeightPerTensorFixedPoint,
            weight_bit_width=weight_bits,
        )
        self.gate_norm = nn.BatchNorm2d(1)
        nn.init.constant_(self.gate_norm.bias, 2.0)  # training starts with nearly all gates open
        top = step * (2**gate_bits - 1)
        self.gate_act = QuantReLU(bit_width=gate_bits, scaling_impl_type="const", max_val=top)
        self.strength = torch.zeros(())
        self.open = 1.0

    def __getstate__(self) -> dict[str, Any]:
        """Without the tensors of the training step, which torch cannot copy."""
        return {**self.__dict__, "strength": self.strength.detach()}

    def gate(self, x: Tensor) -> Tensor:
        """z, of shape (N, 1, OH, OW)."""
        z: Tensor = self.gate_act(self.gate_norm(self.gate_conv(x)))
        return z

    def forward(self, x: Tensor) -> Tensor:
        """The sums of the convolution times z, (N, C, OH, OW)."""
        z = self.gate(x)
        if self.training:
            self.strength = z.mean()
        if not torch.onnx.is_in_onnx_export():
            self.open = float((z > 0).float().mean())
        found: Tensor = self.conv(x) * z
        return found


def gate_penalty(network: nn.Module) -> Tensor:
    """The sum of the squares of the gates' means in the last training step: a term of the loss that closes gates.

    Squares weigh most on the layer that skips least, which limits the pipeline.
    """
    gates = [part.strength**2 for part in network.modules() if isinstance(part, LCCLConv2d)]
    return torch.stack(gates).sum() if gates else torch.zeros(())


def _check(conv: Any, gate_bits: int, gate_kernel: int) -> None:
    if not 1 <= gate_bits <= MOST_GATE_BITS:
        raise ConfigError("gate_bits", f"must be 1 to {MOST_GATE_BITS}", str(gate_bits), "Give the gate fewer levels")
    if conv.bias is not None or conv.groups != 1:
        found = "a bias" if conv.bias is not None else f"{conv.groups} groups"
        raise ConfigError("conv", "must have no bias and one group", found, "Leave the bias to the batch norm behind")
    size, padding = tuple(conv.kernel_size), tuple(conv.padding)
    if gate_kernel == 1 and padding != tuple((length - 1) // 2 for length in size):
        must = f"must be that of the convolution, {size[0]}, where its padding is not half of it"
        raise ConfigError("gate_kernel", must, f"1 beside padding {padding}", f"Use gate_kernel={size[0]}")
    if gate_kernel not in (1, size[0]) or size[0] != size[1] or tuple(conv.dilation) != (1, 1):
        must = f"must be 1 or that of the convolution, {size[0]}, which is square and not dilated"
        raise ConfigError("gate_kernel", must, str(gate_kernel), "Use 1")
