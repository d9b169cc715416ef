"""The command line: keys of every report, exit codes, one sentence for every error."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hwgen import open_project
from tests.builders import write_qonnx
from tests.command import ROOT, hwgen


def command(*words: str | Path) -> list[str]:
    return [sys.executable, "-m", "hwgen.cli", *map(str, words)]


def call(*words: str | Path, code: int = 0) -> subprocess.CompletedProcess[str]:
    done = hwgen(*words, env={"COLUMNS": "200"})
    assert done.returncode == code, done.stdout + done.stderr
    return done


def report(*words: str | Path, code: int = 0) -> Any:
    """The JSON on standard output, and nothing else there."""
    return json.loads(call(*words, "--json", code=code).stdout)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model, the project built from it, images and labels."""
    place = tmp_path_factory.mktemp("cli")
    write_qonnx(place / "tiny.onnx", np.random.default_rng(0))
    call("build", place / "tiny.onnx", "-o", place / "out")
    rng = np.random.default_rng(1)
    np.save(place / "images.npy", rng.integers(0, 2, (20, 3, 4), dtype=np.int8) * 2 - 1)
    np.save(place / "pixels.npy", rng.integers(0, 256, (20, 12), dtype=np.uint8))
    np.save(place / "labels.npy", rng.integers(0, 4, 20))
    np.save(place / "scalar.npy", np.array(3))
    return place


ESTIMATE = {
    "format", "name", "part", "clock_mhz", "interval_cycles", "latency_cycles", "fps", "latency_us", "bottleneck",
    "layers", "units", "device", "resources", "explanation", "gated", "hls", "warnings", "carry4", "external"
}  # fmt: skip
UNIT = {
    "name", "layer", "kind", "cycles", "utilisation", "starved_cycles", "blocked_cycles", "depth", "held", "width",
    "resources"
}  # fmt: skip
RESOURCES = {"lut", "ff", "bram18", "bram36", "dsp", "uram"}
LAYER = {
    "name", "origin", "kind", "pe", "simd", "cycles", "inputs", "outputs", "input_type", "weight_type", "output_type",
    "weight_bits", "threshold_bits", "line_bits", "window_cycles", "memory", "fifo_depth", "utilisation"
}  # fmt: skip
CYCLES = {"interval_cycles", "latency_cycles", "total_cycles"}


def test_build(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "f.json").write_text('{"fc0": {"pe": 4, "simd": 3}}')
    options = ("--folding", tmp_path / "f.json", "--clock-mhz", "150", "--part", "xcku5p", "--name", "My Net")
    found = report("build", folder / "tiny.onnx", "-o", tmp_path / "out", *options)
    assert found.keys() == ESTIMATE
    assert (found["name"], found["part"], found["clock_mhz"]) == ("my_net", "xcku5p", 150.0)
    assert (found["layers"][0]["pe"], found["layers"][0]["simd"]) == (4, 3)
    assert (tmp_path / "out" / "hwgen.json").is_file()


def test_estimate(folder: Path) -> None:
    found = report("estimate", folder / "out")
    assert found.keys() == ESTIMATE
    assert [layer.keys() for layer in found["layers"]] == [LAYER, LAYER]
    assert [layer["name"] for layer in found["layers"]] == ["fc0", "fc1"]
    assert all(unit.keys() == UNIT and unit["resources"].keys() == RESOURCES for unit in found["units"])
    assert {unit["layer"] for unit in found["units"]} == {"fc0", "fc1"}
    assert found["device"] == "xc7z020" and found["resources"].keys() == RESOURCES
    # The top level adds a counter of output beats to its units.
    edge = {key: found["resources"][key] - sum(unit["resources"][key] for unit in found["units"]) for key in RESOURCES}
    assert 0 <= edge.pop("lut") < 10 and 0 <= edge.pop("ff") < 10 and set(edge.values()) == {0}
    assert found["fps"] == pytest.approx(found["clock_mhz"] * 1e6 / found["interval_cycles"])
    assert found["latency_us"] == pytest.approx(found["latency_cycles"] / found["clock_mhz"])
    assert found == json.loads((folder / "out" / "estimate.json").read_text())


