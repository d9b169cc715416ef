"""`hwgen hls` on the command line: checks, an installed Vitis (a stand-in), its reports beside ours."""

from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from hwgen import flow
from hwgen.cli import app
from hwgen.errors import HwgenError
from hwgen.verify import hlscheck
from tests.builders import random_network
from tests.report.vitis_files import cosim, csynth
from tests.schemas import conforms

UNIFIED = """#!/bin/sh
echo "$0 $*"
case "$*" in
  *--csim*|*--package*) ;;
  *--cosim*) mkdir -p vitis_tiny/hls/sim/report; cp {files}/cosim.rpt vitis_tiny/hls/sim/report/tiny_cosim.rpt ;;
  *) mkdir -p vitis_tiny/hls/syn/report; cp {files}/csynth.xml vitis_tiny/hls/syn/report/csynth.xml ;;
esac
"""
CLASSIC = """#!/bin/sh
echo "$0 $*"
[ "$*" = "-f run_hls.tcl csynth" ] || {{ echo "ERROR: no licence"; exit 1; }}
mkdir -p vitis_tiny/solution/syn/report
cp {files}/csynth.xml vitis_tiny/solution/syn/report/csynth.xml
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("hls") / "out"
    flow.compile(random_network(np.random.default_rng(0), (12, 8, 4), name="tiny")).write(place)
    return place


@pytest.fixture
def project(built: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(built, tmp_path / "out"))


def call(*words: str | Path, code: int = 0) -> str:
    """What the verb prints, in this process."""
    done = CliRunner().invoke(app, list(map(str, words)), catch_exceptions=False)
    assert done.exit_code == code, done.output
    return done.output


def refused(*words: str | Path) -> str:
    """The message of a verb that does not do it."""
    with pytest.raises(HwgenError) as caught:
        call(*words)
    return str(caught.value)


def install(folder: Path, monkeypatch: pytest.MonkeyPatch, **tools: str) -> None:
    """Programs that stand in for Vitis's, and the reports that they leave."""
    folder.mkdir()
    (folder / "csynth.xml").write_text(csynth(top="tiny"))
    (folder / "cosim.rpt").write_text(cosim())
    for name, script in tools.items():
        path = folder / name.replace("_plus", "++").replace("vitis_run", "vitis-run")
        path.write_text(script.format(files=folder))
        path.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")


