// SPDX-License-Identifier: Apache-2.0
//
// Gated matrix-vector-threshold unit: `hwgen_mvtu` for vectors that have a code each, their gate.
//
// The code is taken with the vector's last beat, and the thresholds of its sums are those of
// {code, nf}. Where it is zero the vector is dropped: the next one is read at once, and the beats
// that the dropped one still owes leave one a cycle beside its slots. A slot that ends a beat waits
// for them. Their sums mean nothing: the thresholds of code zero must be below or above all sums.
// All else is as `hwgen_mvtu` has it for a single group.
//
// Do not use it where gates are hardly ever closed: each code costs a set of thresholds.

`default_nettype none

module hwgen_mvtu_gated #(
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
  localparam int unsigned NeuronBits = hwgen_steps_pkg::bits_for(NeuronFolds),
  localparam int unsigned SlotBits = hwgen_steps_pkg::bits_for(NeuronFolds * SynapseFolds),
  localparam int unsigned SynapseBits = hwgen_steps_pkg::bits_for(SynapseFolds),
  localparam int unsigned AddrBits = GateBits + $clog2(NeuronFolds),
  localparam int unsigned LaneThresholdBits = Levels * ThresholdBits
) (
  input  wire logic                            clk_i,
  input  wire logic                            rst_ni,

  input  wire logic [Simd*InputBits-1:0]       s_data_i,
  input  wire logic                            s_valid_i,
  output logic                                 s_ready_o,

  input  wire logic [GateBits-1:0]             gate_data_i,
  input  wire logic                            gate_valid_i,
  output logic                                 gate_ready_o,

  output logic      [SlotBits-1:0]             weight_addr_o,
  input  wire logic [Pe*Simd*WeightBits-1:0]   weights_i,
  output logic      [AddrBits-1:0]             threshold_addr_o,
  input  wire logic [Pe*LaneThresholdBits-1:0] thresholds_i,
  input  wire logic [Pe-1:0]                   descending_i,

  output logic      [Pe*CodeBits-1:0]          m_data_o,
  output logic                                 m_valid_o,
  input  wire logic                            m_ready_i
);

  if (GateBits < 1 || Levels < 1) begin : gen_check
    $error("hwgen_mvtu_gated: GateBits and Levels must be at least 1");
  end
  if (Pe < 1 || Simd < 1 || NeuronFolds < 1 || SynapseFolds < 1) begin : gen_check_sizes
    $error("hwgen_mvtu_gated: Pe, Simd, NeuronFolds and SynapseFolds must be at least 1");
  end

  // ---- Slots, and the beats that a dropped vector owes -----------------------------------------

  logic [SynapseBits-1:0] synapse;
  logic [NeuronBits-1:0] owed_q;
  logic reading, last, decides, decided, drops, owes, pays, may_fire, fire, credit;

  assign decides = reading && last;
  assign decided = gate_valid_i || !decides;
  assign drops = decides && gate_data_i == '0;
  assign owes = owed_q != '0;
  assign pays = owes && credit;
  assign may_fire = (credit && !owes) || !last;
  assign fire = may_fire && (s_valid_i || !reading) && decided;
  assign s_ready_o = may_fire && reading && decided;
  assign gate_ready_o = may_fire && decides && s_valid_i;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      owed_q <= '0;
    end else if (pays) begin
      owed_q <= owed_q - 1'b1;
    end else if (fire && drops) begin
      owed_q <= NeuronBits'(NeuronFolds - 1);
    end
  end

  hwgen_mvtu_slots #(
    .NeuronFolds (NeuronFolds),
    .SynapseFolds(SynapseFolds)
  ) u_slots (
    .clk_i         (clk_i),
    .rst_ni        (rst_ni),
    .fire_i        (fire),
    .repeat_i      (1'b0),
    .drop_i        (drops),
    .slot_o        (weight_addr_o),
    .synapse_o     (synapse),
    .last_synapse_o(last),
    .reading_o     (reading)
  );

  // ---- The code that a beat is made by, until its thresholds are read --------------------------

  localparam int unsigned GatesBits = (2 + OperandStages + SumStages) * GateBits;

  logic [GateBits-1:0] gate_q, gate;
  logic [GatesBits-1:0] gates_q;
  logic [NeuronBits-1:0] beat;

  always_ff @(posedge clk_i) begin
    if (fire && decides) gate_q <= gate_data_i;
    gates_q <= GatesBits'({gates_q, decides && !owes ? gate_data_i : gate_q});
  end

  assign gate = gates_q[GatesBits-1 -: GateBits];
  assign threshold_addr_o = NeuronFolds > 1 ? AddrBits'({gate, beat}) : AddrBits'(gate);

  // ---- Operands and sums -----------------------------------------------------------------------

  logic [Simd*InputBits-1:0] operand;

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
    .Beats          (NeuronFolds),
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
    .ends_i      ((fire && last) || pays),
    .credit_o    (credit),
    .inputs_i    (operand),
    .weights_i   (weights_i),
    .betas_i     (Betas),
    .beat_o      (beat),
    .thresholds_i(thresholds_i),
    .descending_i(descending_i),
    .m_data_o    (m_data_o),
    .m_valid_o   (m_valid_o),
    .m_ready_i   (m_ready_i)
  );

`ifdef HWGEN_ASSERT
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      one_beat_a_cycle: assert (!pays || !fire || !last);
      owed_fits: assert (32'(owed_q) < NeuronFolds);
      gate_with_last_beat: assert ((gate_ready_o && gate_valid_i) == (fire && decides));
    end
  end
`endif

endmodule

`default_nettype wire
