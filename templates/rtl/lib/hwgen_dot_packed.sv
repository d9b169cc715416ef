// SPDX-License-Identifier: Apache-2.0
//
// Dot products of `Fields` neurons with the same inputs, a multiplier block for each input.
//
// The weights of an input are fields of one factor, `FieldBits` apart, the last neuron's on top: it
// is signed, and the others are made at least zero (`hwgen_packed`). A product is then the sum of
// all neurons' products in their places. Blocks are on chains, each of which adds its product to
// what came before; a register stands behind the last one, and then chains are added.
//
// A field's sum may be a bit wider than the field: that bit is the carry that the field above got,
// whose own lowest bit is the parity of its products. `sums_o` are unsigned, more than the sums of
// products by `hwgen_steps_pkg::packed_excess` and one less for each bit of `carries_o`, for
// the adder behind. `hwgen_packed` gives the inputs as a span needs them.
//
// Do not use it for bipolar operands or for inputs of each neuron's own.

`default_nettype none

module hwgen_dot_packed #(
  parameter int unsigned Fields = 2,
  parameter int unsigned FieldBits = 17,
  parameter int unsigned Chained = 1,
  parameter int unsigned Simd = 2,
  parameter int unsigned WeightBits = 8,
  parameter bit WeightSigned = 1'b1,
  parameter int unsigned InputBits = 8,
  parameter bit InputSigned = 1'b0,
  parameter int unsigned SumBits = 24,
  parameter int unsigned Span = 64,
  localparam int unsigned Chains = hwgen_steps_pkg::packed_chains(Simd, Chained),
  localparam int unsigned Rows = hwgen_steps_pkg::packed_rows(Simd, Chained),
  localparam int unsigned OffsetBits = InputBits + $clog2(Rows)
) (
  input  wire logic                              clk_i,
  input  wire logic                              rst_ni,
  input  wire logic [Fields*Simd*WeightBits-1:0] weights_i,
  input  wire logic [Simd*InputBits-1:0]         inputs_i,
  input  wire logic [Chains*OffsetBits-1:0]      offsets_i,
  output logic      [Fields*SumBits-1:0]         sums_o,
  output logic      [Fields-1:0]                 carries_o
);

  localparam int unsigned Top = (Fields - 1) * FieldBits;
  localparam int unsigned TopBits = hwgen_steps_pkg::packed_top_bits(
      Rows, WeightBits, WeightSigned, InputBits);
  localparam int unsigned FactorBits = Top + WeightBits + (WeightSigned ? 0 : 1);
  localparam int unsigned ValueBits = InputBits + (InputSigned ? 0 : 1);
  localparam int unsigned TotalBits = Top + TopBits;

  logic [Chains*TotalBits-1:0] totals;
  logic [Chains*Fields-1:0] parities;

  for (genvar chain = 0; chain < Chains; chain++) begin : gen_chain
    localparam int unsigned Length = (Simd - chain - 1) / Chains + 1;

    logic [(Length+1)*TotalBits-1:0] sums;
    logic [(Length+1)*Fields-1:0] odd;

    for (genvar field = 0; field < Fields; field++) begin : gen_begin
      assign odd[field] = WeightSigned && field < Fields - 1;
    end
    // The top field is signed, and begins with half of what it holds, to stay at least zero.
    if (Fields == 1) begin : gen_alone
      logic unused_offsets;
      assign unused_offsets = ^offsets_i[chain*OffsetBits +: OffsetBits];
      assign sums[TotalBits-1:0] = {1'b1, {TotalBits-1{1'b0}}};
    end else begin : gen_offset
      logic [FieldBits-1:0] offset;

      if (WeightSigned) begin : gen_signed
        assign offset
            = FieldBits'({offsets_i[chain*OffsetBits +: OffsetBits], {WeightBits-1{1'b1}}});
      end else begin : gen_unsigned
        logic unused_offsets;
        assign unused_offsets = ^offsets_i[chain*OffsetBits +: OffsetBits];
        assign offset = InputSigned ? FieldBits'(64'd1 << (WeightBits + OffsetBits - 1)) : '0;
      end
      assign sums[TotalBits-1:0] = {1'b1, {TopBits-1{1'b0}}, {Fields-1{offset}}};
    end

    for (genvar row = 0; row < Length; row++) begin : gen_row
      localparam int unsigned Lane = row * Chains + chain;
      localparam bit Last = row == Length - 1;
      localparam int unsigned After = Last ? 1 + Rows / Span - (1 + row) / Span
          : (2 + row) / Span - (1 + row) / Span;

      logic [Fields*WeightBits-1:0] weights;
      logic signed [FactorBits-1:0] factor;
      logic signed [ValueBits-1:0] value;
      logic signed [TotalBits-1:0] product, term, sum;
      logic [Fields-1:0] ones, ones_in_time, parity;

      for (genvar field = 0; field < Fields; field++) begin : gen_field
        hwgen_flops #(
          .Width (WeightBits),
          .Cycles(hwgen_steps_pkg::block_cycles(row, Span))
        ) u_weight (
          .clk_i (clk_i),
          .rst_ni(rst_ni),
          .data_i(weights_i[(field*Simd+Lane)*WeightBits +: WeightBits]),
          .data_o(weights[field*WeightBits +: WeightBits])
        );

        assign ones[field] = weights[field*WeightBits] && value[0];
        if (field < Fields - 1) begin : gen_low
          assign factor[field*FieldBits +: FieldBits] = FieldBits'(
              weights[field*WeightBits +: WeightBits] ^ {WeightSigned, {WeightBits-1{1'b0}}});
        end else begin : gen_top
          assign factor[FactorBits-1:Top]
              = (FactorBits-Top)'({1'b0, weights[field*WeightBits +: WeightBits]});
        end
      end

      assign value = ValueBits'({1'b0, inputs_i[Lane*InputBits +: InputBits]});
      assign product = factor * value;

      hwgen_delay #(
        .Width (TotalBits),
        .Cycles(1 / Span)
      ) u_term (
        .clk_i (clk_i),
        .data_i(product),
        .data_o(term)
      );

      hwgen_delay #(
        .Width (Fields),
        .Cycles(1 / Span)
      ) u_ones (
        .clk_i (clk_i),
        .data_i(ones),
        .data_o(ones_in_time)
      );

      assign sum = sums[row*TotalBits +: TotalBits] + term;
      assign parity = odd[row*Fields +: Fields] ^ ones_in_time;

      hwgen_delay #(
        .Width (TotalBits),
        .Cycles(After)
      ) u_sum (
        .clk_i (clk_i),
        .data_i(sum),
        .data_o(sums[(row+1)*TotalBits +: TotalBits])
      );

      hwgen_delay #(
        .Width (Fields),
        .Cycles(After)
      ) u_parity (
        .clk_i (clk_i),
        .data_i(parity),
        .data_o(odd[(row+1)*Fields +: Fields])
      );
    end

    assign totals[chain*TotalBits +: TotalBits] = sums[Length*TotalBits +: TotalBits];
    assign parities[chain*Fields +: Fields] = odd[Length*Fields +: Fields];
  end

  // What a field carries into the one above: of the fields below each, from that below the lowest.
  logic [Chains*Fields-1:0] into;

  for (genvar field = 0; field < Fields; field++) begin : gen_sum
    localparam bit IsTop = field == Fields - 1;
    localparam int unsigned Place = field * FieldBits;
    localparam int unsigned TermBits = IsTop ? TopBits : FieldBits + 1;

    logic [Chains*TermBits-1:0] terms;
    logic [Chains-1:0] carries;
    logic [TermBits+$clog2(Chains)-1:0] sum;

    for (genvar chain = 0; chain < Chains; chain++) begin : gen_chain
      if (field == 0) begin : gen_lowest
        assign into[chain*Fields] = 1'b0;
        assign carries[chain] = 1'b0;
      end else begin : gen_carry
        assign into[chain*Fields+field] = totals[chain*TotalBits+Place]
            ^ parities[chain*Fields+field];
        assign carries[chain] = !into[chain*Fields+field];
      end
      if (IsTop) begin : gen_top
        assign terms[chain*TermBits +: TermBits] = totals[chain*TotalBits+Top +: TopBits];
      end else begin : gen_low
        assign terms[chain*TermBits +: TermBits]
            = {into[chain*Fields+field+1], totals[chain*TotalBits+Place +: FieldBits]};
      end
    end

    hwgen_place_sum #(
      .Terms   (Chains),
      .TermBits(TermBits),
      .Span    (Span)
    ) u_sum (
      .clk_i    (clk_i),
      .terms_i  (terms),
      .carries_i(carries),
      .sum_o    (sum),
      .carry_o  (carries_o[field])
    );

    assign sums_o[field*SumBits +: SumBits] = SumBits'(sum);
  end

endmodule

`default_nettype wire
