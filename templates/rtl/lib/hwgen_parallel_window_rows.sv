// SPDX-License-Identifier: Apache-2.0
//
// Line buffer of a parallel window unit: `Rows` rows of `RowBeats` beats, read side by side.
//
// Each row has a memory of `Style`. A beat that is taken (`take_i`) comes behind the last one; with
// `row_in_o` it fills its row. The beats at `place_i` of the rows `rows_i` are at `column_o` one
// cycle later. Whether a place is free, or has its beat, `hwgen_parallel_window_levels` knows.
//
// Do not use it for one beat a cycle: `hwgen_window_lines` is a single memory.

`default_nettype none

module hwgen_parallel_window_rows #(
  parameter int unsigned BeatBits = 8,
  parameter int unsigned RowBeats = 3,
  parameter int unsigned Rows = 3,
  parameter int unsigned KernelHeight = 3,
  parameter int unsigned PlaceBits = 4,
  parameter Style = "distributed",
  localparam int unsigned RowBits = hwgen_steps_pkg::bits_for(Rows)
) (
  input  wire logic                             clk_i,
  input  wire logic                             rst_ni,

  input  wire logic [BeatBits-1:0]              take_data_i,
  input  wire logic                             take_i,
  output logic                                  row_in_o,

  input  wire logic [PlaceBits-1:0]             place_i,
  input  wire logic [KernelHeight*RowBits-1:0]  rows_i,
  output logic      [KernelHeight*BeatBits-1:0] column_o
);

  localparam int unsigned AddrBits = hwgen_steps_pkg::bits_for(RowBeats);

  // The place of the next beat, and the row that it comes to.
  logic [AddrBits-1:0] beat_q;
  logic [RowBits-1:0] row_q;

  assign row_in_o = take_i && beat_q == AddrBits'(RowBeats - 1);

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      beat_q <= '0;
      row_q <= '0;
    end else begin
      if (take_i) beat_q <= row_in_o ? '0 : beat_q + 1'b1;
      if (row_in_o) row_q <= row_q == RowBits'(Rows - 1) ? '0 : row_q + 1'b1;
    end
  end

  logic unused_place;  // behind the image nothing is read
  assign unused_place = ^place_i;

  // ---- Memories ----------------------------------------------------------------------------------

  logic [Rows*BeatBits-1:0] held;
  logic [KernelHeight*RowBits-1:0] rows1_q;

  always_ff @(posedge clk_i) rows1_q <= rows_i;

  for (genvar row = 0; row < Rows; row++) begin : gen_row
    hwgen_ram #(
      .Width(BeatBits),
      .Depth(RowBeats),
      .Style(Style)
    ) u_ram (
      .clk_i       (clk_i),
      .write_i     (take_i && row_q == RowBits'(row)),
      .write_addr_i(beat_q),
      .write_data_i(take_data_i),
      .read_addr_i (AddrBits'(place_i)),
      .read_data_o (held[row*BeatBits +: BeatBits])
    );
  end

  for (genvar ky = 0; ky < KernelHeight; ky++) begin : gen_column
    logic [RowBits-1:0] chosen;
    logic [BeatBits-1:0] found;

    assign chosen = rows1_q[ky*RowBits +: RowBits];
    assign column_o[ky*BeatBits +: BeatBits] = found;

    always_comb begin
      found = held[BeatBits-1:0];
      for (int unsigned row = 1; row < Rows; row++) begin
        if (chosen == RowBits'(row)) found = held[row*BeatBits +: BeatBits];
      end
    end
  end

endmodule

`default_nettype wire
