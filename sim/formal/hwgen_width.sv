// SPDX-License-Identifier: Apache-2.0
//
// Claim: every group of bits that is taken leaves once, unchanged and in order; the last beat of a
//   frame brings LastPush groups, those past a beat's end zero; a beat is taken in exactly the cycles
//   in which at most Limit groups are held, and one leaves whenever Pull of them are.
// Cover: a marked group leaves that came with a frame's last beat.
// Mistake: the marked group is expected with its lowest bit inverted.
// Sees: store_q

`default_nettype none

module hwgen_width_monitor #(
  parameter int unsigned GroupBits = 1,
  parameter int unsigned InBeats = 1,
  parameter int unsigned Push = 1,
  parameter int unsigned LastPush = Push,
  parameter int unsigned Pull = 2,
  localparam int unsigned MostPush = LastPush > Push ? LastPush : Push,
  localparam int unsigned Limit = 2 * Pull - 1 + MostPush - Push,
  localparam int unsigned MaxHeld = Limit + MostPush,
  localparam int unsigned CountBits = $clog2(MaxHeld + MostPush + 1),
  localparam int unsigned BeatBits = InBeats > 1 ? $clog2(InBeats) : 1
) (
  input  wire logic                      clk_i,
  input  wire logic                      rst_ni,
  input  wire logic                      mistake_i,
  input  wire logic                      mark_i,
  input  wire logic [CountBits-1:0]      mark_place_i,

  input  wire logic [Push*GroupBits-1:0] s_data_i,
  input  wire logic                      s_valid_i,
  input  wire logic                      m_ready_i,

  output logic                           ready_wrong_o,
  output logic                           valid_wrong_o,
  output logic                           order_wrong_o,
  output logic                           reference_wrong_o,
  output logic                           covered_o
);

  typedef logic [CountBits-1:0] count_t;

  logic [Pull*GroupBits-1:0] m_data;
  logic s_ready, m_valid;

  hwgen_width #(
    .GroupBits(GroupBits),
    .InBeats  (InBeats),
    .Push     (Push),
    .LastPush (LastPush),
    .Pull     (Pull)
  ) u_unit (
    .clk_i    (clk_i),
    .rst_ni   (rst_ni),
    .s_data_i (s_data_i),
    .s_valid_i(s_valid_i),
    .s_ready_o(s_ready),
    .m_data_o (m_data),
    .m_valid_o(m_valid),
    .m_ready_i(m_ready_i)
  );

  logic [MaxHeld*GroupBits-1:0] seen_store_q;
  logic [BeatBits-1:0] beat_q;
  count_t held_q, kept, brought, ahead_q;
  logic [MostPush*GroupBits-1:0] taken;
  logic [GroupBits-1:0] group_q, at_front, in_store;
  logic push, pop, last, marked_q, from_last_q;

  assign push = s_valid_i && s_ready;
  assign pop = m_valid && m_ready_i;
  assign last = beat_q == BeatBits'(InBeats - 1);
  assign brought = last ? count_t'(LastPush) : count_t'(Push);
  assign taken = (MostPush*GroupBits)'(s_data_i);
  assign kept = pop ? held_q - count_t'(Pull) : held_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      beat_q <= '0;
      held_q <= '0;
      marked_q <= 1'b0;
    end else begin
      if (push) beat_q <= last ? '0 : beat_q + 1'b1;
      held_q <= push ? kept + brought : kept;
      if (push && mark_i && !marked_q && mark_place_i < brought) begin
        marked_q <= 1'b1;
        ahead_q <= kept + mark_place_i;
        group_q <= taken[mark_place_i*GroupBits +: GroupBits];
        from_last_q <= last;
      end else if (pop && marked_q) begin
        ahead_q <= ahead_q - count_t'(Pull);
        if (ahead_q < count_t'(Pull)) marked_q <= 1'b0;
      end
    end
  end

  assign at_front = m_data[ahead_q*GroupBits +: GroupBits];
  assign in_store = seen_store_q[ahead_q*GroupBits +: GroupBits];

  assign ready_wrong_o = s_ready != (held_q <= count_t'(Limit));
  assign valid_wrong_o = m_valid != (held_q >= count_t'(Pull));
  assign order_wrong_o = marked_q && m_valid && ahead_q < count_t'(Pull)
      && at_front != (group_q ^ GroupBits'(mistake_i));
  assign reference_wrong_o = held_q > count_t'(MaxHeld) || 32'(beat_q) >= InBeats
      || (marked_q && (ahead_q >= held_q || in_store != group_q));
  assign covered_o = marked_q && pop && ahead_q < count_t'(Pull) && from_last_q;

endmodule

`default_nettype wire
