// SPDX-License-Identifier: Apache-2.0
//
// Matrix-vector-threshold unit: `Pe` neurons by `Simd` inputs in every cycle.
//
// Slot (nf, sf) meets inputs [sf*Simd, +Simd) with the weights of neurons [nf*Pe, +Pe), sf running
// fastest. The first `SynapseFolds` slots of a vector read it and keep it; the others read it back.
// The last slot of each nf gives one output beat. `Groups` vectors, one after the other, meet
// weights and thresholds of their own; then those of the first group come again. Slots follow each
// other without a bubble across neurons and vectors; the pipeline never stalls, only new slots
// wait: for an input beat, or for a credit of the output queue. A beat leaves five cycles after the
// slot that ends it:
//
//   operands | lane sums | accumulator | activation | output queue
//
// For a faster clock there may be registers, each a cycle more: `OperandStages` behind the operands
// and weights, `SumStages` in the lane sums, behind every `SumSpan` of their steps (`hwgen_dot`),
// and `ThresholdStages` behind the comparisons.
//
// Memories are outside and answer one cycle after the address. `Levels` = 0 lets the accumulators
// themselves leave, as CodeBase + CodeStep * sum. Input lanes past a vector's end are forced to
// zero bits, and so are output lanes past the last neuron. The vector is kept in memory of `Style`.
// For `Counted`, `BitPlanes` and `Planes` see `hwgen_dot`. With `PlaneFolds` = `Planes` the planes
// take turns: each nf meets its weights once for each plane, slot (nf, plane, sf), with the bits of
// that plane and times its factor of `Betas`.
//
// With `GateBits` each vector has a code, taken with its last beat; thresholds are those of {code,
// nf}. Where the code is zero the vector is dropped: the next one is read at once, and the beats
// that the dropped one still owes leave one a cycle beside its slots. A slot that ends a beat waits
// for them. Their sums mean nothing: the thresholds of code zero must be below or above all sums.
//
// Do not use it where each output sees one channel (`hwgen_depthwise`), or for weights that change.