def test_synth(folder: Path) -> None:
    found = report("synth", folder / "out", "--family", "ecp5")
    assert found.keys() == {"format", "name", "tool", "family", "units", "measured", "model", "carry4"}
    assert (found["name"], found["family"]) == ("tiny", "ecp5") and found["tool"].startswith("pyosys ")
    assert all(unit.keys() == {"name", "layer", "kind", "measured", "model", "carry4"} for unit in found["units"])
    names = [unit["name"] for unit in report("estimate", folder / "out")["units"]]
    assert [unit["name"] for unit in found["units"]] == [*names, "tlast"]
    assert found["measured"]["lut"] == sum(unit["measured"]["lut"] for unit in found["units"]) > 0
    kept = json.loads((folder / "out" / "synth.json").read_text())
    assert found | open_project(folder / "out").identity == kept


def test_synth_of_an_unknown_unit(folder: Path) -> None:
    names = [unit["name"] for unit in report("estimate", folder / "out")["units"]]
    said = call("synth", folder / "out", "--unit", "fc9", code=1).stderr
    assert said == f"error: unit: must be one of {', '.join(names)}; found fc9.\n"


def test_simulate(folder: Path) -> None:
    found = report("simulate", folder / "out", "--backend", "golden", "--frames", "7")
    assert found.keys() == {
        "format",
        "backend", "frames", "mismatches", "first_mismatches", "streams_checked", *CYCLES, "predicted", "beats_timed",
        "mistimed", "input_interval", "stalls", "skipping", "bounded",
        "stated_interval_cycles", "wall_s"
    }  # fmt: skip
    assert found["predicted"].keys() == CYCLES and found["wall_s"].keys() == {"build", "run"}
    assert (found["backend"], found["frames"], found["mismatches"]) == ("golden", 7, 0)
    assert [found[key] for key in sorted(CYCLES)] == [None, None, None]
    assert all(isinstance(found["predicted"][key], int) for key in CYCLES)
    kept = json.loads((folder / "out" / "simulate.json").read_text())
    assert found | open_project(folder / "out").identity == kept


def test_simulate_layers(folder: Path) -> None:
    found = report("simulate-layers", folder / "out", "--workers", "1")
    assert found["passed"] and found["frames"] == 2 and list(found["layers"]) == ["fc0", "fc1"]
    shown = call("simulate-layers", folder / "out", "--workers", "1", "--resume").stdout
    assert "0 mismatches over 2 frames in 2 layers, 2 of them simulated before" in " ".join(shown.split())
    wrong = json.loads((folder / "out" / "simulate_layers.json").read_text())
    assert wrong == {**found, "digest": wrong["digest"], "modules": wrong["modules"]}


def test_evaluate(folder: Path) -> None:
    images, labels = ("--images", folder / "images.npy"), ("--labels", folder / "labels.npy")
    found = report("evaluate", folder / "out", *images, *labels)
    assert found.keys() == {"format", "backend", "frames", "correct", "accuracy"}
    assert found["frames"] == 20 and found["accuracy"] == found["correct"] / 20
    assert report("evaluate", folder / "out", *images, *labels, "--frames", "5")["frames"] == 5


def test_binarised_images(folder: Path) -> None:
    options = ("--images", folder / "pixels.npy", "--labels", folder / "labels.npy", "--binarize-at", "128")
    assert report("evaluate", folder / "out", *options)["frames"] == 20


def test_doctor() -> None:
    found = report("doctor")
    assert all(each.keys() == {"name", "needed_for", "version", "change", "required", "ok"} for each in found)


