// SPDX-License-Identifier: Apache-2.0
//
// Test bench of one design with AXI4-Stream ports: a source, a sink and a log at each end.
//
// `HWGEN_DUT` names the design's top module. Settings arrive as plusargs; cocotb drives the clock
// and the reset, and sleeps until `halted`: all beats came, one reset point was reached, or nothing
// moved for too long. Where the design has an AXI4-Lite port, `HWGEN_CONTROL` is the bits of its
// addresses: the source then holds back the beats from `pause_after` on, `paused` says that all
// `pause_answers` before them have come, and cocotb writes registers and sets `resumed`.

`default_nettype none

module bench #(
  parameter int unsigned InputWidth = 8,
  parameter int unsigned OutputWidth = 8
);

  // Cycles to run on after the last expected beat, so that a beat too many is seen.
  localparam int unsigned Drain = 16;

  logic clk /*verilator public_flat_rw*/;
  logic rst_n /*verilator public_flat_rw*/;
  logic halted /*verilator public_flat_rw*/;
  logic stuck /*verilator public_flat_rw*/;

  logic [InputWidth-1:0] source_data;
  logic source_valid, source_ready;
  logic [OutputWidth-1:0] sink_data;
  logic sink_valid, sink_ready, sink_last;

`ifdef HWGEN_CONTROL
  logic [`HWGEN_CONTROL-1:0] s_axi_control_awaddr /*verilator public_flat_rw*/;
  logic s_axi_control_awvalid /*verilator public_flat_rw*/;
  logic s_axi_control_awready /*verilator public_flat_rw*/;
  logic [31:0] s_axi_control_wdata /*verilator public_flat_rw*/;
  logic [3:0] s_axi_control_wstrb /*verilator public_flat_rw*/;
  logic s_axi_control_wvalid /*verilator public_flat_rw*/;
  logic s_axi_control_wready /*verilator public_flat_rw*/;
  logic [1:0] s_axi_control_bresp /*verilator public_flat_rw*/;
  logic s_axi_control_bvalid /*verilator public_flat_rw*/;
  logic s_axi_control_bready /*verilator public_flat_rw*/;
  logic [`HWGEN_CONTROL-1:0] s_axi_control_araddr /*verilator public_flat_rw*/;
  logic s_axi_control_arvalid /*verilator public_flat_rw*/;
  logic s_axi_control_arready /*verilator public_flat_rw*/;
  logic [31:0] s_axi_control_rdata /*verilator public_flat_rw*/;
  logic [1:0] s_axi_control_rresp /*verilator public_flat_rw*/;
  logic s_axi_control_rvalid /*verilator public_flat_rw*/;
  logic s_axi_control_rready /*verilator public_flat_rw*/;
  logic paused /*verilator public_flat_rw*/;
  logic resumed /*verilator public_flat_rw*/;
  int unsigned pause_after, pause_answers;
`endif
  logic held, offered, taken;

  int unsigned source_rate, sink_rate, input_interval, frame_beats;
  int unsigned seed, expected, quiet_limit, reset_after;
  int unsigned sent_q, received_q, quiet_q, drain_q;
  logic reset_done_q;

  initial begin
    if ($value$plusargs("source_rate=%d", source_rate) == 0) source_rate = 0;
    if ($value$plusargs("sink_rate=%d", sink_rate) == 0) sink_rate = 0;
    if ($value$plusargs("input_interval=%d", input_interval) == 0) input_interval = 0;
    if ($value$plusargs("frame_beats=%d", frame_beats) == 0) frame_beats = 1;
    if ($value$plusargs("stall_seed=%d", seed) == 0) seed = 1;
    if ($value$plusargs("expected=%d", expected) == 0) expected = 1;
    if ($value$plusargs("quiet_limit=%d", quiet_limit) == 0) quiet_limit = 100000;
    if ($value$plusargs("reset_after=%d", reset_after) == 0) reset_after = 0;
    clk = 1'b0;
    rst_n = 1'b0;
    halted = 1'b0;
    stuck = 1'b0;
    reset_done_q = reset_after == 0;
`ifdef HWGEN_CONTROL
    if ($value$plusargs("pause_after=%d", pause_after) == 0) pause_after = 0;
    if ($value$plusargs("pause_answers=%d", pause_answers) == 0) pause_answers = 0;
    s_axi_control_awvalid = 1'b0;
    s_axi_control_wvalid = 1'b0;
    s_axi_control_bready = 1'b0;
    s_axi_control_arvalid = 1'b0;
    s_axi_control_rready = 1'b0;
    paused = 1'b0;
    resumed = !$test$plusargs("pause_after");
