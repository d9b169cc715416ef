// SPDX-License-Identifier: Apache-2.0
//
// Stream width converter between any two beat sizes, frame by frame, with no bubble at the faster
// side.
//
// A beat in brings `Push` groups of bits, a beat out takes `Pull`. The last beat in of a frame is
// cut to `LastPush` groups, or filled up to them with zeros, so that frames never share a beat. A
// beat is taken while at most `Limit` groups are held; it counts, and can leave, from the next
// cycle on.
//
// Do not use it between equal sizes: a wire does that.

`default_nettype none

module hwgen_width #(
  parameter int unsigned GroupBits = 1,
  parameter int unsigned InBeats = 1,
  parameter int unsigned Push = 1,
  parameter int unsigned LastPush = Push,
  parameter int unsigned Pull = 2,
  localparam int unsigned MostPush = LastPush > Push ? LastPush : Push,
  localparam int unsigned Limit = 2 * Pull - 1 + MostPush - Push,
  localparam int unsigned MaxHeld = Limit + MostPush,
  localparam int unsigned HeldBits = $clog2(MaxHeld + 1),
  localparam int unsigned BeatBits = InBeats > 1 ? $clog2(InBeats) : 1
) (
  input  wire logic                      clk_i,
  input  wire logic                      rst_ni,

  input  wire logic [Push*GroupBits-1:0] s_data_i,
  input  wire logic                      s_valid_i,
  output logic                           s_ready_o,

  output logic      [Pull*GroupBits-1:0] m_data_o,
  output logic                           m_valid_o,
  input  wire logic                      m_ready_i
);

  if (GroupBits < 1 || InBeats < 1 || Push < 1 || LastPush < 1 || Pull < 1) begin : gen_check
    $error("hwgen_width: every parameter must be at least 1");
  end

  localparam int unsigned StoreBits = MaxHeld * GroupBits;
  localparam int unsigned CutGroups = LastPush < Push ? Push - LastPush : 0;
  localparam logic [Push*GroupBits-1:0] LastMask = {Push*GroupBits{1'b1}} >> CutGroups*GroupBits;

  logic [BeatBits-1:0] beat_q;
  logic [HeldBits-1:0] kept, held_d, held_q;
  logic [Push*GroupBits-1:0] taken;
  logic [StoreBits-1:0] rest, arriving, store_d, store_q;
  logic last, push, pop;

  assign last = beat_q == BeatBits'(InBeats - 1);
  assign s_ready_o = held_q <= HeldBits'(Limit);
  assign m_valid_o = held_q >= HeldBits'(Pull);
  assign m_data_o = store_q[Pull*GroupBits-1:0];
  assign push = s_valid_i && s_ready_o;
  assign pop = m_valid_o && m_ready_i;

  // What a pop leaves; nothing is left of what was there before a reset.
  assign kept = pop ? held_q - HeldBits'(Pull) : held_q;
  assign rest = kept == '0 ? '0 : pop ? store_q >> Pull*GroupBits : store_q;
  assign taken = last ? s_data_i & LastMask : s_data_i;
  assign arriving = StoreBits'(taken);

  always_comb begin
    held_d = kept;
    store_d = rest;
    if (push) begin
      held_d = kept + (last ? HeldBits'(LastPush) : HeldBits'(Push));
      store_d = rest | arriving << kept*GroupBits;
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      beat_q <= '0;
      held_q <= '0;
    end else begin
      if (push) beat_q <= last ? '0 : beat_q + 1'b1;
      held_q <= held_d;
    end
  end

  always_ff @(posedge clk_i) store_q <= store_d;

endmodule

`default_nettype wire
