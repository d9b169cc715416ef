// SPDX-License-Identifier: Apache-2.0
//
// Claim: every Taps beats that are taken leave as one beat of the codes that the exact sums of each
//   channel's own taps have, for any weights and any ascending thresholds or lines; each beat asks for
//   its weights and thresholds by its number, is taken in exactly the slots that the schedule gives it
//   and leaves exactly 5 + OperandStages + SumStages + ThresholdStages cycles after its last one.
// Cover: the last beat of a pixel leaves.
// Mistake: a sum that equals its first threshold counts as below it; without thresholds, or with a
//   line, the lowest bit of each code is inverted.
// Contract: hwgen_credit_queue hwgen_channel_sums
// Parts: formal_neurons formal_code formal_line formal_product formal_delay formal_ascending

`default_nettype none

module hwgen_depthwise_monitor #(
  parameter int unsigned Lanes = 1,
  parameter int unsigned LastLanes = Lanes,
  parameter int unsigned Blocks = 1,
  parameter int unsigned Taps = 1,
  parameter int unsigned Simd = 1,
  parameter int unsigned WeightBits = 1,
  parameter bit WeightSigned = 1'b1,
  parameter bit WeightBipolar = 1'b1,
  parameter int unsigned InputBits = 1,
  parameter bit InputSigned = 1'b1,
  parameter bit InputBipolar = 1'b1,
  parameter int unsigned SumBits = 8,
  parameter bit SumSigned = 1'b1,
  parameter int unsigned Levels = 0,
  parameter int unsigned ThresholdBits = 1,
  parameter bit ThresholdSigned = 1'b1,
  parameter int CodeBase = 0,
  parameter int CodeStep = 1,
  parameter int unsigned CodeBits = 8,
  parameter int unsigned Entries = 1,
  parameter logic [Entries*CodeBits-1:0] Codes = '0,
  parameter int unsigned FactorBits = 0,
  parameter int unsigned PlaceBits = 1,
  parameter int unsigned Shift = 0,
  parameter bit TiesToEven = 1'b0,
  parameter int CodeTop = 0,
  parameter int unsigned Credits = 6,
  parameter int unsigned OperandStages = 0,
  parameter int unsigned SumStages = 0,
  parameter int unsigned SumSpan = 64,
  parameter int unsigned ThresholdStages = 0,
  localparam int unsigned SlotBits = hwgen_steps_pkg::bits_for(Blocks * Taps),
  localparam int unsigned TapBits = hwgen_steps_pkg::bits_for(Taps),
  localparam int unsigned BlockBits = hwgen_steps_pkg::bits_for(Blocks),
  localparam int unsigned LaneThresholdBits = Levels > 0 ? Levels * ThresholdBits : 1
) (
  input  wire logic                               clk_i,
  input  wire logic                               rst_ni,
  input  wire logic                               mistake_i,

  input  wire logic [Lanes*Simd*InputBits-1:0]    s_data_i,
  input  wire logic                               s_valid_i,
  input  wire logic [Lanes*Simd*WeightBits-1:0]   weights_i,
  input  wire logic [Lanes*LaneThresholdBits-1:0] thresholds_i,
  input  wire logic [Lanes-1:0]                   descending_i,
  input  wire logic                               credit_i,

  output logic                                    ready_wrong_o,
  output logic                                    weight_address_wrong_o,
  output logic                                    threshold_address_wrong_o,
  output logic                                    operands_wrong_o,
  output logic                                    issue_wrong_o,
  output logic                                    push_wrong_o,
  output logic                                    data_wrong_o,
  output logic                                    reference_wrong_o,
  output logic                                    covered_o
);

  localparam int unsigned SumCycles = 2 + OperandStages + SumStages;

  typedef logic [SlotBits:0] wide_t;

  logic [SlotBits-1:0] weight_address;
  logic [BlockBits-1:0] threshold_address, block_q;
  logic [TapBits-1:0] tap_q;
  logic [Lanes*LaneThresholdBits-1:0] thresholds;
  logic [Lanes*CodeBits-1:0] m_data;
  logic [Lanes*Simd*InputBits-1:0] lane_inputs, operand_q;
  logic [Lanes*Simd*WeightBits-1:0] lane_weights;
  logic [Lanes*SumBits-1:0] lane_sums;
  logic [Lanes-1:0] lane_carries;
  logic s_ready, m_valid, queue_issue, last_tap, fire;

  hwgen_depthwise #(
    .Lanes          (Lanes),
    .LastLanes      (LastLanes),
    .Blocks         (Blocks),
    .Taps           (Taps),
    .Simd           (Simd),
    .WeightBits     (WeightBits),
    .WeightSigned   (WeightSigned),
    .WeightBipolar  (WeightBipolar),
    .InputBits      (InputBits),
    .InputSigned    (InputSigned),
    .InputBipolar   (InputBipolar),
    .SumBits        (SumBits),
    .SumSigned      (SumSigned),
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
    .Credits        (Credits),
    .OperandStages  (OperandStages),
    .SumStages      (SumStages),
    .SumSpan        (SumSpan),
    .ThresholdStages(ThresholdStages)
  ) u_unit (
    .clk_i           (clk_i),
    .rst_ni          (rst_ni),
    .s_data_i        (s_data_i),
    .s_valid_i       (s_valid_i),
    .s_ready_o       (s_ready),
    .weight_addr_o   (weight_address),
    .weights_i       (weights_i),
    .threshold_addr_o(threshold_address),
    .thresholds_i    (thresholds),
    .descending_i    (descending_i),
    .m_data_o        (m_data),
    .m_valid_o       (m_valid),
    .m_ready_i       (credit_i)
  );

  // ---- Slots: taps run fastest, then blocks --------------------------------------------------------

  assign last_tap = tap_q == TapBits'(Taps - 1);
  assign fire = s_valid_i && (credit_i || !last_tap);

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      tap_q <= '0;
      block_q <= '0;
    end else if (fire) begin
      tap_q <= last_tap ? '0 : tap_q + 1'b1;
      if (last_tap) block_q <= block_q == BlockBits'(Blocks - 1) ? '0 : block_q + 1'b1;
    end
  end

  // ---- Accumulators and codes --------------------------------------------------------------------

  logic [SumCycles:1] fired;
  logic [Lanes*CodeBits-1:0] codes;
  logic [BlockBits-1:0] beat;
  logic made, last_made;

  always_ff @(posedge clk_i) operand_q <= s_data_i;

  formal_neurons #(
    .Pe             (Lanes),
    .LastPe         (LastLanes),
    .Beats          (Blocks),
    .Slots          (Taps),
    .SumCycles      (SumCycles),
    .ThresholdStages(ThresholdStages),
    .WeightBits     (WeightBits),
    .WeightSigned   (WeightSigned),
    .WeightBipolar  (WeightBipolar),
    .InputBits      (InputBits),
    .InputSigned    (InputSigned),
    .InputBipolar   (InputBipolar),
    .SumBits        (SumBits),
    .SumSigned      (SumSigned),
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
    .CodeTop        (CodeTop)
  ) u_neurons (
    .clk_i            (clk_i),
    .rst_ni           (rst_ni),
    .mistake_i        (mistake_i),
    .fire_i           (fire),
    .first_i          (tap_q == TapBits'(0)),
    .ends_i           (fire && last_tap),
    .fired_o          (fired),
    .sums_i           (lane_sums),
    .carries_i        (lane_carries),
    .free_thresholds_i(thresholds_i),
    .descending_i     (descending_i),
    .thresholds_o     (thresholds),
    .beat_o           (beat),
    .codes_o          (codes),
    .made_o           (made),
    .last_o           (last_made)
  );

  assign ready_wrong_o = s_ready != (credit_i || !last_tap);
  assign weight_address_wrong_o
      = wide_t'(weight_address) != wide_t'(block_q) * wide_t'(Taps) + wide_t'(tap_q);
  assign threshold_address_wrong_o = threshold_address != beat;
  assign operands_wrong_o
      = fired[1] && (lane_inputs != operand_q || lane_weights != weights_i);
  assign issue_wrong_o = queue_issue != (fire && last_tap);
  assign push_wrong_o = m_valid != made;
  assign data_wrong_o = m_valid && m_data != codes;
  assign reference_wrong_o = 32'(tap_q) >= Taps || 32'(block_q) >= Blocks
      || 32'(beat) >= Blocks;
  assign covered_o = m_valid && last_made;

endmodule

`default_nettype wire
