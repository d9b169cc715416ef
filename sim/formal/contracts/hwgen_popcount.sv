// SPDX-License-Identifier: Apache-2.0
//
// Contract of the popcount, in the proofs of the units around it: the reference itself, which the
// module is proved to give.

`default_nettype none

module hwgen_popcount #(
  parameter int unsigned Width = 1,
  parameter int unsigned CountBits = 1,
  parameter int unsigned Span = 64,
  parameter int unsigned Height = hwgen_steps_pkg::tree_levels(Width),
  parameter int unsigned GroupCycles = hwgen_steps_pkg::group_cycles(Width, Span)
) (
  input  wire logic                 clk_i,
  input  wire logic [Width-1:0]     bits_i,
  output logic      [CountBits-1:0] count_o
);

  formal_ones #(
    .Width (Width),
    .Bits  (CountBits),
    .Cycles(1 + GroupCycles + hwgen_steps_pkg::span_rows(Height, Span))
  ) u_reference (
    .clk_i  (clk_i),
    .bits_i (bits_i),
    .count_o(count_o)
  );

endmodule

`default_nettype wire
