// SPDX-License-Identifier: Apache-2.0
//
// Claim: beats leave once, unchanged, in the order of the inputs' turns, each as many beats as it has
//   in a turn; a beat can leave from the next cycle on; an input is ready in exactly the cycles in
//   which it is its turn and fewer than two beats are held.
// Cover: a marked beat leaves.
// Mistake: the marked beat is expected with its lowest bit inverted.
// Parts: formal_queue
// Sees: turn_q beat_q

`default_nettype none

module hwgen_concat_monitor #(
  parameter int unsigned Inputs = 2,
  parameter int unsigned Width = 8,
  parameter logic [32*Inputs-1:0] Beats = {Inputs{32'd1}},
  localparam int unsigned InputIndexBits = hwgen_steps_pkg::bits_for(Inputs)
) (
  input  wire logic                    clk_i,
  input  wire logic                    rst_ni,
  input  wire logic                    mistake_i,
  input  wire logic                    mark_i,

  input  wire logic [Inputs*Width-1:0] s_data_i,
  input  wire logic [Inputs-1:0]       s_valid_i,
  input  wire logic                    m_ready_i,

  output logic                         ready_wrong_o,
  output logic                         valid_wrong_o,
  output logic                         order_wrong_o,
  output logic                         reference_wrong_o,
  output logic                         covered_o
);

  function automatic int unsigned beats_before(input int unsigned turn);
    beats_before = 0;
    for (int unsigned i = 0; i < Inputs; i++) begin
      if (i < turn) beats_before = beats_before + 32'(Beats[32*i +: 32]);
    end
  endfunction

  localparam int unsigned AllBeats = beats_before(Inputs);
  localparam int unsigned PlaceBits = hwgen_steps_pkg::bits_for(AllBeats);

  function automatic int unsigned most_beats();
    most_beats = 1;
    for (int unsigned i = 0; i < Inputs; i++) begin
      if (Beats[32*i +: 32] > most_beats) most_beats = Beats[32*i +: 32];
    end
  endfunction

  localparam int unsigned BeatBits = hwgen_steps_pkg::bits_for(most_beats());

  logic [Width-1:0] m_data, data;
  logic [1:0] held;
  logic [Inputs-1:0] s_ready, ready;
  logic [InputIndexBits-1:0] seen_turn_q, turn;
  logic [BeatBits-1:0] seen_beat_q;
  logic [PlaceBits-1:0] place_q;
  logic m_valid, room, any, offered, queue_wrong, unused_held;

  assign unused_held = ^held;

  hwgen_concat #(
    .Inputs(Inputs),
    .Width (Width),
    .Beats (Beats)
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

  // The place in the round of all turns says whose turn it is.
  always_comb begin
    turn = '0;
    data = '0;
    offered = 1'b0;
    ready = '0;
    for (int unsigned i = 0; i < Inputs; i++) begin
      if (32'(place_q) >= beats_before(i) && 32'(place_q) < beats_before(i + 1)) begin
        turn = InputIndexBits'(i);
        data = s_data_i[i*Width +: Width];
        offered = s_valid_i[i];
        ready[i] = room;
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) place_q <= '0;
    else if (offered && room) begin
      place_q <= place_q == PlaceBits'(AllBeats - 1) ? '0 : place_q + 1'b1;
    end
  end

  formal_queue #(
    .Width(Width),
    .Depth(2)
  ) u_queue (
    .clk_i            (clk_i),
    .rst_ni           (rst_ni),
    .mistake_i        (mistake_i),
    .mark_i           (mark_i),
    .push_i           (offered),
    .data_i           (data),
    .pop_i            (m_valid && m_ready_i),
    .front_i          (m_data),
    .held_o           (held),
    .room_o           (room),
    .any_o            (any),
    .order_wrong_o    (order_wrong_o),
    .reference_wrong_o(queue_wrong),
    .covered_o        (covered_o)
  );

  logic [PlaceBits:0] seen_place;

  always_comb begin
    seen_place = '0;
    for (int unsigned i = 0; i < Inputs; i++) begin
      if (seen_turn_q == InputIndexBits'(i)) seen_place = (PlaceBits+1)'(beats_before(i));
    end
    seen_place = seen_place + (PlaceBits+1)'(seen_beat_q);
  end

  assign ready_wrong_o = s_ready != ready;
  assign valid_wrong_o = m_valid != any;
  assign reference_wrong_o = queue_wrong || 32'(place_q) >= AllBeats || seen_turn_q != turn
      || seen_place != (PlaceBits+1)'(place_q);

endmodule

`default_nettype wire
