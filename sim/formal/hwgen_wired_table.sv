// SPDX-License-Identifier: Apache-2.0
//
// Claim: each output bit is the bit of its entry in Contents that the inputs choose.
// Cover: a value leaves where there was no reset.
// Mistake: the result is expected with its lowest bit inverted.

`default_nettype none

module hwgen_wired_table_monitor #(
  parameter int unsigned Inputs = 1,
  parameter int unsigned Outputs = 1,
  parameter logic [Outputs*2**Inputs-1:0] Contents = '0
) (
  input  wire logic clk_i,
  input  wire logic rst_ni,
  input  wire logic mistake_i,

  input  wire logic [Inputs-1:0] bits_i,

  output logic value_wrong_o,
  output logic covered_o
);

  logic [Outputs-1:0] found, expected;
  logic running_q;

  hwgen_wired_table #(
    .Inputs  (Inputs),
    .Outputs (Outputs),
    .Contents(Contents)
  ) u_unit (
    .bits_i(bits_i),
    .bits_o(found)
  );

  for (genvar i = 0; i < Outputs; i++) begin : gen_output
    always_comb begin
      expected[i] = 1'b0;
      for (int unsigned entry = 0; entry < 2**Inputs; entry++) begin
        if (32'(bits_i) == entry) expected[i] = Contents[i*2**Inputs+entry];
      end
    end
  end


  always_ff @(posedge clk_i) running_q <= rst_ni;

  assign value_wrong_o = running_q && found != (expected ^ (Outputs)'(mistake_i));
  assign covered_o = running_q;

endmodule

`default_nettype wire
