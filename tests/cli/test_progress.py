"""What a verb says while it works: stages as bars or lines, `-v` and `-q`, nothing of it on standard output."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path

import numpy as np
import pytest
from typer.main import get_command
from typer.testing import CliRunner

from hwgen.cli import app
from hwgen.cli.progress import Loudness, Stages
from hwgen.errors import ConfigError
from hwgen.report.console import Plain
from hwgen.verify.bench import _Frames
from hwgen.verify.place import _Phases
from hwgen.verify.progress import listening, stage
from tests.builders import write_qonnx

SECONDS = re.compile(r"\d+\.\d s")


def seen(loudness: Loudness, *, terminal: bool, patience_s: float = 0.0) -> str:
    """What is written of two stages, the second of which fails after a part of it has ended."""
    console = Plain(file=io.StringIO(), force_terminal=terminal, width=100)
    stages = Stages(console, loudness, patience_s)
    with listening(stages):
        with stage("first") as told:
            told(30, 100, "frames [bold]")
            if stages._bars is not None:
                stages._bars.refresh()
        with pytest.raises(ValueError, match="no"), stage("second"):
            with stage("part"):
                pass
            raise ValueError("no")
    assert isinstance(console.file, io.StringIO)
    return SECONDS.sub("N s", console.file.getvalue())


def test_logs_have_a_line_a_stage() -> None:
    for loudness in (Loudness.NORMAL, Loudness.VERBOSE):
        assert seen(loudness, terminal=False) == "first: N s\n  part: N s\n"
    assert seen(Loudness.NORMAL, terminal=False, patience_s=60) == ""
    assert seen(Loudness.VERBOSE, terminal=False, patience_s=60) == "first: N s\n  part: N s\n"
    assert seen(Loudness.QUIET, terminal=False) == seen(Loudness.QUIET, terminal=True) == ""


def test_a_terminal_has_bars_and_lines_when_asked() -> None:
    bars = seen(Loudness.NORMAL, terminal=True)
    assert "first, frames [bold]" in bars and "30/100" in bars and "N s" not in bars
    assert "first: N s" in seen(Loudness.VERBOSE, terminal=True)


def test_nobody_listens() -> None:
    with stage("alone") as told:
        told(1, 2, "")


def test_how_far_nextpnr_is(tmp_path: Path) -> None:
    log, told = tmp_path / "nextpnr.log", []
    phases = _Phases(log, lambda *given: told.append(given))
    phases.look()
    log.write_text("Info: Running main analytical placer, max placement attempts per cell = 84872.\nInfo: Rou")
    phases.look()
    with log.open("a") as stream:
        stream.write("ting 2151 arcs.\nInfo:       2000 |      207       1695 |   60   881 |       385|  1.16  2.55|\n")
    phases.look()
    assert told == [(0, 0, "placing"), (1766, 2151, "routing")]


def test_how_many_frames_a_simulation_has_taken(tmp_path: Path) -> None:
    log, told = tmp_path / "input_0.log", []
    frames = _Frames(log, 4, 3, lambda *given: told.append(given[:2]))
    for text in ("0 0 ff\n" * 5, "0 0 ff\n" * 7, "0 0"):
        with log.open("a") as stream:
            stream.write(text)
        frames.look()
    assert told == [(1, 3), (3, 3), (3, 3)]


def test_every_verb_can_be_quiet_or_verbose() -> None:
    commands = get_command(app).commands
    verbs = {**commands, **commands["zoo"].commands}
    for name, each in verbs.items():
        names = {option for parameter in each.params for option in parameter.opts}
        assert name == "zoo" or {"-v", "--verbose", "-q", "--quiet"} <= names, name


def test_standard_output_is_the_result_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_qonnx(tmp_path / "tiny.onnx", np.random.default_rng(0))
    run = CliRunner().invoke
    plain = run(app, ["build", "tiny.onnx", "-o", "out", "--part", "xc7z020", "--json"])
    quiet = run(app, ["build", "tiny.onnx", "-o", "out", "--part", "xc7z020", "--json", "-q"])
    loud = run(app, ["build", "tiny.onnx", "-o", "out", "--part", "xc7z020", "--json", "-v"])
    assert json.loads(plain.stdout) == json.loads(quiet.stdout) == json.loads(loud.stdout)
    stages = [line.split(":")[0].strip() for line in loud.stderr.splitlines() if SECONDS.search(line)]
    assert stages == [
        "import",
        "integer network",
        "folding",
        "schedule of the HLS project",
        "projects",
        "building tiny.onnx",
    ]
    assert "Mind: " in plain.stderr and quiet.stderr == ""
    both = run(app, ["build", "tiny.onnx", "-o", "out", "-q", "-v"])
    assert isinstance(both.exception, ConfigError) and "must be without --verbose" in str(both.exception)
