// SPDX-License-Identifier: Apache-2.0
//
// Carries an accelerator's frames over a serial line: a frame's bytes come in, beat by beat and the
// least significant byte first, and its result's bytes go out the same way. Both ends know how many
// bytes a frame has, so that nothing else is sent. The host sends a frame when it has the result of
// the one before.
//
// Bridge and accelerator start again, at the first byte of a frame, after power-up, when `locked_i`
// says that the clock is not steady, after a break (the line low for twelve bits), and when a frame
// begun gets no byte for `TimeoutClocks`. A host that died in the middle of a frame leaves nothing
// behind.
//
// The line cannot be held back: `FifoBytes` must cover the bytes that arrive while the accelerator
// takes none. `overrun_o` says that a byte was lost, until the next start.

`default_nettype none

module hwgen_uart_bridge #(
  parameter int unsigned ClocksPerBit = 25,
  parameter int unsigned TimeoutClocks = 25_000_000,
  parameter int unsigned FrameBytes = 1,
  parameter int unsigned InputBytes = 1,
  parameter int unsigned OutputBytes = 1,
  parameter int unsigned FifoBytes = 2048,
  localparam int unsigned FrameBits = FrameBytes > 1 ? $clog2(FrameBytes) : 1,
  localparam int unsigned InputBits = InputBytes > 1 ? $clog2(InputBytes) : 1,
  localparam int unsigned OutputBits = $clog2(OutputBytes + 1),
  localparam int unsigned TimeoutBits = $clog2(TimeoutClocks + 1)
) (
  input  wire logic                     clk_i,
  input  wire logic                     locked_i,

  input  wire logic                     uart_rx_i,
  output logic                          uart_tx_o,
  output logic                          overrun_o,

  output logic                          ap_rst_n_o,
  output logic      [8*InputBytes-1:0]  s_axis_tdata_o,
  output logic                          s_axis_tvalid_o,
  input  wire logic                     s_axis_tready_i,
  input  wire logic [8*OutputBytes-1:0] m_axis_tdata_i,
  input  wire logic                     m_axis_tvalid_i,
  output logic                          m_axis_tready_o
);

  if (FrameBytes % InputBytes != 0) begin : gen_check
    $error("hwgen_uart_bridge: FrameBytes must be a multiple of InputBytes");
  end

  // Reset lasts 15 cycles from power-up, when the counter is zero, or from the last restart.
  logic [3:0] awake_q;
  logic restart, is_break, timed_out, locked_meta_q, locked_q;

  assign restart = is_break || timed_out || !locked_q;
  assign ap_rst_n_o = awake_q == '1;

  initial awake_q = '0;

  always_ff @(posedge clk_i) begin
    locked_meta_q <= locked_i;
    locked_q <= locked_meta_q;
    if (restart) awake_q <= '0;
    else if (!ap_rst_n_o) awake_q <= awake_q + 1'b1;
  end

  logic [7:0] byte_data;
  logic byte_valid;

  hwgen_uart_rx #(
    .ClocksPerBit(ClocksPerBit)
  ) u_rx (
    .clk_i  (clk_i),
    .rst_ni (ap_rst_n_o),
    .line_i (uart_rx_i),
    .data_o (byte_data),
    .valid_o(byte_valid),
    .break_o(is_break)
  );

  // Where the frame stands, and for how long.
  logic [FrameBits-1:0] frame_q;
  logic [TimeoutBits-1:0] idle_q;

  assign timed_out = idle_q == TimeoutBits'(TimeoutClocks);

  always_ff @(posedge clk_i) begin
    if (!ap_rst_n_o) begin
      frame_q <= '0;
      idle_q <= '0;
    end else if (byte_valid) begin
      frame_q <= frame_q == FrameBits'(FrameBytes - 1) ? '0 : frame_q + 1'b1;
      idle_q <= '0;
    end else if (frame_q != '0) begin
      idle_q <= idle_q + 1'b1;
    end
  end

  // Bytes wait here while the accelerator takes none.
  logic [7:0] queued_data;
  logic queue_ready, queued_valid, queued_ready;

  hwgen_fifo #(
    .Width(8),
    .Depth(FifoBytes),
    .Style("block")
  ) u_fifo (
    .clk_i    (clk_i),
    .rst_ni   (ap_rst_n_o),
    .s_data_i (byte_data),
    .s_valid_i(byte_valid),
    .s_ready_o(queue_ready),
    .m_data_o (queued_data),
    .m_valid_o(queued_valid),
    .m_ready_i(queued_ready)
  );

  always_ff @(posedge clk_i) begin
    if (!ap_rst_n_o) overrun_o <= 1'b0;
    else if (byte_valid && !queue_ready) overrun_o <= 1'b1;
  end

  // Bytes become beats: the new byte comes in at the top.
  logic [8*InputBytes-1:0] beat_q;
  logic [InputBits-1:0] lane_q;
  logic beat_valid_q, last_lane;

  assign s_axis_tdata_o = beat_q;
  assign s_axis_tvalid_o = beat_valid_q;
  assign queued_ready = !beat_valid_q;
  assign last_lane = lane_q == InputBits'(InputBytes - 1);

  always_ff @(posedge clk_i) begin
    if (!ap_rst_n_o) begin
      lane_q <= '0;
      beat_valid_q <= 1'b0;
    end else if (beat_valid_q) begin
      beat_valid_q <= !s_axis_tready_i;
    end else if (queued_valid) begin
      lane_q <= last_lane ? '0 : lane_q + 1'b1;
      beat_valid_q <= last_lane;
    end
  end

  always_ff @(posedge clk_i) begin
    if (queued_valid && queued_ready) beat_q <= (8 * InputBytes)'({queued_data, beat_q} >> 8);
  end

  // Beats become bytes: the next byte leaves at the bottom.
  logic [8*OutputBytes-1:0] result_q;
  logic [OutputBits-1:0] left_q;
  logic tx_valid, tx_ready;

  assign tx_valid = left_q != '0;
  assign m_axis_tready_o = left_q == '0;

  always_ff @(posedge clk_i) begin
    if (!ap_rst_n_o) left_q <= '0;
    else if (m_axis_tready_o) left_q <= m_axis_tvalid_i ? OutputBits'(OutputBytes) : '0;
    else if (tx_ready) left_q <= left_q - 1'b1;
  end

  always_ff @(posedge clk_i) begin
    if (m_axis_tready_o) result_q <= m_axis_tdata_i;
    else if (tx_ready) result_q <= result_q >> 8;
  end

  hwgen_uart_tx #(
    .ClocksPerBit(ClocksPerBit)
  ) u_tx (
    .clk_i  (clk_i),
    .rst_ni (ap_rst_n_o),
    .data_i (result_q[7:0]),
    .valid_i(tx_valid),
    .ready_o(tx_ready),
    .line_o (uart_tx_o)
  );

endmodule

`default_nettype wire
