// SPDX-License-Identifier: Apache-2.0
//
// Contract of the sums of channels, in the proofs of the units around them: as for `hwgen_lane_sums`
// the sums are free, and the monitor sees of which inputs and weights they should be.

`default_nettype none

module hwgen_channel_sums #(
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
  parameter int unsigned SumSpan = 64
) (
  input  wire logic                             clk_i,
  input  wire logic                             rst_ni,
  input  wire logic [Lanes*Simd*InputBits-1:0]  inputs_i,
  input  wire logic [Lanes*Simd*WeightBits-1:0] weights_i,
  output logic      [Lanes*SumBits-1:0]         sums_o,
  output logic      [Lanes-1:0]                 carries_o
);

  (* keep, shown = "lane_inputs" *) logic [Lanes*Simd*InputBits-1:0] inputs;
  (* keep, shown = "lane_weights" *) logic [Lanes*Simd*WeightBits-1:0] weights;
  (* keep, anyseq, shown = "lane_sums" *) logic [Lanes*SumBits-1:0] sums;
  (* keep, anyseq, shown = "lane_carries" *) logic [Lanes-1:0] carries;

  assign inputs = inputs_i;
  assign weights = weights_i;
  assign sums_o = sums;
  assign carries_o = carries;

endmodule

`default_nettype wire
