// SPDX-License-Identifier: Apache-2.0
//
// One lane of a computing unit: the dot products of its slots summed up and turned into a code.
//
// The product of a slot's weights and inputs is in the lane sum one cycle after them, and in the
// accumulator one cycle later; the first slot of a sum loads the accumulator. The code of the
// accumulator stands at `code_o` one cycle after that, or zero where the lane is `masked_i`:
//
//   lane sum | accumulator | activation
//
// `shared_i`, `first_i` and `fired_i` belong to the lane sum's cycle, `masked_i`, `valid_i` (of
// `hwgen_activation`), the thresholds and the direction to the accumulator's. For `PaddedBipolar`,
// `Pairs`, `Planes`, `shared_i` and `betas_i`, which belongs to the lane sum's cycle too, see
// `hwgen_dot`.
//
// Registers of `Span` make the lane sum later (`hwgen_dot`), `ThresholdStages` the code
// (`hwgen_activation`).
//
// Do not use it to count or to wait: it has no control of its own.

`default_nettype none

module hwgen_neuron #(
  parameter int unsigned Simd = 1,
  parameter int unsigned Slots = 1,
  parameter bit PaddedBipolar = 1'b0,
  parameter bit Pairs = 1'b0,
  parameter int unsigned Planes = 0,
  parameter int unsigned BetaBits = 1,
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
  parameter int unsigned Span = 64,
  parameter int unsigned ThresholdStages = 0,
  localparam int unsigned OperandBits
      = hwgen_steps_pkg::operand_bits(Simd, InputBits, InputBipolar, Pairs),
  localparam int unsigned LaneThresholdBits = Levels > 0 ? Levels * ThresholdBits : 1,
  localparam int unsigned AllBetaBits = Planes > 0 ? Planes * BetaBits : 1
) (
  input  wire logic                         clk_i,

  input  wire logic [Simd*WeightBits-1:0]   weights_i,
  input  wire logic [OperandBits-1:0]       inputs_i,
  input  wire logic [SumBits-1:0]           shared_i,
  input  wire logic [AllBetaBits-1:0]       betas_i,
  input  wire logic                         first_i,
  input  wire logic                         fired_i,
  input  wire logic                         masked_i,
  input  wire logic                         valid_i,
  input  wire logic [LaneThresholdBits-1:0] thresholds_i,
  input  wire logic                         descending_i,

  output logic      [CodeBits-1:0]          code_o
);

  logic [SumBits-1:0] sum, accumulator_q;
  logic [CodeBits-1:0] code;
  logic masked;

  hwgen_dot #(
    .Simd         (Simd),
    .PaddedBipolar(PaddedBipolar),
    .Pairs        (Pairs),
    .Planes       (Planes),
    .BetaBits     (BetaBits),
    .WeightBits   (WeightBits),
    .WeightSigned (WeightSigned),
    .WeightBipolar(WeightBipolar),
    .InputBits    (InputBits),
    .InputSigned  (InputSigned),
    .InputBipolar (InputBipolar),
    .SumBits      (SumBits),
    .Span         (Span)
  ) u_dot (
    .clk_i    (clk_i),
    .weights_i(weights_i),
    .inputs_i (inputs_i),
    .shared_i (shared_i),
    .betas_i  (betas_i),
    .sum_o    (sum)
  );

  if (Pairs) begin : gen_pairs
    localparam logic [63:0] Excess = InputSigned || InputBipolar ? hwgen_steps_pkg::pair_excess(
        Simd, InputBipolar ? 2 : InputBits, WeightBits, WeightSigned, WeightBipolar) : 64'd0;
    localparam logic [SumBits-1:0] Start = SumBits'(-64'(Slots) * Excess);

    logic [SumBits-1:0] so_far, next;
    logic unused_one;

    // As in `hwgen_pair_chain`: the choice is in the LUTs of the adder.
    assign so_far = first_i ? Start : accumulator_q;
    assign {next, unused_one} = {sum, 1'b0} - ~{so_far, 1'b0};

    always_ff @(posedge clk_i) begin
      if (fired_i) accumulator_q <= next;
    end
  end else begin : gen_plain
    always_ff @(posedge clk_i) begin
      if (fired_i) accumulator_q <= (first_i ? '0 : accumulator_q) + sum;
    end
  end

  hwgen_activation #(
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
    .Stages         (ThresholdStages)
  ) u_activation (
    .clk_i       (clk_i),
    .sum_i       (accumulator_q),
    .thresholds_i(thresholds_i),
    .descending_i(descending_i),
    .valid_i     (valid_i),
    .code_o      (code)
  );

  hwgen_delay #(
    .Width (1),
    .Cycles(ThresholdStages)
  ) u_masked (
    .clk_i (clk_i),
    .data_i(masked_i),
    .data_o(masked)
  );

  always_ff @(posedge clk_i) code_o <= masked ? '0 : code;

endmodule

`default_nettype wire
