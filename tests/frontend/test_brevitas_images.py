"""Convolutional networks as Brevitas users write them, each against Brevitas's own forward."""

from __future__ import annotations

from typing import Any

import brevitas.nn as qnn
import numpy as np
import pytest
import torch
from brevitas.quant import Int8WeightPerTensorFloat, ShiftedUint8ActPerTensorFloat, ShiftedUint8WeightPerTensorFloat

from hwgen.frontend import load
from hwgen.ir.check import check
from hwgen.ir.graph import Graph
from hwgen.ir.ops import Concat, Conv, Pool, PoolKind, Sum
from hwgen.ir.types import IntType
from tests.frontend.brevitas_nets import BipolarAct, BipolarWeight, TernaryWeight, activation, linear
from tests.frontend.images import outputs, random_codes
from tests.tiers import tiered

INT8 = IntType(8, signed=True)


def conv(kind: str, inputs: int, outputs: int, kernel: int = 3, *, one: bool = False, **options: Any) -> Any:
    """A QuantConv2d, or QuantConv1d, with weights of `kind`: bipolar, ternary or intN; no bias where none is asked."""
    layer = qnn.QuantConv1d if one else qnn.QuantConv2d
    options = {"bias": False, **options}
    special = {"bipolar": BipolarWeight, "ternary": TernaryWeight}
    if kind in special:
        return layer(inputs, outputs, kernel, weight_quant=special[kind], **options)
    per_channel = options.pop("per_channel", False)
    return layer(
        inputs,
        outputs,
        kernel,
        weight_quant=Int8WeightPerTensorFloat,
        weight_bit_width=int(kind[3:]),
        weight_scaling_per_output_channel=per_channel,
        **options,
    )


def norm(channels: int, *, one: bool = False) -> torch.nn.Module:
    """A batch norm with gammas of both signs and statistics of its own."""
    layer = (torch.nn.BatchNorm1d if one else torch.nn.BatchNorm2d)(channels)
    with torch.no_grad():
        layer.weight.copy_(torch.randn(channels))
        layer.bias.copy_(torch.randn(channels) * 0.3)
    return layer


def off_the_ties(net: torch.nn.Module) -> None:
    """Make activation scales unrelated to the numbers they came from.

    A quantiser whose scale is the largest number of its input by 15 meets numbers half-way between two codes all the
    time; there float32 decides by its rounding errors, and the exact chain otherwise.
    """
    with torch.no_grad():
        for name, value in [*net.named_parameters(), *net.named_buffers()]:
            if name.endswith(("scaling_impl.value", "scaling_impl.buffer")) and "weight_quant" not in name:
                value.mul_(0.9 + 0.2 * torch.rand(()))


def agree(net: torch.nn.Module, shape: tuple[int, ...] = (1, 3, 8, 8), frames: int = 40, seed: int = 5) -> Graph:
    """Import, run random frames both ways, compare; gives the graph."""
    scale = 1 / 32
    net(torch.randn(16, *shape[1:]))
    net.eval()
    off_the_ties(net)
    with torch.no_grad():
        net(torch.randn(2, *shape[1:]))
    graph = load(net, torch.zeros(shape), input_type=INT8, input_scale=scale)
    check(graph)
    codes = random_codes(graph, frames, shape[1:], seed)
    with torch.no_grad():
        wanted: Any = net(torch.tensor(codes * scale, dtype=torch.float32))
    wanted = np.asarray(getattr(wanted, "value", wanted)).reshape(frames, -1)
    np.testing.assert_allclose(outputs(graph, codes), wanted, rtol=1e-4, atol=2e-5)
    return graph


def _flat(channels: int, classes: int = 5, kind: str = "int4") -> list[Any]:
    return [torch.nn.Flatten(), linear(kind, channels, classes, bias=True)]


def _q(bits: int = 4, **options: Any) -> Any:
    return qnn.QuantIdentity(bit_width=bits, return_quant_tensor=True, **options)


def _zero(bits: int) -> Any:
    return qnn.QuantIdentity(act_quant=ShiftedUint8ActPerTensorFloat, bit_width=bits)


