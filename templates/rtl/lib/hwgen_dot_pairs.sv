// SPDX-License-Identifier: Apache-2.0
//
// Dot product by pairs: a weight is binary digits, and each digit of two neighbouring weights
// chooses what of two inputs is added, inside the LUTs of an adder (`hwgen_pair_chain`).
//
// Pairs are on chains in turn, at most eight on each. A register stands behind the chains; then the
// chains of a digit are added, and the digits with their places, the top one of signed weights
// taken off. A bipolar weight is a digit, 1 for +1, and the sum twice what is chosen less the sum
// of all inputs, `shared_i`.
//
// Of inputs that may be less than zero the sum is more by `hwgen_steps_pkg::pair_excess`, whatever
// the weights. `hwgen_dot` says when what comes.
//
// Do not use it for products that multiplier blocks are there for.

`default_nettype none

module hwgen_dot_pairs #(
  parameter int unsigned Simd = 2,
  parameter int unsigned WeightBits = 1,
  parameter bit WeightSigned = 1'b0,
  parameter bit WeightBipolar = 1'b0,
  parameter int unsigned ValueBits = 1,
  parameter bit ValueSigned = 1'b0,
  parameter int unsigned SumBits = 1,
  parameter int unsigned Span = 64,
  localparam int unsigned Pairs = hwgen_steps_pkg::pairs(Simd),
  localparam int unsigned PairBits = 3 * ValueBits + 1
) (
  input  wire logic                       clk_i,
  input  wire logic                       rst_ni,
  input  wire logic [Simd*WeightBits-1:0] weights_i,
  input  wire logic [Pairs*PairBits-1:0]  pairs_i,
  input  wire logic [SumBits-1:0]         shared_i,
  output logic      [SumBits-1:0]         sum_o
);

  localparam int unsigned Each = Span > 0 ? Span : 1;
  localparam int unsigned Chains = hwgen_steps_pkg::pair_chains(Simd);
  localparam int unsigned Longest = hwgen_steps_pkg::pair_rows(Simd);
  localparam int unsigned ChainBits = ValueBits + 1 + $clog2(Longest);
  localparam int unsigned DigitBits = ChainBits + $clog2(Chains);
  localparam int unsigned Steps = $clog2(Chains) + $clog2(WeightBits);
  localparam int unsigned TotalBits = DigitBits + WeightBits;

  logic [2*Pairs*WeightBits-1:0] weights;
  logic [WeightBits*DigitBits-1:0] digits;
  logic [TotalBits-1:0] total;
  logic [WeightBits:0] unused_carries;

  assign weights = (2*Pairs*WeightBits)'(weights_i);

  for (genvar place = 0; place < WeightBits; place++) begin : gen_place
    logic [Chains*ChainBits-1:0] counts;

    for (genvar chain = 0; chain < Chains; chain++) begin : gen_chain
      localparam int unsigned Rows = (Pairs - chain - 1) / Chains + 1;
      localparam int unsigned RowsBits = ValueBits + 1 + $clog2(Rows);

      logic [2*Rows-1:0] chosen;
      logic [Rows*PairBits-1:0] pairs;
      logic [RowsBits-1:0] count, kept;

      for (genvar row = 0; row < Rows; row++) begin : gen_row
        localparam int unsigned Pair = row * Chains + chain;
        assign chosen[2*row] = weights[2*Pair*WeightBits+place];
        assign chosen[2*row+1] = weights[(2*Pair+1)*WeightBits+place];
        assign pairs[row*PairBits +: PairBits] = pairs_i[Pair*PairBits +: PairBits];
      end

      hwgen_pair_chain #(
        .Rows     (Rows),
        .ValueBits(ValueBits),
        .Signed   (ValueSigned),
        .Span     (Span)
      ) u_chain (
        .clk_i   (clk_i),
        .rst_ni  (rst_ni),
        .digits_i(chosen),
        .pairs_i (pairs),
        .sum_o   (count)
      );

      // A chain that is a row shorter waits for the others.
      hwgen_delay #(
        .Width (RowsBits),
        .Cycles(1 + (Longest - 1) / Each - (Rows - 1) / Each)
      ) u_count (
        .clk_i (clk_i),
        .data_i(count),
        .data_o(kept)
      );

      assign counts[chain*ChainBits +: ChainBits] = ChainBits'(kept);
    end

    hwgen_place_sum #(
      .Terms   (Chains),
      .TermBits(ChainBits),
      .Span    (Each)
    ) u_digit (
      .clk_i    (clk_i),
      .terms_i  (counts),
      .carries_i('0),
      .sum_o    (digits[place*DigitBits +: DigitBits]),
      .carry_o  (unused_carries[place])
    );
  end

  hwgen_place_sum #(
    .Terms   (WeightBits),
    .TermBits(DigitBits),
    .Step    (1'b1),
    .Signed  (WeightSigned && !WeightBipolar),
    .Span    (Each),
    .From    ($clog2(Chains))
  ) u_total (
    .clk_i    (clk_i),
    .terms_i  (digits),
    .carries_i('0),
    .sum_o    (total),
    .carry_o  (unused_carries[WeightBits])
  );

  // Sums are modulo 2**SumBits.
  logic unused_total;
  assign unused_total = ^total;

  if (WeightBipolar) begin : gen_bipolar
    logic [SumBits-1:0] twice;

    assign twice = SumBits'({total, 1'b0});

    hwgen_delay #(
      .Width (SumBits),
      .Cycles((Steps + 1) / Each - Steps / Each)
    ) u_delay (
      .clk_i (clk_i),
      .data_i(twice - shared_i),
      .data_o(sum_o)
    );
  end else begin : gen_number
    logic unused_shared;
    assign unused_shared = ^shared_i;
    assign sum_o = WeightSigned ? SumBits'(signed'(total)) : SumBits'(total);
  end

endmodule

`default_nettype wire
