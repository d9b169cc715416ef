// SPDX-License-Identifier: Apache-2.0
//
// Matrix-vector-threshold unit of folded residual planes: one after another through one array.
//
// An input has `Planes` bits, the first plane in the highest, and with `PaddedBipolar` one more on
// top, set where it is none. Each nf meets its weights once for each plane: slot (nf, plane, sf)
// takes the bits of that plane, times its factor of `Betas`, that of the first plane lowest. All
// else is as `hwgen_mvtu` has it.
//
// Do not use it where there are LUTs for all planes side by side: `hwgen_mvtu` with `Planes` takes
// as many cycles fewer.

`default_nettype none

module hwgen_mvtu_planes #(
  parameter int unsigned Pe = 1,
  parameter int unsigned Simd = 1,
  parameter int unsigned Groups = 1,
  parameter int unsigned NeuronFolds = 1,
  parameter int unsigned SynapseFolds = 1,
  parameter int unsigned LastPe = Pe,
  parameter int unsigned LastSimd = Simd,
  parameter bit PaddedBipolar = 1'b0,
  parameter int unsigned Planes = 2,
  parameter int unsigned BetaBits = 1,
  parameter Style = "distributed",
  parameter int unsigned SumBits = 8,
  parameter bit SumSigned = 1'b0,
  parameter int unsigned Levels = 0,
  parameter int unsigned ThresholdBits = 1,
  parameter bit ThresholdSigned = 1'b1,
  parameter int CodeBase = 0,
  parameter int CodeStep = 1,
  parameter int unsigned CodeBits = 8,
  parameter int unsigned Entries = 1,
  parameter logic [Entries*CodeBits-1:0] Codes = '0,
  parameter int unsigned Credits = 6,
  parameter logic [Planes*BetaBits-1:0] Betas = '0,
  parameter int unsigned OperandStages = 0,
  parameter int unsigned SumStages = 0,
  parameter int unsigned SumSpan = 64,
  parameter int unsigned ThresholdStages = 0,
  localparam int unsigned InputBits = PaddedBipolar ? Planes + 1 : Planes,
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

  output logic      [SlotBits-1:0]             weight_addr_o,
  input  wire logic [Pe*Simd-1:0]              weights_i,
  output logic      [BeatBits-1:0]             threshold_addr_o,
  input  wire logic [Pe*LaneThresholdBits-1:0] thresholds_i,
  input  wire logic [Pe-1:0]                   descending_i,

  output logic      [Pe*CodeBits-1:0]          m_data_o,
  output logic                                 m_valid_o,
  input  wire logic                            m_ready_i
);

  if (Pe < 1 || Simd < 1 || Groups < 1 || NeuronFolds < 1 || SynapseFolds < 1) begin : gen_check
    $error("hwgen_mvtu_planes: Pe, Simd, Groups, NeuronFolds and SynapseFolds must be at least 1");
  end
  if (Planes < 2) begin : gen_check_planes
    $error("hwgen_mvtu_planes: Planes must be at least 2");
  end
  if (Groups > 1 && LastPe != Pe) begin : gen_check_groups
    $error("hwgen_mvtu_planes: the neurons of a group must fill their beats");
  end

  // ---- Slots: the planes of an nf, one after another -------------------------------------------

  localparam int unsigned PlaneBits = $clog2(Planes);

  logic [SynapseBits-1:0] synapse;
  logic [PlaneBits-1:0] plane_q;
  logic reading, last_synapse, last_plane, last, may_fire, fire, credit;

  assign last_plane = plane_q == PlaneBits'(Planes - 1);
  assign last = last_synapse && last_plane;
  assign may_fire = credit || !last;
  assign fire = may_fire && (s_valid_i || !reading);
  assign s_ready_o = may_fire && reading;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) plane_q <= '0;
    else if (fire && last_synapse) plane_q <= last_plane ? '0 : plane_q + 1'b1;
  end

  hwgen_mvtu_slots #(
    .Groups      (Groups),
    .NeuronFolds (NeuronFolds),
    .SynapseFolds(SynapseFolds)
  ) u_slots (
    .clk_i         (clk_i),
    .rst_ni        (rst_ni),
    .fire_i        (fire),
    .repeat_i      (!last_plane),
    .drop_i        (1'b0),
    .slot_o        (weight_addr_o),
    .synapse_o     (synapse),
    .last_synapse_o(last_synapse),
    .reading_o     (reading)
  );

  // ---- Operands: the bits of the plane, and one cycle later its factor -------------------------

  localparam int unsigned LaneBits = PaddedBipolar ? 2 : 1;

  logic [Simd*InputBits-1:0] operand;
  logic [Simd*LaneBits-1:0] inputs;
  logic [PlaneBits-1:0] plane1_q;
  logic [BetaBits-1:0] beta2_q;

  hwgen_mvtu_vector #(
    .Simd        (Simd),
    .LastSimd    (LastSimd),
    .InputBits   (InputBits),
    .SynapseFolds(SynapseFolds),
    .Kept        (1'b1),
    .Style       (Style)
  ) u_vector (
    .clk_i         (clk_i),
    .reading_i     (reading),
    .last_synapse_i(last_synapse),
    .synapse_i     (synapse),
    .s_data_i      (s_data_i),
    .operand_o     (operand)
  );

  always_ff @(posedge clk_i) begin
    plane1_q <= plane_q;
    beta2_q <= Betas[plane1_q*BetaBits +: BetaBits];
  end

  for (genvar lane = 0; lane < Simd; lane++) begin : gen_lane
    logic [Planes-1:0] planes;

    assign planes = operand[lane*InputBits +: Planes];
    assign inputs[lane*LaneBits] = planes[PlaneBits'(Planes - 1) - plane1_q];
    if (PaddedBipolar) begin : gen_missing
      assign inputs[lane*LaneBits+1] = operand[lane*InputBits+Planes];
    end
  end

  // ---- Sums ------------------------------------------------------------------------------------

  hwgen_mvtu_core #(
    .Pe             (Pe),
    .Simd           (Simd),
    .Beats          (Beats),
    .LastPe         (LastPe),
    .PaddedBipolar  (PaddedBipolar),
    .Planes         (1),
    .BetaBits       (BetaBits),
    .InputBits      (LaneBits),
    .InputSigned    (1'b0),
    .InputBipolar   (1'b0),
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
    .first_i     (synapse == '0 && plane_q == '0),
    .ends_i      (fire && last),
    .credit_o    (credit),
    .inputs_i    (inputs),
    .weights_i   (weights_i),
    .betas_i     (beta2_q),
    .beat_o      (threshold_addr_o),
    .thresholds_i(thresholds_i),
    .descending_i(descending_i),
    .m_data_o    (m_data_o),
    .m_valid_o   (m_valid_o),
    .m_ready_i   (m_ready_i)
  );

`ifdef HWGEN_ASSERT
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      first_plane_reads: assert (!reading || plane_q == '0);
    end
  end
`endif

endmodule

`default_nettype wire
