// SPDX-License-Identifier: Apache-2.0
//
// Sends bytes over an asynchronous serial line: a start bit, 8 data bits, least significant first,
// no parity, one stop bit.

`default_nettype none

module hwgen_uart_tx #(
  parameter int unsigned ClocksPerBit = 25,
  localparam int unsigned TickBits = $clog2(ClocksPerBit)
) (
  input  wire logic       clk_i,
  input  wire logic       rst_ni,

  input  wire logic [7:0] data_i,
  input  wire logic       valid_i,
  output logic            ready_o,

  output logic            line_o
);

  if (ClocksPerBit < 2) begin : gen_check
    $error("hwgen_uart_tx: ClocksPerBit must be at least 2");
  end

  // The bits still to send, the one on the line first; ones follow, and the last is the stop bit.
  logic [9:0] bits_q;
  logic [3:0] left_q;
  logic [TickBits-1:0] tick_q;

  assign ready_o = left_q == '0;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      left_q <= '0;
    end else if (ready_o) begin
      if (valid_i) left_q <= 4'd10;
    end else if (tick_q == '0) begin
      left_q <= left_q - 1'b1;
    end
  end

  always_ff @(posedge clk_i) begin
    if (ready_o) begin
      bits_q <= {1'b1, data_i, 1'b0};
      tick_q <= TickBits'(ClocksPerBit - 1);
    end else if (tick_q == '0) begin
      bits_q <= {1'b1, bits_q[9:1]};
      tick_q <= TickBits'(ClocksPerBit - 1);
    end else begin
      tick_q <= tick_q - 1'b1;
    end
  end

  // A register of its own keeps the line free of glitches and high in reset.
  always_ff @(posedge clk_i) begin
    if (!rst_ni) line_o <= 1'b1;
    else line_o <= ready_o || bits_q[0];
  end

endmodule

`default_nettype wire
