// SPDX-License-Identifier: Apache-2.0
//
// Balanced adder tree: the sum of `Terms` integers, modulo 2**SumBits.
//
// Term 0 is the least significant. Working modulo 2**SumBits is exact wherever the final total is
// known to fit, even if a partial sum does not.
//
// Registers stand behind every `Span` steps in a row; its terms come after `From` of them, and each
// adder is one. With fewer steps it is combinational.
//
// Do not use it for single bits: `hwgen_popcount` packs them into LUTs first.

`default_nettype none

module hwgen_sum #(
  parameter int unsigned Terms = 2,
  parameter int unsigned TermBits = 8,
  parameter bit TermSigned = 1'b1,
  parameter int unsigned SumBits = 9,
  parameter int unsigned Span = 64,
  parameter int unsigned From = 0,
  parameter int unsigned Height = $clog2(Terms)
) (
  input  wire logic                      clk_i,
  input  wire logic [Terms*TermBits-1:0] terms_i,
  output logic      [SumBits-1:0]        sum_o
);

  // A tree that stands where a higher one would fit waits for it.
  localparam int unsigned Levels = $clog2(Terms);
  localparam int unsigned Below = Levels > 0 ? From + Levels - 1 : From;
  localparam int unsigned Cycles = (From + Height) / Span - Below / Span;

  logic [SumBits-1:0] sum;

  if (Terms == 1) begin : gen_term
    logic unused_term;
    assign unused_term = ^terms_i;
    assign sum = TermSigned ? SumBits'(signed'(terms_i)) : SumBits'(terms_i);
  end else begin : gen_halves
    localparam int unsigned First = Terms / 2;

    logic [SumBits-1:0] first, second;

    hwgen_sum #(
      .Terms     (First),
      .TermBits  (TermBits),
      .TermSigned(TermSigned),
      .SumBits   (SumBits),
      .Span      (Span),
      .From      (From),
      .Height    (Levels - 1)
    ) u_first (
      .clk_i  (clk_i),
      .terms_i(terms_i[First*TermBits-1:0]),
      .sum_o  (first)
    );

    hwgen_sum #(
      .Terms     (Terms - First),
      .TermBits  (TermBits),
      .TermSigned(TermSigned),
      .SumBits   (SumBits),
      .Span      (Span),
      .From      (From),
      .Height    (Levels - 1)
    ) u_second (
      .clk_i  (clk_i),
      .terms_i(terms_i[Terms*TermBits-1:First*TermBits]),
      .sum_o  (second)
    );

    assign sum = first + second;
  end

  // Without a module between them Yosys makes fewer LUTs of adders in a row.
  if (Cycles == 0) begin : gen_wire
    logic unused_clk;
    assign unused_clk = clk_i;
    assign sum_o = sum;
  end else begin : gen_registers
    hwgen_delay #(
      .Width (SumBits),
      .Cycles(Cycles)
    ) u_delay (
      .clk_i (clk_i),
      .data_i(sum),
      .data_o(sum_o)
    );
  end

endmodule

`default_nettype wire
