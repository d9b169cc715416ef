// SPDX-License-Identifier: Apache-2.0
//
// Activation of one lane: code = CodeBase + CodeStep * n, modulo 2**CodeBits, or, with `Entries`
// above 1, entry n of the table `Codes`, or, with `FactorBits` above 0, a line.
//
// n is the number of thresholds at or below the sum, or `Levels` minus that number where
// `descending_i`. With `Levels` = 0 there are no thresholds and n is the sum itself, in a table of
// 2**SumBits codes its bits.
//
// A line has three numbers for thresholds: the lowest `FactorBits` of the first are a factor, the
// others its start and its rest, which is not negative. The code is
// (factor * (sum + start) + rest) >> Shift, clipped to CodeBase..CodeTop. With `TiesToEven` an odd
// one whose shifted-out bits are all 0 is one less. `PlaceBits` hold every sum + start. With
// `FactorBits` = 1 it has one number, a start, and the code is (sum + start) >> Shift, of the
// complement of the sum where `descending_i`.
//
// It is combinational but for `Stages` cycles: one behind the comparisons, two also amid the count;
// or one behind the line, two also in front of its product, three also behind it, four also behind
// the products of both halves of its wider factor. `valid_i` says that the sum is one whose code is
// used; only the assertion looks at it.
//
// Do not use it with thresholds that do not ascend: the count is found by halving.

