"""Weights are kept in the narrowest integers of their type, and are made of a constant some rows at a time."""

from __future__ import annotations

import numpy as np
import onnx
import pytest

from hwgen.frontend import quantisers
from hwgen.frontend.qonnx import import_qonnx
from hwgen.ir.ops import MatMul
from hwgen.ir.text import digest
from hwgen.ir.types import Bipolar, IntType, narrowest
from tests.frontend.onnx_nets import net, node

BITS = {"one": 1.0, "eight": 8.0, "twelve": 12.0}


def _model(bits: str, scale: np.ndarray) -> onnx.ModelProto:
    """A dense layer of 7 inputs and 5 outputs, the least code of its weights among them."""
    values = np.random.default_rng(1).normal(size=(7, 5)) * 40
    values[0] = -(2.0**11)
    weights = node("BipolarQuant", "w s", "wq") if bits == "one" else node("Quant", "w s z b", "wq")
    layers = [node("Quant", "x i z n", "q"), weights, node("MatMul", "q wq", "y")]
    return net(layers, shape=(1, 7), w=values, s=scale, z=0.0, b=BITS[bits], i=1.0, n=4.0)


@pytest.mark.parametrize("scale", [np.asarray(1.0), np.array([[0.5, 1, 2, 1, 1]])], ids=["one", "each"])
@pytest.mark.parametrize("bits", BITS)
def test_codes_are_narrow_and_the_same_in_parts(bits: str, scale: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = import_qonnx(_model(bits, scale), input_type=IntType(8, signed=True), input_scale=1.0)
    (layer,) = (each.op for each in whole.nodes if isinstance(each.op, MatMul))
    assert layer.weights.dtype == {"one": np.int8, "eight": np.int8, "twelve": np.int16}[bits]
    assert layer.weights.min() == layer.weight_type.min
    monkeypatch.setattr(quantisers, "_AT_ONCE", 8)
    assert digest(import_qonnx(_model(bits, scale), input_type=IntType(8, signed=True), input_scale=1.0)) == digest(
        whole
    )


def test_the_narrowest_integers_of_types() -> None:
    kinds = [narrowest(each) for each in (Bipolar(), IntType(8, True), IntType(8, False), IntType(33, True))]
    assert kinds == [np.int8, np.int8, np.int16, np.int64]
