"""Exact netlists: what Yosys makes of units of the library for 7-series devices, to the cell."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from pathlib import Path

import pytest

from hwgen.backends.render import library
from hwgen.hw.device import Family
from hwgen.verify.cache import kept
from hwgen.verify.synth import resources_of, run_yosys, tool_version
from tests.tiers import tiered

VERSION = "pyosys 0.70"
SYNTHESIS = "synth_xilinx -family xc7 -flatten -noiopad -noclkbuf -top netlists"
LOGIC = ("LUT*", "INV", "CARRY4", "MUXF*")
PORT = re.compile(r"^  (?:input|output) .*?(\w+),?$", re.MULTILINE)

CHANGED = """
Yosys makes other netlists of the library, these. If that is meant, put the figures into `NETLISTS`, say why in the
commit and measure the cost model again (benchmarks/calibration). Some LUTs more or less, and nothing else, in a unit
that was not touched come from the order in which Yosys works, which hangs on all that is in the run.
"""


@dataclass(frozen=True)
class Netlist:
    """Cells of a module with parameters, and the longest way through LUTs and carry cells; one level each."""

    module: str
    parameters: Mapping[str, object]
    lut: int
    ff: int
    levels: int
    bram18: int = 0
    dsp: int = 0

    @property
    def figures(self) -> tuple[int, int, int, int, int]:
        return (self.lut, self.ff, self.levels, self.bram18, self.dsp)


INTEGERS = {"WeightBits": 4, "WeightBipolar": 0, "InputBits": 4, "InputSigned": 0, "InputBipolar": 0, "SumBits": 13}
PAIRS = {"Pairs": 1, "WeightBits": 3, "WeightBipolar": 0, "InputBits": 2, "InputSigned": 0, "InputBipolar": 0}
PAIRS |= {"SumBits": 12, "CodeBits": 12}
PACKED = {"Fields": 2, "FieldBits": 17, "Chained": 4, "WeightBits": 8, "WeightBipolar": 0, "InputBits": 8}
PACKED |= {"InputSigned": 0, "InputBipolar": 0, "SumBits": 22, "CodeBits": 22}
LEVELS = {"Levels": 3, "ThresholdBits": 13, "CodeBits": 2}
COUNTS = {"SumBits": 8, "SumSigned": 0, "Levels": 1, "ThresholdBits": 8, "ThresholdSigned": 0, "CodeBits": 1}
FOLDS = {"Pe": 2, "NeuronFolds": 3, "SynapseFolds": 6}
PLANES = {"Planes": 2, "BetaBits": 3, "Betas": "6'h2b"}

NETLISTS = {
    "xnor": Netlist("hwgen_mvtu", {**FOLDS, **COUNTS, "Simd": 32}, lut=172, ff=81, levels=9),
    "xnor_registers": Netlist(
        "hwgen_mvtu",
        {**FOLDS, **COUNTS, "Simd": 32, "OperandStages": 1, "SumSpan": 1, "SumStages": 3, "ThresholdStages": 1},
        lut=189,
        ff=270,
        levels=4,
    ),
    "integers": Netlist(
        "hwgen_mvtu",
        {**FOLDS, **INTEGERS, **LEVELS, "Simd": 3, "LastSimd": 2, "LastPe": 1},
        lut=149,
        ff=74,
        levels=5,
        dsp=6,
    ),
    "pairs": Netlist("hwgen_mvtu", {**FOLDS, **PAIRS, "Simd": 20}, lut=414, ff=163, levels=11),
    "pairs_registers": Netlist(
        "hwgen_mvtu",
        {**FOLDS, **PAIRS, "InputSigned": 1, "Simd": 20, "OperandStages": 1, "SumSpan": 2, "SumStages": 3},
        lut=375,
        ff=621,
        levels=6,
    ),
    "packed": Netlist("hwgen_mvtu", {**FOLDS, **PACKED, "Simd": 8}, lut=271, ff=133, levels=9, dsp=8),
    "packed_registers": Netlist(
        "hwgen_mvtu", {**FOLDS, **PACKED, "Simd": 8, "SumSpan": 1, "SumStages": 5}, lut=282, ff=460, levels=7, dsp=8
    ),
    "sign_pairs": Netlist(
        "hwgen_mvtu", {**FOLDS, **PAIRS, "WeightBits": 1, "WeightBipolar": 1, "Simd": 9}, lut=162, ff=109, levels=11
    ),
    "gated": Netlist("hwgen_mvtu_gated", {**FOLDS, **COUNTS, "Simd": 8, "GateBits": 2}, lut=115, ff=77, levels=5),
    "planes": Netlist("hwgen_mvtu_planes", {**FOLDS, **COUNTS, **PLANES, "Simd": 8}, lut=149, ff=73, levels=6),
    "depthwise": Netlist(
        "hwgen_depthwise", {**INTEGERS, **LEVELS, "Lanes": 2, "Blocks": 3, "Taps": 9}, lut=108, ff=41, levels=5, dsp=2
    ),
    "depthwise_whole": Netlist(
        "hwgen_depthwise", {**LEVELS, "Lanes": 2, "Blocks": 3, "Simd": 9, "ThresholdBits": 8}, lut=93, ff=72, levels=7
    ),
    "window": Netlist(
        "hwgen_window",
        {"Lanes": 4, "PixelBeats": 2, "Height": 9, "Width": 40, "OutHeight": 9, "OutWidth": 40}
        | {"PadTop": 1, "PadLeft": 1, "Rows": 4, "Style": '"block"'},
        lut=231,
        ff=152,
        levels=6,
        bram18=1,
    ),
    "pool": Netlist("hwgen_pool", {"Lanes": 3, "InputBits": 4, "Columns": 5}, lut=101, ff=63, levels=4),
    "argmax": Netlist("hwgen_argmax", {"Lanes": 3, "Beats": 4, "LastLanes": 1}, lut=79, ff=49, levels=7),
    "width": Netlist("hwgen_width", {"GroupBits": 4, "Push": 2, "Pull": 3, "InBeats": 3}, lut=47, ff=31, levels=3),
    "add": Netlist("hwgen_add", {"Lanes": 2, "Beats": 3}, lut=45, ff=32, levels=4),
    "scale": Netlist("hwgen_scale", {"Lanes": 2, "Beats": 3}, lut=50, ff=19, levels=3, dsp=2),
    "fifo": Netlist("hwgen_fifo", {"Depth": 300, "Style": '"block"'}, lut=53, ff=38, levels=7, bram18=1),
    "pair_chain": Netlist("hwgen_pair_chain", {"Rows": 8, "ValueBits": 4}, lut=40, ff=0, levels=16),
    "place_sum": Netlist(
        "hwgen_place_sum", {"Terms": 3, "TermBits": 6, "Step": 1, "Signed": 1}, lut=12, ff=0, levels=6
    ),
    "popcount": Netlist("hwgen_popcount", {"Width": 64, "CountBits": 7}, lut=45, ff=20, levels=8),
}


PRODUCTS = ("xnor_registers", "integers", "pairs", "pairs_registers", "packed", "packed_registers", "sign_pairs")
PRODUCTS += ("gated", "planes")
"""Units that multiply, which take Yosys longest: a run of their own, of the long tier."""
RUNS = (tuple(name for name in NETLISTS if name not in PRODUCTS), PRODUCTS)


def sources(names: Sequence[str]) -> dict[str, str]:
    """The library, packages first, and a module that holds the units of `names`."""
    files = dict(sorted(library("rtl").items(), key=lambda item: (not item[0].endswith("_pkg.sv"), item[0])))
    instances = ""
    for name in names:
        netlist = NETLISTS[name]
        parameters = ", ".join(f".{key}({value})" for key, value in netlist.parameters.items())
        instances += f"  {netlist.module} #({parameters}) u_{name} ();\n"
    return files | {"netlists.sv": f"module netlists;\n{instances}endmodule\n"}


def script(files: Mapping[str, str], names: Sequence[str]) -> str:
    """One synthesis in which each unit is a module apart, and its names its own: then their order hangs less on others.

    Numbers of names begin high, so that all have as many digits and sort as text.
    """
    lines = [
        "read_rtlil names.il",
        *(f"read_verilog -sv -defer {name}" for name in files),
        "hierarchy -check -top netlists",
        "setattr -mod -set unique 1 netlists",
        "uniquify netlists",
        "setattr -set keep 1 -set keep_hierarchy 1 netlists/u_*",
        f"{SYNTHESIS} -run begin:prepare",
        "proc",
        "flatten",
    ]
    for name in names:
        unit = f"netlists.u_{name}"
        ports = PORT.findall(files[f"{NETLISTS[name].module}.sv"])
        lines += [f"cd {unit}", *(f"rename {port} {name}_{port}" for port in ports), "cd"]
        lines += [f"rename -hide {unit}/w:* {unit}/c:*", f"rename -enumerate -pattern {name}_% {unit}/w:* {unit}/c:*"]
    lines += [f"{SYNTHESIS} -run prepare:", "tee -q -o cells.json stat -json"]
    for name in names:
        chosen = [f"netlists.u_{name}/{kind}" for kind in ("w:*", *(f"t:{cell}" for cell in LOGIC))]
        lines += [f"select -set logic {' '.join(chosen)}{' %u' * len(LOGIC)}", f"tee -q -o {name}.ltp ltp @logic"]
    return "\n".join(lines) + "\n"


def synthesise(names: Sequence[str], work: Path) -> None:
    """Run Yosys on the units of `names` in `work`."""
    files = sources(names)
    for name, text in (files | {"names.il": "autoidx 1000000\n"}).items():
        (work / name).write_text(text)
    run_yosys(script(files, names), work)
    for name in files:
        (work / name).unlink()


def figures_in(work: Path, name: str) -> tuple[int, int, int, int, int]:
    """LUTs, flip-flops, logic levels, block RAMs of 18 Kbit and DSPs of a unit."""
    modules = json.loads((work / "cells.json").read_text())["modules"]
    taken = resources_of(modules[f"\\netlists.u_{name}"]["num_cells_by_type"], Family.XC7)
    assert taken.bram36 == 0
    levels = re.findall(r"\(length=(\d+)\)", (work / f"{name}.ltp").read_text())
    return (taken.lut, taken.ff, int(levels[0]), taken.bram18, taken.dsp)


@pytest.mark.parametrize("names", tiered(RUNS, PRODUCTS), ids=["units", "products"])
def test_netlists_are_exactly_these(names: tuple[str, ...]) -> None:
    """Yosys runs again only where the library, or what is asked of it, has changed."""
    assert tool_version() == VERSION, f"the figures of this test are of {VERSION}"
    files = sources(names)
    asked = "\n".join([VERSION, script(files, names), *files.values()])
    work = kept(f"netlists-{sha256(asked.encode()).hexdigest()[:16]}", partial(synthesise, names))
    found = {name: figures_in(work, name) for name in names}
    changed = [
        f"{name}: lut, ff, levels, bram18, dsp = {found[name]}, before {NETLISTS[name].figures}"
        for name in names
        if found[name] != NETLISTS[name].figures
    ]
    if changed:
        pytest.fail("\n".join([CHANGED, *changed]), pytrace=False)


def test_yosys_reads_signed_comparisons_as_they_are_meant() -> None:
    """In a comparison it takes a signed type that an unsigned parameter is cast to as unsigned: a constant must stand
    there. Verilator reads it as the standard says, so no simulation would tell."""
    found = []
    for file, text in library("rtl").items():
        for kind in re.findall(r"typedef logic signed .* (\w+);", text):
            cast, compares = rf"\b{kind}'\((?!\d)\w+\)", r"(?:[<>]=?|[=!]=)"
            wrong = re.compile(rf"{compares} [^;?&|:]*{cast}|{cast} {compares} ")
            lines = (re.sub(r"//.*|^\s*\w+ <= ", "", line) for line in text.splitlines())
            found += [f"{file}: {line.strip()}" for line in lines if wrong.search(line)]
    assert found == []
