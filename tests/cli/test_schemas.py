"""What verbs print with `--json` is what their schemas say, key by key."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from hwgen.cli import app
from hwgen.cli.schemas import names, schema
from tests.builders import write_qonnx
from tests.schemas import conforms

ELSEWHERE = {
    "bitstream": "tests/flow/test_bitstream.py",
    "hls-check": "tests/cli/test_hls.py",
    "program": "tests/flow/test_program.py",
    "synth": "tests/verify/test_synth.py",
    "zoo-train": "tests/cli/test_zoo.py",
}
"""Reports that take long: tests that have one anyway hold it against its schema."""

CALLS: list[tuple[str, str]] = [
    ("estimate", "build tiny.onnx -o other --target-interval 16"),
    ("estimate", "estimate out"),
    ("cuts", "estimate out --cuts"),
    ("devices", "estimate cut"),
    ("check", "check tiny.onnx"),
    ("simulate", "simulate out --frames 2"),
    ("simulate", "simulate out --frames 1 --backend csim --pipeline-depth 2"),
    ("simulate", "simulate out --frames 1 --backend golden"),
    ("simulate-devices", "simulate cut --frames 1 --backend csim --unbounded"),
    ("simulate-layers", "simulate-layers out --workers 1 --stall 0.2"),
    ("evaluate", "evaluate out --images x.npy --labels y.npy"),
    ("predict", "predict out --images x.npy"),
    ("predict", "predict out --images x.npy --top 2"),
    ("explore", "explore out --points 20 -o points.jsonl"),
    ("compare", "compare out cutless"),
    ("roofline", "roofline out"),
    ("report", "report cutless"),
    ("report", "report out"),
    ("prove", "prove out --unit tlast"),
    ("hls", "hls out"),
    ("estimate", "estimate cutless"),
    ("boards", "boards"),
    ("doctor", "doctor"),
    ("zoo-list", "zoo list"),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small network, its project, another folding and two devices."""
    path = tmp_path_factory.mktemp("schemas")
    rng = np.random.default_rng(0)
    write_qonnx(path / "tiny.onnx", rng)
    for words in (("-o", "out"), ("-o", "cutless", "--target-interval", "40")):
        printed(path, "build", "tiny.onnx", *words)
    np.save(path / "x.npy", rng.choice([-1, 1], (3, 12)).astype(np.float32))
    np.save(path / "y.npy", np.array([0, 1, 2]))
    printed(path, "build", "tiny.onnx", "-o", "cut", "--cut", "fc0", "--part", "xc7z020,zcu104")
    return path


def printed(folder: Path, *words: str) -> str:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, (words, done.output, done.exception)
    return done.stdout


@pytest.mark.parametrize(("name", "words"), CALLS, ids=[words for _, words in CALLS])
def test_a_report_is_what_its_schema_says(name: str, words: str, folder: Path) -> None:
    conforms(json.loads(printed(folder, *words.split(), "--json")), name)


def test_every_report_is_held_against_its_schema() -> None:
    assert {name for name, _ in CALLS} | {*ELSEWHERE} == {*names()}
    root = Path(__file__).parents[2]
    for name, path in ELSEWHERE.items():
        assert f'"{name}")' in (root / path).read_text()


def test_the_verb_prints_them(folder: Path) -> None:
    listed = printed(folder, "schema").split("\n")
    assert [line.split(":")[0] for line in listed if line] == [*names()]
    found: dict[str, Any] = json.loads(printed(folder, "schema", "estimate"))
    assert found == schema("estimate") and found["properties"]["format"] == {
        "const": "hwgen/estimate/1",
        "description": "this schema and its version",
    }
    done = CliRunner().invoke(app, ["schema", "estimates"])
    assert done.exit_code == 1 and "must be one of bitstream, boards, " in str(done.exception)
