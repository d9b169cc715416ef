"""`hwgen explore` and the goals of `hwgen build` on the command line."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest

from tests.builders import write_qonnx
from tests.command import without_stages
from tests.test_cli import ROOT, call, command, report


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network of 12-8-4, and the project built from it beside it."""
    path = write_qonnx(tmp_path_factory.mktemp("cli") / "tiny.onnx", np.random.default_rng(0))
    call("build", path, "-o", path.parent / "out")
    return path


PART = ("--part", "lfe5u-25f")
"""On a part without layers of constants: wired, so small a network is fastest and smallest at once."""
SMALL = ("--points", "60", "--workers", "1", "--show", "3", *PART)


def test_explore(model: Path, tmp_path: Path) -> None:
    """A QONNX file or its project, all at once or in two goes: the same report; and a point is built."""
    found = report("explore", model, "-o", tmp_path / "r", *SMALL)
    assert (found["explored"], found["fits"]) == (60, True)
    assert [point["number"] for point in found["front"] if point["number"]] == [1, 2, 3]
    assert report("explore", model.parent / "out", "-o", tmp_path / "p", *SMALL) == found
    report("explore", model, "-o", tmp_path / "two", "--points", "20", "--workers", "2", *PART)
    assert report("explore", model, "-o", tmp_path / "two", *SMALL, "--resume", "--build", "2", tmp_path / "b") == found
    built = report("estimate", tmp_path / "b")
    second = next(point for point in found["front"] if point["number"] == 2)
    assert [built[key] for key in ("interval_cycles", "latency_cycles")] == [
        second[key] for key in ("interval_cycles", "latency_cycles")
    ]


def test_damage_changes_nothing_but_a_warning(model: Path, tmp_path: Path) -> None:
    found = report("explore", model, "-o", tmp_path / "r", *SMALL)
    lines = (tmp_path / "r").read_bytes().splitlines(keepends=True)
    fastest = min(range(1, 61), key=lambda number: json.loads(lines[number])["interval"])
    values = json.loads(lines[fastest])
    lines[fastest] = json.dumps(values | {"interval": 1 + values["interval"]}).encode() + b"\n"
    lines[2 if fastest != 2 else 3] = b"\xff\x00\n"
    (tmp_path / "r").write_bytes(b"".join(lines))
    done = call("explore", model, "-o", tmp_path / "r", *SMALL, "--resume", "--json")
    assert json.loads(done.stdout) == found
    hit = ", ".join(map(str, sorted({fastest + 1, 3 if fastest != 2 else 4})))
    assert done.stderr == (
        f"warning: {tmp_path}/r: 2 of {len(lines)} lines damaged ({hit}); they are left in place, and what they held"
        " was computed again\n"
    )
    assert (tmp_path / "r").read_bytes().startswith(b"".join(lines))


def test_the_table(model: Path, tmp_path: Path) -> None:
    said = call("explore", model, "-o", tmp_path / "r", *SMALL, "--exact", "none", "--clock-mhz", "50").stdout
    said = " ".join(said.split())
    assert "FPS/kLUT" in said and "60 foldings explored at 50 MHz, " in said and "3 of them shown" in said


def test_options_reach_the_search(model: Path, tmp_path: Path) -> None:
    (tmp_path / "f.json").write_text('{"fc0": {"pe": 4, "simd": 3}}')
    (tmp_path / "s.toml").write_text('[memory]\nfc1 = "registers"\n')
    options = ("--folding", tmp_path / "f.json", "--settings", tmp_path / "s.toml", "--top1", "--part", "xc7z045")
    found = report("explore", model, "-o", tmp_path / "r", *SMALL, *options, "--seed", "5")
    assert found["part"] == "xc7z045"
    for point in found["front"]:
        assert point["folding"]["fc0"] == {"pe": 4, "simd": 3} and "top1" in point["folding"]
        assert "fc1" not in point["memory"]
    top = json.loads((tmp_path / "r").read_text().splitlines()[0])
    assert (top["seed"], top["memory"]) == (5, {"fc1": "registers"})


