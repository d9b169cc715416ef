"""Reports of Vitis HLS: releases from 2020 on are read, anything else is one clear error."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hwgen.errors import DataError
from hwgen.hw.resources import Resources
from hwgen.report.vitis import Cosimulation, HlsReport, LoopReport, Module, parse, read_cosim, read_csynth
from tests.report.vitis_files import cosim, csynth
from tests.schemas import conforms_bare

RELEASES = ("2020.1", "2020.2", "2021.1", "2021.2.1", "2022.2", "2023.1", "2023.2", "2024.1", "2024.2", "2025.1")


def written(folder: Path, text: str) -> Path:
    path = folder / "report"
    path.write_text(text)
    return path


@pytest.mark.parametrize("version", RELEASES)
def test_csynth(version: str, tmp_path: Path) -> None:
    found = read_csynth(written(tmp_path, csynth(version)))
    assert (found.version, found.part) == (version, "xc7z020-clg400-1")
    assert (found.period_ns, found.margin_ns, found.estimated_ns) == (5.0, 1.35, 3.552)
    assert found.meets_clock
    assert found.top == Module("net", (70, 75), (48, 50), Resources(lut=2345, ff=1234, bram18=3))
    assert found.available == Resources(lut=53200, ff=106400, bram18=280, dsp=220)
    slots = LoopReport("slots", 32, 1, 4)
    assert found.modules == (
        Module("net_fc0_Pipeline_slots", (35, 35), (35, 35), Resources(lut=800, ff=300), (slots,)),
        Module("net_fc0", (36, 36), (36, 37), Resources(lut=1000, ff=400)),
        Module("net_fc1_s", *[(None, None)] * 2, Resources(lut=900, ff=500), (LoopReport("slots", None, 1, 6),)),
        *(
            Module(f"net_{name}", (6, 6), (6, 6), Resources(lut=60, ff=9), (LoopReport("slots", 4, 1, 2),))
            for name in ("axis_in", "axis_out")
        ),
    )
    assert found.streams == {"fc0": 6}


def test_loops_in_loops(tmp_path: Path) -> None:
    """A loop that is no pipeline has no interval."""
    inner = "<columns><TripCount>4</TripCount><PipelineII>2</PipelineII><PipelineDepth>7</PipelineDepth></columns>"
    outer = f"<rows><Name>all_rows</Name><TripCount>8</TripCount>{inner}<InstanceList/></rows>"
    text = csynth().replace("<SummaryOfLoopLatency>\n<slots>\n<Name>", f"<SummaryOfLoopLatency>{outer}<slots><Name>")
    loops = read_csynth(written(tmp_path, text)).modules[0].loops
    assert loops[:2] == (LoopReport("all_rows", 8, None, None), LoopReport("columns", 4, 2, 7))


BOMB = '<!DOCTYPE profile [<!ENTITY a "' + 99 * "0" + '"><!ENTITY b "' + 99 * "&a;" + '">]><profile>&b;</profile>'
HOSTILE = {
    "entities": (BOMB, "a document type profile"),
    "outside": ('<!DOCTYPE profile SYSTEM "file:///etc/passwd"><profile/>', "a document type profile"),
    "encoding": ('<?xml version="1.0" encoding="none"?><profile/>', "unknown encoding"),
    "digits": (csynth().replace("<FF>1234", f"<FF>{5000 * '9'}"), "Exceeds the limit"),
    "time": (csynth(clock="nan"), "a time of nan ns"),
    "depth": (csynth().replace("<StaticDepth>6", "<StaticDepth>six"), "invalid literal for int"),
    "nested": (csynth().replace("<slots/>", 5000 * "<a>" + 5000 * "</a>"), ""),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_report(name: str, tmp_path: Path) -> None:
    """A file of others is data: what is no report is one error, and costs no memory."""
    text, message = HOSTILE[name]
    path = written(tmp_path, text)
    if not message:
        assert read_csynth(path).top.name == "net"
        return
    with pytest.raises(DataError, match=message):
        read_csynth(path)


def test_a_report_that_is_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DataError, match="Is a directory"):
        read_csynth(tmp_path)
    monkeypatch.setattr("hwgen.report.vitis.MOST_BYTES", 1000)
    with pytest.raises(DataError, match="at most 1,000 are read"):
        read_csynth(written(tmp_path, csynth()))


def test_a_slow_clock(tmp_path: Path) -> None:
    assert not read_csynth(written(tmp_path, csynth(clock="3.66"))).meets_clock


@pytest.mark.parametrize(("status", "passed"), [("Pass", True), ("Fail", False)])
def test_cosim(status: str, passed: bool, tmp_path: Path) -> None:
    found = read_cosim(written(tmp_path, cosim(status)))
    assert found == Cosimulation("Verilog", status, (71, 73, 74), (48, 49, 50))
    assert found.passed is passed


def test_cosim_of_one_frame_has_no_interval(tmp_path: Path) -> None:
    text = cosim().replace("|     48|     49|     50|", "|     NA|     NA|     NA|")
    assert read_cosim(written(tmp_path, text)).interval == (None, None, None)


def test_a_record_comes_back(tmp_path: Path) -> None:
    report = HlsReport(read_csynth(written(tmp_path, csynth())), read_cosim(written(tmp_path, cosim())))
    assert parse(json.loads(json.dumps(report.to_json()))) == report
    found = json.loads(json.dumps(report.to_json()))
    conforms_bare({**found, "findings": [], "warnings": []}, "hls")
    assert parse(HlsReport().to_json()) == HlsReport()


AGAIN = "Run `hwgen hls --run csynth` again."
DAMAGED = {
    "cut": (
        csynth()[:500],
        f"must be a csynth report of Vitis HLS; found unclosed token: line 10, column 67. {AGAIN}",
    ),
    "empty": ("", f"must be a csynth report of Vitis HLS; found no element found: line 1, column 0. {AGAIN}"),
    "other": ("<html/>", f"must be a csynth report of Vitis HLS; found no profile with a ReportVersion. {AGAIN}"),
    "old": (
        csynth("2019.2"),
        "must be of Vitis HLS 2020 to 2025; found version 2019.2. Read the report itself, or use a known release.",
    ),
    "new": (
        csynth("2031.1"),
        "must be of Vitis HLS 2020 to 2025; found version 2031.1. Read the report itself, or use a known release.",
    ),
    "no clock": (
        csynth().replace("EstimatedClockPeriod", "Clock"),
        "must be a csynth report of Vitis HLS; found no PerformanceEstimates/SummaryOfTimingAnalysis/"
        f"EstimatedClockPeriod. {AGAIN}",
    ),
    "no LUT": (
        csynth().replace("<LUT>2345</LUT>", ""),
        f"must be a csynth report of Vitis HLS; found no AreaEstimates/Resources/LUT. {AGAIN}",
    ),
    "no number": (
        csynth().replace("<FF>1234", "<FF>many"),
        "must be a csynth report of Vitis HLS; found invalid literal for int() with base 10: 'many'. " + AGAIN,
    ),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_a_damaged_csynth_report(name: str, tmp_path: Path) -> None:
    text, message = DAMAGED[name]
    path = written(tmp_path, text)
    with pytest.raises(DataError) as caught:
        read_csynth(path)
    assert str(caught.value) == f"{path}: {message}"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", "no row of Verilog or VHDL that was simulated"),
        (cosim().replace("   Verilog|", "   SystemC|"), "no row of Verilog or VHDL that was simulated"),
        (cosim().replace("|     71|", "|     7x|"), "invalid literal for int() with base 10: '7x'"),
        ("|Verilog|Pass|1|2|\n", "not enough values to unpack (expected 6, got 2)"),
    ],
)
def test_a_damaged_cosim_report(text: str, found: str, tmp_path: Path) -> None:
    path = written(tmp_path, text)
    with pytest.raises(DataError) as caught:
        read_cosim(path)
    again = "Run `hwgen hls --run cosim` again."
    assert str(caught.value) == f"{path}: must be a cosim report of Vitis HLS; found {found}. {again}"
