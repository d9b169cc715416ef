"""The XNOR-Net example: its figures, its networks against PyTorch's own forward, its script end to end."""

from __future__ import annotations

import gzip
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from hwgen.errors import DataError
from hwgen.flow import Accelerator
from hwgen.ir.ops import Magnitude, Scale
from tests.examples.load import EXAMPLES, example

EXPECTED = json.loads((EXAMPLES / "xnor_net" / "expected.json").read_text())
MODULES = ("data", "train", "build", "run")


@pytest.fixture(scope="module")
def scripts() -> Iterator[dict[str, ModuleType]]:
    """The example's modules, by name."""
    with example("xnor_net", *MODULES) as modules:
        yield modules


@pytest.fixture(scope="module")
def untrained(scripts: dict[str, ModuleType]) -> dict[str, Accelerator]:
    found: dict[str, Accelerator] = scripts["run"].untrained()
    return found


def test_figures(scripts: dict[str, ModuleType], untrained: dict[str, Accelerator]) -> None:
    assert scripts["run"].expected(untrained) == EXPECTED
    intervals = {name: report["interval_cycles"] for name, report in EXPECTED.items()}
    assert intervals == {**dict.fromkeys(("plain", "xnor", "xnor_k"), 16 * 64), "bwn": 18 * 64}
    assert EXPECTED["xnor_k"]["dsp"] > EXPECTED["xnor"]["dsp"] == EXPECTED["plain"]["dsp"]


@pytest.mark.parametrize("variant", ["plain", "xnor", "xnor_k", "bwn"])
def test_golden_is_pytorch(scripts: dict[str, ModuleType], variant: str) -> None:
    images, shown, labels, wanted = scripts["data"].digits()
    model = scripts["train"].train(variant, images, labels, epochs=2)
    scores = scripts["train"].scores(model, shown)
    assert (scores.argmax(1) == wanted).mean() > 0.5
    built = scripts["build"].accelerator(model, variant)
    kinds = [type(node.op) for node in built.graph.nodes]
    assert (kinds.count(Magnitude), kinds.count(Scale)) == ((2, 2) if variant == "xnor_k" else (0, 0))
    assert len(shown) >= 500 and scripts["build"].differing(built, scores, shown) == 0
    assert scripts["build"].differing(built, scores[::-1], shown) > 0


def test_the_path_of_k_is_what_k_adds(scripts: dict[str, ModuleType], untrained: dict[str, Accelerator]) -> None:
    build, reports = scripts["build"], {variant: untrained[variant].estimate() for variant in ("xnor", "xnor_k")}
    assert build.path_of_k(reports["xnor"]) == []
    kinds = {unit.kind for unit in build.path_of_k(reports["xnor_k"])}
    assert {"magnitude", "window", "pool", "scale"} <= kinds and "mvtu" not in kinds
    lines = (unit for unit in reports["xnor_k"].units if unit.kind == "threshold")
    dsp = sum(unit.resources.dsp for unit in (*build.path_of_k(reports["xnor_k"]), *lines))
    assert dsp == reports["xnor_k"].resources.dsp - reports["xnor"].resources.dsp


def idx(path: Path, array: np.ndarray) -> None:
    """Write bytes as MNIST has them."""
    head = bytes([0, 0, 8, array.ndim]) + b"".join(size.to_bytes(4, "big") for size in array.shape)
    path.write_bytes(gzip.compress(head + array.astype(np.uint8).tobytes()))


def test_mnist_files(scripts: dict[str, ModuleType], tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    images, labels = rng.integers(0, 256, (6, 28, 28)), rng.integers(0, 10, 6)
    for part in ("train10k", "t10k"):
        idx(tmp_path / f"{part}-images-idx3-ubyte.gz", images)
        idx(tmp_path / f"{part}-labels-idx1-ubyte.gz", labels)
    found = scripts["data"].mnist(tmp_path)
    assert np.array_equal(found[0], images) and np.array_equal(found[3], labels)
    (tmp_path / "t10k-images-idx3-ubyte.gz").unlink()
    with pytest.raises(DataError) as error:
        scripts["data"].mnist(tmp_path)
    assert str(error.value) == (
        f"{tmp_path}: must hold t10k-images-idx3-ubyte or t10k-images-idx3-ubyte.gz; found "
        "t10k-labels-idx1-ubyte.gz, train10k-images-idx3-ubyte.gz, train10k-labels-idx1-ubyte.gz. Download it."
    )


@pytest.mark.long
def test_run(
    scripts: dict[str, ModuleType], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(scripts["run"], "VARIANTS", ("xnor_k",))
    monkeypatch.setattr(sys, "argv", ["run.py", "--epochs", "1", "--frames", "3"])
    scripts["run"].main()
    printed = capsys.readouterr().out
    row = next(line for line in printed.splitlines() if "xnor_k" in line and "%" not in line)
    assert row.split()[2:] == ["0", "0", "0", "0", "yes"]
    assert "of it the path of K" in printed
