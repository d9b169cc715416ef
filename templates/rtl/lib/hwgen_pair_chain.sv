// SPDX-License-Identifier: Apache-2.0
//
// Sum of the inputs whose digit is one, of `Rows` pairs, each of which comes with its sum
// (`hwgen_pairs`): one adder after another, exact.
//
// A row is 0, a, b or a + b. The two digits choose it inside the LUTs of its adder, which have five
// inputs to spare on the 7 series. With `Signed` the top bit of a row is inverted, so that each row
// adds 2**ValueBits too much, whatever its digits.
//
// Registers stand behind every `Span` steps in a row; the first step is the sum of a pair. With a
// `Span` of 0 they stand behind every step, and behind the choice of every row. The digits come
// with the inputs, the pairs as `hwgen_pairs` gives them.
//
// Do not use it for single bits: `hwgen_popcount` counts them.

`default_nettype none

module hwgen_pair_chain #(
  parameter int unsigned Rows = 2,
  parameter int unsigned ValueBits = 1,
  parameter bit Signed = 1'b0,
  parameter int unsigned Span = 64,
  localparam int unsigned Each = Span > 0 ? Span : 1,
  parameter int unsigned Wait = Rows > 1 ? (Rows - 1) / Each : 0,
  localparam int unsigned PairBits = 3 * ValueBits + 1,
  localparam int unsigned SumBits = ValueBits + 1 + $clog2(Rows)
) (
  input  wire logic                     clk_i,
  input  wire logic                     rst_ni,
  input  wire logic [2*Rows-1:0]        digits_i,
  input  wire logic [Rows*PairBits-1:0] pairs_i,
  output logic      [SumBits-1:0]       sum_o
);

  logic take_a, take_b;
  logic [ValueBits-1:0] a, b;
  logic [ValueBits:0] both, chosen, row;

  hwgen_flops #(
    .Width (2),
    .Cycles(Wait)
  ) u_digits (
    .clk_i (clk_i),
    .rst_ni(rst_ni),
    .data_i(digits_i[2*Rows-1 -: 2]),
    .data_o({take_b, take_a})
  );

  assign {both, b, a} = pairs_i[Rows*PairBits-1 -: PairBits];

  always_comb begin
    case ({take_b, take_a})
      2'b00: chosen = '0;
      2'b01: chosen = {Signed && a[ValueBits-1], a};
      2'b10: chosen = {Signed && b[ValueBits-1], b};
      default: chosen = both;
    endcase
    chosen[ValueBits] = chosen[ValueBits] ^ Signed;
  end

  hwgen_delay #(
    .Width (ValueBits + 1),
    .Cycles(Span > 0 ? 0 : 1)
  ) u_row (
    .clk_i (clk_i),
    .data_i(chosen),
    .data_o(row)
  );

  if (Rows == 1) begin : gen_row
    assign sum_o = row;
  end else begin : gen_adder
    localparam int unsigned BeforeBits = ValueBits + 1 + $clog2(Rows - 1);
    localparam int unsigned BeforeWait = Rows > 2 ? (Rows - 2) / Each : Wait;

    logic [BeforeBits-1:0] earlier, delayed;
    logic unused_one;

    hwgen_pair_chain #(
      .Rows     (Rows - 1),
      .ValueBits(ValueBits),
      .Signed   (Signed),
      .Span     (Span),
      .Wait     (BeforeWait)
    ) u_earlier (
      .clk_i   (clk_i),
      .rst_ni  (rst_ni),
      .digits_i(digits_i[2*Rows-3:0]),
      .pairs_i (pairs_i[(Rows-1)*PairBits-1:0]),
      .sum_o   (earlier)
    );

    hwgen_delay #(
      .Width (BeforeBits),
      .Cycles(Wait - BeforeWait)
    ) u_delay (
      .clk_i (clk_i),
      .data_i(earlier),
      .data_o(delayed)
    );

    // x - ~y is x + y + 1, and the 1 and the zeros below carry nothing. Synthesis may swap the
    // operands of a sum, and join sums of two to one of three; a difference stays as it is, x on
    // the wires of the carry chain and y in its LUTs.
    assign {sum_o, unused_one} = {SumBits'(delayed), 1'b0} - ~{SumBits'(row), 1'b0};
  end

endmodule

`default_nettype wire
