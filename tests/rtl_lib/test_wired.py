"""hwgen_wired and its steps: codes and cycles, and modules that are the same made of cells and plain."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from hwgen.backends.render import library
from hwgen.backends.rtl import emit
from hwgen.hw.adders.luts import cells
from hwgen.hw.cost import unit_resources
from hwgen.hw.device import Family
from hwgen.hw.kernels.wired import WiredUnit
from hwgen.hw.packing import to_words
from hwgen.hw.pipeline import PipelineRegisters
from hwgen.verify.bench import Stalls
from hwgen.verify.rtlsim import simulate
from hwgen.verify.synth import SynthesisJob, run_yosys, synthesise
from tests.rtl_support import assert_cycles, write
from tests.tiers import tiered
from tests.wired_cases import INT4, LAYERS, TERNARY, UINT2, B, Layer, drawn


@pytest.mark.parametrize("layer", LAYERS, ids=str)
def test_wired(layer: Layer, tmp_path: Path) -> None:
    index = LAYERS.index(layer)
    found = drawn(layer, registers=PipelineRegisters(index % 2, 1 + index // 2 % 2))
    assert isinstance(found.unit, WiredUnit)
    project, words = write(found.design, tmp_path / "project"), to_words(found.frames, found.design.input)
    expected = to_words(found.expected, found.design.output)
    trace = simulate(found.design, project, words, tmp_path)
    np.testing.assert_array_equal(trace.outputs, expected)
    assert_cycles(found.design, len(found.frames), trace)
    for stalls, reset in ((Stalls(0.1, 0.7, seed=3), None), (Stalls(0.5, 0.3, seed=4), 2)):
        trace = simulate(found.design, project, words, tmp_path, stalls=stalls, reset_after_beats=reset)
        np.testing.assert_array_equal(trace.outputs, expected)


def sums() -> Iterator[dict[str, str]]:
    """Parameters of adders of two and of three numbers, with any of them inverted, from bit 0 and from bit 2."""
    for three, inverted, base in product((False, True), product((0, 1), repeat=3), (0, 2)):
        if (not three and inverted[2]) or (base and inverted[0]):
            continue
        sides = zip("ABC", inverted, (0, base, base), strict=True)
        masks = {f"Invert{side}": f"6'h{(63 & -(1 << low)) * flag:x}" for side, flag, low in sides}
        yield {"Width": "6", "Base": str(base), "Three": f"1'b{int(three)}", **masks}
    yield {"Width": "6", "Chain": "5"}


def instance(index: int, parameters: dict[str, str]) -> str:
    """An adder whose operands keep what its parameters promise; its result is bits of `sums`."""
    given = ", ".join(f".{name}({value})" for name, value in parameters.items())
    base, three = int(parameters.get("Base", "0")), parameters.get("Three") == "1'b1"
    short = "Chain" in parameters
    a, b, c = ("1'b0, a[4:0]", "1'b0, b[4:0]", "6'd0") if short else ("a", f"b[5:{base}]", f"c[5:{base}]")
    b, c = (f"{b}, {base}'d0", f"{c}, {base}'d0") if base else (b, c)
    c, carry = (c, "carry") if three else ("6'd0", "1'b0, carry[0]")
    ports = f".a_i({{{a}}}), .b_i({{{b}}}), .c_i({{{c}}}), .carry_i({{{carry}}}), .sum_o(sums[{6 * index} +: 6])"
    return f"  hwgen_wired_sum #({given}) u{index} ({ports});\n"


def test_both_forms_of_a_sum_are_equal(tmp_path: Path) -> None:
    """Proven by SAT; bits that a form may count on to be 0 are."""
    every = list(sums())
    ports = f"input [5:0] a, b, c, input [1:0] carry, output [{6 * len(every) - 1}:0] sums"
    body = "".join(instance(index, parameters) for index, parameters in enumerate(every))
    (tmp_path / "sum.sv").write_text(library("rtl")["hwgen_wired_sum.sv"], encoding="utf-8")
    for name in ("plain", "made"):
        (tmp_path / f"{name}.sv").write_text(f"module {name} ({ports});\n{body}endmodule\n", encoding="utf-8")
    script = (
        "read_verilog -sv sum.sv plain.sv\nhierarchy -top plain\nproc\nflatten\nrename plain gold\n"
        "design -stash gold\nread_verilog -icells +/xilinx/cells_sim.v\n"
        "read_verilog -sv -D HWGEN_LUT6_2 sum.sv made.sv\nhierarchy -top made\nproc\nflatten\nrename made gate\n"
        "design -stash gate\ndesign -copy-from gold -as gold gold\ndesign -copy-from gate -as gate gate\n"
        "miter -equiv -make_outputs -flatten gold gate miter\nhierarchy -top miter\nopt -full\n"
        "sat -verify -prove trigger 0 -show-inputs miter\n"
    )
    run_yosys(script, tmp_path)
    assert "no model found: SUCCESS" in (tmp_path / "yosys.log").read_text(encoding="utf-8")
    assert len(every) == 19


BILLED = (
    Layer(32, 64, B, B, 1),
    Layer(16, 20, TERNARY, UINT2, 3),
    Layer(16, 16, INT4, INT4, 15, even=True),
)


@pytest.mark.parametrize("layer", tiered(BILLED, BILLED[0], BILLED[2]), ids=str)
def test_the_bill_is_what_yosys_counts(layer: Layer, tmp_path: Path) -> None:
    """LUTs and registers to 3 %, carry chains but for those of control."""
    found = drawn(layer)
    synthesis = synthesise([SynthesisJob("dut", emit(found.design))], Family.XC7, tmp_path)[0]
    billed, measured = unit_resources(found.unit, Family.XC7), synthesis.units["fc"]
    assert measured.lut == pytest.approx(billed.lut, rel=0.03) and measured.ff == pytest.approx(billed.ff, rel=0.03)
    assert (measured.dsp, measured.bram) == (0, 0)
    assert 0 <= synthesis.cells["fc"]["CARRY4"] - cells(found.unit.netlist).carries <= 4
