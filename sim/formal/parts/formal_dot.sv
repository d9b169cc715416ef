// SPDX-License-Identifier: Apache-2.0
//
// Reference of a dot product, as integers have it, modulo 2**SumBits: a bipolar bit is -1 or +1, and
// two of them are counted otherwise (`formal_lane_sums`).
//
// It is the sum of the dot products of both halves, each product exact before it is cut: multipliers
// are proved equal only where both sides multiply the same numbers and add in the same order.

`default_nettype none

module formal_dot #(
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

  localparam int unsigned ProductBits = WeightBits + InputBits + 1;
  localparam int unsigned First = Simd / 2;

  typedef logic signed [ProductBits-1:0] product_t;

  if (Simd > 1) begin : gen_halves
    logic [SumBits-1:0] first, second;

    formal_dot #(
      .Simd         (First),
      .WeightBits   (WeightBits),
      .WeightSigned (WeightSigned),
      .WeightBipolar(WeightBipolar),
      .InputBits    (InputBits),
      .InputSigned  (InputSigned),
      .InputBipolar (InputBipolar),
      .SumBits      (SumBits)
    ) u_first (
      .weights_i(weights_i[First*WeightBits-1:0]),
      .inputs_i (inputs_i[First*InputBits-1:0]),
      .sum_o    (first)
    );

    formal_dot #(
      .Simd         (Simd - First),
      .WeightBits   (WeightBits),
      .WeightSigned (WeightSigned),
      .WeightBipolar(WeightBipolar),
      .InputBits    (InputBits),
      .InputSigned  (InputSigned),
      .InputBipolar (InputBipolar),
      .SumBits      (SumBits)
    ) u_second (
      .weights_i(weights_i[Simd*WeightBits-1:First*WeightBits]),
      .inputs_i (inputs_i[Simd*InputBits-1:First*InputBits]),
      .sum_o    (second)
    );

    assign sum_o = first + second;
  end else begin : gen_product
    product_t value, product;

    if (InputBipolar) begin : gen_bipolar
      assign value = inputs_i[0] ? product_t'(1) : -product_t'(1);
    end else begin : gen_integer
      assign value = product_t'(signed'({InputSigned && inputs_i[InputBits-1], inputs_i}));
    end

    if (WeightBipolar) begin : gen_sign
      assign product = weights_i[0] ? value : -value;
    end else begin : gen_multiply
      assign product
          = product_t'(signed'({WeightSigned && weights_i[WeightBits-1], weights_i})) * value;
    end

    assign sum_o = SumBits'(product);
  end

endmodule

`default_nettype wire
