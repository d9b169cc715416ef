// SPDX-License-Identifier: Apache-2.0
//
// Reference of a code by a line, as integers have it, `Stages` cycles later: that of
// (factor * (sum + start) + rest) >> Shift, an odd one less by one with `TiesToEven` where all bits
// that are shifted out are 0, at least CodeBase, at most CodeTop, modulo 2**CodeBits.
//
// `numbers_i` are a factor in the lowest `FactorBits`, a start, and a rest, which is not negative;
// with `FactorBits` = 1 a start alone, for the complement of the sum where `descending_i`. The sum
// with its start is a signed number of `PlaceBits`, and taken modulo 2**PlaceBits.
//
// Multipliers are proved equal only where both sides multiply the same numbers in the same cycle,
// so registers stand where `hwgen_activation` says: behind the line, in front of its product, behind
// it, and behind the products of both halves of the wider factor.

`default_nettype none

module formal_line #(
  parameter int unsigned SumBits = 8,
  parameter bit SumSigned = 1'b1,
  parameter int unsigned ThresholdBits = 8,
  parameter bit ThresholdSigned = 1'b1,
  parameter int CodeBase = 0,
  parameter int CodeTop = 0,
  parameter int unsigned CodeBits = 1,
  parameter int unsigned FactorBits = 1,
  parameter int unsigned PlaceBits = 1,
  parameter int unsigned Shift = 0,
  parameter bit TiesToEven = 1'b0,
  parameter int unsigned Stages = 0,
  localparam int unsigned Numbers = FactorBits > 1 ? 3 : 1
) (
  input  wire logic                             clk_i,
  input  wire logic [SumBits-1:0]               sum_i,
  input  wire logic [Numbers*ThresholdBits-1:0] numbers_i,
  input  wire logic                             descending_i,
  output logic      [CodeBits-1:0]              code_o
);

  localparam int unsigned ProductBits = PlaceBits + FactorBits;
  localparam int unsigned LineBits
      = (ProductBits > ThresholdBits ? ProductBits : ThresholdBits) + 33;

  typedef logic signed [LineBits-1:0] line_t;

  localparam logic signed [LineBits-1:0] Base = CodeBase;
  localparam logic signed [LineBits-1:0] Top = CodeTop;

  line_t sloped, line, floor, rounded;
  logic [PlaceBits-1:0] sum, start;
  logic signed [PlaceBits-1:0] place;
  logic is_tie;

  assign place = sum + start;

  if (FactorBits > 1) begin : gen_factor
    localparam int unsigned Before = Stages > 1 ? 1 : 0;
    localparam int unsigned Behind = Stages > 2 ? Stages - 2 : 0;

    logic [ThresholdBits-1:0] start_bits, rest;
    logic signed [FactorBits-1:0] factor;
    logic signed [PlaceBits-1:0] place_later;
    logic signed [ProductBits-1:0] product;

    assign start_bits = numbers_i[ThresholdBits +: ThresholdBits];
    assign sum = PlaceBits'(signed'({SumSigned && sum_i[SumBits-1], sum_i}));
    assign start
        = PlaceBits'(signed'({ThresholdSigned && start_bits[ThresholdBits-1], start_bits}));

    formal_delay #(
      .Width (ProductBits),
      .Cycles(Before)
    ) u_operands (
      .clk_i (clk_i),
      .data_i({numbers_i[FactorBits-1:0], place}),
      .data_o({factor, place_later})
    );

    formal_delay #(
      .Width (ThresholdBits),
      .Cycles(Before + Behind)
    ) u_rest (
      .clk_i (clk_i),
      .data_i(numbers_i[2*ThresholdBits +: ThresholdBits]),
      .data_o(rest)
    );

    formal_product #(
      .LeftBits (FactorBits),
      .RightBits(PlaceBits),
      .Cycles   (Behind)
    ) u_product (
      .clk_i    (clk_i),
      .left_i   (factor),
      .right_i  (place_later),
      .product_o(product)
    );

    assign sloped = line_t'(product) + line_t'({1'b0, rest});
  end else begin : gen_start
    logic signed [SumBits:0] number;

    assign number = {SumSigned && sum_i[SumBits-1], sum_i};
    assign sum = PlaceBits'(descending_i ? ~number : number);
    assign start
        = PlaceBits'(signed'({ThresholdSigned && numbers_i[ThresholdBits-1], numbers_i}));
    assign sloped = line_t'(place);
  end

  formal_delay #(
    .Width (LineBits),
    .Cycles(Stages > 0 ? 1 : 0)
  ) u_line (
    .clk_i (clk_i),
    .data_i(sloped),
    .data_o(line)
  );

  assign floor = line >>> Shift;
  assign is_tie = TiesToEven && floor[0] && (floor << Shift) == line;
  assign rounded = floor - line_t'({1'b0, is_tie});
  assign code_o = rounded < Base ? CodeBits'(CodeBase)
      : rounded > Top ? CodeBits'(CodeTop) : rounded[CodeBits-1:0];

endmodule

`default_nettype wire