`default_nettype none

module hwgen_mvtu #(
  parameter int unsigned Pe = 1,
  parameter int unsigned Simd = 1,
  parameter int unsigned Groups = 1,
  parameter int unsigned NeuronFolds = 1,
  parameter int unsigned SynapseFolds = 1,
  parameter int unsigned LastPe = Pe,
  parameter int unsigned LastSimd = Simd,
  parameter bit Counted = 1'b0,
  parameter bit BitPlanes = 1'b0,
  parameter int unsigned Planes = 0,
  parameter int unsigned BetaBits = 1,
  parameter int unsigned PlaneFolds = 1,
  parameter int unsigned GateBits = 0,
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
  parameter int unsigned Credits = 6,
  localparam int unsigned AllBetaBits = Planes > 0 ? Planes * BetaBits : 1,
  parameter logic [AllBetaBits-1:0] Betas = '0,
  parameter int unsigned OperandStages = 0,
  parameter int unsigned SumStages = 0,
  parameter int unsigned SumSpan = 64,
  parameter int unsigned ThresholdStages = 0,
  localparam int unsigned SumCycles = 2 + OperandStages + SumStages,
  localparam int unsigned OutputBeats = Groups * NeuronFolds,
  localparam int unsigned Slots = OutputBeats * SynapseFolds,
  localparam int unsigned SlotBits = Slots > 1 ? $clog2(Slots) : 1,
  localparam int unsigned SynapseBits = SynapseFolds > 1 ? $clog2(SynapseFolds) : 1,
  localparam int unsigned NeuronBits = NeuronFolds > 1 ? $clog2(NeuronFolds) : 1,
  localparam int unsigned PlaneBits = PlaneFolds > 1 ? $clog2(PlaneFolds) : 1,
  localparam int unsigned BeatBits = OutputBeats > 1 ? $clog2(OutputBeats) : 1,
  localparam int unsigned CodeWidth = GateBits > 0 ? GateBits : 1,
  localparam int unsigned AddrBits = GateBits > 0 ? GateBits + $clog2(NeuronFolds) : BeatBits,
  localparam int unsigned WordBits = Pe * Simd * WeightBits,
  localparam int unsigned LaneThresholdBits = Levels > 0 ? Levels * ThresholdBits : 1,
  localparam int unsigned InputBeatBits = Simd * InputBits,
  localparam int unsigned OutputBeatBits = Pe * CodeBits
) (
  input  wire logic                            clk_i,
  input  wire logic                            rst_ni,

  input  wire logic [InputBeatBits-1:0]        s_data_i,
  input  wire logic                            s_valid_i,
  output logic                                 s_ready_o,

  input  wire logic [CodeWidth-1:0]            gate_data_i,
  input  wire logic                            gate_valid_i,
  output logic                                 gate_ready_o,

  output logic      [SlotBits-1:0]             weight_addr_o,
  input  wire logic [WordBits-1:0]             weights_i,
  output logic      [AddrBits-1:0]             threshold_addr_o,
  input  wire logic [Pe*LaneThresholdBits-1:0] thresholds_i,
  input  wire logic [Pe-1:0]                   descending_i,

  output logic      [OutputBeatBits-1:0]       m_data_o,
  output logic                                 m_valid_o,
  input  wire logic                            m_ready_i
);

  if (Pe < 1 || Simd < 1 || Groups < 1 || NeuronFolds < 1 || SynapseFolds < 1) begin : gen_check
    $error("hwgen_mvtu: Pe, Simd, Groups, NeuronFolds and SynapseFolds must be at least 1");
  end
  if (LastPe < 1 || LastPe > Pe || LastSimd < 1 || LastSimd > Simd) begin : gen_check_last
    $error("hwgen_mvtu: LastPe must lie in 1..Pe and LastSimd in 1..Simd");
  end
  if (Groups > 1 && LastPe != Pe) begin : gen_check_groups
    $error("hwgen_mvtu: the neurons of a group must fill their beats");
  end
  if (PlaneFolds != 1 && PlaneFolds != Planes) begin : gen_check_planes
    $error("hwgen_mvtu: PlaneFolds must be 1 or Planes");
  end
  if (GateBits > 0 && (Groups > 1 || Levels < 1 || PlaneFolds > 1)) begin : gen_check_gate
    $error("hwgen_mvtu: a gate needs thresholds, a single group and planes side by side");
  end

  // ---- Slots: what happens next, and whether it may --------------------------------------------

  logic [SlotBits-1:0] slot_q;
  logic [SynapseBits-1:0] synapse_q;
  logic [PlaneBits-1:0] plane_q;
  logic [NeuronBits-1:0] neuron_q;
  logic reading_q;
  logic first, last_synapse, last_plane, last, last_neuron, last_slot, may_fire, fire, credit;
  logic decides, decided, drops, owes, pays, ends;

  assign first = synapse_q == '0 && plane_q == '0;
  assign last_synapse = synapse_q == SynapseBits'(SynapseFolds - 1);
  assign last_plane = plane_q == PlaneBits'(PlaneFolds - 1);
  assign last = last_synapse && last_plane;
  assign last_neuron = neuron_q == NeuronBits'(NeuronFolds - 1);
  assign last_slot = slot_q == SlotBits'(Slots - 1);
  assign decides = GateBits > 0 && reading_q && last;
  assign decided = gate_valid_i || !decides;
  assign drops = decides && gate_data_i == '0;
  assign may_fire = (credit && !owes) || !last;
  assign fire = may_fire && (s_valid_i || !reading_q) && decided;
  assign ends = (fire && last) || pays;
  assign s_ready_o = may_fire && reading_q && decided;
  assign gate_ready_o = may_fire && decides && s_valid_i;
  assign weight_addr_o = slot_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      slot_q <= '0;
      synapse_q <= '0;
      plane_q <= '0;
      neuron_q <= '0;
      reading_q <= 1'b1;
    end else if (fire) begin
      if (drops) begin
        slot_q <= '0;
      end else if (last_synapse && !last_plane) begin
        slot_q <= slot_q - SlotBits'(SynapseFolds - 1);
      end else begin
        slot_q <= last_slot ? '0 : slot_q + 1'b1;
      end
      synapse_q <= last_synapse ? '0 : synapse_q + 1'b1;
      if (last_synapse) begin
        plane_q <= last_plane ? '0 : plane_q + 1'b1;
        reading_q <= (last_plane && last_neuron) || drops;
      end
      if (last) neuron_q <= last_neuron || drops ? '0 : neuron_q + 1'b1;
    end
  end

  // ---- Gate: what a dropped vector owes, and the code that a beat is made by -------------------

  logic [BeatBits-1:0] beat_q;

  if (GateBits > 0) begin : gen_gate
    localparam int unsigned GatesBits = SumCycles * GateBits;

    logic [NeuronBits-1:0] owed_q;
    logic [GateBits-1:0] gate_q, gate;
    logic [GatesBits-1:0] gates_q;

    assign owes = owed_q != '0;
    assign pays = owes && credit;

    always_ff @(posedge clk_i) begin
      if (!rst_ni) begin
        owed_q <= '0;
      end else if (pays) begin
        owed_q <= owed_q - 1'b1;
      end else if (fire && drops) begin
        owed_q <= NeuronBits'(NeuronFolds - 1);
      end
    end

    always_ff @(posedge clk_i) begin
      if (fire && decides) gate_q <= gate_data_i;
      gates_q <= GatesBits'({gates_q, decides && !owes ? gate_data_i : gate_q});
    end

    assign gate = gates_q[GatesBits-1 -: GateBits];

    if (NeuronFolds > 1) begin : gen_beat
      assign threshold_addr_o = {gate, beat_q};
    end else begin : gen_code
      assign threshold_addr_o = gate;
    end
  end else begin : gen_no_gate
    logic unused_gate;
    assign unused_gate = ^gate_data_i;
    assign owes = 1'b0;
    assign pays = 1'b0;
    assign threshold_addr_o = beat_q;
  end

  // ---- Stage 1: operands -----------------------------------------------------------------------

  localparam int unsigned CutBits = (Simd - LastSimd) * InputBits;
  localparam logic [InputBeatBits-1:0] LastMask = {InputBeatBits{1'b1}} >> CutBits;

  logic [InputBeatBits-1:0] arriving, arriving_q, operand;

  assign arriving = last_synapse ? s_data_i & LastMask : s_data_i;

  always_ff @(posedge clk_i) arriving_q <= arriving;

  if (NeuronFolds > 1 || PlaneFolds > 1) begin : gen_vector
    logic [InputBeatBits-1:0] kept;
    logic reading1_q;

    always_ff @(posedge clk_i) reading1_q <= reading_q;

    // No word is read in the cycle that writes it: a slot reads either the stream or the memory.
    hwgen_ram #(
      .Width(InputBeatBits),
      .Depth(SynapseFolds),
      .Style(Style)
    ) u_vector (
      .clk_i       (clk_i),
      .write_i     (fire && reading_q),
      .write_addr_i(synapse_q),
      .write_data_i(arriving),
      .read_addr_i (synapse_q),
      .read_data_o (kept)
    );

    assign operand = reading1_q ? arriving_q : kept;
  end else begin : gen_no_vector
    assign operand = arriving_q;
  end

  // ---- Planes: all of a lane's, or the one whose turn it is ------------------------------------

  localparam int unsigned ArrayPlanes = PlaneFolds > 1 ? 1 : Planes;
  localparam int unsigned LaneBits = PlaneFolds > 1 ? (Counted ? 2 : 1) : InputBits;
  localparam int unsigned ArrayBetaBits = ArrayPlanes > 0 ? ArrayPlanes * BetaBits : 1;

  logic [Simd*LaneBits-1:0] lanes, inputs;
  logic [ArrayBetaBits-1:0] lane_betas, betas;
  logic [WordBits-1:0] weights;

  if (PlaneFolds > 1) begin : gen_turns
    logic [PlaneBits-1:0] plane1_q;
    logic [ArrayBetaBits-1:0] betas2_q;

    always_ff @(posedge clk_i) begin
      plane1_q <= plane_q;
      betas2_q <= Betas[plane1_q*BetaBits +: BetaBits];
    end

    for (genvar lane = 0; lane < Simd; lane++) begin : gen_lane
      logic [Planes-1:0] planes;

      assign planes = operand[lane*InputBits +: Planes];
      assign lanes[lane*LaneBits] = planes[PlaneBits'(Planes - 1) - plane1_q];
      if (Counted) begin : gen_missing
        assign lanes[lane*LaneBits+1] = operand[lane*InputBits+Planes];
      end
    end

    assign lane_betas = betas2_q;
  end else begin : gen_all
    assign lanes = operand;
    assign lane_betas = Betas;
  end

  hwgen_delay #(
    .Width (Simd * LaneBits + ArrayBetaBits + WordBits),
    .Cycles(OperandStages)
  ) u_operands (
    .clk_i (clk_i),
    .data_i({lanes, lane_betas, weights_i}),
    .data_o({inputs, betas, weights})
  );

  // ---- Stages 2 to 4: lane sums, accumulator, activation ---------------------------------------

  // From a slot to its lane sum, and from the accumulator to the code.
  logic [SumCycles:1] fired_q, first_q, ended_q;
  logic [1+ThresholdStages:0] made_q;
  logic last_beat, last_beat_q;
  logic [SumBits-1:0] shared;
  logic [OutputBeatBits-1:0] codes;

  assign last_beat = beat_q == BeatBits'(OutputBeats - 1);

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      fired_q <= '0;
      ended_q <= '0;
      made_q <= '0;
      beat_q <= '0;
    end else begin
      fired_q <= SumCycles'({fired_q, fire});
      ended_q <= SumCycles'({ended_q, ends});
      made_q <= (2+ThresholdStages)'({made_q, ended_q[SumCycles]});
      if (ended_q[SumCycles]) beat_q <= last_beat ? '0 : beat_q + 1'b1;
    end
  end

  always_ff @(posedge clk_i) begin
    first_q <= SumCycles'({first_q, first});
    last_beat_q <= last_beat;
  end

  hwgen_shared #(
    .Simd       (Simd),
    .Counted    (Counted),
    .BitPlanes  (BitPlanes),
    .Planes     (ArrayPlanes),
    .InputBits  (LaneBits),
    .InputSigned(InputSigned),
    .SumBits    (SumBits),
    .Span       (SumSpan)
  ) u_shared (
    .clk_i   (clk_i),
    .inputs_i(inputs),
    .shared_o(shared)
  );

  for (genvar pe = 0; pe < Pe; pe++) begin : gen_pe
    hwgen_neuron #(
      .Simd           (Simd),
      .Counted        (Counted),
      .BitPlanes      (BitPlanes),
      .Planes         (ArrayPlanes),
      .BetaBits       (BetaBits),
      .WeightBits     (WeightBits),
      .WeightSigned   (WeightSigned),
      .WeightBipolar  (WeightBipolar),
      .InputBits      (LaneBits),
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
      .Span           (SumSpan),
      .ThresholdStages(ThresholdStages)
    ) u_neuron (
      .clk_i       (clk_i),
      .weights_i   (weights[pe*Simd*WeightBits +: Simd*WeightBits]),
      .inputs_i    (inputs),
      .shared_i    (shared),
      .betas_i     (betas),
      .first_i     (first_q[SumCycles]),
      .fired_i     (fired_q[SumCycles]),
      .masked_i    (pe >= LastPe && last_beat_q),
      .thresholds_i(thresholds_i[pe*LaneThresholdBits +: LaneThresholdBits]),
      .descending_i(descending_i[pe]),
      .code_o      (codes[pe*CodeBits +: CodeBits])
    );
  end

  // ---- Stage 5: output queue -------------------------------------------------------------------

  hwgen_credit_queue #(
    .Width  (OutputBeatBits),
    .Credits(Credits)
  ) u_queue (
    .clk_i      (clk_i),
    .rst_ni     (rst_ni),
    .credit_o   (credit),
    .issue_i    (ends),
    .push_data_i(codes),
    .push_i     (made_q[1+ThresholdStages]),
    .m_data_o   (m_data_o),
    .m_valid_o  (m_valid_o),
    .m_ready_i  (m_ready_i)
  );

endmodule

`default_nettype wire
