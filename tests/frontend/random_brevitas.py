"""Random Brevitas modules as users write them: dense networks, images and signals, with quantisers of every make."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import brevitas.nn as qnn
import numpy as np
import torch
from brevitas import quant
from brevitas.core.restrict_val import RestrictValueType
from brevitas.core.scaling import ScalingImplType

from tests.frontend.brevitas_nets import BipolarAct, BipolarWeight, TernaryWeight

Rng = np.random.Generator

ROUNDINGS = ("ROUND", "ROUND", "ROUND", "FLOOR", "CEIL", "ROUND_TO_ZERO")
WEIGHTS: tuple[Any, ...] = (
    BipolarWeight,
    quant.SignedBinaryWeightPerTensorConst,
    TernaryWeight,
    quant.SignedTernaryWeightPerTensorConst,
    quant.Int8WeightPerTensorFloat,
    quant.Int8WeightPerTensorFloat,
    quant.Int8WeightPerChannelFloat,
    quant.Int8WeightPerTensorFixedPoint,
    quant.Int8WeightNormL2PerChannelFixedPoint,
)
SIGNED_ACTS: tuple[Any, ...] = (
    BipolarAct,
    quant.SignedBinaryActPerTensorConst,
    quant.SignedTernaryActPerTensorConst,
    quant.Int8ActPerTensorFloat,
    quant.Int8ActPerTensorFloat,
    quant.Int8ActPerTensorFixedPoint,
    quant.ShiftedUint8ActPerTensorFloat,
    quant.ShiftedUint8ActPerTensorFixedPoint,
)
UNSIGNED_ACTS: tuple[Any, ...] = (
    quant.Uint8ActPerTensorFloat,
    quant.Uint8ActPerTensorFloat,
    quant.Uint8ActPerTensorFixedPoint,
)
ACT_BITS = (*range(2, 9), *range(2, 9), 10, 12, 16)
FIXED = (BipolarWeight, BipolarAct, TernaryWeight)
"""Quantisers whose bits, scale and rounding are their own."""


def pick(rng: Rng, some: Sequence[Any]) -> Any:
    return some[int(rng.integers(len(some)))]


class Residual(torch.nn.Module):
    """x + f(x), or x - f(x), both through one quantiser."""

    def __init__(self, shared: torch.nn.Module, body: torch.nn.Module, *, minus: bool) -> None:
        super().__init__()
        self.shared, self.body, self.minus = shared, body, minus

    def forward(self, x: Any) -> Any:
        x = self.shared(x)
        y = self.shared(self.body(x))
        return x.value - y.value if self.minus else x + y


class EltwiseAdd(torch.nn.Module):
    """x + f(x) by Brevitas's own layer."""

    def __init__(self, body: torch.nn.Module, **options: Any) -> None:
        super().__init__()
        self.body, self.add = body, qnn.QuantEltwiseAdd(**options)

    def forward(self, x: Any) -> Any:
        return self.add(x, self.body(x))


class Side(torch.nn.Module):
    """Branches side by side."""

    def __init__(self, first: torch.nn.Module, second: torch.nn.Module, shared: torch.nn.Module) -> None:
        super().__init__()
        self.first, self.second, self.shared = first, second, shared

    def forward(self, x: Any) -> Any:
        return torch.cat([self.shared(self.first(x)), self.shared(self.second(x))], dim=1)


class Plain(torch.nn.Module):
    """The numbers of a quantised tensor alone."""

    def forward(self, x: Any) -> Any:
        return getattr(x, "value", x)


FUNCTIONS = (
    *(torch.nn.Tanh, torch.nn.Sigmoid, torch.nn.ELU, torch.nn.SELU, torch.nn.CELU, torch.nn.GELU, torch.nn.SiLU),
    *(torch.nn.Hardswish, torch.nn.Hardsigmoid, torch.nn.Softplus, torch.nn.Mish, torch.nn.Softsign),
    *(torch.nn.LogSigmoid, torch.nn.Hardshrink, torch.nn.Softshrink, torch.nn.Tanhshrink),
    lambda: torch.nn.Threshold(0.25, -0.5),
    lambda: torch.nn.LeakyReLU(-0.5),
    lambda: torch.nn.PReLU(1, -0.75),
)
"""Activations of floats, in front of a quantiser."""


