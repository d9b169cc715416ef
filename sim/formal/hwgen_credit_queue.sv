// SPDX-License-Identifier: Apache-2.0
//
// Claim: where an issue needs a credit and each push an issue, whenever it comes, no push meets a
//   full queue, every pushed beat leaves once, unchanged and in order, from the next cycle on, and
//   there is a credit in exactly the cycles in which fewer than Credits beats are issued and unread.
// Cover: a marked beat leaves.
// Mistake: the marked beat is expected with its lowest bit inverted.
// Parts: formal_queue

`default_nettype none

module hwgen_credit_queue_monitor #(
  parameter int unsigned Width = 8,
  parameter int unsigned Credits = 2,
  localparam int unsigned CountBits = $clog2(Credits + 1)
) (
  input  wire logic             clk_i,
  input  wire logic             rst_ni,
  input  wire logic             mistake_i,
  input  wire logic             mark_i,

  input  wire logic             wants_issue_i,
  input  wire logic             wants_push_i,
  input  wire logic [Width-1:0] push_data_i,
  input  wire logic             m_ready_i,

  output logic                  credit_wrong_o,
  output logic                  room_wrong_o,
  output logic                  valid_wrong_o,
  output logic                  order_wrong_o,
  output logic                  reference_wrong_o,
  output logic                  covered_o
);

  logic [Width-1:0] m_data;
  logic [CountBits-1:0] coming_q, unread_q, held;
  logic credit, issue, push, pop, m_valid, room, any, in_queue_wrong;

  // Beats that are issued and not pushed, and those that are issued and not read.
  assign issue = wants_issue_i && credit;
  assign push = wants_push_i && coming_q != '0;
  assign pop = m_valid && m_ready_i;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      coming_q <= '0;
      unread_q <= '0;
    end else begin
      coming_q <= coming_q + CountBits'(issue) - CountBits'(push);
      unread_q <= unread_q + CountBits'(issue) - CountBits'(pop);
    end
  end

  hwgen_credit_queue #(
    .Width  (Width),
    .Credits(Credits)
  ) u_unit (
    .clk_i      (clk_i),
    .rst_ni     (rst_ni),
    .credit_o   (credit),
    .issue_i    (issue),
    .push_data_i(push_data_i),
    .push_i     (push),
    .m_data_o   (m_data),
    .m_valid_o  (m_valid),
    .m_ready_i  (m_ready_i)
  );

  formal_queue #(
    .Width(Width),
    .Depth(Credits)
  ) u_queue (
    .clk_i            (clk_i),
    .rst_ni           (rst_ni),
    .mistake_i        (mistake_i),
    .mark_i           (mark_i),
    .push_i           (push),
    .data_i           (push_data_i),
    .pop_i            (pop),
    .front_i          (m_data),
    .held_o           (held),
    .room_o           (room),
    .any_o            (any),
    .order_wrong_o    (order_wrong_o),
    .reference_wrong_o(in_queue_wrong),
    .covered_o        (covered_o)
  );

  assign credit_wrong_o = credit != (unread_q < CountBits'(Credits));
  assign room_wrong_o = push && !room;
  assign valid_wrong_o = m_valid != any;
  assign reference_wrong_o = in_queue_wrong || unread_q > CountBits'(Credits)
      || {1'b0, unread_q} != {1'b0, coming_q} + {1'b0, held};

endmodule

`default_nettype wire
