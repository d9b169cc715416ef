// SPDX-License-Identifier: Apache-2.0
//
// Line buffer of a sliding window unit: a ring of `Rows` rows of `RowBeats` beats.
//
// The ring goes on from frame to frame. A row is begun while fewer than `Rows` whole rows are held;
// `release_i` adds `freed_i`, negative, as it lets go rows, which may be yet to come. `enough_o`
// says that there are as many as are needed: rows that came in count up from `first_i`, negative,
// and `release_i` adds `step_i`. The beat at `addr_i` is at `held_o` two cycles later. It lies in
// memory of `Style`.
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
  input  wire logic signed [LevelBits-1:0] freed_i,
  input  wire logic signed [LevelBits-1:0] first_i,
  input  wire logic signed [LevelBits-1:0] step_i,
  output logic                             enough_o,

  input  wire logic        [AddrBits-1:0]  addr_i,
  output logic             [BeatBits-1:0]  held_o
);

  localparam int unsigned RowBeatBits = hwgen_steps_pkg::bits_for(RowBeats);

  typedef logic signed [LevelBits-1:0] level_t;

  logic [RowBeatBits-1:0] beat_q;
  logic [AddrBits-1:0] write_addr_q, addr1_q;
  // Rows held beyond those that there is room for, and beyond those needed: their signs say whether
  // there is room, and enough.
  level_t room_d, room_q, spare_d, spare_q;
  logic take, row_in, unused_room, unused_spare;

  assign s_ready_o = room_q[LevelBits-1];
  assign enough_o = !spare_q[LevelBits-1];
  assign take = s_valid_i && s_ready_o;
  assign row_in = take && beat_q == RowBeatBits'(RowBeats - 1);

  // A row that came in is the carry.
  assign {room_d, unused_room} = {room_q, row_in} + {release_i ? freed_i : level_t'(0), row_in};
  assign {spare_d, unused_spare} = {spare_q, row_in} + {release_i ? step_i : level_t'(0), row_in};

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      beat_q <= '0;
      write_addr_q <= '0;
      room_q <= -level_t'(Rows);
      spare_q <= first_i;
    end else begin
      if (take) begin
        beat_q <= row_in ? '0 : beat_q + 1'b1;
        write_addr_q <= write_addr_q == AddrBits'(Depth - 1) ? '0 : write_addr_q + 1'b1;
      end
      room_q <= room_d;
      spare_q <= spare_d;
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
      row_finds_room: assert (!take || room_q < 0);
      level_fits: assert (room_q <= 0);
    end
  end
`endif

endmodule

`default_nettype wire
