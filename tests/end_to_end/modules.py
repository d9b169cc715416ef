"""Brevitas modules with statistics of random numbers, and their networks, which agree with them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from torch import nn

import hwgen
from hwgen.ir.graph import Graph
from hwgen.passes.pipeline import integer_network
from tests.frontend.images import outputs, random_codes

Modules = Mapping[str, tuple[Callable[[], nn.Module], tuple[int, ...]]]
"""How each module is made, and the shape of a frame, by name."""


def trained(modules: Modules, name: str) -> tuple[nn.Module, tuple[int, ...]]:
    """A module in evaluation mode with statistics of random numbers, and the shape of a frame."""
    make, shape = modules[name]
    torch.manual_seed(sum(name.encode()))
    module = make()
    for part in module.modules():
        if isinstance(part, nn.BatchNorm1d | nn.BatchNorm2d):
            nn.init.normal_(part.weight)
            nn.init.normal_(part.bias)
    for _ in range(4):
        module(torch.randn(32, *shape))
    return module.eval(), shape


def agreeing(modules: Modules, name: str, codes_of: str, scale: float, frames: int, atol: float = 1e-5) -> Graph:
    """The network of a module, once it agrees with torch on `frames` of random codes of a type."""
    module, shape = trained(modules, name)
    graph = hwgen.load(module, torch.zeros(1, *shape), input_type=codes_of, input_scale=scale)
    codes = random_codes(graph, frames, shape, seed=4)
    with torch.no_grad():
        wanted: Any = module(torch.tensor(codes * scale, dtype=torch.float32))
    wanted = np.asarray(getattr(wanted, "value", wanted)).reshape(len(codes), -1)
    np.testing.assert_allclose(outputs(graph, codes), wanted, rtol=1e-4, atol=atol)
    after = integer_network(graph)
    assert np.array_equal(outputs(after, codes), outputs(graph, codes))
    return after
