"""Units whose numbers are wider than 32, 53 and up to 62 bits, in C++ against the golden model."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hwgen import flow
from hwgen.golden.execute import run
from tests.golden.wide import ENDINGS, KINDS, small_and_wide, wide_network
from tests.hls_lib.cases import Case, run_cases


def wide_case(kind: str, bits: int, ending: str) -> Case:
    rng = np.random.default_rng([1, bits])
    graph = replace(wide_network(rng, kind, bits, ending), name=f"{kind}{bits}{ending}")
    codes = small_and_wide(rng, graph)
    accelerator = flow.compile(graph)
    expected = run(accelerator.graph, codes)
    return Case(accelerator.design, codes.reshape(len(codes), -1), expected.reshape(len(codes), -1))


def bits_of(kind: str, bits: int) -> int:
    """Factors of planes are parameters, of 32 bits all together."""
    return min(bits, 24) if kind == "planes" else bits


def test_every_unit(tmp_path: Path) -> None:
    chosen = zip(KINDS, itertools.cycle((33, 62)), itertools.cycle(("none", "steps", "argmax")), strict=False)
    cases = [wide_case(kind, bits_of(kind, bits), ending) for kind, bits, ending in chosen]
    assert len(cases) == len(KINDS) and run_cases(cases, tmp_path) == []


@pytest.mark.long
@pytest.mark.parametrize("kind", KINDS)
def test_every_width(kind: str, tmp_path: Path) -> None:
    widths = (24,) if kind == "planes" else (31, 32, 33, 35, 40, 53, 55, 62)
    cases = [wide_case(kind, bits, ending) for bits, ending in itertools.product(widths, ENDINGS)]
    assert run_cases(cases, tmp_path) == []
