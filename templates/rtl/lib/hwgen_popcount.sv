// SPDX-License-Identifier: Apache-2.0
//
// Number of ones among `Width` bits, combinational, modulo 2**CountBits.
//
// Three bits are counted in two LUTs. More bits are the counts of two parts and one bit, which is
// the carry into their adder. The first part fills its count where it can: it has 3, 7 or 11 bits
// of at most 15, and else 15, 31, 63 and so on.
//
// An adder on a carry chain takes one LUT a bit, which has inputs to spare for the logic of the
// second operand: counting a second part of three bits, and what makes two of them, comes free.
//
// Do not use it for terms of more than one bit: `hwgen_sum` adds those.

`default_nettype none

module hwgen_popcount #(
  parameter int unsigned Width = 8,
  parameter int unsigned CountBits = 4
) (
  input  wire logic [Width-1:0]     bits_i,
  output logic      [CountBits-1:0] count_o
);

  if (Width <= 3) begin : gen_three
    logic [2:0] bits;

    assign bits = 3'(bits_i);
    assign count_o = CountBits'({bits[0] & bits[1] | bits[2] & (bits[0] | bits[1]), ^bits});
  end else begin : gen_parts
    localparam int unsigned FullBits = $clog2(Width + 1);
    localparam int unsigned First = Width <= 15 ? Width / 4 * 4 - 1 : (1 << FullBits - 1) - 1;
    localparam int unsigned Second = Width > First + 1 ? Width - First - 1 : 1;

    logic [First+Second:0] bits;
    logic [FullBits-1:0] first, second, count;
    logic carry, unused_one;

    assign bits = (First+Second+1)'(bits_i);
    assign carry = bits[First];

    hwgen_popcount #(
      .Width    (First),
      .CountBits(FullBits)
    ) u_first (
      .bits_i (bits[First-1:0]),
      .count_o(first)
    );

    hwgen_popcount #(
      .Width    (Second),
      .CountBits(FullBits)
    ) u_second (
      .bits_i (bits[First+Second:First+1]),
      .count_o(second)
    );

    // x - ~y is x + y + 1, and the 1 and two carry bits below the counts carry into them.
    // Synthesis may swap the operands of a sum; those of a difference stay.
    assign {count, unused_one} = {first, carry} - ~{second, carry};
    assign count_o = CountBits'(count);
  end

endmodule

`default_nettype wire