`endif
  end

`ifdef HWGEN_CONTROL
  assign held = !resumed && sent_q == pause_after;

  always_ff @(posedge clk) paused <= rst_n && held && received_q == pause_answers;
`else
  assign held = 1'b0;
`endif
  assign offered = source_valid && !held;
  assign taken = source_ready && !held;

  stream_source #(
    .Width(InputWidth),
    .File ("source.hex")
  ) u_source (
    .clk_i  (clk),
    .rst_ni (rst_n),
    .seed_i (seed),
    .rate_i (source_rate[8:0]),
    .input_interval_i(input_interval),
    .beats_i(frame_beats),
    .data_o (source_data),
    .valid_o(source_valid),
    .ready_i(taken)
  );

  `HWGEN_DUT u_dut (
    .ap_clk       (clk),
    .ap_rst_n     (rst_n),
`ifdef HWGEN_CONTROL
    .s_axi_control_awaddr,
    .s_axi_control_awvalid,
    .s_axi_control_awready,
    .s_axi_control_wdata,
    .s_axi_control_wstrb,
    .s_axi_control_wvalid,
    .s_axi_control_wready,
    .s_axi_control_bresp,
    .s_axi_control_bvalid,
    .s_axi_control_bready,
    .s_axi_control_araddr,
    .s_axi_control_arvalid,
    .s_axi_control_arready,
    .s_axi_control_rdata,
    .s_axi_control_rresp,
    .s_axi_control_rvalid,
    .s_axi_control_rready,
`endif
    .s_axis_tdata (source_data),
    .s_axis_tvalid(offered),
    .s_axis_tready(source_ready),
    .m_axis_tdata (sink_data),
    .m_axis_tvalid(sink_valid),
    .m_axis_tready(sink_ready),
    .m_axis_tlast (sink_last)
  );

  stream_sink u_sink (
    .clk_i  (clk),
    .rst_ni (rst_n),
    .seed_i (seed + 32'd1),
    .rate_i (sink_rate[8:0]),
    .ready_o(sink_ready)
  );

  stream_monitor #(
    .Width(InputWidth),
    .File ("input.log")
  ) u_input_log (
    .clk_i  (clk),
    .rst_ni (rst_n),
    .data_i (source_data),
    .last_i (1'b0),
    .valid_i(offered),
    .ready_i(source_ready)
  );

  stream_monitor #(
    .Width(OutputWidth),
    .File ("output.log")
  ) u_output_log (
    .clk_i  (clk),
    .rst_ni (rst_n),
    .data_i (sink_data),
    .last_i (sink_last),
    .valid_i(sink_valid),
    .ready_i(sink_ready)
  );

  wire logic sent = offered && source_ready;
  wire logic received = sink_valid && sink_ready;

  always_ff @(posedge clk) begin
    if (!rst_n) begin
      sent_q <= 0;
      received_q <= 0;
      quiet_q <= 0;
      drain_q <= 0;
      halted <= 1'b0;
    end else begin
      sent_q <= sent_q + 32'(sent);
      received_q <= received_q + 32'(received);
      quiet_q <= sent || received || held ? 0 : quiet_q + 1;
      if (received_q >= expected) drain_q <= drain_q + 1;
      if (!reset_done_q && sent_q >= reset_after) begin
        reset_done_q <= 1'b1;
        halted <= 1'b1;
      end
      if (drain_q == Drain) halted <= 1'b1;
      if (quiet_q == quiet_limit && received_q < expected) begin
        stuck <= 1'b1;
        halted <= 1'b1;
      end
    end
  end

endmodule

`default_nettype wire
