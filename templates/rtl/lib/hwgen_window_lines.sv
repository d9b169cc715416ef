// SPDX-License-Identifier: Apache-2.0
//
// Line buffer of a sliding window unit: a ring of `Rows` rows of `RowBeats` beats.
//
// The ring goes on from frame to frame. A row is begun while fewer than `Rows` whole rows are held,
// `level_o`; `release_i` lets go `released_i` of them, which may be yet to come. The beat at
// `addr_i` is at `held_o` two cycles later. It lies in memory of `Style`.
//
// Do not use it where beats leave in the order in which they came: `hwgen_fifo` needs no addresses.

`default_nettype none

module hwgen_window_lines #(
  parameter int unsigned BeatBits = 8,
  parameter int unsigned RowBeats = 3,
  parameter int unsigned Rows = 3,
  parameter int unsigned LevelBits = 4,
  parameter Style = "distributed",
  localparam int unsigned Depth = Rows * RowBeats,
  localparam int unsigned AddrBits = hwgen_steps_pkg::bits_for(Depth)
) (
  input  wire logic                        clk_i,
  input  wire logic                        rst_ni,

  input  wire logic        [BeatBits-1:0]  s_data_i,
  input  wire logic                        s_valid_i,
  output logic                             s_ready_o,

  input  wire logic                        release_i,
  input  wire logic signed [LevelBits-1:0] released_i,
  output logic signed      [LevelBits-1:0] level_o,

  input  wire logic        [AddrBits-1:0]  addr_i,
  output logic             [BeatBits-1:0]  held_o
);

  localparam int unsigned RowBeatBits = hwgen_steps_pkg::bits_for(RowBeats);

  typedef logic signed [LevelBits-1:0] level_t;

  logic [RowBeatBits-1:0] beat_q;
  logic [AddrBits-1:0] write_addr_q, addr1_q;
  level_t kept, level_q;
  logic full_q, take, row_in;

  assign s_ready_o = !full_q;
  assign level_o = level_q;
  assign take = s_valid_i && !full_q;
  assign row_in = take && beat_q == RowBeatBits'(RowBeats - 1);

  assign kept = level_q - released_i;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      beat_q <= '0;
      write_addr_q <= '0;
      level_q <= '0;
      full_q <= 1'b0;
    end else begin
      if (take) begin
        beat_q <= row_in ? '0 : beat_q + 1'b1;
        write_addr_q <= write_addr_q == AddrBits'(Depth - 1) ? '0 : write_addr_q + 1'b1;
      end
      level_q <= (release_i ? kept : level_q) + level_t'(row_in);
      if (release_i) full_q <= row_in ? kept == level_t'(Rows - 1) : kept == level_t'(Rows);
      else if (row_in) full_q <= level_q == level_t'(Rows - 1);
    end
  end

  always_ff @(posedge clk_i) addr1_q <= addr_i;

  hwgen_ram #(
    .Width(BeatBits),
    .Depth(Depth),
    .Style(Style)
  ) u_ram (
    .clk_i       (clk_i),
    .write_i     (take),
    .write_addr_i(write_addr_q),
    .write_data_i(s_data_i),
    .read_addr_i (addr1_q),
    .read_data_o (held_o)
  );

`ifdef HWGEN_ASSERT
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      row_finds_room: assert (!take || level_q < level_t'(Rows));
      level_fits: assert (level_q <= level_t'(Rows));
      full_at_all_rows: assert (full_q == (level_q == level_t'(Rows)));
    end
  end
`endif

endmodule

`default_nettype wire
