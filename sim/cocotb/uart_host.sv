// SPDX-License-Identifier: Apache-2.0
//
// The host at the other end of a board's serial line, with the ports of an accelerator: beats that
// enter are sent as bytes, bytes that come back leave as beats, so that the bench of an accelerator
// also runs a board. It sends a break after every reset and a frame when it has the result of the
// one before. It is written apart from the board's own receiver and transmitter.
//
// The sink must take a beat before the next has come: the line cannot be held back.

`default_nettype none

module uart_host #(
  parameter int unsigned ClocksPerBit = 25,
  parameter int unsigned FrameBytes = 1,
  parameter int unsigned ResultBytes = 1,
  parameter int unsigned InputBytes = 1,
  parameter int unsigned OutputBytes = 1,
  parameter int unsigned BreakBits = 14,
  parameter int unsigned PauseBits = 6
) (
  input  wire logic ap_clk,
  input  wire logic ap_rst_n,

  input  wire logic [8*InputBytes-1:0] s_axis_tdata,
  input  wire logic s_axis_tvalid,
  output logic s_axis_tready,

  output logic [8*OutputBytes-1:0] m_axis_tdata,
  output logic m_axis_tvalid,
  input  wire logic m_axis_tready,
  output logic m_axis_tlast,

  output logic line_o,
  input  wire logic line_i
);

  // Sending: a break and a pause, then bytes while the frame lasts.
  int unsigned clocks_q, bits_left_q, pause_q, lanes_q, sent_q, received_q;
  logic [9:0] shift_q;
  logic [8*InputBytes-1:0] beat_q;

  // The bench has the whole result: the next frame may go.
  logic done;

  assign done = received_q == ResultBytes && !m_axis_tvalid;
  assign s_axis_tready = ap_rst_n && pause_q == 0 && lanes_q == 0 && sent_q < FrameBytes;

  always_ff @(posedge ap_clk) begin
    if (!ap_rst_n) begin
      line_o <= 1'b1;
      pause_q <= (BreakBits + PauseBits) * ClocksPerBit;
      bits_left_q <= 0;
      lanes_q <= 0;
      sent_q <= 0;
    end else if (pause_q != 0) begin
      pause_q <= pause_q - 1;
      line_o <= pause_q <= PauseBits * ClocksPerBit;
    end else begin
      if (done) sent_q <= 0;
      if (s_axis_tvalid && s_axis_tready) begin
        beat_q <= s_axis_tdata;
        lanes_q <= InputBytes;
      end else if (bits_left_q == 0 && lanes_q != 0) begin
        shift_q <= {1'b1, beat_q[7:0], 1'b0};
        bits_left_q <= 10;
        clocks_q <= 0;
      end else if (bits_left_q != 0) begin
        line_o <= shift_q[0];
        clocks_q <= clocks_q + 1;
        if (clocks_q == ClocksPerBit - 1) begin
          clocks_q <= 0;
          shift_q <= shift_q >> 1;
          bits_left_q <= bits_left_q - 1;
          if (bits_left_q == 1) begin
            beat_q <= beat_q >> 8;
            lanes_q <= lanes_q - 1;
            sent_q <= sent_q + 1;
          end
        end
      end
    end
  end

  // Receiving: the line is sampled one and a half bits after its falling edge, then bit by bit.
  int unsigned wait_q, bit_q, filled_q;
  logic busy_q;
  logic [7:0] byte_q;

  always_ff @(posedge ap_clk) begin
    if (m_axis_tvalid && m_axis_tready) m_axis_tvalid <= 1'b0;
    if (done) received_q <= 0;
    if (!ap_rst_n || pause_q != 0) begin
      busy_q <= 1'b0;
      filled_q <= 0;
      received_q <= 0;
      m_axis_tvalid <= 1'b0;
    end else if (!busy_q && !line_i) begin
      busy_q <= 1'b1;
      bit_q <= 0;
      wait_q <= ClocksPerBit + ClocksPerBit / 2 - 1;
    end else if (busy_q && wait_q != 0) begin
      wait_q <= wait_q - 1;
    end else if (busy_q && bit_q < 8) begin
      byte_q <= {line_i, byte_q[7:1]};
      bit_q <= bit_q + 1;
      wait_q <= ClocksPerBit - 1;
    end else if (busy_q) begin
      if (!line_i) $display("uart_host: a byte without a stop bit");
      busy_q <= 1'b0;
      received_q <= received_q + 1;
      m_axis_tdata <= (8 * OutputBytes)'({byte_q, m_axis_tdata} >> 8);
      filled_q <= filled_q == OutputBytes - 1 ? 0 : filled_q + 1;
      m_axis_tvalid <= filled_q == OutputBytes - 1;
      m_axis_tlast <= received_q == ResultBytes - 1;
    end
  end

endmodule

`default_nettype wire
