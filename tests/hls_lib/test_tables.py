"""Tables as Vitis synthesises them, of just their bits, hold what the plain integers of C simulation do."""

from __future__ import annotations

from pathlib import Path

import pytest

from hwgen.backends.hls import emit
from hwgen.hw.memory import MemoryStyle
from hwgen.ir.geometry import Geometry
from hwgen.ir.ops import PoolKind
from hwgen.ir.types import Bipolar, IntType
from tests.hls_lib.cases import Case, mvtu_case, run_cases, threshold_case
from tests.hls_lib.image_cases import Conv, conv_case, depthwise_case, pool_case, window_case
from tests.tiers import some

B = Bipolar()
INT3, UINT4 = IntType(3, True), IntType(4, False)
PADDED = Geometry((3, 3), padding=(1, 1, 1, 1))


def cases() -> list[Case]:
    """Limbs that are full and not, of one lane and of many; thresholds, directions, padding, extremes."""
    return [
        mvtu_case("xnor", (200, 6), (2, 100), (B, B, B), descending=True),
        mvtu_case("odd", (98, 4), (2, 49), (B, B, None), style=MemoryStyle.BLOCK),
        mvtu_case("full", (128, 4), (2, 64), (B, B, None)),
        mvtu_case("whole", (50, 5), (2, 30), (INT3, UINT4, IntType(2, True)), descending=True),
        mvtu_case("large", (12, 4), (2, 3), (IntType(33, True), INT3, None)),
        threshold_case("quant", 7, 3, (IntType(6, True), B), shared=False, descending=True),
        conv_case("counted", (4, 5, 4), 5, PADDED, Conv(B, B, None, 2, 3)),
        depthwise_case("depth", (4, 5, 5), PADDED, Conv(INT3, UINT4, UINT4, 2, 2)),
        window_case("padded", (5, 6, 5), 2, UINT4, PADDED, pad="mixed"),
        pool_case("extremes", (4, 6, 3), (2, 3), 2, INT3, PoolKind.MAX, minimum="mixed"),
    ]


def test_exact_tables_compute_the_same(tmp_path: Path) -> None:
    assert run_cases(some(cases(), 2), tmp_path, synthesis=True) == []


def test_a_table_that_is_too_narrow_is_seen(tmp_path: Path) -> None:
    """The comparison can fail: elements of a bit less."""
    narrow = ("#define HWGEN_BITS(bits, plain) ap_uint<bits>", "#define HWGEN_BITS(bits, plain) ap_uint<bits - 1>")
    assert run_cases(cases()[1:2], tmp_path, {"pragmas": narrow}, synthesis=True) == ["odd"]


@pytest.mark.parametrize(
    ("simd", "kind", "limbs"),
    [(2, "HWGEN_BITS(2, std::uint8_t)", 1), (64, "std::uint64_t", 1), (100, "HWGEN_BITS(50, std::uint64_t)", 2)],
)
def test_limbs_share_the_lanes_evenly(simd: int, kind: str, limbs: int) -> None:
    """So that a word has no bits beside its weights, or one for each limb but one."""
    files = emit(mvtu_case("net", (200, 4), (2, simd), (B, B, None)).design)
    words = 2 * -(-200 // simd)
    assert f"static const {kind} WEIGHTS[{words}][2][{limbs}] = {{" in files["src/net_fc0_params.hpp"]
