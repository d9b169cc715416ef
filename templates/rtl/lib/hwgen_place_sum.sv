// SPDX-License-Identifier: Apache-2.0
//
// Sum of unsigned numbers that are `Step` places apart: term k times 2**(Step * k); of `Signed` the
// last one is taken off, and the sum in two's complement.
//
// An adder takes a carry for free, so that each term brings one of the lowest place: `sum_o` has
// those of all terms but the last, whose carry leaves with it, for the adder behind. `Step` must
// then be 0; elsewhere carries are zero.
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
  input  wire logic [Terms-1:0]          carries_i,
  output logic      [SumBits-1:0]        sum_o,
  output logic                           carry_o
);

  // A tree that stands where a higher one would fit waits for it.
  localparam int unsigned Levels = $clog2(Terms);
  localparam int unsigned Below = Levels > 0 ? From + Levels - 1 : From;

  logic [SumBits-1:0] sum;
  logic carry;

  if (Terms == 1) begin : gen_term
    assign sum = Signed ? SumBits'(0) - SumBits'(terms_i) : SumBits'(terms_i);
    assign carry = carries_i[0];
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
    logic between;

    hwgen_place_sum #(
      .Terms   (First),
      .TermBits(TermBits),
      .Step    (Step),
      .Span    (Span),
      .From    (From),
      .Height  (Levels - 1)
    ) u_first (
      .clk_i    (clk_i),
      .terms_i  (terms_i[First*TermBits-1:0]),
      .carries_i(carries_i[First-1:0]),
      .sum_o    (first),
      .carry_o  (between)
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
      .clk_i    (clk_i),
      .terms_i  (terms_i[Terms*TermBits-1:First*TermBits]),
      .carries_i(carries_i[Terms-1:First]),
      .sum_o    (second),
      .carry_o  (carry)
    );

    assign low = TopBits'(first >> Passing);
    assign high = Signed && !TakenOff ? TopBits'(signed'(second)) : TopBits'(second);

    if (TakenOff) begin : gen_difference
      logic unused_between;
      assign unused_between = between;
      assign sum[SumBits-1:Passing] = low - high;
    end else begin : gen_sum
      logic unused_one;
      // As in `hwgen_pair_chain`.
      assign {sum[SumBits-1:Passing], unused_one} = {high, between} - ~{low, between};
    end
    if (Passing > 0) begin : gen_passing
      assign sum[Passing-1:0] = first[Passing-1:0];
    end
  end

  hwgen_delay #(
    .Width (SumBits + 1),
    .Cycles((From + Height) / Span - Below / Span)
  ) u_delay (
    .clk_i (clk_i),
    .data_i({carry, sum}),
    .data_o({carry_o, sum_o})
  );

endmodule

`default_nettype wire
