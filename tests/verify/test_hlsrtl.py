"""Verilog with the ports of HLS tools on our bench: wrappers round our own RTL, right ones and broken ones."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hwgen import flow
from hwgen.backends.rtl import emit
from hwgen.errors import ConfigError, DataError, MismatchError
from hwgen.flow import Accelerator
from hwgen.hw.design import Design
from hwgen.verify.bench import Stalls
from hwgen.verify.hlsrtl import Verilog
from tests.builders import random_network
from tests.tiers import tiered

VITIS = """
// module vitis_top (comment); input not_a_port;
module vitis_top (
        ap_clk, ap_rst_n,
        in_r_TDATA, in_r_TVALID, in_r_TREADY, out_r_TDATA, out_r_TVALID, out_r_TREADY,
        ap_start, ap_done, ap_continue
);
input   ap_clk;
input   ap_rst_n, ap_start;
input   ap_continue;
output  ap_done;
input  [{i}:0] in_r_TDATA;
input   in_r_TVALID;
output   in_r_TREADY;
output  [{o}:0] out_r_TDATA;
output   out_r_TVALID;
input   out_r_TREADY;
wire ready, go;
wire [{o}:0] data;
assign go = ap_start && ap_continue;
assign in_r_TREADY = ready && go;
assign ap_done = 1'b0;
assign out_r_TDATA = data{flaw};
{dut} u_dut (
  .ap_clk(ap_clk), .ap_rst_n(ap_rst_n), .s_axis_tdata(in_r_TDATA), .s_axis_tvalid(in_r_TVALID && go),
  .s_axis_tready(ready), .m_axis_tdata(data), .m_axis_tvalid(out_r_TVALID), .m_axis_tready(out_r_TREADY),
  .m_axis_tlast()
);
endmodule
"""
BAMBU = """
module bambu_top(input clock, input reset, input start_port, input cache_reset, output reg done_port,
  input [{i}:0] in_TDATA, input in_TVALID, output in_TREADY,
  output [{o}:0] out_TDATA, output out_TVALID, input out_TREADY);
  reg running;
  reg [31:0] beat;
  wire ready, valid, last;
  assign in_TREADY = ready;
  assign out_TVALID = valid && running;
  always @(posedge clock) begin
    done_port <= 1'b0;
    if (!reset || cache_reset) running <= 1'b0;
    else if (start_port) running <= 1'b1;
    else if (out_TVALID && out_TREADY && last) begin
      running <= 1'b0;
      done_port <= {done};
    end
  end
  {dut} u_dut (
    .ap_clk(clock), .ap_rst_n(reset), .s_axis_tdata(in_TDATA), .s_axis_tvalid(in_TVALID), .s_axis_tready(ready),
    .m_axis_tdata(out_TDATA), .m_axis_tvalid(valid), .m_axis_tready(out_TREADY && running), .m_axis_tlast(last)
  );
endmodule
"""
OTHER = """
module other_top(input c, input rst, input [{i}:0] x_d, input x_v, output x_r,
  output [{o}:0] y_d, output y_v, input y_r);
  {dut} u_dut (
    .ap_clk(c), .ap_rst_n(!rst), .s_axis_tdata(x_d), .s_axis_tvalid(x_v), .s_axis_tready(x_r),
    .m_axis_tdata(y_d), .m_axis_tvalid(y_v), .m_axis_tready(y_r), .m_axis_tlast()
  );
endmodule
"""
NAMED = dict(
    zip(
        ("clock", "reset", "in_data", "in_valid", "in_ready", "out_data", "out_valid", "out_ready"),
        ("c", "!rst", "x_d", "x_v", "x_r", "y_d", "y_v", "y_r"),
        strict=True,
    )
)


@pytest.fixture(scope="module")
def accelerator(tmp_path_factory: pytest.TempPathFactory) -> Accelerator:
    graph = random_network(np.random.default_rng(3), (12, 8, 5))
    folding = {"fc0": {"pe": 2, "simd": 4}, "fc1": {"pe": 1, "simd": 2}}
    return flow.compile(graph, folding=folding).write(tmp_path_factory.mktemp("hlsrtl") / "project")


def made(design: Design, folder: Path, text: str, **values: str) -> Path:
    """What an HLS tool might have written: the RTL project under a wrapper, memory files beside it."""
    for name, source in emit(design).items():
        (folder / Path(name).name).write_text(source)
    sizes = {"i": str(design.input.axis_width - 1), "o": str(design.output.axis_width - 1), "dut": design.name}
    for key, value in ({"flaw": "", "done": "1'b1"} | sizes | values).items():
        text = text.replace(f"{{{key}}}", value)
    (folder / "top.v").write_text(text)
    return folder


CASES = {
    "vitis": (VITIS, "vitis_top", {}, None),
    "bambu": (BAMBU, "bambu_top", {}, None),
    "a layer, named ports": (OTHER, "other_top", NAMED, "fc1"),
}


@pytest.mark.parametrize("name", tiered(CASES, "a layer, named ports"))
def test_bit_for_bit_with_stalls(accelerator: Accelerator, tmp_path: Path, name: str) -> None:
    """As Vitis names ports, as Bambu does, and as the user says; a tool's cycles are its own."""
    text, top, ports, layer = CASES[name]
    design = accelerator.design.isolated(layer) if layer else accelerator.design
    verilog = Verilog(made(design, tmp_path, text), top, ports)
    stalls = Stalls(0.3, 0.4, seed=5)
    options = {"layer": layer, "verilog": verilog, "stalls": stalls, "work": tmp_path / "work"}
    outcome = accelerator.simulate(12, "hls-rtl", **options)
    assert outcome.passed and outcome.mismatches == () and outcome.frames == 12
    assert outcome.cycles is None and outcome.beats_timed == 0
    assert outcome.checked == (design.output.name,)


