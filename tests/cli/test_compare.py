"""`hwgen compare` and `hwgen roofline` on the command line."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from tests.builders import write_qonnx
from tests.test_cli import ROOT, call, report

PAPER = ROOT / "benchmarks" / "published" / "finn.toml"
FIGURES = {
    "interval_cycles", "latency_us", "fps", "lut", "bram36", "dsp", "external_gb_s", "fps_per_klut", "operations",
    "operations_per_s", "roof_share",
}  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project that was simulated, and a folding for it."""
    place = tmp_path_factory.mktemp("compare")
    write_qonnx(place / "tiny.onnx", np.random.default_rng(0))
    call("build", place / "tiny.onnx", "-o", place / "out")
    call("simulate", place / "out", "--backend", "rtl", "--frames", "3")
    (place / "fast.json").write_text('{"fc0": {"pe": 8, "simd": 12}, "fc1": {"pe": 4, "simd": 8}}')
    return place


def test_compare(folder: Path, tmp_path: Path) -> None:
    words = ("compare", folder / "out", "--folding", folder / "fast.json", "--published", PAPER, "--part", "zc706")
    files = ("--csv", tmp_path / "c.csv", "--plot", tmp_path / "c.svg")
    found = report(*words, *files)
    assert [each["name"] for each in found] == [
        str(folder / "out"), "fast", "FINN SFC-max", "FINN LFC-max", "FINN CNV-max"
    ]  # fmt: skip
    assert all(each.keys() == {"name", "source", "part", "clock_mhz", *FIGURES} for each in found)
    assert {each["part"] for each in found} == {"zc706"}
    assert found[0]["interval_cycles"]["origin"] == "measured"
    assert found[1]["interval_cycles"] == {"value": 1, "origin": "predicted"}
    lines = list(csv.DictReader((tmp_path / "c.csv").open()))
    assert [line["name"] for line in lines] == [each["name"] for each in found]
    assert (tmp_path / "c.svg").read_text().startswith("<?xml")
    table = call(*words).stdout
    assert "1 p" in table and "12,361,000 r" in table and "91,131 u" in table
    assert "[1] Umuroglu et al., FINN, FPGA 2017" in table
    assert "m measured in RTL simulation" in table


def test_roofline(folder: Path, tmp_path: Path) -> None:
    (found,) = report("roofline", folder / "out", "--part", "zc706", "--plot", tmp_path / "r.png")
    assert found["achieved"]["origin"] == "measured" and found["device"] == "xc7z045"
    assert found["attainable"] == min(found["compute_roof"], found["input_roof"])
    assert (tmp_path / "r.png").read_bytes().startswith(b"\x89PNG")
    (slow,) = report("roofline", folder / "out", "--bandwidth", "0.001")
    assert slow["bandwidth"] == 1e6 and slow["bandwidth_of"] == "board" and slow["limit"] == "input"
    table = call("roofline", folder / "out", folder / "out").stdout
    assert "attainable, the lower roof" in table and "measured" in table


def test_one_layer_alone_is_no_record(folder: Path, tmp_path: Path) -> None:
    before = (folder / "out" / "simulate.json").read_bytes()
    call("simulate", folder / "out", "--backend", "golden", "--layer", "fc1")
    assert (folder / "out" / "simulate.json").read_bytes() == before
    assert json.loads(before)["digest"] == json.loads((folder / "out" / "hwgen.json").read_text())["digest"]


def errors(folder: Path, tmp_path: Path) -> dict[str, tuple[tuple[str | Path, ...], str]]:
    """Commands that fail, and the beginning of their one line on standard error."""
    out = folder / "out"
    none = tmp_path / "none"
    (tmp_path / "bad.toml").write_text('[[design]]\nname = "x"\n')
    wrote = "must be a folder that `hwgen build` wrote (hwgen.json); found none. Run `hwgen build` first."
    return {
        "nothing": (("compare",), "compare: must be given something to compare. Name projects, or --published files."),
        "no_project": (("compare", out, none), f"{none}: {wrote}"),
        "no_roofline": (("roofline", none), f"{none}: {wrote}"),
        "paper": (
            ("compare", "--published", tmp_path / "bad.toml"),
            f"{tmp_path}/bad.toml: design.0.source: is required.",
        ),
        "two": (
            ("compare", out, out, "--folding", folder / "fast.json"),
            "--folding: needs the one project whose network is folded; found 2 projects. Name one project.",
        ),
        "part": (("compare", out, "--part", "xc7z999"), "part: must be a known FPGA or board; found xc7z999."),
        "roofline_part": (("roofline", out, "--part", "none"), "part: must be a known FPGA or board; found none."),
        "clock": (("compare", out, "--clock-mhz", "0"), "settings: clock_mhz: should be greater than 0; found 0."),
        "picture": (
            ("compare", out, "--plot", tmp_path / "a.gif"),
            f"{tmp_path}/a.gif: a picture's name must end in .svg, .png or .pdf; found .gif.",
        ),
        "csv": (("compare", out, "--csv", none / "a.csv"), f"{none}/a.csv: must be writable; found [Errno 2]"),
    }


NAMES = ("nothing", "no_project", "no_roofline", "paper", "two", "part", "roofline_part", "clock", "picture", "csv")


@pytest.mark.parametrize("name", NAMES)
def test_errors(folder: Path, tmp_path: Path, name: str) -> None:
    words, message = errors(folder, tmp_path)[name]
    done = call(*words, code=1)
    assert done.stdout == "" and done.stderr.count("\n") == 1
    assert done.stderr.startswith(f"error: {message}")


def test_every_error_is_tried(folder: Path, tmp_path: Path) -> None:
    assert tuple(errors(folder, tmp_path)) == NAMES
