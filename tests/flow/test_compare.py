"""Comparing projects, foldings of their networks and published figures; the records that count."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from hwgen import flow
from hwgen.errors import ConfigError, DataError, FoldingError
from hwgen.flow import Accelerator, open_project, variant
from hwgen.flow.compare import compare, rooflines
from hwgen.flow.records import records
from hwgen.report.figures import Origin
from hwgen.report.records import Evaluated, Records, Synthesised
from tests.builders import random_network

PAPER = Path(__file__).resolve().parents[2] / "benchmarks" / "published" / "finn.toml"


@pytest.fixture
def built(tmp_path: Path) -> Accelerator:
    graph = random_network(np.random.default_rng(0), (12, 8, 4))
    return flow.compile(graph, target_interval=16, clock_mhz=100).write(tmp_path / "out")


def folding(tmp_path: Path, name: str, pe: int) -> Path:
    path = tmp_path / f"{name}.json"
    path.write_text(json.dumps({"fc0": {"pe": pe, "simd": 12}, "fc1": {"pe": 1, "simd": 1}}))
    return path


def test_projects_foldings_and_papers(built: Accelerator, tmp_path: Path) -> None:
    files = [folding(tmp_path, name, pe) for name, pe in (("fast", 8), ("slow", 1))]
    entries = compare([tmp_path / "out"], files, [PAPER])
    names = [str(tmp_path / "out"), "fast", "slow", "FINN SFC-max", "FINN LFC-max", "FINN CNV-max"]
    assert [entry.name for entry in entries] == names
    assert [entry.is_published for entry in entries] == [False] * 3 + [True] * 3
    report = built.estimate()
    ours, fast = entries[:2]
    assert ours.interval_cycles and ours.interval_cycles.value == report.interval_cycles
    assert ours.lut and ours.lut.value == report.resources.lut
    wishes = json.loads((tmp_path / "fast.json").read_text())
    again = flow.compile(random_network(np.random.default_rng(0), (12, 8, 4)), folding=wishes).estimate()
    assert fast.interval_cycles and fast.interval_cycles.value == again.interval_cycles == 32
    assert fast.latency_us and fast.latency_us.value == again.latency_cycles / 100


def test_papers_alone() -> None:
    sfc, lfc, cnv = compare([], publications=[PAPER])
    assert [each.part for each in (sfc, lfc, cnv)] == ["zc706"] * 3
    assert sfc.fps and (sfc.fps.value, sfc.fps.origin) == (12_361_000, Origin.PUBLISHED)
    unchecked = [each.lut.origin for each in (sfc, lfc, cnv) if each.lut]
    assert unchecked == [Origin.UNVERIFIED] * 3


def test_every_published_file_can_be_read() -> None:
    files = sorted(PAPER.parent.glob("*.toml"))
    assert len(files) >= 2
    entries = compare([], publications=files)
    assert len({entry.name for entry in entries}) == len(entries) >= 10


def test_another_part_and_clock(built: Accelerator, tmp_path: Path) -> None:
    built.record("simulate.json", built.simulate(3, "rtl").to_json())
    (entry,) = compare([tmp_path / "out"], part="zc706", clock_mhz=50)
    assert (entry.part, entry.clock_mhz) == ("zc706", 50)
    assert entry.interval_cycles and entry.interval_cycles.origin is Origin.MEASURED  # cycles are those of any clock
    assert entry.fps and entry.fps.value == 50e6 / entry.interval_cycles.value
    (elsewhere,) = rooflines([tmp_path / "out"], part="zc706", bandwidth_gbs=2)
    assert (elsewhere.device, elsewhere.bandwidth) == ("xc7z045", 2e9)
    assert elsewhere.achieved.origin is Origin.MEASURED


def test_a_variant_of_its_own_is_in_no_project(built: Accelerator) -> None:
    assert variant(built, part="zc706", clock_mhz=None).project == built.project
    other = variant(built, target_interval=4)
    assert other.project is None and other.estimate().interval_cycles < built.estimate().interval_cycles
    assert other.design.digest != built.design.digest and other.graph == built.graph


SIMULATED = {
    "backend": "rtl",
    "frames": 2,
    "mismatches": 0,
    "streams_checked": ["fc0", "fc1"],
    "interval_cycles": 16,
    "latency_cycles": 30,
    "total_cycles": 47,
    "predicted": {"interval_cycles": 16, "latency_cycles": 30, "total_cycles": 47},
    "beats_timed": 900,
    "mistimed": [],
    "input_interval": 0,
    "stalls": False,
}


def test_records(built: Accelerator) -> None:
    assert records(built) == Records()
    built.record("simulate.json", SIMULATED)
    built.record("evaluate.json", {"backend": "golden", "frames": 10, "correct": 9, "accuracy": 0.9})
    built.record("synth.json", {"tool": "yosys", "family": "xc7", "measured": {"lut": 5, "ff": 6}, "units": []})
    found = records(open_project(built.project or ""))
    assert found.simulated and found.simulated.measured and found.simulated.measured.interval == 16
    assert found.evaluated == Evaluated("golden", 10, 9)
    assert isinstance(found.synthesised, Synthesised) and found.synthesised.total.ff == 6


def test_a_record_of_another_design_does_not_count(built: Accelerator) -> None:
    built.record("simulate.json", SIMULATED)
    assert records(built).simulated is not None
    assert records(variant(built, target_interval=4)) == Records()
    path = (built.project or Path()) / "simulate.json"
    path.write_text(path.read_text().replace(built.design.digest, "0123456789ab"))
    assert records(built).simulated is None
    path.write_text(json.dumps(SIMULATED))  # no digest at all
    assert records(built).simulated is None


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("{", "JSONDecodeError: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"),
        ("[1]", "AttributeError: 'list' object has no attribute 'get'"),
        ("IDENTITY", "KeyError: 'backend'"),
    ],
)
def test_a_broken_record(built: Accelerator, text: str, found: str) -> None:
    path = (built.project or Path()) / "simulate.json"
    path.write_text(text.replace("IDENTITY", json.dumps(built.identity)))
    with pytest.raises(DataError) as error:
        records(built)
    must = "must be a report of `hwgen simulate`"
    assert str(error.value) == f"{path}: {must}; found {found}. Run `hwgen simulate` again."


def test_nothing_to_compare() -> None:
    with pytest.raises(ConfigError) as error:
        compare([])
    assert str(error.value) == "compare: must be given something to compare. Name projects, or --published files."


def test_foldings_need_one_project(tmp_path: Path) -> None:
    for projects in ([], [tmp_path, tmp_path]):
        with pytest.raises(ConfigError) as error:
            compare(projects, [tmp_path / "f.json"], [PAPER])
        must = "needs the one project whose network is folded"
        assert str(error.value) == f"--folding: {must}; found {len(projects)} projects. Name one project."


def test_a_folding_of_another_network(built: Accelerator, tmp_path: Path) -> None:
    (tmp_path / "f.json").write_text('{"conv0": {"pe": 2}}')
    with pytest.raises(FoldingError) as error:
        compare([tmp_path / "out"], [tmp_path / "f.json"])
    must = "must name a layer (fc0, fc1)"
    assert str(error.value).startswith(f"folding of conv0: {must}; found conv0. ")


NO_DESIGN = (
    ": must hold a [[design]] table for each design; found none."
    ' Write [[design]], name = "...", source = "..." and figures.'
)
PAPERS = {
    "missing": (None, ": must be a readable TOML file; found [Errno 2] No such file or directory: '{path}'."),
    "syntax": (
        "[[design",
        ": must be a readable TOML file; found Expected ']]' at the end of an array declaration (at",
    ),
    "empty": ("", NO_DESIGN),
    "none": ("design = []", NO_DESIGN),
    "source": ('[[design]]\nname = "a"', ": design.0.source: is required."),
    "unknown": ('[[design]]\nname = "a"\nsource = "b"\nluts = 3', ": design.0.luts: is unknown; found 3."),
    "negative": (
        '[[design]]\nname = "a"\nsource = "b"\nfps = -1',
        ": design.0.fps: should be greater than 0; found -1.",
    ),
    "text": (
        '[[design]]\nname = "a"\nsource = "b"\nlut = "many"',
        ": design.0.lut: should be a valid number, unable to parse string as a number; found 'many'.",
    ),
    "not a figure": (
        '[[design]]\nname = "a"\nsource = "b"\nunverified = ["dsp"]',
        ": design.0.unverified.0: should be 'interval_cycles', 'latency_us', 'fps', 'lut', 'bram36' or 'operations';"
        " found 'dsp'.",
    ),
}


@pytest.mark.parametrize("name", PAPERS)
def test_malformed_papers(tmp_path: Path, name: str) -> None:
    text, message = PAPERS[name]
    path = tmp_path / "paper.toml"
    if text is not None:
        path.write_text(text)
    with pytest.raises(ConfigError) as error:
        compare([], publications=[path])
    assert str(error.value).startswith(f"{path}{message.replace('{path}', str(path))}")
