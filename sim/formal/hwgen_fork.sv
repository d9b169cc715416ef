// SPDX-License-Identifier: Apache-2.0
//
// Claim: every beat that is taken reaches every reader once, unchanged and in order, from the next
//   cycle on, and a beat is taken in exactly the cycles in which every reader's queue of two beats has
//   room.
// Cover: a marked beat leaves to every reader.
// Mistake: the marked beat is expected with its lowest bit inverted.
// Parts: formal_queue

`default_nettype none

module hwgen_fork_monitor #(
  parameter int unsigned Readers = 2,
  parameter int unsigned Width = 8
) (
  input  wire logic               clk_i,
  input  wire logic               rst_ni,
  input  wire logic               mistake_i,
  input  wire logic               mark_i,

  input  wire logic [Width-1:0]   s_data_i,
  input  wire logic               s_valid_i,
  input  wire logic [Readers-1:0] m_ready_i,

  output logic                    ready_wrong_o,
  output logic                    valid_wrong_o,
  output logic                    order_wrong_o,
  output logic                    reference_wrong_o,
  output logic                    covered_o
);

  logic [Readers*Width-1:0] m_data;
  logic [Readers*2-1:0] held;
  logic [Readers-1:0] m_valid, room, any, misplaced, broken, covered, covered_q;
  logic s_ready, unused_held;

  hwgen_fork #(
    .Readers(Readers),
    .Width  (Width)
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

  for (genvar reader = 0; reader < Readers; reader++) begin : gen_reader
    formal_queue #(
      .Width(Width),
      .Depth(2)
    ) u_queue (
      .clk_i            (clk_i),
      .rst_ni           (rst_ni),
      .mistake_i        (mistake_i),
      .mark_i           (mark_i),
      .push_i           (s_valid_i && s_ready),
      .data_i           (s_data_i),
      .pop_i            (m_valid[reader] && m_ready_i[reader]),
      .front_i          (m_data[reader*Width +: Width]),
      .held_o           (held[2*reader +: 2]),
      .room_o           (room[reader]),
      .any_o            (any[reader]),
      .order_wrong_o    (misplaced[reader]),
      .reference_wrong_o(broken[reader]),
      .covered_o        (covered[reader])
    );
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) covered_q <= '0;
    else covered_q <= covered_q | covered;
  end

  assign ready_wrong_o = s_ready != &room;
  assign valid_wrong_o = m_valid != any;
  assign order_wrong_o = |misplaced;
  assign reference_wrong_o = |broken;
  assign covered_o = &covered_q;
  assign unused_held = ^held;

endmodule

`default_nettype wire
