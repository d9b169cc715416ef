"""pool.hpp against plain numpy: tiles of an image, and windows that overlap behind window.hpp."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest

from hwgen.golden.execute import trace
from hwgen.hw.kernels.pool import PoolUnit
from hwgen.ir.geometry import Geometry
from hwgen.ir.graph import Value
from hwgen.ir.ops import PoolKind
from hwgen.ir.types import Bipolar, DType, IntType, TensorType
from tests.hls_lib.cases import Case, run_cases
from tests.hls_lib.image_cases import pool_case
from tests.hls_lib.networks import Net, design_for, frames
from tests.tiers import some

B = Bipolar()
TYPES: tuple[DType, ...] = (B, IntType(4, False), IntType(3, True), IntType(34, True))
TILES = ((1, 1), (1, 4), (2, 2), (3, 1), (2, 3), (6, 12))
"""Of a 6 x 12 image; the last is all of it."""


def test_extremes(tmp_path: Path) -> None:
    kinds = itertools.cycle(("none", "mixed", "all"))
    cases = [
        pool_case(f"m{i}_{j}_{n}", (6, 12, 5), tile, n, dtype, PoolKind.MAX, minimum=next(kinds))
        for (i, tile), (j, dtype), n in itertools.product(enumerate(TILES), enumerate(TYPES), (1, 3))
    ]
    assert run_cases(some(cases, 11), tmp_path) == []


def test_sums(tmp_path: Path) -> None:
    cases = [
        pool_case(f"s{i}_{j}", (6, 12, 5), tile, 1 + (i + j) % 5, dtype, PoolKind.SUM)
        for (i, tile), (j, dtype) in itertools.product(enumerate(TILES), enumerate(TYPES))
    ]
    assert run_cases(some(cases, 7), tmp_path) == []


HEAD = "          ap_uint<LANES * Output::BITS> (&partial)[WORDS], const Tables&... tables) {\n"
LATE = """          ap_uint<LANES * Output::BITS> (&memory)[WORDS], const Tables&... tables) {
  using Kept = ap_uint<LANES * Output::BITS>;
  struct Late {
    Kept* words;
    unsigned last;
    Kept before;
    struct Place {
      Late& late;
      unsigned at;
      operator Kept() const { return at == late.last ? late.before : late.words[at]; }
      void operator=(const Kept& word) {
        late.before = late.words[at];
        late.last = at;
        late.words[at] = word;
      }
    };
    Place operator[](unsigned at) { return Place{*this, at}; }
  } partial{memory, WORDS, 0};
"""
"""The pool's memory as the hardware has it: what a slot writes cannot be read in the next one."""


def test_no_slot_reads_what_the_one_before_it_wrote(tmp_path: Path) -> None:
    """The distance that is promised to the scheduler holds, tile by tile, pixel by pixel and beat by beat."""
    cases = [
        pool_case(f"d{i}_{n}_{kind.value}", (6, 12, 5), tile, n, IntType(3, True), kind)
        for (i, tile), n, kind in itertools.product(enumerate(TILES), (2, 5), PoolKind)
    ]
    assert run_cases(some(cases, 7), tmp_path, {"pool": (HEAD, LATE)}) == []


@pytest.mark.long
def test_every_lane_count(tmp_path: Path) -> None:
    sizes = itertools.product(range(1, 8), range(1, 8), ((1, 2), (2, 1), (2, 2)), (PoolKind.MAX, PoolKind.SUM))
    cases = [
        pool_case(f"l{c}_{n}_{t[0]}{t[1]}_{k.value}", (4, 4, c), t, n, IntType(3, True), k)
        for c, n, t, k in sizes
        if n <= c
    ]
    assert run_cases(cases, tmp_path) == []


def overlapping(name: str, dtype: DType, geometry: Geometry, kind: PoolKind) -> Case:
    rng = np.random.default_rng(3)
    net = Net(Value("x", TensorType((7, 6, 5), dtype)), rng)
    net.pool("pool0", net.source, geometry, kind)
    graph = net.graph(name)
    codes = frames(graph, rng, 4)
    expected = trace(graph, codes)[graph.output.name]
    return Case(design_for(graph, target=200), codes.reshape(4, -1), expected.reshape(4, -1))


def test_windows_that_overlap_or_leave_rows_over(tmp_path: Path) -> None:
    """Pools that a sliding window unit lays out, padded with what changes nothing."""
    geometries = (
        Geometry((3, 3), (2, 2), padding=(1, 1, 1, 1)),
        Geometry((2, 2), (2, 2)),
        Geometry((3, 2), (1, 1), (2, 1)),
    )
    kinds = [(B, PoolKind.MAX), (IntType(4, False), PoolKind.MAX), (IntType(3, True), PoolKind.MAX)]
    kinds += [(IntType(4, False), PoolKind.SUM), (IntType(3, True), PoolKind.SUM)]
    cases = [
        overlapping(f"w{i}_{j}", dtype, geometry, kind)
        for (i, geometry), (j, (dtype, kind)) in itertools.product(enumerate(geometries), enumerate(kinds))
    ]
    assert all(isinstance(case.design.units[-1], PoolUnit) for case in cases)
    assert run_cases(some(cases, 7), tmp_path) == []
