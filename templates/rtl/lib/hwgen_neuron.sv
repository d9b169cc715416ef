// SPDX-License-Identifier: Apache-2.0
//
// One lane of a computing unit: the dot products of its slots summed up and turned into a code.
//
// A lane sum (`hwgen_dot`) is in the accumulator one cycle after it came; the first slot of a sum
// loads the accumulator. The code of the accumulator stands at `code_o` one cycle after that, or
// zero where the lane is `masked_i`:
//
//   lane sum | accumulator | activation
//
// `first_i` and `fired_i` belong to the lane sum's cycle, `masked_i`, `valid_i` (of
// `hwgen_activation`), the thresholds and the direction to the accumulator's. With `Carried` the
// first slot adds to `Start`, and every one `carry_i`. `ThresholdStages` make the code later
// (`hwgen_activation`).
//
// Do not use it to count or to wait: it has no control of its own.

`default_nettype none

module hwgen_neuron #(
  parameter int unsigned SumBits = 8,
  parameter bit SumSigned = 1'b1,
  parameter bit Carried = 1'b0,
  parameter logic [63:0] Start = '0,
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
  parameter int unsigned ThresholdStages = 0,
  localparam int unsigned LaneThresholdBits = Levels > 0 ? Levels * ThresholdBits : 1
) (
  input  wire logic                         clk_i,

  input  wire logic [SumBits-1:0]           sum_i,
  input  wire logic                         carry_i,
  input  wire logic                         first_i,
  input  wire logic                         fired_i,
  input  wire logic                         masked_i,
  input  wire logic                         valid_i,
  input  wire logic [LaneThresholdBits-1:0] thresholds_i,
  input  wire logic                         descending_i,

  output logic      [CodeBits-1:0]          code_o
);

  logic [SumBits-1:0] accumulator_q;
  logic [CodeBits-1:0] code;
  logic masked;

  if (Carried) begin : gen_carried
    logic [SumBits-1:0] so_far, next;
    logic unused_carry;

    // As in `hwgen_pair_chain`: the choice is in the LUTs of the adder.
    assign so_far = first_i ? SumBits'(Start) : accumulator_q;
    assign {next, unused_carry} = {sum_i, carry_i} - ~{so_far, carry_i};

    always_ff @(posedge clk_i) begin
      if (fired_i) accumulator_q <= next;
    end
  end else begin : gen_plain
    logic unused_carry;
    assign unused_carry = carry_i;

    // A multiplier block takes in an adder that is written like this.
    always_ff @(posedge clk_i) begin
      if (fired_i) accumulator_q <= (first_i ? '0 : accumulator_q) + sum_i;
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
