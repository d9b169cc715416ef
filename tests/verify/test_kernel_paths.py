"""The longest loop-carried path of every kernel, over the kinds of units that there are: one fits 200 MHz."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from hwgen.backends.hls import emit
from hwgen.backends.render import asset
from hwgen.ir.geometry import Geometry
from hwgen.ir.ops import PoolKind
from hwgen.ir.types import Bipolar, IntType
from hwgen.verify import cpp
from hwgen.verify.carried import recurrences_of
from hwgen.verify.constants import Names
from hwgen.verify.recurrences import Recurrence, allowed_ns
from tests.gated_cases import PATTERNS, many_folds
from tests.hls_lib.cases import Case, argmax_case, fifo_case, mvtu_case, threshold_case, width_case, write_project
from tests.hls_lib.image_cases import Conv, conv_case, depthwise_case, parallel_window_case, pool_case, window_case
from tests.hls_lib.join_cases import add_case, concat_case, magnitude_case, scale_case
from tests.hls_lib.test_external import external
from tests.hls_lib.test_gated import case_of
from tests.hls_lib.test_moves import move_cases
from tests.hls_lib.test_planes import plane_case
from tests.hls_lib.test_wide_codes import search
from tests.tiers import some
from tests.wired_cases import Layer, drawn

ALLOWED_NS = allowed_ns("clock=5ns\n")
LIBRARY = asset("templates") / "hls" / "lib"
B = Bipolar()
INT2, INT3, INT5, INT8, INT16, INT20 = (IntType(bits, True) for bits in (2, 3, 5, 8, 16, 20))
UINT4, UINT2 = IntType(4, False), IntType(2, False)
PADDED, STRIDED = Geometry((3, 3), padding=(1, 1, 1, 1)), Geometry((3, 2), (2, 1), (1, 2))


def matrices() -> list[Case]:
    """Every way to multiply, sums of 13 to 40 bits, one fold and many."""
    wired = drawn(Layer(4, 8, B, B, 1, vectors=3))
    return [
        mvtu_case("xnor", (70, 5), (2, 66), (B, B, B), descending=True),
        mvtu_case("mixed", (9, 5), (2, 4), (INT3, INT5, None)),
        mvtu_case("one_fold", (9, 5), (5, 9), (INT3, INT5, UINT2)),
        mvtu_case("large", (200, 3), (1, 8), (INT16, INT16, None)),
        plane_case("residual", (5, 3), (13, 5), (2, 4), folded=False),
        plane_case("in_turn", (5, 3), (5, 6), (3, 2), folded=True, taps=4, pixels=2, padded=True),
        case_of("gated", many_folds(), PATTERNS["runs"]),
        Case(replace(wired.design, name="wired"), wired.frames, wired.expected),
        external(mvtu_case("streamed", (23, 7), (3, 5), (INT3, INT5, None), vectors=3), 32),
    ]


def images() -> list[Case]:
    """Windows in all directions, and what stands behind them."""
    return [
        window_case("strided", (5, 6, 70), 66, B, STRIDED),
        window_case("padded", (5, 6, 5), 2, UINT4, PADDED, pad="mixed"),
        window_case("blocks", (5, 6, 6), 2, UINT4, PADDED, blocks=3, pad=1),
        window_case("dilated", (9, 9, 3), 2, INT3, Geometry((3, 3), dilation=(2, 3), padding=(2, 2, 2, 2))),
        window_case("signal", (1, 24, 4), 1, INT8, Geometry((1, 9), (1, 2), padding=(0, 4, 0, 4))),
        window_case("points", (4, 4, 4), 4, INT8, Geometry((1, 1), (2, 2))),
        parallel_window_case("whole", (5, 6, 6), 2, UINT4, PADDED, "mixed"),
        parallel_window_case("whole_strided", (5, 6, 70), 70, B, STRIDED),
        conv_case("counted", (5, 6, 4), 5, PADDED, Conv(B, B, B, 2, 3)),
        conv_case("grouped", (5, 6, 4), 6, STRIDED, Conv(INT3, UINT4, INT2, 3, 2, groups=2)),
        depthwise_case("depth", (5, 6, 5), PADDED, Conv(B, B, B, 2, 2)),
        depthwise_case("depth_products", (5, 6, 5), STRIDED, Conv(INT16, INT16, None, 2, 2)),
        depthwise_case("depth_whole", (5, 6, 4), PADDED, Conv(INT3, UINT4, None, 2, PADDED.taps)),
        pool_case("largest", (4, 6, 3), (2, 2), 2, UINT4, PoolKind.MAX),
        pool_case("side_by_side", (4, 6, 3), (2, 3), 3, INT20, PoolKind.MAX, minimum="mixed"),
        pool_case("largest_of_all", (4, 6, 3), (4, 6), 3, INT20, PoolKind.MAX),
        pool_case("sum", (4, 6, 3), (2, 3), 3, INT16, PoolKind.SUM),
        pool_case("sum_of_all", (4, 6, 3), (4, 6), 2, INT20, PoolKind.SUM),
        pool_case("bipolar", (4, 6, 3), (2, 3), 3, B, PoolKind.MAX),
    ]


def streams() -> list[Case]:
    """Units that take a vector as it comes, and width converters of all kinds of ratios."""
    pairs = ((1, 64), (64, 1), (2, 8), (3, 5), (5, 3), (7, 2), (64, 48), (8, 8))
    return [
        *(width_case(f"from_{p}_to_{q}", 64, (p, q), INT3, vectors=2) for p, q in some(pairs, 3)),
        fifo_case("queue", 6, 2),
        threshold_case("quant", 7, 3, (INT5, B), shared=True),
        argmax_case("top", 7, 3, INT20),
        argmax_case("top_of_large", 7, 3, IntType(40, True)),
        add_case("adder", 5, 2, (B, INT3, UINT4), vectors=2),
        concat_case("joined", (4, 2, 6), 2, (B, B, B), vectors=3),
        magnitude_case("size", 5, 2, INT20, vectors=6, summed=3),
        scale_case("scaled", 5, 2, (INT3, UINT4), vectors=3),
        search("searched", INT16, IntType(9, True), shared=False),
        *move_cases("some channels of a crop", INT3),
        *move_cases("transposed", INT20),
        *move_cases("shuffled", B),
    ]


def paths(cases: list[Case], folder: Path, header: str = "", right: str = "", wrong: str = "") -> list[Recurrence]:
    """The paths of all functions of all cases, as one project; `right` in a header of the library read as `wrong`."""
    files: dict[str, str] = {}
    for index, case in enumerate(cases):
        emitted = emit(replace(case.design, tlast=index == 0))
        files |= {name: text for name, text in emitted.items() if name.startswith("src/")}
    if header:
        name = f"src/lib/{header}.hpp"
        assert right in files[name], (header, right)
        files[name] = files[name].replace(right, wrong)
    folder.mkdir()
    source = cpp.preprocess(write_project(files, folder / "project"), "vitis", folder)
    return recurrences_of(source, Names(source))


def test_every_kernel_fits_the_clock(tmp_path: Path) -> None:
    found = paths([*matrices(), *some(images(), 2), *streams()], tmp_path / "work")
    assert pytest.approx(3.65) == ALLOWED_NS
    assert [str(each) for each in found if each.ns > ALLOWED_NS] == []
    loops = {f"lib/{path.name}" for path in LIBRARY.glob("*.hpp") if "  HWGEN_PIPELINE\n" in path.read_text()}
    assert {each.file for each in found} == loops
    assert all(each.ns > 2 and each.variable for each in found)


def small_pool() -> Case:
    return pool_case("largest", (4, 6, 3), (2, 2), 2, UINT4, PoolKind.MAX)


MUTATIONS: dict[str, tuple[str, str, str, Callable[[], Case]]] = {
    "mvtu": (
        "mvtu",
        "advance<NF>(nf, ends);",
        "if (ends && ++nf == NF) nf = 0;",
        lambda: mvtu_case("mixed", (9, 5), (2, 4), (INT3, INT5, None)),
    ),
    "accumulator": (
        "mvtu",
        "(Sum::decode(Sum::encode(sum)))",
        "(Sum::decode(Sum::encode(sum + sf)))",
        lambda: mvtu_case("mixed", (9, 5), (2, 4), (INT3, INT5, None)),
    ),
    "counter": ("counter", "counter + moves", "(counter + moves) % COUNT", small_pool),
    "gated": (
        "mvtu_gated",
        "ends = drops || next_last;",
        "ends = drops || sf == SF - 1;",
        lambda: case_of("gated", many_folds(), PATTERNS["runs"]),
    ),
    "pool": (
        "pool",
        "BEATS == 1 && x > 0",
        "BEATS == 1 && Word(last_result) > 0",
        lambda: pool_case("sum", (4, 6, 3), (2, 3), 3, INT16, PoolKind.SUM),
    ),
    "magnitude": (
        "magnitude",
        "part += element < 0",
        "total += element < 0",
        lambda: magnitude_case("size", 5, 2, INT20, vectors=6, summed=3),
    ),
    "width": (
        "width",
        "phase = ends || phase == GEAR.PERIOD - 1 ? 0 : phase + 1;",
        "if (++phase == GEAR.PERIOD || ends) phase = 0;",
        lambda: width_case("wide", 7, (3, 2), INT3),
    ),
    "window": (
        "window",
        "next_first += step;",
        "next_first = next_first + step + (beside ? 1 : 0);",
        lambda: window_case("strided", (5, 6, 70), 66, B, STRIDED),
    ),
    "columns": (
        "window",
        "until = ends_windows ? View::STRIDE_Y - 1 : until - ends_row;",
        "if (ends_row) until = until == 0 ? View::STRIDE_Y - 1 : until - 1;",
        lambda: window_case("strided", (5, 6, 70), 66, B, STRIDED),
    ),
}


@pytest.mark.parametrize("name", MUTATIONS)
def test_a_longer_path_is_seen(name: str, tmp_path: Path) -> None:
    """A decision, an addition or a comparison more in what a loop carries."""
    header, right, wrong, make = MUTATIONS[name]
    assert [each for each in paths([make()], tmp_path / "work", header, right, wrong) if each.ns > ALLOWED_NS]