def test_tables(folder: Path) -> None:
    """For people: the figures are there, and no JSON."""
    said = " ".join(call("estimate", folder / "out").stdout.split())
    assert "fc0" in said and re.search(r"about \d+ LUT \(0\.\d%\), \d+ FF .* of xc7z020", said)
    assert (
        "0 mismatches over 3 frames" in call("simulate", folder / "out", "--backend", "golden", "--frames", "3").stdout
    )
    assert "right:" in call(
        "evaluate", folder / "out", "--images", folder / "images.npy", "--labels", folder / "labels.npy"
    ).stdout  # fmt: skip
    assert "hwgen doctor" in call("doctor").stdout


def test_settings_file(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "s.toml").write_text("clock_mhz = 75.0\ntarget_interval = 12\n[folding.fc1]\npe = 2\n")
    found = report("build", folder / "tiny.onnx", "-o", tmp_path / "out", "--settings", tmp_path / "s.toml")
    assert found["clock_mhz"] == 75.0 and found["layers"][1]["pe"] == 2 and found["interval_cycles"] <= 12
    found = report(
        "build", folder / "tiny.onnx", "-o", tmp_path / "out", "--settings", tmp_path / "s.toml", "--clock-mhz", "80"
    )
    assert found["clock_mhz"] == 80.0


def test_pipeline(folder: Path, tmp_path: Path) -> None:
    """Two stages a layer at most, as many as the clock needs, and more than any number of them reaches."""

    def built(*options: str) -> Any:
        return report("build", folder / "tiny.onnx", "-o", tmp_path / "out", *options)

    plain, two = built(), built("--pipeline", "2")
    assert plain["latency_cycles"] < two["latency_cycles"] <= plain["latency_cycles"] + 2 * len(plain["layers"])
    assert plain["resources"]["ff"] < two["resources"]["ff"] and plain["interval_cycles"] == two["interval_cycles"]
    assert built("--pipeline", "auto", "--clock-mhz", "20")["latency_cycles"] == plain["latency_cycles"]
    (warning,) = built("--pipeline", "auto", "--clock-mhz", "900")["warnings"]
    assert re.fullmatch(
        r"pipeline registers take fc\d to about \d+ MHz, and 900 MHz are wanted: lower the clock", warning
    )


@pytest.mark.parametrize("scale", ["1/4", "0.25"])
def test_fractions(folder: Path, tmp_path: Path, scale: str) -> None:
    options = ("--input-type", "uint8", "--input-scale", scale, "--input-offset", "-1/2", "--json")
    call("build", folder / "tiny.onnx", "-o", tmp_path / "out", *options)
    assert "f64[]:AAAAAAAA0D8=" in (tmp_path / "out" / "network.txt").read_text()


