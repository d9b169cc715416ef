// SPDX-License-Identifier: Apache-2.0
//
// Claim: every beat that is taken reaches the codes outside in its cycle, and what they are Stages
//   cycles later leaves in its place, Stages + 1 cycles after the beat; it is taken in exactly the
//   cycles in which there is a credit.
// Cover: a beat leaves.
// Mistake: the codes are expected with their lowest bit inverted.
// Contract: hwgen_credit_queue

`default_nettype none

module hwgen_wired_monitor #(
  parameter int unsigned InWidth = 8,
  parameter int unsigned OutWidth = 8,
  parameter int unsigned Stages = 1,
  parameter int unsigned Credits = 3
) (
  input  wire logic                clk_i,
  input  wire logic                rst_ni,
  input  wire logic                mistake_i,

  input  wire logic [InWidth-1:0]  s_data_i,
  input  wire logic                s_valid_i,
  input  wire logic [OutWidth-1:0] codes_i,
  input  wire logic                credit_i,

  output logic                     ready_wrong_o,
  output logic                     operand_wrong_o,
  output logic                     issue_wrong_o,
  output logic                     push_wrong_o,
  output logic                     data_wrong_o,
  output logic                     covered_o
);

  logic [InWidth-1:0] x;
  logic [OutWidth-1:0] m_data;
  logic [Stages-1:0] fired_q;
  logic s_ready, m_valid, fire;
  logic queue_issue;

  hwgen_wired #(
    .InWidth (InWidth),
    .OutWidth(OutWidth),
    .Stages  (Stages),
    .Credits (Credits)
  ) u_unit (
    .clk_i    (clk_i),
    .rst_ni   (rst_ni),
    .s_data_i (s_data_i),
    .s_valid_i(s_valid_i),
    .s_ready_o(s_ready),
    .x_o      (x),
    .codes_i  (codes_i),
    .m_data_o (m_data),
    .m_valid_o(m_valid),
    .m_ready_i(credit_i)
  );

  assign fire = credit_i && s_valid_i;

  always_ff @(posedge clk_i) fired_q <= rst_ni ? Stages'({fired_q, fire}) : '0;

  assign ready_wrong_o = s_ready != credit_i;
  assign operand_wrong_o = fire && x != s_data_i;
  assign issue_wrong_o = queue_issue != fire;
  assign push_wrong_o = m_valid != fired_q[Stages-1];
  assign data_wrong_o = m_valid && m_data != (codes_i ^ OutWidth'(mistake_i));
  assign covered_o = m_valid;

endmodule

`default_nettype wire