NETS: dict[str, Any] = {
    "w1a1": lambda: [
        activation("bipolar"),
        conv("bipolar", 3, 8),
        norm(8),
        activation("bipolar"),
        torch.nn.MaxPool2d(2),
        conv("bipolar", 8, 6),
        norm(6),
        activation("bipolar"),
        *_flat(6, kind="bipolar"),
    ],
    "w1a1_padded": lambda: [
        activation("bipolar"),
        conv("bipolar", 3, 8, padding=1),
        norm(8),
        activation("bipolar"),
        conv("bipolar", 8, 6, padding=1, stride=2),
        norm(6),
        activation("bipolar"),
        *_flat(96, kind="bipolar"),
    ],
    "w1a1_pool_then_norm": lambda: [
        activation("int8"),
        conv("bipolar", 3, 8, padding=1),
        torch.nn.MaxPool2d(2),
        norm(8),
        activation("bipolar"),
        conv("bipolar", 8, 6),
        norm(6),
        torch.nn.MaxPool2d(2),
        activation("bipolar"),
        *_flat(6, kind="bipolar"),
    ],
    "w1a2": lambda: [activation("int8"), conv("bipolar", 3, 8), norm(8), activation("uint2"), conv("bipolar", 8, 4)],
    "w2a2": lambda: [
        activation("int2"),
        conv("ternary", 3, 8, padding=1),
        norm(8),
        activation("uint2"),
        conv("int2", 8, 4, padding=1),
        norm(4),
        activation("int2"),
    ],
    "w4a4": lambda: [
        activation("int4"),
        conv("int4", 3, 8, padding=2, kernel=5, bias=True),
        norm(8),
        activation("uint4"),
        torch.nn.MaxPool2d(2),
        conv("int4", 8, 4, per_channel=True, bias=True),
        activation("uint4"),
        *_flat(16),
    ],
    "per_channel": lambda: [activation("int5"), conv("int3", 3, 8, per_channel=True), norm(8), activation("int4")],
    "depthwise": lambda: [
        activation("int4"),
        conv("int4", 3, 3, padding=1, groups=3, per_channel=True),
        norm(3),
        activation("uint4"),
        conv("int4", 3, 8, kernel=1),
        norm(8),
        activation("uint4"),
        conv("int4", 8, 16, groups=8, bias=True),
        activation("uint4"),
        *_flat(16 * 36),
    ],
    "groups": lambda: [
        activation("int4"),
        conv("int4", 4, 8, groups=2, padding=1, stride=2),
        norm(8),
        activation("uint3"),
        conv("bipolar", 8, 4, groups=4),
    ],
    "dilation": lambda: [
        activation("int4"),
        conv("int3", 3, 4, dilation=2, padding=2, stride=(1, 2)),
        activation("int4"),
    ],
    "kernels": lambda: [
        activation("int4"),
        conv("int3", 3, 4, kernel=(1, 3), padding=(0, 1)),
        activation("int4"),
        conv("int3", 4, 4, kernel=(3, 1), stride=(2, 1)),
        activation("int4"),
    ],
    "weight_zero_point": lambda: [
        activation("int4"),
        qnn.QuantConv2d(3, 4, 3, bias=False, weight_quant=ShiftedUint8WeightPerTensorFloat, weight_bit_width=5),
        activation("uint4"),
        torch.nn.Flatten(),
        qnn.QuantLinear(144, 5, bias=True, weight_quant=ShiftedUint8WeightPerTensorFloat),
    ],
    "zero_point": lambda: [
        _zero(5),
        conv("int3", 3, 4, padding=1, bias=True),
        _zero(4),
        conv("int3", 4, 5, padding=1, stride=2, bias=True),
        torch.nn.ReLU(),
        _zero(3),
        torch.nn.MaxPool2d(2),
        *_flat(20),
    ],
    "pools": lambda: [
        activation("int4"),
        torch.nn.MaxPool2d(3, stride=1, padding=1),
        conv("int4", 3, 4),
        torch.nn.MaxPool2d(3, stride=1, dilation=2),
        activation("uint4"),
        torch.nn.AvgPool2d(2, stride=1),
        activation("uint4"),
        torch.nn.AdaptiveMaxPool2d(1),
    ],
    "avg_padded": lambda: [
        activation("int4"),
        torch.nn.AvgPool2d(3, stride=1, padding=1),
        activation("int5"),
        conv("int3", 3, 4),
        norm(4),
        torch.nn.AvgPool2d(3, stride=3),
        activation("int4"),
        *_flat(16),
    ],
    "avg_of_own_pixels": lambda: [
        activation("int4"),
        torch.nn.AvgPool2d(3, stride=2, padding=1, count_include_pad=False),
        activation("int5"),
        conv("int3", 3, 4),
        norm(4),
        torch.nn.AvgPool2d(2, stride=2, padding=1, ceil_mode=True, count_include_pad=False),
        activation("int4"),
        *_flat(16),
    ],
    "avg_ceil_mode": lambda: [
        activation("int4"),
        torch.nn.AvgPool2d(3, stride=2, ceil_mode=True),
        activation("int5"),
        conv("int3", 3, 4, padding=1),
        torch.nn.AvgPool2d((2, 3), stride=(2, 3), padding=(1, 0), ceil_mode=True),
        activation("int4"),
        *_flat(24),
    ],
    "vgg": lambda: [
        activation("int8"),
        conv("int4", 3, 6, padding=1),
        norm(6),
        activation("uint4"),
        conv("int4", 6, 6, padding=1),
        norm(6),
        activation("uint4"),
        torch.nn.MaxPool2d(2, 2),
        torch.nn.Dropout(),
        conv("int4", 6, 8, padding=1),
        norm(8),
        activation("uint4"),
        torch.nn.AdaptiveAvgPool2d(1),
        activation("uint6"),
        torch.nn.Flatten(),
        linear("int4", 8, 9, bias=False),
        torch.nn.BatchNorm1d(9),
        activation("uint4"),
        linear("int4", 9, 5, bias=True),
    ],
    "hard_tanh_leaky": lambda: [
        activation("int4"),
        conv("int3", 3, 4, bias=True),
        torch.nn.LeakyReLU(0.125),
        torch.nn.MaxPool2d(2),
        qnn.QuantHardTanh(bit_width=3, max_val=1.0, min_val=-1.0),
        conv("int3", 4, 4),
    ],
    "trunc_avg_pool": lambda: [
        _q(4),
        conv("int4", 3, 4, return_quant_tensor=True),
        qnn.QuantReLU(bit_width=4, return_quant_tensor=True),
        qnn.TruncAvgPool2d(2, bit_width=4),
        conv("int4", 4, 4, kernel=1, bias=True),
    ],
    "trunc_avg_pool_floor": lambda: [
        _q(4),
        qnn.TruncAvgPool2d(3, stride=1, bit_width=3, float_to_int_impl_type="floor"),
        conv("int4", 3, 4, kernel=1, bias=True),
    ],
    "trunc_adaptive": lambda: [
        _q(4),
        conv("int4", 3, 4, per_channel=True),
        qnn.QuantReLU(bit_width=5, return_quant_tensor=True),
        qnn.TruncAdaptiveAvgPool2d(1, bit_width=4),
        *_flat(4),
    ],
    "up_to_the_input": lambda: [conv("int4", 3, 4, padding=1), norm(4), activation("int4"), *_flat(256)],
}


