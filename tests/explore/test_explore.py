"""Exploring a network: the same front whatever happens on the way, and points that become accelerators."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import hwgen
from hwgen import flow
from hwgen.backends import rtl
from hwgen.config import Settings, settings
from hwgen.errors import ConfigError, DataError, OutputError
from hwgen.explore.evaluate import Fidelity
from hwgen.explore.exploration import Exploration
from hwgen.flow import Plan
from hwgen.hw.device import Family
from hwgen.hw.resources import Resources
from tests.builders import mobilenet_like, random_network
from tests.tiers import tiered

GRAPH = random_network(np.random.default_rng(0), (24, 16, 12, 4), input_quantiser=True)
IMAGES = mobilenet_like(np.random.default_rng(0))
CHOSEN = settings(clock_mhz=100.0)
PLAN = Plan(points=500, shown=4, workers=1)


class Interrupted(Exception):
    """Stands for Control-C."""


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> tuple[Exploration, bytes]:
    """An exploration without any trouble, and its file."""
    path = tmp_path_factory.mktemp("explore") / "r.jsonl"
    return flow.explore(GRAPH, CHOSEN, path, PLAN), path.read_bytes()


def test_what_is_found(plain: tuple[Exploration, bytes]) -> None:
    found, text = plain
    assert len(found.points) == 500 and found.fits and 4 < len(found.front) < 500
    numbers = [member.number for member in found.front if member.number is not None]
    assert 2 <= len(numbers) <= 4 and numbers == list(range(1, len(numbers) + 1))
    for member in found.front:
        assert member.fidelity is (Fidelity.SEARCH if member.number is None else Fidelity.CYCLES)
        assert (member.figures.latency is None) == (member.number is None)
    assert text.count(b"\n") == 1 + 500 + len(numbers)


def test_two_processes(plain: tuple[Exploration, bytes], tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    found = flow.explore(GRAPH, CHOSEN, path, Plan(points=500, shown=4, workers=2))
    assert (found, path.read_bytes()) == plain


STOPS = ((Fidelity.SEARCH, 1), (Fidelity.SEARCH, 333), (Fidelity.CYCLES, 1))


@pytest.mark.parametrize("stop", tiered(STOPS, STOPS[0]), ids=str)
def test_interrupted(plain: tuple[Exploration, bytes], tmp_path: Path, stop: tuple[Fidelity, int]) -> None:
    """What was found is kept and not looked at again; in the end all is as if nothing had happened."""
    path = tmp_path / "r.jsonl"

    def interrupt(fidelity: Fidelity, done: int, total: int) -> None:
        if (fidelity, done) == stop:
            raise Interrupted

    with pytest.raises(Interrupted):
        flow.explore(GRAPH, CHOSEN, path, PLAN, interrupt)
    kept = path.read_bytes()
    assert kept.count(b"\n") == 1 + stop[1] + (500 if stop[0] is Fidelity.CYCLES else 0)
    path.write_bytes(kept[:-9] if stop[1] == 333 else kept)  # the last line half-written
    found = flow.explore(GRAPH, CHOSEN, path, Plan(points=500, shown=4, workers=1, resume=True))
    assert (found, path.read_bytes()) == plain


def test_more_points_later(plain: tuple[Exploration, bytes], tmp_path: Path) -> None:
    """A search of 200 points goes on to 500; one that has 500 has 200 too."""
    path = tmp_path / "r.jsonl"
    few = flow.explore(GRAPH, CHOSEN, path, Plan(points=200, shown=4, workers=1, resume=True))
    more = flow.explore(GRAPH, CHOSEN, path, Plan(points=500, shown=4, workers=1, resume=True))
    again = flow.explore(GRAPH, CHOSEN, path, Plan(points=200, shown=4, workers=1, resume=True))
    assert more == plain[0] and again == few and len(few.points) == 200


def test_the_report(plain: tuple[Exploration, bytes]) -> None:
    report = plain[0].to_json()
    assert report.keys() == {"name", "part", "clock_mhz", "explored", "fits", "front"}
    assert (report["explored"], report["fits"], len(report["front"])) == (500, True, len(plain[0].front))
    first = report["front"][0]
    assert first.keys() == {
        "number", "stage", "interval_cycles", "fps", "latency_cycles", "latency_us", "resources", "fps_per_klut",
        "folding", "memory"
    }  # fmt: skip
    assert first["fps"] == 100e6 / first["interval_cycles"]
    assert first["latency_us"] == first["latency_cycles"] / 100
    assert first["fps_per_klut"] == pytest.approx(1000 * first["fps"] / first["resources"]["lut"])
    assert first["folding"].keys() == {"quant", "fc0", "fc1", "fc2"} and first["folding"]["quant"].keys() == {"pe"}


@pytest.mark.parametrize("graph", tiered([GRAPH, IMAGES], IMAGES), ids=lambda graph: graph.name)
def test_a_point_becomes_an_accelerator(graph: object, tmp_path: Path) -> None:
    """It has the figures of the exact stage; its folding and settings make it again."""
    found = flow.explore(graph, CHOSEN, tmp_path / "r.jsonl", Plan(points=150, shown=6, workers=1))
    for number in (1, 2):
        member = found.member(number)
        built = flow.accelerator_at(graph, CHOSEN, member.point)
        report = built.estimate()
        assert (report.interval_cycles, report.latency_cycles) == (member.figures.interval, member.figures.latency)
        assert report.resources == member.figures.resources
        values = found.to_json()["front"][found.front.index(member)]
        again = hwgen.compile(graph, clock_mhz=100.0, folding=values["folding"], memory=values["memory"])
        assert again.design.digest == built.design.digest


def test_a_project_is_explored_like_its_network(plain: tuple[Exploration, bytes], tmp_path: Path) -> None:
    """The integer network of a project gives the front of the imported one."""
    project = flow.compile_with(GRAPH, CHOSEN).write(tmp_path / "out")
    opened = flow.open_project(tmp_path / "out")
    assert flow.explore(opened.graph, CHOSEN, tmp_path / "r.jsonl", PLAN) == plain[0]
    assert project.graph == opened.graph


def test_simulated(tmp_path: Path) -> None:
    """The points shown went through RTL simulation: the measured interval and latency are the predicted ones."""
    graph = random_network(np.random.default_rng(1), (6, 4))
    plan = Plan(points=20, shown=1, fidelity=Fidelity.SIMULATE, workers=1)
    found = flow.explore(graph, CHOSEN, tmp_path / "r.jsonl", plan)
    member = found.member(1)
    assert member.fidelity is Fidelity.SIMULATE and member.figures.latency is not None
    built = flow.accelerator_at(graph, CHOSEN, member.point)
    assert built.estimate().latency_cycles == member.figures.latency


def test_synthesised(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The resources are what synthesis finds in the RTL of the point's design, the cycles exact."""
    given: list[tuple[str, Mapping[str, str], Family]] = []
    total = Resources(lut=123, ff=45, bram18=1)

    def synthesise(projects: list[SimpleNamespace], family: Family, work: Path) -> list[SimpleNamespace]:
        assert work.is_dir()
        given.extend((project.top, project.files, family) for project in projects)
        return [SimpleNamespace(total=total)]

    def project(top: str, files: Mapping[str, str]) -> SimpleNamespace:
        return SimpleNamespace(top=top, files=files)

    yosys = SimpleNamespace(SynthesisJob=project, synthesise=synthesise)
    monkeypatch.setitem(sys.modules, "hwgen.verify.synth", yosys)
    plan = Plan(points=60, shown=2, fidelity=Fidelity.SYNTHESISE, workers=1)
    found = flow.explore(GRAPH, CHOSEN, tmp_path / "r.jsonl", plan)
    for number, (top, files, family) in enumerate(given, start=1):
        member = found.member(number)
        built = flow.accelerator_at(GRAPH, CHOSEN, member.point)
        assert (member.fidelity, member.figures.resources) == (Fidelity.SYNTHESISE, total)
        assert member.figures.latency == built.estimate().latency_cycles
        assert (top, dict(files), family) == (built.design.name, rtl.emit(built.design), Family.XC7)
    assert 1 <= len(given) <= 2


