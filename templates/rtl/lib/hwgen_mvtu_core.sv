// SPDX-License-Identifier: Apache-2.0
//
// Core of the matrix-vector units: from the operands of a slot to the output queue.
//
// A slot happens with `fire_i`; `first_i` says that it begins a sum, `ends_i` that the sum so far
// makes a beat. Its inputs and weights come one cycle later, the factors of planes two. `Beats`
// beats come over and over again; their number, `beat_o`, is the address of thresholds. A slot that
// ends a beat waits for `credit_o`. The pipeline never stalls, and a beat leaves five cycles after
// its slot:
//
//   operands | lane sums | accumulator | activation | output queue
//
// For a faster clock there may be registers, each a cycle more: `OperandStages` behind the operands
// and weights, `SumStages` in the lane sums, behind every `SumSpan` of their steps (`hwgen_dot`),
// and `ThresholdStages` behind the comparisons. Output lanes past the last neuron are zero bits.
//
// Do not use it by itself: it neither counts slots nor keeps vectors (`hwgen_mvtu` does).

`default_nettype none

module hwgen_mvtu_core #(
  parameter int unsigned Pe = 1,
  parameter int unsigned Simd = 1,
  parameter int unsigned Slots = 1,
  parameter int unsigned Beats = 1,
  parameter int unsigned LastPe = Pe,
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
  parameter int unsigned Credits = 6,
  parameter int unsigned OperandStages = 0,
  parameter int unsigned SumStages = 0,
  parameter int unsigned SumSpan = 64,
  parameter int unsigned ThresholdStages = 0,
  localparam int unsigned BeatBits = hwgen_steps_pkg::bits_for(Beats),
  localparam int unsigned AllBetaBits = Planes > 0 ? Planes * BetaBits : 1,
  localparam int unsigned WordBits = Pe * Simd * WeightBits,
  localparam int unsigned LaneThresholdBits = Levels > 0 ? Levels * ThresholdBits : 1
) (
  input  wire logic                            clk_i,
  input  wire logic                            rst_ni,

  input  wire logic                            fire_i,
  input  wire logic                            first_i,
  input  wire logic                            ends_i,
  output logic                                 credit_o,

  input  wire logic [Simd*InputBits-1:0]       inputs_i,
  input  wire logic [WordBits-1:0]             weights_i,
  input  wire logic [AllBetaBits-1:0]          betas_i,
  output logic      [BeatBits-1:0]             beat_o,
  input  wire logic [Pe*LaneThresholdBits-1:0] thresholds_i,
  input  wire logic [Pe-1:0]                   descending_i,

  output logic      [Pe*CodeBits-1:0]          m_data_o,
  output logic                                 m_valid_o,
  input  wire logic                            m_ready_i
);

  localparam int unsigned SumCycles = 2 + OperandStages + SumStages;
  localparam bit Xnor = WeightBipolar && InputBipolar;
  localparam bit Popcounts = Planes > 0 || PaddedBipolar || Xnor;
  localparam int unsigned Counted = Xnor ? hwgen_steps_pkg::counted_lanes(Simd) : Simd;
  localparam int unsigned Further = $clog2(AllBetaBits) + (PaddedBipolar ? 1 : 0);
  localparam int unsigned Registers = Fields > 0
      ? hwgen_steps_pkg::packed_cycles(Simd, Chained, SumSpan) : Pairs
      ? hwgen_steps_pkg::pair_cycles(Simd, WeightBits, WeightBipolar ? 1 : 0, SumSpan) : Popcounts
      ? hwgen_steps_pkg::popcount_cycles(Counted, Further, SumSpan)
      : hwgen_steps_pkg::product_cycles(Simd, SumSpan);

  if (LastPe < 1 || LastPe > Pe) begin : gen_check_last
    $error("hwgen_mvtu: LastPe must lie in 1..Pe");
  end
  if (SumStages != Registers) begin : gen_check_stages
    $error("hwgen_mvtu: SumStages must be the registers that SumSpan puts in a row in a lane sum");
  end

  logic [Simd*InputBits-1:0] inputs;
  logic [AllBetaBits-1:0] betas;
  logic [WordBits-1:0] weights;

  hwgen_delay #(
    .Width (Simd * InputBits + AllBetaBits + WordBits),
    .Cycles(OperandStages)
  ) u_operands (
    .clk_i (clk_i),
    .data_i({inputs_i, betas_i, weights_i}),
    .data_o({inputs, betas, weights})
  );

  // From a slot to its lane sum, and from the accumulator to the code.
  logic [SumCycles:1] fired_q, first_q, ended_q;
  logic [1+ThresholdStages:0] made_q;
  logic [BeatBits-1:0] beat_q;
  logic last_beat, last_beat_q;
  logic [Pe*SumBits-1:0] sums;
  logic [Pe-1:0] carries;
  logic [Pe*CodeBits-1:0] codes;

  assign beat_o = beat_q;
  assign last_beat = beat_q == BeatBits'(Beats - 1);

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      fired_q <= '0;
      ended_q <= '0;
      made_q <= '0;
      beat_q <= '0;
    end else begin
      fired_q <= SumCycles'({fired_q, fire_i});
      ended_q <= SumCycles'({ended_q, ends_i});
      made_q <= (2+ThresholdStages)'({made_q, ended_q[SumCycles]});
      if (ended_q[SumCycles]) beat_q <= last_beat ? '0 : beat_q + 1'b1;
    end
  end

  always_ff @(posedge clk_i) begin
    first_q <= SumCycles'({first_q, first_i});
    last_beat_q <= last_beat;
  end

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
    .Span         (SumSpan)
  ) u_sums (
    .clk_i    (clk_i),
    .rst_ni   (rst_ni),
    .weights_i(weights),
    .inputs_i (inputs),
    .betas_i  (betas),
    .sums_o   (sums),
    .carries_o(carries)
  );

  for (genvar pe = 0; pe < Pe; pe++) begin : gen_pe
    // What a lane sum is too much whatever the weights.
    localparam int unsigned Field = pe % (Fields > 0 ? Fields : 1);
    localparam int unsigned Size = pe - Field + Fields > Pe ? Pe + Field - pe : Fields;
    localparam logic [63:0] Excess = Fields > 0 ? hwgen_steps_pkg::packed_excess(
        Simd, Chained, Field, Size, WeightBits, WeightSigned, InputBits, InputSigned)
        : Pairs && (InputSigned || InputBipolar) ? hwgen_steps_pkg::pair_excess(
        Simd, InputBipolar ? 2 : InputBits, WeightBits, WeightSigned, WeightBipolar) : 64'd0;

    hwgen_neuron #(
      .SumBits        (SumBits),
      .SumSigned      (SumSigned),
      .Carried        (Pairs || Fields > 0 || Xnor),
      .Start          (64'd0 - 64'(Slots) * Excess),
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
      .ThresholdStages(ThresholdStages)
    ) u_neuron (
      .clk_i       (clk_i),
      .sum_i       (sums[pe*SumBits +: SumBits]),
      .carry_i     (carries[pe]),
      .first_i     (first_q[SumCycles]),
      .fired_i     (fired_q[SumCycles]),
      .masked_i    (pe >= LastPe && last_beat_q),
      .valid_i     (rst_ni && made_q[0]),
      .thresholds_i(thresholds_i[pe*LaneThresholdBits +: LaneThresholdBits]),
      .descending_i(descending_i[pe]),
      .code_o      (codes[pe*CodeBits +: CodeBits])
    );
  end

  hwgen_credit_queue #(
    .Width  (Pe * CodeBits),
    .Credits(Credits)
  ) u_queue (
    .clk_i      (clk_i),
    .rst_ni     (rst_ni),
    .credit_o   (credit_o),
    .issue_i    (ends_i),
    .push_data_i(codes),
    .push_i     (made_q[1+ThresholdStages]),
    .m_data_o   (m_data_o),
    .m_valid_o  (m_valid_o),
    .m_ready_i  (m_ready_i)
  );

`ifdef HWGEN_ASSERT
  logic [BeatBits-1:0] pushed_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      pushed_q <= '0;
    end else begin
      if (made_q[1+ThresholdStages]) begin
        pushed_q <= pushed_q == BeatBits'(Beats - 1) ? '0 : pushed_q + 1'b1;
        spare_lanes_zero: assert (pushed_q != BeatBits'(Beats - 1)
                                  || codes >> (LastPe * CodeBits) == '0);
      end
    end
  end
`endif

endmodule

`default_nettype wire
