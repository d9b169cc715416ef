// SPDX-License-Identifier: Apache-2.0
//
// Dot product of bipolar weights and integers, bit plane by bit plane: twice the sum of the inputs
// whose weight is +1, a popcount for each bit of an input, less the sum of all inputs, `shared_i`.
//
// `hwgen_dot` says when what comes.
//
// Do not use it where an adder for each lane is smaller: `hwgen_dot_products` gives the same sum.

`default_nettype none

module hwgen_dot_bit_planes #(
  parameter int unsigned Simd = 1,
  parameter int unsigned InputBits = 1,
  parameter bit InputSigned = 1'b1,
  parameter int unsigned SumBits = 1,
  parameter int unsigned Span = 64
) (
  input  wire logic                      clk_i,
  input  wire logic [Simd-1:0]           weights_i,
  input  wire logic [Simd*InputBits-1:0] inputs_i,
  input  wire logic [SumBits-1:0]        shared_i,
  output logic      [SumBits-1:0]        sum_o
);

  localparam int unsigned SumSteps = $clog2(InputBits);

  logic [InputBits*SumBits-1:0] terms;
  logic [SumBits-1:0] chosen;

  for (genvar plane = 0; plane < InputBits; plane++) begin : gen_plane
    // The top plane of a signed input weighs -2**plane.
    localparam bit Negative = InputSigned && plane == InputBits - 1;
    logic [Simd-1:0] bits;
    logic [SumBits-1:0] count;

    for (genvar lane = 0; lane < Simd; lane++) begin : gen_lane
      assign bits[lane] = inputs_i[lane*InputBits+plane] && weights_i[lane];
    end

    hwgen_popcount #(
      .Width    (Simd),
      .CountBits(SumBits),
      .Span     (Span)
    ) u_popcount (
      .clk_i  (clk_i),
      .bits_i (bits),
      .count_o(count)
    );

    assign terms[plane*SumBits +: SumBits] = (Negative ? -count : count) << plane;
  end

  hwgen_sum #(
    .Terms     (InputBits),
    .TermBits  (SumBits),
    .TermSigned(1'b0),
    .SumBits   (SumBits),
    .Span      (Span),
    .From      (hwgen_steps_pkg::tree_levels(Simd))
  ) u_sum (
    .clk_i  (clk_i),
    .terms_i(terms),
    .sum_o  (chosen)
  );

  hwgen_delay #(
    .Width (SumBits),
    .Cycles(hwgen_steps_pkg::popcount_cycles(Simd, SumSteps + 1, Span)
            - hwgen_steps_pkg::popcount_cycles(Simd, SumSteps, Span))
  ) u_delay (
    .clk_i (clk_i),
    .data_i((chosen << 1) - shared_i),
    .data_o(sum_o)
  );

endmodule

`default_nettype wire
