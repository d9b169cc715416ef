"""Designs that do not fit their part: what is said, and that following it helps."""

from __future__ import annotations

import json
import re
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from hwgen import config, flow
from hwgen.cli import app
from hwgen.errors import FoldingError
from hwgen.flow.accelerator import Accelerator
from hwgen.flow.bitstream import too_large_for
from hwgen.hw.capacity import KINDS, holder, shortage
from hwgen.hw.device import DEVICES, device_of
from hwgen.hw.problem import Problem
from hwgen.hw.resources import Resources
from hwgen.ir.geometry import Geometry
from hwgen.ir.types import IntType
from tests.builders import B, ImageBuilder, random_network
from tests.tiers import tiered

INT8 = IntType(8, signed=True)
WIDE = random_network(np.random.default_rng(0), (256, 256, 10), input_type=INT8, hidden=B, weight=B)
PRODUCTS = random_network(np.random.default_rng(1), (64, 64, 10), input_type=INT8, hidden=INT8, weight=INT8)
STEPS = random_network(
    np.random.default_rng(1), (32, 32, 32, 32, 32, 32, 10), input_type=INT8, hidden=IntType(7, signed=True), weight=INT8
)
MEMORIES = random_network(np.random.default_rng(2), (512, 512, 10), input_type=B, hidden=B, weight=INT8)


def unfit(built: Accelerator) -> str:
    """What the estimate says of a design that does not fit; empty where it does."""
    said = [line for line in built.estimate().warnings if "does not fit" in line]
    assert len(said) <= 1 and all("\n" not in line for line in said)
    return said[0] if said else ""


@pytest.mark.long
def test_two_devices_hold_what_one_does_not() -> None:
    options = {"part": "xc7z020", "target_interval": 2}
    said = unfit(flow.compile(STEPS, **options))
    match = re.search(r", or for a larger part, such as --part \S+, or for two devices, with --cut (fc\d)$", said)
    assert match is not None, said
    devices = flow.compile_devices(STEPS, [match[1]], ["xc7z020"] * 2, config.settings(**options))
    assert [unfit(part) for part in devices.parts] == ["", ""]


CASES = {
    "lut": (WIDE, "xc7z010", {"target_interval": 8}),
    "lut_ultrascale": (WIDE, "xczu1cg", {"target_interval": 4}),
    "lut_ecp5": (WIDE, "lfe5u-25f", {"target_interval": 16}),
    "products": (PRODUCTS, "xc7z010", {"target_interval": 8}),
    "products_ecp5": (PRODUCTS, "lfe5u-45f", {"target_interval": 4}),
    "folding": (PRODUCTS, "xc7z020", {"folding": {"fc0": {"pe": 64, "simd": 32}, "fc1": {"pe": 10, "simd": 32}}}),
    "budget": (PRODUCTS, "xc7z007s", {"max_lut": 30_000}),
}


@pytest.mark.parametrize("name", tiered(CASES, "lut_ultrascale", "lut_ecp5", "products", "products_ecp5"))
def test_advice_that_is_followed_helps(name: str) -> None:
    graph, part, options = CASES[name]
    built = flow.compile(graph, part=part, **options)
    said, has, taken = unfit(built), device_of(part).capacity, built.estimate().resources
    match = re.fullmatch(
        rf"net does not fit {part}: it takes (.*) of (.*), most in (fc\d); build it with --fit( in place of [^,]*?)?"
        r"( and without --folding)?, or for a larger part, such as --part (\S+)",
        said,
    )
    assert match is not None, said
    shares = {kind: getattr(taken, kind) / max(getattr(has, kind), 1) for kind in KINDS}
    over = [kind for kind in KINDS if getattr(taken, kind) > getattr(has, kind)]
    listed = (f"{getattr(taken, kind):,.10g} {KINDS[kind]} ({shares[kind]:,.0%})" for kind in over)
    assert match[1] == " and ".join(listed)
    assert match[2] == " and ".join(f"{getattr(has, kind):,.10g} {KINDS[kind]}" for kind in over)
    goal = next((f" in place of --{key.replace('_', '-')}" for key in options if key != "folding"), None)
    assert match[4] == goal and bool(match[5]) is ("folding" in options)
    worst = max(KINDS, key=lambda kind: shares[kind])
    layers = {layer: getattr(built.estimate().taken_by(layer), worst) for layer in built.folding}
    assert layers[match[3]] == max(layers.values())
    assert not unfit(flow.compile(graph, part=part, fit=True))
    assert not unfit(flow.compile(graph, part=match[6], **options))
    assert not unfit(flow.variant(built, part=match[6]))


def test_blocks_that_no_layer_does_without() -> None:
    """Products of a depthwise layer, which have no other side to go to."""
    net = ImageBuilder(np.random.default_rng(1), (4, 4, 128), INT8)
    net.conv(net.input, 128, Geometry((3, 3)), INT8, groups=128)
    said = unfit(flow.compile(net.graph("net"), part="xc7z007s", folding={"conv0": {"pe": 128}}))
    assert re.match(
        r"net does not fit xc7z007s: it takes (.* and )?128 DSP \(194%\) of (.* and )?66 DSP, most in conv0", said
    )
    with pytest.raises(FoldingError, match=r"budget: a design must take at most 0 DSP; found .* 1 DSP at"):
        flow.compile(net.graph("net"), part="xc7z007s", max_dsp=0)


