// SPDX-License-Identifier: Apache-2.0
//
// Reference of a product of two signed numbers, `Cycles` cycles later; with two the lower and the
// upper half of the wider number are multiplied in the first, and joined in the second.

`default_nettype none

module formal_product #(
  parameter int unsigned LeftBits = 1,
  parameter int unsigned RightBits = 1,
  parameter int unsigned Cycles = 0,
  localparam int unsigned ProductBits = LeftBits + RightBits
) (
  input  wire logic                         clk_i,
  input  wire logic signed [LeftBits-1:0]   left_i,
  input  wire logic signed [RightBits-1:0]  right_i,
  output logic signed      [ProductBits-1:0] product_o
);

  localparam bit LeftWide = LeftBits > RightBits;
  localparam int unsigned WideBits = LeftWide ? LeftBits : RightBits;
  localparam int unsigned LowBits = WideBits / 2;
  localparam bit Halves = Cycles > 1 && LowBits > 0;

  typedef logic signed [ProductBits-1:0] product_t;

  product_t product;

  if (Halves) begin : gen_halves
    logic signed [WideBits-1:0] wide;
    logic signed [ProductBits-WideBits-1:0] narrow;
    logic signed [LowBits:0] low;
    logic signed [WideBits-LowBits-1:0] high;
    product_t low_q, high_q;

    if (LeftWide) begin : gen_left
      assign wide = left_i;
      assign narrow = right_i;
    end else begin : gen_right
      assign wide = right_i;
      assign narrow = left_i;
    end
    assign low = {1'b0, wide[LowBits-1:0]};
    assign high = wide[WideBits-1:LowBits];

    always_ff @(posedge clk_i) begin
      low_q <= narrow * low;
      high_q <= narrow * high;
    end

    assign product = (high_q <<< LowBits) + low_q;
  end else begin : gen_whole
    assign product = left_i * right_i;
  end

  formal_delay #(
    .Width (ProductBits),
    .Cycles(Halves ? Cycles - 1 : Cycles)
  ) u_delay (
    .clk_i (clk_i),
    .data_i(product),
    .data_o(product_o)
  );

endmodule

`default_nettype wire
