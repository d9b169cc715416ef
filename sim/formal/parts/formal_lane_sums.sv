// SPDX-License-Identifier: Apache-2.0
//
// Reference of the lane sums of a matrix-vector unit: a dot product a neuron, as many cycles late as
// the registers of `Span` make it, and what the library's way to it is too much (`hwgen_steps_pkg`),
// which the accumulator takes off.

`default_nettype none

module formal_lane_sums #(
  parameter int unsigned Pe = 1,
  parameter int unsigned Simd = 1,
  parameter bit PaddedBipolar = 1'b0,
  parameter bit Pairs = 1'b0,
  parameter int unsigned Fields = 0,
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
      ? hwgen_steps_pkg::packed_cycles(Simd, Chained, Span) : Pairs
      ? hwgen_steps_pkg::pair_cycles(Simd, WeightBits, WeightBipolar ? 1 : 0, Span) : Popcounts
      ? hwgen_steps_pkg::popcount_cycles(Counted, PaddedBipolar ? 1 : 0, Span)
      : hwgen_steps_pkg::product_cycles(Simd, Span),
  localparam int unsigned Cycles = Registers + 1
) (
  input  wire logic                          clk_i,
  input  wire logic [Pe*Simd*WeightBits-1:0] weights_i,
  input  wire logic [Simd*InputBits-1:0]     inputs_i,
  input  wire logic [AllBetaBits-1:0]        betas_i,
  output logic      [Pe*SumBits-1:0]         sums_o
);

  localparam logic [SumBits-1:0] Excess = Pairs && (InputSigned || InputBipolar)
      ? SumBits'(hwgen_steps_pkg::pair_excess(Simd, InputBipolar ? 2 : InputBits, WeightBits,
                                              WeightSigned, WeightBipolar)) : '0;

  if (Planes > 0) begin : gen_planes
    formal_planes #(
      .Pe           (Pe),
      .Simd         (Simd),
      .PaddedBipolar(PaddedBipolar),
      .Planes       (Planes),
      .BetaBits     (BetaBits),
      .SumBits      (SumBits),
      .Span         (Span)
    ) u_planes (
      .clk_i    (clk_i),
      .weights_i(weights_i),
      .inputs_i (inputs_i),
      .betas_i  (betas_i),
      .sums_o   (sums_o)
    );
  end else if (Popcounts) begin : gen_counts
    // Twice the lanes that agree and are not zero, less those that are not zero; or those alike.
    logic [SumBits-1:0] present;

    if (PaddedBipolar) begin : gen_present
      logic [Simd-1:0] nonzero;

      for (genvar lane = 0; lane < Simd; lane++) begin : gen_lane
        assign nonzero[lane] = inputs_i[2*lane];
      end

      formal_ones #(
        .Width (Simd),
        .Bits  (SumBits),
        .Cycles(Cycles)
      ) u_present (
        .clk_i  (clk_i),
        .bits_i (nonzero),
        .count_o(present)
      );
    end

    for (genvar pe = 0; pe < Pe; pe++) begin : gen_pe
      logic [Simd-1:0] agrees;
      logic [SumBits-1:0] count;

      for (genvar lane = 0; lane < Simd; lane++) begin : gen_lane
        if (PaddedBipolar) begin : gen_padded
          assign agrees[lane] = inputs_i[2*lane] && weights_i[pe*Simd+lane] != inputs_i[2*lane+1];
        end else begin : gen_bipolar
          assign agrees[lane] = weights_i[pe*Simd+lane] == inputs_i[lane];
        end
      end

      formal_ones #(
        .Width (Simd),
        .Bits  (SumBits),
        .Cycles(Cycles)
      ) u_agrees (
        .clk_i  (clk_i),
        .bits_i (agrees),
        .count_o(count)
      );

      assign sums_o[pe*SumBits +: SumBits] = PaddedBipolar ? (count << 1) - present : count;
    end
  end else begin : gen_products
    logic [Pe*SumBits-1:0] sums;
    logic [Cycles*Pe*SumBits-1:0] sums_q;

    for (genvar pe = 0; pe < Pe; pe++) begin : gen_pe
      localparam int unsigned Field = pe % (Fields > 0 ? Fields : 1);
      localparam int unsigned Size = pe - Field + Fields > Pe ? Pe + Field - pe : Fields;
      localparam logic [SumBits-1:0] FieldExcess = Fields > 0
          ? SumBits'(hwgen_steps_pkg::packed_excess(
                Simd, Chained, Field, Size, WeightBits, WeightSigned, InputBits, InputSigned))
          : Excess;

      logic [SumBits-1:0] sum;

      formal_dot #(
        .Simd         (Simd),
        .WeightBits   (WeightBits),
        .WeightSigned (WeightSigned),
        .WeightBipolar(WeightBipolar),
        .InputBits    (InputBits),
        .InputSigned  (InputSigned),
        .InputBipolar (InputBipolar),
        .SumBits      (SumBits)
      ) u_dot (
        .weights_i(weights_i[pe*Simd*WeightBits +: Simd*WeightBits]),
        .inputs_i (inputs_i),
        .sum_o    (sum)
      );

      assign sums[pe*SumBits +: SumBits] = sum + FieldExcess;
    end

    always_ff @(posedge clk_i) sums_q <= (Cycles*Pe*SumBits)'({sums_q, sums});

    assign sums_o = sums_q[Cycles*Pe*SumBits-1 -: Pe*SumBits];
  end

endmodule

`default_nettype wire