# With seed 2 a number of `up_to_the_input` lies 3e-8 from half-way between two codes, less than float32 resolves.
@pytest.mark.parametrize("seed", tiered([0, 1, 3], 1, 3))
@pytest.mark.parametrize("name", NETS)
def test_networks_agree_with_brevitas(name: str, seed: int) -> None:
    torch.manual_seed(100 * seed + len(name))
    channels = 4 if name == "groups" else 3
    agree(torch.nn.Sequential(*NETS[name]()), (1, channels, 8, 8), seed=seed)


ONE: dict[str, Any] = {
    "conv": lambda: [
        activation("int8"),
        conv("int4", 2, 6, one=True, padding=1),
        norm(6, one=True),
        activation("uint4"),
        torch.nn.MaxPool1d(2),
        conv("int4", 6, 4, one=True, dilation=2, stride=3, bias=True),
        activation("uint4"),
        *_flat(4 * 4),
    ],
    "depthwise": lambda: [
        activation("bipolar"),
        conv("bipolar", 2, 4, kernel=5, one=True, padding=2, groups=2),
        norm(4, one=True),
        activation("bipolar"),
        torch.nn.MaxPool1d(4),
    ],
    "averages": lambda: [
        activation("int8"),
        conv("int4", 2, 6, one=True),
        torch.nn.AvgPool1d(2),
        activation("uint4"),
        torch.nn.AdaptiveAvgPool1d(1),
        activation("uint6"),
        *_flat(6),
    ],
}


