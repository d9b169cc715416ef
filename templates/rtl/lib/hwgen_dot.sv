// SPDX-License-Identifier: Apache-2.0
//
// Dot product of `Simd` weights and inputs, one cycle after them, modulo 2**SumBits.
//
// Two bipolar operands give the number of equal lanes (XNOR and popcount), of which `carry_o` may
// be one that is still to be added (`hwgen_steps_pkg::counted_lanes`); any other pair gives
// the exact signed sum of products (`hwgen_dot_products`), a bipolar bit standing for -1 or +1. Two
// other ways come to the same sum of products:
//
//   `PaddedBipolar`  bipolar weights times -1, 0 or +1 in two bits: twice the number of lanes that
//                    agree and are not zero, less the number of lanes that are not zero
//   `Pairs`          any that are not both bipolar: digits of weights choose inputs and sums of two
//                    (`hwgen_dot_pairs`); `inputs_i` are then pairs (`hwgen_pairs`), and of inputs
//                    that may be less than zero the sum is more by `hwgen_steps_pkg::pair_excess`
//
// A term that does not depend on the weights arrives as `shared_i`, together with the sum, made
// once for all neurons by `hwgen_shared`.
//
// Of `Planes` residual planes, the first in the highest bit of an input, it is the sum of factors
// times the number of lanes that agree in their plane (`hwgen_dot_residual`); the factors arrive
// with the sum, that of the first plane lowest. With `PaddedBipolar` an input has one more bit on
// top, set where it is none: then each number is doubled, and `shared_i`, the number of lanes
// without an input, is added.
//
// Registers stand behind every `Span` steps in a row, each an adder or a product, and make the sum
// late by as many cycles; for a `Span` of 0 see `hwgen_popcount` and `hwgen_pair_chain`. `shared_i`
// comes when its step does, as `hwgen_shared` gives it, and `betas_i` still one cycle after the
// inputs.
//
// A lane adds nothing when its input bits are zero and its weight is zero (integers) or +1
// (bipolar).
//
// Do not use it for weights known at elaboration: a constant multiplier is far smaller.

