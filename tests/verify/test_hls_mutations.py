"""Errors put into emitted HLS projects that C simulation does not see: each has who catches it, and what is said."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from functools import cache
from pathlib import Path

import numpy as np
import pytest

import hwgen
from hwgen.config import LayerFolding
from hwgen.errors import MismatchError
from hwgen.flow.hls import check_hls
from hwgen.ir.geometry import Geometry
from hwgen.ir.graph import Graph
from hwgen.ir.types import Bipolar, IntType
from hwgen.verify import hlscheck
from tests.builders import ImageBuilder
from tests.tiers import is_long, tiered


class Catcher(Enum):
    """`hwgen hls --check`, or bounded C simulation."""

    CHECK = "check"
    BOUNDED = "bounded"


@dataclass(frozen=True)
class Mutation:
    """An error: a pattern that must be in a file of the project, and what stands there instead."""

    network: str
    file: str
    right: str
    wrong: str
    catcher: Catcher
    message: str


CHECK, BOUNDED = Catcher
DISTANCE = r"HWGEN_DISTANCE\({}, 2\)"
SOONER = "a word is read {} slots after it has been written"
POOL, WINDOW, TOP = "src/lib/pool.hpp", "src/lib/window.hpp", "src/net.cpp"
DEEPEST = r"(variable=source_fork1 depth=)32\b"
FORWARDED_RESULT = r"at_hand \? last_result : "
FORWARDED_TAP = r"wanted == arrived - 1 \? last\[ky\] : "
FORWARDED_LINE = r"BEATS == 1 \? above\[i\] : "

MUTATIONS = {
    "depth of 1": Mutation("joined", TOP, r"depth=2\b", "depth=1", CHECK, "depth must be at least 2"),
    "depth of a branch, a quarter less": Mutation(
        "joined", TOP, DEEPEST, r"\g<1>24", CHECK, "depth must be at least 32, as the model of the pipelines says"
    ),
    "of two queues in a row only one": Mutation(
        "joined", TOP, DEEPEST, r"\g<1>16", CHECK, "depth must be at least 32, as the model of the pipelines says"
    ),
    "no queue on a branch, run": Mutation("joined", TOP, DEEPEST, r"\g<1>2", BOUNDED, "deadlock in cycle"),
    "no depth": Mutation(
        "joined", TOP, r"#pragma HLS stream variable=source_fork1 depth=32\n", "", CHECK, "must have a stream pragma"
    ),
    "distance of 8, partial results": Mutation(
        "joined", POOL, DISTANCE.format("partial"), "HWGEN_DISTANCE(partial, 8)", CHECK, SOONER.format(3)
    ),
    "distance of 8, ring": Mutation(
        "joined", WINDOW, DISTANCE.format("ring"), "HWGEN_DISTANCE(ring, 8)", CHECK, SOONER.format(3)
    ),
    "distance of 8, lines": Mutation(
        "joined", WINDOW, DISTANCE.format("lines"), "HWGEN_DISTANCE(lines, 8)", CHECK, SOONER.format(4)
    ),
    "distance of 8, run": Mutation(
        "joined",
        POOL,
        DISTANCE.format("partial"),
        "HWGEN_DISTANCE(partial, 8)",
        BOUNDED,
        "reads a word of partial 3 slots after it has written it; 8 are stated at",
    ),
    "distance of 8 in the macro": Mutation(
        "joined", "src/lib/pragmas.hpp", "distance=slots", "distance=8", CHECK, SOONER.format(3)
    ),
    "a dependence that is none": Mutation(
        "joined", "src/lib/pragmas.hpp", "distance=slots true", "false", CHECK, "must state an inter RAW distance"
    ),
    "a distance that cannot be measured": Mutation(
        "joined",
        POOL,
        DISTANCE.format("partial"),
        "HWGEN_PRAGMA(HLS dependence variable=partial type=inter direction=RAW distance=2 true)",
        CHECK,
        "must be stated by HWGEN_DISTANCE",
    ),
    "last partial result not forwarded": Mutation("joined", POOL, FORWARDED_RESULT, "", CHECK, SOONER.format(1)),
    "last partial result not forwarded, run": Mutation(
        "joined", POOL, FORWARDED_RESULT, "", BOUNDED, "reads a word of partial 1 slots after it has written it"
    ),
    "last tap not forwarded": Mutation("column", WINDOW, FORWARDED_TAP, "", CHECK, SOONER.format(1)),
    "last line not forwarded": Mutation("column", WINDOW, FORWARDED_LINE, "", CHECK, SOONER.format(1)),
    "rewind": Mutation(
        "joined", "src/lib/pragmas.hpp", "II=1 style=flp", "II=1 style=flp rewind", CHECK, "must not say rewind"
    ),
    "no style": Mutation("joined", "src/lib/pragmas.hpp", " style=flp", "", CHECK, "must say style=flp"),
    "no style in Tcl": Mutation("joined", "run_hls.tcl", "-pipeline_style flp", "", CHECK, "must set the style of"),
    "no style in cfg": Mutation("joined", "hls_config.cfg", ".*pipeline_style.*\n", "", CHECK, "must set the style of"),
    "not always inlined": Mutation(
        "joined", "src/lib/pragmas.hpp", r"inline __attribute__\(\(always_inline\)\)", "inline", CHECK, "HWGEN_INLINE"
    ),
    "a function not inlined": Mutation(
        "joined", POOL, r"HWGEN_INLINE\nvoid pool", "void pool", CHECK, "pool must be declared with HWGEN_INLINE"
    ),
    "no AP_INT_MAX_W in the Makefile": Mutation(
        "wide", "Makefile", r"-DAP_INT_MAX_W=\d+", "", CHECK, "Makefile:19: must define AP_INT_MAX_W"
    ),
    "no AP_INT_MAX_W in Tcl": Mutation(
        "wide", "run_hls.tcl", r"-DAP_INT_MAX_W=\d+", "", CHECK, "must define AP_INT_MAX_W"
    ),
    "no AP_INT_MAX_W in cfg": Mutation(
        "wide", "hls_config.cfg", r"tb.cflags=.*", "tb.cflags=-std=c++14", CHECK, "must define AP_INT_MAX_W"
    ),
}
"""By name; numbers of slots and beats are those of the networks below."""

TOGETHER = (
    "depth of 1",
    "of two queues in a row only one",
    "rewind",
    "no style",
    "no style in cfg",
    "a function not inlined",
)
"""Errors of one network that the short tier makes in one project: each is found beside the others."""

RARE = (
    *TOGETHER,
    "last partial result not forwarded",
    "no queue on a branch, run",
    "depth of a branch, a quarter less",
    "distance of 8, ring",
    "distance of 8 in the macro",
    "last partial result not forwarded, run",
    "last line not forwarded",
    "distance of 8, lines",
    "last tap not forwarded",
    "not always inlined",
    "no style in Tcl",
    "no AP_INT_MAX_W in Tcl",
    "no AP_INT_MAX_W in cfg",
)


def joined(width: int) -> Graph:
    """A convolution beside which its input goes on, their sum, a pool and a dense layer."""
    net = ImageBuilder(np.random.default_rng(3), (8, width, 4), IntType(2, signed=False))
    kernel, padding = ((3, 3), (1, 1, 1, 1)) if width > 1 else ((3, 1), (1, 0, 1, 0))
    branch = net.act(net.conv(net.input, 4, Geometry(kernel, padding=padding), Bipolar()), IntType(2, signed=False))
    net.act(net.sum(net.input, branch), IntType(2, signed=False))
    tile = (2, min(2, width))
    net.dense(net.pool(net.last, Geometry(tile, tile)), 3, Bipolar())
    return net.graph("net")


def wide() -> Graph:
    """Words of 1,200 bits."""
    net = ImageBuilder(np.random.default_rng(3), (1, 1, 300), IntType(4, signed=False))
    net.dense(net.input, 2, Bipolar())
    return net.graph("net")


FOLDING = {"conv0": LayerFolding(pe=4, simd=4), "sum0": LayerFolding(pe=4), "pool0": LayerFolding(pe=4)}
NETWORKS: dict[str, Callable[[], hwgen.Accelerator]] = {
    "joined": lambda: hwgen.compile(joined(4), folding=FOLDING),
    "column": lambda: hwgen.compile(joined(1), folding=FOLDING),
    "wide": lambda: hwgen.compile(wide(), folding={"fc0": {"pe": 1, "simd": 300}}),
}


@cache
def compiled(network: str) -> hwgen.Accelerator:
    return NETWORKS[network]()


def project(network: str, folder: Path) -> hwgen.Accelerator:
    return compiled(network).write(folder / "project")


@pytest.mark.parametrize("network", tiered(NETWORKS, "column"))
def test_what_is_emitted_passes(network: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hlscheck, "COMPILERS", {})
    accelerator = project(network, tmp_path)
    assert check_hls(accelerator, tmp_path / "work").findings == ()
    if network != "wide" or is_long():  # its headers are none of those that are compiled once
        assert accelerator.simulate(2, "csim", pipeline_depths=(1, 64)).passed


def mutate(folder: Path, mutation: Mutation) -> None:
    """Make an error in a project."""
    path = folder / "project" / "hls" / mutation.file
    text, count = re.subn(mutation.right, mutation.wrong, path.read_text())
    assert count, "the pattern must be in the file"
    path.write_text(text)


def test_errors_are_caught_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hlscheck, "COMPILERS", {})
    mutations = [MUTATIONS[name] for name in TOGETHER]
    assert {(each.network, each.catcher) for each in mutations} == {("joined", CHECK)}
    accelerator = project("joined", tmp_path)
    for mutation in mutations:
        mutate(tmp_path, mutation)
    found = check_hls(accelerator, tmp_path / "work").findings
    assert [each.message for each in mutations if not any(each.message in text for text in found)] == [], found


@pytest.mark.parametrize("name", tiered(MUTATIONS, *RARE))
def test_an_error_is_caught(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hlscheck, "COMPILERS", {})
    mutation = MUTATIONS[name]
    accelerator = project(mutation.network, tmp_path)
    mutate(tmp_path, mutation)
    if mutation.catcher is CHECK:
        found = check_hls(accelerator, tmp_path / "work").findings
        assert any(mutation.message in text for text in found), found
    else:
        with pytest.raises(MismatchError) as caught:
            accelerator.simulate(3, "csim", pipeline_depths=(8,))
        assert mutation.message in str(caught.value)
