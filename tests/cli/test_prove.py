"""`hwgen prove`: keys of its JSON, exit codes, edited files, the cache, what is said where it cannot prove."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from hwgen import flow
from tests.builders import random_network
from tests.command import hwgen

KEYS = {
    "module", "parameters", "instances", "verdict", "sentence", "message", "rule", "how", "cycles", "cover", "mistake",
    "seconds", "cached", "waveform"
}  # fmt: skip


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("prove") / "out"
    flow.compile(random_network(np.random.default_rng(0), (12, 8, 4), name="tiny")).write(place)
    return place


def prove(*words: str | Path, cache: Path, code: int) -> tuple[list[dict[str, object]], str]:
    done = hwgen("prove", *words, "--json", env={"HWGEN_CACHE": str(cache), "COLUMNS": "300"})
    assert done.returncode == code, done.stdout + done.stderr
    return json.loads(done.stdout)["units"] if done.stdout else [], done.stderr


def test_a_project_is_proved(built: Path, tmp_path: Path) -> None:
    """One unit alone, then again from the cache."""
    units, said = prove(built, "--unit", "tlast", cache=tmp_path, code=0)
    assert said == "" and [unit["verdict"] for unit in units] == ["proved"]
    assert units[0].keys() == KEYS and units[0]["parameters"] == {"Beats": units[0]["parameters"]["Beats"]}
    again, _ = prove(built, "--unit", "tlast", cache=tmp_path, code=0)
    assert again[0]["cached"] and {**again[0], "cached": False} == units[0]


def test_an_edited_file_is_refuted(built: Path, tmp_path: Path) -> None:
    """Its counterexample is in the project; the JSON is printed although the exit code is 1."""
    edited = tmp_path / "edited"
    shutil.copytree(built, edited)
    path = edited / "rtl" / "lib" / "hwgen_tlast.sv"
    path.write_text(path.read_text().replace("valid_i && ready_i", "ready_i"), encoding="utf-8", newline="\n")
    (unit,), said = prove(edited, "--unit", "tlast", cache=tmp_path / "cache", code=3)
    assert unit["verdict"] == "refuted" and unit["rule"] == "last_wrong_o" and unit["cycles"]
    assert (edited / str(unit["waveform"])).read_text().startswith("$timescale")
    assert said.startswith("refuted: hwgen_tlast (Beats ") and said.count("\n") == 1


def test_what_joins_the_units(built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Streams and files of a project as it was built, then of one with a word of a memory and a module edited."""
    monkeypatch.setattr("hwgen.flow.proving.prove_units", lambda *_, **__: iter(()))
    monkeypatch.setenv("HWGEN_CACHE", str(tmp_path / "cache"))
    found = flow.prove(built)
    assert found.passed and len(found.streams) == len(flow.open_project(built).design.streams)
    memories = [each for each in found.files if each.words]
    assert {each.file for each in memories} == {f"mem/{path.name}" for path in (built / "rtl" / "mem").iterdir()}
    assert {each.file for each in found.files if not each.words} == {path.name for path in (built / "rtl").glob("*.sv")}

    edited = tmp_path / "edited"
    shutil.copytree(built, edited)
    module = edited / "rtl" / "tiny_fc1.sv"
    module.write_text(module.read_text() + "// mine\n", encoding="utf-8", newline="\n")
    lines = len(module.read_text().splitlines())
    found = flow.prove(edited)
    assert not found.passed and not found.refuted
    assert [each.message for each in found.files if each.message] == [
        f"tiny_fc1.sv: line {lines} must be as the network has it; found another."
    ]
    memory = edited / "rtl" / memories[0].file
    first, *rest = memory.read_text().splitlines()
    memory.write_text("\n".join(["1" if first == "0" else "0" * len(first), *rest]), encoding="utf-8", newline="\n")
    (edited / "rtl" / memories[-1].file).unlink()
    found = flow.prove(edited)
    assert found.refuted
    assert {each.message for each in found.files if each.words and each.message} == {
        f"{memories[0].file}: line 1 must be as the network has it; found another.",
        f"{memories[-1].file}: must be in the project; found none. Build it again.",
    }


def test_what_is_refused(built: Path, tmp_path: Path) -> None:
    """A unit that is not there, a folder that is no project, a family that is not known: one line each."""
    for words, told in (
        ((built, "--unit", "nobody"), "--unit: must be an instance or a library module of the project; found nobody."),
        ((tmp_path,), "must be a folder that `hwgen build` wrote"),
        ((built, "--netlist", "ice40"), "--netlist: must be one of ecp5, xc7; found ice40."),
    ):
        _, said = prove(*words, cache=tmp_path, code=1)
        assert told in said and said.count("\n") == 1


def test_a_missing_wheel(built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from hwgen.errors import ToolError
    from hwgen.verify import synth

    monkeypatch.setattr(synth, "_is_native", lambda: False)
    with pytest.raises(ToolError) as caught:
        flow.prove(built)
    told = "pyosys: must be installed to prove; found no such package. pip install 'hwgen[fpga]'."
    assert str(caught.value) == told
