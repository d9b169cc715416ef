// SPDX-License-Identifier: Apache-2.0
//
// Matrix-vector-threshold unit whose weights come as a stream: a word of `Pe` x `Simd` in each slot.
//
// Slots, operands and all behind them are as in `hwgen_mvtu`, but that every slot also takes a word
// of weights, in the order of the slots: those of all groups, and then again from the first.
//
// Do not use it for weights that fit the chip: `hwgen_mvtu` reads them from a memory beside it.

`default_nettype none

module hwgen_mvtu_streamed #(
  parameter int unsigned Pe = 1,
  parameter int unsigned Simd = 1,
  parameter int unsigned Groups = 1,
  parameter int unsigned NeuronFolds = 1,
  parameter int unsigned SynapseFolds = 1,
  parameter int unsigned LastPe = Pe,
  parameter int unsigned LastSimd = Simd,
  parameter bit PaddedBipolar = 1'b0,
  parameter bit Pairs = 1'b0,
  parameter int unsigned Fields = 0,
  parameter int unsigned FieldBits = 1,
  parameter int unsigned Chained = 1,
  parameter int unsigned Planes = 0,
  parameter int unsigned BetaBits = 1,
  parameter Style = "distributed",
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
  localparam int unsigned AllBetaBits = Planes > 0 ? Planes * BetaBits : 1,
  parameter logic [AllBetaBits-1:0] Betas = '0,
  parameter int unsigned OperandStages = 0,
  parameter int unsigned SumStages = 0,
  parameter int unsigned SumSpan = 64,
  parameter int unsigned ThresholdStages = 0,
  localparam int unsigned Beats = Groups * NeuronFolds,
  localparam int unsigned BeatBits = hwgen_steps_pkg::bits_for(Beats),
  localparam int unsigned SlotBits = hwgen_steps_pkg::bits_for(Beats * SynapseFolds),
  localparam int unsigned SynapseBits = hwgen_steps_pkg::bits_for(SynapseFolds),
  localparam int unsigned LaneThresholdBits = Levels > 0 ? Levels * ThresholdBits : 1
) (
  input  wire logic                            clk_i,
  input  wire logic                            rst_ni,

  input  wire logic [Simd*InputBits-1:0]       s_data_i,
  input  wire logic                            s_valid_i,
  output logic                                 s_ready_o,

  input  wire logic [Pe*Simd*WeightBits-1:0]   w_data_i,
  input  wire logic                            w_valid_i,
  output logic                                 w_ready_o,

  output logic      [BeatBits-1:0]             threshold_addr_o,
  input  wire logic [Pe*LaneThresholdBits-1:0] thresholds_i,
  input  wire logic [Pe-1:0]                   descending_i,

  output logic      [Pe*CodeBits-1:0]          m_data_o,
  output logic                                 m_valid_o,
  input  wire logic                            m_ready_i
);

  if (Pe < 1 || Simd < 1 || Groups < 1 || NeuronFolds < 1 || SynapseFolds < 1) begin : gen_check
    $error("hwgen_mvtu_streamed: Pe, Simd, Groups, NeuronFolds and SynapseFolds must be at least 1");
  end
  if (Groups > 1 && LastPe != Pe) begin : gen_check_groups
    $error("hwgen_mvtu_streamed: the neurons of a group must fill their beats");
  end

  logic [SynapseBits-1:0] synapse;
  logic [SlotBits-1:0] unused_slot;
  logic [Simd*InputBits-1:0] operand;
  logic [Pe*Simd*WeightBits-1:0] weights_q;
  logic reading, last, may_fire, fire, credit;

  assign may_fire = credit || !last;
  assign fire = may_fire && w_valid_i && (s_valid_i || !reading);
  assign s_ready_o = may_fire && w_valid_i && reading;
  assign w_ready_o = may_fire && (s_valid_i || !reading);

  always_ff @(posedge clk_i) weights_q <= w_data_i;

  hwgen_mvtu_slots #(
    .Groups      (Groups),
    .NeuronFolds (NeuronFolds),
    .SynapseFolds(SynapseFolds)
  ) u_slots (
    .clk_i         (clk_i),
    .rst_ni        (rst_ni),
    .fire_i        (fire),
    .repeat_i      (1'b0),
    .drop_i        (1'b0),
    .slot_o        (unused_slot),
    .synapse_o     (synapse),
    .last_synapse_o(last),
    .reading_o     (reading)
  );

  hwgen_mvtu_vector #(
    .Simd        (Simd),
    .LastSimd    (LastSimd),
    .InputBits   (InputBits),
    .SynapseFolds(SynapseFolds),
    .Kept        (NeuronFolds > 1),
    .Style       (Style)
  ) u_vector (
    .clk_i         (clk_i),
    .reading_i     (reading),
    .last_synapse_i(last),
    .synapse_i     (synapse),
    .s_data_i      (s_data_i),
    .operand_o     (operand)
  );

  hwgen_mvtu_core #(
    .Pe             (Pe),
    .Simd           (Simd),
    .Slots          (SynapseFolds),
    .Beats          (Beats),
    .LastPe         (LastPe),
    .PaddedBipolar  (PaddedBipolar),
    .Pairs          (Pairs),
    .Fields         (Fields),
    .FieldBits      (FieldBits),
    .Chained        (Chained),
    .Planes         (Planes),
    .BetaBits       (BetaBits),
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
  ) u_core (
    .clk_i       (clk_i),
    .rst_ni      (rst_ni),
    .fire_i      (fire),
    .first_i     (synapse == '0),
    .ends_i      (fire && last),
    .credit_o    (credit),
    .inputs_i    (operand),
    .weights_i   (weights_q),
    .betas_i     (Betas),
    .beat_o      (threshold_addr_o),
    .thresholds_i(thresholds_i),
    .descending_i(descending_i),
    .m_data_o    (m_data_o),
    .m_valid_o   (m_valid_o),
    .m_ready_i   (m_ready_i)
  );

endmodule

`default_nettype wire
