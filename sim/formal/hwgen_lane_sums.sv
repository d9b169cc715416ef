// SPDX-License-Identifier: Apache-2.0
//
// Claim: each lane sum is the exact sum of products of its weights and inputs (of two bipolar ones the
//   number of equal lanes, of planes the sum of any factors times these), modulo 2**SumBits, as many
//   cycles later as there are registers in a row, where no reset comes between; an input of two bits
//   whose lower one is 0 is 0.
// Cover: a sum leaves.
// Mistake: the sums are expected with their lowest bits inverted.
// Contract: hwgen_popcount
// Parts: formal_ones formal_dot formal_lane_sums formal_planes formal_sum formal_delay

`default_nettype none

module hwgen_lane_sums_monitor #(
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
  localparam int unsigned AllBetaBits = Planes > 0 ? Planes * BetaBits : 1,
  localparam bit Popcounts = PaddedBipolar || (WeightBipolar && InputBipolar),
  localparam int unsigned Counted
      = WeightBipolar && InputBipolar ? hwgen_steps_pkg::counted_lanes(Simd) : Simd,
  localparam int unsigned Registers = Fields > 0
      ? hwgen_steps_pkg::packed_cycles(Simd, Chained, Span) : Planes > 0
      ? hwgen_steps_pkg::popcount_cycles(
            Simd, $clog2(AllBetaBits) + (PaddedBipolar ? 1 : 0), Span) : Pairs
      ? hwgen_steps_pkg::pair_cycles(Simd, WeightBits, WeightBipolar ? 1 : 0, Span) : Popcounts
      ? hwgen_steps_pkg::popcount_cycles(Counted, PaddedBipolar ? 1 : 0, Span)
      : hwgen_steps_pkg::product_cycles(Simd, Span)
) (
  input  wire logic                          clk_i,
  input  wire logic                          rst_ni,
  input  wire logic                          mistake_i,

  input  wire logic [Pe*Simd*WeightBits-1:0] weights_i,
  input  wire logic [Simd*InputBits-1:0]     inputs_i,
  input  wire logic [AllBetaBits-1:0]        betas_i,

  output logic                               sum_wrong_o,
  output logic                               covered_o
);

  logic [Pe*SumBits-1:0] sums, expected;
  logic [Pe-1:0] carries, wrong;
  logic [Registers:0] undisturbed_q;

  hwgen_lane_sums #(
    .Pe           (Pe),
    .Simd         (Simd),
    .PaddedBipolar(PaddedBipolar),
    .Pairs        (Pairs),
    .Fields       (Fields),
    .FieldBits    (FieldBits),
    .Chained      (Chained),
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
  ) u_unit (
    .clk_i    (clk_i),
    .rst_ni   (rst_ni),
    .weights_i(weights_i),
    .inputs_i (inputs_i),
    .betas_i  (betas_i),
    .sums_o   (sums),
    .carries_o(carries)
  );

  formal_lane_sums #(
    .Pe           (Pe),
    .Simd         (Simd),
    .PaddedBipolar(PaddedBipolar),
    .Pairs        (Pairs),
    .Fields       (Fields),
    .Chained      (Chained),
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
  ) u_reference (
    .clk_i    (clk_i),
    .weights_i(weights_i),
    .inputs_i (inputs_i),
    .betas_i  (betas_i),
    .sums_o   (expected)
  );

  // Cycles on end without a reset.
  always_ff @(posedge clk_i) begin
    undisturbed_q <= rst_ni ? (Registers+1)'({undisturbed_q, 1'b1}) : '0;
  end

  for (genvar pe = 0; pe < Pe; pe++) begin : gen_pe
    assign wrong[pe] = sums[pe*SumBits +: SumBits] + SumBits'(carries[pe])
        != (expected[pe*SumBits +: SumBits] ^ SumBits'(mistake_i));
  end

  assign sum_wrong_o = undisturbed_q[Registers] && |wrong;
  assign covered_o = undisturbed_q[Registers];

endmodule

`default_nettype wire
