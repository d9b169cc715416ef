// SPDX-License-Identifier: Apache-2.0
//
// Threshold unit: turns `Lanes` integers into codes in every cycle.
//
// With `Levels` = 0 each code is the entry of the table `Codes` at the bits of the integer. Else
// beat b of a frame meets word b of the threshold memory, which is outside and answers one cycle
// after the address; where all elements share one set of thresholds, tie `thresholds_i` to it. A
// beat leaves three cycles after it is read: operand | code | output queue. For a faster clock
// there may be registers, each a cycle more: `ThresholdStages` in `hwgen_activation`. Lanes past
// the frame's end are zero bits at the output.
//
// Do not use it behind a matrix: `hwgen_mvtu` applies thresholds to its own sums.

`default_nettype none

module hwgen_threshold #(
  parameter int unsigned Lanes = 1,
  parameter int unsigned Beats = 1,
  parameter int unsigned LastLanes = Lanes,
  parameter int unsigned InputBits = 8,
  parameter bit InputSigned = 1'b0,
  parameter bit InputBipolar = 1'b0,
  parameter int unsigned Levels = 1,
  parameter int unsigned ThresholdBits = 8,
  parameter bit ThresholdSigned = 1'b0,
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
  parameter int unsigned ThresholdStages = 0,
  parameter int unsigned Credits = 4,
  localparam int unsigned BeatBits = hwgen_steps_pkg::bits_for(Beats),
  localparam int unsigned LaneThresholdBits = Levels > 0 ? Levels * ThresholdBits : 1
) (
  input  wire logic                               clk_i,
  input  wire logic                               rst_ni,

  input  wire logic [Lanes*InputBits-1:0]         s_data_i,
  input  wire logic                               s_valid_i,
  output logic                                    s_ready_o,

  output logic      [BeatBits-1:0]                threshold_addr_o,
  input  wire logic [Lanes*LaneThresholdBits-1:0] thresholds_i,
  input  wire logic [Lanes-1:0]                   descending_i,

  output logic      [Lanes*CodeBits-1:0]          m_data_o,
  output logic                                    m_valid_o,
  input  wire logic                               m_ready_i
);

  if (Levels < 1 && Entries < 2) begin : gen_check_levels
    $error("hwgen_threshold: Levels must be at least 1, or Entries 2 or more");
  end
  if (LastLanes < 1 || LastLanes > Lanes) begin : gen_check_last
    $error("hwgen_threshold: LastLanes must lie in 1..Lanes");
  end

  logic [BeatBits-1:0] beat_q;
  logic last_beat, last_beat1_q, masked;
  logic fire, fired1_q, credit;
  logic [ThresholdStages:0] made_q;
  logic [Lanes*InputBits-1:0] operand_q;
  logic [Lanes*CodeBits-1:0] codes;

  assign s_ready_o = credit;
  assign fire = credit && s_valid_i;
  assign last_beat = beat_q == BeatBits'(Beats - 1);
  assign threshold_addr_o = beat_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      beat_q <= '0;
      fired1_q <= 1'b0;
      made_q <= '0;
    end else begin
      if (fire) beat_q <= last_beat ? '0 : beat_q + 1'b1;
      fired1_q <= fire;
      made_q <= (ThresholdStages+1)'({made_q, fired1_q});
    end
  end

  always_ff @(posedge clk_i) begin
    operand_q <= s_data_i;
    last_beat1_q <= last_beat;
  end

  hwgen_delay #(
    .Width (1),
    .Cycles(ThresholdStages)
  ) u_masked (
    .clk_i (clk_i),
    .data_i(last_beat1_q),
    .data_o(masked)
  );

  // A bipolar bit b is the two-bit integer {!b, 1}: -1 or +1.
  localparam int unsigned SumBits = InputBipolar ? 2 : InputBits;

  for (genvar lane = 0; lane < Lanes; lane++) begin : gen_lane
    logic [SumBits-1:0] value;
    logic [CodeBits-1:0] code, code_q;

    if (InputBipolar) begin : gen_bipolar
      assign value = {!operand_q[lane], 1'b1};
    end else begin : gen_integer
      assign value = operand_q[lane*InputBits +: InputBits];
    end

    hwgen_activation #(
      .SumBits        (SumBits),
      .SumSigned      (InputSigned || InputBipolar),
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
      .sum_i       (value),
      .thresholds_i(thresholds_i[lane*LaneThresholdBits +: LaneThresholdBits]),
      .descending_i(descending_i[lane]),
      .valid_i     (rst_ni && fired1_q),
      .code_o      (code)
    );

    always_ff @(posedge clk_i) code_q <= lane < LastLanes || !masked ? code : '0;

    assign codes[lane*CodeBits +: CodeBits] = code_q;
  end

  hwgen_credit_queue #(
    .Width  (Lanes * CodeBits),
    .Credits(Credits)
  ) u_queue (
    .clk_i      (clk_i),
    .rst_ni     (rst_ni),
    .credit_o   (credit),
    .issue_i    (fire),
    .push_data_i(codes),
    .push_i     (made_q[ThresholdStages]),
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
      if (made_q[ThresholdStages]) begin
        pushed_q <= pushed_q == BeatBits'(Beats - 1) ? '0 : pushed_q + 1'b1;
        spare_lanes_zero: assert (pushed_q != BeatBits'(Beats - 1)
                                  || codes >> (LastLanes * CodeBits) == '0);
      end
    end
  end
`endif

endmodule

`default_nettype wire
