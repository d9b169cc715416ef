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
  localparam int unsigned BeatBits = hwgen_steps_pkg::bits_for(InBeats)
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

  logic [BeatBits-1:0] beat_q;
  logic [HeldBits-1:0] kept, held_d, held_q;
  logic [MostPush*GroupBits-1:0] taken;
  logic [StoreBits-1:0] store_d, store_q;
  logic last, push, pop;

  assign last = beat_q == BeatBits'(InBeats - 1);
  assign s_ready_o = held_q <= HeldBits'(Limit);
  assign m_valid_o = held_q >= HeldBits'(Pull);
  assign m_data_o = store_q[Pull*GroupBits-1:0];
  assign push = s_valid_i && s_ready_o;
  assign pop = m_valid_o && m_ready_i;
  assign taken = (MostPush*GroupBits)'(s_data_i);

  assign kept = pop ? held_q - HeldBits'(Pull) : held_q;
  assign held_d = push ? kept + (last ? HeldBits'(LastPush) : HeldBits'(Push)) : kept;

  // A beat arrives behind the groups that are kept, at most `Limit`. What lies past all that are
  // held is never looked at, so that it may be anything. Where a group of the store can be one of
  // few of the beat, a choice takes fewer LUTs than a shift.
  localparam int unsigned FewPlaces = 3;
  localparam int unsigned Places = Limit < MostPush ? Limit + 1 : MostPush;
  localparam int unsigned ShiftBits = Limit > 0 ? $clog2(Limit + 1) : 1;

  logic [StoreBits-1:0] arrives;

  if (Places <= FewPlaces) begin : gen_choice
    for (genvar g = 0; g < MaxHeld; g++) begin : gen_group
      localparam int unsigned Least = g < MostPush ? 0 : g - MostPush + 1;
      localparam int unsigned Most = g < Limit ? g : Limit;

      logic [GroupBits-1:0] chosen;

      always_comb begin
        chosen = taken[(g-Most)*GroupBits +: GroupBits];
        for (int place = int'(Least); place < int'(Most); place++) begin
          if (kept == HeldBits'(place)) chosen = taken[(g-place)*GroupBits +: GroupBits];
        end
      end

      assign arrives[g*GroupBits +: GroupBits] = chosen;
    end
  end else begin : gen_shift
    always_comb begin
      arrives = StoreBits'(taken);
      for (int unsigned i = 0; i < ShiftBits; i++) begin
        if (kept[i]) arrives = arrives << (GroupBits << i);
      end
    end
  end

  // A group past `Limit` is never kept where a beat arrives.
  for (genvar g = 0; g < MaxHeld; g++) begin : gen_group
    localparam int unsigned Behind = g + Pull < MaxHeld ? g + Pull : g;

    logic [GroupBits-1:0] stays;
    logic covered;

    if (g < Limit) begin : gen_kept
      assign covered = kept > HeldBits'(g);
      assign stays = pop ? store_q[Behind*GroupBits +: GroupBits]
                         : store_q[g*GroupBits +: GroupBits];
    end else begin : gen_past_kept
      assign covered = !push;
      assign stays = store_q[Behind*GroupBits +: GroupBits];
    end

    assign store_d[g*GroupBits +: GroupBits] = covered ? stays : arrives[g*GroupBits +: GroupBits];
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

  always_ff @(posedge clk_i) begin
    if (push || pop) store_q <= store_d;
  end

`ifdef HWGEN_ASSERT
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      arriving_fits: assert (!push || 32'(kept) <= Limit);
      held_fits: assert (32'(held_q) <= MaxHeld);
    end
  end
`endif

endmodule

`default_nettype wire
