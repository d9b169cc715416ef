// SPDX-License-Identifier: Apache-2.0
//
// Claim: the bit says whether the number is at least the constant that is chosen, or with Inverted that it
//   is not.
// Cover: a value leaves where there was no reset.
// Mistake: the result is expected with its lowest bit inverted.

`default_nettype none

module hwgen_wired_at_least_monitor #(
  parameter int unsigned Width = 4,
  parameter int unsigned Choices = 1,
  parameter logic [Choices*(Width+1)-1:0] Limits = '0,
  parameter bit Inverted = 1'b0,
  localparam int unsigned ChosenBits = Choices > 1 ? $clog2(Choices) : 1
) (
  input  wire logic clk_i,
  input  wire logic rst_ni,
  input  wire logic mistake_i,

  input  wire logic [Width-1:0] value_i,
  input  wire logic [ChosenBits-1:0] free_choice_i,

  output logic value_wrong_o,
  output logic covered_o
);

  logic [1-1:0] found, expected;
  logic running_q;

  hwgen_wired_at_least #(
    .Width   (Width),
    .Choices (Choices),
    .Limits  (Limits),
    .Inverted(Inverted)
  ) u_unit (
    .value_i (value_i),
    .chosen_i(chosen),
    .bit_o   (found)
  );

  // A choice that there is.
  logic [ChosenBits-1:0] chosen;
  logic [Width:0] limit;

  assign chosen = 32'(free_choice_i) < Choices ? free_choice_i : '0;

  always_comb begin
    limit = Limits[Width:0];
    for (int unsigned choice = 1; choice < Choices; choice++) begin
      if (32'(chosen) == choice) limit = Limits[choice*(Width+1) +: Width+1];
    end
  end

  assign expected = ({1'b0, value_i} >= limit) != Inverted;


  always_ff @(posedge clk_i) running_q <= rst_ni;

  assign value_wrong_o = running_q && found != (expected ^ (1)'(mistake_i));
  assign covered_o = running_q;

endmodule

`default_nettype wire
