"""Each kernel's comparison can fail: one deliberate error in its header is seen."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from hwgen.hw.memory import MemoryStyle
from hwgen.ir.geometry import Geometry
from hwgen.ir.ops import PoolKind
from hwgen.ir.types import Bipolar, IntType
from tests.hls_lib.cases import Case, argmax_case, fifo_case, mvtu_case, run_cases, threshold_case, width_case
from tests.hls_lib.image_cases import Conv, conv_case, depthwise_case, parallel_window_case, pool_case, window_case
from tests.hls_lib.join_cases import add_case, concat_case, magnitude_case, scale_case

B = Bipolar()
INT3, UINT4 = IntType(3, True), IntType(4, False)
PADDED = Geometry((3, 3), padding=(1, 1, 1, 1))


def single_units() -> list[Case]:
    """Cases that need no header but their own and those that every unit shares."""
    return [
        mvtu_case("matrix", (9, 4), (2, 3), (B, B, B), vectors=2, style=MemoryStyle.BLOCK),
        threshold_case("quant", 7, 3, (INT3, B), shared=False),
        argmax_case("top", 7, 3, INT3),
        width_case("wide", 9, (2, 5), INT3, vectors=2),
        fifo_case("queue", 6, 2),
        window_case("sliding", (5, 6, 3), 2, INT3, Geometry((3, 2), padding=(1, 0, 0, 1))),
        parallel_window_case("whole", (5, 6, 4), 2, INT3, Geometry((3, 2), padding=(1, 0, 0, 1)), 3),
        pool_case("largest", (4, 6, 3), (2, 3), 2, INT3, PoolKind.MAX, minimum="mixed"),
        magnitude_case("size", 5, 2, INT3, vectors=6, summed=3),
    ]


MUTATIONS: dict[str, tuple[str, str]] = {
    "mvtu": ("advance<Shape::GROUPS * NF>(row, ends);", "advance<Shape::GROUPS * NF>(row, false);"),
    "threshold": ("apply(element, beat, i, tables...)", "apply(element, 0u * beat, i, tables...)"),
    "argmax": ("score > beat_best", "score >= beat_best"),
    "width": ("held < OUT_LANES ? 0 : OUT_LANES;", "held < OUT_LANES ? 0 : held;"),
    "fifo": ("out.write(in.read());", "out.write(ap_uint<WIDTH>(in.read() >> 1));"),
    "window": ("far_y >= View::HEIGHT;", "far_y >= View::HEIGHT - 1;"),
    "parallel_window": ("tap_x >= View::WIDTH);", "tap_x >= View::WIDTH - 1);"),
    "magnitude": ("(beat == 0 && vector == 0 ? Sum(0) : total)", "(beat == 0 ? Sum(0) : total)"),
    "pool": ("smallest & (code < held)", "!smallest & (code < held)"),
}


def test_every_unit(tmp_path: Path) -> None:
    cases = single_units()
    assert run_cases(cases, tmp_path / "right") == []
    assert run_cases(cases, tmp_path / "wrong", MUTATIONS) == [case.design.name for case in cases]


@pytest.mark.parametrize(
    ("header", "right", "wrong", "make"),
    [
        (
            "operands",
            "^ negative[i]) & present[i]",
            "^ negative[i])",
            lambda: conv_case("counted", (4, 5, 4), 5, PADDED, Conv(B, B, None, 2, 3)),
        ),
        (
            "depthwise",
            "valid = block == BLOCKS - 1",
            "valid = block == BLOCKS",
            lambda: depthwise_case("spare", (4, 5, 5), PADDED, Conv(INT3, UINT4, UINT4, 2, 2)),
        ),
        (
            "depthwise",
            "weight == code ? 1 : 0",
            "weight != code ? 1 : 0",
            lambda: depthwise_case("depth", (4, 5, 5), Geometry((2, 2)), Conv(B, B, B, 2, 2)),
        ),
        (
            "add",
            "sums[i] += static_cast",
            "sums[i] = static_cast",
            lambda: add_case("adder", 5, 2, (INT3, UINT4)),
        ),
        (
            "scale",
            "if (beat == 0) factor",
            "if (slot == 0) factor",
            lambda: scale_case("scaled", 5, 2, (INT3, UINT4), vectors=3),
        ),
        (
            "concat",
            "beat < First::BEATS",
            "beat <= First::BEATS",
            lambda: concat_case("joined", (4, 2), 2, (INT3, INT3)),
        ),
        (
            "fork",
            "write_all(in.read(), outs...);",
            "write_all(ap_uint<WIDTH>(~in.read()), outs...);",
            lambda: add_case("parted", 5, 2, (INT3, UINT4)),
        ),
    ],
    ids=["counted", "spare", "depthwise", "add", "scale", "concat", "fork"],
)
def test_units_that_need_others(header: str, right: str, wrong: str, make: Callable[[], Case], tmp_path: Path) -> None:
    case = make()
    assert run_cases([case], tmp_path, {header: (right, wrong)}) == [case.design.name]