def errors(folder: Path, tmp_path: Path) -> dict[str, tuple[tuple[str | Path, ...], str]]:
    """Commands that fail, and their one line on standard error."""
    model, out, project = folder / "tiny.onnx", tmp_path / "out", folder / "out"
    (tmp_path / "list.json").write_text("[]")
    (tmp_path / "bad.toml").write_text("clock_mhz = [")
    (tmp_path / "f.json").write_text('{"fc0": {"pe": 0}}')
    frames = ("--frames", "2", "--images")
    return {
        "no_model": (
            ("build", tmp_path / "none.onnx", "-o", out),
            "none.onnx: the model file must exist; found no such file. Check the path.",
        ),
        "no_project": (
            ("estimate", tmp_path),
            f"{tmp_path}: must be a folder that `hwgen build` wrote (hwgen.json); found none. Run `hwgen build` first.",
        ),
        "part": (
            ("build", model, "-o", out, "--part", "a b"),
            "settings: part: String should match pattern '^[A-Za-z0-9][A-Za-z0-9_.+-]*$'; found 'a b'.",
        ),
        "folding_list": (
            ("build", model, "-o", out, "--folding", tmp_path / "list.json"),
            f"{tmp_path}/list.json: must hold a folding per layer name; found list."
            ' Write {"fc0": {"pe": 16, "simd": 49}, ...}.',
        ),
        "folding_zero": (
            ("build", model, "-o", out, "--folding", tmp_path / "f.json"),
            "settings: folding.fc0.pe: should be greater than or equal to 1; found 0.",
        ),
        "toml": (
            ("build", model, "-o", out, "--settings", tmp_path / "bad.toml"),
            f"{tmp_path}/bad.toml: must be a readable TOML file; found Invalid value (at end of document).",
        ),
        "pipeline": (
            ("build", model, "-o", out, "--pipeline", "fast"),
            "settings: pipeline: should be 'auto' or a number of stages, 0 or more; found 'fast'.",
        ),
        "scale": (
            ("build", model, "-o", out, "--input-scale", "1/0"),
            "--input-scale: must be a number, or one per channel with commas; found '1/0'.",
        ),
        "type": (
            ("build", model, "-o", out, "--input-type", "float32"),
            "input_type: must be bipolar, intN or uintN; found 'float32'.",
        ),
        "pixels": (
            ("simulate", project, "--backend", "golden", *frames, folder / "pixels.npy"),
            None,
        ),
        "scalar": (
            ("simulate", project, "--backend", "golden", *frames, folder / "scalar.npy"),
            f"{folder}/scalar.npy: must hold at least one frame; found shape (). Check the file.",
        ),
        "layer": (
            ("simulate", project, "--backend", "golden", "--layer", "fc7"),
            "layer: must be one of fc0, fc1; found fc7.",
        ),
        "labels": (
            ("evaluate", project, "--images", folder / "images.npy", "--labels", folder / "scalar.npy"),
            f"{folder}/scalar.npy: must hold one label for each of 20 frames; found shape ().",
        ),
        "work": (
            ("simulate", project, "--backend", "golden", "--work", tmp_path / "list.json" / "w"),
            None,
        ),
    }


NAMES = (
    "no_model", "no_project", "part", "folding_list", "folding_zero", "toml", "pipeline", "scale", "type", "pixels",
    "scalar", "layer", "labels", "work",
)  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_errors(folder: Path, tmp_path: Path, name: str) -> None:
    words, message = errors(folder, tmp_path)[name]
    done = call(*words, code=1)
    assert done.stdout == "" and "Traceback" not in done.stderr
    assert done.stderr.startswith("error: ") and done.stderr.count("\n") == 1
    if message is not None:
        assert done.stderr == f"error: {message}\n"
    assert not (tmp_path / "out").exists()


def test_every_error_is_tried(folder: Path, tmp_path: Path) -> None:
    assert tuple(errors(folder, tmp_path)) == NAMES


def test_debug_shows_the_traceback(tmp_path: Path) -> None:
    done = call("--debug", "estimate", tmp_path, code=1)
    assert "Traceback" in done.stderr and "DataError" in done.stderr


@pytest.mark.parametrize("words", [("estimate",), ("build", "x.onnx"), ("frob",), ("simulate", ".", "--stall", "2")])
def test_wrong_usage(words: tuple[str, ...]) -> None:
    assert "Traceback" not in call(*words, code=2).stderr


def test_help() -> None:
    verbs = (
        "build",
        "estimate",
        "simulate",
        "evaluate",
        "synth",
        "explore",
        "compare",
        "roofline",
        "doctor",
        "simulate-layers",
    )
    for verb in verbs:
        assert "--json" in call(verb, "--help").stdout


def test_interrupt(folder: Path, tmp_path: Path) -> None:
    """Control-C while a long run goes on: a sentence, exit code 130, nothing left."""
    images = tmp_path / "pipe"
    os.mkfifo(images)  # reading it waits for ever
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    words = command("simulate", folder / "out", "--backend", "golden", "--images", images)
    process = subprocess.Popen(words, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=env)
    with images.open("wb"):  # opens once the other side reads
        time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=30)
    assert process.returncode == 130 and "Traceback" not in said
    assert "interrupted" in said
