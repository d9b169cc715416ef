// SPDX-License-Identifier: Apache-2.0
//
// Balanced adder tree, combinational: the sum of `Terms` integers, modulo 2**SumBits.
//
// Term 0 is the least significant. Working modulo 2**SumBits is exact wherever the final total is
// known to fit, even if a partial sum does not.
//
// Do not use it for single bits: `hwgen_popcount` packs them into LUTs first.

`default_nettype none

module hwgen_sum #(
  parameter int unsigned Terms = 2,
  parameter int unsigned TermBits = 8,
  parameter bit TermSigned = 1'b1,
  parameter int unsigned SumBits = 9
) (
  input  wire logic [Terms*TermBits-1:0] terms_i,
  output logic      [SumBits-1:0]        sum_o
);

  // Node 0 is the root; the children of node i are 2i+1 and 2i+2; the leaves come last.
  logic [SumBits-1:0] node [2*Terms-1];

  always_comb begin
    for (int unsigned i = 0; i < Terms; i++) begin
      if (TermSigned) begin
        node[Terms-1+i] = SumBits'(signed'(terms_i[i*TermBits +: TermBits]));
      end else begin
        node[Terms-1+i] = SumBits'(terms_i[i*TermBits +: TermBits]);
      end
    end
    for (int unsigned i = 1; i < Terms; i++) begin
      node[Terms-1-i] = node[2*(Terms-i)-1] + node[2*(Terms-i)];
    end
  end

  assign sum_o = node[0];

endmodule

`default_nettype wire
