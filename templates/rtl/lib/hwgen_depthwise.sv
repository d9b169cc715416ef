// SPDX-License-Identifier: Apache-2.0
//
// Depthwise vector-threshold unit: `Lanes` channels in every cycle, each with its own weights.
//
// A beat holds `Simd` taps of `Lanes` channels (`hwgen_channel_sums` has their order). `Taps`
// beats, slots, make one output beat; `Blocks` output beats make a pixel, and the weights of the
// first block come again. Slot (b, tap) meets weight word b * Taps + tap, lane by lane. Slots
// follow each other without a bubble; the pipeline never stalls, only new slots wait: for an input
// beat, or for a credit of the output queue. A beat leaves five cycles after the slot that ends it:
//
//   operands | products | accumulator | activation | output queue
//
// `OperandStages` registers behind the operands and weights, `SumStages` in a sum of taps and
// `ThresholdStages` behind the comparisons with thresholds make it later by a cycle each.
//
// Memories are outside and answer one cycle after the address. `Levels` = 0 lets the accumulators
// themselves leave, as CodeBase + CodeStep * sum. Lanes past the last channel are zero bits at the
// output.
//
// Do not use it where an output sees several channels: `hwgen_mvtu` does that.

`default_nettype none

module hwgen_depthwise #(
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
  localparam int unsigned SumCycles = 2 + OperandStages + SumStages,
  localparam int unsigned Slots = Blocks * Taps,
  localparam int unsigned SlotBits = hwgen_steps_pkg::bits_for(Slots),
  localparam int unsigned TapBits = hwgen_steps_pkg::bits_for(Taps),
  localparam int unsigned BlockBits = hwgen_steps_pkg::bits_for(Blocks),
  localparam int unsigned LaneThresholdBits = Levels > 0 ? Levels * ThresholdBits : 1
) (
  input  wire logic                               clk_i,
  input  wire logic                               rst_ni,

  input  wire logic [Lanes*Simd*InputBits-1:0]    s_data_i,
  input  wire logic                               s_valid_i,
  output logic                                    s_ready_o,

  output logic      [SlotBits-1:0]                weight_addr_o,
  input  wire logic [Lanes*Simd*WeightBits-1:0]   weights_i,
  output logic      [BlockBits-1:0]               threshold_addr_o,
  input  wire logic [Lanes*LaneThresholdBits-1:0] thresholds_i,
  input  wire logic [Lanes-1:0]                   descending_i,

  output logic      [Lanes*CodeBits-1:0]          m_data_o,
  output logic                                    m_valid_o,
  input  wire logic                               m_ready_i
);

  if (Lanes < 1 || Blocks < 1 || Taps < 1 || Simd < 1) begin : gen_check
    $error("hwgen_depthwise: Lanes, Blocks, Taps and Simd must be at least 1");
  end
  if (LastLanes < 1 || LastLanes > Lanes) begin : gen_check_last
    $error("hwgen_depthwise: LastLanes must lie in 1..Lanes");
  end

  // ---- Slots: what happens next, and whether it may --------------------------------------------

  logic [SlotBits-1:0] slot_q;
  logic [TapBits-1:0] tap_q;
  logic first, last, last_slot, fire, ends, credit;

  assign first = tap_q == '0;
  assign last = tap_q == TapBits'(Taps - 1);
  assign last_slot = slot_q == SlotBits'(Slots - 1);
  assign s_ready_o = credit || !last;
  assign fire = s_ready_o && s_valid_i;
  assign ends = fire && last;
  assign weight_addr_o = slot_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      slot_q <= '0;
      tap_q <= '0;
    end else if (fire) begin
      slot_q <= last_slot ? '0 : slot_q + 1'b1;
      tap_q <= last ? '0 : tap_q + 1'b1;
    end
  end

  // ---- Stages 1 to 4: operands, products, accumulator, activation ------------------------------

  logic [Lanes*Simd*InputBits-1:0] operand_q;
  logic [Lanes*SumBits-1:0] sums;
  logic [Lanes-1:0] carries;
  logic [BlockBits-1:0] block_q;
  logic last_block, last_block_q;

  // From a slot to its products, and from the accumulator to the code.
  logic [SumCycles:1] fired_q, first_q, ended_q;
  logic [1+ThresholdStages:0] made_q;
  logic [Lanes*CodeBits-1:0] codes;

  assign last_block = block_q == BlockBits'(Blocks - 1);
  assign threshold_addr_o = block_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      fired_q <= '0;
      ended_q <= '0;
      made_q <= '0;
      block_q <= '0;
    end else begin
      fired_q <= SumCycles'({fired_q, fire});
      ended_q <= SumCycles'({ended_q, ends});
      made_q <= (2+ThresholdStages)'({made_q, ended_q[SumCycles]});
      if (ended_q[SumCycles]) block_q <= last_block ? '0 : block_q + 1'b1;
    end
  end

  always_ff @(posedge clk_i) begin
    operand_q <= s_data_i;
    first_q <= SumCycles'({first_q, first});
    last_block_q <= last_block;
  end

  hwgen_channel_sums #(
    .Lanes        (Lanes),
    .Simd         (Simd),
    .WeightBits   (WeightBits),
    .WeightSigned (WeightSigned),
    .WeightBipolar(WeightBipolar),
    .InputBits    (InputBits),
    .InputSigned  (InputSigned),
    .InputBipolar (InputBipolar),
    .SumBits      (SumBits),
    .OperandStages(OperandStages),
    .SumStages    (SumStages),
    .SumSpan      (SumSpan)
  ) u_sums (
    .clk_i    (clk_i),
    .rst_ni   (rst_ni),
    .inputs_i (operand_q),
    .weights_i(weights_i),
    .sums_o   (sums),
    .carries_o(carries)
  );

  for (genvar lane = 0; lane < Lanes; lane++) begin : gen_lane
    hwgen_neuron #(
      .SumBits        (SumBits),
      .SumSigned      (SumSigned),
      .Carried        (WeightBipolar && InputBipolar),
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
      .ThresholdStages(ThresholdStages)
    ) u_neuron (
      .clk_i       (clk_i),
      .sum_i       (sums[lane*SumBits +: SumBits]),
      .carry_i     (carries[lane]),
      .first_i     (first_q[SumCycles]),
      .fired_i     (fired_q[SumCycles]),
      .masked_i    (lane >= LastLanes && last_block_q),
      .valid_i     (rst_ni && made_q[0]),
      .thresholds_i(thresholds_i[lane*LaneThresholdBits +: LaneThresholdBits]),
      .descending_i(descending_i[lane]),
      .code_o      (codes[lane*CodeBits +: CodeBits])
    );
  end

  // ---- Stage 5: output queue -------------------------------------------------------------------

  hwgen_credit_queue #(
    .Width  (Lanes * CodeBits),
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

`ifdef HWGEN_ASSERT
  logic [BlockBits-1:0] pushed_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      pushed_q <= '0;
    end else begin
      if (made_q[1+ThresholdStages]) begin
        pushed_q <= pushed_q == BlockBits'(Blocks - 1) ? '0 : pushed_q + 1'b1;
        spare_lanes_zero: assert (pushed_q != BlockBits'(Blocks - 1)
                                  || codes >> (LastLanes * CodeBits) == '0);
      end
      weights_follow: assert (32'(slot_q) % Taps == 32'(tap_q));
    end
  end
`endif

endmodule

`default_nettype wire
