// SPDX-License-Identifier: Apache-2.0
//
// Number of ones among `Width` bits, one cycle after them, modulo 2**CountBits.
//
// Groups of 15 bits are counted and kept; a tree of adders follows the registers. Each adder adds
// two counts, of which the first fills its bits (15, 31, 63, ...), and one bit as the carry.
//
// More registers stand behind every `Span` adders in a row, before the ones behind the groups and
// after: `GroupCycles` more cycles, and one for each `Span` of the tree's levels. With a `Span` of
// 0 they stand behind every adder, and in front of the first ones behind counts of three bits.
//
// Do not use it for terms of more than one bit: `hwgen_sum` adds those.

`default_nettype none

module hwgen_popcount #(
  parameter int unsigned Width = 8,
  parameter int unsigned CountBits = 4,
  parameter int unsigned Span = 64,
  localparam int unsigned FullBits = $clog2(Width + 1),
  localparam int unsigned Levels = hwgen_steps_pkg::tree_levels(Width),
  parameter int unsigned Height = Levels,
  parameter int unsigned GroupCycles = hwgen_steps_pkg::group_cycles(Width, Span)
) (
  input  wire logic                 clk_i,
  input  wire logic [Width-1:0]     bits_i,
  output logic      [CountBits-1:0] count_o
);

  // A tree that stands where a higher one would fit waits for it.
  localparam int unsigned Below = Levels > 0 ? Levels - 1 : 0;
  localparam int unsigned BelowCycles = hwgen_steps_pkg::span_rows(Below, Span);
  localparam int unsigned Cycles = hwgen_steps_pkg::span_rows(Height, Span) - BelowCycles;

  logic [FullBits-1:0] count, delayed;

  hwgen_delay #(
    .Width (FullBits),
    .Cycles(Cycles)
  ) u_delay (
    .clk_i (clk_i),
    .data_i(count),
    .data_o(delayed)
  );

  assign count_o = CountBits'(delayed);

  if (Width <= 15) begin : gen_group
    localparam int unsigned OwnCycles = hwgen_steps_pkg::group_cycles(Width, Span);

    logic [FullBits-1:0] group;

    hwgen_group_count #(
      .Width    (Width),
      .CountBits(FullBits),
      .Span     (Span)
    ) u_group (
      .clk_i  (clk_i),
      .bits_i (bits_i),
      .count_o(group)
    );

    hwgen_delay #(
      .Width (FullBits),
      .Cycles(1 + GroupCycles - OwnCycles)
    ) u_registers (
      .clk_i (clk_i),
      .data_i(group),
      .data_o(count)
    );
  end else begin : gen_parts
    localparam int unsigned First = (1 << FullBits - 1) - 1;
    localparam int unsigned Second = Width > First + 1 ? Width - First - 1 : 1;

    logic [First+Second:0] bits;
    logic [FullBits-1:0] first, second;
    logic carry, unused_carry;

    assign bits = (First+Second+1)'(bits_i);

    hwgen_popcount #(
      .Width      (First),
      .CountBits  (FullBits),
      .Span       (Span),
      .Height     (Below),
      .GroupCycles(GroupCycles)
    ) u_first (
      .clk_i  (clk_i),
      .bits_i (bits[First-1:0]),
      .count_o(first)
    );

    hwgen_popcount #(
      .Width      (Second),
      .CountBits  (FullBits),
      .Span       (Span),
      .Height     (Below),
      .GroupCycles(GroupCycles)
    ) u_second (
      .clk_i  (clk_i),
      .bits_i (bits[First+Second:First+1]),
      .count_o(second)
    );

    hwgen_delay #(
      .Width (1),
      .Cycles(1 + GroupCycles + BelowCycles)
    ) u_carry (
      .clk_i (clk_i),
      .data_i(bits[First]),
      .data_o(carry)
    );

    assign {count, unused_carry} = {first, carry} + {second, carry};
  end

endmodule

`default_nettype wire
