// SPDX-License-Identifier: Apache-2.0
//
// Number of ones among `Width` bits, one cycle after them, modulo 2**CountBits.
//
// Groups of 15 bits are counted and kept; a tree of adders follows the registers. Each adder adds
// two counts, of which the first fills its bits (15, 31, 63, ...), and one bit as the carry.
//
// Do not use it for terms of more than one bit: `hwgen_sum` adds those.

`default_nettype none

module hwgen_popcount #(
  parameter int unsigned Width = 8,
  parameter int unsigned CountBits = 4
) (
  input  wire logic                 clk_i,
  input  wire logic [Width-1:0]     bits_i,
  output logic      [CountBits-1:0] count_o
);

  localparam int unsigned FullBits = $clog2(Width + 1);

  logic [FullBits-1:0] count;

  assign count_o = CountBits'(count);

  if (Width <= 15) begin : gen_group
    logic [FullBits-1:0] group;

    hwgen_group_count #(
      .Width    (Width),
      .CountBits(FullBits)
    ) u_group (
      .bits_i (bits_i),
      .count_o(group)
    );

    always_ff @(posedge clk_i) count <= group;
  end else begin : gen_parts
    localparam int unsigned First = (1 << FullBits - 1) - 1;
    localparam int unsigned Second = Width > First + 1 ? Width - First - 1 : 1;

    logic [First+Second:0] bits;
    logic [FullBits-1:0] first, second;
    logic carry_q, unused_carry;

    assign bits = (First+Second+1)'(bits_i);

    hwgen_popcount #(
      .Width    (First),
      .CountBits(FullBits)
    ) u_first (
      .clk_i  (clk_i),
      .bits_i (bits[First-1:0]),
      .count_o(first)
    );

    hwgen_popcount #(
      .Width    (Second),
      .CountBits(FullBits)
    ) u_second (
      .clk_i  (clk_i),
      .bits_i (bits[First+Second:First+1]),
      .count_o(second)
    );

    always_ff @(posedge clk_i) carry_q <= bits[First];

    assign {count, unused_carry} = {first, carry_q} + {second, carry_q};
  end

endmodule

`default_nettype wire
