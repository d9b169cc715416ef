"""Gated units beside the gate that their own input holds, with patterns of open and closed gates."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from hwgen.hw.activation import Thresholding
from hwgen.hw.design import Design
from hwgen.hw.kernels.fifo import FifoUnit
from hwgen.hw.kernels.fork import ForkUnit
from hwgen.hw.kernels.mvtu import MvtuUnit
from hwgen.hw.kernels.mvtu_gated import MvtuGatedUnit, fold_rows
from hwgen.ir.types import Bipolar, IntArray, IntType
from tests.rtl_support import draw, graph_of, mvtu

FRAMES = 5
PATTERNS = {
    "closed": [0],
    "open": [3],
    "by turns": [0, 1],
    "runs": [0] * 9 + [2] * 7,
    "rarely open": [0, 0, 0, 0, 1],
}
"""Codes of gates, over and over again."""


def many_folds(seed: int = 7) -> Design:
    """Seven neurons one by one on vectors of a single beat: a dropped vector owes six."""
    rng = np.random.default_rng(seed)
    codes = IntType(3, signed=False), IntType(2, signed=False)
    unit = mvtu(rng, IntType(4, signed=True), codes[0], (3, 7), (1, 3), result=codes[1], descending=True, pixels=6)
    return beside_its_gate(gated_of(unit, codes[1], rng))


def gated_of(unit: MvtuUnit, gate_type: IntType, rng: np.random.Generator) -> MvtuGatedUnit:
    """`unit` with random thresholds for each code of a gate; those of code 0 are below or above every sum."""
    assert unit.activation is not None
    lowest, highest = unit.sum_type.min, unit.sum_type.max
    rows = fold_rows(unit.neuron_folds) * unit.output.lanes
    codes, levels = gate_type.max + 1, unit.activation.levels
    sets = np.sort(rng.integers(max(lowest, -9), min(highest, 9) + 1, (codes, rows, levels)), axis=2)
    sets[0] = np.sort(rng.choice([lowest, highest + 1], (rows, levels)), axis=1)
    falls = np.zeros((codes, rows), np.int64)
    falls[:, : unit.mh] = unit.activation.descending
    activation = Thresholding(sets.reshape(-1, levels), falls.ravel(), unit.activation.base, unit.activation.step)
    gate = replace(unit.output, name="gate", dtype=gate_type, elements=1, lanes=1, tensor="")
    return MvtuGatedUnit.around(replace(unit, activation=activation), gate)


def beside_its_gate(unit: MvtuGatedUnit, depths: tuple[int, int] = (6, 9)) -> Design:
    """A fork, the gate that input 0 of the first tap is, a FIFO each, the unit."""
    product, gate_type = unit.product, unit.gate_type
    source = replace(product.input, name="source")
    copies = tuple(replace(source, name=f"copy{i}") for i in range(2))
    weights = np.zeros((1, 1, product.taps, product.channels), np.int64)
    weights[0, 0, 0, 0] = 1
    steps = np.arange(1, gate_type.max + 1)[None]
    made = replace(unit.gate, name="made")
    sums = IntType(5, signed=True)
    gate = MvtuUnit(
        "made", "", (copies[1],), (made,), weights, sums, sums, Thresholding(steps, np.zeros(1), 0, 1), product.simd
    )
    queues = [
        FifoUnit(f"queue{i}", "", (stream,), (replace(stream, name=f"queue{i}"),), depth)
        for i, (stream, depth) in enumerate(zip((copies[0], made), depths, strict=True))
    ]
    joined = MvtuGatedUnit.around(replace(product, inputs=(queues[0].output,)), queues[1].output)
    return graph_of(source, ForkUnit("fork", "", (source,), copies), gate, *queues, joined)


def frames_of(design: Design, pattern: list[int]) -> IntArray:
    """Frames whose gates follow `pattern`, over and over again."""
    unit = design.gated[0].product
    frames = draw(np.random.default_rng(8), unit.input.dtype, (FRAMES, unit.input.size))
    taps = frames.reshape(FRAMES * unit.pixels, unit.taps, unit.input.elements)
    taps[:, :, unit.channels :] = -isinstance(unit.input.dtype, Bipolar)
    chosen = np.resize(pattern, len(taps))
    taps[:, 0, 0] = 2 * (chosen > 0) - 1 if isinstance(unit.input.dtype, Bipolar) else chosen
    return frames
