// SPDX-License-Identifier: Apache-2.0
//
// Receives bytes from an asynchronous serial line: 8 data bits, least significant first, no parity,
// one stop bit. A byte is given for one cycle, in the middle of its stop bit; there is no way to
// hold it back.
//
// A byte whose stop bit is low is dropped. `break_o` is high while the line has been low for twelve
// bits or longer, which no byte can cause.

`default_nettype none

module hwgen_uart_rx #(
  parameter int unsigned ClocksPerBit = 25,
  localparam int unsigned BreakClocks = 12 * ClocksPerBit,
  localparam int unsigned TickBits = $clog2(ClocksPerBit),
  localparam int unsigned LowBits = $clog2(BreakClocks + 1)
) (
  input  wire logic clk_i,
  input  wire logic rst_ni,

  input  wire logic line_i,

  output logic [7:0] data_o,
  output logic       valid_o,
  output logic       break_o
);

  if (ClocksPerBit < 4) begin : gen_check
    $error("hwgen_uart_rx: ClocksPerBit must be at least 4");
  end

  typedef enum logic [1:0] {
    Idle,
    Start,
    Data,
    Stop
  } state_e;

  state_e state_q;
  logic meta_q, line_q, line_last_q;
  logic [TickBits-1:0] tick_q;
  logic [2:0] bit_q;
  logic [LowBits-1:0] low_q;
  logic middle;

  assign middle = tick_q == '0;
  assign break_o = low_q == LowBits'(BreakClocks);

  // The line comes from another clock. The synchroniser is not reset: it follows the line always.
  always_ff @(posedge clk_i) begin
    meta_q <= line_i;
    line_q <= meta_q;
    line_last_q <= line_q;
  end

  always_ff @(posedge clk_i) begin
    if (line_q) low_q <= '0;
    else if (!break_o) low_q <= low_q + 1'b1;
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      state_q <= Idle;
      valid_o <= 1'b0;
    end else begin
      valid_o <= 1'b0;
      unique case (state_q)
        Idle: if (line_last_q && !line_q) state_q <= Start;
        Start: if (middle) state_q <= line_q ? Idle : Data;
        Data: if (middle && bit_q == 3'd7) state_q <= Stop;
        Stop: begin
          if (middle) begin
            state_q <= Idle;
            valid_o <= line_q;
          end
        end
      endcase
    end
  end

  always_ff @(posedge clk_i) begin
    if (state_q == Idle) tick_q <= TickBits'(ClocksPerBit / 2 - 1);
    else tick_q <= middle ? TickBits'(ClocksPerBit - 1) : tick_q - 1'b1;
    if (state_q == Start) bit_q <= '0;
    if (state_q == Data && middle) begin
      bit_q <= bit_q + 1'b1;
      data_o <= {line_q, data_o[7:1]};
    end
  end

endmodule

`default_nettype wire
