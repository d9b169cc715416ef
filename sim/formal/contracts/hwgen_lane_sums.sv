// SPDX-License-Identifier: Apache-2.0
//
// Contract of the lane sums, in the proofs of the units around them.
//
// Which sums come is all the same to a unit that adds them up: here they are free in every cycle.
// The monitor sees as `lane_inputs` and `lane_weights` of what they should be the sums, which must be
// the reference's, and takes `lane_sums` and `lane_carries` as what comes of it. That the module gives
// the sums of its inputs and weights, so many cycles later, is proved for itself.

`default_nettype none

module hwgen_lane_sums #(
  parameter int unsigned Pe = 1,
  parameter int unsigned Simd = 1,
  parameter bit PaddedBipolar = 1'b0,
  parameter bit Pairs = 1'b0,
  parameter int unsigned Fields = 0,
  parameter int unsigned FieldBits = 1,
  parameter int unsigned Chained = 1,
  parameter int unsigned Planes = 0,
  parameter int unsigned BetaBits = 1,
  parameter int unsigned WeightBits = 1,
  parameter bit WeightSigned = 1'b1,
  parameter bit WeightBipolar = 1'b1,
  parameter int unsigned InputBits = 1,
  parameter bit InputSigned = 1'b1,
  parameter bit InputBipolar = 1'b1,
  parameter int unsigned SumBits = 8,
  parameter int unsigned Span = 64,
  localparam int unsigned AllBetaBits = Planes > 0 ? Planes * BetaBits : 1
) (
  input  wire logic                          clk_i,
  input  wire logic                          rst_ni,
  input  wire logic [Pe*Simd*WeightBits-1:0] weights_i,
  input  wire logic [Simd*InputBits-1:0]     inputs_i,
  input  wire logic [AllBetaBits-1:0]        betas_i,
  output logic      [Pe*SumBits-1:0]         sums_o,
  output logic      [Pe-1:0]                 carries_o
);

  (* keep, shown = "lane_inputs" *) logic [Simd*InputBits-1:0] inputs;
  (* keep, shown = "lane_weights" *) logic [Pe*Simd*WeightBits-1:0] weights;
  (* keep, shown = "lane_betas" *) logic [AllBetaBits-1:0] betas;
  (* keep, anyseq, shown = "lane_sums" *) logic [Pe*SumBits-1:0] sums;
  (* keep, anyseq, shown = "lane_carries" *) logic [Pe-1:0] carries;

  assign inputs = inputs_i;
  assign weights = weights_i;
  assign betas = betas_i;
  assign sums_o = sums;
  assign carries_o = carries;

endmodule

`default_nettype wire
