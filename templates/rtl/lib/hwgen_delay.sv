// SPDX-License-Identifier: Apache-2.0
//
// Delay line: what is at `data_i` is at `data_o` after `Cycles` cycles, with none at once.
//
// Its registers are pipeline registers, in which nothing is reset.
//
// Do not use it for valid bits: after a reset it would still let old ones out.

`default_nettype none

module hwgen_delay #(
  parameter int unsigned Width = 1,
  parameter int unsigned Cycles = 1
) (
  input  wire logic             clk_i,
  input  wire logic [Width-1:0] data_i,
  output logic      [Width-1:0] data_o
);

  if (Cycles == 0) begin : gen_wire
    logic unused_clk;
    assign unused_clk = clk_i;
    assign data_o = data_i;
  end else begin : gen_registers
    logic [Cycles*Width-1:0] data_q;

    always_ff @(posedge clk_i) data_q <= (Cycles*Width)'({data_q, data_i});

    assign data_o = data_q[Cycles*Width-1 -: Width];
  end

endmodule

`default_nettype wire
