// SPDX-License-Identifier: Apache-2.0
//
// Draws idle cycles: `stall_o` is high with a probability of `rate_i` / 256 in every cycle.
//
// The draw is a xorshift generator that `seed_i` starts at reset, so a run can be repeated.

`default_nettype none

module stream_stall (
  input  wire logic        clk_i,
  input  wire logic        rst_ni,
  input  wire logic [31:0] seed_i,
  input  wire logic [8:0]  rate_i,
  output logic             stall_o
);

  logic [31:0] state_q;

  function automatic logic [31:0] next(input logic [31:0] state);
    logic [31:0] x;
    x = state ^ state << 13;
    x = x ^ x >> 17;
    return x ^ x << 5;
  endfunction

  assign stall_o = {1'b0, state_q[15:8]} < rate_i;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) state_q <= (seed_i * 32'h9e3779b9) | 32'd1;
    else state_q <= next(state_q);
  end

endmodule

`default_nettype wire