`default_nettype none

module hwgen_activation #(
  parameter int unsigned SumBits = 8,
  parameter bit SumSigned = 1'b1,
  parameter int unsigned Levels = 1,
  parameter int unsigned ThresholdBits = 8,
  parameter bit ThresholdSigned = 1'b1,
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
  parameter int unsigned Stages = 0,
  localparam int unsigned LaneThresholdBits = Levels > 0 ? Levels * ThresholdBits : 1
) (
  input  wire logic                         clk_i,
  input  wire logic [SumBits-1:0]           sum_i,
  input  wire logic [LaneThresholdBits-1:0] thresholds_i,
  input  wire logic                         descending_i,
  input  wire logic                         valid_i,
  output logic      [CodeBits-1:0]          code_o
);

  localparam int unsigned WideBits = (SumBits > ThresholdBits ? SumBits : ThresholdBits) + 1;

  // Room for the code and for n before the modulo, so that neither is cut early.
  localparam int unsigned CountBits = Levels > 0 ? $clog2(Levels + 1) : SumBits + 1;
  localparam int unsigned MathBits = (CodeBits > CountBits ? CodeBits : CountBits) + 1;

  if (Stages > (FactorBits > 1 ? 4 : FactorBits > 0 ? 1 : 2)) begin : gen_check_stages
    $error("hwgen_activation: Stages must be at most 4, 1 without a factor, 2 without a line");
  end

  logic [MathBits-1:0] count;
  logic [MathBits-1:0] code;

  if (FactorBits > 0) begin : gen_line
    localparam int unsigned LineBits = PlaceBits + (FactorBits > 1 ? FactorBits + 1 : 0);

    logic signed [PlaceBits-1:0] place;
    logic signed [LineBits-1:0] sloped, line, shifted, rounded;
    logic unused_line;

    if (FactorBits > 1) begin : gen_factor
      localparam int unsigned Before = Stages > 1 ? 1 : 0;
      localparam int unsigned ProductCycles = Stages > 2 ? Stages - 2 : 0;

      logic signed [FactorBits-1:0] factor;
      logic signed [FactorBits+PlaceBits-1:0] product;
      logic [ThresholdBits-1:0] start, rest;

      assign start = thresholds_i[ThresholdBits +: ThresholdBits];

      hwgen_delay #(
        .Width (FactorBits + PlaceBits),
        .Cycles(Before)
      ) u_place (
        .clk_i (clk_i),
        .data_i({thresholds_i[FactorBits-1:0],
                 PlaceBits'(signed'({SumSigned && sum_i[SumBits-1], sum_i}))
                 + PlaceBits'(signed'({ThresholdSigned && start[ThresholdBits-1], start}))}),
        .data_o({factor, place})
      );

      hwgen_product #(
        .ABits (FactorBits),
        .BBits (PlaceBits),
        .Cycles(ProductCycles)
      ) u_product (
        .clk_i    (clk_i),
        .a_i      (factor),
        .b_i      (place),
        .product_o(product)
      );

      hwgen_delay #(
        .Width (ThresholdBits),
        .Cycles(Before + ProductCycles)
      ) u_rest (
        .clk_i (clk_i),
        .data_i(thresholds_i[2*ThresholdBits +: ThresholdBits]),
        .data_o(rest)
      );

      assign sloped = LineBits'(product) + LineBits'(signed'({1'b0, rest}));
    end else begin : gen_start
      logic signed [SumBits:0] sum;

      assign sum = {SumSigned && sum_i[SumBits-1], sum_i} ^ {(SumBits + 1){descending_i}};
      assign place = PlaceBits'(sum) + PlaceBits'(signed'({
        ThresholdSigned && thresholds_i[ThresholdBits-1], thresholds_i[ThresholdBits-1:0]}));
      assign sloped = place;
    end

    hwgen_delay #(
      .Width (LineBits),
      .Cycles(Stages > 0 ? 1 : 0)
    ) u_delay (
      .clk_i (clk_i),
      .data_i(sloped),
      .data_o(line)
    );

    assign shifted = line >>> Shift;

    if (TiesToEven) begin : gen_to_even
      assign rounded = shifted - LineBits'(shifted[0] && line[Shift-1:0] == '0);
    end else begin : gen_down
      assign rounded = shifted;
    end

    assign count = rounded < LineBits'(CodeBase) ? MathBits'(CodeBase)
        : rounded > LineBits'(CodeTop) ? MathBits'(CodeTop) : MathBits'(rounded);
    assign unused_line = ^{descending_i, thresholds_i};
  end else if (Levels > 0) begin : gen_thresholds
    localparam int unsigned FullLevels = (1 << CountBits) - 1;

    // Bits of the count that are found in front of the second registers.
    localparam int unsigned UpperBits = (CountBits + 1) / 2;
    localparam int unsigned LowerBits = CountBits - UpperBits;
    localparam int unsigned LowerLevels = (1 << LowerBits) - 1;

    logic [Levels-1:0] compared, reached;
    logic descending, descending_later;
    logic [FullLevels-1:0] scale;
    logic [LowerLevels:0] lower, lower_later, rest;
    logic [UpperBits-1:0] upper, upper_later;
    logic [CountBits-1:0] ones;
    logic signed [WideBits-1:0] sum;

    assign sum = WideBits'(signed'({SumSigned && sum_i[SumBits-1], sum_i}));

    for (genvar level = 0; level < Levels; level++) begin : gen_level
      logic [ThresholdBits-1:0] threshold;
      assign threshold = thresholds_i[level*ThresholdBits +: ThresholdBits];
      assign compared[level] = sum >= WideBits'(signed'({
        ThresholdSigned && threshold[ThresholdBits-1], threshold}));
    end

    hwgen_delay #(
      .Width (Levels + 1),
      .Cycles(Stages > 0 ? 1 : 0)
    ) u_delay (
      .clk_i (clk_i),
      .data_i({descending_i, compared}),
      .data_o({descending, reached})
    );

    // `reached` is a thermometer, as thresholds ascend: its middle bit is the top bit of the count,
    // and chooses the half that holds the others.
    always_comb begin
      scale = FullLevels'(reached);
      for (int unsigned i = 1; i <= UpperBits; i++) begin
        upper[UpperBits-i] = scale[(1 << (CountBits - i)) - 1];
        if (upper[UpperBits-i]) scale = scale >> (1 << (CountBits - i));
      end
      lower = (LowerLevels + 1)'(scale);
    end

    hwgen_delay #(
      .Width (1 + UpperBits + LowerLevels + 1),
      .Cycles(Stages > 1 ? 1 : 0)
    ) u_half (
      .clk_i (clk_i),
      .data_i({descending, upper, lower}),
      .data_o({descending_later, upper_later, lower_later})
    );

    always_comb begin
      rest = lower_later;
      ones = CountBits'(upper_later) << LowerBits;
      for (int unsigned i = 1; i <= LowerBits; i++) begin
        ones[LowerBits-i] = rest[(1 << (LowerBits - i)) - 1];
        if (ones[LowerBits-i]) rest = rest >> (1 << (LowerBits - i));
      end
    end

`ifdef HWGEN_ASSERT
    always_ff @(posedge clk_i) begin
      thresholds_ascend: assert (Levels == 1 || !valid_i || (compared & (compared + 1'b1)) == '0);
    end
`endif

    assign count = descending_later ? MathBits'(Levels) - MathBits'(ones) : MathBits'(ones);
  end else begin : gen_sum
    logic [SumBits-1:0] sum;
    logic unused_thresholds;

    hwgen_delay #(
      .Width (SumBits),
      .Cycles(Stages)
    ) u_delay (
      .clk_i (clk_i),
      .data_i(sum_i),
      .data_o(sum)
    );

    assign unused_thresholds = ^{thresholds_i, descending_i};
    assign count = MathBits'(signed'({SumSigned && sum[SumBits-1], sum}));
  end

  if (FactorBits > 0) begin : gen_scaled
    assign code = count;
  end else if (Entries > 1) begin : gen_table
    localparam int unsigned EntryBits = $clog2(Entries);
    logic [EntryBits-1:0] entry;

    assign entry = count[EntryBits-1:0];
    assign code = MathBits'(Codes[entry*CodeBits +: CodeBits]);
  end else begin : gen_line
    assign code = MathBits'(CodeBase) + MathBits'(CodeStep) * count;
  end

  assign code_o = code[CodeBits-1:0];

  logic unused_code;
  assign unused_code = ^{code[MathBits-1:CodeBits], count, valid_i};

endmodule

`default_nettype wire
