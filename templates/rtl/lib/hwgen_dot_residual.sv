// SPDX-License-Identifier: Apache-2.0
//
// Dot product of bipolar weights and residual planes: the sum, over planes, of a factor times the
// number of lanes that agree in the plane.
//
// An input has a bit for each plane, the first plane in the highest, and with `PaddedBipolar` one
// more on top, set where it is none; then each number is doubled, and `shared_i`, the number of
// lanes without an input, is added. `hwgen_dot` says when what comes.
//
// Do not use it for the binary digits of a number: `hwgen_dot_pairs` needs no factors.

`default_nettype none

module hwgen_dot_residual #(
  parameter int unsigned Simd = 1,
  parameter bit PaddedBipolar = 1'b0,
  parameter int unsigned Planes = 1,
  parameter int unsigned BetaBits = 1,
  parameter int unsigned SumBits = 1,
  parameter int unsigned Span = 64,
  localparam int unsigned InputBits = PaddedBipolar ? Planes + 1 : Planes
) (
  input  wire logic                       clk_i,
  input  wire logic [Simd-1:0]            weights_i,
  input  wire logic [Simd*InputBits-1:0]  inputs_i,
  input  wire logic [SumBits-1:0]         shared_i,
  input  wire logic [Planes*BetaBits-1:0] betas_i,
  output logic      [SumBits-1:0]         sum_o
);

  // Steps in the tree of a popcount, and to what stands for a plane; cycles to the same.
  localparam int unsigned TreeSteps = hwgen_steps_pkg::tree_levels(Simd);
  localparam int unsigned PlaneSteps = TreeSteps + (PaddedBipolar ? 1 : 0);
  localparam int unsigned CountCycles = hwgen_steps_pkg::popcount_cycles(Simd, 0, Span);
  localparam int unsigned PlaneCycles
      = hwgen_steps_pkg::popcount_cycles(Simd, PaddedBipolar ? 1 : 0, Span);

  logic [Simd-1:0] missing;
  logic [Planes*BetaBits*SumBits-1:0] terms;
  logic [Planes*BetaBits-1:0] betas;

  hwgen_delay #(
    .Width (Planes * BetaBits),
    .Cycles(PlaneCycles)
  ) u_betas (
    .clk_i (clk_i),
    .data_i(betas_i),
    .data_o(betas)
  );

  for (genvar lane = 0; lane < Simd; lane++) begin : gen_missing
    assign missing[lane] = PaddedBipolar && inputs_i[lane*InputBits+InputBits-1];
  end

  if (!PaddedBipolar) begin : gen_no_shared
    logic unused_shared;
    assign unused_shared = ^shared_i;
  end

  for (genvar plane = 0; plane < Planes; plane++) begin : gen_plane
    logic [Simd-1:0] agreeing;
    logic [SumBits-1:0] count, voted, votes;

    for (genvar lane = 0; lane < Simd; lane++) begin : gen_lane
      assign agreeing[lane]
          = !missing[lane] && weights_i[lane] == inputs_i[lane*InputBits+Planes-1-plane];
    end

    hwgen_popcount #(
      .Width    (Simd),
      .CountBits(SumBits),
      .Span     (Span)
    ) u_popcount (
      .clk_i  (clk_i),
      .bits_i (agreeing),
      .count_o(count)
    );

    assign voted = PaddedBipolar ? (count << 1) + shared_i : count;

    hwgen_delay #(
      .Width (SumBits),
      .Cycles(PlaneCycles - CountCycles)
    ) u_votes (
      .clk_i (clk_i),
      .data_i(voted),
      .data_o(votes)
    );

    for (genvar digit = 0; digit < BetaBits; digit++) begin : gen_digit
      assign terms[(plane*BetaBits+digit)*SumBits +: SumBits]
          = betas[plane*BetaBits+digit] ? votes << digit : '0;
    end
  end

  hwgen_sum #(
    .Terms     (Planes * BetaBits),
    .TermBits  (SumBits),
    .TermSigned(1'b0),
    .SumBits   (SumBits),
    .Span      (Span > 0 ? Span : 1),
    .From      (PlaneSteps)
  ) u_sum (
    .clk_i  (clk_i),
    .terms_i(terms),
    .sum_o  (sum_o)
  );

endmodule

`default_nettype wire
