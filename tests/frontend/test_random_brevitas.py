"""Random Brevitas modules against their own forward pass and against the executor of their QONNX export.

Each is exact in the model's order, or refused with a ModelError. A frame may differ only where float32 itself cannot
tell which code a quantiser gives (`float_limits.py`).
"""

from __future__ import annotations

import os
import secrets
from collections import Counter
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import pytest
import torch

from hwgen.errors import ModelError
from hwgen.frontend.brevitas import export
from hwgen.frontend.qonnx import import_qonnx
from hwgen.golden.execute import run
from hwgen.ir.check import check
from hwgen.ir.graph import Graph
from hwgen.ir.types import IntType
from hwgen.nn import prepare_torch
from hwgen.passes.pipeline import integer_network
from tests.frontend.float_limits import doubtful_frames
from tests.frontend.images import random_codes, to_hardware
from tests.frontend.onnx_nets import execute
from tests.frontend.random_brevitas import random_module, value_of

Array = npt.NDArray[Any]
INT8, SCALE = IntType(8, signed=True), 1 / 32
FRAMES, EXECUTED = 40, 6
"""Frames of a network that the module runs, and those of them that the executor runs, a frame a call."""


def differences(graph: Graph, codes: Array, wanted: Array, found: Array) -> tuple[int, int]:
    """Frames that differ from `wanted` with no reason, and those that differ where float32 cannot tell."""
    scale = float(np.abs(graph.decoding.scale).min())
    limit = max(0.3 * scale, 2e-6 * float(np.abs(wanted).max()))
    differs = (np.abs(found - wanted) > limit).reshape(len(wanted), -1).any(axis=1)
    if not differs.any():
        return 0, 0
    doubtful = doubtful_frames(graph, codes)
    return int((differs & ~doubtful).sum()), int((differs & doubtful).sum())


def _spelt_out(model: onnx.ModelProto) -> onnx.ModelProto:
    """The model with the rounding mode that Brevitas calls ROUND_TO_ZERO by QONNX's name for it, DOWN."""
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    for attribute in (each for node in copy.graph.node for each in node.attribute):
        if attribute.s == b"ROUND_TO_ZERO":
            attribute.s = b"DOWN"
    return copy


def judge(seed: int) -> tuple[str, int]:
    """What becomes of the network of a seed, exact or refused, and how many frames float32 decides otherwise."""
    prepare_torch()
    net, shape = random_module(seed)
    try:
        model = export(net, torch.zeros(1, *shape), "random")
        graph = import_qonnx(model, name="random", input_type=INT8, input_scale=SCALE)
        check(graph)
        small = integer_network(graph)
    except ModelError as error:
        return f"refused: {error.must}", 0
    frames = random_codes(graph, FRAMES, shape, seed)
    codes = to_hardware(graph, frames)
    out = run(graph, codes)
    assert np.array_equal(run(small, codes), out), f"seed {seed}: the passes change what the network computes"
    found = graph.decode(out)
    real = (frames * SCALE).astype(np.float32)
    with torch.no_grad():
        own = value_of(net(torch.tensor(real))).double().numpy()
    assert found.shape == own.shape, f"seed {seed}: shape {found.shape}, the module's is {own.shape}"
    executed = execute(_spelt_out(model), real[:EXECUTED]).reshape(EXECUTED, *own.shape[1:]).astype(np.float64)
    wrong, near = differences(graph, codes, own, found)
    assert not wrong, f"seed {seed}: {wrong} of {FRAMES} frames differ from the module"
    wrong, _ = differences(graph, codes[:EXECUTED], executed, found[:EXECUTED])
    assert not wrong, f"seed {seed}: {wrong} of {EXECUTED} frames differ from the executor"
    return "exact", near


def judge_all(seeds: range) -> None:
    results = Counter[str]()
    near = 0
    for seed in seeds:
        verdict, some = judge(seed)
        results[verdict] += 1
        near += some
    print(f"seeds {seeds.start} to {seeds.stop - 1}: {dict(results)}, {near} frames that float32 decides otherwise")
    assert results["exact"] >= 0.6 * len(seeds), results
    assert near <= 0.02 * FRAMES * len(seeds), near


def test_random_modules() -> None:
    judge_all(range(12))


@pytest.mark.long
def test_three_hundred_random_modules() -> None:
    """Others in every run; HWGEN_SEED chooses the first."""
    first = int(os.environ.get("HWGEN_SEED", secrets.randbelow(1 << 30)))
    print(f"HWGEN_SEED={first}")
    judge_all(range(first, first + 300))