`default_nettype none

module hwgen_dot #(
  parameter int unsigned Simd = 1,
  parameter bit PaddedBipolar = 1'b0,
  parameter bit Pairs = 1'b0,
  parameter int unsigned Planes = 0,
  parameter int unsigned BetaBits = 1,
  parameter int unsigned WeightBits = 1,
  parameter bit WeightSigned = 1'b1,
  parameter bit WeightBipolar = 1'b1,
  parameter int unsigned InputBits = 1,
  parameter bit InputSigned = 1'b1,
  parameter bit InputBipolar = 1'b1,
  parameter int unsigned SumBits = 1,
  parameter int unsigned Span = 64,
  localparam int unsigned OperandBits
      = hwgen_steps_pkg::operand_bits(Simd, InputBits, InputBipolar, Pairs),
  localparam int unsigned AllBetaBits = Planes > 0 ? Planes * BetaBits : 1
) (
  input  wire logic                       clk_i,
  input  wire logic                       rst_ni,
  input  wire logic [Simd*WeightBits-1:0] weights_i,
  input  wire logic [OperandBits-1:0]     inputs_i,
  input  wire logic [SumBits-1:0]         shared_i,
  input  wire logic [AllBetaBits-1:0]     betas_i,
  output logic      [SumBits-1:0]         sum_o,
  output logic                            carry_o
);

  localparam bit Signs = WeightBits == 1 && WeightBipolar && !InputBipolar;

  if ((PaddedBipolar || Planes > 0) && !Signs) begin : gen_check_bipolar
    $error("hwgen_dot: PaddedBipolar and Planes take bipolar weights, integer inputs");
  end
  if (Pairs && (PaddedBipolar || Planes > 0 || (WeightBipolar && InputBipolar))) begin : gen_check
    $error("hwgen_dot: Pairs are of numbers, or of numbers and signs");
  end
  if (PaddedBipolar && Planes == 0 && InputBits != 2) begin : gen_check_padded
    $error("hwgen_dot: PaddedBipolar takes inputs of two bits");
  end
  if (Span < 1 && !PaddedBipolar && !Pairs && Planes == 0 && !(WeightBipolar && InputBipolar))
  begin : gen_span
    $error("hwgen_dot: a Span of 0 is not of products");
  end
  if (Planes > 0 && InputBits != Planes + (PaddedBipolar ? 1 : 0)) begin : gen_check_planes
    $error("hwgen_dot: an input has a bit for each of its planes, and one more if PaddedBipolar");
  end

  if (!PaddedBipolar && !Pairs) begin : gen_direct
    logic unused_shared;
    assign unused_shared = ^shared_i;
  end
  if (Planes == 0) begin : gen_no_betas
    logic unused_betas;
    assign unused_betas = ^betas_i;
  end

  if (Planes > 0) begin : gen_residual
    hwgen_dot_residual #(
      .Simd         (Simd),
      .PaddedBipolar(PaddedBipolar),
      .Planes       (Planes),
      .BetaBits     (BetaBits),
      .SumBits      (SumBits),
      .Span         (Span)
    ) u_residual (
      .clk_i    (clk_i),
      .weights_i(weights_i),
      .inputs_i (inputs_i),
      .shared_i (shared_i),
      .betas_i  (betas_i),
      .sum_o    (sum_o)
    );
  end else if (PaddedBipolar) begin : gen_padded
    logic [Simd-1:0] agreeing;
    logic [SumBits-1:0] count;

    for (genvar lane = 0; lane < Simd; lane++) begin : gen_lane
      assign agreeing[lane] = inputs_i[2*lane] && weights_i[lane] != inputs_i[2*lane+1];
    end

    hwgen_popcount #(
      .Width    (Simd),
      .CountBits(SumBits),
      .Span     (Span)
    ) u_popcount (
      .clk_i  (clk_i),
      .bits_i (agreeing),
      .count_o(count)
    );

    hwgen_delay #(
      .Width (SumBits),
      .Cycles(hwgen_steps_pkg::popcount_cycles(Simd, 1, Span)
              - hwgen_steps_pkg::popcount_cycles(Simd, 0, Span))
    ) u_delay (
      .clk_i (clk_i),
      .data_i((count << 1) - shared_i),
      .data_o(sum_o)
    );
  end else if (Pairs) begin : gen_pairs
    hwgen_dot_pairs #(
      .Simd         (Simd),
      .WeightBits   (WeightBits),
      .WeightSigned (WeightSigned),
      .WeightBipolar(WeightBipolar),
      .ValueBits    (InputBipolar ? 2 : InputBits),
      .ValueSigned  (InputSigned || InputBipolar),
      .SumBits      (SumBits),
      .Span         (Span)
    ) u_pairs (
      .clk_i    (clk_i),
      .rst_ni   (rst_ni),
      .weights_i(weights_i),
      .pairs_i  (inputs_i),
      .shared_i (shared_i),
      .sum_o    (sum_o)
    );
  end else if (WeightBipolar && InputBipolar) begin : gen_xnor
    localparam int unsigned Counted = hwgen_steps_pkg::counted_lanes(Simd);

    logic [Simd-1:0] equal;

    assign equal = ~(weights_i ^ inputs_i);

    hwgen_popcount #(
      .Width    (Counted),
      .CountBits(SumBits),
      .Span     (Span)
    ) u_popcount (
      .clk_i  (clk_i),
      .bits_i (equal[Counted-1:0]),
      .count_o(sum_o)
    );

    hwgen_delay #(
      .Width (1),
      .Cycles(1 + hwgen_steps_pkg::popcount_cycles(Counted, 0, Span))
    ) u_carry (
      .clk_i (clk_i),
      .data_i(Counted < Simd && equal[Simd-1]),
      .data_o(carry_o)
    );
  end else begin : gen_products
    logic [SumBits-1:0] sum;

    hwgen_dot_products #(
      .Simd         (Simd),
      .WeightBits   (WeightBits),
      .WeightSigned (WeightSigned),
      .WeightBipolar(WeightBipolar),
      .InputBits    (InputBits),
      .InputSigned  (InputSigned),
      .InputBipolar (InputBipolar),
      .SumBits      (SumBits),
      .Span         (Span)
    ) u_products (
      .clk_i    (clk_i),
      .weights_i(weights_i),
      .inputs_i (inputs_i),
      .sum_o    (sum)
    );

    always_ff @(posedge clk_i) sum_o <= sum;
  end

  if (!(WeightBipolar && InputBipolar)) begin : gen_no_carry
    assign carry_o = 1'b0;
  end

  if (!Pairs) begin : gen_no_reset
    logic unused_reset;
    assign unused_reset = rst_ni;
  end

endmodule

`default_nettype wire
