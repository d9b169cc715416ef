// SPDX-License-Identifier: Apache-2.0
//
// Claim: each vector whose gate is open leaves as NeuronFolds beats of the codes that its exact sums
//   have, by any weights and the thresholds of its gate's code; one whose gate is closed ends with its
//   first beat, and owes the others, which follow by credits alone; each beat is issued in the slot
//   that the schedule gives it and leaves exactly 5 + OperandStages + SumStages + ThresholdStages
//   cycles later; vector and gate are taken in exactly the slots that read them.
// Cover: the last beat of a vector leaves.
// Mistake: a sum that equals its first threshold counts as below it; without thresholds the lowest
//   bit of each code is inverted.
// Contract: hwgen_credit_queue hwgen_lane_sums
// Parts: formal_neurons formal_code formal_line formal_product formal_delay formal_ascending
// Sees: u_slots.reading_q u_slots.last_synapse_q

`default_nettype none

module hwgen_mvtu_gated_monitor #(
  parameter int unsigned GateBits = 1,
  parameter int unsigned Pe = 1,
  parameter int unsigned Simd = 1,
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
  parameter int unsigned Levels = 1,
  parameter int unsigned ThresholdBits = 1,
  parameter bit ThresholdSigned = 1'b1,
  parameter int CodeBase = 0,
  parameter int CodeStep = 1,
  parameter int unsigned CodeBits = 8,
  parameter int unsigned Entries = 1,
  parameter logic [Entries*CodeBits-1:0] Codes = '0,
  parameter int unsigned Credits = 6,
  localparam int unsigned AllBetaBits = Planes > 0 ? Planes * BetaBits : 1,
  parameter logic [AllBetaBits-1:0] Betas = '0,
  parameter int unsigned OperandStages = 0,
  parameter int unsigned SumStages = 0,
  parameter int unsigned SumSpan = 64,
  parameter int unsigned ThresholdStages = 0,
  localparam int unsigned Beats = NeuronFolds,
  localparam int unsigned AddrBits = GateBits + $clog2(NeuronFolds),
  localparam int unsigned BeatBits = hwgen_steps_pkg::bits_for(Beats),
  localparam int unsigned SlotBits = hwgen_steps_pkg::bits_for(Beats * SynapseFolds),
  localparam int unsigned SynapseBits = hwgen_steps_pkg::bits_for(SynapseFolds),
  localparam int unsigned LaneThresholdBits = Levels > 0 ? Levels * ThresholdBits : 1
) (
  input  wire logic                            clk_i,
  input  wire logic                            rst_ni,
  input  wire logic                            mistake_i,

  input  wire logic [Simd*InputBits-1:0]       s_data_i,
  input  wire logic                            s_valid_i,
  input  wire logic [GateBits-1:0]             gate_data_i,
  input  wire logic                            gate_valid_i,
  input  wire logic [Pe*Simd*WeightBits-1:0]   weights_i,
  input  wire logic [Pe*LaneThresholdBits-1:0] thresholds_i,
  input  wire logic [Pe-1:0]                   descending_i,
  input  wire logic                            credit_i,

  output logic                                 ready_wrong_o,
  output logic                                 gate_ready_wrong_o,
  output logic                                 weight_address_wrong_o,
  output logic                                 threshold_address_wrong_o,
  output logic                                 operands_wrong_o,
  output logic                                 issue_wrong_o,
  output logic                                 push_wrong_o,
  output logic                                 data_wrong_o,
  output logic                                 reference_wrong_o,
  output logic                                 covered_o
);

  localparam int unsigned SumCycles = 2 + OperandStages + SumStages;

  logic [SlotBits-1:0] weight_address;
  logic [AddrBits-1:0] threshold_address;
  logic [Pe*LaneThresholdBits-1:0] thresholds;
  logic [Pe*CodeBits-1:0] m_data;
  logic s_ready, gate_ready, m_valid;
  logic [Simd*InputBits-1:0] lane_inputs;
  logic [Pe*Simd*WeightBits-1:0] lane_weights;
  logic [Pe*SumBits-1:0] lane_sums;
  logic [Pe-1:0] lane_carries;
  logic queue_issue, seen_reading_q, seen_last_synapse_q;

  hwgen_mvtu_gated #(
    .GateBits       (GateBits),
    .Pe             (Pe),
    .Simd           (Simd),
    .NeuronFolds    (NeuronFolds),
    .SynapseFolds   (SynapseFolds),
    .LastPe         (LastPe),
    .LastSimd       (LastSimd),
    .PaddedBipolar  (PaddedBipolar),
    .Pairs          (Pairs),
    .Fields         (Fields),
    .FieldBits      (FieldBits),
    .Chained        (Chained),
    .Planes         (Planes),
    .BetaBits       (BetaBits),
    .Style          (Style),
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
    .Credits        (Credits),
    .Betas          (Betas),
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
    .gate_data_i     (gate_data_i),
    .gate_valid_i    (gate_valid_i),
    .gate_ready_o    (gate_ready),
    .weight_addr_o   (weight_address),
    .weights_i       (weights_i),
    .threshold_addr_o(threshold_address),
    .thresholds_i    (thresholds),
    .descending_i    (descending_i),
    .m_data_o        (m_data),
    .m_valid_o       (m_valid),
    .m_ready_i       (credit_i)
  );

  // ---- Slots: synapse folds run fastest; a vector whose gate is closed ends with its first neurons --

  localparam int unsigned NeuronBits = hwgen_steps_pkg::bits_for(NeuronFolds);

  typedef logic [SlotBits:0] wide_t;

  logic [SynapseBits-1:0] synapse_q;
  logic [NeuronBits-1:0] neuron_q, owed_q;
  logic [SlotBits-1:0] slot_q;
  logic last_synapse, last_neuron, last_slot, reads, decides, decided, drops, owes, pays;
  logic may_fire, fire, issue;

  assign last_synapse = synapse_q == SynapseBits'(SynapseFolds - 1);
  assign last_neuron = neuron_q == NeuronBits'(NeuronFolds - 1);
  assign last_slot = slot_q == SlotBits'(Beats * SynapseFolds - 1);
  assign reads = neuron_q == '0;
  assign decides = reads && last_synapse;
  assign decided = gate_valid_i || !decides;
  assign drops = decides && gate_data_i == '0;
  assign owes = owed_q != '0;
  assign pays = owes && credit_i;
  assign may_fire = (credit_i && !owes) || !last_synapse;
  assign fire = may_fire && (s_valid_i || !reads) && decided;
  assign issue = (fire && last_synapse) || pays;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      synapse_q <= '0;
      neuron_q <= '0;
      slot_q <= '0;
      owed_q <= '0;
    end else begin
      if (fire) begin
        slot_q <= last_slot || drops ? '0 : slot_q + 1'b1;
        synapse_q <= last_synapse ? '0 : synapse_q + 1'b1;
        if (last_synapse) neuron_q <= last_neuron || drops ? '0 : neuron_q + 1'b1;
      end
      if (pays) owed_q <= owed_q - 1'b1;
      else if (fire && drops) owed_q <= NeuronBits'(NeuronFolds - 1);
    end
  end

  // The code that each beat is made by, when its thresholds are read.
  localparam int unsigned GatesBits = (2 + OperandStages + SumStages) * GateBits;

  logic [GateBits-1:0] gate_q, gate;
  logic [GatesBits-1:0] gates_q;

  always_ff @(posedge clk_i) begin
    if (fire && decides) gate_q <= gate_data_i;
    gates_q <= GatesBits'({gates_q, decides && !owes ? gate_data_i : gate_q});
  end

  assign gate = gates_q[GatesBits-1 -: GateBits];

  // ---- Operands: a word is kept in every cycle in which a slot waits for it or takes it ----------

  localparam int unsigned WordBits = Simd * InputBits;
  localparam logic [WordBits-1:0] LastMask
      = {WordBits{1'b1}} >> ((Simd - LastSimd) * InputBits);

  logic [WordBits-1:0] kept [SynapseFolds];
  logic [WordBits-1:0] arriving, operand, operand_q, kept_q;
  logic reads_q;

  assign arriving = last_synapse ? s_data_i & LastMask : s_data_i;

  always_ff @(posedge clk_i) begin
    if (reads) kept[synapse_q] <= arriving;
    operand_q <= arriving;
    kept_q <= kept[synapse_q];
    reads_q <= reads;
  end

  assign operand = NeuronFolds == 1 || reads_q ? operand_q : kept_q;

  logic [WordBits-1:0] inputs_at_sums;
  logic [Pe*Simd*WeightBits-1:0] weights_at_sums;

  formal_delay #(
    .Width (WordBits + Pe * Simd * WeightBits),
    .Cycles(OperandStages)
  ) u_operands (
    .clk_i (clk_i),
    .data_i({operand, weights_i}),
    .data_o({inputs_at_sums, weights_at_sums})
  );

  // ---- Accumulators and codes --------------------------------------------------------------------

  logic [SumCycles:1] fired;
  logic [Pe*CodeBits-1:0] codes;
  logic [BeatBits-1:0] beat;
  logic made, last_made;

  formal_neurons #(
    .Pe             (Pe),
    .LastPe         (LastPe),
    .Beats          (Beats),
    .Slots          (SynapseFolds),
    .SumCycles      (SumCycles),
    .ThresholdStages(ThresholdStages),
    .Simd           (Simd),
    .Pairs          (Pairs),
    .Fields         (Fields),
    .Chained        (Chained),
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
    .Codes          (Codes)
  ) u_neurons (
    .clk_i            (clk_i),
    .rst_ni           (rst_ni),
    .mistake_i        (mistake_i),
    .fire_i           (fire),
    .first_i          (synapse_q == SynapseBits'(0)),
    .ends_i           (issue),
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

  assign ready_wrong_o = s_ready != (may_fire && reads && decided);
  assign gate_ready_wrong_o = gate_ready != (may_fire && decides && s_valid_i);
  assign weight_address_wrong_o = weight_address != slot_q;
  assign threshold_address_wrong_o = threshold_address
      != (NeuronFolds > 1 ? AddrBits'({gate, beat}) : AddrBits'(gate));
  assign operands_wrong_o = fired[1+OperandStages]
      && (lane_inputs != inputs_at_sums || lane_weights != weights_at_sums);
  assign issue_wrong_o = queue_issue != issue;
  assign push_wrong_o = m_valid != made;
  assign data_wrong_o = m_valid && m_data != codes;
  assign reference_wrong_o = 32'(synapse_q) >= SynapseFolds || 32'(neuron_q) >= NeuronFolds
      || 32'(beat) >= Beats || seen_reading_q != reads
      || (SynapseFolds > 1 && seen_last_synapse_q != last_synapse)
      || 32'(owed_q) >= NeuronFolds
      || wide_t'(slot_q) != wide_t'(neuron_q) * wide_t'(SynapseFolds) + wide_t'(synapse_q);
  assign covered_o = m_valid && last_made;

endmodule

`default_nettype wire
