// SPDX-License-Identifier: Apache-2.0
//
// Reference of a sum of numbers, modulo 2**SumBits: that of both halves, each of which is as many
// steps high as the larger one. A step is an adder, and behind every `Span` steps in a row, of which
// `From` are in front of the numbers, the sum comes a cycle later.

`default_nettype none

module formal_sum #(
  parameter int unsigned Terms = 1,
  parameter int unsigned SumBits = 1,
  parameter int unsigned Span = 64,
  parameter int unsigned From = 0,
  parameter int unsigned Height = $clog2(Terms)
) (
  input  wire logic                     clk_i,
  input  wire logic [Terms*SumBits-1:0] terms_i,
  output logic      [SumBits-1:0]       sum_o
);

  localparam int unsigned First = Terms / 2;
  localparam int unsigned Lower = Terms > 1 ? $clog2(Terms) - 1 : 0;

  logic [SumBits-1:0] sum;

  if (Terms > 1) begin : gen_halves
    logic [SumBits-1:0] first, second;

    formal_sum #(
      .Terms  (First),
      .SumBits(SumBits),
      .Span   (Span),
      .From   (From),
      .Height (Lower)
    ) u_first (
      .clk_i  (clk_i),
      .terms_i(terms_i[First*SumBits-1:0]),
      .sum_o  (first)
    );

    formal_sum #(
      .Terms  (Terms - First),
      .SumBits(SumBits),
      .Span   (Span),
      .From   (From),
      .Height (Lower)
    ) u_second (
      .clk_i  (clk_i),
      .terms_i(terms_i[Terms*SumBits-1:First*SumBits]),
      .sum_o  (second)
    );

    assign sum = first + second;
  end else begin : gen_term
    assign sum = terms_i;
  end

  formal_delay #(
    .Width (SumBits),
    .Cycles((From + Height) / Span - (From + Lower) / Span)
  ) u_delay (
    .clk_i (clk_i),
    .data_i(sum),
    .data_o(sum_o)
  );

endmodule

`default_nettype wire
