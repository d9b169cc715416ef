// SPDX-License-Identifier: Apache-2.0
//
// Dot product of `Simd` weights and inputs, one cycle after them, modulo 2**SumBits.
//
// Two bipolar operands give the number of equal lanes (XNOR and popcount); any other pair gives
// the exact signed sum of products, a bipolar bit standing for -1 or +1. Two other ways come to
// the same sum of products, for bipolar weights:
//
//   `Counted`    times -1, 0 or +1 in two bits: twice the number of lanes that agree and are not
//                zero, less the number of lanes that are not zero
//   `BitPlanes`  times integers: twice the sum of the inputs whose weight is +1, a popcount for
//                each bit plane, less the sum of all inputs
//
// What is taken off does not depend on the weights and arrives as `shared_i`, together with the
// sum, made once for all neurons by `hwgen_shared`.
//
// Of `Planes` residual planes, the first in the highest bit of an input, it is the sum of factors
// times the number of lanes that agree in their plane; the factors arrive with the sum, that of
// the first plane lowest. With `Counted` an input has one more bit on top, set where it is none:
// then each number is doubled, and `shared_i`, the number of lanes without an input, is added.
//
// Registers stand behind every `Span` steps in a row, each an adder or a product, and make the sum
// late by as many cycles. `shared_i` comes when its step does, as `hwgen_shared` gives it, and
// `betas_i` still one cycle after the inputs.
//
// A lane adds nothing when its input bits are zero and its weight is zero (integers) or +1
// (bipolar).
//
// Do not use it for weights known at elaboration: a constant multiplier is far smaller.

