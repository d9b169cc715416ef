// SPDX-License-Identifier: Apache-2.0
//
// Claim: the count is the number of ones, modulo 2**CountBits, as many cycles later as there are
//   registers in a row.
// Cover: a count leaves.
// Mistake: the count is expected with its lowest bit inverted.
// Parts: formal_ones

`default_nettype none

module hwgen_popcount_monitor #(
  parameter int unsigned Width = 1,
  parameter int unsigned CountBits = 1,
  parameter int unsigned Span = 64,
  parameter int unsigned Height = hwgen_steps_pkg::tree_levels(Width),
  parameter int unsigned GroupCycles = hwgen_steps_pkg::group_cycles(Width, Span),
  localparam int unsigned Cycles = 1 + GroupCycles + hwgen_steps_pkg::span_rows(Height, Span)
) (
  input  wire logic             clk_i,
  input  wire logic             rst_ni,
  input  wire logic             mistake_i,
  input  wire logic [Width-1:0] bits_i,

  output logic                  count_wrong_o,
  output logic                  covered_o
);

  logic [CountBits-1:0] count, expected;
  logic [Cycles-1:0] filled_q;

  hwgen_popcount #(
    .Width      (Width),
    .CountBits  (CountBits),
    .Span       (Span),
    .Height     (Height),
    .GroupCycles(GroupCycles)
  ) u_unit (
    .clk_i  (clk_i),
    .bits_i (bits_i),
    .count_o(count)
  );

  formal_ones #(
    .Width (Width),
    .Bits  (CountBits),
    .Cycles(Cycles)
  ) u_reference (
    .clk_i  (clk_i),
    .bits_i (bits_i),
    .count_o(expected)
  );

  always_ff @(posedge clk_i) filled_q <= Cycles'({filled_q, rst_ni});

  assign count_wrong_o = filled_q[Cycles-1] && count != (expected ^ CountBits'(mistake_i));
  assign covered_o = filled_q[Cycles-1];

endmodule

`default_nettype wire
