// SPDX-License-Identifier: Apache-2.0
//
// Comparison of a layer of constants: whether an unsigned number is at least the constant that
// `chosen_i` says, of `Choices` ones in `Limits`.
//
// With a single constant it is plain logic, of six bits a LUT and of each five more another: a carry
// chain would take as many LUTs as bits.
//
// Do not use it for thresholds from a memory: `hwgen_activation` compares with those.

`default_nettype none

module hwgen_wired_at_least #(
  parameter int unsigned Width = 4,
  parameter int unsigned Choices = 1,
  parameter logic [Choices*(Width+1)-1:0] Limits = '0,
  parameter bit Inverted = 1'b0,
  localparam int unsigned ChosenBits = Choices > 1 ? $clog2(Choices) : 1
) (
  input  wire logic [Width-1:0]      value_i,
  input  wire logic [ChosenBits-1:0] chosen_i,
  output logic                       bit_o
);

  if (Choices == 1) begin : gen_constant
    logic [Width:0] reached;
    logic unused_chosen;

    assign unused_chosen = ^chosen_i;
    assign reached[0] = 1'b1;
    for (genvar i = 0; i < Width; i++) begin : gen_bit
      assign reached[i+1] = Limits[i] ? value_i[i] && reached[i] : value_i[i] || reached[i];
    end
    assign bit_o = (reached[Width] && !Limits[Width]) ^ Inverted;
  end else begin : gen_chosen
    logic [Width:0] limit;

    assign limit = Limits[chosen_i*(Width+1) +: Width+1];
    assign bit_o = ({1'b0, value_i} >= limit) ^ Inverted;
  end

endmodule

`default_nettype wire
