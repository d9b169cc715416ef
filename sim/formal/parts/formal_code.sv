// SPDX-License-Identifier: Apache-2.0
//
// Reference of an activation, as integers have it, `Stages` cycles later: n is the number of
// thresholds at or below the sum, or `Levels` less that number where `descending_i`, or without
// thresholds the sum itself; the code is CodeBase + CodeStep * n modulo 2**CodeBits, or entry n of
// `Codes`. With `FactorBits` above 0 it is that of a line (`formal_line`).
//
// With `mistake_i` a sum that equals its first threshold counts as below it; without thresholds, or
// with a line, the code's lowest bit is inverted.

`default_nettype none

module formal_code #(
  parameter int unsigned SumBits = 8,
  parameter bit SumSigned = 1'b1,
  parameter int unsigned Levels = 1,
  parameter int unsigned ThresholdBits = 8,
  parameter bit ThresholdSigned = 1'b1,
  parameter int CodeBase = 0,
  parameter int CodeStep = 1,
  parameter int unsigned CodeBits = 1,
  parameter int unsigned Entries = 1,
  parameter logic [Entries*CodeBits-1:0] Codes = '0,
  parameter int unsigned FactorBits = 0,
  parameter int unsigned PlaceBits = 1,
  parameter int unsigned Shift = 0,
  parameter bit TiesToEven = 1'b0,
  parameter int CodeTop = 0,
  parameter int unsigned Stages = 0,
  localparam int unsigned LaneThresholdBits = Levels > 0 ? Levels * ThresholdBits : 1
) (
  input  wire logic                         clk_i,
  input  wire logic                         mistake_i,
  input  wire logic [SumBits-1:0]           sum_i,
  input  wire logic [LaneThresholdBits-1:0] thresholds_i,
  input  wire logic                         descending_i,
  output logic      [CodeBits-1:0]          code_o
);

  localparam int unsigned WideBits = (SumBits > ThresholdBits ? SumBits : ThresholdBits) + 1;
  localparam int unsigned CountBits = Levels > 0 ? $clog2(Levels + 1) : SumBits + 1;
  localparam int unsigned MathBits = (CodeBits > CountBits ? CodeBits : CountBits) + 1;

  logic [CodeBits-1:0] code_out;

  if (FactorBits > 0) begin : gen_line
    formal_line #(
      .SumBits        (SumBits),
      .SumSigned      (SumSigned),
      .ThresholdBits  (ThresholdBits),
      .ThresholdSigned(ThresholdSigned),
      .CodeBase       (CodeBase),
      .CodeTop        (CodeTop),
      .CodeBits       (CodeBits),
      .FactorBits     (FactorBits),
      .PlaceBits      (PlaceBits),
      .Shift          (Shift),
      .TiesToEven     (TiesToEven),
      .Stages         (Stages)
    ) u_line (
      .clk_i       (clk_i),
      .sum_i       (sum_i),
      .numbers_i   (thresholds_i),
      .descending_i(descending_i),
      .code_o      (code_out)
    );

    assign code_o = code_out ^ CodeBits'(mistake_i);
  end else begin : gen_count
    logic [MathBits-1:0] number;
    logic [MathBits-1:0] code;

    if (Levels > 0) begin : gen_thresholds
      logic signed [WideBits-1:0] sum;
      logic [Levels-1:0] reached;
      logic [CountBits-1:0] count;

      assign sum = WideBits'(signed'({SumSigned && sum_i[SumBits-1], sum_i}));

      for (genvar level = 0; level < Levels; level++) begin : gen_level
        logic [ThresholdBits-1:0] bits;
        logic signed [WideBits-1:0] threshold;

        assign bits = thresholds_i[level*ThresholdBits +: ThresholdBits];
        assign threshold
            = WideBits'(signed'({ThresholdSigned && bits[ThresholdBits-1], bits}));
        assign reached[level] = level == 0 && mistake_i ? sum > threshold : sum >= threshold;
      end

      always_comb begin
        count = '0;
        for (int unsigned i = 0; i < Levels; i++) count = count + CountBits'(reached[i]);
      end

      assign number = MathBits'(descending_i ? CountBits'(Levels) - count : count);
    end else begin : gen_sum
      assign number = MathBits'(signed'({SumSigned && sum_i[SumBits-1], sum_i}));
    end

    if (Entries > 1) begin : gen_table
      assign code = MathBits'(Codes[number[$clog2(Entries)-1:0]*CodeBits +: CodeBits]);
    end else begin : gen_affine
      assign code = MathBits'(CodeBase) + MathBits'(CodeStep) * number;
    end

    assign code_out = code[CodeBits-1:0] ^ CodeBits'(Levels == 0 && mistake_i);

    formal_delay #(
      .Width (CodeBits),
      .Cycles(Stages)
    ) u_delay (
      .clk_i (clk_i),
      .data_i(code_out),
      .data_o(code_o)
    );
  end

endmodule

`default_nettype wire
