// SPDX-License-Identifier: Apache-2.0
//
// The accumulators of a unit with weights, and the codes that leave: what lane sums become,
// `SumCycles` after a slot, with the registers of the activation and the mark of a beat's last slot.

`default_nettype none

module formal_neurons #(
  parameter int unsigned Pe = 1,
  parameter int unsigned LastPe = Pe,
  parameter int unsigned Beats = 1,
  parameter int unsigned Slots = 1,
  parameter int unsigned SumCycles = 1,
  parameter int unsigned ThresholdStages = 0,
  parameter int unsigned Simd = 1,
  parameter bit Pairs = 1'b0,
  parameter int unsigned Fields = 0,
  parameter int unsigned Chained = 1,
  parameter int unsigned WeightBits = 1,
  parameter bit WeightSigned = 1'b1,
  parameter bit WeightBipolar = 1'b1,
  parameter int unsigned InputBits = 1,
  parameter bit InputSigned = 1'b1,
  parameter bit InputBipolar = 1'b1,
  parameter int unsigned SumBits = 8,
  parameter bit SumSigned = 1'b1,
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
  localparam int unsigned BeatBits = hwgen_steps_pkg::bits_for(Beats),
  localparam int unsigned LaneThresholdBits = Levels > 0 ? Levels * ThresholdBits : 1
) (
  input  wire logic                            clk_i,
  input  wire logic                            rst_ni,
  input  wire logic                            mistake_i,

  // A slot, the first of a beat's, its last.
  input  wire logic                            fire_i,
  input  wire logic                            first_i,
  input  wire logic                            ends_i,
  output logic [SumCycles:1]                   fired_o,

  input  wire logic [Pe*SumBits-1:0]           sums_i,
  input  wire logic [Pe-1:0]                   carries_i,
  input  wire logic [Pe*LaneThresholdBits-1:0] free_thresholds_i,
  input  wire logic [Pe-1:0]                   descending_i,
  output logic [Pe*LaneThresholdBits-1:0]      thresholds_o,
  output logic [BeatBits-1:0]                  beat_o,

  // What leaves, whether it does, and whether it is the last beat of a pixel.
  output logic [Pe*CodeBits-1:0]               codes_o,
  output logic                                 made_o,
  output logic                                 last_o
);

  localparam int unsigned MadeCycles = 2 + ThresholdStages;

  logic [SumCycles:1] fired_q, first_q, ended_q;
  logic [MadeCycles:1] made_q, last_beat_q;
  logic [BeatBits-1:0] beat_q;
  logic [Pe*CodeBits-1:0] codes, codes_q;
  logic last_beat;

  assign last_beat = beat_q == BeatBits'(Beats - 1);
  assign fired_o = fired_q;
  assign beat_o = beat_q;
  assign codes_o = codes_q;
  assign made_o = made_q[MadeCycles];
  assign last_o = last_beat_q[MadeCycles];

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      fired_q <= '0;
      ended_q <= '0;
      made_q <= '0;
      beat_q <= '0;
    end else begin
      fired_q <= SumCycles'({fired_q, fire_i});
      ended_q <= SumCycles'({ended_q, ends_i});
      made_q <= MadeCycles'({made_q, ended_q[SumCycles]});
      if (ended_q[SumCycles]) beat_q <= last_beat ? '0 : beat_q + 1'b1;
    end
  end

  always_ff @(posedge clk_i) begin
    first_q <= SumCycles'({first_q, first_i});
    last_beat_q <= MadeCycles'({last_beat_q, last_beat});
    codes_q <= codes;
  end

  for (genvar pe = 0; pe < Pe; pe++) begin : gen_pe
    localparam int unsigned Shared = Fields > 0 ? Fields : 1;
    localparam int unsigned Size = pe / Shared < (Pe - 1) / Shared ? Shared : (Pe - 1) % Shared + 1;
    localparam logic [SumBits-1:0] Excess = Fields > 0 ? SumBits'(hwgen_steps_pkg::packed_excess(
        Simd, Chained, pe % Shared, Size, WeightBits, WeightSigned, InputBits, InputSigned))
        : Pairs && (InputSigned || InputBipolar)
        ? SumBits'(hwgen_steps_pkg::pair_excess(Simd, InputBipolar ? 2 : InputBits, WeightBits,
                                                WeightSigned, WeightBipolar)) : '0;

    logic [SumBits-1:0] accumulator_q;
    logic [CodeBits-1:0] code;

    always_ff @(posedge clk_i) begin
      if (fired_q[SumCycles]) begin
        accumulator_q <= (first_q[SumCycles] ? -(SumBits'(Slots) * Excess) : accumulator_q)
            + sums_i[pe*SumBits +: SumBits] + SumBits'(carries_i[pe]);
      end
    end

    formal_ascending #(
      .Levels         (Levels),
      .ThresholdBits  (ThresholdBits),
      .ThresholdSigned(ThresholdSigned),
      .FactorBits     (FactorBits)
    ) u_thresholds (
      .free_i      (free_thresholds_i[pe*LaneThresholdBits +: LaneThresholdBits]),
      .thresholds_o(thresholds_o[pe*LaneThresholdBits +: LaneThresholdBits])
    );

    formal_code #(
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
    ) u_code (
      .clk_i       (clk_i),
      .mistake_i   (mistake_i),
      .sum_i       (accumulator_q),
      .thresholds_i(thresholds_o[pe*LaneThresholdBits +: LaneThresholdBits]),
      .descending_i(descending_i[pe]),
      .code_o      (code)
    );

    assign codes[pe*CodeBits +: CodeBits]
        = pe < LastPe || !last_beat_q[1+ThresholdStages] ? code : '0;
  end

endmodule

`default_nettype wire