@pytest.mark.parametrize("name", ONE)
def test_signals_agree_with_brevitas(name: str) -> None:
    torch.manual_seed(len(name))
    graph = agree(torch.nn.Sequential(*ONE[name]()), (1, 2, 32))
    assert graph.input.type.shape == (32, 1, 2)


class _Block(torch.nn.Module):
    """A residual block; the sum's operands share a quantiser. `half` takes every second pixel by a 1x1 convolution."""

    def __init__(self, inputs: int, outputs: int, *, half: bool) -> None:
        super().__init__()
        stride = 2 if half else 1
        self.conv1 = conv("int4", inputs, outputs, padding=1, stride=stride)
        self.bn1, self.relu1 = norm(outputs), qnn.QuantReLU(bit_width=4, return_quant_tensor=True)
        self.conv2, self.bn2 = conv("int4", outputs, outputs, padding=1), norm(outputs)
        self.shared = _q(4)
        self.down = torch.nn.Sequential(conv("int4", inputs, outputs, 1, stride=2), norm(outputs)) if half else None
        self.relu2 = qnn.QuantReLU(bit_width=4, return_quant_tensor=True)

    def forward(self, x: Any) -> Any:
        y = self.shared(self.bn2(self.conv2(self.relu1(self.bn1(self.conv1(x))))))
        x = self.shared(x if self.down is None else self.down(x))
        return self.relu2(x + y)


