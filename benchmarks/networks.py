"""Random bipolar networks as QONNX files, for users without trained ones, and the published foldings."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import onnx

WIDTHS = {"tfc": (784, 64, 64, 64, 10), "lfc": (784, 1024, 1024, 1024, 10)}
FOLDINGS = {
    "tfc": ((16, 49), (8, 8), (8, 8), (10, 8)),
    "lfc": ((32, 64), (64, 32), (32, 64), (10, 8)),
    "cnv": ((16, 3), (32, 32), (16, 32), (16, 32), (4, 32), (1, 32), (1, 4), (1, 8), (5, 1)),
}
"""(PE, SIMD) by layer: 64, 512 and 32,768 cycles a frame (Umuroglu et al., FPGA 2017; Blott et al., TRETS 2018)."""

CONVOLUTIONS = {"cnv": 6}
"""Layers that are convolutions; the rest are dense."""

_DOMAIN = "qonnx.custom_op.general"


def write_folding(network: str, folder: Path) -> Path:
    """The published folding of `network` as a file for `hwgen build --folding`."""
    path = folder / f"{network}_folding.json"
    first = CONVOLUTIONS.get(network, 0)
    names = [f"conv{i}" if i < first else f"fc{i}" for i in range(len(FOLDINGS[network]))]
    layers = {name: {"pe": pe, "simd": simd} for name, (pe, simd) in zip(names, FOLDINGS[network], strict=True)}
    path.write_text(json.dumps(layers, indent=2) + "\n", encoding="utf-8", newline="\n")
    return path


def write_network(network: str, folder: Path, seed: int = 0) -> Path:
    """A random `network` (W1A1, batch norms, pixels u / 255 as input) as a QONNX file."""
    import onnx

    path = folder / f"{network}.onnx"
    onnx.save(random_network(WIDTHS[network], seed), str(path))
    return path


def random_network(widths: tuple[int, ...], seed: int) -> onnx.ModelProto:
    """2x - 1 and sign, then weights, batch norm and sign by layer; the last layer ends with its sums, scaled."""
    from onnx import TensorProto, helper, numpy_helper

    rng = np.random.default_rng(seed)
    nodes: list[onnx.NodeProto] = []
    constants: list[onnx.TensorProto] = []

    def constant(name: str, value: np.typing.ArrayLike) -> str:
        constants.append(numpy_helper.from_array(np.asarray(value, dtype=np.float32), name))
        return name

    def node(op: str, inputs: list[str], output: str, domain: str = "") -> str:
        nodes.append(helper.make_node(op, inputs, [output], name=output, domain=domain))
        return output

    one = constant("one", 1.0)
    x = node("Mul", ["pixels", constant("two", 2.0)], "doubled")
    x = node("BipolarQuant", [node("Sub", [x, one], "centred"), one], "input", _DOMAIN)
    for index, (inputs, outputs) in enumerate(pairwise(widths)):
        weights = constant(f"fc{index}_w", rng.choice((-1.0, 1.0), (inputs, outputs)))
        x = node("MatMul", [x, node("BipolarQuant", [weights, one], f"fc{index}_wq", _DOMAIN)], f"fc{index}")
        if index == len(widths) - 2:
            break
        spread = np.sqrt(inputs)
        norm = {
            "gamma": rng.normal(1, 0.5, outputs),
            "beta": rng.normal(0, 0.5, outputs),
            "mean": rng.normal(0, spread, outputs),
            "variance": inputs * rng.uniform(0.5, 1.5, outputs),
        }
        names = [constant(f"fc{index}_{key}", value) for key, value in norm.items()]
        normed = node("BatchNormalization", [x, *names], f"fc{index}_bn")
        x = node("BipolarQuant", [normed, one], f"act{index}", _DOMAIN)
    node("Mul", [x, constant("scale", 1 / 16)], "scores")
    graph = helper.make_graph(
        nodes,
        "random_network",
        [helper.make_tensor_value_info("pixels", TensorProto.FLOAT, (1, widths[0]))],
        [helper.make_tensor_value_info("scores", TensorProto.FLOAT, (1, widths[-1]))],
        constants,
    )
    opsets = [helper.make_opsetid("", 13), helper.make_opsetid(_DOMAIN, 1)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=8)
