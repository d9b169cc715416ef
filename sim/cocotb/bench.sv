// SPDX-License-Identifier: Apache-2.0
//
// Test bench of one design with AXI4-Stream ports: a source or a sink, and a log, at each.
//
// `HWGEN_DUT` names the design's top module, `HWGEN_PORTS` connects its streams: port i of a kind is
// `gen_input[i]` or `gen_output[i]`. `HWGEN_INPUT_WIDTHS` and `HWGEN_OUTPUT_WIDTHS` are their widths,
// `HWGEN_INPUT_BEATS` and `HWGEN_OUTPUT_BEATS` the beats of a frame. Settings arrive as plusargs; cocotb drives the clock
// and the reset, and sleeps until `halted`: all beats came or too many, one reset point was
// reached, or nothing moved for too long. Where the design has an AXI4-Lite port, `HWGEN_CONTROL` is the bits of its
// addresses: sources then hold back the frames from `pause_frames` on, `paused` says that all
// answers to those before have come, and cocotb writes registers and sets `resumed`. Where it reads
// external memories, `HWGEN_MEMORIES` counts them, and `HWGEN_MEMORY_WIDTHS` and so on are what
// `axi_memory` asks of each; memory i is `gen_memory[i]`. With `HWGEN_WAVES` the file "waves" gets all
// signals.

`default_nettype none

module bench #(
  parameter int unsigned Inputs = 1,
  parameter int unsigned Outputs = 1
);

  localparam int unsigned InputWidths[Inputs] = '{`HWGEN_INPUT_WIDTHS};
  localparam int unsigned InputBeats[Inputs] = '{`HWGEN_INPUT_BEATS};
  localparam int unsigned OutputWidths[Outputs] = '{`HWGEN_OUTPUT_WIDTHS};
  localparam int unsigned OutputBeats[Outputs] = '{`HWGEN_OUTPUT_BEATS};

`ifdef HWGEN_MEMORIES
  localparam int unsigned MemoryWidths[`HWGEN_MEMORIES] = '{`HWGEN_MEMORY_WIDTHS};
  localparam int unsigned MemoryWords[`HWGEN_MEMORIES] = '{`HWGEN_MEMORY_WORDS};
  localparam int unsigned MemoryReads[`HWGEN_MEMORIES] = '{`HWGEN_MEMORY_READS};
  localparam int unsigned MemoryIntervals[`HWGEN_MEMORIES] = '{`HWGEN_MEMORY_INTERVALS};
  localparam int unsigned MemoryLatencies[`HWGEN_MEMORIES] = '{`HWGEN_MEMORY_LATENCIES};
`endif

  logic clk /*verilator public_flat_rw*/;
  logic rst_n /*verilator public_flat_rw*/;
  logic halted /*verilator public_flat_rw*/;
  logic stuck /*verilator public_flat_rw*/;

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
  int unsigned pause_frames;
`endif

  int unsigned source_rate, sink_rate, memory_rate, input_interval, frames;
  int unsigned seed, quiet_limit, reset_after;

  // Cycles to run on after the last expected beat, so that a beat too many is seen, and all beats
  // that are dropped inside.
  int unsigned drain;
  int unsigned sent_q, quiet_q, drain_q;
  logic reset_done_q;

  // By port: beats that move in this cycle, sources that wait, those that have sent all
  // frames, sinks that have all, those that have all before the pause, and those that got more
  // than a design can have left.
  logic [Inputs-1:0] sent, held, fed;
  logic [Outputs-1:0] received, done, answered, flooded;

  initial begin
    if ($value$plusargs("source_rate=%d", source_rate) == 0) source_rate = 0;
    if ($value$plusargs("sink_rate=%d", sink_rate) == 0) sink_rate = 0;
    if ($value$plusargs("memory_rate=%d", memory_rate) == 0) memory_rate = 0;
    if ($value$plusargs("input_interval=%d", input_interval) == 0) input_interval = 0;
    if ($value$plusargs("frames=%d", frames) == 0) frames = 1;
    if ($value$plusargs("stall_seed=%d", seed) == 0) seed = 1;
    if ($value$plusargs("quiet_limit=%d", quiet_limit) == 0) quiet_limit = 100000;
    if ($value$plusargs("reset_after=%d", reset_after) == 0) reset_after = 0;
    if ($value$plusargs("drain=%d", drain) == 0) drain = 16;
    clk = 1'b0;
    rst_n = 1'b0;
    halted = 1'b0;
    stuck = 1'b0;
    reset_done_q = reset_after == 0;
`ifdef HWGEN_CONTROL
    if ($value$plusargs("pause_frames=%d", pause_frames) == 0) pause_frames = 0;
    s_axi_control_awvalid = 1'b0;
    s_axi_control_wvalid = 1'b0;
    s_axi_control_bready = 1'b0;
    s_axi_control_arvalid = 1'b0;
    s_axi_control_rready = 1'b0;
    paused = 1'b0;
    resumed = !$test$plusargs("pause_frames");
`endif
  end

`ifdef HWGEN_WAVES
  initial begin
    $dumpfile("waves");
    $dumpvars(0, bench);
  end
`endif