class _ResNet(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem = torch.nn.Sequential(_q(8), conv("int4", 3, 4, padding=1), norm(4))
        self.relu = qnn.QuantReLU(bit_width=4, return_quant_tensor=True)
        self.blocks = torch.nn.Sequential(_Block(4, 4, half=False), _Block(4, 6, half=True))
        self.pool = qnn.TruncAdaptiveAvgPool2d(1, bit_width=6)
        self.fc = linear("int4", 6, 5, bias=True)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.blocks(self.relu(self.stem(x)))
        x = self.pool(x)
        return self.fc(x.view(x.shape[0], -1))


@pytest.mark.parametrize("seed", tiered(range(3), 1, 2))
def test_a_residual_network(seed: int) -> None:
    torch.manual_seed(seed)
    graph = agree(_ResNet(), (1, 3, 8, 8), seed=seed)
    assert [n.name for n in graph.nodes if isinstance(n.op, Sum)] == ["add0", "add1"]
    assert [n.name for n in graph.nodes if isinstance(n.op, Conv)] == [f"conv{i}" for i in range(6)]
    assert graph.node("conv3").origin == "blocks.1.conv1" and graph.nodes[-1].name == "fc6"


class _Eltwise(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.q = _q(5)
        self.conv = conv("int4", 3, 3, padding=1)
        self.add = qnn.QuantEltwiseAdd(return_quant_tensor=True)
        self.fc = linear("int4", 192, 5, bias=True)

    def forward(self, x: torch.Tensor) -> Any:
        x = self.q(x)
        x = self.add(x, self.conv(x))
        return self.fc(torch.flatten(self.add(x, x), 1))


def test_an_elementwise_addition() -> None:
    torch.manual_seed(3)
    agree(_Eltwise())


class _Dense(torch.nn.Module):
    """Branches of other widths side by side; the head averages over space with `mean`."""

    def __init__(self, *, shared: bool) -> None:
        super().__init__()
        self.q = _q(4)
        self.one, self.two = conv("int4", 3, 4, kernel=1), conv("int4", 3, 2, padding=1)
        self.n1, self.n2 = norm(4), norm(2)
        act = qnn.QuantReLU(bit_width=4, return_quant_tensor=True)
        self.a1, self.a2 = act, act if shared else qnn.QuantReLU(bit_width=3, return_quant_tensor=shared)
        self.requant = _q(4)
        self.last = conv("int4", 6, 4)
        self.head = _q(6)

    def forward(self, x: torch.Tensor) -> Any:
        x = self.q(x)
        one, two = self.a1(self.n1(self.one(x))), self.a2(self.n2(self.two(x)))
        one = one.value if hasattr(one, "value") else one
        two = two.value if hasattr(two, "value") else two
        x = self.requant(torch.cat([one, two], dim=1))
        return self.head(self.last(x).mean([2, 3]))


@pytest.mark.parametrize("shared", [True, False])
def test_branches_side_by_side(shared: bool) -> None:
    torch.manual_seed(4)
    graph = agree(_Dense(shared=shared))
    concat = graph.node("concat0")
    assert isinstance(concat.op, Concat) and concat.output.type.shape == (8, 8, 6)
    pool = graph.node("pool0").op
    assert isinstance(pool, Pool) and pool.kind is PoolKind.SUM


class _Mobile(torch.nn.Module):
    """An inverted residual block in the manner of MobileNet V2."""

    def __init__(self) -> None:
        super().__init__()
        self.q = _q(8)
        self.act = _q(4)
        self.block = torch.nn.Sequential(
            conv("int4", 3, 12, kernel=1, per_channel=True),
            norm(12),
            qnn.QuantReLU(bit_width=4, max_val=6.0),
            conv("int4", 12, 12, padding=1, groups=12, per_channel=True),
            norm(12),
            qnn.QuantReLU(bit_width=4),
            conv("int4", 12, 3, kernel=1),
            norm(3),
            self.act,
        )
        self.last = _q(4)

    def forward(self, x: torch.Tensor) -> Any:
        x = self.act(self.q(x))
        return self.last(torch.nn.functional.avg_pool2d((x + self.block(x)).value, 2))


def test_an_inverted_residual() -> None:
    torch.manual_seed(5)
    graph = agree(_Mobile())
    assert isinstance(graph.node("conv1").op, Conv) and graph.node("conv1").op.is_depthwise


class _Readers(torch.nn.Module):
    """One tensor read by a quantiser, a convolution and a pool."""

    def __init__(self) -> None:
        super().__init__()
        self.q, self.shared = _q(4), _q(5)
        self.conv = conv("int4", 3, 3, padding=1)
        self.out = _q(6)

    def forward(self, x: torch.Tensor) -> Any:
        x = self.q(x)
        pooled = torch.nn.functional.max_pool2d(x.value, 3, 1, 1)
        return self.out(self.shared(self.conv(x)) + self.shared(x) + self.shared(pooled))


def test_a_tensor_with_several_readers() -> None:
    torch.manual_seed(6)
    agree(_Readers())


def test_a_flat_input_becomes_the_image_that_the_first_convolution_sees() -> None:
    torch.manual_seed(7)
    layers = [torch.nn.Unflatten(1, (1, 6, 8)), activation("int4"), conv("int4", 1, 4), activation("int4"), *_flat(96)]
    graph = agree(torch.nn.Sequential(*layers), (1, 48))
    assert graph.input.type.shape == (6, 8, 1)


def test_the_first_dense_layer_takes_its_columns_in_hardware_order() -> None:
    torch.manual_seed(8)

    class Net(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.q, self.conv, self.act = activation("int4"), conv("int4", 3, 4), activation("int4")
            self.fc = linear("int4", 4 * 36, 5, bias=True)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            x = self.act(self.conv(self.q(x)))
            return self.fc(x.permute(0, 3, 1, 2).reshape(x.shape[0], 3, 48).transpose(1, 2).flatten(1))

    agree(Net())


def test_a_dense_layer_at_every_pixel() -> None:
    torch.manual_seed(9)

    class Net(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.q, self.conv, self.act = activation("int4"), conv("int4", 2, 4, one=True), activation("int4")
            self.fc, self.last = linear("int4", 4, 5, bias=True), activation("int4")

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.last(self.fc(self.act(self.conv(self.q(x))).transpose(1, 2))).transpose(1, 2)

    graph = agree(Net(), (1, 2, 16))
    assert graph.node("fc1").output.type.shape == (14, 1, 5)


def test_names_and_origins() -> None:
    torch.manual_seed(10)

    class Net(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.quant = qnn.QuantIdentity(act_quant=BipolarAct)
            self.features = torch.nn.Sequential(
                conv("bipolar", 3, 4), norm(4), qnn.QuantIdentity(act_quant=BipolarAct), torch.nn.MaxPool2d(2)
            )
            self.head = linear("bipolar", 36, 5, bias=False)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.head(self.features(self.quant(x)).flatten(1))

    graph = agree(Net())
    assert [(n.name, n.origin) for n in graph.nodes] == [
        ("input_quant", "quant"),
        ("conv0", "features.0"),
        ("conv0_act", "features.2"),
        ("pool0", "features.3"),
        ("fc1", "head"),
    ]
