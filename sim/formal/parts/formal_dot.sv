// SPDX-License-Identifier: Apache-2.0
//
// Reference of a dot product, as integers have it, modulo 2**SumBits: a bipolar bit is -1 or +1, and
// two of them are counted otherwise (`formal_lane_sums`).

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

  typedef logic [SumBits-1:0] sum_t;

  sum_t products [Simd];

  for (genvar lane = 0; lane < Simd; lane++) begin : gen_lane
    logic [WeightBits-1:0] weight;
    logic [InputBits-1:0] code;
    sum_t value;

    assign weight = weights_i[lane*WeightBits +: WeightBits];
    assign code = inputs_i[lane*InputBits +: InputBits];

    if (InputBipolar) begin : gen_bipolar
      assign value = sum_t'(signed'({!code[0], 1'b1}));
    end else begin : gen_integer
      assign value = sum_t'(signed'({InputSigned && code[InputBits-1], code}));
    end

    if (WeightBipolar) begin : gen_sign
      assign products[lane] = weight[0] ? value : -value;
    end else begin : gen_product
      assign products[lane]
          = sum_t'(signed'({WeightSigned && weight[WeightBits-1], weight})) * value;
    end
  end

  always_comb begin
    sum_o = '0;
    for (int unsigned i = 0; i < Simd; i++) sum_o = sum_o + products[i];
  end

endmodule

`default_nettype wire
