// SPDX-License-Identifier: Apache-2.0
//
// Magnitude unit: the sum of |x| over `Vectors` vectors of `Beats` beats, `Lanes` elements a cycle.
//
// With one vector a sum it is the number of each pixel from which XNOR-Net makes its K. A sum
// leaves four cycles after its last beat is read:
//
//   magnitudes | sum of the beat | running sum | output queue
//
// Lanes past a vector's end (the last beat has `LastLanes`) count nothing. The sum is taken modulo
// 2**SumBits.
//
// Do not use it for bipolar streams, whose magnitudes are all one: the sum is a constant.

`default_nettype none

module hwgen_magnitude #(
  parameter int unsigned Lanes = 1,
  parameter int unsigned Beats = 1,
  parameter int unsigned LastLanes = Lanes,
  parameter int unsigned Vectors = 1,
  parameter int unsigned InputBits = 8,
  parameter bit InputSigned = 1'b1,
  parameter bit InputBipolar = 1'b0,
  parameter int unsigned SumBits = 8,
  parameter int unsigned Credits = 5,
  localparam int unsigned BeatBits = hwgen_steps_pkg::bits_for(Beats),
  localparam int unsigned VectorBits = hwgen_steps_pkg::bits_for(Vectors)
) (
  input  wire logic                       clk_i,
  input  wire logic                       rst_ni,

  input  wire logic [Lanes*InputBits-1:0] s_data_i,
  input  wire logic                       s_valid_i,
  output logic                            s_ready_o,

  output logic      [SumBits-1:0]         m_data_o,
  output logic                            m_valid_o,
  input  wire logic                       m_ready_i
);

  if (LastLanes < 1 || LastLanes > Lanes) begin : gen_check_last
    $error("hwgen_magnitude: LastLanes must lie in 1..Lanes");
  end
  if (Beats < 1 || Vectors < 1) begin : gen_check
    $error("hwgen_magnitude: Beats and Vectors must be at least 1");
  end

  logic [BeatBits-1:0] beat_q;
  logic [VectorBits-1:0] vector_q;
  logic last_beat, first, last;
  logic fire, credit, fired1_q, fired2_q, first1_q, first2_q, ended1_q, ended2_q, ended3_q;

  assign last_beat = beat_q == BeatBits'(Beats - 1);
  assign first = Beats * Vectors == 1 || (beat_q == '0 && vector_q == '0);
  assign last = last_beat && vector_q == VectorBits'(Vectors - 1);
  assign s_ready_o = credit || !last;
  assign fire = s_ready_o && s_valid_i;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      beat_q <= '0;
      vector_q <= '0;
      fired1_q <= 1'b0;
      fired2_q <= 1'b0;
      ended1_q <= 1'b0;
      ended2_q <= 1'b0;
      ended3_q <= 1'b0;
    end else begin
      if (fire) begin
        beat_q <= last_beat ? '0 : beat_q + 1'b1;
        if (last_beat) vector_q <= last ? '0 : vector_q + 1'b1;
      end
      fired1_q <= fire;
      fired2_q <= fired1_q;
      ended1_q <= fire && last;
      ended2_q <= ended1_q;
      ended3_q <= ended2_q;
    end
  end

  // ---- Stage 1: magnitudes ---------------------------------------------------------------------

  logic [Lanes*InputBits-1:0] magnitudes_q;

  for (genvar lane = 0; lane < Lanes; lane++) begin : gen_lane
    logic [InputBits-1:0] value, magnitude;

    assign value = s_data_i[lane*InputBits +: InputBits];

    if (InputBipolar) begin : gen_bipolar
      logic unused_value;
      assign unused_value = ^value;
      assign magnitude = InputBits'(1);
    end else begin : gen_integer
      assign magnitude = InputSigned && value[InputBits-1] ? -value : value;
    end

    always_ff @(posedge clk_i) begin
      magnitudes_q[lane*InputBits +: InputBits]
          <= lane < LastLanes || !last_beat ? magnitude : '0;
    end
  end

  always_ff @(posedge clk_i) begin
    first1_q <= first;
    first2_q <= first1_q;
  end

  // ---- Stages 2 and 3: sum of the beat, running sum --------------------------------------------

  logic [SumBits-1:0] sum, sum_q, total_q;

  hwgen_sum #(
    .Terms     (Lanes),
    .TermBits  (InputBits),
    .TermSigned(1'b0),
    .SumBits   (SumBits)
  ) u_sum (
    .clk_i  (clk_i),
    .terms_i(magnitudes_q),
    .sum_o  (sum)
  );

  always_ff @(posedge clk_i) begin
    sum_q <= sum;
    if (fired2_q) total_q <= first2_q ? sum_q : total_q + sum_q;
  end

  // ---- Stage 4: output queue -------------------------------------------------------------------

  hwgen_credit_queue #(
    .Width  (SumBits),
    .Credits(Credits)
  ) u_queue (
    .clk_i      (clk_i),
    .rst_ni     (rst_ni),
    .credit_o   (credit),
    .issue_i    (fire && last),
    .push_data_i(total_q),
    .push_i     (ended3_q),
    .m_data_o   (m_data_o),
    .m_valid_o  (m_valid_o),
    .m_ready_i  (m_ready_i)
  );

endmodule

`default_nettype wire
