"""Soaks: a planted fault is found, shrunk, kept and replayed, and what soaks have found stays mended."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.soak import main
from hwgen.golden import execute
from hwgen.hw.simulation import beat_times
from hwgen.verify import simulate
from tests.end_to_end.cases import STAGES, Case, verdict_of
from tests.end_to_end.drawing import KINDS
from tests.end_to_end.soaking import Finding, Soak, examine
from tests.seeds import fresh
from tests.tiers import is_long, tiered

REPLAYS = sorted((Path(__file__).resolve().parents[1] / "replays").glob("*.json"))


@pytest.mark.parametrize("path", tiered(REPLAYS, REPLAYS[0]), ids=lambda path: path.stem)
def test_replays(path: Path) -> None:
    """What a soak has found once; in the short tier through back ends where settings are a part of it.

    A network that is refused by now belongs to the errors instead.
    """
    case = Case.of(path.read_text())
    assert case.text() == path.read_text()
    stages = ("golden", "csim", "rtl") if case.settings else ("golden",)
    verdict = verdict_of(case, STAGES if is_long() else stages)
    assert verdict.what == "exact", verdict


def test_there_is_something_to_replay() -> None:
    assert {path.stem.split("_")[0] for path in REPLAYS} & KINDS.keys()


def first_fault(soak: Soak) -> Finding:
    return next(found for found in (examine(soak, number) for number in range(200)) if found.verdict.is_fault)


def test_a_planted_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    """Golden's pools upside down: found against onnxruntime, shrunk to the pool, replayed from its text."""
    right = execute.pool
    soak = Soak(seed=1, kinds=("operators",), stages=("golden",), shrink_s=20)
    with monkeypatch.context() as planted:
        planted.setattr(execute, "pool", lambda *given: right(*given)[:, ::-1])
        found = first_fault(soak)
        case = Case.of(found.case)
        assert verdict_of(case).is_like(found.verdict)
    assert (found.verdict.what, found.verdict.stage) == ("different", "golden")
    assert len(case.frames) == 1
    assert [node.op_type for node in case.model.graph.node if "Pool" in node.op_type] != []
    assert len(case.model.graph.node) <= 4
    assert verdict_of(case, ["golden"]).what == "exact"


@pytest.mark.long
def test_a_planted_fault_of_a_back_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Predictions a cycle late: found in RTL, shrunk to the run that shows them."""

    def late(*given: Any, **options: Any) -> Any:
        return {name: times + 1 for name, times in beat_times(*given, **options).items()}

    soak = Soak(seed=1, kinds=("convolutions",), stages=("golden", "rtl"), shrink_s=60)
    with monkeypatch.context() as planted:
        planted.setattr(simulate, "beat_times", late)
        found = first_fault(soak)
        case = Case.of(found.case)
        assert verdict_of(case, ["rtl"]).is_like(found.verdict)
    assert (found.verdict.what, found.verdict.stage) == ("different", "rtl")
    assert len(case.frames) == 1 and not case.runs
    assert verdict_of(case, ["golden", "rtl"]).what == "exact"


def soaked(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    """The report of a soak without faults."""
    with pytest.raises(SystemExit) as end:
        main([*words, "--backends", "golden", "--kinds", "operators", "dense", "gates", "--json"])
    assert end.value.code == 0
    return dict(json.loads(capsys.readouterr().out))


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A soak that is gone on with is the same as one in one go, also where the last line was cut off."""
    whole = soaked(capsys, "--seed", "3", "--networks", "8")
    lines = tmp_path / "soak.jsonl"
    soaked(capsys, "--seed", "3", "--networks", "5", "--results", str(lines))
    lines.write_text(lines.read_text()[:-9])
    assert soaked(capsys, "--networks", "8", "--results", str(lines), "--resume") == whole
    assert sum(kind["drawn"] for kind in whole["kinds"].values()) == 8
    assert sum(kind["golden"] + kind["refused"] for kind in whole["kinds"].values()) == 8
    assert len(lines.read_text().splitlines()) == 9
    assert soaked(capsys, "--minutes", "0.0001", "--seed", "3")["faults"] == []


def test_a_fault_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(execute, "integer_matmul", lambda *given: np.zeros(0))
    with pytest.raises(SystemExit) as end:
        main(["--networks", "3", "--kinds", "qdq", "--backends", "golden", "--seed", "3", "--keep", str(tmp_path)])
    assert end.value.code == 1
    assert "fault: " in capsys.readouterr().out
    kept = sorted(tmp_path.glob("qdq_3_*.json"))
    assert kept and verdict_of(Case.of(kept[0].read_text()), ["golden"]).what == "traceback"


@pytest.mark.long
def test_on_dask(capsys: pytest.CaptureFixture[str]) -> None:
    alone = soaked(capsys, "--seed", "3", "--networks", "20")
    assert soaked(capsys, "--seed", "3", "--networks", "20", "--dask", "local", "--workers", "2") == alone


@pytest.mark.long
@pytest.mark.parametrize("kind", KINDS)
def test_a_network_of_each_kind(kind: str) -> None:
    for number in fresh(3):
        found = examine(Soak(seed=2, kinds=(kind,)), number)
        assert not found.verdict.is_fault, (found.verdict, found.case)
