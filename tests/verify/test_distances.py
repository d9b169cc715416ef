"""Distances of dependences: those that cannot be measured are refused, the others are measured on the loops."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hwgen.backends.render import library
from hwgen.verify import cpp, process
from hwgen.verify.cpp import Source
from hwgen.verify.distances import check_measured, check_stated
from tests.hls_lib.cases import write_project

UNIT = """#include "hls_stream.h"
#include "lib/lanes.hpp"
static void first(hls::stream<ap_uint<70>>& in, hls::stream<ap_uint<70>>& out) {
  ap_uint<70> kept[4][2];
slots:
  for (unsigned slot = 0; slot < 12; ++slot) {
    HWGEN_PIPELINE
    HWGEN_DISTANCE(kept, 3)
    out.write(kept[slot % 3][1]);
    kept[slot % 3][1] = in.read();
    kept[3][0] = kept[3][1];
  }
}
static void second(hls::stream<ap_uint<70>>& in, hls::stream<ap_uint<70>>& out) {
  ap_uint<70> kept[4];
slots:
  for (unsigned slot = 0; slot < 2; ++slot) {
    HWGEN_PIPELINE
    HWGEN_DISTANCE(kept, 9)
    kept[slot] = in.read();
    out.write(kept[slot]);
  }
}
void net(hls::stream<ap_uint<70>>& s_axis, hls::stream<ap_uint<70>>& m_axis) {
  static hls::stream<ap_uint<70>> between;
  first(s_axis, between);
  second(between, m_axis);
}
"""
"""What a unit has written lies far back for the next one, and for the next frame."""


def written(text: str, folder: Path) -> tuple[Source, Path]:
    headers = {f"src/lib/{name}.hpp": library("hls")[f"{name}.hpp"] for name in ("lanes", "pragmas")}
    project = write_project({"src/net.cpp": text, **headers}, folder / "project")
    (folder / "work").mkdir(parents=True)
    return cpp.preprocess(project, "vitis", folder / "work"), project


def measured(text: str, folder: Path) -> list[str]:
    source, project = written(text, folder)
    assert check_stated(source, project) == []
    return [str(each) for each in check_measured(source, project, "net", folder / "work")]


def test_a_distance_that_holds(tmp_path: Path) -> None:
    assert measured(UNIT, tmp_path) == []


def test_a_top_of_several_ports(tmp_path: Path) -> None:
    """Two inputs, two outputs, of words of their own: measured as a top of one each."""
    start = UNIT.index("void net(")
    both = """void net(hls::stream<ap_uint<70>>& s_axis_a, hls::stream<ap_uint<9>>& s_axis_b,
         hls::stream<ap_uint<70>>& m_axis_a, hls::stream<ap_uint<9>>& m_axis_b) {
  static hls::stream<ap_uint<70>> between;
  first(s_axis_a, between);
  second(between, m_axis_a);
  m_axis_b.write(s_axis_b.read());
}
"""
    assert measured(UNIT[:start] + both, tmp_path / "right") == []
    assert len(measured((UNIT[:start] + both).replace("kept, 3", "kept, 4"), tmp_path / "wrong")) == 1


@pytest.mark.parametrize(
    ("right", "wrong", "line", "slots"), [("kept, 3", "kept, 4", 8, 3), ("slot % 3", "slot % 2", 8, 2)]
)
def test_a_distance_that_is_too_long(right: str, wrong: str, line: int, slots: int, tmp_path: Path) -> None:
    (found,) = measured(UNIT.replace(right, wrong), tmp_path)
    assert found.startswith(f"net.cpp:{line}: #pragma HLS dependence variable=kept type=inter ")
    assert found.endswith(f"true: a word is read {slots} slots after it has been written")


@pytest.mark.parametrize(
    ("right", "wrong", "message"),
    [
        ("slot < 2; ++slot", "slot < 2;", "must finish within 1 s"),
        ("out.write(kept[slot]);", "out.write(kept[slot].word);", "error: "),
        ("out.write(kept[slot]);", "*static_cast<int*>(nullptr) = 1;", "must succeed"),
    ],
    ids=["endless", "wrong", "broken"],
)
def test_loops_that_do_not_run(
    right: str, wrong: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = process.run

    def soon(command: list[str | Path], **options: Any) -> None:
        run(command, **{**options, "timeout_s": 1.0 if len(command) == 1 else 300.0})

    monkeypatch.setattr(process, "run", soon)
    (found,) = measured(UNIT.replace(right, wrong), tmp_path)
    assert found.startswith("net.cpp:1: must compile and end, so that distances can be measured: ")
    assert message in found


@pytest.mark.parametrize(
    "pragma",
    [
        "variable=kept inter false",
        "variable=kept type=intra direction=RAW distance=3 true",
        "variable=kept type=inter direction=WAR distance=3 true",
        "variable=kept type=inter direction=RAW true",
        "variable=kept type=inter direction=RAW distance=3 true",
    ],
)
def test_a_dependence_that_cannot_be_measured(pragma: str, tmp_path: Path) -> None:
    text = UNIT.replace("    HWGEN_DISTANCE(kept, 9)\n", f"#pragma HLS dependence {pragma}\n")
    (found,) = check_stated(*written(text, tmp_path))
    measurable = "distance=3" in pragma and "inter" in pragma and "RAW" in pragma
    assert ("must be stated by HWGEN_DISTANCE" if measurable else "must state an inter RAW distance") in found.text
