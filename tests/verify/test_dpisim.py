"""The HLS C++ behind AXI4-Stream ports: stalls, back-pressure, back-to-back frames and a reset in mid-frame."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hwgen.backends.hls import emit
from hwgen.errors import MismatchError
from hwgen.hw import packing
from hwgen.ir.geometry import Geometry
from hwgen.ir.types import Bipolar, IntType
from hwgen.verify import dpisim
from hwgen.verify.bench import Stalls
from tests.hls_lib.cases import Case, mvtu_case, write_project
from tests.hls_lib.image_cases import Conv, conv_case
from tests.hls_lib.join_cases import add_case
from tests.tiers import tiered

B = Bipolar()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One build for all runs of the narrow design."""
    return tmp_path_factory.mktemp("dpi")


@pytest.fixture(scope="module")
def narrow() -> Case:
    """Beats of 5 and of 3 bits, shapes that do not divide."""
    return mvtu_case("net", (12, 7), (3, 5), (B, B, B))


def outputs(case: Case, folder: Path, stalls: Stalls | None = None, reset: int | None = None) -> np.ndarray:
    design = case.design
    project = write_project(emit(design), folder / "project")
    words = packing.to_words(case.inputs, design.input)
    trace = dpisim.simulate(design, project, words, folder / "work", stalls=stalls, reset_after_beats=reset)
    return packing.from_words(trace.outputs, design.output)


@pytest.mark.parametrize("idle", [0.0, 0.4, 0.8])
@pytest.mark.parametrize("back_pressure", [0.0, 0.4, 0.8])
def test_stalls(narrow: Case, folder: Path, idle: float, back_pressure: float) -> None:
    found = outputs(narrow, folder, Stalls(source=idle, sink=back_pressure, seed=7))
    assert np.array_equal(found, narrow.expected)


@pytest.mark.parametrize("beats", [1, 4, 8])
def test_reset(narrow: Case, folder: Path, beats: int) -> None:
    """After 1 beat, in mid-frame and in a later frame, with results still on their way out."""
    found = outputs(narrow, folder, Stalls(sink=0.8, seed=3), beats)
    assert np.array_equal(found, narrow.expected)


def test_wide_beats(tmp_path: Path) -> None:
    """Beats of several 32-bit words at both ends, not a multiple of bytes."""
    case = mvtu_case("wide", (61, 30), (25, 35), (IntType(3, True), IntType(3, True), IntType(3, True)))
    assert np.array_equal(outputs(case, tmp_path, Stalls(source=0.2, sink=0.2)), case.expected)


def test_an_image(tmp_path: Path) -> None:
    """Frames of many vectors, through a sliding window unit."""
    padded = Geometry((3, 3), (2, 1), padding=(1, 1, 1, 1))
    case = conv_case("net", (5, 4, 5), 3, padded, Conv(B, B, B, 2, 3))
    assert np.array_equal(outputs(case, tmp_path, Stalls(source=0.2, sink=0.2)), case.expected)


def test_branches(tmp_path: Path) -> None:
    case = add_case("net", 5, 2, (B, IntType(3, True)), vectors=3)
    assert np.array_equal(outputs(case, tmp_path, Stalls(source=0.2, sink=0.2)), case.expected)


@pytest.mark.parametrize("mark", tiered(["beat == BEATS - 1 ? 1 : 0", "0", "1"], "1"))
def test_tlast_is_that_of_the_design(mark: str, narrow: Case, tmp_path: Path) -> None:
    """The port's own TLAST reaches the bench, which refuses a wrong one."""
    design = replace(narrow.design, tlast=True)
    files = emit(design)
    right = files["src/lib/axis.hpp"]
    files["src/lib/axis.hpp"] = right.replace("beat == BEATS - 1 ? 1 : 0", mark)
    project = write_project(files, tmp_path / "project")
    words = packing.to_words(narrow.inputs, design.input)
    if files["src/lib/axis.hpp"] == right:
        trace = dpisim.simulate(design, project, words, tmp_path / "work", stalls=Stalls(0.3, 0.3))
        assert np.array_equal(packing.from_words(trace.outputs, design.output), narrow.expected)
        return
    with pytest.raises(MismatchError, match="must set TLAST on every output beat"):
        dpisim.simulate(design, project, words, tmp_path / "work")
