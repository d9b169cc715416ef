"""Entries of comparisons: what each figure is, where it comes from, what is left open."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from hwgen.config import Published
from hwgen.flow import compile
from hwgen.hw.cycles import Cycles
from hwgen.hw.resources import Resources
from hwgen.ir.work import Work
from hwgen.report.compare import ComparedDesign, as_csv, designed, published
from hwgen.report.estimate import Estimate
from hwgen.report.figures import MARKS, Figure, Origin
from hwgen.report.records import Records, Simulated, Synthesised
from hwgen.report.tables import compared, legend
from tests.builders import random_network

PREDICTED, MEASURED = Cycles(16, 40, 100), Cycles(17, 41, 101)
SIMULATED = Simulated("rtl", 4, 0, ("fc1",), MEASURED, PREDICTED, 900, 0, spaced=False, stalled=False)
WORK = Work(500, 500, 500)


@pytest.fixture(scope="module")
def report() -> Estimate:
    found = compile(random_network(np.random.default_rng(0), (12, 8, 4)), target_interval=16).estimate()
    return replace(
        found, clock_mhz=100.0, interval_cycles=16, latency_cycles=40, resources=Resources(lut=2000, bram18=3)
    )


def test_nothing_but_an_estimate_is_predicted(report: Estimate) -> None:
    entry = designed("a", "project a", report, WORK, Records())
    origins = {name: figure.origin for name, figure in entry.figures.items() if figure}
    assert origins.pop("operations") is Origin.COUNTED
    assert set(origins.values()) == {Origin.PREDICTED} and len(origins) == 10
    values = {name: figure.value for name, figure in entry.figures.items() if figure}
    assert values == {
        "interval_cycles": 16,
        "latency_us": 0.4,
        "fps": 6.25e6,
        "lut": 2000,
        "bram36": 1.5,
        "dsp": 0,
        "external_gb_s": 0,
        "fps_per_klut": 3.125e6,
        "operations": 1000,
        "operations_per_s": 6.25e9,
        "roof_share": pytest.approx(6.25e9 / (53_200 / 2.5 * 100e6)),
    }


def test_a_simulation_is_a_measurement(report: Estimate) -> None:
    entry = designed("a", "", report, WORK, Records(SIMULATED))
    assert entry.interval_cycles == Figure(17, Origin.MEASURED)
    assert entry.latency_us == Figure(0.41, Origin.MEASURED)
    assert entry.fps == Figure(100e6 / 17, Origin.MEASURED)
    assert entry.lut == Figure(2000, Origin.PREDICTED)
    assert entry.fps_per_klut and entry.fps_per_klut.origin is Origin.PREDICTED
    assert entry.operations_per_s and entry.operations_per_s.origin is Origin.MEASURED


def test_one_frame_has_no_interval(report: Estimate) -> None:
    once = replace(SIMULATED, cycles=Cycles(None, 41, 42))
    entry = designed("a", "", report, WORK, Records(once))
    assert entry.interval_cycles == Figure(16, Origin.PREDICTED)
    assert entry.latency_us == Figure(0.41, Origin.MEASURED)


@pytest.mark.parametrize(
    "spoilt", [{"mismatches": 1}, {"stalled": True}, {"cycles": None}], ids=["mismatch", "stalls", "no clock"]
)
def test_other_simulations_measure_nothing(report: Estimate, spoilt: dict[str, object]) -> None:
    entry = designed("a", "", report, WORK, Records(replace(SIMULATED, **spoilt)))
    assert entry.interval_cycles == Figure(16, Origin.PREDICTED)
    assert entry.latency_us == Figure(0.4, Origin.PREDICTED)


@pytest.mark.parametrize(
    ("part", "family", "taken"),
    [("xc7z020", "xc7", True), ("xc7z020clg400-1", "ecp5", False), ("zc706", "xc7", True)],
)
def test_a_synthesis_counts_for_its_family(report: Estimate, part: str, family: str, taken: bool) -> None:
    synthesis = Synthesised("yosys", family, Resources(lut=1234, bram36=2))
    entry = designed("a", "", replace(report, part=part), WORK, Records(synthesised=synthesis))
    expected = (1234, 2, Origin.SYNTHESISED) if taken else (2000, 1.5, Origin.PREDICTED)
    assert entry.lut == Figure(expected[0], expected[2]) and entry.bram == Figure(expected[1], expected[2])


FINN = Published(
    name="SFC-max",
    source="FINN",
    part="zc706",
    clock_mhz=200,
    fps=12_361_000,
    interval_cycles=16,
    lut=91_131,
    operations=668_672,
    derived=("interval_cycles", "operations"),
    unverified=("lut",),
)


def test_published_figures_keep_their_standing() -> None:
    entry = published(FINN)
    assert entry.fps == Figure(12_361_000, Origin.PUBLISHED)
    assert entry.interval_cycles == Figure(16, Origin.DERIVED)
    assert entry.lut == Figure(91_131, Origin.UNVERIFIED)
    assert entry.fps_per_klut == Figure(12_361_000 / 91_131 * 1000, Origin.UNVERIFIED)
    assert entry.roof_share is not None and entry.roof_share.origin is Origin.DERIVED
    assert entry.roof_share.value == pytest.approx(668_672 * 12_361_000 / (218_600 / 2.5 * 200e6))
    assert entry.bram is None and entry.latency_us is None


@pytest.mark.parametrize("change", [{"part": None}, {"part": "an ASIC"}, {"clock_mhz": None}, {"operations": None}])
def test_no_roof_without_what_it_stands_on(change: dict[str, object]) -> None:
    assert published(FINN.model_copy(update=change)).roof_share is None


def test_a_result_is_as_sure_as_its_least_sure_part() -> None:
    for one, two in product(Origin, Origin):
        expected = max(one, two, key=list(Origin).index)
        assert (Figure(6, one) * Figure(2, two)) == Figure(12, expected)
        assert (Figure(6, one) / Figure(2, two)) == Figure(3, expected)
    assert Figure(6, Origin.MEASURED) / 4 == Figure(1.5, Origin.MEASURED)


def test_every_origin_has_a_mark_of_its_own() -> None:
    assert MARKS.keys() == set(Origin)
    assert len({mark for mark, _ in MARKS.values()}) == len(Origin)


def test_cells_and_legend() -> None:
    entry = published(FINN)
    assert compared(entry) == ["16 d", "-", "12,361,000 r", "91,131 u", "-", "135,640 u", "47.3% d"]
    assert (
        legend([entry])
        == "r published (reported by the source), d derived from published figures, u published, unverified"
    )


def test_csv(report: Estimate) -> None:
    entries = [designed("a, b", "", report, WORK, Records(SIMULATED)), published(FINN)]
    first, second = csv.DictReader(io.StringIO(as_csv(entries)))
    assert first["name"] == "a, b" and (first["interval_cycles"], first["interval_cycles_origin"]) == ("17", "measured")
    assert (second["lut"], second["lut_origin"], second["bram36"]) == ("91131.0", "unverified", "")
    assert first.keys() == second.keys() >= set(ComparedDesign.figures.fget(entries[0]))  # type: ignore[attr-defined]
