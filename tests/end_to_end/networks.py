"""Random dense networks whose every layer has its own sizes and types, and foldings for them."""

from __future__ import annotations

from typing import Any

import numpy as np

from hwgen.ir.graph import Graph
from hwgen.ir.ops import Activation, MatMul, Op
from hwgen.ir.types import Bipolar, DType, IntType, TensorType
from hwgen.passes.pipeline import integer_network
from tests import builders
from tests.builders import Rng, add_dense, chain, codes_of, random_activation, value

# Bipolar comes up most often: binarised layers are what people build.
WEIGHTS: tuple[DType, ...] = (*[Bipolar()] * 4, *(IntType(bits, signed=True) for bits in (2, 3, 4, 8)))
ACTIVATIONS: tuple[DType, ...] = (
    *[Bipolar()] * 6,
    *(IntType(bits, signed=False) for bits in (1, 2, 4, 12)),
    *(IntType(bits, signed=True) for bits in (2, 3, 8, 9, 14)),
)


def random_dense_network(seed: int, depth: int, largest: int = 24) -> Graph:
    """An imported network of `depth` layers; about half have a quantiser per element in front."""
    rng = np.random.default_rng(seed)
    ops: list[tuple[str, Op, TensorType]] = []
    source = value("x", int(rng.integers(2, largest + 1)), _pick(rng, ACTIVATIONS))
    current = source
    if rng.integers(2):
        current = _activate(rng, ops, "quant", current)
    for layer in range(depth):
        weight_type = _pick(rng, WEIGHTS)
        weights = codes_of(rng, weight_type, (int(rng.integers(2, largest + 1)), current.type.channels))
        current = add_dense(ops, f"fc{layer}", current, weights, weight_type)
        if layer < depth - 1:
            current = _activate(rng, ops, f"act{layer}", current)
    return chain(f"net{seed}", source, *ops)


def _pick(rng: Rng, kinds: tuple[DType, ...]) -> DType:
    return kinds[int(rng.integers(len(kinds)))]


def _activate(rng: Rng, ops, name, source):
    dtype = _pick(rng, ACTIVATIONS)
    spread = max(1.0, (source.type.dtype.max - source.type.dtype.min) / 6)
    output = value(f"{name}_out", source.type.channels, dtype)
    ops.append((name, Activation(random_activation(rng, source.type.channels, spread, dtype)), output.type))
    return output


def random_folding(seed: int, graph: Graph) -> dict[str, dict[str, int]]:
    """PE and SIMD of every matrix of `graph`, dividing or not."""
    rng = np.random.default_rng(seed)
    return {
        node.name: {
            "pe": int(rng.integers(1, node.output.type.channels + 1)),
            "simd": int(rng.integers(1, node.inputs[0].type.channels + 1)),
        }
        for node in graph.nodes
        if isinstance(node.op, MatMul)
    }


def random_case(seed: int) -> tuple[Graph, dict[str, Any], Rng]:
    """A dense network for odd seeds, one on images for even ones; a random folding; a generator for what comes next."""
    rng = np.random.default_rng(seed)
    if seed % 2:
        graph = random_dense_network(seed, depth=1 + seed % 4)
        return graph, dict(random_folding(seed, graph)), rng
    graph = builders.random_image_network(rng)
    wishes = builders.random_folding(rng, integer_network(graph))
    return graph, {name: wish.model_dump(exclude_none=True) for name, wish in wishes.items()}, rng
