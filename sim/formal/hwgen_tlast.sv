// SPDX-License-Identifier: Apache-2.0
//
// Claim: of the beats that are taken since the reset, exactly every one whose number is a multiple of
//   Beats is marked as a frame's last, in the cycle in which it is taken and while it waits.
// Cover: a last beat is taken.
// Mistake: a frame is one beat longer.

`default_nettype none

module hwgen_tlast_monitor #(
  parameter int unsigned Beats = 1
) (
  input  wire logic clk_i,
  input  wire logic rst_ni,
  input  wire logic mistake_i,

  input  wire logic valid_i,
  input  wire logic ready_i,

  output logic      last_wrong_o,
  output logic      covered_o
);

  localparam int unsigned LeftBits = $clog2(Beats + 2);

  logic [LeftBits-1:0] left_q;
  logic last, taken;

  hwgen_tlast #(
    .Beats(Beats)
  ) u_unit (
    .clk_i  (clk_i),
    .rst_ni (rst_ni),
    .valid_i(valid_i),
    .ready_i(ready_i),
    .last_o (last)
  );

  // Beats taken of this frame.
  assign taken = valid_i && ready_i;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) left_q <= '0;
    else if (taken) left_q <= last ? '0 : left_q + 1'b1;
  end

  assign last_wrong_o = last != (left_q + 1'b1 == LeftBits'(Beats) + LeftBits'(mistake_i))
      || left_q >= LeftBits'(Beats);
  assign covered_o = last && taken;

endmodule

`default_nettype wire
