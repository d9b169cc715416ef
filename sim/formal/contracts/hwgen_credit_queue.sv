// SPDX-License-Identifier: Apache-2.0
//
// Contract of the output queue, in the proofs of the units that end in one.
//
// What `hwgen_credit_queue` promises is all that those proofs use of it: credits come whenever they
// like, and a beat that is pushed leaves unchanged. So `m_ready_i` is the credit, and a push shows
// at the output in its own cycle. What the queue asks for is compared in each cycle: the monitor
// sees an issue as `queue_issue`, which must be the reference's, and every push must be the
// reference's, a fixed number of cycles behind the issue. The queue itself is a unit of its own.

`default_nettype none

module hwgen_credit_queue #(
  parameter int unsigned Width = 8,
  parameter int unsigned Credits = 2
) (
  input  wire logic             clk_i,
  input  wire logic             rst_ni,

  output logic                  credit_o,
  input  wire logic             issue_i,
  input  wire logic [Width-1:0] push_data_i,
  input  wire logic             push_i,

  output logic      [Width-1:0] m_data_o,
  output logic                  m_valid_o,
  input  wire logic             m_ready_i
);

  (* keep, shown = "queue_issue" *) logic issue;

  assign issue = issue_i;
  assign credit_o = m_ready_i;
  assign m_data_o = push_data_i;
  assign m_valid_o = push_i;

endmodule

`default_nettype wire
