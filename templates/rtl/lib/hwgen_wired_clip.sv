// SPDX-License-Identifier: Apache-2.0
//
// Clipped shift of a layer of constants: the number without its lowest `Shift` bits, at least `Low`
// and at most `High`. With `ToEven` an odd result whose lost bits are all 0 is one less.
//
// Do not use it where codes are no uniform steps of the number.

`default_nettype none

module hwgen_wired_clip #(
  parameter int unsigned Width = 8,
  parameter bit Signed = 1'b0,
  parameter int unsigned Shift = 1,
  parameter int Low = 0,
  parameter int High = 1,
  parameter bit ToEven = 1'b0,
  parameter int unsigned CodeBits = 1
) (
  input  wire logic [Width-1:0]    value_i,
  output logic      [CodeBits-1:0] code_o
);

  localparam int unsigned Bits = (Width > Shift + CodeBits ? Width : Shift + CodeBits) + 2;
  localparam int unsigned Kept = Bits - Shift;

  logic signed [Bits-1:0] value;
  logic signed [Kept-1:0] shifted, even;
  logic tie;

  assign value = Signed ? Bits'($signed(value_i)) : Bits'(value_i);
  assign shifted = value[Bits-1:Shift];

  if (ToEven) begin : gen_tie
    assign tie = value[Shift-1:0] == '0;
  end else begin : gen_no_tie
    logic unused_lost;
    assign unused_lost = ^value;
    assign tie = 1'b0;
  end

  assign even = {shifted[Kept-1:1], shifted[0] && !tie};
  assign code_o = even < Kept'(Low) ? CodeBits'(Low)
                : even > Kept'(High) ? CodeBits'(High) : even[CodeBits-1:0];

endmodule

`default_nettype wire
