"""Random Brevitas modules against their own forward pass and against the executor of their QONNX export.

Each is exact in the model's order, or refused with a ModelError. A frame may differ only where float32 itself cannot
tell which code a quantiser gives (`float_limits.py`).
"""

from __future__ import annotations

import copy
from collections import Counter
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import pytest
import torch
from brevitas.export.onnx.qonnx.manager import QONNXManager
from torch.onnx.errors import SymbolicValueError

from hwgen.errors import ModelError
from hwgen.frontend.brevitas import export
from hwgen.frontend.qonnx import import_qonnx
from hwgen.golden.execute import run
from hwgen.ir.check import check
from hwgen.ir.graph import Graph
from hwgen.ir.types import IntType
from hwgen.passes.pipeline import integer_network
from tests.frontend.float_limits import doubtful_frames
from tests.frontend.images import random_codes, to_hardware
from tests.frontend.onnx_nets import execute
from tests.frontend.random_brevitas import random_module, value_of
from tests.seeds import SEED
from tests.tiers import often

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
    other = onnx.ModelProto()
    other.CopyFrom(model)
    for attribute in (each for node in other.graph.node for each in node.attribute):
        if attribute.s == b"ROUND_TO_ZERO":
            attribute.s = b"DOWN"
    return other


def against_executor(model: onnx.ModelProto, graph: Graph, frames: Array, what: str) -> None:
    """The first frames by the executor of QONNX, in the model's order."""
    frames = frames[:EXECUTED]
    codes = to_hardware(graph, frames)
    found = graph.decode(run(graph, codes))
    wanted = execute(_spelt_out(model), (frames * SCALE).astype(np.float32)).astype(np.float64)
    wrong, _ = differences(graph, codes, wanted.reshape(found.shape), found)
    assert not wrong, f"{what}: {wrong} of {EXECUTED} frames differ from the executor"


def against_module(net: torch.nn.Module, graph: Graph, frames: Array, what: str) -> int:
    """All frames by the module's own forward; how many float32 decides otherwise."""
    codes = to_hardware(graph, frames)
    out = run(graph, codes)
    assert np.array_equal(run(integer_network(graph), codes), out), f"{what}: the passes change what it computes"
    found = graph.decode(out)
    with torch.no_grad(), torch.backends.mkldnn.flags(enabled=False):  # it sums in another order on each CPU
        wanted = value_of(net(torch.tensor(frames * SCALE, dtype=torch.float32))).double().numpy()
    assert found.shape == wanted.shape, f"{what}: shape {found.shape}, the module's is {wanted.shape}"
    wrong, near = differences(graph, codes, wanted, found)
    assert not wrong, f"{what}: {wrong} of {FRAMES} frames differ from the module"
    return near


def judge(seed: int) -> tuple[str, int]:
    """What becomes of the network of a seed, exact or refused, and how many frames float32 decides otherwise.

    The file that Brevitas's own exporter writes is imported as well; it need not say what the module computes, so that
    the executor alone judges it.
    """
    net, shape = random_module(seed)
    what, near, verdict = f"seed {seed}", 0, "exact"
    try:
        model = export(net, torch.zeros(1, *shape), "random")
        graph = import_qonnx(model, name="random", input_type=INT8, input_scale=SCALE)
        check(graph)
        integer_network(graph)
    except ModelError as error:
        verdict = f"refused: {error.must}"
    else:
        frames = random_codes(graph, FRAMES, shape, seed)
        near = against_module(net, graph, frames, what)
        against_executor(model, graph, frames, what)
        try:
            model = QONNXManager.export(copy.deepcopy(net), args=torch.zeros(1, *shape), dynamo=False)
            graph = import_qonnx(model, name="random", input_type=INT8, input_scale=SCALE)
        except ModelError:
            return f"{verdict}, its plain export refused", near
        except SymbolicValueError:  # of nn.Threshold, say, which hwgen's own export knows
            return f"{verdict}, no plain export", near
        against_executor(model, graph, frames, f"{what}, exported by Brevitas")
    return verdict, near


def judge_all(seeds: range) -> None:
    results = Counter[str]()
    near = 0
    for seed in seeds:
        verdict, some = judge(seed)
        results[verdict] += 1
        near += some
    print(f"seeds {seeds.start} to {seeds.stop - 1}: {dict(results)}, {near} frames that float32 decides otherwise")
    accepted = sum(count for verdict, count in results.items() if verdict.startswith("exact"))
    assert accepted >= 0.6 * len(seeds), results
    assert near <= 0.02 * FRAMES * len(seeds), near


def test_random_modules() -> None:
    judge_all(range(often(14, 7)))


@pytest.mark.long
def test_three_hundred_random_modules() -> None:
    """Others in every run; HWGEN_SEED chooses the first."""
    first = SEED
    print(f"HWGEN_SEED={first}")
    judge_all(range(first, first + 300))
