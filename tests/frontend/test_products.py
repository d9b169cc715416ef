"""Tensors times one number for each pixel (the gate of LCCL, the K of XNOR-Net), or times a tensor of their shape."""

from __future__ import annotations

import brevitas.nn as qnn
import numpy as np
import pytest
import torch

from hwgen.errors import ModelError
from hwgen.frontend.qonnx import import_qonnx
from hwgen.ir.ops import Scale
from hwgen.ir.types import IntType
from tests.frontend.brevitas_nets import activation
from tests.frontend.onnx_nets import net, node
from tests.frontend.test_brevitas_images import agree as agree_with_torch
from tests.frontend.test_brevitas_images import conv
from tests.frontend.test_image_operators import LAST, QUANT, SHAPE, agree

RNG = np.random.default_rng(8)
W = RNG.integers(-3, 4, (5, 4, 3, 3)).astype(np.float32)
GATE = RNG.integers(-1, 2, (1, 4, 3, 3)).astype(np.float32)
CONVS = (
    node("Conv", "x w", "h", name="conv", pads=[1, 1, 1, 1]),
    node("Conv", "x g", "i", name="gate", pads=[1, 1, 1, 1]),
    node("Quant", "i s z b", "k", name="few", signed=0, narrow=0),
)


@pytest.mark.parametrize("operands", ["h k", "k h"])
def test_a_convolution_times_its_gate(operands: str) -> None:
    graph = agree(net([*CONVS, node("Mul", operands, "e"), LAST], shape=SHAPE, w=W, g=GATE, **QUANT))
    node_ = graph.node("scale0")
    assert isinstance(node_.op, Scale) and [value.type.channels for value in node_.inputs] == [5, 1]


class Gated(torch.nn.Module):
    """A gated linear unit: values times quantised sigmoids of another layer."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.same = activation("int4")
        self.values = torch.nn.Sequential(conv("int4", 3, 5, padding=1), activation("int5"))
        gate = (
            qnn.QuantSigmoid(bit_width=4)
            if kind == "sigmoid"
            else qnn.QuantHardTanh(bit_width=4, max_val=1.0, min_val=-1.0)
        )
        self.gates = torch.nn.Sequential(conv("int4", 3, 5, padding=1), gate)
        self.last = torch.nn.Sequential(activation("int4"), conv("int3", 5, 2))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.same(x)
        return self.last(self.values(x) * self.gates(x))


@pytest.mark.parametrize("kind", ["sigmoid", "tanh"])
@pytest.mark.parametrize("seed", range(3))
def test_gated_layers_agree_with_brevitas(kind: str, seed: int) -> None:
    torch.manual_seed(seed)
    graph = agree_with_torch(Gated(kind), (1, 3, 5, 4 + seed), seed=seed)
    assert [each.inputs[1].type.channels for each in graph.nodes if isinstance(each.op, Scale)] == [5]


@pytest.mark.parametrize(
    ("behind", "message"),
    [
        (
            [node("Mul", "h x", "j", name="times"), node("Mul", "j k", "e"), LAST],
            "times (Mul): all its operands must have one shape; "
            f"found {(1, 5, *SHAPE[2:])} from conv0 (conv) and {SHAPE} from the network's input. "
            "Bring both to one shape.",
        ),
        (
            [node("Add", "h c", "d"), node("Mul", "d k", "e", name="times"), LAST],
            "times (Mul): its operands must be products or quantised, 0 standing for 0; "
            "found an offset or an activation function after conv0 (conv). "
            "Leave out the bias and the batch norm before the product, or quantise.",
        ),
    ],
    ids=["channels", "offset"],
)
def test_what_cannot_be_multiplied(behind: list[object], message: str) -> None:
    model = net([*CONVS, *behind], shape=SHAPE, w=W, g=GATE, c=np.float32(1), **QUANT)
    with pytest.raises(ModelError) as error:
        import_qonnx(model, input_type=IntType(5, signed=True))
    assert str(error.value) == message
