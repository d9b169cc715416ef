// SPDX-License-Identifier: Apache-2.0
//
// The term that the lanes of a matrix-vector unit share, modulo 2**SumBits: one cycle after the
// inputs, and later where `Span` puts registers before the step that takes it in.
//
// With `BitPlanes` it is the sum of the inputs, with `PaddedBipolar` the number of inputs that are
// not zero, of `Planes` of those that are none, and otherwise nothing. `hwgen_dot` takes it in.
//
// Do not use it where lanes have inputs of their own: nothing is shared there.

`default_nettype none

module hwgen_shared #(
  parameter int unsigned Simd = 1,
  parameter bit PaddedBipolar = 1'b0,
  parameter bit BitPlanes = 1'b0,
  parameter int unsigned Planes = 0,
  parameter int unsigned InputBits = 1,
  parameter bit InputSigned = 1'b1,
  parameter int unsigned SumBits = 1,
  parameter int unsigned Span = 64
) (
  input  wire logic                      clk_i,
  input  wire logic [Simd*InputBits-1:0] inputs_i,
  output logic      [SumBits-1:0]        shared_o
);

  if (BitPlanes) begin : gen_sum
    localparam int unsigned Wait
        = hwgen_steps_pkg::popcount_cycles(Simd, $clog2(InputBits), Span);
    localparam int unsigned Levels = $clog2(Simd);
    localparam int unsigned InTree = Levels / (Levels / (Wait + 1) + 1);

    logic [SumBits-1:0] sum;

    hwgen_sum #(
      .Terms     (Simd),
      .TermBits  (InputBits),
      .TermSigned(InputSigned),
      .SumBits   (SumBits),
      .Span      (Levels / (Wait + 1) + 1)
    ) u_sum (
      .clk_i  (clk_i),
      .terms_i(inputs_i),
      .sum_o  (sum)
    );

    hwgen_delay #(
      .Width (SumBits),
      .Cycles(1 + Wait - InTree)
    ) u_delay (
      .clk_i (clk_i),
      .data_i(sum),
      .data_o(shared_o)
    );
  end else if (PaddedBipolar) begin : gen_count
    logic [Simd-1:0] counts;
    logic unused_signs;

    for (genvar lane = 0; lane < Simd; lane++) begin : gen_lane
      assign counts[lane] = inputs_i[lane*InputBits+Planes];
    end
    assign unused_signs = ^inputs_i;

    hwgen_popcount #(
      .Width    (Simd),
      .CountBits(SumBits),
      .Span     (Span)
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
