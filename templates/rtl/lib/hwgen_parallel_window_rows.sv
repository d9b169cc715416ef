// SPDX-License-Identifier: Apache-2.0
//
// Line buffer of a parallel window unit: `Rows` rows of `RowBeats` beats, read side by side.
//
// Each row has a memory of `Style`. A beat is taken where the one before it in its place is free:
// the rows that a scan releases are free up to `place_i`, the slot that comes next, and all of them
// with `release_i`. `ready_o` says whether the beat of the lowest row that the scan needs is there.
// The beats at `place_i` of the rows `rows_i` are at `column_o` one cycle later.
//
// Do not use it for one beat a cycle: `hwgen_window_lines` is a single memory.

`default_nettype none

module hwgen_parallel_window_rows #(
  parameter int unsigned BeatBits = 8,
  parameter int unsigned RowBeats = 3,
  parameter int unsigned Rows = 3,
  parameter int unsigned KernelHeight = 3,
  parameter int unsigned PlaceBits = 4,
  parameter int unsigned LevelBits = 4,
  parameter Style = "distributed",
  localparam int unsigned RowBits = hwgen_steps_pkg::bits_for(Rows)
) (
  input  wire logic                                    clk_i,
  input  wire logic                                    rst_ni,

  input  wire logic        [BeatBits-1:0]              s_data_i,
  input  wire logic                                    s_valid_i,
  output logic                                         s_ready_o,

  input  wire logic        [PlaceBits-1:0]             place_i,
  input  wire logic signed [LevelBits-1:0]             needed_i,
  input  wire logic signed [LevelBits-1:0]             released_i,
  input  wire logic                                    release_i,
  output logic                                         ready_o,

  input  wire logic        [KernelHeight*RowBits-1:0]  rows_i,
  output logic             [KernelHeight*BeatBits-1:0] column_o
);

  localparam int unsigned AddrBits = hwgen_steps_pkg::bits_for(RowBeats);

  typedef logic signed [LevelBits-1:0] level_t;

  localparam level_t AllRows = level_t'(Rows);  // Yosys compares unsigned where a cast stands

  // The place of the next beat, the row that it comes to, and whole rows held: negative where rows
  // are let go that are yet to come.
  logic [AddrBits-1:0] beat_q;
  logic [RowBits-1:0] row_q;
  level_t kept, level_q;
  logic take, row_in, ahead, behind;

  assign kept = level_q - released_i;
  assign ahead = 32'(beat_q) < 32'(place_i);
  assign behind = 32'(place_i) < 32'(beat_q);
  assign s_ready_o = level_q < AllRows || (kept < AllRows && ahead);
  assign ready_o = level_q >= needed_i || (level_q == needed_i - level_t'(1) && behind);
  assign take = s_valid_i && s_ready_o;
  assign row_in = take && beat_q == AddrBits'(RowBeats - 1);

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      beat_q <= '0;
      row_q <= '0;
      level_q <= '0;
    end else begin
      if (take) beat_q <= row_in ? '0 : beat_q + 1'b1;
      if (row_in) row_q <= row_q == RowBits'(Rows - 1) ? '0 : row_q + 1'b1;
      level_q <= (release_i ? kept : level_q) + level_t'(row_in);
    end
  end

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
      .write_i     (take && row_q == RowBits'(row)),
      .write_addr_i(beat_q),
      .write_data_i(s_data_i),
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

`ifdef HWGEN_ASSERT
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      level_fits: assert (kept <= AllRows);
      beat_is_free: assert (!take || level_q < AllRows || ahead);
    end
  end
`endif

endmodule

`default_nettype wire
