// SPDX-License-Identifier: Apache-2.0
//
// Reference of the lane sums of residual planes: the sum, over planes, of a factor times the number
// of lanes whose weight is the plane's bit; with `PaddedBipolar` lanes whose top bit is set are none,
// and each number is twice that of those that agree, plus the number of those that are none.
//
// Factors come one cycle after the inputs, that of the first plane, which is an input's highest bit,
// lowest.

`default_nettype none

module formal_planes #(
  parameter int unsigned Pe = 1,
  parameter int unsigned Simd = 1,
  parameter bit PaddedBipolar = 1'b0,
  parameter int unsigned Planes = 1,
  parameter int unsigned BetaBits = 1,
  parameter int unsigned SumBits = 8,
  parameter int unsigned Span = 64,
  localparam int unsigned InputBits = PaddedBipolar ? Planes + 1 : Planes
) (
  input  wire logic                       clk_i,
  input  wire logic [Pe*Simd-1:0]         weights_i,
  input  wire logic [Simd*InputBits-1:0]  inputs_i,
  input  wire logic [Planes*BetaBits-1:0] betas_i,
  output logic      [Pe*SumBits-1:0]      sums_o
);

  // Cycles to a count, and to a number of votes.
  localparam int unsigned CountCycles = hwgen_steps_pkg::popcount_cycles(Simd, 0, Span);
  localparam int unsigned VoteCycles
      = hwgen_steps_pkg::popcount_cycles(Simd, PaddedBipolar ? 1 : 0, Span);

  logic [Simd-1:0] missing;
  logic [SumBits-1:0] none;
  logic [Planes*BetaBits-1:0] betas;

  for (genvar lane = 0; lane < Simd; lane++) begin : gen_missing
    assign missing[lane] = PaddedBipolar && inputs_i[lane*InputBits+InputBits-1];
  end

  formal_ones #(
    .Width (Simd),
    .Bits  (SumBits),
    .Cycles(1 + CountCycles)
  ) u_none (
    .clk_i  (clk_i),
    .bits_i (missing),
    .count_o(none)
  );

  formal_delay #(
    .Width (Planes * BetaBits),
    .Cycles(VoteCycles)
  ) u_betas (
    .clk_i (clk_i),
    .data_i(betas_i),
    .data_o(betas)
  );

  for (genvar pe = 0; pe < Pe; pe++) begin : gen_pe
    logic [Planes*BetaBits*SumBits-1:0] terms;

    for (genvar plane = 0; plane < Planes; plane++) begin : gen_plane
      logic [Simd-1:0] agrees;
      logic [SumBits-1:0] count, votes;

      for (genvar lane = 0; lane < Simd; lane++) begin : gen_lane
        assign agrees[lane] = !missing[lane]
            && weights_i[pe*Simd+lane] == inputs_i[lane*InputBits+Planes-1-plane];
      end

      formal_ones #(
        .Width (Simd),
        .Bits  (SumBits),
        .Cycles(1 + CountCycles)
      ) u_agrees (
        .clk_i  (clk_i),
        .bits_i (agrees),
        .count_o(count)
      );

      formal_delay #(
        .Width (SumBits),
        .Cycles(VoteCycles - CountCycles)
      ) u_votes (
        .clk_i (clk_i),
        .data_i(PaddedBipolar ? (count << 1) + none : count),
        .data_o(votes)
      );

      for (genvar digit = 0; digit < BetaBits; digit++) begin : gen_digit
        assign terms[(plane*BetaBits+digit)*SumBits +: SumBits]
            = (votes << digit) & {SumBits{betas[plane*BetaBits+digit]}};
      end
    end

    formal_sum #(
      .Terms  (Planes * BetaBits),
      .SumBits(SumBits),
      .Span   (Span > 0 ? Span : 1),
      .From   (hwgen_steps_pkg::tree_levels(Simd) + (PaddedBipolar ? 1 : 0))
    ) u_sum (
      .clk_i  (clk_i),
      .terms_i(terms),
      .sum_o  (sums_o[pe*SumBits +: SumBits])
    );
  end

endmodule

`default_nettype wire
