"""Methods of an accelerator do what the verbs of the command line do."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

import hwgen
from hwgen import zoo
from hwgen.errors import ConfigError, DataError
from hwgen.explore.evaluate import Fidelity
from hwgen.flow import Plan


@pytest.fixture(scope="module")
def tfc() -> hwgen.Accelerator:
    return hwgen.compile(zoo.network("tfc"), target_interval=1024)


def test_a_trace_ends_in_the_outputs(tfc: hwgen.Accelerator) -> None:
    codes = tfc.codes(5, seed=1)
    found = tfc.trace(codes)
    outputs = tfc.outputs(codes)
    last = tfc.graph.output.name
    np.testing.assert_array_equal(found[last].reshape(5, -1), outputs)
    assert set(found) == {value.name for value in tfc.graph.values}
    sums = found["fc1_act_out"].astype(np.int64) @ np.sign(found["fc1_act_out"]).T  # of -1 and +1
    assert set(np.unique(found["fc1_act_out"])) <= {-1, 1} and np.all(np.diag(sums) == 64)


def test_classes_and_accuracy(tfc: hwgen.Accelerator) -> None:
    codes = tfc.codes(20, seed=2)
    classes = tfc.predict(codes)
    assert classes.shape == (20,)
    wrong = classes.copy()
    wrong[:5] = (wrong[:5] + 1) % 10
    assert tfc.evaluate(codes, classes.tolist()).accuracy == 1
    assert tfc.evaluate(codes, wrong).correct == 15
    with pytest.raises(DataError) as caught:
        tfc.evaluate(codes, wrong[:7])
    assert str(caught.value) == "labels: must hold one label for each of 20 frames; found shape (7,)."


def test_what_leaves_files_needs_a_project(tfc: hwgen.Accelerator, tmp_path: Path) -> None:
    for verb in (tfc.report, lambda: tfc.bitstream("ulx3s-85f")):
        with pytest.raises(ConfigError) as caught:
            verb()
        assert str(caught.value) == "tfc: must be a project on disk; found one in memory. Call its write first."
    written = tfc.write(tmp_path / "out")
    assert written.report() == tmp_path / "out" / "report.html"
    assert "tfc" in written.report(tmp_path / "page.html").read_text()


def test_explore(tfc: hwgen.Accelerator, tmp_path: Path) -> None:
    plan = Plan(points=40, shown=3, fidelity=Fidelity.SEARCH, workers=1)
    assert tfc.explore(tmp_path / "results.jsonl", plan).to_json()["front"]
    assert (tmp_path / "results.jsonl").is_file()


def test_they_are_shown_in_a_line(tfc: hwgen.Accelerator, tmp_path: Path) -> None:
    assert repr(tfc) == "<Accelerator tfc: 1,024 cycles a frame at 200 MHz on xc7z020clg400-1>"
    assert repr(tfc.write(tmp_path / "out")).endswith(f"clg400-1, in {tmp_path / 'out'}>")
    assert repr(tfc.graph) == "<Graph tfc: input 784xuint8 to output 10xint8, 8 nodes>"
    page = tfc._repr_html_()
    picture, table = page.split("<pre>")
    assert picture.count('class="card') >= 5 and "fc3" in picture and "fc3" in table and "1,024" in table
    assert not set(re.findall(r"var\((--\w+)\)", picture)) - set(re.findall(r"(--\w+):", picture))
