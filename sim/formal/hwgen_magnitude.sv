// SPDX-License-Identifier: Apache-2.0
//
// Claim: Vectors vectors that are taken leave as the sum of the magnitudes of their elements, modulo
//   2**SumBits, exactly 4 cycles after the last beat; beats are taken in exactly the cycles in which
//   they are there and, for the last, there is a credit; lanes past a vector's end count nothing.
// Cover: a sum leaves.
// Mistake: the sums are expected with their lowest bits inverted.
// Contract: hwgen_credit_queue
// Parts: formal_dot

`default_nettype none

module hwgen_magnitude_monitor #(
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
  input  wire logic                       mistake_i,

  input  wire logic [Lanes*InputBits-1:0] s_data_i,
  input  wire logic                       s_valid_i,
  input  wire logic                       credit_i,

  output logic                            ready_wrong_o,
  output logic                            issue_wrong_o,
  output logic                            push_wrong_o,
  output logic                            data_wrong_o,
  output logic                            reference_wrong_o,
  output logic                            covered_o
);

  logic [Lanes*InputBits-1:0] magnitudes, magnitudes_q;
  logic [SumBits-1:0] m_data, sum, sum_q, total_q;
  logic [BeatBits-1:0] beat_q;
  logic [VectorBits-1:0] vector_q;
  logic [2:0] ended_q;
  logic [1:0] fired_q, first_q;
  logic s_ready, m_valid, queue_issue, fire, first, last_beat, last;

  hwgen_magnitude #(
    .Lanes       (Lanes),
    .Beats       (Beats),
    .LastLanes   (LastLanes),
    .Vectors     (Vectors),
    .InputBits   (InputBits),
    .InputSigned (InputSigned),
    .InputBipolar(InputBipolar),
    .SumBits     (SumBits),
    .Credits     (Credits)
  ) u_unit (
    .clk_i    (clk_i),
    .rst_ni   (rst_ni),
    .s_data_i (s_data_i),
    .s_valid_i(s_valid_i),
    .s_ready_o(s_ready),
    .m_data_o (m_data),
    .m_valid_o(m_valid),
    .m_ready_i(credit_i)
  );

  assign first = beat_q == '0 && vector_q == '0;
  assign last_beat = beat_q == BeatBits'(Beats - 1);
  assign last = last_beat && vector_q == VectorBits'(Vectors - 1);
  assign fire = s_valid_i && (credit_i || !last);

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      beat_q <= '0;
      vector_q <= '0;
      fired_q <= '0;
      ended_q <= '0;
    end else begin
      if (fire) begin
        beat_q <= last_beat ? '0 : beat_q + 1'b1;
        if (last_beat) vector_q <= last ? '0 : vector_q + 1'b1;
      end
      fired_q <= {fired_q[0], fire};
      ended_q <= {ended_q[1:0], fire && last};
    end
  end

  for (genvar lane = 0; lane < Lanes; lane++) begin : gen_lane
    logic signed [InputBits:0] value;

    if (InputBipolar) begin : gen_bipolar
      assign value = 1;
    end else begin : gen_integer
      logic [InputBits-1:0] bits;
      assign bits = s_data_i[lane*InputBits +: InputBits];
      assign value = {InputSigned && bits[InputBits-1], bits};
    end

    assign magnitudes[lane*InputBits +: InputBits]
        = lane >= LastLanes && last_beat ? '0 : InputBits'(value < 0 ? -value : value);
  end

  formal_dot #(
    .Simd         (Lanes),
    .WeightBits   (1),
    .WeightSigned (1'b1),
    .WeightBipolar(1'b1),
    .InputBits    (InputBits),
    .InputSigned  (1'b0),
    .InputBipolar (1'b0),
    .SumBits      (SumBits)
  ) u_sum (
    .weights_i({Lanes{1'b1}}),
    .inputs_i (magnitudes_q),
    .sum_o    (sum)
  );

  always_ff @(posedge clk_i) begin
    magnitudes_q <= magnitudes;
    first_q <= {first_q[0], first};
    sum_q <= sum;
    if (fired_q[1]) total_q <= (first_q[1] ? '0 : total_q) + sum_q;
  end

  assign ready_wrong_o = s_ready != (credit_i || !last);
  assign issue_wrong_o = queue_issue != (fire && last);
  assign push_wrong_o = m_valid != ended_q[2];
  assign data_wrong_o = m_valid && m_data != (total_q ^ SumBits'(mistake_i));
  assign reference_wrong_o = 32'(beat_q) >= Beats || 32'(vector_q) >= Vectors;
  assign covered_o = m_valid;

endmodule

`default_nettype wire