def test_a_wrong_value_is_caught(accelerator: Accelerator, tmp_path: Path) -> None:
    verilog = Verilog(made(accelerator.design, tmp_path, VITIS, flaw=" ^ (data == 2)"), "vitis_top")
    outcome = accelerator.simulate(40, "hls-rtl", verilog=verilog)
    assert not outcome.passed and outcome.mismatches[0].node == accelerator.design.output.name


@pytest.mark.parametrize("last", ["last", "!last"])
def test_tlast_of_the_tool_is_looked_at(accelerator: Accelerator, tmp_path: Path, last: str) -> None:
    """Where the top has the port; TKEEP and TSTRB are left open."""
    text = VITIS.replace("out_r_TREADY,", "out_r_TREADY, out_r_TLAST, out_r_TKEEP, in_r_TLAST,", 1)
    ports = "output  ap_done;\noutput out_r_TLAST;\noutput out_r_TKEEP;\ninput in_r_TLAST;\nwire last;\n"
    text = text.replace("output  ap_done;\n", f"{ports}assign out_r_TLAST = {last};\nassign out_r_TKEEP = 1'b1;\n")
    text = text.replace(".m_axis_tlast()", ".m_axis_tlast(last)")
    verilog = Verilog(made(accelerator.design, tmp_path, text), "vitis_top")
    if last == "last":
        assert accelerator.simulate(4, "hls-rtl", verilog=verilog).passed
        return
    with pytest.raises(MismatchError, match="must set TLAST on every output beat"):
        accelerator.simulate(4, "hls-rtl", verilog=verilog)


@pytest.mark.long
def test_a_frame_that_is_never_done_hangs(accelerator: Accelerator, tmp_path: Path) -> None:
    verilog = Verilog(made(accelerator.design, tmp_path, BAMBU, done="1'b0"), "bambu_top")
    beats = accelerator.design.output.beats
    with pytest.raises(
        MismatchError, match=f"bambu_top_shell: must give {3 * beats} output beats; found {beats}, then"
    ):
        accelerator.simulate(3, "hls-rtl", verilog=verilog)


def test_what_cannot_be_simulated(accelerator: Accelerator, tmp_path: Path) -> None:
    folder = made(accelerator.design, tmp_path, OTHER)
    sources = len([path for path in folder.iterdir() if path.suffix in (".v", ".sv")])
    cases = (
        (
            None,
            ConfigError,
            "backend hls-rtl: must come with the Verilog of an HLS tool, and no other back end; found ",
        ),
        (
            Verilog(folder, "nothing"),
            DataError,
            f"{folder}: must hold the module nothing; found {sources} Verilog files without it. "
            "Give the top by --top-module.",
        ),
        (
            Verilog(folder, "other_top"),
            ConfigError,
            "other_top, port of clock: must be found by its name; found none. Name it: --port clock=PORT; the module "
            "has c, rst, x_d, x_v, x_r, y_d, y_v, y_r.",
        ),
        (
            Verilog(folder, "other_top", {**NAMED, "out_data": "z"}),
            ConfigError,
            "other_top, port of out_data: must be found by its name; found z. Name it: --port out_data=PORT; the",
        ),
        (
            Verilog(folder, "other_top", {"tdata": "x_d"}),
            ConfigError,
            "--port: must name one of clock, reset, start, done, in_data, in_valid, in_ready, out_data, out_valid, "
            "out_ready, out_last; found tdata.",
        ),
    )
    for verilog, kind, message in cases:
        with pytest.raises(kind) as caught:
            accelerator.simulate(1, "hls-rtl", verilog=verilog)
        assert str(caught.value).startswith(message)
    with pytest.raises(ConfigError, match="must come with the Verilog"):
        accelerator.simulate(1, "rtl", verilog=Verilog(folder, "other_top"))
