// SPDX-License-Identifier: Apache-2.0
//
// Claim: every beat that is taken leaves as the codes that its integers have by any ascending
//   thresholds or by any lines, those of the word at the beat's number, 3 + ThresholdStages cycles
//   after it is taken; it is taken in exactly the cycles in which there is a credit; lanes past the frame's end are zero.
// Cover: the last beat of a frame leaves.
// Mistake: an integer that equals its first threshold counts as below it; without thresholds, or with
//   a line, the lowest bit of each code is inverted.
// Contract: hwgen_credit_queue
// Parts: formal_code formal_line formal_product formal_delay formal_ascending

`default_nettype none

module hwgen_threshold_monitor #(
  parameter int unsigned Lanes = 1,
  parameter int unsigned Beats = 1,
  parameter int unsigned LastLanes = Lanes,
  parameter int unsigned InputBits = 8,
  parameter bit InputSigned = 1'b0,
  parameter bit InputBipolar = 1'b0,
  parameter int unsigned Levels = 1,
  parameter int unsigned ThresholdBits = 8,
  parameter bit ThresholdSigned = 1'b0,
  parameter int CodeBase = 0,
  parameter int CodeStep = 1,
  parameter int unsigned CodeBits = 1,
  parameter int unsigned Entries = 1,
  parameter logic [Entries*CodeBits-1:0] Codes = '0,
  parameter int unsigned FactorBits = 0,
  parameter int unsigned PlaceBits = 1,
  parameter int unsigned Shift = 0,
  parameter bit TiesToEven = 1'b0,
  parameter int CodeTop = 0,
  parameter int unsigned ThresholdStages = 0,
  parameter int unsigned Credits = 4,
  localparam int unsigned BeatBits = Beats > 1 ? $clog2(Beats) : 1,
  localparam int unsigned LaneThresholdBits = Levels > 0 ? Levels * ThresholdBits : 1
) (
  input  wire logic                               clk_i,
  input  wire logic                               rst_ni,
  input  wire logic                               mistake_i,

  input  wire logic [Lanes*InputBits-1:0]         s_data_i,
  input  wire logic                               s_valid_i,
  input  wire logic [Lanes*LaneThresholdBits-1:0] thresholds_i,
  input  wire logic [Lanes-1:0]                   descending_i,
  input  wire logic                               credit_i,

  output logic                                    ready_wrong_o,
  output logic                                    address_wrong_o,
  output logic                                    issue_wrong_o,
  output logic                                    push_wrong_o,
  output logic                                    data_wrong_o,
  output logic                                    covered_o
);

  localparam int unsigned SumBits = InputBipolar ? 2 : InputBits;

  logic [BeatBits-1:0] address, beat_q;
  logic [Lanes*LaneThresholdBits-1:0] thresholds;
  logic [Lanes*CodeBits-1:0] m_data, codes, codes_q;
  logic [ThresholdStages+1:0] made_q, last_q;
  logic [Lanes*InputBits-1:0] operand_q;
  logic s_ready, m_valid, fire, last;
  logic queue_issue;

  hwgen_threshold #(
    .Lanes          (Lanes),
    .Beats          (Beats),
    .LastLanes      (LastLanes),
    .InputBits      (InputBits),
    .InputSigned    (InputSigned),
    .InputBipolar   (InputBipolar),
    .Levels         (Levels),
    .ThresholdBits  (ThresholdBits),
    .ThresholdSigned(ThresholdSigned),
    .CodeBase       (CodeBase),
    .CodeStep       (CodeStep),
    .CodeBits       (CodeBits),
    .Entries        (Entries),
    .Codes          (Codes),
    .FactorBits     (FactorBits),
    .PlaceBits      (PlaceBits),
    .Shift          (Shift),
    .TiesToEven     (TiesToEven),
    .CodeTop        (CodeTop),
    .ThresholdStages(ThresholdStages),
    .Credits        (Credits)
  ) u_unit (
    .clk_i           (clk_i),
    .rst_ni          (rst_ni),
    .s_data_i        (s_data_i),
    .s_valid_i       (s_valid_i),
    .s_ready_o       (s_ready),
    .threshold_addr_o(address),
    .thresholds_i    (thresholds),
    .descending_i    (descending_i),
    .m_data_o        (m_data),
    .m_valid_o       (m_valid),
    .m_ready_i       (credit_i)
  );

  assign fire = credit_i && s_valid_i;
  assign last = beat_q == BeatBits'(Beats - 1);

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      beat_q <= '0;
      made_q <= '0;
    end else begin
      if (fire) beat_q <= last ? '0 : beat_q + 1'b1;
      made_q <= (ThresholdStages+2)'({made_q, fire});
    end
  end

  always_ff @(posedge clk_i) begin
    operand_q <= s_data_i;
    last_q <= (ThresholdStages+2)'({last_q, last});
    codes_q <= codes;
  end

  for (genvar lane = 0; lane < Lanes; lane++) begin : gen_lane
    logic [SumBits-1:0] value;
    logic [CodeBits-1:0] code;

    if (InputBipolar) begin : gen_bipolar
      assign value = {!operand_q[lane], 1'b1};
    end else begin : gen_integer
      assign value = operand_q[lane*InputBits +: InputBits];
    end

    formal_ascending #(
      .Levels         (Levels),
      .ThresholdBits  (ThresholdBits),
      .ThresholdSigned(ThresholdSigned),
      .FactorBits     (FactorBits)
    ) u_thresholds (
      .free_i      (thresholds_i[lane*LaneThresholdBits +: LaneThresholdBits]),
      .thresholds_o(thresholds[lane*LaneThresholdBits +: LaneThresholdBits])
    );

    formal_code #(
      .SumBits        (SumBits),
      .SumSigned      (InputSigned || InputBipolar),
      .Levels         (Levels),
      .ThresholdBits  (ThresholdBits),
      .ThresholdSigned(ThresholdSigned),
      .CodeBase       (CodeBase),
      .CodeStep       (CodeStep),
      .CodeBits       (CodeBits),
      .Entries        (Entries),
      .Codes          (Codes),
      .FactorBits     (FactorBits),
      .PlaceBits      (PlaceBits),
      .Shift          (Shift),
      .TiesToEven     (TiesToEven),
      .CodeTop        (CodeTop),
      .Stages         (ThresholdStages)
    ) u_code (
      .clk_i       (clk_i),
      .mistake_i   (mistake_i),
      .sum_i       (value),
      .thresholds_i(thresholds[lane*LaneThresholdBits +: LaneThresholdBits]),
      .descending_i(descending_i[lane]),
      .code_o      (code)
    );

    assign codes[lane*CodeBits +: CodeBits]
        = lane < LastLanes || !last_q[ThresholdStages] ? code : '0;
  end

  assign ready_wrong_o = s_ready != credit_i;
  assign address_wrong_o = address != beat_q || 32'(beat_q) >= Beats;
  assign issue_wrong_o = queue_issue != fire;
  assign push_wrong_o = m_valid != made_q[ThresholdStages+1];
  assign data_wrong_o = m_valid && m_data != codes_q;
  assign covered_o = m_valid && last_q[ThresholdStages+1];

endmodule

`default_nettype wire
