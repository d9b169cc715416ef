// SPDX-License-Identifier: Apache-2.0
//
// Claim: the sum of each channel is the exact sum of products of its own taps and weights (of two
//   bipolar ones the number of equal taps), modulo 2**SumBits, exactly 1 + OperandStages + SumStages
//   cycles later, where no reset comes between.
// Cover: a sum leaves.
// Mistake: the sums are expected with their lowest bits inverted.
// Contract: hwgen_popcount
// Parts: formal_ones formal_dot formal_lane_sums formal_delay

`default_nettype none

module hwgen_channel_sums_monitor #(
  parameter int unsigned Lanes = 1,
  parameter int unsigned Simd = 1,
  parameter int unsigned WeightBits = 1,
  parameter bit WeightSigned = 1'b1,
  parameter bit WeightBipolar = 1'b1,
  parameter int unsigned InputBits = 1,
  parameter bit InputSigned = 1'b1,
  parameter bit InputBipolar = 1'b1,
  parameter int unsigned SumBits = 8,
  parameter int unsigned OperandStages = 0,
  parameter int unsigned SumStages = 0,
  parameter int unsigned SumSpan = 64,
  localparam int unsigned Registers = OperandStages + SumStages
) (
  input  wire logic                             clk_i,
  input  wire logic                             rst_ni,
  input  wire logic                             mistake_i,

  input  wire logic [Lanes*Simd*InputBits-1:0]  inputs_i,
  input  wire logic [Lanes*Simd*WeightBits-1:0] weights_i,

  output logic                                  sum_wrong_o,
  output logic                                  covered_o
);

  logic [Lanes*SumBits-1:0] sums;
  logic [Lanes-1:0] carries, wrong;
  logic [Registers:0] undisturbed_q;

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
  ) u_unit (
    .clk_i    (clk_i),
    .rst_ni   (rst_ni),
    .inputs_i (inputs_i),
    .weights_i(weights_i),
    .sums_o   (sums),
    .carries_o(carries)
  );

  // Cycles on end without a reset.
  always_ff @(posedge clk_i) begin
    undisturbed_q <= rst_ni ? (Registers+1)'({undisturbed_q, 1'b1}) : '0;
  end

  for (genvar lane = 0; lane < Lanes; lane++) begin : gen_lane
    logic [Simd*InputBits-1:0] taps;
    logic [Simd*WeightBits-1:0] weights;
    logic [Simd*(InputBits+WeightBits)-1:0] operands;
    logic [SumBits-1:0] expected;

    for (genvar tap = 0; tap < Simd; tap++) begin : gen_tap
      assign taps[tap*InputBits +: InputBits] = inputs_i[(tap*Lanes+lane)*InputBits +: InputBits];
    end

    assign weights = weights_i[lane*Simd*WeightBits +: Simd*WeightBits];

    formal_delay #(
      .Width (Simd * (InputBits + WeightBits)),
      .Cycles(OperandStages)
    ) u_operands (
      .clk_i (clk_i),
      .data_i({taps, weights}),
      .data_o(operands)
    );

    formal_lane_sums #(
      .Simd         (Simd),
      .WeightBits   (WeightBits),
      .WeightSigned (WeightSigned),
      .WeightBipolar(WeightBipolar),
      .InputBits    (InputBits),
      .InputSigned  (InputSigned),
      .InputBipolar (InputBipolar),
      .SumBits      (SumBits),
      .Span         (SumSpan)
    ) u_reference (
      .clk_i    (clk_i),
      .weights_i(operands[0 +: Simd*WeightBits]),
      .inputs_i (operands[Simd*WeightBits +: Simd*InputBits]),
      .betas_i  (1'b0),
      .sums_o   (expected)
    );

    assign wrong[lane] = sums[lane*SumBits +: SumBits] + SumBits'(carries[lane])
        != (expected ^ SumBits'(mistake_i));
  end

  assign sum_wrong_o = undisturbed_q[Registers] && |wrong;
  assign covered_o = undisturbed_q[Registers];

endmodule

`default_nettype wire
