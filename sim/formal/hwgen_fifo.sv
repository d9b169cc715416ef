// SPDX-License-Identifier: Apache-2.0
//
// Claim: every beat that is taken leaves once, unchanged and in order; it can leave from the next
//   cycle on, and there is room in exactly the cycles in which fewer than Depth beats are held.
// Cover: a marked beat leaves.
// Mistake: the marked beat is expected with its lowest bit inverted.
// Parts: formal_queue

`default_nettype none

module hwgen_fifo_monitor #(
  parameter int unsigned Width = 8,
  parameter int unsigned Depth = 2,
  parameter Style = "distributed"
) (
  input  wire logic             clk_i,
  input  wire logic             rst_ni,
  input  wire logic             mistake_i,
  input  wire logic             mark_i,

  input  wire logic [Width-1:0] s_data_i,
  input  wire logic             s_valid_i,
  input  wire logic             m_ready_i,

  output logic                  ready_wrong_o,
  output logic                  valid_wrong_o,
  output logic                  order_wrong_o,
  output logic                  reference_wrong_o,
  output logic                  covered_o
);

  logic [Width-1:0] m_data;
  logic [$clog2(Depth+1)-1:0] held;
  logic s_ready, m_valid, room, any, unused_held;

  assign unused_held = ^held;

  hwgen_fifo #(
    .Width(Width),
    .Depth(Depth),
    .Style(Style)
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

  formal_queue #(
    .Width(Width),
    .Depth(Depth)
  ) u_queue (
    .clk_i            (clk_i),
    .rst_ni           (rst_ni),
    .mistake_i        (mistake_i),
    .mark_i           (mark_i),
    .push_i           (s_valid_i && s_ready),
    .data_i           (s_data_i),
    .pop_i            (m_valid && m_ready_i),
    .front_i          (m_data),
    .held_o           (held),
    .room_o           (room),
    .any_o            (any),
    .order_wrong_o    (order_wrong_o),
    .reference_wrong_o(reference_wrong_o),
    .covered_o        (covered_o)
  );

  assign ready_wrong_o = s_ready != room;
  assign valid_wrong_o = m_valid != any;

endmodule

`default_nettype wire