`ifdef HWGEN_CONTROL
  always_ff @(posedge clk) paused <= rst_n && &held && &answered;
`endif

  for (genvar i = 0; i < Inputs; i++) begin : gen_input
    logic [InputWidths[i]-1:0] data;
    logic valid, offered, ready;
    int unsigned count_q;

`ifdef HWGEN_CONTROL
    assign held[i] = !resumed && count_q == pause_frames * InputBeats[i];
`else
    assign held[i] = 1'b0;
`endif
    assign offered = valid && !held[i];
    assign sent[i] = offered && ready;
    assign fed[i] = count_q >= frames * InputBeats[i];

    stream_source #(
      .Width(InputWidths[i]),
      .File ($sformatf("source_%0d.hex", i))
    ) u_source (
      .clk_i  (clk),
      .rst_ni (rst_n),
      .seed_i (seed + 32'(2 * i)),
      .rate_i (source_rate[8:0]),
      .input_interval_i(input_interval),
      .beats_i(InputBeats[i]),
      .data_o (data),
      .valid_o(valid),
      .ready_i(ready && !held[i])
    );

    stream_monitor #(
      .Width(InputWidths[i]),
      .File ($sformatf("input_%0d.log", i))
    ) u_log (
      .clk_i  (clk),
      .rst_ni (rst_n),
      .data_i (data),
      .last_i (1'b0),
      .valid_i(offered),
      .ready_i(ready)
    );

    always_ff @(posedge clk) count_q <= rst_n ? count_q + 32'(sent[i]) : 0;
  end

  for (genvar i = 0; i < Outputs; i++) begin : gen_output
    logic [OutputWidths[i]-1:0] data;
    logic valid, ready, last;
    int unsigned count_q;

    assign received[i] = valid && ready;
    assign done[i] = count_q >= frames * OutputBeats[i];
    assign flooded[i] = count_q > frames * OutputBeats[i] + drain;
`ifdef HWGEN_CONTROL
    assign answered[i] = count_q == pause_frames * OutputBeats[i];
`else
    assign answered[i] = 1'b0;
`endif

    stream_sink u_sink (
      .clk_i  (clk),
      .rst_ni (rst_n),
      .seed_i (seed + 32'(2 * i + 1)),
      .rate_i (sink_rate[8:0]),
      .ready_o(ready)
    );

    stream_monitor #(
      .Width(OutputWidths[i]),
      .File ($sformatf("output_%0d.log", i))
    ) u_log (
      .clk_i  (clk),
      .rst_ni (rst_n),
      .data_i (data),
      .last_i (last),
      .valid_i(valid),
      .ready_i(ready)
    );

    always_ff @(posedge clk) count_q <= rst_n ? count_q + 32'(received[i]) : 0;
  end

`ifdef HWGEN_MEMORIES
  for (genvar i = 0; i < `HWGEN_MEMORIES; i++) begin : gen_memory
    logic [63:0] base, araddr;
    logic [7:0] arlen;
    logic [2:0] arsize;
    logic [1:0] arburst, rresp;
    logic arvalid, arready, rlast, rvalid, rready;
    logic [MemoryWidths[i]-1:0] rdata;

    axi_memory #(
      .Width   (MemoryWidths[i]),
      .Words   (MemoryWords[i]),
      .Reads   (MemoryReads[i]),
      .Interval(MemoryIntervals[i]),
      .Latency (MemoryLatencies[i]),
      .Base    (64'h1000 * (64'(i) + 64'd1) * 64'h1_0001),
      .File    ($sformatf("memory_%0d.hex", i))
    ) u_memory (
      .clk_i    (clk),
      .rst_ni   (rst_n),
      .seed_i   (seed + 32'(2 * i + 100)),
      .rate_i   (memory_rate[8:0]),
      .base_o   (base),
      .araddr_i (araddr),
      .arlen_i  (arlen),
      .arsize_i (arsize),
      .arburst_i(arburst),
      .arvalid_i(arvalid),
      .arready_o(arready),
      .rdata_o  (rdata),
      .rresp_o  (rresp),
      .rlast_o  (rlast),
      .rvalid_o (rvalid),
      .rready_i (rready)
    );
  end
`endif

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
    `HWGEN_PORTS
  );

  always_ff @(posedge clk) begin
    if (!rst_n) begin
      sent_q <= 0;
      quiet_q <= 0;
      drain_q <= 0;
      halted <= 1'b0;
    end else begin
      sent_q <= sent_q + 32'($countones(sent));
      quiet_q <= |{sent, received, held} ? 0 : quiet_q + 1;
      if (&{done, fed}) drain_q <= drain_q + 1;
      if (!reset_done_q && sent_q >= reset_after) begin
        reset_done_q <= 1'b1;
        halted <= 1'b1;
      end
      if (drain_q == drain || |flooded) halted <= 1'b1;
      if (quiet_q == quiet_limit && !(&{done, fed})) begin
        stuck <= 1'b1;
        halted <= 1'b1;
      end
    end
  end

endmodule

`default_nettype wire
