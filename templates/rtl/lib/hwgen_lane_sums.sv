// SPDX-License-Identifier: Apache-2.0
//
// Lane sums of a matrix-vector unit: the dot product of each of `Pe` neurons, one cycle after the
// weights and inputs, or later by the registers of `Span`.
//
// Neurons have a sum each (`hwgen_dot`), and share its operands and terms (`hwgen_shared`), or
// `Fields` of them share multiplier blocks (`hwgen_dot_packed`). `carries_o` are still to be added.
//
// Do not use it where lanes have inputs of their own: nothing is shared there.

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

  if (Fields > 0) begin : gen_packed
    localparam int unsigned Chains = hwgen_steps_pkg::packed_chains(Simd, Chained);
    localparam int unsigned Rows = hwgen_steps_pkg::packed_rows(Simd, Chained);
    localparam int unsigned OffsetBits = InputBits + $clog2(Rows);

    logic [Simd*InputBits-1:0] operands;
    logic [Chains*OffsetBits-1:0] offsets;
    logic unused_betas;

    assign unused_betas = ^betas_i;

    hwgen_packed #(
      .Simd       (Simd),
      .Chained    (Chained),
      .InputBits  (InputBits),
      .InputSigned(InputSigned),
      .Span       (Span)
    ) u_packed (
      .clk_i    (clk_i),
      .rst_ni   (rst_ni),
      .inputs_i (inputs_i),
      .inputs_o (operands),
      .offsets_o(offsets)
    );

    for (genvar team = 0; team < (Pe + Fields - 1) / Fields; team++) begin : gen_team
      localparam int unsigned First = team * Fields;
      localparam int unsigned Size = First + Fields > Pe ? Pe - First : Fields;

      hwgen_dot_packed #(
        .Fields      (Size),
        .FieldBits   (FieldBits),
        .Chained     (Chained),
        .Simd        (Simd),
        .WeightBits  (WeightBits),
        .WeightSigned(WeightSigned),
        .InputBits   (InputBits),
        .InputSigned (InputSigned),
        .SumBits     (SumBits),
        .Span        (Span)
      ) u_dot (
        .clk_i    (clk_i),
        .rst_ni   (rst_ni),
        .weights_i(weights_i[First*Simd*WeightBits +: Size*Simd*WeightBits]),
        .inputs_i (operands),
        .offsets_i(offsets),
        .sums_o   (sums_o[First*SumBits +: Size*SumBits]),
        .carries_o(carries_o[First +: Size])
      );
    end
  end else begin : gen_own
    localparam int unsigned OperandBits
        = hwgen_steps_pkg::operand_bits(Simd, InputBits, InputBipolar, Pairs);

    logic [OperandBits-1:0] operands;
    logic [SumBits-1:0] shared;

    hwgen_shared #(
      .Simd         (Simd),
      .PaddedBipolar(PaddedBipolar),
      .Pairs        (Pairs),
      .Planes       (Planes),
      .InputBits    (InputBits),
      .InputSigned  (InputSigned),
      .InputBipolar (InputBipolar),
      .WeightBipolar(WeightBipolar),
      .SumBits      (SumBits),
      .Span         (Span)
    ) u_shared (
      .clk_i     (clk_i),
      .rst_ni    (rst_ni),
      .inputs_i  (inputs_i),
      .operands_o(operands),
      .shared_o  (shared)
    );

    for (genvar pe = 0; pe < Pe; pe++) begin : gen_dot
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
        .rst_ni   (rst_ni),
        .weights_i(weights_i[pe*Simd*WeightBits +: Simd*WeightBits]),
        .inputs_i (operands),
        .shared_i (shared),
        .betas_i  (betas_i),
        .sum_o    (sums_o[pe*SumBits +: SumBits]),
        .carry_o  (carries_o[pe])
      );
    end
  end

endmodule

`default_nettype wire
