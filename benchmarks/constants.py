"""Layers of constants at a frame a cycle: LUTs, carry chains, exactness and the bill, by Yosys (xc7).

A random bipolar layer of 128 inputs and 32 neurons with thresholds, and with `--models FOLDER` (the networks of
`--networks`, as QONNX files) whole networks at an interval of one cycle. Each is simulated on 200 frames, whose codes
and cycles must be golden's and those predicted. Targets: LUTs and four times the CARRY4, each within the figure; no
DSP and no block RAM; the bill of wired units within 3 % of Yosys.

With `--peer`, alkaid (da4ml's successor; `pip install alkaid`) makes the sums of the same matrices, without thresholds,
through the same Yosys; wired units, with theirs, must take at most 0.8 of its LUTs.

    python benchmarks/constants.py --check
    python benchmarks/constants.py --models FOLDER --peer --check
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from common import Figure, finish, machine, parser
from peers import alkaid_lut

import hwgen
from hwgen.hw.kernels.wired import WiredUnit

FRAMES = 200
BILL = 0.03
SYNTHESIS_S = 900.0
LAYER = (128, 32)
LAYER_LUT = 0.45
"""LUTs of a synapse."""
PEER = 0.8
"""LUTs of wired units, at most, for each of alkaid's."""


@dataclass(frozen=True)
class Network:
    """A network of a file, what its input is, and the most LUTs that it may take."""

    file: str
    input_type: str
    input_scale: float
    most: int = 21_000


NETWORKS = {
    "tfc": Network("TFC_1W1A.onnx", "uint8", 1 / 255),
    "jet": Network("JetTagging_QKeras_6b.onnx", "int8", 1 / 16),
}


def layer() -> hwgen.Accelerator:
    """The random layer, each neuron with a threshold of its own."""
    from hwgen.ir.graph import Graph, Node, Value
    from hwgen.ir.ops import MatMul, Threshold
    from hwgen.ir.types import Bipolar, IntType, TensorType

    rng, (inputs, outputs) = np.random.default_rng(1), LAYER
    x, sums, codes = (
        Value(name, TensorType((size,), dtype))
        for name, size, dtype in (
            ("x", inputs, Bipolar()),
            ("sums", outputs, IntType(9, signed=True)),
            ("codes", outputs, Bipolar()),
        )
    )
    weights = rng.choice(np.array([-1, 1]), (outputs, inputs))
    op = Threshold(rng.integers(-12, 13, (outputs, 1)), rng.integers(0, 2, outputs), -1, 2)
    nodes = Node("fc", MatMul(weights, Bipolar()), (x,), sums, "fc"), Node("act", op, (sums,), codes, "act")
    return hwgen.compile(Graph.of("layer", x, nodes, codes), target_interval=1)


def network(folder: Path, known: Network) -> hwgen.Accelerator:
    """A network of a file, at an interval of one cycle."""
    graph = hwgen.load(folder / known.file, input_type=known.input_type, input_scale=known.input_scale)
    return hwgen.compile(graph, target_interval=1)


def figures_of(name: str, built: hwgen.Accelerator, most: float, peer: bool) -> Iterator[Figure]:
    """What a design takes, whether it is exact, and with `peer` what alkaid takes; it may take `most` LUTs."""
    started = time.perf_counter()
    report = built.synthesise("xc7")
    seconds = time.perf_counter() - started
    wired = [unit for unit in report.units if unit.kind == "wired"]
    off = [abs(unit.model.lut / unit.measured.lut - 1) for unit in wired]
    yield Figure(f"{name}: interval", built.design.cycles.interval, "cycles", 2)
    yield Figure(f"{name}: LUT", report.measured.lut, "LUT", most + 1)
    yield Figure(f"{name}: LUT by the estimate", report.model.lut, "LUT")
    yield Figure(f"{name}: 4 x CARRY4", 4 * report.carry4, "LUT", most + 1)
    yield Figure(f"{name}: DSP and block RAM", report.measured.dsp + report.measured.bram, "", 1)
    yield Figure(f"{name}: flip-flops", report.measured.ff, "FF")
    yield Figure(f"{name}: wired units", len(wired), "", 1, at_least=True)
    yield Figure(f"{name}: bill of wired units off by at most", max(off), "of Yosys", BILL)
    yield Figure(f"{name}: synthesis", seconds, "s", SYNTHESIS_S)
    yield Figure(f"{name}: beats or codes that differ in {FRAMES} frames", differing(built), "", 1)
    if peer:
        layers = [unit.layer for unit in built.design.units if isinstance(unit, WiredUnit)]
        theirs = sum(alkaid_lut(layer.weights, layer.source) for layer in layers)
        yield Figure(f"{name}: LUT of alkaid for the sums", theirs, "LUT")
        yield Figure(f"{name}: wired units by alkaid", sum(u.measured.lut for u in wired) / theirs, "", PEER)


def differing(built: hwgen.Accelerator) -> int:
    """Codes that the simulated RTL gives differently from golden, and beats that move in another cycle."""
    found = built.simulate(FRAMES)
    return sum(each.count for each in (*found.mismatches, *found.mistimed))


def main() -> None:
    """Build, simulate, synthesise, report."""
    options = parser(__doc__)
    options.add_argument("--models", type=Path, help="folder of the networks' files")
    options.add_argument("--peer", action="store_true", help="hold wired units against alkaid")
    options.add_argument("--networks", nargs="+", choices=sorted(NETWORKS), default=sorted(NETWORKS))
    chosen = options.parse_args()
    where, figures = machine(), list[Figure]()
    figures += figures_of("128x32", layer(), LAYER_LUT * LAYER[0] * LAYER[1], chosen.peer)
    names: Sequence[str] = chosen.networks if chosen.models else ()
    for name in names:
        known = NETWORKS[name]
        figures += figures_of(name, network(chosen.models, known), known.most, chosen.peer)
    finish("layers of constants", where, figures, [], chosen)


if __name__ == "__main__":
    main()
