// SPDX-License-Identifier: Apache-2.0
//
// Operands of a lane sum by pairs (`hwgen_dot_pairs`), which all lanes of a unit share: of inputs
// 2i and 2i+1 both, and their sum.
//
// Pair i is {a + b, b, a}, a the lower input, each in two's complement where inputs may be less
// than zero; a bipolar bit stands for -1 or +1. The last of an odd number of inputs is paired with
// zero. A pair comes as many cycles later as `Span` puts registers in front of its row.
//
// Do not use it where lanes have inputs of their own: there a pair serves one lane only.

`default_nettype none

module hwgen_pairs #(
  parameter int unsigned Simd = 2,
  parameter int unsigned InputBits = 1,
  parameter bit InputSigned = 1'b0,
  parameter bit InputBipolar = 1'b0,
  parameter int unsigned Span = 64,
  localparam int unsigned Pairs = hwgen_steps_pkg::pairs(Simd),
  localparam int unsigned ValueBits = InputBipolar ? 2 : InputBits,
  localparam int unsigned PairBits = 3 * ValueBits + 1
) (
  input  wire logic                      clk_i,
  input  wire logic                      rst_ni,
  input  wire logic [Simd*InputBits-1:0] inputs_i,
  output logic      [Pairs*PairBits-1:0] pairs_o
);

  localparam bit Signed = InputSigned || InputBipolar;

  logic [2*Pairs*ValueBits-1:0] values;

  for (genvar lane = 0; lane < 2 * Pairs; lane++) begin : gen_lane
    if (lane >= Simd) begin : gen_none
      assign values[lane*ValueBits +: ValueBits] = '0;
    end else if (InputBipolar) begin : gen_bipolar
      assign values[lane*ValueBits +: ValueBits] = {!inputs_i[lane], 1'b1};
    end else begin : gen_number
      assign values[lane*ValueBits +: ValueBits] = inputs_i[lane*InputBits +: InputBits];
    end
  end

  for (genvar pair = 0; pair < Pairs; pair++) begin : gen_pair
    logic [ValueBits-1:0] a, b;
    logic [ValueBits:0] sum;

    assign {b, a} = values[2*pair*ValueBits +: 2*ValueBits];
    assign sum = {Signed && a[ValueBits-1], a} + {Signed && b[ValueBits-1], b};

    hwgen_flops #(
      .Width (PairBits),
      .Cycles(hwgen_steps_pkg::row_cycles(pair / hwgen_steps_pkg::pair_chains(Simd), Simd, Span))
    ) u_delay (
      .clk_i (clk_i),
      .rst_ni(rst_ni),
      .data_i({sum, b, a}),
      .data_o(pairs_o[pair*PairBits +: PairBits])
    );
  end

endmodule

`default_nettype wire
