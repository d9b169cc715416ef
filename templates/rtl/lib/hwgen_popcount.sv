// SPDX-License-Identifier: Apache-2.0
//
// Number of ones among `Width` bits, combinational, modulo 2**CountBits.
//
// Bits are counted six at a time, which is one level of 6-input LUTs, and the counts summed in a
// balanced tree.
//
// Do not use it for terms of more than one bit: `hwgen_sum` adds those.

`default_nettype none

module hwgen_popcount #(
  parameter int unsigned Width = 8,
  parameter int unsigned CountBits = 4,
  localparam int unsigned Groups = (Width + 5) / 6
) (
  input  wire logic [Width-1:0]     bits_i,
  output logic      [CountBits-1:0] count_o
);

  logic [6*Groups-1:0] padded;
  logic [3*Groups-1:0] counts;

  assign padded = (6*Groups)'(bits_i);

  always_comb begin
    for (int unsigned i = 0; i < Groups; i++) begin
      counts[3*i +: 3] = 3'($countones(padded[6*i +: 6]));
    end
  end

  hwgen_sum #(
    .Terms     (Groups),
    .TermBits  (3),
    .TermSigned(1'b0),
    .SumBits   (CountBits)
  ) u_sum (
    .terms_i(counts),
    .sum_o  (count_o)
  );

endmodule

`default_nettype wire
