"""`hwgen build --cut`: what is written, what is said, what is refused, and what a rebuild replaces."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from hwgen import flow
from hwgen.cli import app
from hwgen.errors import DataError, OutputError
from hwgen.flow import Accelerator
from tests.builders import write_qonnx

MODEL = "tiny.onnx"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    write_qonnx(tmp_path / MODEL, np.random.default_rng(0))
    return tmp_path


def run(*words: str) -> str:
    """What a call prints; it must succeed."""
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    return done.stdout


def refused(*words: str) -> str:
    done = CliRunner().invoke(app, words)
    assert done.exit_code
    return str(done.exception)


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_each_device_is_a_project(folder: Path) -> None:
    told = json.loads(run("build", MODEL, "-o", "out", "--cut", "fc0", "--part", "xc7z020,zcu104", "--json"))
    assert {*told["devices"]} == {"device0", "device1"} and told["links"][0]["after"] == "fc0"
    assert [told["devices"][name]["part"] for name in ("device0", "device1")] == ["xc7z020", "zcu104"]
    assert told["links"][0]["frame_bits"] == told["links"][0]["beats"] * told["links"][0]["tdata_bits"]
    for name, each in told["devices"].items():
        alone = json.loads(run("estimate", f"out/{name}", "--json"))
        assert alone == {"format": "hwgen/estimate/1", **each}
    first, second = (json.loads((folder / f"out/device{k}/host/ports.json").read_text()) for k in (0, 1))
    shared = ("type", "shape", "vectors", "elements", "lanes", "beats", "beat_bytes", "scale", "offset", "order")
    assert [first["outputs"][0][key] for key in shared] == [second["inputs"][0][key] for key in shared]
    assert json.loads(run("estimate", "out", "--json")) == told
    listed = dict(reversed(line.split("  ", 1)) for line in (folder / "out/hwgen.sha256").read_text().splitlines())
    written = {path: hashlib.sha256(data).hexdigest() for path, data in contents(folder / "out").items()}
    assert listed == {path: digest for path, digest in written.items() if not path.endswith("hwgen.sha256")}


def test_the_best_cut(folder: Path) -> None:
    run("build", MODEL, "-o", "one")
    told = json.loads(run("estimate", "one", "--cuts", "--part", "xc7z020,zcu104", "--json"))
    assert told["best"] == "fc0" and told["parts"] == ["xc7z020", "zcu104"] and len(told["cuts"]) == 1
    assert "> fc0" in run("estimate", "one", "--cuts")
    done = CliRunner().invoke(app, ["build", MODEL, "-o", "out", "--cut", "auto", "--fit"])
    assert done.exit_code == 0 and "> fc0" in done.stderr and "behind fc0" in done.stdout


def test_simulate_golden(folder: Path) -> None:
    run("build", MODEL, "-o", "out", "--cut", "fc0")
    told = json.loads(run("simulate", "out", "--backend", "golden", "--frames", "2", "--json"))
    assert told["together"]["mismatches"] == 0 and told["together"]["streams_checked"] == ["device1_fc1"]
    assert json.loads((folder / "out/simulate.json").read_text())["together"] == told["together"]


REFUSED = {
    ("build", MODEL, "-o", "new", "--cut", "fc1"): (
        "cut: the stream behind fc1 (dense1) must be all that goes on to a second device, with layers on both sides; "
        "found nothing computes behind it. Cut behind one of fc0."
    ),
    ("build", MODEL, "-o", "new", "--cut", "x"): "cut: must name a layer of the network; found x",
    ("build", MODEL, "-o", "new", "--part", "a,b"): "--part: must be one without --cut; found a, b.",
    ("build", MODEL, "-o", "new", "--cut", "fc0", "--part", "xc7z020,b,c"): (
        "part: must be as many as devices, 2 for 1 cut; found xc7z020, b, c. Give one for each, with commas."
    ),
    (
        "build",
        MODEL,
        "-o",
        "new",
        "--cut",
        "fc0",
        "--part",
        "xc7z020,b",
    ): "part: must be a known FPGA or board; found b.",
    ("build", MODEL, "-o", "new", "--cut", "auto", "--cut", "fc0"): "--cut: must be auto alone, for two devices; found",
    ("report", "out"): (
        "out: must be the project of one device; found those of several. Give that of one, such as out/device0."
    ),
    ("simulate", "out", "--layer", "fc0"): "--layer: must be for the project of one device; found out. Give device0.",
    ("estimate", "out", "--part", "xc7z020"): "out: must be the project of one device",
    ("estimate", "out/device0", "--part", "xc7z020"): "--part: must come with --cuts, and name one FPGA or two; found",
    (
        "estimate",
        "out/device0",
        "--cuts",
    ): "cut: tiny_device0 must have a layer whose stream alone goes on; found none.",
}


def test_refused(folder: Path) -> None:
    run("build", MODEL, "-o", "out", "--cut", "fc0")
    before = contents(folder)
    for words, message in REFUSED.items():
        assert refused(*words).startswith(message), words
    assert contents(folder) == before


def test_all_or_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A failure in the second device leaves what was there, and nothing beside it."""
    run("build", MODEL, "-o", "out", "--cut", "fc0")
    before, files, devices = contents(folder), Accelerator.files, flow.open_devices("out")

    def interrupted(self: Accelerator) -> dict[str, str]:
        if self.design.name.endswith("device1"):
            raise KeyboardInterrupt
        return files(self)

    monkeypatch.setattr(Accelerator, "files", interrupted)
    for output in ("out", "new"):
        with pytest.raises(KeyboardInterrupt):
            devices.write(output)
    assert contents(folder) == before and {path.name for path in folder.iterdir()} == {MODEL, "out"}


def test_a_rebuild_keeps_what_is_not_its_own(folder: Path) -> None:
    run("build", MODEL, "-o", "out", "--cut", "fc0")
    run("simulate", "out/device1", "--backend", "golden", "--frames", "1")
    run("simulate", "out", "--backend", "golden", "--frames", "1")
    tool = folder / "out/device1/vivado/build/log"
    tool.parent.mkdir()
    tool.write_text("hours")
    run("build", MODEL, "-o", "out", "--cut", "fc0")
    assert tool.read_text() == "hours" and not (folder / "out/device1/simulate.json").exists()
    run("build", MODEL, "-o", "out")
    assert [path.read_text() for path in (folder / "out/previous").rglob("log")] == ["hours"]
    run("build", MODEL, "-o", "out", "--cut", "fc0")
    (folder / "out/device1/mine.txt").write_text("mine")
    with pytest.raises(OutputError, match=r"found device1/mine\.txt\. Nothing was changed"):
        CliRunner().invoke(app, ["build", MODEL, "-o", "out", "--cut", "fc0"], catch_exceptions=False)


def test_devices_that_do_not_belong_together(folder: Path) -> None:
    run("build", MODEL, "-o", "out", "--cut", "fc0", "--target-interval", "8")
    manifest = json.loads((folder / "out/hwgen.json").read_text())
    for change, message in (
        ({"devices": {**manifest["devices"], "device0": "0" * 12}}, "must hold the devices that were built together"),
        ({"cuts": ["fc9"]}, "must name cuts of the network; found fc9"),
        ({"cuts": 3}, "must be what `hwgen build --cut` wrote"),
        ({"cuts": ["fc0", "fc1"]}, "must be a folder that `hwgen build` wrote"),
    ):
        (folder / "out/hwgen.json").write_text(json.dumps({**manifest, **change}))
        with pytest.raises(DataError, match=message):
            flow.open_devices("out")
