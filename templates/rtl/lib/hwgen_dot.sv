// SPDX-License-Identifier: Apache-2.0
//
// Dot product of `Simd` weights and inputs, combinational, modulo 2**SumBits.
//
// Two bipolar operands give the number of equal lanes (XNOR and popcount); any other pair gives
// the exact signed sum of products, a bipolar bit standing for -1 or +1. A lane adds nothing
// when its input bits are zero and its weight is zero (integers) or +1 (bipolar).
//
// Do not use it for weights known at elaboration: a constant multiplier is far smaller.

`default_nettype none

module hwgen_dot #(
  parameter int unsigned Simd = 1,
  parameter int unsigned WeightBits = 1,
  parameter bit WeightSigned = 1'b1,
  parameter bit WeightBipolar = 1'b1,
  parameter int unsigned InputBits = 1,
  parameter bit InputSigned = 1'b1,
  parameter bit InputBipolar = 1'b1,
  parameter int unsigned SumBits = 1
) (
  input  wire logic [Simd*WeightBits-1:0] weights_i,
  input  wire logic [Simd*InputBits-1:0]  inputs_i,
  output logic      [SumBits-1:0]         sum_o
);

  if (WeightBipolar && InputBipolar) begin : gen_xnor
    hwgen_popcount #(
      .Width    (Simd),
      .CountBits(SumBits)
    ) u_popcount (
      .bits_i (~(weights_i ^ inputs_i)),
      .count_o(sum_o)
    );
  end else begin : gen_products
    localparam int unsigned ProductBits = WeightBits + InputBits + 1;
    logic [Simd*ProductBits-1:0] products;

    for (genvar lane = 0; lane < Simd; lane++) begin : gen_lane
      logic signed [WeightBits:0] weight;
      logic signed [InputBits:0] value;
      logic signed [ProductBits-1:0] product;

      assign weight = {WeightSigned && weights_i[(lane+1)*WeightBits-1],
                       weights_i[lane*WeightBits +: WeightBits]};
      assign value = {InputSigned && inputs_i[(lane+1)*InputBits-1],
                      inputs_i[lane*InputBits +: InputBits]};

      if (WeightBipolar) begin : gen_weight_sign
        assign product = weight[0] ? ProductBits'(value) : -ProductBits'(value);
      end else if (InputBipolar) begin : gen_input_sign
        assign product = value[0] ? ProductBits'(weight) : -ProductBits'(weight);
      end else begin : gen_multiply
        assign product = weight * value;
      end

      assign products[lane*ProductBits +: ProductBits] = product;
    end

    hwgen_sum #(
      .Terms     (Simd),
      .TermBits  (ProductBits),
      .TermSigned(1'b1),
      .SumBits   (SumBits)
    ) u_sum (
      .terms_i(products),
      .sum_o  (sum_o)
    );
  end

endmodule

`default_nettype wire
