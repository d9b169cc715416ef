// SPDX-License-Identifier: Apache-2.0
//
// Dot product of integers, or of integers and signs: a product for each lane and a tree of adders.
//
// A bipolar operand chooses between the other one and its negative. Registers stand behind every
// `Span` steps in a row, products and adders; `hwgen_dot` has those behind the last adder.
//
// Do not use it for two bipolar operands: `hwgen_popcount` of their XNOR is far smaller.

`default_nettype none

module hwgen_dot_products #(
  parameter int unsigned Simd = 1,
  parameter int unsigned WeightBits = 1,
  parameter bit WeightSigned = 1'b1,
  parameter bit WeightBipolar = 1'b1,
  parameter int unsigned InputBits = 1,
  parameter bit InputSigned = 1'b1,
  parameter bit InputBipolar = 1'b0,
  parameter int unsigned SumBits = 1,
  parameter int unsigned Span = 64,
  localparam int unsigned ProductBits = WeightBits + InputBits + 1
) (
  input  wire logic                       clk_i,
  input  wire logic [Simd*WeightBits-1:0] weights_i,
  input  wire logic [Simd*InputBits-1:0]  inputs_i,
  output logic      [SumBits-1:0]         sum_o
);

  localparam int unsigned Levels = $clog2(Simd);

  logic [Simd*ProductBits-1:0] products, terms;

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

  // The last step has registers behind it whatever the span: a lone product, or else an adder.
  hwgen_delay #(
    .Width (Simd * ProductBits),
    .Cycles(Simd > 1 ? 1 / Span : 0)
  ) u_products (
    .clk_i (clk_i),
    .data_i(products),
    .data_o(terms)
  );

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
    .sum_o  (sum_o)
  );

endmodule

`default_nettype wire
