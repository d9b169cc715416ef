"""LUTs and DSPs a product, weights from memory: whole designs by Yosys for the 7 series, each proven in RTL.

A design is one dense layer of 512 inputs and 64 neurons, PE 8, SIMD 32, weights in block RAM, no activation, with the
registers that 200 MHz ask for; LUTs of all its units count, its control, memories and queues among them. Each is
simulated: no mismatch with the golden model, cycles as predicted. `s`: signed inputs. `--check` fails where a row takes
more than it must, or more DSPs; at other SIMDs 15 % more is allowed.

    python benchmarks/dot_luts.py --check                          # SIMD 32, 10 minutes on one core
    python benchmarks/dot_luts.py --simd 16 25 64 --only W2A2      # others
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from common import Figure, finish, machine, parser, told

import hwgen
from hwgen.ir.graph import Graph, Node, Value
from hwgen.ir.ops import MatMul
from hwgen.ir.ranges import op_range, smallest_type, type_range
from hwgen.ir.types import Bipolar, DType, IntType, TensorType

INPUTS, NEURONS, PE, SIMD = 512, 64, 8, 32
FRAMES = 6
AT_OTHER_SIMDS = 1.15


@dataclass(frozen=True)
class Row:
    """Types of a product, and LUTs of it: what they must be, and what they may be some day.

    Attributes:
        dsp: DSPs a product, at most.
    """

    weight: DType
    value: DType
    must: float
    goal: float
    dsp: float = 0.0


def _row(weight: int, value: int, must: float, goal: float, *, signed: bool = False, dsp: float = 0.0) -> Row:
    """Weights and inputs of so many bits; one bit is bipolar, inputs of more may be `signed`."""
    weights = Bipolar() if weight == 1 else IntType(weight, signed=True)
    return Row(weights, Bipolar() if value == 1 else IntType(value, signed=signed), must, goal, dsp)


ROWS = {
    "W1A1": _row(1, 1, 2.25, 1.9),
    "W1A2": _row(1, 2, 3.5, 2.8),
    "W1A2s": _row(1, 2, 3.5, 2.8, signed=True),
    "W1A4": _row(1, 4, 5.2, 4.2),
    "W1A4s": _row(1, 4, 5.2, 4.2, signed=True),
    "W2A2": _row(2, 2, 5.5, 4.5),
    "W2A2s": _row(2, 2, 5.5, 4.5, signed=True),
    "W2A4": _row(2, 4, 9.0, 7.0),
    "W2A4s": _row(2, 4, 9.0, 7.0, signed=True),
    "W3A3": _row(3, 3, 10.0, 8.2),
    "W3A3s": _row(3, 3, 10.0, 8.2, signed=True),
    "W4A4": _row(4, 4, 15.0, 12.5),
    "W4A4s": _row(4, 4, 15.0, 12.5, signed=True),
    "W8A8": _row(8, 8, 12.0, 10.0, dsp=0.5),
    "W8A8s": _row(8, 8, 12.0, 10.0, signed=True, dsp=0.5),
}


def build(row: Row, simd: int) -> hwgen.Accelerator:
    """The design of a row."""
    rng = np.random.default_rng(1)
    weights = rng.integers(row.weight.min, row.weight.max + 1, (NEURONS, INPUTS))
    op = MatMul(np.where(weights > 0, 1, -1) if isinstance(row.weight, Bipolar) else weights, row.weight)
    entry = Value("x", TensorType((INPUTS,), row.value))
    result = Value("y", TensorType((NEURONS,), smallest_type(op_range(op, [type_range(entry)], NEURONS))))
    graph = Graph.of("dot", entry, (Node("dense", op, (entry,), result, "dense"),), result)
    return hwgen.compile(graph, folding={"dense": {"pe": PE, "simd": simd}}, memory={"dense": "block"})


def figures_of(name: str, simd: int) -> list[Figure]:
    """LUTs and DSPs a product of a design, and how far the estimate of it is off.

    Raises:
        AssertionError: the RTL says other than the golden model, or takes other cycles than predicted.
    """
    row, where = ROWS[name], f"{name}, SIMD {simd}"
    design = build(row, simd)
    outcome = design.simulate(FRAMES, "rtl")
    assert outcome.passed, f"{where}: {outcome}"
    report, products = design.synthesise("xc7"), PE * simd
    must = row.must if simd == SIMD else AT_OTHER_SIMDS * row.must
    found = report.measured
    return [
        Figure(f"{where}: a product", found.lut / products, f"LUT, goal {row.goal:g}", must),
        Figure(f"{where}: a product", found.dsp / products, "DSP", row.dsp + 1e-9),
        Figure(f"{where}: estimate, of Yosys", report.model.lut / found.lut, ""),
    ]


def main() -> None:
    """Build, prove, synthesise, report."""
    options = parser(__doc__)
    options.add_argument("--simd", type=int, nargs="+", default=[SIMD], help=f"inputs a cycle (default: {SIMD})")
    options.add_argument("--only", nargs="+", choices=ROWS, default=list(ROWS), help="rows (default: all)")
    chosen = options.parse_args()
    where, figures = machine(), []
    for simd in chosen.simd:
        for name in chosen.only:
            figures += told(figures_of(name, simd))
    finish("LUTs and DSPs of products", where, figures, [], chosen)


if __name__ == "__main__":
    main()
