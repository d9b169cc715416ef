"""`report.html`: self-contained, well formed, and no number that was not computed or measured."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import numpy as np
import pytest

from hwgen.errors import DataError, OutputError
from hwgen.flow import Accelerator, compile, open_project
from hwgen.flow.compare import roofline_of
from hwgen.flow.project import record
from hwgen.flow.proving import PROVE_RECORD, sources_digest
from hwgen.flow.records import records
from hwgen.flow.report import write_report
from hwgen.hw.cycles import Cycles
from hwgen.hw.resources import Resources
from hwgen.report.page import html
from hwgen.report.records import Evaluated, Proved, ProvedUnit, Records, Simulated, Synthesised
from hwgen.verify.formal import read_sources
from tests.builders import IMAGE_NETWORKS, random_network, resnet_like
from tests.end_to_end.test_gated_networks import gated_network

CYCLES = Cycles(1728, 4000, 9184)
SIMULATED = Simulated("rtl", 4, 0, ("fc0", "fc1"), CYCLES, CYCLES, 900, 0, spaced=False, stalled=False)


@pytest.fixture(scope="module")
def built() -> Accelerator:
    return compile(resnet_like(np.random.default_rng(0)), target_interval=600)


def page(built: Accelerator, found: Records | None = None, **changes: Any) -> str:
    report = replace(built.estimate(), **changes)
    return html(built.design, report, found or Records(), roofline_of(built))


def tree(text: str) -> Element:
    """The page as a tree: it is well-formed XML too, behind its document type."""
    return ElementTree.fromstring(text.removeprefix("<!DOCTYPE html>"))


def words(element: Element) -> str:
    return " ".join("".join(element.itertext()).split())


def section(text: str, name: str) -> Element:
    found = tree(text).find(f".//section[@aria-labelledby='{name}']")
    assert found is not None
    return found


def rows(text: str, name: str) -> list[list[str]]:
    """The cells of the tables of a section, headings left out."""
    return [[words(cell) for cell in row] for row in section(text, name).iterfind(".//tbody/tr")]


@pytest.mark.parametrize("network", IMAGE_NETWORKS, ids=lambda network: network.__name__)
def test_it_fetches_nothing(network: Any) -> None:
    text = page(compile(network(np.random.default_rng(0)), target_interval=600))
    assert re.findall(r'(?:href|src|srcset|data|action|poster)="([^"]*)"', text) == ["data:,"]
    assert not re.search(r"<(script|iframe|object|embed|img|video|audio|form|base)\b|@import|@font-face|url\(|//", text)


def test_its_structure(built: Accelerator) -> None:
    root = tree(page(built, Records(SIMULATED)))
    assert root.tag == "html" and root.get("lang") == "en"
    assert root.findtext("head/title") == "resnet_like on xc7z020clg400-1 (xc7z020), 200 MHz"
    names = [element.get("id") for element in root.iter() if element.get("id")]
    assert len(set(names)) == len(names)
    assert {element.get("aria-labelledby") for element in root.iter()} - {None} <= set(names)
    tables = list(root.iter("table"))
    assert len(tables) == 4 and all(table.find("caption") is not None for table in tables)
    assert all(cell.get("scope") in ("row", "col") for cell in root.iter("th"))
    pictures = [picture for picture in root.iter("svg") if picture.get("aria-hidden") != "true"]
    assert len(pictures) == 2 and all(picture.find("title") is not None for picture in pictures)


def test_its_figures_are_those_of_the_estimate(built: Accelerator) -> None:
    text, report = page(built), built.estimate()
    facts = [[words(part) for part in fact] for fact in tree(text).iterfind(".//header/dl/div")]
    assert facts[:3] == [
        ["Frames per second", f"{report.fps:,.0f}", "predicted"],
        ["Interval", f"{report.interval_cycles:,}", "cycles, predicted"],
        ["Latency", f"{report.latency_us:,.2f} us", f"{report.latency_cycles:,} cycles, predicted"],
    ]
    cycles = rows(text, "cycles")
    assert [row[-1] for row in cycles] == [f"{layer.cycles:,}" for layer in report.layers]
    bottleneck = next(unit.layer for unit in report.units if unit.name == report.bottleneck)
    assert [row[0].split()[0] for row in cycles if "bottleneck" in row[0]] == [bottleneck]
    resources = {row[0]: row[2:] for row in rows(text, "resources")}
    used = report.resources
    assert resources["LUT"] == [f"{used.lut / 53_200:.1%}", f"{used.lut:,}", "-", "53,200"]
    assert resources["BRAM, 36 kbit"] == [f"{used.bram / 140:.1%}", f"{used.bram:,g}", "-", "140"]
    places = [*(layer.name for layer in report.layers), "edge of the chip"]
    luts = [int(resources[place][0].replace(",", "")) for place in places]
    assert sum(luts) == used.lut


def test_what_sets_the_interval_and_what_to_mind(built: Accelerator) -> None:
    text, report = page(built, warnings=("the clock is <fast>",)), built.estimate()
    assert f"{report.explanation}." in words(section(text, "cycles"))
    assert "Mind: the clock is <fast>." in [words(each) for each in tree(text).iterfind(".//header/p")]
    assert "sets the interval." in words(section(page(built, explanation=None), "cycles"))
    assert "Mind" not in page(built, warnings=())


def test_a_design_that_was_never_simulated(built: Accelerator) -> None:
    text = page(built)
    assert words(section(text, "simulation")) == "Predicted against simulated Never simulated: run hwgen simulate."
    assert "Never simulated: run hwgen simulate. Cycles are predictions." in text
    assert "never evaluated: run hwgen evaluate" in text and "never synthesised: run hwgen synth" in text
    assert "measured" not in text and "synthesised by" not in text


VERDICTS: dict[str, tuple[dict[str, Any], str, str, list[str]]] = {
    "proven": (
        {},
        "good",
        "Every stream agrees with the golden model in RTL simulation of 4 frames,"
        " and each of 900 beats moved in its predicted cycle.",
        ["equal"] * 3,
    ),
    "one frame": (
        {"frames": 1, "cycles": Cycles(None, 9, 10), "predicted": Cycles(None, 9, 10)},
        "good",
        "Every stream agrees with the golden model in RTL simulation of 1 frame,"
        " and each of 900 beats moved in its predicted cycle.",
        ["equal"] * 2,
    ),
    "wrong": (
        {"mismatches": 1234},
        "bad",
        "Wrong: 1,234 differences from the golden model in RTL simulation of 4 frames.",
        ["equal"] * 3,
    ),
    "late": (
        {"cycles": Cycles(1728, 4001, 9184), "mistimed": 7},
        "bad",
        "Every stream agrees with the golden model in RTL simulation of 4 frames,"
        " but 7 of 900 beats moved in other cycles than predicted.",
        ["equal", "differs", "equal"],
    ),
    "paused": (
        {"stalled": True, "cycles": Cycles(2000, 5000, 12000)},
        "good",
        "Every stream agrees with the golden model in RTL simulation of 4 frames,"
        " with random pauses: cycles are predictions.",
        ["paused"] * 3,
    ),
    "no clock": (
        {"backend": "csim", "cycles": None},
        "good",
        "Every stream agrees with the golden model in C simulation of 4 frames."
        " It has no clock of the design's own: cycles are predictions.",
        [],
    ),
    "golden": (
        {"backend": "golden", "cycles": None},
        "open",
        "Never simulated: run hwgen simulate. Cycles are predictions.",
        [],
    ),
}


@pytest.mark.parametrize("name", VERDICTS)
def test_verdicts(built: Accelerator, name: str) -> None:
    changes, kind, sentence, marks = VERDICTS[name]
    text = page(built, Records(replace(SIMULATED, **changes)))
    assert f'<p class="verdict {kind}">' in text
    verdict = tree(text).find(f".//p[@class='verdict {kind}']")
    assert verdict is not None and words(verdict) == sentence
    assert [row[-1] for row in rows(text, "simulation")] == marks


def test_what_was_run_is_shown(built: Accelerator) -> None:
    found = Records(SIMULATED, Evaluated("golden", 1000, 987), Synthesised("yosys", "xc7", Resources(60_000, 9, 3, 2)))
    text = page(built, found)
    assert rows(text, "simulation")[0] == ["interval", "1,728", "1,728", "equal"]
    facts = {words(fact[0]): [words(part) for part in fact[1:]] for fact in tree(text).iterfind(".//header/dl/div")}
    assert facts["Interval"] == ["1,728", "cycles, measured"]
    assert facts["Accuracy"] == ["98.70%", "987 of 1,000 images, golden"]
    assert facts["LUT"] == ["60,000", "112.8% of the part, synthesised"]
    assert facts["BRAM, 36 kbit"] == ["3.5", "2.5% of the part, synthesised"]
    resources = {row[0]: row[2:] for row in rows(text, "resources")}
    assert resources["LUT"][0] == "112.8%" and resources["LUT"][2:] == ["60,000", "53,200"]
    assert '<tr class="over">' in text and "synthesised by yosys" in text


PROVED = Proved(
    "pyosys 0.70",
    (
        ProvedUnit("hwgen_fifo", {"Width": 8, "Depth": 2}, "proved", "Beats leave in order.", "", None, 0.94),
        ProvedUnit("hwgen_fifo", {"Width": 8, "Depth": 64}, "bounded", "Beats leave in order.", "It ended.", 24, 60.0),
        ProvedUnit("hwgen_rom", {"File": "<w>.mem"}, "refuted", "Words are those of the file.", "Word 3.", 1234, 2.0),
        ProvedUnit("hwgen_delay", {"Cycles": 1}, "none", "", "must have a monitor", None, 0.0),
    ),
    streams=2,
    files=1,
    faults=("stream <a>: must be joined.",),
)


def test_what_was_proved_is_shown(built: Accelerator) -> None:
    """The claim of a module once, what tells its sets of parameters apart, and no set left out."""
    assert "proofs" not in {element.get("aria-labelledby") for element in tree(page(built)).iter()}
    text = page(built, Records(proved=PROVED))
    told = "Library modules with their parameters, for all inputs, pauses and time, by pyosys 0.70:"
    assert f"{told} 1 proved, 1 bounded, 1 refuted, 1 none. What joins them: stream <a>: must be joined." in words(
        section(text, "proofs")
    )
    whole = page(built, Records(proved=replace(PROVED, faults=())))
    assert "What joins them: 2 streams and 1 files are as the network has them." in words(section(whole, "proofs"))
    assert rows(text, "proofs") == [
        ["hwgen_fifo Beats leave in order."],
        ["Depth 2", "proved", "", "0.9"],
        ["Depth 64 It ended.", "bounded", "24", "60.0"],
        ["hwgen_rom Words are those of the file."],
        ["File <w>.mem Word 3.", "refuted", "1,234", "2.0"],
        ["hwgen_delay"],
        ["Cycles 1 must have a monitor", "none", "", "0.0"],
    ]


def test_proofs_of_other_files_are_not_shown(project: Accelerator, tmp_path: Path) -> None:
    out = tmp_path / "out"
    sources = sources_digest(read_sources(out / "rtl", project.design.name))
    report = {"tool": "pyosys 0.70", "sources": sources, "units": [asdict(unit) for unit in PROVED.units]}
    report |= {"streams": [{"message": PROVED.faults[0]}, {"message": ""}], "files": [{"message": ""}]}
    record(out, PROVE_RECORD, report)
    assert records(open_project(out)).proved == PROVED and 'id="proofs"' in write_report(out).read_text()
    path = out / "rtl" / "lib" / "hwgen_fifo.sv"
    path.write_text(path.read_text() + "\n", newline="\n")
    assert records(open_project(out)).proved is None and 'id="proofs"' not in write_report(out).read_text()
    record(out, PROVE_RECORD, {"sources": sources_digest(read_sources(out / "rtl", project.design.name))})
    with pytest.raises(DataError, match=r"prove\.json: must be a report of `hwgen prove`; found KeyError"):
        write_report(out)


def test_a_part_without_a_kind_of_element(built: Accelerator) -> None:
    used = replace(built.estimate().resources, uram=1)
    cells = {row[0]: row[2:] for row in rows(page(built, resources=used), "resources")}
    assert cells["URAM"] == ["none", "1", "-", "0"]
    assert "URAM" not in {row[0] for row in rows(page(built), "resources")}


def test_names_are_text(built: Accelerator) -> None:
    text = page(built, name="<i>&amp;")
    assert tree(text).findtext(".//h1") == "<i>&amp;"


def test_same_bytes_every_time(built: Accelerator) -> None:
    assert page(built, Records(SIMULATED)) == page(built, Records(SIMULATED))


@pytest.fixture
def project(tmp_path: Path) -> Accelerator:
    return compile(random_network(np.random.default_rng(0), (12, 8, 4))).write(tmp_path / "out")


def test_a_project_s_page(project: Accelerator, tmp_path: Path) -> None:
    path = write_report(tmp_path / "out")
    assert path == tmp_path / "out" / "report.html"
    assert path.read_text() == html(project.design, project.estimate(), Records(), roofline_of(project))
    assert str(tmp_path) not in path.read_text()
    project.record("simulate.json", project.simulate(3, "rtl").to_json())
    assert write_report(tmp_path / "out", tmp_path / "page.html") == tmp_path / "page.html"
    assert "beats moved in its predicted cycle." in (tmp_path / "page.html").read_text()


def test_a_run_of_another_design_is_not_shown(project: Accelerator, tmp_path: Path) -> None:
    project.record("simulate.json", project.simulate(3, "golden").to_json())
    assert records(open_project(tmp_path / "out")).simulated is not None
    path = tmp_path / "out" / "simulate.json"
    project.record("simulate.json", json.loads(path.read_text()) | {"backend": "csim"})
    kept = path.read_text()
    assert "in C simulation of 3 frames" in write_report(tmp_path / "out").read_text()
    compile(random_network(np.random.default_rng(1), (12, 8, 4))).write(tmp_path / "out")
    path.write_text(kept)
    assert "Never simulated" in write_report(tmp_path / "out").read_text()


def test_errors(project: Accelerator, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="must be a folder that `hwgen build` wrote"):
        write_report(tmp_path)
    with pytest.raises(OutputError) as error:
        write_report(tmp_path / "out", tmp_path / "none" / "page.html")
    page = f"{tmp_path}/none/page.html"
    assert str(error.value).startswith(f"{page}: must be writable; found [Errno 2] No such file or directory: ")
    (tmp_path / "taken").mkdir()
    with pytest.raises(OutputError, match=r"taken: must be writable; found .*Is a directory"):
        write_report(tmp_path / "out", tmp_path / "taken")
    assert {path.name for path in tmp_path.iterdir()} == {"out", "taken"}
    (tmp_path / "out" / "synth.json").write_text("{}")
    assert "never synthesised" in write_report(tmp_path / "out").read_text()
    project.record("synth.json", {"tool": "yosys", "family": "xc7", "measured": {"luts": 5}})
    with pytest.raises(DataError) as broken:
        write_report(tmp_path / "out")
    assert str(broken.value) == (
        f"{tmp_path}/out/synth.json: must be a report of `hwgen synth`; found TypeError:"
        " Resources.__init__() got an unexpected keyword argument 'luts'. Run `hwgen synth` again."
    )


def test_gates_make_the_interval_a_worst_case(tmp_path: Path) -> None:
    """A simulation of some frames does not replace the interval with every gate open; their mean stands beside it."""
    gated = compile(gated_network(np.random.default_rng(2)), target_interval=600).write(tmp_path / "out")
    outcome = gated.simulate(12, "rtl")
    assert outcome.passed and outcome.skipping is not None and outcome.skipping.found is not None
    gated.record("simulate.json", outcome.to_json())
    text = page(gated, records(gated))
    assert f"{gated.estimate().interval_cycles:,} cycles with every gate open, predicted" in words(tree(text))
    assert f"Mean interval {outcome.skipping.found:,.1f} cycles over 12 frames, measured" in words(tree(text))
    assert "Mean interval" not in page(gated)
