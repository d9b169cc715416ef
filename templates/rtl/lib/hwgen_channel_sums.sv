// SPDX-License-Identifier: Apache-2.0
//
// Sums of `Lanes` channels: in each, the dot product of `Simd` taps of its own and its weights.
//
// Tap t of channel l lies in lane t * Lanes + l of the inputs, its weight in lane l * Simd + t of
// the weights. A sum comes one cycle after them (`hwgen_dot`), later by `OperandStages` and by
// `SumStages`, the registers that `SumSpan` puts in a row among its steps. `carries_o` are still to
// be added.
//
// Do not use it where channels see the same inputs: `hwgen_lane_sums` shares what is made of them.

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

  localparam int unsigned Registers = WeightBipolar && InputBipolar
      ? hwgen_steps_pkg::popcount_cycles(hwgen_steps_pkg::counted_lanes(Simd), 0, SumSpan)
      : hwgen_steps_pkg::product_cycles(Simd, SumSpan);

  if (SumStages != Registers) begin : gen_check_stages
    $error("hwgen_channel_sums: SumStages must be the registers that SumSpan puts in a sum");
  end

  logic [Lanes*Simd*InputBits-1:0] inputs;
  logic [Lanes*Simd*WeightBits-1:0] weights;

  hwgen_delay #(
    .Width (Lanes * Simd * (InputBits + WeightBits)),
    .Cycles(OperandStages)
  ) u_operands (
    .clk_i (clk_i),
    .data_i({inputs_i, weights_i}),
    .data_o({inputs, weights})
  );

  for (genvar lane = 0; lane < Lanes; lane++) begin : gen_lane
    logic [Simd*InputBits-1:0] taps;

    for (genvar tap = 0; tap < Simd; tap++) begin : gen_tap
      assign taps[tap*InputBits +: InputBits]
          = inputs[(tap*Lanes+lane)*InputBits +: InputBits];
    end

    hwgen_dot #(
      .Simd         (Simd),
      .WeightBits   (WeightBits),
      .WeightSigned (WeightSigned),
      .WeightBipolar(WeightBipolar),
      .InputBits    (InputBits),
      .InputSigned  (InputSigned),
      .InputBipolar (InputBipolar),
      .SumBits      (SumBits),
      .Span         (SumSpan)
    ) u_dot (
      .clk_i    (clk_i),
      .rst_ni   (rst_ni),
      .weights_i(weights[lane*Simd*WeightBits +: Simd*WeightBits]),
      .inputs_i (taps),
      .shared_i ('0),
      .betas_i  (1'b0),
      .sum_o    (sums_o[lane*SumBits +: SumBits]),
      .carry_o  (carries_o[lane])
    );
  end

endmodule

`default_nettype wire
