// SPDX-License-Identifier: Apache-2.0
//
// Drives the receiver of a board bit by bit, with stop bits high and low, and samples what its
// transmitter sends, all ten bits of a byte and the one behind; prints what each gives. It is
// clocked by sim/cocotb/runtime/driver.cpp, and says when it is through (`halted`).

`default_nettype none

module bench;

  localparam int unsigned ClocksPerBit = 8;

  // The line to the board, its last bit first: bytes with their stop and start bits, pauses of two
  // bits, and a line that stays low for longer than a byte.
  localparam int unsigned Bits = 87;
  localparam logic [Bits-1:0] Line = {
    2'b11, 1'b1, 8'hff, 1'b0,
    2'b11, 13'b0,
    2'b11, 1'b1, 8'h01, 1'b0,
    2'b11, 1'b0, 8'h00, 1'b0,
    2'b11, 1'b0, 8'h77, 1'b0,
    2'b11, 1'b1, 8'hc3, 1'b0,
    1'b1, 8'h5a, 1'b0,
    2'b11
  };
  localparam int unsigned Sent = 2;
  localparam logic [7:0] Bytes[Sent] = '{8'h5a, 8'h00};
  localparam int unsigned SampleBits = 10;

  logic clk /*verilator public_flat_rw*/;
  logic rst_n /*verilator public_flat_rw*/;
  logic halted /*verilator public_flat_rw*/;
  logic stuck /*verilator public_flat_rw*/;

  int unsigned cycle_q, offered_q, heard_q, sample_q;
  logic to_board, from_board, was_high_q, was_break_q;
  logic [7:0] received;
  logic received_valid, is_break, offer_ready;
  logic [SampleBits-1:0] sampled_q;

  wire receives = cycle_q < Bits * ClocksPerBit;
  wire offers = !receives && offered_q < Sent;

  hwgen_uart_rx #(
    .ClocksPerBit(ClocksPerBit)
  ) u_rx (
    .clk_i  (clk),
    .rst_ni (rst_n),
    .line_i (to_board),
    .data_o (received),
    .valid_o(received_valid),
    .break_o(is_break)
  );

  hwgen_uart_tx #(
    .ClocksPerBit(ClocksPerBit)
  ) u_tx (
    .clk_i  (clk),
    .rst_ni (rst_n),
    .data_i (Bytes[offered_q[0]]),
    .valid_i(offers),
    .ready_o(offer_ready),
    .line_o (from_board)
  );

  assign to_board = receives ? Line[cycle_q/ClocksPerBit] : 1'b1;
  assign halted = heard_q == Sent || stuck;
  assign stuck = cycle_q > 2 * Bits * ClocksPerBit;

  always_ff @(posedge clk) begin
    if (!rst_n) begin
      cycle_q <= 0;
      offered_q <= 0;
      was_break_q <= 1'b0;
    end else begin
      cycle_q <= cycle_q + 1;
      offered_q <= offered_q + 32'(offers && offer_ready);
      was_break_q <= is_break;
      if (received_valid) $display("received %02x", received);
      if (is_break && !was_break_q) $display("break");
    end
  end

  // Bits of a byte are taken in their middles, counted from the fall of its start bit.
  always_ff @(posedge clk) begin
    was_high_q <= from_board;
    if (!rst_n) begin
      heard_q <= 0;
      sample_q <= 0;
    end else if (sample_q != 0 || (was_high_q && !from_board)) begin
      sample_q <= sample_q + 1;
      if (sample_q % ClocksPerBit == ClocksPerBit / 2 - 1) begin
        sampled_q <= {from_board, sampled_q[SampleBits-1:1]};
        if (sample_q / ClocksPerBit == SampleBits - 1) begin
          $display("sent %b", {from_board, sampled_q[SampleBits-1:1]});
          heard_q <= heard_q + 1;
          sample_q <= 0;
        end
      end
    end
  end

endmodule

`default_nettype wire