class Maker:
    """Draws the layers of one network; `kind` is dense, image or signal."""

    def __init__(self, rng: Rng, kind: str) -> None:
        self.rng, self.kind, self.tensors = rng, kind, bool(rng.integers(2))

    def weight_options(self) -> dict[str, Any]:
        """A weight quantiser and its keywords."""
        rng, maker = self.rng, pick(self.rng, WEIGHTS)
        if rng.random() < 0.02:
            maker = quant.ShiftedUint8WeightPerTensorFloat
        options: dict[str, Any] = {"weight_quant": maker}
        if maker in FIXED or "ary" in maker.__name__:
            return options
        options["weight_bit_width"] = int(rng.integers(2, 9))
        options["weight_float_to_int_impl_type"] = pick(rng, ROUNDINGS)
        if "Shifted" not in maker.__name__:
            options["weight_narrow_range"] = bool(rng.integers(2))
        if maker is quant.Int8WeightPerTensorFloat and rng.random() < 0.4:
            options["weight_scaling_per_output_channel"] = True
        return options

    def layer_options(self) -> dict[str, Any]:
        """Keywords of a layer with weights, its bias among them."""
        rng, options = self.rng, self.weight_options()
        options["bias"] = bool(rng.integers(2))
        if options["bias"] and rng.random() < 0.5:
            options["bias_quant"] = pick(
                rng, (quant.Int32Bias, quant.Int16Bias, quant.Int8Bias, quant.Int8BiasPerTensorFloatInternalScaling)
            )
            options["input_quant"] = quant.Int8ActPerTensorFloat
        elif rng.random() < 0.1:
            options["input_quant"] = quant.Int8ActPerTensorFloat
        if rng.random() < 0.1:
            options["output_quant"] = quant.Int8ActPerTensorFloat
        options["return_quant_tensor"] = self.tensors and "output_quant" in options
        return options

    def act_options(self, maker: Any) -> dict[str, Any]:
        """Keywords of an activation quantiser."""
        rng = self.rng
        options: dict[str, Any] = {"act_quant": maker, "return_quant_tensor": self.tensors}
        if maker in FIXED or "ary" in maker.__name__:
            if "PerTensorConst" in maker.__name__:
                options |= {"min_val": -1.0, "max_val": 1.0}
            return options
        options["bit_width"] = pick(rng, ACT_BITS)
        options["float_to_int_impl_type"] = pick(rng, ROUNDINGS)
        if maker is quant.Int8ActPerTensorFloat:
            options["narrow_range"] = bool(rng.integers(2))
        if rng.random() < 0.2 and "Float" in maker.__name__ and "Shifted" not in maker.__name__:
            options |= {
                "scaling_impl_type": ScalingImplType.CONST,
                "max_val": float(rng.uniform(0.3, 4)),
                "restrict_scaling_type": pick(rng, (RestrictValueType.FP, RestrictValueType.POWER_OF_TWO)),
            }
            if maker is quant.Int8ActPerTensorFloat:
                options["min_val"] = -options["max_val"]
        return options

    def act(self, channels: int) -> list[torch.nn.Module]:
        """An activation, perhaps with a float function in front."""
        rng = self.rng
        front = pick(rng, ("none", "none", "none", "relu", "leaky", "hardtanh", "dropout", "function", "function"))
        made: list[torch.nn.Module] = {
            "none": list,
            "relu": lambda: [Plain(), torch.nn.ReLU()],
            "leaky": lambda: [Plain(), torch.nn.LeakyReLU(float(pick(rng, (0.125, 0.01))))],
            "hardtanh": lambda: [Plain(), torch.nn.Hardtanh(-0.8, 1.3)],
            "dropout": lambda: [torch.nn.Dropout(0.2)],
            "function": lambda: [Plain(), pick(rng, FUNCTIONS)()],
        }[front]()
        kind = pick(rng, ("identity", "identity", "relu", "relu", "hardtanh", "one_bit"))
        match kind:
            case "identity":
                made.append(qnn.QuantIdentity(**self.act_options(pick(rng, SIGNED_ACTS))))
            case "relu":
                made.append(qnn.QuantReLU(**self.act_options(pick(rng, UNSIGNED_ACTS))))
            case "hardtanh":
                limit = float(rng.uniform(0.5, 2))
                bits = int(rng.integers(2, 9))
                made.append(
                    qnn.QuantHardTanh(bit_width=bits, min_val=-limit, max_val=limit, return_quant_tensor=self.tensors)
                )
            case _:
                made.append(qnn.QuantReLU(bit_width=1, return_quant_tensor=self.tensors))
        return made

    def norm(self, channels: int) -> list[torch.nn.Module]:
        """Perhaps a batch norm with gammas of both signs, some of them 0, and statistics of its own."""
        if self.rng.random() < 0.4:
            return []
        layer = (torch.nn.BatchNorm2d if self.kind == "image" else torch.nn.BatchNorm1d)(channels)
        with torch.no_grad():
            layer.weight.copy_(torch.randn(channels) * (torch.rand(channels) > 0.05))
            layer.bias.copy_(torch.randn(channels) * 0.3)
        return [Plain(), layer]

    def linear(self, inputs: int, outputs: int) -> torch.nn.Module:
        return qnn.QuantLinear(inputs, outputs, **self.layer_options())

    def conv(self, inputs: int, outputs: int, *, same: bool = False) -> torch.nn.Module:
        """A convolution; `same` keeps the size."""
        rng = self.rng
        layer = qnn.QuantConv2d if self.kind == "image" else qnn.QuantConv1d
        kernel = 3 if same else int(pick(rng, (1, 2, 3, 3)))
        options = self.layer_options()
        options["padding"] = kernel // 2 if same or rng.random() < 0.5 else 0
        if not same:
            options["stride"] = int(pick(rng, (1, 1, 1, 2)))
        divisors = [n for n in range(1, inputs + 1) if inputs % n == 0 and outputs % n == 0]
        options["groups"] = int(pick(rng, (1, 1, *divisors)))
        return layer(inputs, outputs, kernel, **options)

    def pool(self) -> list[torch.nn.Module]:
        """Perhaps a pool; averages want a quantiser behind them."""
        rng, one = self.rng, self.kind == "signal"
        match pick(rng, ("none", "none", "max", "max_padded", "average", "trunc")):
            case "max":
                return [(torch.nn.MaxPool1d if one else torch.nn.MaxPool2d)(2)]
            case "max_padded":
                return [
                    (torch.nn.MaxPool1d if one else torch.nn.MaxPool2d)(3, stride=int(pick(rng, (1, 2))), padding=1)
                ]
            case "average":
                return [Plain(), (torch.nn.AvgPool1d if one else torch.nn.AvgPool2d)(2), *self.act(0)]
            case "trunc" if self.tensors and not one:
                rounding = pick(rng, ("FLOOR", "ROUND"))
                return [qnn.TruncAvgPool2d(2, bit_width=int(rng.integers(2, 6)), float_to_int_impl_type=rounding)]
            case _:
                return []

    def shared(self) -> torch.nn.Module:
        """A quantiser for the ends of branches."""
        return qnn.QuantIdentity(bit_width=int(self.rng.integers(2, 7)), return_quant_tensor=True)


