"""Means over windows of unequal numbers of pixels: every back end agrees with golden, cycles as predicted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import hwgen
from tests.end_to_end.prove import prove
from tests.frontend.onnx_nets import net, node

RNG = np.random.default_rng(0)
NETS: dict[str, tuple[dict[str, Any], tuple[int, ...]]] = {
    "own_pixels": ({"kernel_shape": [3, 3], "strides": [2, 2], "pads": [1, 1, 1, 1]}, (1, 4, 5, 6)),
    "ceil_mode": ({"kernel_shape": [2, 2], "strides": [2, 2], "ceil_mode": 1}, (1, 3, 5, 5)),
    "ceil_mode_of_overlaps": ({"kernel_shape": [3, 2], "strides": [2, 2], "ceil_mode": 1}, (1, 2, 6, 3)),
    "a_signal": ({"kernel_shape": [4], "strides": [3], "pads": [1, 2]}, (1, 3, 13)),
    "every_pixel": ({"kernel_shape": [3, 3], "pads": [1, 1, 1, 1]}, (1, 1, 4, 3)),
    "uneven_padding": ({"kernel_shape": [4, 3], "strides": [3, 1], "pads": [2, 0, 0, 2]}, (1, 6, 7, 4)),
}


def prove_mean(name: str, folder: Path) -> None:
    attributes, shape = NETS[name]
    weights = RNG.integers(-3, 4, (4, shape[1], *(1,) * (len(shape) - 2))).astype(np.float32)
    quant = {"s": np.float32(0.3), "z": np.float32(0), "b": np.float32(4)}
    nodes = [
        node("Conv", "x w", "h"),
        node("AveragePool", "h", "p", **attributes),
        node("Quant", "p s z b", "y", signed=1),
    ]
    path = folder / "net.onnx"
    path.write_bytes(net(nodes, shape=shape, w=weights, **quant).SerializeToString())
    graph = hwgen.load(path, input_type="int5", input_scale=0.25)
    seed = sorted(NETS).index(name)
    prove(hwgen.compile(graph, folding={"pool0_gain": {"pe": (1, 2, 4)[seed % 3]}}), seed, 4, folder)


@pytest.mark.parametrize("name", ["own_pixels"])
def test_means(name: str, tmp_path: Path) -> None:
    prove_mean(name, tmp_path)


@pytest.mark.long
@pytest.mark.parametrize("name", [name for name in NETS if name != "own_pixels"])
def test_all_other_means(name: str, tmp_path: Path) -> None:
    prove_mean(name, tmp_path)
