"""hwgen_mvtu with a gate: codes and cycles over foldings, types and patterns of open and closed gates."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from hwgen.hw.design import Design
from hwgen.hw.kernels.fifo import Fifo
from hwgen.hw.kernels.fork import ForkUnit
from hwgen.hw.kernels.gated import GatedMatVec, fold_rows
from hwgen.hw.kernels.matvec import MatVec, Thresholding
from hwgen.ir.types import Bipolar, DType, IntArray, IntType
from tests.rtl_support import draw, graph_of, matvec, prove

B = Bipolar()
U1, U2, U3, I2, I4 = (IntType(b, s) for b, s in ((1, False), (2, False), (3, False), (2, True), (4, True)))
FRAMES = 5


def gated_of(unit: MatVec, gate_type: IntType, rng: np.random.Generator) -> GatedMatVec:
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
    return GatedMatVec(replace(unit, activation=activation), gate)


def beside_its_gate(unit: GatedMatVec, depths: tuple[int, int] = (6, 9)) -> Design:
    """A fork, the gate that input 0 of the first tap is, a FIFO each, the unit."""
    product, gate_type = unit.product, unit.gate_type
    source = replace(product.input, name="source")
    copies = tuple(replace(source, name=f"copy{i}") for i in range(2))
    weights = np.zeros((1, 1, product.taps, product.channels), np.int64)
    weights[0, 0, 0, 0] = 1
    steps = np.arange(1, gate_type.max + 1)[None]
    made = replace(unit.gate, name="made")
    sums = IntType(5, signed=True)
    gate = MatVec("made", "", copies[1], made, weights, I2, sums, Thresholding(steps, np.zeros(1), 0, 1), product.simd)
    queues = [
        Fifo(f"queue{i}", "", stream, replace(stream, name=f"queue{i}"), depth)
        for i, (stream, depth) in enumerate(zip((copies[0], made), depths, strict=True))
    ]
    joined = GatedMatVec(replace(product, input=queues[0].output), queues[1].output)
    return graph_of(source, ForkUnit("fork", "", source, copies), gate, *queues, joined)


def frames_of(unit: MatVec, pattern: IntArray) -> IntArray:
    """Frames whose gates follow `pattern`, over and over again."""
    frames = draw(np.random.default_rng(8), unit.input.dtype, (FRAMES, unit.input.size))
    taps = frames.reshape(FRAMES * unit.pixels, unit.taps, unit.input.elements)
    taps[:, :, unit.channels :] = -isinstance(unit.input.dtype, Bipolar)
    chosen = np.resize(pattern, len(taps))
    taps[:, 0, 0] = 2 * (chosen > 0) - 1 if isinstance(unit.input.dtype, Bipolar) else chosen
    return frames


PATTERNS = {
    "closed": [0],
    "open": [3],
    "by turns": [0, 1],
    "runs": [0] * 9 + [2] * 7,
    "rarely open": [0, 0, 0, 0, 1],
}


@pytest.mark.parametrize("pattern", PATTERNS)
@pytest.mark.parametrize(("shape", "folding", "taps"), [((4, 6), (2, 2), 3), ((3, 7), (1, 3), 1)], ids=["conv", "many"])
def test_patterns(pattern: str, shape: tuple[int, int], folding: tuple[int, int], taps: int, tmp_path: Path) -> None:
    rng = np.random.default_rng(7)
    unit = matvec(rng, I4, U3, shape, folding, result=U2, descending=True, taps=taps, pixels=6)
    design = beside_its_gate(gated_of(unit, U2, rng))
    frames = frames_of(unit, np.array(PATTERNS[pattern]))
    prove(design, frames, tmp_path)


CASES = [
    # weight, input, result, gate, (C, MH), (PE, SIMD), taps
    (B, B, B, U1, (5, 6), (2, 5), 4),
    (B, B, U3, U3, (9, 4), (4, 3), 1),
    (B, U2, B, U2, (4, 5), (5, 1), 2),
    (I2, I4, I2, U3, (3, 8), (3, 1), 1),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: "-".join(map(str, case[:4])))
def test_types(
    case: tuple[DType, DType, DType, IntType, tuple[int, int], tuple[int, int], int], tmp_path: Path
) -> None:
    weight, source, result, gate, shape, folding, taps = case
    rng = np.random.default_rng(9)
    unit = matvec(rng, weight, source, shape, folding, result=result, taps=taps, pixels=7)
    design = beside_its_gate(gated_of(unit, gate, rng))
    prove(design, frames_of(unit, rng.integers(0, 1 + min(gate.max, source.max), 4 * FRAMES)), tmp_path)


@pytest.mark.long
@pytest.mark.parametrize(("pe", "simd"), list(product(range(1, 6), range(1, 4))))
def test_every_folding_of_a_small_matrix(pe: int, simd: int, tmp_path: Path) -> None:
    rng = np.random.default_rng(7)
    unit = matvec(rng, B, U2, (3, 5), (pe, simd), result=U2, descending=True, taps=2, pixels=5)
    design = beside_its_gate(gated_of(unit, U2, rng), depths=(1 + pe, 1 + simd))
    prove(design, frames_of(unit, rng.integers(0, 3, 37)), tmp_path)
