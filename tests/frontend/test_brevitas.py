"""What Brevitas users write: layers, norms, shapes and quantisers, each against Brevitas's own forward."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import brevitas.nn as qnn
import numpy as np
import pytest
import torch
from brevitas.quant import Int8ActPerTensorFloat, Int8Bias, Int32Bias, ShiftedUint8ActPerTensorFloat

from hwgen.frontend import load
from hwgen.frontend.brevitas import import_module, load_checkpoint
from hwgen.ir.check import check
from hwgen.ir.graph import Graph
from hwgen.ir.types import IntType
from tests.frontend.brevitas_nets import BipolarAct, TensorNorm, TernaryWeight, activation, linear
from tests.frontend.images import outputs

INT8 = IntType(8, signed=True)


def _agree(net: torch.nn.Module, shape: tuple[int, ...] = (1, 12), scale: float = 1 / 32) -> Graph:
    """Import, run 200 random frames both ways, compare; gives the graph."""
    net(torch.randn(64, *shape[1:]))
    net.eval()
    graph = load(net, torch.zeros(shape), input_type=INT8, input_scale=scale)
    check(graph)
    codes = np.random.default_rng(5).integers(-128, 128, (200, *shape[1:]))
    with torch.no_grad():
        wanted: Any = net(torch.tensor(codes * scale, dtype=torch.float32))
    wanted = np.asarray(getattr(wanted, "value", wanted)).reshape(200, -1)
    np.testing.assert_allclose(outputs(graph, codes), wanted, rtol=1e-4, atol=1e-5)
    return graph


LAYERS = {
    "bias": lambda: [activation("int8"), qnn.QuantLinear(12, 5, bias=True, weight_bit_width=4)],
    "bias_int32": lambda: [
        qnn.QuantLinear(12, 5, bias=True, weight_bit_width=4, input_quant=Int8ActPerTensorFloat, bias_quant=Int32Bias)
    ],
    "bias_int8": lambda: [
        qnn.QuantLinear(12, 5, bias=True, weight_bit_width=4, input_quant=Int8ActPerTensorFloat, bias_quant=Int8Bias)
    ],
    "output_quant": lambda: [
        activation("int4"),
        qnn.QuantLinear(12, 5, bias=True, weight_bit_width=3, output_quant=Int8ActPerTensorFloat),
    ],
    "quant_tensor": lambda: [
        qnn.QuantIdentity(bit_width=4, return_quant_tensor=True),
        qnn.QuantLinear(12, 9, bias=True, bias_quant=Int32Bias, weight_bit_width=4, return_quant_tensor=True),
        qnn.QuantReLU(bit_width=4, return_quant_tensor=True),
        qnn.QuantLinear(9, 5, bias=False, weight_bit_width=4, return_quant_tensor=True),
    ],
    "hard_tanh": lambda: [
        activation("int4"),
        linear("int3", 12, 9, bias=False),
        qnn.QuantHardTanh(bit_width=3, max_val=1.0, min_val=-1.0),
        linear("int3", 9, 5, bias=False),
    ],
    "zero_point": lambda: [
        qnn.QuantIdentity(act_quant=ShiftedUint8ActPerTensorFloat, bit_width=5),
        linear("int3", 12, 9, bias=True),
        qnn.QuantIdentity(act_quant=ShiftedUint8ActPerTensorFloat, bit_width=4),
        linear("int3", 9, 5, bias=True),
    ],
    "tensor_norm": lambda: [
        activation("bipolar"),
        torch.nn.Dropout(0.2),
        linear("bipolar", 12, 9, bias=False),
        torch.nn.BatchNorm1d(9),
        torch.nn.Dropout(0.2),
        activation("bipolar"),
        linear("bipolar", 9, 5, bias=False),
        TensorNorm(),
    ],
    "leaky_relu": lambda: [
        activation("int4"),
        linear("int3", 12, 9, bias=True),
        torch.nn.LeakyReLU(0.125),
        qnn.QuantIdentity(bit_width=4),
        linear("int3", 9, 5, bias=False),
    ],
    "per_channel": lambda: [
        activation("int4"),
        linear("int4", 12, 9, bias=True, per_channel=True),
        torch.nn.BatchNorm1d(9),
        qnn.QuantReLU(bit_width=4),
        linear("int4", 9, 5, bias=True, per_channel=True),
    ],
    "bipolar_output": lambda: [activation("int4"), linear("int3", 12, 1, bias=True), activation("bipolar")],
    "requantised": lambda: [
        activation("int8"),
        activation("int3"),
        qnn.QuantLinear(12, 5, bias=False, weight_bit_width=4, input_quant=Int8ActPerTensorFloat),
    ],
}


@pytest.mark.parametrize("name", LAYERS)
def test_layers_agree_with_brevitas(name: str) -> None:
    torch.manual_seed(len(name))
    _agree(torch.nn.Sequential(*LAYERS[name]()))


def test_ternary_weights_keep_their_own_threshold() -> None:
    torch.manual_seed(0)

    class Wide(TernaryWeight):  # type: ignore[misc]
        threshold = 0.8

    net = torch.nn.Sequential(activation("int4"), qnn.QuantLinear(12, 5, bias=False, weight_quant=Wide))
    _agree(net)


class _Image(torch.nn.Module):
    """A dense network on images, with its own forward and module names."""

    def __init__(self) -> None:
        super().__init__()
        self.quant = qnn.QuantIdentity(act_quant=BipolarAct)
        self.features = torch.nn.ModuleList([linear("bipolar", 48, 9, bias=False), torch.nn.BatchNorm1d(9)])
        self.act = qnn.QuantIdentity(act_quant=BipolarAct)
        self.head = linear("bipolar", 9, 5, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.quant(2.0 * x.view(x.shape[0], -1) - torch.tensor([1.0]))
        for layer in self.features:
            x = layer(x)
        return self.head(self.act(x))


def test_names_and_shapes_of_an_image_network() -> None:
    graph = _agree(_Image(), shape=(1, 3, 4, 4))
    assert graph.name == "image"
    assert [(n.name, n.origin) for n in graph.nodes] == [
        ("input_quant", "quant"),
        ("fc0", "features.0"),
        ("fc0_act", "act"),
        ("fc1", "head"),
    ]


@pytest.mark.parametrize("batch", [1, 7])
def test_flatten_with_any_batch(batch: int) -> None:
    net = torch.nn.Sequential(torch.nn.Flatten(), activation("int4"), linear("int3", 12, 5, bias=True))
    _agree(net, shape=(1, 3, 4))
    graph = import_module(net, torch.zeros(batch, 3, 4), input_type=INT8)
    assert graph.input.type.shape == (12,)


def test_the_users_module_stays_as_it_is() -> None:
    net = torch.nn.Sequential(activation("int4"), linear("int3", 12, 5, bias=True)).train()
    before = {key: value.clone() for key, value in net.state_dict().items()}
    import_module(net, torch.ones(1, 12), input_type=INT8)
    assert net.training
    assert all(torch.equal(value, before[key]) for key, value in net.state_dict().items())
    assert net[0].act_quant.export_handler is None


def test_load_checkpoint(tmp_path: Path) -> None:
    torch.manual_seed(1)
    first, second = (torch.nn.Sequential(linear("int3", 4, 3, bias=True)) for _ in range(2))
    torch.save({"state_dict": first.state_dict(), "epoch": 3}, tmp_path / "net.pt")
    load_checkpoint(tmp_path / "net.pt", second)
    assert torch.equal(first[0].weight, second[0].weight)
