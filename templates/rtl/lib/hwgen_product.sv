// SPDX-License-Identifier: Apache-2.0
//
// Product of two signed numbers, `Cycles` cycles after them.
//
// Registers stand behind the product; with two cycles also behind the products of the other factor
// and each half of the wider one, which a multiplier block takes where the whole is too wide.
//
// Do not use it without registers and apart from what adds to it: a plain product is the same.

`default_nettype none

module hwgen_product #(
  parameter int unsigned ABits = 8,
  parameter int unsigned BBits = 8,
  parameter int unsigned Cycles = 0,
  localparam int unsigned ProductBits = ABits + BBits
) (
  input  wire logic                          clk_i,
  input  wire logic signed [ABits-1:0]       a_i,
  input  wire logic signed [BBits-1:0]       b_i,
  output logic signed      [ProductBits-1:0] product_o
);

  if (Cycles > 2) begin : gen_check
    $error("hwgen_product: Cycles must be at most 2");
  end

  localparam int unsigned WideBits = ABits > BBits ? ABits : BBits;
  localparam int unsigned NarrowBits = ProductBits - WideBits;
  localparam int unsigned LowBits = WideBits / 2;
  localparam int unsigned HighBits = WideBits - LowBits;

  logic signed [ProductBits-1:0] product;

  if (Cycles < 2 || LowBits == 0) begin : gen_whole
    assign product = a_i * b_i;
  end else begin : gen_halves
    logic signed [WideBits-1:0] wide;
    logic signed [NarrowBits-1:0] narrow;
    logic signed [LowBits:0] low;
    logic signed [HighBits-1:0] high;
    logic signed [NarrowBits+LowBits:0] low_product, low_product_q;
    logic signed [NarrowBits+HighBits-1:0] high_product, high_product_q;

    assign wide = ABits > BBits ? WideBits'(a_i) : WideBits'(b_i);
    assign narrow = ABits > BBits ? NarrowBits'(b_i) : NarrowBits'(a_i);
    assign low = {1'b0, wide[LowBits-1:0]};
    assign high = wide[WideBits-1:LowBits];
    assign low_product = narrow * low;
    assign high_product = narrow * high;

    always_ff @(posedge clk_i) begin
      low_product_q <= low_product;
      high_product_q <= high_product;
    end

    assign product = (ProductBits'(high_product_q) <<< LowBits) + ProductBits'(low_product_q);
  end

  hwgen_delay #(
    .Width (ProductBits),
    .Cycles(Cycles > 1 && LowBits > 0 ? Cycles - 1 : Cycles)
  ) u_delay (
    .clk_i (clk_i),
    .data_i(product),
    .data_o(product_o)
  );

endmodule

`default_nettype wire
