// SPDX-License-Identifier: Apache-2.0
//
// The term that the lanes of a matrix-vector unit share, one cycle after the inputs, modulo
// 2**SumBits.
//
// With `BitPlanes` it is the sum of the inputs, with `Counted` the number of inputs that are not
// zero, of `Planes` of those that are none, and otherwise nothing. `hwgen_dot` says what becomes of
// it.
//
// Do not use it where lanes have inputs of their own: nothing is shared there.

`default_nettype none

module hwgen_shared #(
  parameter int unsigned Simd = 1,
  parameter bit Counted = 1'b0,
  parameter bit BitPlanes = 1'b0,
  parameter int unsigned Planes = 0,
  parameter int unsigned InputBits = 1,
  parameter bit InputSigned = 1'b1,
  parameter int unsigned SumBits = 1
) (
  input  wire logic                      clk_i,
  input  wire logic [Simd*InputBits-1:0] inputs_i,
  output logic      [SumBits-1:0]        shared_o
);

  if (BitPlanes) begin : gen_sum
    logic [SumBits-1:0] sum;

    hwgen_sum #(
      .Terms     (Simd),
      .TermBits  (InputBits),
      .TermSigned(InputSigned),
      .SumBits   (SumBits)
    ) u_sum (
      .terms_i(inputs_i),
      .sum_o  (sum)
    );

    always_ff @(posedge clk_i) shared_o <= sum;
  end else if (Counted) begin : gen_count
    logic [Simd-1:0] counts;
    logic unused_signs;

    for (genvar lane = 0; lane < Simd; lane++) begin : gen_lane
      assign counts[lane] = inputs_i[lane*InputBits+Planes];
    end
    assign unused_signs = ^inputs_i;

    hwgen_popcount #(
      .Width    (Simd),
      .CountBits(SumBits)
    ) u_popcount (
      .clk_i  (clk_i),
      .bits_i (counts),
      .count_o(shared_o)
    );
  end else begin : gen_nothing
    logic unused_inputs;
    assign unused_inputs = ^{clk_i, inputs_i};
    assign shared_o = '0;
  end

endmodule

`default_nettype wire
