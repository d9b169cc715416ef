// SPDX-License-Identifier: Apache-2.0
//
// What the lanes of a matrix-vector unit share: their operands, and a term modulo 2**SumBits.
//
// The operands are the inputs, with `Pairs` those of `hwgen_pairs`. The term comes one cycle after
// the inputs, and later where `Span` puts registers before the step that takes it in. With `Pairs`
// and bipolar weights it is the sum of the inputs, more by 2**InputBits a pair where they may be
// less than zero; with `PaddedBipolar` the number of inputs that are not zero, of `Planes` of those
// that are none; and otherwise nothing. `hwgen_dot` takes it in.
//
// Do not use it where lanes have inputs of their own: nothing is shared there.

`default_nettype none

module hwgen_shared #(
  parameter int unsigned Simd = 1,
  parameter bit PaddedBipolar = 1'b0,
  parameter bit Pairs = 1'b0,
  parameter int unsigned Planes = 0,
  parameter int unsigned InputBits = 1,
  parameter bit InputSigned = 1'b1,
  parameter bit InputBipolar = 1'b0,
  parameter bit WeightBipolar = 1'b1,
  parameter int unsigned SumBits = 1,
  parameter int unsigned Span = 64,
  localparam int unsigned OperandBits
      = hwgen_steps_pkg::operand_bits(Simd, InputBits, InputBipolar, Pairs)
) (
  input  wire logic                      clk_i,
  input  wire logic                      rst_ni,
  input  wire logic [Simd*InputBits-1:0] inputs_i,
  output logic      [OperandBits-1:0]    operands_o,
  output logic      [SumBits-1:0]        shared_o
);

  if (Pairs) begin : gen_pairs
    hwgen_pairs #(
      .Simd        (Simd),
      .InputBits   (InputBits),
      .InputSigned (InputSigned),
      .InputBipolar(InputBipolar),
      .Span        (Span)
    ) u_pairs (
      .clk_i   (clk_i),
      .rst_ni  (rst_ni),
      .inputs_i(inputs_i),
      .pairs_o (operands_o)
    );
  end else begin : gen_inputs
    assign operands_o = inputs_i;
  end

  if (Pairs && WeightBipolar) begin : gen_sum
    // That of a lane whose digits are all one.
    hwgen_dot_pairs #(
      .Simd       (Simd),
      .ValueBits  (InputBits),
      .ValueSigned(InputSigned),
      .SumBits    (SumBits),
      .Span       (Span)
    ) u_sum (
      .clk_i    (clk_i),
      .rst_ni   (rst_ni),
      .weights_i({Simd{1'b1}}),
      .pairs_i  (operands_o),
      .shared_i (SumBits'(0)),
      .sum_o    (shared_o)
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

  if (!Pairs) begin : gen_no_reset
    logic unused_reset;
    assign unused_reset = rst_ni;
  end

endmodule

`default_nettype wire
