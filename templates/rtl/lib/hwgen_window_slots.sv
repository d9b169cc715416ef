// SPDX-License-Identifier: Apache-2.0
//
// Slots of a sliding window unit: which beat of which tap of which window leaves next.
//
// A slot ends with `fire_i`. From the innermost out it counts the beats of a block, the taps of a
// row and the rows of taps of a window, the blocks of a pixel, windows of a row, rows of windows.
//
// Do not use it for an image that is read once in its own order: a counter of beats is enough.

`default_nettype none

module hwgen_window_slots #(
  parameter int unsigned PixelBeats = 1,
  parameter int unsigned BlockBeats = 1,
  parameter int unsigned OutHeight = 1,
  parameter int unsigned OutWidth = 1,
  parameter int unsigned KernelHeight = 3,
  parameter int unsigned KernelWidth = 3,
  localparam int unsigned PixelBeatBits = hwgen_steps_pkg::bits_for(PixelBeats)
) (
  input  wire logic                     clk_i,
  input  wire logic                     rst_ni,
  input  wire logic                     fire_i,

  output logic      [PixelBeatBits-1:0] pixel_beat_o,
  output logic                          row_start_o,
  output logic                          last_tap_beat_o,
  output logic                          last_tap_o,
  output logic                          last_block_beat_o,
  output logic                          last_window_beat_o,
  output logic                          last_row_beat_o,
  output logic                          row_before_last_o,
  output logic                          last_row_o
);

  localparam int unsigned BeatBits = hwgen_steps_pkg::bits_for(BlockBeats);
  localparam int unsigned TapRowBits = hwgen_steps_pkg::bits_for(KernelHeight);
  localparam int unsigned TapBits = hwgen_steps_pkg::bits_for(KernelWidth);
  localparam int unsigned ColumnBits = hwgen_steps_pkg::bits_for(OutWidth);
  localparam int unsigned RowBits = hwgen_steps_pkg::bits_for(OutHeight);

  logic [BeatBits-1:0] beat_q;
  logic [PixelBeatBits-1:0] block_q;
  logic [TapBits-1:0] tap_q;
  logic [TapRowBits-1:0] tap_row_q;
  logic [ColumnBits-1:0] column_q;
  logic [RowBits-1:0] row_q;
  logic row_start_q;

  assign pixel_beat_o = block_q + PixelBeatBits'(beat_q);
  assign row_start_o = row_start_q;
  assign last_tap_beat_o = beat_q == BeatBits'(BlockBeats - 1);
  assign last_tap_o = last_tap_beat_o && tap_q == TapBits'(KernelWidth - 1);
  assign last_block_beat_o = last_tap_o && tap_row_q == TapRowBits'(KernelHeight - 1);
  assign last_window_beat_o
      = last_block_beat_o && block_q == PixelBeatBits'(PixelBeats - BlockBeats);
  assign last_row_beat_o = last_window_beat_o && column_q == ColumnBits'(OutWidth - 1);
  assign row_before_last_o = OutHeight == 1 || row_q == RowBits'(OutHeight - 2);
  assign last_row_o = row_q == RowBits'(OutHeight - 1);

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      beat_q <= '0;
      tap_q <= '0;
      tap_row_q <= '0;
      block_q <= '0;
      column_q <= '0;
      row_q <= '0;
      row_start_q <= 1'b1;
    end else if (fire_i) begin
      beat_q <= last_tap_beat_o ? '0 : beat_q + 1'b1;
      if (last_tap_beat_o) tap_q <= last_tap_o ? '0 : tap_q + 1'b1;
      if (last_tap_o) tap_row_q <= last_block_beat_o ? '0 : tap_row_q + 1'b1;
      if (last_block_beat_o) begin
        block_q <= last_window_beat_o ? '0 : block_q + PixelBeatBits'(BlockBeats);
      end
      if (last_window_beat_o) column_q <= last_row_beat_o ? '0 : column_q + 1'b1;
      if (last_row_beat_o) row_q <= last_row_o ? '0 : row_q + 1'b1;
      row_start_q <= last_row_beat_o;
    end
  end

endmodule

`default_nettype wire
