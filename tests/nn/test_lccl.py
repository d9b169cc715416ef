"""LCCL layers: their forward pass against the golden model of what they export, their penalty, their limits."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch
from brevitas.nn import QuantConv2d, QuantIdentity, QuantReLU
from brevitas.quant import SignedBinaryActPerTensorConst, SignedBinaryWeightPerTensorConst
from torch import nn

import hwgen
from hwgen.errors import ConfigError
from hwgen.golden.execute import decode
from hwgen.hw.folding import MOST_GATE_BITS as MOST_IN_HARDWARE
from hwgen.nn.lccl import MOST_GATE_BITS, LCCLConv2d, gate_penalty

BINARY = {"bias": False, "weight_quant": SignedBinaryWeightPerTensorConst, "weight_scaling_const": 1.0}


def conv(inputs: int, outputs: int, **options: object) -> QuantConv2d:
    settings = {"kernel_size": 3, "padding": 1, **BINARY, **options}
    return QuantConv2d(inputs, outputs, **settings)


def network(binary: bool, **options: int) -> nn.Sequential:
    """Two gated convolutions, the second with a stride, on an image of 8-bit pixels; trained batch norms."""
    torch.manual_seed(5)

    def codes() -> nn.Module:
        if binary:
            return QuantIdentity(act_quant=SignedBinaryActPerTensorConst, min_val=-1.0, max_val=1.0)
        return QuantReLU(bit_width=2, scaling_impl_type="const", max_val=1.5)

    layers = [
        nn.BatchNorm2d(2),
        codes(),
        LCCLConv2d(conv(2, 5), **options),
        nn.BatchNorm2d(5),
        codes(),
        LCCLConv2d(conv(5, 4, stride=2), **options),
        nn.BatchNorm2d(4),
        codes(),
    ]
    found = nn.Sequential(*layers)
    for _ in range(20):
        found(torch.rand(16, 2, 6, 6))
    return found.eval()


@pytest.mark.parametrize(
    ("binary", "gate"), [(True, (2, 3)), (False, (1, 1)), pytest.param(False, (3, 1), marks=pytest.mark.long)], ids=str
)
def test_forward_is_what_the_golden_model_computes(binary: bool, gate: tuple[int, int]) -> None:
    model = network(binary, gate_bits=gate[0], gate_kernel=gate[1])
    graph = hwgen.load(model, torch.zeros(1, 2, 6, 6), input_type="uint8", input_scale=1 / 256)
    accelerator = hwgen.compile(graph)
    assert len(accelerator.design.gated) == 2
    images = np.random.default_rng(1).integers(0, 256, (100, 6, 6, 2))
    with torch.no_grad():
        scores = model(torch.tensor(images.transpose(0, 3, 1, 2), dtype=torch.float32) / 256).numpy()
    found = decode(accelerator.graph, accelerator.outputs(images).reshape(100, 3, 3, 4))
    np.testing.assert_array_equal(found.transpose(0, 3, 1, 2), scores)
    spared = accelerator.skipping(images)
    assert spared is not None
    opened = [part.open for part in model.modules() if isinstance(part, LCCLConv2d)]
    assert [1 - share for share in spared.shares.values()] == pytest.approx(opened)


def test_the_penalty_closes_gates() -> None:
    torch.manual_seed(0)
    model = nn.Sequential(LCCLConv2d(conv(2, 3)), nn.BatchNorm2d(3), nn.ReLU(), LCCLConv2d(conv(3, 3)))
    optimiser = torch.optim.SGD(model.parameters(), lr=0.5)
    images, strengths = torch.rand(32, 2, 6, 6), []
    for _ in range(12):
        optimiser.zero_grad()
        model(images)
        penalty = gate_penalty(model)
        penalty.backward()
        optimiser.step()
        strengths.append(penalty.item())
    assert strengths[-1] < 0.5 * strengths[0]
    gates = [part for part in model.modules() if isinstance(part, LCCLConv2d)]
    assert strengths[-1] == pytest.approx(sum(gate.strength.item() ** 2 for gate in gates))
    assert all(gate.open < 1 for gate in gates)
    assert gate_penalty(nn.ReLU()) == 0


def test_a_copy_in_the_middle_of_training() -> None:
    model = LCCLConv2d(conv(2, 3))
    model(torch.rand(4, 2, 6, 6))
    twin = copy.deepcopy(model).eval()
    images = torch.rand(4, 2, 6, 6)
    assert torch.equal(twin(images), model.eval()(images))


def test_as_many_bits_as_hardware_takes() -> None:
    assert MOST_GATE_BITS == MOST_IN_HARDWARE


@pytest.mark.parametrize(
    ("layer", "options", "message"),
    [
        ({}, {"gate_bits": 4}, "gate_bits: must be 1 to 3; found 4. Give the gate fewer levels."),
        ({}, {"gate_bits": 0}, "gate_bits: must be 1 to 3; found 0. Give the gate fewer levels."),
        (
            {"bias": True},
            {},
            "conv: must have no bias and one group; found a bias. Leave the bias to the batch norm behind.",
        ),
        (
            {"groups": 2},
            {},
            "conv: must have no bias and one group; found 2 groups. Leave the bias to the batch norm behind.",
        ),
        (
            {"padding": 0},
            {},
            "gate_kernel: must be that of the convolution, 3, where its padding is not half of it; "
            "found 1 beside padding (0, 0). Use gate_kernel=3.",
        ),
        (
            {},
            {"gate_kernel": 5},
            "gate_kernel: must be 1 or that of the convolution, 3, which is square and not dilated; found 5. Use 1.",
        ),
    ],
    ids=["bits", "no bits", "bias", "groups", "padding", "kernel"],
)
def test_what_has_no_gate_in_hardware(layer: dict[str, object], options: dict[str, int], message: str) -> None:
    with pytest.raises(ConfigError) as error:
        LCCLConv2d(conv(2, 4, **layer), **options)
    assert str(error.value) == message
