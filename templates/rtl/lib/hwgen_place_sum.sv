// SPDX-License-Identifier: Apache-2.0
//
// Sum of unsigned numbers that are `Step` places apart: term k times 2**(Step * k); of `Signed` the
// last one is taken off, and the sum in two's complement.
//
// A balanced tree of adders, each as wide as its sum; low bits pass by. Registers stand behind
// every `Span` steps in a row; its terms come after `From` of them, and each adder is one.
//
// Do not use it for signed terms: `hwgen_sum` adds those.

`default_nettype none

module hwgen_place_sum #(
  parameter int unsigned Terms = 2,
  parameter int unsigned TermBits = 8,
  parameter bit Step = 1'b0,
  parameter bit Signed = 1'b0,
  parameter int unsigned Span = 64,
  parameter int unsigned From = 0,
  parameter int unsigned Height = $clog2(Terms),
  localparam int unsigned SumBits = TermBits + (Step ? Terms : $clog2(Terms))
) (
  input  wire logic                      clk_i,
  input  wire logic [Terms*TermBits-1:0] terms_i,
  output logic      [SumBits-1:0]        sum_o
);

  // A tree that stands where a higher one would fit waits for it.
  localparam int unsigned Levels = $clog2(Terms);
  localparam int unsigned Below = Levels > 0 ? From + Levels - 1 : From;

  logic [SumBits-1:0] sum;

  if (Terms == 1) begin : gen_term
    assign sum = Signed ? -SumBits'(terms_i) : SumBits'(terms_i);
  end else begin : gen_halves
    localparam int unsigned First = Terms / 2;
    localparam int unsigned Second = Terms - First;
    localparam int unsigned FirstBits = TermBits + (Step ? First : $clog2(First));
    localparam int unsigned SecondBits = TermBits + (Step ? Second : $clog2(Second));
    localparam int unsigned Passing = Step ? First : 0;
    localparam int unsigned TopBits = SumBits - Passing;
    // A single last term is taken off here.
    localparam bit TakenOff = Signed && Second == 1;

    logic [FirstBits-1:0] first;
    logic [SecondBits-1:0] second;
    logic [TopBits-1:0] low, high;

    hwgen_place_sum #(
      .Terms   (First),
      .TermBits(TermBits),
      .Step    (Step),
      .Span    (Span),
      .From    (From),
      .Height  (Levels - 1)
    ) u_first (
      .clk_i  (clk_i),
      .terms_i(terms_i[First*TermBits-1:0]),
      .sum_o  (first)
    );

    hwgen_place_sum #(
      .Terms   (Second),
      .TermBits(TermBits),
      .Step    (Step),
      .Signed  (Signed && !TakenOff),
      .Span    (Span),
      .From    (From),
      .Height  (Levels - 1)
    ) u_second (
      .clk_i  (clk_i),
      .terms_i(terms_i[Terms*TermBits-1:First*TermBits]),
      .sum_o  (second)
    );

    assign low = TopBits'(first >> Passing);
    assign high = Signed && !TakenOff ? TopBits'(signed'(second)) : TopBits'(second);

    if (TakenOff) begin : gen_difference
      assign sum[SumBits-1:Passing] = low - high;
    end else begin : gen_sum
      logic unused_one;
      // As in `hwgen_pair_chain`.
      assign {sum[SumBits-1:Passing], unused_one} = {high, 1'b0} - ~{low, 1'b0};
    end
    if (Passing > 0) begin : gen_passing
      assign sum[Passing-1:0] = first[Passing-1:0];
    end
  end

  hwgen_delay #(
    .Width (SumBits),
    .Cycles((From + Height) / Span - Below / Span)
  ) u_delay (
    .clk_i (clk_i),
    .data_i(sum),
    .data_o(sum_o)
  );

endmodule

`default_nettype wire
