// SPDX-License-Identifier: Apache-2.0
//
// Number of ones among at most 15 bits, modulo 2**CountBits.
//
// Three bits are counted in two LUTs. Four more at a time are the carry and the second operand of
// an adder. On a carry chain an adder takes one LUT a bit, which has inputs to spare for the logic
// of its second operand: counting three bits there, and what makes two of them, comes free.
//
// Registers stand between its adders, behind every `Span` of them; with fewer it is
// combinational. With a `Span` of 0 they stand behind every adder and behind all counts of three.
//
// Do not use it for more bits: adder follows adder. `hwgen_popcount` adds groups in a tree.

`default_nettype none

module hwgen_group_count #(
  parameter int unsigned Width = 7,
  parameter int unsigned CountBits = 3,
  parameter int unsigned Span = 64
) (
  input  wire logic                 clk_i,
  input  wire logic [Width-1:0]     bits_i,
  output logic      [CountBits-1:0] count_o
);

  if (Width > 15) begin : gen_check
    $error("hwgen_group_count: Width must be at most 15");
  end

  if (Width <= 3) begin : gen_three
    logic [2:0] bits;
    logic two, unused_clk;

    assign unused_clk = clk_i;
    assign bits = 3'(bits_i);
    assign two = bits[2:1] == 2'b11 || bits == 3'b101 || bits == 3'b011;
    assign count_o = CountBits'({two, ^bits});
  end else begin : gen_more
    localparam int unsigned First = Width / 4 * 4 - 1;
    localparam int unsigned FullBits = $clog2(Width + 1);
    localparam int unsigned Wait = hwgen_steps_pkg::group_cycles(Width, Span);

    logic [First+3:0] bits;
    logic [FullBits-1:0] counted, first, second, count;
    logic carry, unused_one;

    assign bits = (First+4)'(bits_i);

    hwgen_group_count #(
      .Width    (First),
      .CountBits(FullBits),
      .Span     (Span)
    ) u_first (
      .clk_i  (clk_i),
      .bits_i (bits[First-1:0]),
      .count_o(counted)
    );

    hwgen_delay #(
      .Width (FullBits),
      .Cycles(Wait - hwgen_steps_pkg::group_cycles(First, Span))
    ) u_counted (
      .clk_i (clk_i),
      .data_i(counted),
      .data_o(first)
    );

    if (Span > 0) begin : gen_bits
      logic [3:0] added;

      assign carry = added[0];

      hwgen_delay #(
        .Width (4),
        .Cycles(Wait)
      ) u_added (
        .clk_i (clk_i),
        .data_i(bits[First+3:First]),
        .data_o(added)
      );

      hwgen_group_count #(
        .Width    (3),
        .CountBits(FullBits)
      ) u_second (
        .clk_i  (clk_i),
        .bits_i (added[3:1]),
        .count_o(second)
      );
    end else begin : gen_counts
      logic [1:0] three, added;

      hwgen_group_count #(
        .Width    (3),
        .CountBits(2)
      ) u_three (
        .clk_i  (clk_i),
        .bits_i (bits[First+3:First+1]),
        .count_o(three)
      );

      hwgen_delay #(
        .Width (3),
        .Cycles(Wait)
      ) u_added (
        .clk_i (clk_i),
        .data_i({three, bits[First]}),
        .data_o({added, carry})
      );

      assign second = FullBits'(added);
    end

    // x - ~y is x + y + 1, and the 1 and two carry bits below the counts carry into them.
    // Synthesis may swap the operands of a sum; those of a difference stay.
    assign {count, unused_one} = {first, carry} - ~{second, carry};
    assign count_o = CountBits'(count);
  end

endmodule

`default_nettype wire
