// SPDX-License-Identifier: Apache-2.0
//
// Claim: the code is the number without its lowest Shift bits, at least Low and at most High; with ToEven
//   an odd one whose lost bits are all 0 is one less.
// Cover: a value leaves where there was no reset.
// Mistake: the result is expected with its lowest bit inverted.

`default_nettype none

module hwgen_wired_clip_monitor #(
  parameter int unsigned Width = 8,
  parameter bit Signed = 1'b0,
  parameter int unsigned Shift = 1,
  parameter int Low = 0,
  parameter int High = 1,
  parameter bit ToEven = 1'b0,
  parameter int unsigned CodeBits = 1,
  localparam int unsigned Bits = (Width > CodeBits ? Width : CodeBits) + 2
) (
  input  wire logic clk_i,
  input  wire logic rst_ni,
  input  wire logic mistake_i,

  input  wire logic [Width-1:0] value_i,

  output logic value_wrong_o,
  output logic covered_o
);

  logic [CodeBits-1:0] found, expected;
  logic running_q;

  hwgen_wired_clip #(
    .Width   (Width),
    .Signed  (Signed),
    .Shift   (Shift),
    .Low     (Low),
    .High    (High),
    .ToEven  (ToEven),
    .CodeBits(CodeBits)
  ) u_unit (
    .value_i(value_i),
    .code_o (found)
  );

  logic signed [Bits-1:0] value, floor, rounded;
  logic exact;

  assign value = Bits'(signed'({Signed && value_i[Width-1], value_i}));
  assign floor = value >>> Shift;
  assign exact = (floor << Shift) == value;
  assign rounded = floor - Bits'(ToEven && exact && floor[0]);

  always_comb begin
    expected = rounded[CodeBits-1:0];
    if (rounded < Bits'(Low)) expected = CodeBits'(Low);
    else if (rounded > Bits'(High)) expected = CodeBits'(High);
  end


  always_ff @(posedge clk_i) running_q <= rst_ni;

  assign value_wrong_o = running_q && found != (expected ^ (CodeBits)'(mistake_i));
  assign covered_o = running_q;

endmodule

`default_nettype wire
