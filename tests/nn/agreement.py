"""PyTorch modules against the golden model of what hwgen imports."""

from __future__ import annotations

import numpy as np
import torch

import hwgen
from hwgen.golden.execute import run
from hwgen.ir.graph import Graph
from hwgen.nn.binarynet import ShiftBatchNorm1d, ShiftBatchNorm2d
from hwgen.passes.pipeline import integer_network


def imported(module: torch.nn.Module, shape: tuple[int, ...], scale: float = 1 / 16) -> Graph:
    """The integer network of a module that takes (1, *shape), channels first, in bytes."""
    return integer_network(hwgen.load(module, torch.zeros(1, *shape), input_type="uint8", input_scale=scale))


def frames(shape: tuple[int, ...], seed: int, count: int = 40, largest: int = 16) -> np.ndarray:
    """Random bytes (count, *shape), channels first."""
    return np.random.default_rng(seed).integers(0, largest + 1, (count, *shape), dtype=np.uint8)


def accumulators(graph: Graph, module: torch.nn.Module, codes: np.ndarray, scale: float = 1 / 16) -> np.ndarray:
    """The integers behind the module's own scores for bytes, channels first."""
    with torch.no_grad():
        scores = module.eval()(torch.from_numpy(codes.astype(np.float32)) * np.float32(scale)).numpy()
    found = (scores.astype(np.float64) - graph.decoding.offset) / graph.decoding.scale
    assert np.abs(found - np.rint(found)).max() < 0.02
    return np.rint(found)


def assert_agrees(module: torch.nn.Module, shape: tuple[int, ...], seed: int = 0, count: int = 40) -> Graph:
    """Golden and module give the same integers on random frames, and other frames give others."""
    graph, codes = imported(module, shape), frames(shape, seed, count)
    wanted = accumulators(graph, module, codes)
    last = np.moveaxis(codes, 1, -1).reshape(count, *graph.input.type.shape)
    assert np.array_equal(run(graph, last).reshape(wanted.shape), wanted)
    constant = len(np.unique(wanted, axis=0)) == 1  # a tiny network may give the same for every frame
    assert np.array_equal(run(graph, last[::-1]).reshape(wanted.shape), wanted) == constant
    return graph


def scatter(module: torch.nn.Module, seed: int) -> None:
    """Random weights and batch norms, falling channels among them; with shift-based norms ties too.

    Behind plain batch norm, PyTorch's rounding decides whether a tie is above 0 or below, so there are none.
    """
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for layer in module.modules():
            weight = getattr(layer, "weight", None)
            if weight is None:
                continue
            weight.copy_(torch.randn(weight.shape, generator=generator))
            if hasattr(layer, "running_mean"):
                noise = 0 if isinstance(layer, ShiftBatchNorm1d | ShiftBatchNorm2d) else 0.01
                layer.bias.copy_(torch.randint(-1, 2, layer.bias.shape, generator=generator) / 2)
                layer.running_mean.copy_(torch.randint(-6, 7, layer.bias.shape, generator=generator) / 2 + noise)
                layer.running_var.copy_(torch.rand(layer.bias.shape, generator=generator) * 30 + 1)