def test_the_picture(plain: tuple[Exploration, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All points that fit, and the steps of the front in frames a second and LUT: both fall from one to the next."""
    drawn: list[tuple[list[tuple[float, float, float]], list[tuple[float, float, float]], Path]] = []
    plots = SimpleNamespace(pareto_plot=lambda *given: drawn.append(given))
    monkeypatch.setitem(sys.modules, "hwgen.report.plots", plots)
    flow.plot_front(plain[0], tmp_path / "front.svg")
    ((points, steps, path),) = drawn
    assert path == tmp_path / "front.svg" and len(points) == 500
    assert steps[0][0] == max(fps for fps, _, _ in points)
    assert steps[-1][1] <= min(lut for _, lut, _ in points)  # its FIFOs are sized, theirs are not
    assert all(one[0] > two[0] and one[1] > two[1] for one, two in pairwise(steps))
    assert not any(fps >= step[0] and lut < step[1] for step in steps for fps, lut, _ in points)


def test_a_file_that_is_there(tmp_path: Path) -> None:
    (tmp_path / "r.jsonl").touch()
    with pytest.raises(OutputError) as error:
        flow.explore(GRAPH, CHOSEN, tmp_path / "r.jsonl", PLAN)
    assert str(error.value) == (
        f"{tmp_path}/r.jsonl: must be a new file; found one that is there already."
        " Add --resume to go on with it, or give another file."
    )


def test_a_folder_that_is_not(tmp_path: Path) -> None:
    path = tmp_path / "none" / "r.jsonl"
    with pytest.raises(OutputError) as error:
        flow.explore(GRAPH, CHOSEN, path, PLAN)
    assert str(error.value) == (
        f"{path}: must be writable; found [Errno 2] No such file or directory: '{path}'. Give another path."
    )


def test_a_point_that_is_not_shown(plain: tuple[Exploration, bytes]) -> None:
    shown = sum(member.number is not None for member in plain[0].front)
    for number in (0, shown + 1):
        with pytest.raises(ConfigError) as error:
            plain[0].member(number)
        assert str(error.value) == f"point: must be 1 to {shown}, one of those shown; found {number}."


def test_an_unknown_part(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="must be a known FPGA or board"):
        flow.explore(GRAPH, Settings(part="xyz123"), tmp_path / "r.jsonl", PLAN)
    assert not (tmp_path / "r.jsonl").exists()


@pytest.mark.parametrize("content", [b"one line of mine", b"\x7fELF\x00\x01", b"\n\n", b"{}\n" * 9])
@pytest.mark.parametrize("resume", [False, True])
def test_a_file_of_somebody_else_stays(tmp_path: Path, content: bytes, resume: bool) -> None:
    path = tmp_path / "mine"
    path.write_bytes(content)
    with pytest.raises(DataError if resume else OutputError):
        flow.explore(GRAPH, CHOSEN, path, Plan(points=5, workers=1, resume=resume))
    assert path.read_bytes() == content


@pytest.mark.parametrize("rest", [b"", b'{"stage": "sea', b"my notes"])
def test_damage_does_not_change_the_front(plain: tuple[Exploration, bytes], tmp_path: Path, rest: bytes) -> None:
    """Lines with other figures, dropped bytes or other content; a last line of our own that was cut is no damage."""
    path, lines = tmp_path / "r.jsonl", plain[1].splitlines(keepends=True)
    lines[7] = lines[7].replace(b'"lut": ', b'"lut": -')
    lines[9] = lines[9].replace(b'"interval": ', b'"interval": 1')
    lines[50] = b"\x00\xff\n"
    start = b"".join(lines)
    path.write_bytes(start + rest)
    found = flow.explore(GRAPH, CHOSEN, path, Plan(points=500, shown=4, workers=1, resume=True))
    assert (found.front, found.points) == (plain[0].front, plain[0].points)
    foreign = rest == b"my notes"
    which = (
        f"{4 if foreign else 3} of {len(lines) + foreign} lines damaged (8, 10, 51{f', {len(lines) + 1}' * foreign})"
    )
    assert found.damage == f"{path}: {which}; they are left in place, and what they held was computed again"
    text = path.read_bytes()
    assert text.startswith(start + (rest + b"\n") * foreign) and text.count(b"\n") == len(lines) + 3 + foreign
    again = flow.explore(GRAPH, CHOSEN, path, Plan(points=500, shown=4, workers=1, resume=True))
    assert path.read_bytes() == text and again.front == found.front
