// SPDX-License-Identifier: Apache-2.0
//
// Number of ones among at most 15 bits, combinational, modulo 2**CountBits.
//
// Three bits are counted in two LUTs. Four more at a time are the carry and the second operand of
// an adder. On a carry chain an adder takes one LUT a bit, which has inputs to spare for the logic
// of its second operand: counting three bits there, and what makes two of them, comes free.
//
// Do not use it for more bits: adder follows adder. `hwgen_popcount` adds groups in a tree.

`default_nettype none

module hwgen_group_count #(
  parameter int unsigned Width = 7,
  parameter int unsigned CountBits = 3
) (
  input  wire logic [Width-1:0]     bits_i,
  output logic      [CountBits-1:0] count_o
);

  if (Width > 15) begin : gen_check
    $error("hwgen_group_count: Width must be at most 15");
  end

  if (Width <= 3) begin : gen_three
    logic [2:0] bits;
    logic two;

    assign bits = 3'(bits_i);
    assign two = bits[2:1] == 2'b11 || bits == 3'b101 || bits == 3'b011;
    assign count_o = CountBits'({two, ^bits});
  end else begin : gen_more
    localparam int unsigned First = Width / 4 * 4 - 1;
    localparam int unsigned FullBits = $clog2(Width + 1);

    logic [First+3:0] bits;
    logic [FullBits-1:0] first, second, count;
    logic carry, unused_one;

    assign bits = (First+4)'(bits_i);
    assign carry = bits[First];

    hwgen_group_count #(
      .Width    (First),
      .CountBits(FullBits)
    ) u_first (
      .bits_i (bits[First-1:0]),
      .count_o(first)
    );

    hwgen_group_count #(
      .Width    (3),
      .CountBits(FullBits)
    ) u_second (
      .bits_i (bits[First+3:First+1]),
      .count_o(second)
    );

    // x - ~y is x + y + 1, and the 1 and two carry bits below the counts carry into them.
    // Synthesis may swap the operands of a sum; those of a difference stay.
    assign {count, unused_one} = {first, carry} - ~{second, carry};
    assign count_o = CountBits'(count);
  end

endmodule

`default_nettype wire