`default_nettype none

module hwgen_dot #(
  parameter int unsigned Simd = 1,
  parameter bit Counted = 1'b0,
  parameter bit BitPlanes = 1'b0,
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
  localparam int unsigned ProductBits = WeightBits + InputBits + 1,
  localparam int unsigned AllBetaBits = Planes > 0 ? Planes * BetaBits : 1
) (
  input  wire logic                       clk_i,
  input  wire logic [Simd*WeightBits-1:0] weights_i,
  input  wire logic [Simd*InputBits-1:0]  inputs_i,
  input  wire logic [SumBits-1:0]         shared_i,
  input  wire logic [AllBetaBits-1:0]     betas_i,
  output logic      [SumBits-1:0]         sum_o
);

  localparam bit Direct = !Counted && !BitPlanes;
  localparam bit Signs = WeightBits == 1 && WeightBipolar && !InputBipolar;

  // Cycles in groups of a popcount; steps to its end, to what stands for a plane, to their sum.
  localparam int unsigned GroupCycles = (Simd > 15 ? 2 : Simd > 3 ? Simd / 4 - 1 : 0) / Span;
  localparam int unsigned TreeSteps = Simd > 15 ? $clog2(Simd + 1) - 4 : 0;
  localparam int unsigned PlaneSteps = TreeSteps + (Planes > 0 && Counted ? 1 : 0);
  localparam int unsigned SumSteps = TreeSteps + (BitPlanes ? $clog2(InputBits) : 0);
  localparam int unsigned TakenCycles = (SumSteps + 1) / Span - SumSteps / Span;

  if ((!Direct || Planes > 0) && !Signs) begin : gen_check_bipolar
    $error("hwgen_dot: Counted, BitPlanes and Planes take bipolar weights and integer inputs");
  end
  if (Counted && Planes == 0 && InputBits != 2) begin : gen_check_counted
    $error("hwgen_dot: Counted takes inputs of two bits");
  end
  if (Planes > 0 && InputBits != Planes + (Counted ? 1 : 0)) begin : gen_check_planes
    $error("hwgen_dot: an input has a bit for each of its planes, and one more if Counted");
  end

  if (Direct) begin : gen_direct
    logic unused_shared;
    assign unused_shared = ^shared_i;
  end
  if (Planes == 0) begin : gen_no_betas
    logic unused_betas;
    assign unused_betas = ^betas_i;
  end

  if (Planes > 0) begin : gen_residual
    logic [Simd-1:0] missing;
    logic [Planes*BetaBits*SumBits-1:0] terms;
    logic [AllBetaBits-1:0] betas;

    hwgen_delay #(
      .Width (AllBetaBits),
      .Cycles(GroupCycles + PlaneSteps / Span)
    ) u_betas (
      .clk_i (clk_i),
      .data_i(betas_i),
      .data_o(betas)
    );

    for (genvar lane = 0; lane < Simd; lane++) begin : gen_missing
      assign missing[lane] = Counted && inputs_i[lane*InputBits+InputBits-1];
    end

    for (genvar plane = 0; plane < Planes; plane++) begin : gen_plane
      logic [Simd-1:0] agreeing;
      logic [SumBits-1:0] count, voted, votes;

      for (genvar lane = 0; lane < Simd; lane++) begin : gen_lane
        assign agreeing[lane]
            = !missing[lane] && weights_i[lane] == inputs_i[lane*InputBits+Planes-1-plane];
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

      assign voted = Counted ? (count << 1) + shared_i : count;

      hwgen_delay #(
        .Width (SumBits),
        .Cycles(PlaneSteps / Span - TreeSteps / Span)
      ) u_votes (
        .clk_i (clk_i),
        .data_i(voted),
        .data_o(votes)
      );

      for (genvar digit = 0; digit < BetaBits; digit++) begin : gen_digit
        assign terms[(plane*BetaBits+digit)*SumBits +: SumBits]
            = betas[plane*BetaBits+digit] ? votes << digit : '0;
      end
    end

    hwgen_sum #(
      .Terms     (Planes * BetaBits),
      .TermBits  (SumBits),
      .TermSigned(1'b0),
      .SumBits   (SumBits),
      .Span      (Span),
      .From      (PlaneSteps)
    ) u_sum (
      .clk_i  (clk_i),
      .terms_i(terms),
      .sum_o  (sum_o)
    );
  end else if (Counted) begin : gen_counted
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
      .Cycles(TakenCycles)
    ) u_delay (
      .clk_i (clk_i),
      .data_i((count << 1) - shared_i),
      .data_o(sum_o)
    );
  end else if (BitPlanes) begin : gen_planes
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
      .From      (TreeSteps)
    ) u_sum (
      .clk_i  (clk_i),
      .terms_i(terms),
      .sum_o  (chosen)
    );

    hwgen_delay #(
      .Width (SumBits),
      .Cycles(TakenCycles)
    ) u_delay (
      .clk_i (clk_i),
      .data_i((chosen << 1) - shared_i),
      .data_o(sum_o)
    );
  end else if (WeightBipolar && InputBipolar) begin : gen_xnor
    hwgen_popcount #(
      .Width    (Simd),
      .CountBits(SumBits),
      .Span     (Span)
    ) u_popcount (
      .clk_i  (clk_i),
      .bits_i (~(weights_i ^ inputs_i)),
      .count_o(sum_o)
    );
  end else begin : gen_products
    localparam int unsigned Levels = $clog2(Simd);

    logic [Simd*ProductBits-1:0] products, terms;
    logic [SumBits-1:0] sum;

    for (genvar lane = 0; lane < Simd; lane++) begin : gen_lane
      logic [WeightBits-1:0] weight;
      logic [InputBits-1:0] value;
      logic signed [ProductBits-1:0] wide_weight, wide_value, product;

      assign weight = weights_i[lane*WeightBits +: WeightBits];
      assign value = inputs_i[lane*InputBits +: InputBits];
      assign wide_weight = ProductBits'(signed'({WeightSigned && weight[WeightBits-1], weight}));
      assign wide_value = ProductBits'(signed'({InputSigned && value[InputBits-1], value}));

      if (WeightBipolar) begin : gen_weight_sign
        logic unused_weight;
        assign unused_weight = ^wide_weight;
        assign product = weight[0] ? wide_value : -wide_value;
      end else if (InputBipolar) begin : gen_input_sign
        logic unused_value;
        assign unused_value = ^wide_value;
        assign product = value[0] ? wide_weight : -wide_weight;
      end else begin : gen_multiply
        assign product = wide_weight * wide_value;
      end

      assign products[lane*ProductBits +: ProductBits] = product;
    end

    hwgen_delay #(
      .Width (Simd * ProductBits),
      .Cycles(1 / Span)
    ) u_products (
      .clk_i (clk_i),
      .data_i(products),
      .data_o(terms)
    );

    // Its last adder has the registers of the sum behind it, whatever the span.
    hwgen_sum #(
      .Terms     (Simd),
      .TermBits  (ProductBits),
      .TermSigned(1'b1),
      .SumBits   (SumBits),
      .Span      (Span),
      .From      (1),
      .Height    (Levels > 0 ? Levels - 1 : 0)
    ) u_sum (
      .clk_i  (clk_i),
      .terms_i(terms),
      .sum_o  (sum)
    );

    always_ff @(posedge clk_i) sum_o <= sum;
  end

endmodule

`default_nettype wire