def errors(model: Path, tmp_path: Path) -> dict[str, tuple[tuple[str | Path, ...], str]]:
    """Commands that fail, and their one line on standard error."""
    (tmp_path / "there").touch()
    (tmp_path / "other").write_text("hello\n")
    project, fresh = model.parent / "out", tmp_path / "new"
    return {
        "there": (
            ("explore", model, "-o", tmp_path / "there"),
            f"{tmp_path}/there: must be a new file; found one that is there already."
            " Add --resume to go on with it, or give another file.",
        ),
        "other": (
            ("explore", model, "-o", tmp_path / "other", "--resume"),
            f"{tmp_path}/other: must be a file that `hwgen explore` wrote; found other content.",
        ),
        "project_option": (
            ("explore", project, "-o", fresh, "--input-type", "uint8"),
            f"--input-type: is for a QONNX file; found the project {project}, which has its own. Leave it out.",
        ),
        "number": (
            ("explore", model, "-o", fresh, *SMALL, "--build", "9", tmp_path / "b"),
            "point: must be 1 to 3, one of those shown; found 9.",
        ),
        "dask": (
            ("explore", model, "-o", fresh, "--dask", "here"),
            "--dask here: must be the address of a Dask scheduler; found missing port number in address 'here'."
            " Start one with: dask scheduler.",
        ),
        "two_targets": (
            ("build", model, "-o", fresh, "--target-fps", "1e6", "--target-interval", "3"),
            "settings: must give one target, cycles or frames a second; found target_interval 3 and target_fps 1e+06."
            " Leave one out.",
        ),
        "fps_of_a_clock": (
            ("build", model, "-o", fresh, "--target-fps", "3e8"),
            "target_fps: must be at most 200,000,000 frames/s, one each cycle; found 300,000,000."
            " Lower it, or raise the clock.",
        ),
    }


NAMES = ("there", "other", "project_option", "number", "dask", "two_targets", "fps_of_a_clock")


@pytest.mark.parametrize("name", NAMES)
def test_errors(model: Path, tmp_path: Path, name: str) -> None:
    words, message = errors(model, tmp_path)[name]
    done = call(*words, code=4 if name == "dask" else 1)
    assert (done.stdout, done.stderr) == ("", f"error: {message}\n")


def test_every_error_is_tried(model: Path, tmp_path: Path) -> None:
    assert tuple(errors(model, tmp_path)) == NAMES


def test_goals(model: Path, tmp_path: Path) -> None:
    """Frames a second, cycles, and budgets; a target on the command line takes the place of one in a file."""
    (tmp_path / "s.toml").write_text("target_interval = 32\n")

    def built(*options: str | Path) -> int:
        return int(report("build", model, "-o", tmp_path / "b", *options)["interval_cycles"])

    assert built("--target-fps", "25e6") == built("--target-interval", "8") <= 8
    assert built("--settings", tmp_path / "s.toml") == built("--target-interval", "32") <= 32
    assert built("--settings", tmp_path / "s.toml", "--target-fps", "1e8") <= 2
    assert built("--fit") == 1


def test_the_explanation(model: Path) -> None:
    found = report("estimate", model.parent / "out")["explanation"]
    assert found.keys() == {"bottleneck", "cycles", "limit", "step"}
    assert found["step"].keys() == {"interval", "folding", "before", "after"}
    text = " ".join(call("estimate", model.parent / "out").stdout.split())
    step = found["step"]["interval"]
    assert f"sets the interval of {found['cycles']} cycles; the next step, {step} cycles, would take" in text


def running(group: int) -> list[int]:
    """Processes of a group that have not ended."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # it ended meanwhile
            state, _, process_group = status.read_text().rpartition(")")[2].split()[:3]
            found += [int(status.parent.name)] if int(process_group) == group and state != "Z" else []
    return found


def test_interrupt(tmp_path: Path) -> None:
    """Control-C: the results are kept, the sentence says so, and the workers are gone."""
    model = write_qonnx(tmp_path / "large.onnx", np.random.default_rng(0), inputs=96, hidden=120, outputs=60)
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    words = command("explore", model, "-o", tmp_path / "r", "--points", "1000000", "--workers", "2")
    process = subprocess.Popen(words, stderr=subprocess.PIPE, text=True, env=env, start_new_session=True)
    while not (tmp_path / "r").exists() or (tmp_path / "r").read_text().count("\n") < 5:
        time.sleep(0.1)
        assert process.poll() is None
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: the workers get it too
    _, said = process.communicate(timeout=30)
    assert process.returncode == 130
    assert without_stages(said) == (
        "interrupted; nothing half-written was left behind\n"
        f"{tmp_path}/r keeps what was found so far; --resume goes on\n"
    )
    for _ in range(100):
        if not running(process.pid):
            break
        time.sleep(0.1)
    assert running(process.pid) == []
