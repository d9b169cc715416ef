"""The terminal: every figure of every table whole at any width, names as they are, any encoding."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from rich.table import Table

from hwgen import flow
from hwgen.backends.board import BOARDS
from hwgen.config import settings
from hwgen.flow.compare import compare, rooflines
from hwgen.flow.records import records
from hwgen.hw.resources import Resources
from hwgen.report import hls, tables
from hwgen.report.console import Plain, count, table
from hwgen.report.synthesis import SynthesisReport, UnitSynthesis
from hwgen.verify.doctor import examine
from hwgen.zoo.proof import Proof, proof_table
from tests.builders import random_image_network

NAME = "[red]a[/b] :smile: [link=x]"
WIDTHS = (0, 1, 20, 40, 80, 200)
FIGURE = re.compile(r"[\d,.]*\d[\d,.]*%?")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    graph = random_image_network(np.random.default_rng(3))
    folder = tmp_path_factory.mktemp("console") / "out [bold] :x:"
    flow.compile_with(graph, settings()).write(folder)
    return folder


def estimated(project: Path) -> list[Table]:
    return [tables.estimate_table(flow.open_project(project).estimate())]


def front(_: Path) -> list[Table]:
    takes = {"lut": 1_234_567, "bram36": 1_234_567, "bram18": 1, "dsp": 7_654_321}
    point = {"number": 1, "interval_cycles": 9_876_543_210, "fps": 1_234_567.0, "latency_us": 123_456.78}
    point |= {"resources": takes, "fps_per_klut": 1_234_567.0}
    report = {"name": NAME, "part": "xc7z020", "front": [point] * 3, "explored": 123_456, "clock_mhz": 200.0}
    return [tables.front_table({**report, "fits": True})]


def synthesised(_: Path) -> list[Table]:
    large = Resources(lut=1_234_567, ff=7_654_321, bram18=1, bram36=2_345_678, dsp=3_456_789)
    unit = UnitSynthesis(NAME, NAME, "mvtu", large, large)
    return [tables.synthesis_table(SynthesisReport(NAME, "yosys", "xc7", (unit,), large, large))]


def placed(_: Path) -> list[Table]:
    report = {"name": NAME, "board": "ulx3s", "fpga": "LFE5U-85F"}
    return [tables.bitstream_table({**report, "utilisation": {"LUT": {"used": 1_234_567, "available": 83_640}}})]


def simulated(_: Path) -> list[Table]:
    cycles = {f"{name}_cycles": 1_234_567_890 for name in ("interval", "latency", "total")}
    report = {"mismatches": 12_345, "frames": 1_000_000, "streams_checked": [NAME, "b"], "skipping": None}
    report["bounded"] = []
    return [tables.simulation_table({**report, "backend": "rtl", "predicted": cycles, **cycles})]


def bounded(_: Path) -> list[Table]:
    cycles = {f"{name}_cycles": 1_234_567 for name in ("interval", "latency", "total")}
    report = {"mismatches": 12_345, "frames": 1_000_000, "streams_checked": [NAME, "b"], "skipping": None}
    runs = [{"depth": depth, **cycles} for depth in (1, 8, 64)]
    return [tables.simulation_table({**report, "stated_interval_cycles": 2_345_678, "bounded": runs})]


def proven(_: Path) -> list[Table]:
    proof = Proof(NAME, 0.98765, 1000, {"torch": 0, "csim": 123_456}, True, 1_234_567, 1_234_568, 2_345_678, 345)
    return [proof_table([proof], f"proof of {NAME}")]


TABLES: dict[str, Callable[[Path], list[Table]]] = {
    "estimate": estimated,
    "explore": front,
    "synth": synthesised,
    "bitstream": placed,
    "boards": lambda _: [tables.boards_table(BOARDS)],
    "simulate": simulated,
    "simulate bounded": bounded,
    "compare": lambda project: tables.comparison_tables(compare([project], (), (), part=None, clock_mhz=None), 20),
    "compare several": lambda project: tables.comparison_tables(
        compare([project] * 3, (), (), part=None, clock_mhz=None), 20
    ),
    "roofline": lambda project: [tables.roofline_table(rooflines([project]))],
    "doctor": lambda _: [tables.findings_table([finding.to_json() for finding in examine()])],
    "hls": lambda project: [hls.table(flow.open_project(project).estimate(), records(flow.open_project(project)))],
    "proof": proven,
}


def shown(made: list[Table], width: int) -> str:
    console = Plain(width=width, file=io.StringIO())
    console.print(*made)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def words(made: list[Table]) -> list[str]:
    """All words of all cells, headings, titles and captions."""
    texts = [each for one in made for each in (one.title, one.caption) if each is not None]
    texts += [cell for one in made for column in one.columns for cell in (column.header, *column.cells)]
    return [word for text in texts for word in str(text).split()]


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("verb", TABLES)
def test_no_figure_is_cut(project: Path, verb: str, width: int) -> None:
    made = TABLES[verb](project)
    found = shown(made, width).split()
    wanted = words(made)
    assert (wanted and any(FIGURE.fullmatch(word) for word in wanted)) or verb in ("doctor", "hls")
    for word in set(wanted):
        assert found.count(word) == wanted.count(word), word


@pytest.mark.parametrize("number", [0, 12.5, 1_234_567, 1_234_567.5, 10**9])
def test_a_count_has_all_its_digits(number: float) -> None:
    assert float(count(number).replace(",", "")) == number


def test_numbers_stay_in_line() -> None:
    made = [table(("name", "cycles"), [["a b", "> 1,234"]], texts=1)]
    assert "> 1,234" in shown(made, 0)


def test_text_is_printed_as_it_is() -> None:
    console = Plain(width=10, file=io.StringIO())
    console.print(NAME * 3)
    console.print(f"/a/path/with [brackets]/{NAME}", style="red")
    assert isinstance(console.file, io.StringIO)
    assert console.file.getvalue() == f"{NAME * 3}\n/a/path/with [brackets]/{NAME}\n"


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252"])
def test_what_an_encoding_lacks_is_escaped(encoding: str) -> None:
    raw = io.BytesIO()
    console = Plain(width=40, file=io.TextIOWrapper(raw, encoding=encoding))
    console.print("PE 16 × SIMD 49 → é \udcc3")
    console.print(table(("a ×", "b"), [["→", "1,234"]], texts=1))
    console.file.flush()
    text = raw.getvalue().decode(encoding)
    assert "\\u2192" in text and "\\udcc3" in text and "1,234" in text