def dense_layers(make: Maker, inputs: int) -> list[torch.nn.Module]:
    """One to three dense layers."""
    rng, layers, size = make.rng, list[torch.nn.Module](), inputs
    depth = int(rng.integers(1, 4))
    for index in range(depth):
        outputs = int(rng.integers(2, 12))
        if rng.random() < 0.15:
            body = torch.nn.Sequential(make.linear(size, size), *make.norm(size))
            layers += [Residual(make.shared(), body, minus=rng.random() < 0.1), *make.act(size)]
        layers += [make.linear(size, outputs), *make.norm(outputs)]
        size = outputs
        if index < depth - 1 or rng.random() < 0.4:
            layers += make.act(size)
    return layers


def image_layers(make: Maker, channels: int) -> tuple[list[torch.nn.Module], int]:
    """One or two blocks of convolutions, and their channels."""
    rng, layers = make.rng, list[torch.nn.Module]()
    for _ in range(int(rng.integers(1, 3))):
        outputs = int(rng.integers(1, 7))
        match pick(rng, ("plain", "plain", "plain", "residual", "add", "side")):
            case "residual":
                body = torch.nn.Sequential(make.conv(channels, channels, same=True), *make.norm(channels))
                layers += [Residual(make.shared(), body, minus=rng.random() < 0.1), *make.act(channels)]
            case "add" if make.tensors:
                body = torch.nn.Sequential(make.conv(channels, channels, same=True), *make.norm(channels))
                layers += [EltwiseAdd(body, return_quant_tensor=True)]
            case "side":
                first = torch.nn.Sequential(make.conv(channels, 2, same=True), *make.norm(2))
                second = torch.nn.Sequential(make.conv(channels, 3, same=True), *make.norm(3))
                layers += [Side(first, second, make.shared())]
                channels = 5
            case _:
                pass
        early = rng.random() < 0.3
        pool = make.pool()
        layers += [make.conv(channels, outputs), *(pool if early else []), *make.norm(outputs), *make.act(outputs)]
        layers += [] if early else pool
        channels = outputs
    return layers, channels