def test_weights_that_no_folding_makes_smaller() -> None:
    """A part too small for the weights: only a larger one or a memory beside it helps, also for the slowest folding."""
    said = unfit(flow.compile(MEMORIES, part="lfe5u-25f"))
    match = re.search(r" BRAM .*; build it with --external fc0 .*, or for a larger part, such as --part (\S+)$", said)
    assert match is not None, said
    assert not unfit(flow.compile(MEMORIES, part=match[1]))
    said = unfit(flow.compile(MEMORIES, part="lfe5u-25f", folding={"fc0": {"pe": 512, "simd": 512}}))
    match = re.search(r"; build it slower and for a larger part, such as --part (\S+), with --fit$", said)
    assert match is not None, said
    assert not unfit(flow.compile(MEMORIES, part=match[1], fit=True))


def test_a_folding_that_fits_with_little_room() -> None:
    """Nothing keeps the headroom of --fit, but the part holds the slowest folding."""
    said = unfit(flow.compile(STEPS, part="lfe5u-25f", max_bram=56))
    match = re.search(r"; build it with --target-interval (\d+) in place of --max-bram, or for a larger part", said)
    assert match is not None, said
    assert not unfit(flow.compile(STEPS, part="lfe5u-25f", target_interval=int(match[1])))


def test_designs_that_fit_say_nothing() -> None:
    for part in ("xc7z020", "xczu3eg", "lfe5u-85f"):
        built = flow.compile(PRODUCTS, part=part, fit=True)
        assert not unfit(built) and holder(built.design) is not None


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_counts(kind: str) -> None:
    """Each kind alone; of memory blocks, two of 18 kbit are one of 36."""
    name = "bram36" if kind == "bram" else kind
    has = Resources(**{each.name: 100 for each in fields(Resources) if each.name != "bram18"})
    assert shortage(has, has) == ""
    assert shortage(has + Resources(**{name: 146}), has) == f"246 {KINDS[kind]} (246%) of 100 {KINDS[kind]}"
    assert shortage(has + Resources(bram18=1), has) == "100.5 BRAM (100%) of 100 BRAM"
    assert {each.name for each in fields(Resources)} == {*KINDS, "bram18", "bram36"} - {"bram"}


def test_the_largest_part_is_looked_for_in_every_family() -> None:
    """A design too large for its own family goes to another; one too large for all goes nowhere."""
    built = flow.compile(WIDE, part="lfe5u-25f", target_interval=1)
    assert (found := holder(built.design)) is not None and found.family is not device_of("lfe5u-25f").family
    huge = max(each.capacity.lut for each in DEVICES)
    stand_in = replace(built.design, units=built.design.units * (huge // 50_000))
    assert holder(stand_in) is None


@pytest.mark.starts_process
def test_build_estimate_and_report_say_it(tmp_path: Path) -> None:
    built = flow.compile(PRODUCTS, part="xc7z010", target_interval=8).write(tmp_path / "out")
    line = unfit(built)
    assert line and json.loads((tmp_path / "out" / "estimate.json").read_text())["warnings"][0] == line
    done = CliRunner().invoke(app, ["estimate", str(tmp_path / "out")])
    assert done.exit_code == 0 and f"\nwarning: {line}\n" in done.stdout
    done = CliRunner().invoke(app, ["estimate", str(tmp_path / "out"), "--json"])
    assert json.loads(done.stdout)["warnings"][0] == line
    assert CliRunner().invoke(app, ["report", str(tmp_path / "out")]).exit_code == 0
    assert f"Mind: {line}." in (tmp_path / "out" / "report.html").read_text()
    done = CliRunner().invoke(app, ["compare", str(tmp_path / "out")])
    assert f"warning: {tmp_path / 'out'}: {line}\n" in done.stderr


def test_boards_have_their_own_room(tmp_path: Path) -> None:
    """An iCE40 is not the FPGA that stands for it in estimates; the line says what to build instead."""
    built = flow.compile(WIDE, part="xc7z020", target_interval=256)
    (said,) = too_large_for(built, "icebreaker")
    match = re.fullmatch(
        r"net does not fit the \S+ of icebreaker: it takes (.*) of 5,280 LUT.*\. Build it with --part lfe5u-25f "
        r"--max-lut 3696 --max-bram (\S+) --max-dsp 6: .*",
        said,
    )
    assert match is not None, said
    again = flow.compile(WIDE, part="lfe5u-25f", max_lut=3696, max_bram=float(match[2]), max_dsp=6)
    assert too_large_for(again, "icebreaker") == () == too_large_for(built, "ulx3s-85f")


def test_carry_chains_beyond_the_part() -> None:
    """Two layers of constants, whose graphs of adders take more of the part's carry chains than of its LUTs."""
    graph = random_network(
        np.random.default_rng(1), (64, 48, 10), input_type=INT8, hidden=INT8, weight=IntType(6, signed=True)
    )
    small, large = (flow.compile(graph, part=part, target_interval=1).estimate() for part in ("xc7z007s", "xc7z020"))
    assert small.carry4 == large.carry4 > 14_400 // 4
    wanted = r"the layers of constants do not fit xc7z007s: they take ([\d,]+) carry chains .* of 3,600, .*"
    (found,) = filter(None, (re.fullmatch(wanted, line) for line in small.warnings))
    assert 14_400 // 4 < int(found[1].replace(",", "")) <= small.carry4 and not large.warnings
    assert flow.compile(graph, part="lfe5u-85f").estimate().carry4 == 0


def test_no_fifos_are_sized_where_weights_alone_are_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    """The slowest folding of a large network has frames of a billion beats."""
    built = flow.compile(MEMORIES, part="lfe5u-25f")
    monkeypatch.setattr(Problem, "sized", lambda *_: pytest.fail("FIFOs were sized"))
    assert " BRAM " in unfit(built)
