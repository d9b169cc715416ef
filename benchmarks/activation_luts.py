"""LUTs, memory blocks and multipliers of activations: whole designs by Yosys for the 7 series, each proven in RTL.

What the activation of a layer takes is what the design takes more with it than without, a PE: 512 inputs, 64 neurons,
PE 8, SIMD 32, weights in block RAM, 200 MHz. A quantiser of another scale is a design of its own: 16-bit numbers, a
lane. Codes are `straight`, a line of the sums, or `bent`, by thresholds of their own for each neuron. Each design is
simulated: no mismatch with the golden model, cycles as predicted. `--check` fails where a row takes more than it must.

    python benchmarks/activation_luts.py --check             # 10 minutes on one core
    python benchmarks/activation_luts.py --only W4A4-bent    # one
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from common import Figure, finish, machine, parser, told

import hwgen
from hwgen.hw.resources import Resources
from hwgen.ir.graph import Graph, Node, Value
from hwgen.ir.ops import MatMul, Threshold
from hwgen.ir.ranges import op_range, smallest_type, type_range
from hwgen.ir.types import IntArray, IntType, TensorType
from hwgen.passes.lines import Lines

INPUTS, NEURONS, PE, SIMD = 512, 64, 8, 32
LANES = 4
FRAMES = 6


@dataclass(frozen=True)
class Row:
    """An activation, and what it may take a PE, or a lane.

    Attributes:
        bits: of the weights and inputs of the layer; 0 for a quantiser alone.
        code: bits of a code.
        bent: whether its codes are no line of the sums.
        most: LUTs.
        block: memory blocks of 36 kbit.
        dsp: multiplier blocks.
        options: of `hwgen.compile`.
    """

    bits: int
    code: int
    bent: bool
    most: float
    block: float = 0.0
    dsp: float = 0.0
    options: Mapping[str, Any] = field(default_factory=dict)


ROWS = {
    "W3A3-bent": Row(3, 3, True, 120),
    "W4A4-straight": Row(4, 4, False, 120, dsp=1),
    "W4A4-no-dsp": Row(4, 4, False, 120, options={"max_dsp": 0}),
    "W4A4-bent": Row(4, 4, True, 120),
    "W4A6-bent": Row(4, 6, True, 120, block=1),
    "W8A8-straight": Row(8, 8, False, 250, block=3, dsp=2),
    "W8A8-bent": Row(8, 8, True, 250, block=3, dsp=2),
    "quantiser-8": Row(0, 8, False, 80, dsp=2),
    "quantiser-10": Row(0, 10, False, 110, dsp=2),
    "quantiser-12": Row(0, 12, False, 150, dsp=2),
}


def activation(row: Row, rng: np.random.Generator, reach: int, rows: int) -> Threshold:
    """The thresholds of random codes that change within `reach` of 0."""
    levels = (1 << row.code) - 1
    if row.bent:
        drawn = [np.sort(rng.choice(np.arange(-reach, reach), levels, replace=False)) for _ in range(rows)]
        steps: IntArray = np.stack(drawn)
    else:
        slope = 2 * reach / levels * rng.uniform(0.8, 1.2, (rows, 1))
        start = rng.integers(-reach // 8, reach // 8, (rows, 1))
        steps = np.ceil(start + slope * (np.arange(levels) - levels / 2)).astype(np.int64)
    return Threshold(steps, np.zeros(1, dtype=np.int64), 0, 1)


def network(row: Row, *, coded: bool) -> Graph:
    """The layer, with its activation or without; or the quantiser alone."""
    rng = np.random.default_rng(1)
    if not row.bits:
        entry = Value("x", TensorType((LANES,), IntType(16, signed=True)))
        op: Threshold = activation(row, rng, 1 << 15, 1)
        codes = Value("y", TensorType((LANES,), IntType(row.code, signed=False)))
        return Lines().apply(Graph.of("quantiser", entry, (Node("quantiser", op, (entry,), codes, "q"),), codes))
    weights = IntType(row.bits, signed=True)
    product = MatMul(rng.integers(weights.min, weights.max + 1, (NEURONS, INPUTS)), weights)
    entry = Value("x", TensorType((INPUTS,), IntType(row.bits, signed=False)))
    sums = Value("s", TensorType((NEURONS,), smallest_type(op_range(product, [type_range(entry)], NEURONS))))
    dense = Node("dense", product, (entry,), sums, "dense")
    if not coded:
        return Graph.of("layer", entry, (dense,), sums)
    reach = int(3 * np.sqrt(INPUTS) * weights.max * (1 << row.bits) / 3)
    codes = Value("y", TensorType((NEURONS,), IntType(row.code, signed=False)))
    node = Node("codes", activation(row, rng, reach, NEURONS), (sums,), codes, "codes")
    return Lines().apply(Graph.of("layer", entry, (dense, node), codes))


def taken(row: Row, *, coded: bool) -> tuple[Resources, Resources]:
    """What a design takes by Yosys, and by the model.

    Raises:
        AssertionError: the RTL says other than the golden model, or takes other cycles than predicted.
    """
    options: dict[str, Any] = {"folding": {"quantiser": {"pe": LANES}}}
    if row.bits:
        options = {"folding": {"dense": {"pe": PE, "simd": SIMD}}, "memory": {"dense": "block"}, **row.options}
    design = hwgen.compile(network(row, coded=coded), **options)
    outcome = design.simulate(FRAMES, "rtl")
    assert outcome.passed, f"{row}: {outcome}"
    report = design.synthesise("xc7")
    return report.measured, report.model


def figures_of(name: str) -> list[Figure]:
    """What an activation takes, and how far the estimate of it is off."""
    row = ROWS[name]
    measured, model = taken(row, coded=True)
    without = taken(row, coded=False)[0] if row.bits else Resources()
    lanes = PE if row.bits else LANES
    lut, blocks, dsp = ((getattr(measured, kind) - getattr(without, kind)) / lanes for kind in ("lut", "bram", "dsp"))
    return [
        Figure(f"{name}: a lane", lut, "LUT", row.most),
        Figure(f"{name}: a lane", blocks, "BRAM36", row.block + 1e-9),
        Figure(f"{name}: a lane", dsp, "DSP", row.dsp + 1e-9),
        Figure(f"{name}: estimate of the design, of Yosys", model.lut / measured.lut, ""),
    ]


def main() -> None:
    """Build, prove, synthesise, report."""
    options = parser(__doc__)
    options.add_argument("--only", nargs="+", choices=ROWS, default=list(ROWS), help="rows (default: all)")
    chosen = options.parse_args()
    where = machine()
    figures = [figure for name in chosen.only for figure in told(figures_of(name))]
    finish("LUTs, memory blocks and DSPs of activations", where, figures, [], chosen)


if __name__ == "__main__":
    main()