def test_checks(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without any HLS tool: the emitted sources pass, a pragma that was changed does not."""
    monkeypatch.setattr(hlscheck, "COMPILERS", {"g++": hlscheck.COMPILERS["g++"]})
    told = call("hls", project, "--check")
    assert " pragmas; no warning of g++\n" in told and "must" not in told
    assert re.search(r"^lib/mvtu.hpp:\d+: tiny_fc0, loop slots: 3.24 ns to word$", told, re.MULTILINE)
    library = project / "hls" / "src" / "lib" / "mvtu.hpp"
    short = library.read_text()
    library.write_text(short.replace("word + (again ? 1 - SF : 1)", "word + word * word"))
    found = " ".join(call("hls", project, "--check", code=1).split())
    path = r"lib/mvtu.hpp:\d+: tiny_fc0, loop slots: \d+.\d\d ns to word, more than the 3.65 ns of the clock"
    assert re.search(path, found)
    library.write_text(short)
    top = project / "hls" / "src" / "tiny.cpp"
    top.write_text(top.read_text().replace("#pragma HLS dataflow", "#pragma HLS data_flow"))
    monkeypatch.setattr(hlscheck, "COMPILERS", {"no-such-compiler": ()})
    conforms(json.loads(CliRunner().invoke(app, ["hls", str(project), "--check", "--json"]).stdout), "hls-check")
    found = call("hls", project, "--check", code=1)
    assert "no warning of none; not installed: no-such-compiler\n" in found
    assert ": #pragma HLS data_flow: must be one of pipeline, unroll, inline, dataflow, array_partition, " in found


def test_the_unified_commands(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """csim, csynth, cosim and export of Vitis 2024.1 and newer; the figures stand in the report."""
    install(tmp_path / "bin", monkeypatch, vitis_run=UNIFIED, v_plus=UNIFIED)
    assert call("hls", project, "--run", "csim").endswith("hls/vitis_tiny_csim.log\n")
    early = "Vitis HLS, cosim: must follow csynth; found no csynth.xml. Run `hwgen hls --run csynth` first."
    assert refused("hls", project, "--run", "cosim") == early
    shown = " ".join(call("hls", project, "--run", "csynth").split())
    assert "estimated clock 3.552 ns of the 5 ns asked for, 1.35 ns of them a margin." in shown and "2,345" in shown
    log = (project / "hls" / "vitis_tiny_csynth.log").read_text()
    assert "v++ -c --mode hls --config hls_config.cfg --work_dir vitis_tiny" in log
    assert "Its cosimulation in Verilog: Pass." in call("hls", project, "--run", "cosim")
    found = json.loads(call("hls", project, "--json"))
    assert found["synthesis"]["top"]["interval"] == [48, 50] and found["cosimulation"]["latency"] == [71, 73, 74]
    call("hls", project, "--run", "export")
    call("report", project)
    page = (project / "report.html").read_text()
    for figure in ("48 to 50", "70 to 75", ">73<", ">49<", ">2,345 (4.4%)<", "Vitis HLS 2023.2 for xc7z020-clg400-1"):
        assert figure in page


def test_an_older_vitis_and_its_failure(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path / "bin", monkeypatch, vitis_hls=CLASSIC)
    assert "fc0" in call("hls", project, "--run", "csynth")
    failed = refused("hls", project, "--run", "csim")
    assert failed.startswith("make: must succeed; found exit code 2") and "ERROR: no licence" in failed
    assert failed.endswith(f"See {project}/hls/vitis_tiny_csim.log.")


def test_a_cosimulation_that_fails(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path / "bin", monkeypatch, vitis_run=UNIFIED, v_plus=UNIFIED)
    (tmp_path / "bin" / "cosim.rpt").write_text(cosim("Fail"))
    call("hls", project, "--run", "csynth")
    assert call("hls", project, "--run", "cosim", code=1).endswith("cosimulation: Fail\n")


def test_a_synthesis_that_the_model_rules_out(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The figures are shown, what differs is named, and the exit code is 1."""
    install(tmp_path / "bin", monkeypatch, vitis_hls=CLASSIC)
    wrong = {"<PipelineII>1<": "<PipelineII>3<", "<Worst-caseLatency>75<": "<Worst-caseLatency>400<"}
    text = csynth(top="tiny")
    for right, instead in wrong.items():
        text = text.replace(right, instead, 1)
    (tmp_path / "bin" / "csynth.xml").write_text(text)
    shown = call("hls", project, "--run", "csynth", code=1)
    late = "tiny_fc0, loop slots: must start a slot a cycle; the report says an initiation interval of 3"
    warning = "csynth: a latency of 70 to 400 cycles, the model says 59 to 311"
    assert shown.endswith(f"{warning}\n{late}\n") and "estimated clock 3.552 ns" in " ".join(shown.split())
    told = json.loads(CliRunner().invoke(app, ["hls", str(project), "--json"]).stdout)
    assert told["findings"] == [late] and told["warnings"] == [warning]


def test_without_vitis(project: Path) -> None:
    assert call("hls", project) == "Never taken through an HLS tool: run hwgen hls --run csynth.\n"
    nothing = {"format": "hwgen/hls/1", "synthesis": None, "cosimulation": None, "findings": [], "warnings": []}
    assert json.loads(call("hls", project, "--json")) == nothing
    assert refused("hls", project, "--run", "csynth") == (
        "Vitis HLS, csynth: must be installed to do this; found none of vitis-run, vitis_hls on the PATH. "
        "Source settings64.sh of a Vitis installation; `hwgen simulate --backend csim` needs none."
    )
    assert not (project / "hls.json").exists()


def test_a_record_of_another_design_is_not_shown(project: Path) -> None:
    (project / "hls.json").write_text(json.dumps({"synthesis": None, "cosimulation": None, "digest": "other"}))
    call("report", project)
    assert "Never taken through an HLS tool" in (project / "report.html").read_text()


def test_the_project_of_a_layer(project: Path, tmp_path: Path) -> None:
    assert call("hls", project, "--layer", "fc1", "-o", tmp_path / "fc1") == ""
    assert (tmp_path / "fc1" / "src" / "tiny_fc1.cpp").exists() and (tmp_path / "fc1" / "tb" / "expected.hex").exists()
    assert refused("hls", project, "--layer", "fc1") == "--layer: must come with --output; found fc1."
    message = refused("hls", project, "--layer", "fc7", "-o", tmp_path / "fc7")
    assert message == "layer: must be one of fc0, fc1; found fc7."
    assert not (tmp_path / "fc7").exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--verilog", "x"), "--verilog: must come with --top-module, and --port with both; found --verilog alone."),
        (("--port", "clock=c"), "--verilog: must come with --top-module, and --port with both; found --port alone."),
        (("--verilog", "x", "--top", "t", "--port", "c"), "--port: must be ROLE=PORT; found c."),
    ],
)
def test_options_of_an_hls_tools_verilog(words: tuple[str, ...], message: str, project: Path) -> None:
    assert refused("simulate", project, "--backend", "hls-rtl", *words) == message
