// SPDX-License-Identifier: Apache-2.0
//
// Reference of a popcount: the number of ones, modulo 2**Bits, `Cycles` cycles later.

`default_nettype none

module formal_ones #(
  parameter int unsigned Width = 1,
  parameter int unsigned Bits = 1,
  parameter int unsigned Cycles = 1
) (
  input  wire logic             clk_i,
  input  wire logic [Width-1:0] bits_i,
  output logic      [Bits-1:0]  count_o
);

  logic [Bits-1:0] count;
  logic [Cycles*Bits-1:0] counts_q;

  always_comb begin
    count = '0;
    for (int unsigned i = 0; i < Width; i++) count = count + Bits'(bits_i[i]);
  end

  always_ff @(posedge clk_i) counts_q <= (Cycles*Bits)'({counts_q, count});

  assign count_o = counts_q[Cycles*Bits-1 -: Bits];

endmodule

`default_nettype wire