def random_module(seed: int) -> tuple[torch.nn.Module, tuple[int, ...]]:
    """A module in evaluation mode with statistics of random numbers, and the shape of a frame.

    Layers that do not fit one another, as torch or Brevitas says, are drawn again.
    """
    for attempt in range(20):
        rng = np.random.default_rng([seed, attempt])
        torch.manual_seed(1000 * attempt + seed)
        try:
            return _drawn(rng)
        except (RuntimeError, AssertionError):
            continue
    raise AssertionError(f"seed {seed} draws no network that runs")


def _drawn(rng: Rng) -> tuple[torch.nn.Module, tuple[int, ...]]:
    kind = pick(rng, ("dense", "image", "image", "signal"))
    make = Maker(rng, kind)
    front = make.act(0) if rng.random() < 0.8 else []
    if kind == "dense":
        shape: tuple[int, ...] = (int(rng.integers(2, 17)),)
        net = torch.nn.Sequential(*front, *dense_layers(make, shape[0]))
    else:
        channels = int(rng.integers(1, 5))
        shape = (channels, 8, 8) if kind == "image" else (channels, 24)
        body, channels = image_layers(make, channels)
        net = torch.nn.Sequential(*front, *body)
        if rng.random() < 0.6:
            with torch.no_grad():
                elements = int(np.prod(value_of(net(torch.randn(2, *shape))).shape[1:]))
            net = torch.nn.Sequential(*net, torch.nn.Flatten(), *dense_layers(Maker(rng, "dense"), elements))
    net.train()
    net(torch.randn(64, *shape))
    net.eval()
    if rng.random() < 0.5:
        _off_the_ties(net)
    with torch.no_grad():
        net(torch.randn(2, *shape))
    return net, shape


def value_of(output: Any) -> torch.Tensor:
    value: torch.Tensor = getattr(output, "value", output)
    return value


def _off_the_ties(net: torch.nn.Module) -> None:
    """Make scales of activations unrelated to the numbers that they came from."""
    with torch.no_grad():
        for name, value in [*net.named_parameters(), *net.named_buffers()]:
            if name.endswith(("scaling_impl.value", "scaling_impl.buffer")) and "weight_quant" not in name:
                value.mul_(0.9 + 0.2 * torch.rand(()))
