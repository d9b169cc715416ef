// SPDX-License-Identifier: Apache-2.0
//
// Claim: the beats that are taken of all inputs at once leave as the exact sums of their lanes, each
//   times its constant, modulo 2**SumBits, 2 cycles later; they are taken in exactly the cycles in
//   which all are there and there is a credit; lanes past a vector's end are zero.
// Cover: the last beat of a vector leaves.
// Mistake: the sums are expected with their lowest bits inverted.
// Contract: hwgen_credit_queue

`default_nettype none

module hwgen_add_monitor #(
  parameter int unsigned Inputs = 2,
  parameter int unsigned Lanes = 1,
  parameter int unsigned Beats = 1,
  parameter int unsigned LastLanes = Lanes,
  parameter int unsigned InputBits = 16,
  parameter int unsigned SumBits = 9,
  parameter int unsigned Credits = 3,
  parameter logic [8*Inputs-1:0] Bits = {Inputs{8'd8}},
  parameter logic [Inputs-1:0] Signed = '1,
  parameter logic [Inputs-1:0] Bipolar = '0,
  parameter int unsigned GainBits = 1,
  parameter logic [GainBits*Inputs-1:0] Plus = '1,
  parameter logic [GainBits*Inputs-1:0] Minus = '0,
  localparam int unsigned BeatBits = Beats > 1 ? $clog2(Beats) : 1
) (
  input  wire logic                       clk_i,
  input  wire logic                       rst_ni,
  input  wire logic                       mistake_i,

  input  wire logic [Lanes*InputBits-1:0] s_data_i,
  input  wire logic [Inputs-1:0]          s_valid_i,
  input  wire logic                       credit_i,

  output logic                            ready_wrong_o,
  output logic                            issue_wrong_o,
  output logic                            push_wrong_o,
  output logic                            data_wrong_o,
  output logic                            reference_wrong_o,
  output logic                            covered_o
);

  function automatic int unsigned bits_below(input int unsigned count);
    bits_below = 0;
    for (int unsigned i = 0; i < Inputs; i++) begin
      if (i < count) bits_below = bits_below + 32'(Bits[8*i +: 8]);
    end
  endfunction

  logic [Inputs-1:0] s_ready;
  logic [Lanes*SumBits-1:0] m_data, sums, sums_q;
  logic [BeatBits-1:0] beat_q;
  logic m_valid, fire, fired_q, last, last_q;
  logic queue_issue;

  hwgen_add #(
    .Inputs   (Inputs),
    .Lanes    (Lanes),
    .Beats    (Beats),
    .LastLanes(LastLanes),
    .InputBits(InputBits),
    .SumBits  (SumBits),
    .Credits  (Credits),
    .Bits     (Bits),
    .Signed   (Signed),
    .Bipolar  (Bipolar),
    .GainBits (GainBits),
    .Plus     (Plus),
    .Minus    (Minus)
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

  assign fire = credit_i && &s_valid_i;
  assign last = beat_q == BeatBits'(Beats - 1);

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      beat_q <= '0;
      fired_q <= 1'b0;
    end else begin
      if (fire) beat_q <= last ? '0 : beat_q + 1'b1;
      fired_q <= fire;
    end
  end

  always_ff @(posedge clk_i) begin
    sums_q <= sums;
    last_q <= last;
  end

  for (genvar lane = 0; lane < Lanes; lane++) begin : gen_lane
    logic [Inputs*SumBits-1:0] terms;
    logic [SumBits-1:0] sum;

    for (genvar i = 0; i < Inputs; i++) begin : gen_input
      localparam int unsigned TermBits = 32'(Bits[8*i +: 8]);
      localparam logic [SumBits-1:0] Gain = SumBits'(Plus[GainBits*i +: GainBits])
          - SumBits'(Minus[GainBits*i +: GainBits]);

      logic [TermBits-1:0] term;
      logic [SumBits-1:0] value;

      assign term = s_data_i[Lanes*bits_below(i) + lane*TermBits +: TermBits];

      if (Bipolar[i]) begin : gen_bipolar
        assign value = SumBits'(signed'({!term[0], 1'b1}));
      end else begin : gen_integer
        assign value = SumBits'(signed'({Signed[i] && term[TermBits-1], term}));
      end
      assign terms[i*SumBits +: SumBits] = Gain * value;
    end

    always_comb begin
      sum = '0;
      for (int unsigned i = 0; i < Inputs; i++) sum = sum + terms[i*SumBits +: SumBits];
    end

    assign sums[lane*SumBits +: SumBits]
        = lane < LastLanes || !last ? sum ^ SumBits'(mistake_i) : '0;
  end

  assign ready_wrong_o = s_ready != {Inputs{fire}};
  assign issue_wrong_o = queue_issue != fire;
  assign push_wrong_o = m_valid != fired_q;
  assign data_wrong_o = m_valid && m_data != sums_q;
  assign reference_wrong_o = 32'(beat_q) >= Beats;
  assign covered_o = m_valid && last_q;

endmodule

`default_nettype wire
