"""C simulation of whole designs, and what it says when something is amiss."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from time import perf_counter

import numpy as np
import pytest

from hwgen.backends.hls import emit
from hwgen.errors import ToolError
from hwgen.hw import packing
from hwgen.hw.activation import Thresholding
from hwgen.hw.design import Design
from hwgen.hw.kernels.argmax import ArgmaxUnit
from hwgen.hw.kernels.fifo import FifoUnit
from hwgen.hw.kernels.mvtu import MvtuUnit
from hwgen.hw.kernels.width import WidthUnit
from hwgen.hw.stream import Stream
from hwgen.ir.types import Bipolar, IntArray
from hwgen.verify import csim, headers
from tests.hls_lib.cases import Case, design_of, mvtu_case, run_cases, write_project

B = Bipolar()


def network() -> Case:
    """Two XNOR layers, a FIFO, a width converter and an argmax."""
    first, second = (
        mvtu_case(n, s, f, (B, B, c))
        for n, s, f, c in (("first", (20, 12), (4, 6), B), ("second", (12, 7), (2, 3), None))
    )
    fc0, fc1 = first.design.units[0], second.design.units[0]
    assert isinstance(fc0, MvtuUnit) and isinstance(fc1, MvtuUnit)
    fc1 = replace(fc1, name="fc1")
    held, narrow = replace(fc0.output, name="q0"), replace(fc1.input, name="w1")
    fc1 = replace(fc1, inputs=(narrow,), outputs=(replace(fc1.output, name="fc1"),))
    top = ArgmaxUnit("top", "top-1", (fc1.output,), (Stream("top", fc1.sum_type, 1, 1),))
    between = (FifoUnit("q0", "stream", (fc0.output,), (held,), 4), WidthUnit("w1", "stream", (held,), (narrow,)))
    scores = first.expected @ fc1.weights[0, :, 0].T
    design = design_of("net", fc0, *between, fc1, top)
    return Case(design, first.inputs, np.argmax(scores, axis=1)[:, None])


def simulated(design: Design, inputs: IntArray, folder: Path) -> IntArray:
    project = write_project(emit(design), folder / "project")
    result = csim.simulate(design, project, packing.to_words(inputs, design.input), folder / "work")
    return packing.from_words(result.outputs, design.output)


def test_network(tmp_path: Path) -> None:
    case = network()
    assert np.array_equal(simulated(case.design, case.inputs, tmp_path), case.expected)


def test_result_has_times(tmp_path: Path) -> None:
    case = mvtu_case("net", (5, 3), (1, 2), (B, B, B))
    project = write_project(emit(case.design), tmp_path / "project")
    words = packing.to_words(case.inputs, case.design.input)
    before = perf_counter()
    result = csim.simulate(case.design, project, words, tmp_path / "work")
    assert result.outputs.shape == (12, 1)
    assert 0 < result.run_s < result.run_s + result.build_s < perf_counter() - before


def mutants() -> list[Case]:
    """A right design, then the same with one weight, one threshold, and two lanes changed.

    Every threshold is the very sum of frame 1, so that one less is seen.
    """
    case = mvtu_case("right", (9, 4), (2, 3), (B, B, B))
    unit = case.design.units[0]
    assert isinstance(unit, MvtuUnit)
    weights = unit.weights[0, :, 0]
    agree = case.inputs[1] == weights[2]
    flipped = unit.weights.copy()
    flipped[0, 2, 0, np.argmax(agree)] *= -1
    ones, others = case.inputs[1] == 1, case.inputs[1] == -1
    one, other = np.argmax(ones & agree), np.argmax(others & agree)
    assert agree.any() and ones[one] and agree[one] and others[other] and agree[other]
    swapped = unit.weights.copy()
    swapped[..., [one, other]] = unit.weights[..., [other, one]]
    sums = ((case.inputs @ weights.T) + 9) // 2
    falls = np.zeros(4, dtype=np.int64)
    exact = Thresholding(sums[1][:, None], falls, -1, 2)
    off_by_one = Thresholding((sums[1] + np.array([0, 0, 0, 1]))[:, None], falls, -1, 2)
    units = {
        "right": replace(unit, activation=exact),
        "weight": replace(unit, activation=exact, weights=flipped),
        "threshold": replace(unit, activation=off_by_one),
        "lanes": replace(unit, activation=exact, weights=swapped),
    }
    expected = np.where(sums >= sums[1], 1, -1)
    return [Case(design_of(name, mutant), case.inputs, expected) for name, mutant in units.items()]


def test_mutations_are_caught(tmp_path: Path) -> None:
    assert run_cases(mutants(), tmp_path) == ["weight", "threshold", "lanes"]


def test_missing_headers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XILINX_HLS", raising=False)
    monkeypatch.delenv("XILINX_VITIS", raising=False)
    monkeypatch.setattr(headers, "find_spec", lambda name: None)
    with pytest.raises(ToolError) as error:
        headers.hls_include()
    assert str(error.value) == (
        "ap_int.h: must be installed for C simulation; found no such header. pip install 'hwgen[sim]'."
    )


def test_vitis_headers_come_first(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "include").mkdir()
    (tmp_path / "include" / "ap_int.h").touch()
    monkeypatch.setenv("XILINX_HLS", str(tmp_path))
    assert headers.hls_include() == tmp_path / "include"


def test_missing_compiler(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    case = mvtu_case("net", (5, 3), (1, 2), (B, B, B))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ToolError) as error:
        csim.build(case.design, tmp_path, tmp_path / "work", 1)
    assert str(error.value) == (
        "g++: must be installed to do this; found no such program on the PATH."
        " Install it with the system's package manager."
    )


@pytest.mark.parametrize("bounded", [False, True])
def test_a_quick_build_reads_headers_that_were_compiled(
    bounded: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those of a bounded simulation but for hls_stream.h, of which it has its own."""
    assert headers.precompiled(streams=not bounded) is not None
    commands: list[str] = []
    monkeypatch.setattr(csim.process, "run", lambda command, **_: commands.append(" ".join(map(str, command))))
    csim._make(Path("make"), tmp_path, tmp_path / "build.log", tmp_path / "net", quick=True, bounded=bounded)
    assert "CXX=g++ -include precompiled/hls.h" in commands[-1]
    included = (tmp_path / "precompiled" / "hls.h").read_text()
    assert "<ap_int.h>" in included and ("<hls_stream.h>" not in included) is bounded
