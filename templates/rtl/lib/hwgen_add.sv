// SPDX-License-Identifier: Apache-2.0
//
// Adder of `Inputs` streams, each times a constant, lane by lane: the end of a residual connection.
//
// A slot takes one beat of every input at once. Input i has lanes of `Bits`[8*i +: 8] bits, signed
// where bit i of `Signed` is set and -1 or +1 where bit i of `Bipolar` is; input 0 is the least
// significant of `s_data_i`. Its constant is `Plus`[GainBits*i +: GainBits] less the same bits of
// `Minus`: an adder for each bit set. The sum is taken modulo 2**SumBits and leaves two cycles
// later:
//
//   sum | output queue
//
// Lanes past a vector's end (`Beats` beats, the last of `LastLanes` lanes) are zero bits at the
// output. A ready looks at the valid of all inputs.
//
// Do not use it without a FIFO on every input: the slower one would hold up the other's writer.

`default_nettype none

module hwgen_add #(
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
  localparam int unsigned BeatBits = hwgen_steps_pkg::bits_for(Beats)
) (
  input  wire logic                       clk_i,
  input  wire logic                       rst_ni,

  input  wire logic [Lanes*InputBits-1:0] s_data_i,
  input  wire logic [Inputs-1:0]          s_valid_i,
  output logic      [Inputs-1:0]          s_ready_o,

  output logic      [Lanes*SumBits-1:0]   m_data_o,
  output logic                            m_valid_o,
  input  wire logic                       m_ready_i
);

  // Bits of a lane of the inputs below `count`.
  function automatic int unsigned bits_below(input int unsigned count);
    bits_below = 0;
    for (int unsigned i = 0; i < Inputs; i++) begin
      if (i < count) bits_below = bits_below + 32'(Bits[8*i +: 8]);
    end
  endfunction

  // Bits set among those of `digits` below `count`.
  function automatic int unsigned digits_below(input logic [GainBits*Inputs-1:0] digits,
                                               input int unsigned count);
    digits_below = 0;
    for (int unsigned i = 0; i < GainBits * Inputs; i++) begin
      if (i < count) digits_below = digits_below + 32'(digits[i]);
    end
  endfunction

  localparam int unsigned PlusTerms = digits_below(Plus, GainBits * Inputs);
  localparam int unsigned MinusTerms = digits_below(Minus, GainBits * Inputs);
  localparam int unsigned PlusBits = PlusTerms > 0 ? PlusTerms * SumBits : 1;
  localparam int unsigned MinusBits = MinusTerms > 0 ? MinusTerms * SumBits : 1;

  if (LastLanes < 1 || LastLanes > Lanes) begin : gen_check_last
    $error("hwgen_add: LastLanes must lie in 1..Lanes");
  end
  if (bits_below(Inputs) != InputBits) begin : gen_check_bits
    $error("hwgen_add: InputBits must be the sum of Bits");
  end

  if (PlusTerms + MinusTerms == 0) begin : gen_check_gains
    $error("hwgen_add: a bit of Plus or Minus must be set");
  end

  logic [BeatBits-1:0] beat_q;
  logic last_beat, fire, fired1_q, credit;
  logic [Lanes*SumBits-1:0] sums_q;

  assign fire = credit && &s_valid_i;
  assign s_ready_o = {Inputs{fire}};
  assign last_beat = beat_q == BeatBits'(Beats - 1);

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      beat_q <= '0;
      fired1_q <= 1'b0;
    end else begin
      if (fire) beat_q <= last_beat ? '0 : beat_q + 1'b1;
      fired1_q <= fire;
    end
  end

  for (genvar lane = 0; lane < Lanes; lane++) begin : gen_lane
    logic [PlusBits-1:0] plus;
    logic [MinusBits-1:0] minus;
    logic [SumBits-1:0] sum, plus_sum, minus_sum;

    for (genvar i = 0; i < Inputs; i++) begin : gen_input
      localparam int unsigned TermBits = 32'(Bits[8*i +: 8]);
      localparam int unsigned At = Lanes * bits_below(i) + lane * TermBits;
      logic [TermBits-1:0] term;
      logic [SumBits-1:0] wide;

      assign term = s_data_i[At +: TermBits];

      if (Bipolar[i]) begin : gen_bipolar
        assign wide = SumBits'(signed'({!term[0], 1'b1}));
      end else begin : gen_integer
        assign wide = SumBits'(signed'({Signed[i] && term[TermBits-1], term}));
      end

      for (genvar bit_ = 0; bit_ < GainBits; bit_++) begin : gen_digit
        localparam int unsigned Digit = i * GainBits + bit_;

        if (Plus[Digit]) begin : gen_plus
          assign plus[digits_below(Plus, Digit)*SumBits +: SumBits] = wide << bit_;
        end
        if (Minus[Digit]) begin : gen_minus
          assign minus[digits_below(Minus, Digit)*SumBits +: SumBits] = wide << bit_;
        end
      end
    end

    if (PlusTerms > 0) begin : gen_plus_sum
      hwgen_sum #(
        .Terms     (PlusTerms),
        .TermBits  (SumBits),
        .TermSigned(1'b0),
        .SumBits   (SumBits)
      ) u_sum (
        .clk_i  (clk_i),
        .terms_i(plus),
        .sum_o  (plus_sum)
      );
    end else begin : gen_no_plus
      logic unused_plus;

      assign plus = '0;
      assign unused_plus = plus;
      assign plus_sum = '0;
    end

    if (MinusTerms > 0) begin : gen_minus_sum
      hwgen_sum #(
        .Terms     (MinusTerms),
        .TermBits  (SumBits),
        .TermSigned(1'b0),
        .SumBits   (SumBits)
      ) u_sum (
        .clk_i  (clk_i),
        .terms_i(minus),
        .sum_o  (minus_sum)
      );
    end else begin : gen_no_minus
      logic unused_minus;

      assign minus = '0;
      assign unused_minus = minus;
      assign minus_sum = '0;
    end

    assign sum = plus_sum - minus_sum;

    always_ff @(posedge clk_i) begin
      sums_q[lane*SumBits +: SumBits] <= lane < LastLanes || !last_beat ? sum : '0;
    end
  end

  hwgen_credit_queue #(
    .Width  (Lanes * SumBits),
    .Credits(Credits)
  ) u_queue (
    .clk_i      (clk_i),
    .rst_ni     (rst_ni),
    .credit_o   (credit),
    .issue_i    (fire),
    .push_data_i(sums_q),
    .push_i     (fired1_q),
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
      if (fired1_q) begin
        pushed_q <= pushed_q == BeatBits'(Beats - 1) ? '0 : pushed_q + 1'b1;
        spare_lanes_zero: assert (pushed_q != BeatBits'(Beats - 1)
                                  || sums_q >> (LastLanes * SumBits) == '0);
      end
    end
  end
`endif

endmodule

`default_nettype wire
