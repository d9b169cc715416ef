// SPDX-License-Identifier: Apache-2.0
//
// Claim: the sum is that of two or three numbers and two carries at bit Base, modulo 2**Width.
// Cover: a value leaves where there was no reset.
// Mistake: the result is expected with its lowest bit inverted.

`default_nettype none

module hwgen_wired_sum_monitor #(
  parameter int unsigned Width = 4,
  parameter int unsigned Base = 0,
  parameter int unsigned Chain = Width - Base,
  parameter bit Three = 1'b0,
  parameter logic [Width-1:0] InvertA = '0,
  parameter logic [Width-1:0] InvertB = '0,
  parameter logic [Width-1:0] InvertC = '0
) (
  input  wire logic clk_i,
  input  wire logic rst_ni,
  input  wire logic mistake_i,

  input  wire logic [Width-1:0] a_i,
  input  wire logic [Width-1:0] b_i,
  input  wire logic [Width-1:0] c_i,
  input  wire logic [1:0] carry_i,

  output logic value_wrong_o,
  output logic covered_o
);

  logic [Width-1:0] found, expected;
  logic running_q;

  hwgen_wired_sum #(
    .Width  (Width),
    .Base   (Base),
    .Chain  (Chain),
    .Three  (Three),
    .InvertA(InvertA),
    .InvertB(InvertB),
    .InvertC(InvertC)
  ) u_unit (
    .a_i    (a_i),
    .b_i    (b_i),
    .c_i    (c_i),
    .carry_i(carry_i),
    .sum_o  (found)
  );

  assign expected = (a_i ^ InvertA) + (b_i ^ InvertB) + (Three ? c_i ^ InvertC : '0)
      + ((Width'(carry_i[0]) + Width'(carry_i[1])) << Base);


  always_ff @(posedge clk_i) running_q <= rst_ni;

  assign value_wrong_o = running_q && found != (expected ^ (Width)'(mistake_i));
  assign covered_o = running_q;

endmodule

`default_nettype wire
