// SPDX-License-Identifier: Apache-2.0
//
// Claim: each frame leaves as the index of its largest score, the lowest of several that are equal,
//   exactly 2 cycles and one for each row of registers behind its last beat; beats are taken in
//   exactly the cycles in which they are there and, for the last, there is a credit.
// Cover: the index of a frame leaves.
// Mistake: of equal scores the highest index is expected; with a single score, another one.
// Contract: hwgen_credit_queue
// Sees: base_q top_key_q top_index_q key1_q lane1_q first1

`default_nettype none

module hwgen_argmax_monitor #(
  parameter int unsigned Lanes = 1,
  parameter int unsigned Beats = 1,
  parameter int unsigned LastLanes = Lanes,
  parameter int unsigned ScoreBits = 8,
  parameter bit ScoreSigned = 1'b1,
  parameter int unsigned IndexBits = 4,
  parameter int unsigned Span = 64,
  parameter int unsigned Credits = 4,
  localparam int unsigned BeatBits = hwgen_steps_pkg::bits_for(Beats),
  localparam int unsigned Levels = $clog2(Lanes),
  localparam int unsigned LaneBits = Levels > 0 ? Levels : 1,
  localparam int unsigned KeyBits = ScoreBits + 1,
  localparam int unsigned Cut = Levels > 0 ? (Levels - 1) / Span : 0
) (
  input  wire logic                       clk_i,
  input  wire logic                       rst_ni,
  input  wire logic                       mistake_i,

  input  wire logic [Lanes*ScoreBits-1:0] s_data_i,
  input  wire logic                       s_valid_i,
  input  wire logic                       credit_i,

  output logic                            ready_wrong_o,
  output logic                            issue_wrong_o,
  output logic                            push_wrong_o,
  output logic                            best_wrong_o,
  output logic                            data_wrong_o,
  output logic                            reference_wrong_o,
  output logic                            covered_o
);

  typedef logic [KeyBits-1:0] key_t;

  logic [IndexBits-1:0] m_data, seen_base_q, seen_top_index_q, index_q;
  logic [LaneBits-1:0] seen_lane1_q, lane;
  logic [(Cut+1)*LaneBits-1:0] lane_q;
  key_t seen_key1_q, seen_top_key_q, key, key_now, top_q;
  logic [(Cut+1)*KeyBits-1:0] key_q;
  logic [BeatBits-1:0] beat_q, later_q;
  logic [Cut:0] fired_q, last_q;
  logic s_ready, m_valid, queue_issue, last, fire, ended_q, begun, seen_first1;

  hwgen_argmax #(
    .Lanes      (Lanes),
    .Beats      (Beats),
    .LastLanes  (LastLanes),
    .ScoreBits  (ScoreBits),
    .ScoreSigned(ScoreSigned),
    .IndexBits  (IndexBits),
    .Span       (Span),
    .Credits    (Credits)
  ) u_unit (
    .clk_i    (clk_i),
    .rst_ni   (rst_ni),
    .s_data_i (s_data_i),
    .s_valid_i(s_valid_i),
    .s_ready_o(s_ready),
    .m_data_o (m_data),
    .m_valid_o(m_valid),
    .m_ready_i(credit_i)
  );

  assign last = beat_q == BeatBits'(Beats - 1);
  assign fire = s_valid_i && (credit_i || !last);

  // The best of a beat, lane by lane; as an unsigned number with a bit on top.
  always_comb begin
    key = '0;
    lane = '0;
    for (int unsigned i = 0; i < Lanes; i++) begin
      key_now = {1'b1, s_data_i[i*ScoreBits +: ScoreBits]}
          ^ (key_t'(ScoreSigned) << (ScoreBits - 1));
      if ((i < LastLanes || !last) && (i == 0 || key_now > key || (mistake_i && key_now == key))) begin
        key = key_now;
        lane = LaneBits'(i);
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      beat_q <= '0;
      later_q <= '0;
      fired_q <= '0;
      ended_q <= 1'b0;
    end else begin
      if (fire) beat_q <= last ? '0 : beat_q + 1'b1;
      if (fired_q[Cut]) later_q <= later_q == BeatBits'(Beats - 1) ? '0 : later_q + 1'b1;
      fired_q <= (Cut+1)'({fired_q, fire});
      ended_q <= fired_q[Cut] && last_q[Cut];
    end
  end

  assign begun = later_q != '0;

  always_ff @(posedge clk_i) begin
    last_q <= (Cut+1)'({last_q, last});
    key_q <= ((Cut+1)*KeyBits)'({key_q, key});
    lane_q <= ((Cut+1)*LaneBits)'({lane_q, lane});
    if (fired_q[Cut] && (!begun || key_q[Cut*KeyBits +: KeyBits] > top_q
                                || (mistake_i && key_q[Cut*KeyBits +: KeyBits] == top_q))) begin
      top_q <= key_q[Cut*KeyBits +: KeyBits];
      index_q <= IndexBits'(32'(later_q) * Lanes) + IndexBits'(lane_q[Cut*LaneBits +: LaneBits]);
    end
  end

  // Beats that are behind the best of theirs, and those on the way there, are all that were taken.
  logic [BeatBits+Cut+1:0] taken;

  always_comb begin
    taken = (BeatBits+Cut+2)'(later_q);
    for (int unsigned i = 0; i <= Cut; i++) begin
      taken = taken + (BeatBits+Cut+2)'(fired_q[i]);
      if (taken >= (BeatBits+Cut+2)'(Beats)) taken = taken - (BeatBits+Cut+2)'(Beats);
    end
  end

  assign ready_wrong_o = s_ready != (credit_i || !last);
  assign issue_wrong_o = queue_issue != (fire && last);
  assign push_wrong_o = m_valid != ended_q;
  assign best_wrong_o = fired_q[Cut] && (seen_key1_q != key_q[Cut*KeyBits +: KeyBits]
      || seen_lane1_q != lane_q[Cut*LaneBits +: LaneBits]);
  assign data_wrong_o = m_valid && m_data != (index_q ^ IndexBits'(mistake_i && Lanes * Beats == 1));
  assign reference_wrong_o = 32'(beat_q) >= Beats || 32'(later_q) >= Beats
      || taken != (BeatBits+Cut+2)'(beat_q) || seen_base_q != IndexBits'(32'(later_q) * Lanes)
      || (fired_q[Cut] && (last_q[Cut] != (later_q == BeatBits'(Beats - 1)) || seen_first1 == begun))
      || (begun && (seen_top_key_q != top_q || seen_top_index_q != index_q));
  assign covered_o = m_valid;

endmodule

`default_nettype wire
