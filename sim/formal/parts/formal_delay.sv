// SPDX-License-Identifier: Apache-2.0
//
// Data `Cycles` cycles later.

`default_nettype none

module formal_delay #(
  parameter int unsigned Width = 1,
  parameter int unsigned Cycles = 0
) (
  input  wire logic             clk_i,
  input  wire logic [Width-1:0] data_i,
  output logic      [Width-1:0] data_o
);

  if (Cycles == 0) begin : gen_at_once
    assign data_o = data_i;
  end else begin : gen_later
    logic [Cycles*Width-1:0] data_q;

    always_ff @(posedge clk_i) data_q <= (Cycles*Width)'({data_q, data_i});

    assign data_o = data_q[(Cycles-1)*Width +: Width];
  end

endmodule

`default_nettype wire
