"""Codes of many bits, and of few by lines: torch or the reference executor agrees with golden, and golden with all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import brevitas.nn as qnn
import numpy as np
import onnx
import pytest
from brevitas.quant import Int8WeightPerChannelFloat
from onnx import numpy_helper
from torch import nn

import hwgen
from hwgen.hw.kernels.mvtu import MvtuUnit
from hwgen.hw.kernels.search import SearchUnit
from hwgen.ir.graph import Graph
from hwgen.ir.ops import Threshold
from hwgen.ir.types import IntType
from tests.builders import random_folding
from tests.end_to_end.modules import agreeing
from tests.end_to_end.prove import prove
from tests.frontend.judge import agreement
from tests.frontend.onnx_nets import net, node
from tests.tiers import some, tiered


def relu(bits: int) -> nn.Module:
    return qnn.QuantReLU(bit_width=bits)


def quantised(bits: int) -> nn.Module:
    return qnn.QuantIdentity(bit_width=bits)


def dense(inputs: int, outputs: int, bits: int) -> nn.Module:
    return qnn.QuantLinear(inputs, outputs, bias=True, weight_bit_width=bits, weight_quant=Int8WeightPerChannelFloat)


def perceptron(bits: int, weights: int, activation: Callable[[int], nn.Module] = relu) -> nn.Module:
    """Two dense layers with scales of their own for each output, batch norm with falling channels between them."""
    hidden = [dense(9, 7, weights), nn.BatchNorm1d(7), activation(bits)]
    return nn.Sequential(quantised(bits), *hidden, dense(7, 4, weights))


def autoencoder(bits: int) -> nn.Module:
    sizes = ((12, 6), (6, 3), (3, 6))
    layers = [layer for shape in sizes for layer in (dense(*shape, bits), relu(bits))]
    return nn.Sequential(quantised(bits), *layers, dense(6, 12, bits))


def images(bits: int) -> nn.Module:
    convs = [
        *(qnn.QuantConv2d(2, 4, 3, padding=1, bias=False, weight_bit_width=bits), nn.BatchNorm2d(4), relu(bits)),
        *(nn.MaxPool2d(2), qnn.QuantConv2d(4, 3, 3, bias=True, weight_bit_width=bits), relu(bits)),
    ]
    return nn.Sequential(quantised(bits), *convs, nn.Flatten(), dense(3, 3, bits))


def signals(bits: int) -> nn.Module:
    """A depthwise convolution."""
    conv = qnn.QuantConv1d(3, 3, 3, padding=1, groups=3, bias=True, weight_bit_width=8)
    return nn.Sequential(quantised(bits), conv, relu(bits), nn.MaxPool1d(2), nn.Flatten(), dense(12, 3, 6))


def tanh(bits: int) -> nn.Module:
    return qnn.QuantTanh(bit_width=bits)


def leaky(bits: int) -> nn.Module:
    return nn.Sequential(nn.LeakyReLU(0.1), quantised(bits))


MODULES: dict[str, tuple[Callable[[], nn.Module], tuple[int, ...]]] = {
    "w8a9": (lambda: perceptron(9, 8), (9,)),
    "w8a10_tanh": (lambda: perceptron(10, 8, tanh), (9,)),
    "w4a10_leaky": (lambda: perceptron(10, 4, leaky), (9,)),
    "w12a12_images": (lambda: images(12), (2, 6, 6)),
    "w14a14_autoencoder": (lambda: autoencoder(14), (12,)),
    "w16a16": (lambda: perceptron(16, 16), (9,)),
    "a11_signals": (lambda: signals(11), (3, 8)),
    "w8a5": (lambda: perceptron(5, 8), (9,)),
    "w5a5_images": (lambda: images(5), (2, 6, 6)),
}


def loaded(name: str) -> Graph:
    """The network of a module, once it agrees with torch on random codes."""
    return agreeing(MODULES, name, "int16", 2.0**-13, 200, 2e-3 if "tanh" in name else 1e-5)


@pytest.mark.parametrize(
    "name",
    tiered(
        MODULES,
        *("w8a9", "w4a10_leaky", "w8a10_tanh", "w12a12_images", "w14a14_autoencoder", "a11_signals", "w8a5"),
        "w5a5_images",
    ),
)
def test_every_back_end(name: str, tmp_path: Path) -> None:
    graph = loaded(name)
    lines = [isinstance(each.op, Threshold) and each.op.line is not None for each in graph.nodes]
    assert sum(lines) == sum(isinstance(each.op, Threshold) for each in graph.nodes) or "a10" in name
    wishes = random_folding(np.random.default_rng(len(name)), graph)
    folding = {layer: wish.model_dump(exclude_none=True) for layer, wish in wishes.items()}
    design = hwgen.compile(graph, folding=folding)
    found = [unit for unit in design.design.units if isinstance(unit, SearchUnit)]
    assert len(found) == (10 if "a10" in name else 5 if name == "w5a5_images" else 0)
    prove(design, len(name), 4, tmp_path)


def scaled(accelerator: hwgen.Accelerator) -> list[str]:
    """The units whose codes are products."""
    activations = {unit.name: getattr(unit, "activation", None) for unit in accelerator.design.units}
    return [name for name, each in activations.items() if each and each.scaling and each.scaling.multiplies]


@pytest.mark.parametrize("name", tiered(["w8a5", "w5a5_images"], "w8a5"))
def test_few_bits_by_a_line_or_without_blocks(name: str, tmp_path: Path) -> None:
    """A line where it takes less than thresholds and their memory; thresholds where there are no blocks for it."""
    graph = loaded(name)
    layers = [layer for layer in hwgen.compile(graph).folding if layer[:2] in ("co", "fc")]
    folding = {layer: {"pe": 1} for layer in layers}
    lines = hwgen.compile(graph, folding=folding)
    none = hwgen.compile(graph, folding=folding, max_dsp=0)
    assert scaled(lines) and not scaled(none)
    assert lines.estimate().resources.dsp > none.estimate().resources.dsp
    for index, design in enumerate(some((lines, none), 2)):
        prove(design, index, 4, tmp_path / str(index))


W = np.asarray([[1, -1, 2], [0, 3, -2], [-3, 1, 1], [2, 0, -1]], dtype=np.float32)
INT16 = IntType(16, signed=True)


def ties() -> onnx.ModelProto:
    """Scales that are powers of two: every other code of the input is in the middle between two codes behind it."""
    quantisers = [
        node("Quant", "x s z b", "q0", signed=1, narrow=0),
        node("MatMul", "q0 w", "h", name="dense"),
        node("Quant", "h t z b", "q1", signed=1, narrow=0),
        node("MatMul", "q1 v", "y", name="end"),
    ]
    scales = {"s": np.float32(2**-7), "t": np.float32(2**-5), "z": np.float32(0), "b": np.float32(12)}
    return net(quantisers, w=W, v=W[:3], **scales)


def qdq() -> onnx.ModelProto:
    """uint16 with a zero point, as ONNX has it from opset 21 on."""
    nodes = [
        *(node("QuantizeLinear", "x s z", "a"), node("DequantizeLinear", "a s z", "ar")),
        *(node("MatMul", "ar w", "h"), node("Relu", "h", "r"), node("QuantizeLinear", "r t z", "c")),
        *(node("DequantizeLinear", "c t z", "cr"), node("MatMul", "cr v", "y")),
    ]
    model = net(nodes, opset=21, w=W, v=W[:3])
    given = {"s": np.float32(0.003), "t": np.float32(0.0011), "z": np.uint16(32768)}
    model.graph.initializer.extend(numpy_helper.from_array(np.asarray(value), name) for name, value in given.items())
    return model


FILES = {"ties": ties, "qdq": qdq}


@pytest.mark.parametrize("name", tiered(FILES, "qdq"))
def test_files(name: str, tmp_path: Path) -> None:
    model = FILES[name]()
    assert agreement(model, INT16, 2.0**-8) == ""
    path = tmp_path / "net.onnx"
    path.write_bytes(model.SerializeToString())
    graph = hwgen.load(path, input_type="int16", input_scale=2.0**-8)
    design = hwgen.compile(graph, folding={"fc0": {"pe": 2, "simd": 2}})
    lines = [unit.activation.scaling for unit in design.design.units if isinstance(unit, MvtuUnit) and unit.activation]
    assert [line is not None and line.to_even for line in lines] == [name == "ties"]
    prove(design, 3, 4, tmp_path)
