// SPDX-License-Identifier: Apache-2.0
//
// Operands of lane sums in multiplier blocks (`hwgen_dot_packed`), which all lanes of a unit share:
// the inputs, and for each chain of blocks what its sum begins with in every field.
//
// Signed weights of b bits are there as w + 2**(b-1), which makes a sum of products too much by
// 2**(b-1) times that of the inputs. A chain begins with as much less than
// 2**(b-1+OffsetBits) - 1, so that what remains is a constant (`hwgen_steps_pkg::packed_excess`).
//
// With a span inputs come later from block to block on a chain.
//
// Do not use it for one neuron a block: nothing is added to its weights.

`default_nettype none

module hwgen_packed #(
  parameter int unsigned Simd = 2,
  parameter int unsigned Chained = 1,
  parameter int unsigned InputBits = 8,
  parameter bit InputSigned = 1'b0,
  parameter int unsigned Span = 64,
  localparam int unsigned Chains = hwgen_steps_pkg::packed_chains(Simd, Chained),
  localparam int unsigned Rows = hwgen_steps_pkg::packed_rows(Simd, Chained),
  localparam int unsigned OffsetBits = InputBits + $clog2(Rows)
) (
  input  wire logic                         clk_i,
  input  wire logic                         rst_ni,
  input  wire logic [Simd*InputBits-1:0]    inputs_i,
  output logic      [Simd*InputBits-1:0]    inputs_o,
  output logic      [Chains*OffsetBits-1:0] offsets_o
);

  for (genvar lane = 0; lane < Simd; lane++) begin : gen_lane
    hwgen_flops #(
      .Width (InputBits),
      .Cycles(hwgen_steps_pkg::block_cycles(lane / Chains, Span))
    ) u_delay (
      .clk_i (clk_i),
      .rst_ni(rst_ni),
      .data_i(inputs_i[lane*InputBits +: InputBits]),
      .data_o(inputs_o[lane*InputBits +: InputBits])
    );
  end

  for (genvar chain = 0; chain < Chains; chain++) begin : gen_chain
    localparam int unsigned Length = (Simd - chain - 1) / Chains + 1;
    localparam int unsigned LengthBits = InputBits + $clog2(Length);

    logic [Length*InputBits-1:0] values;
    logic [LengthBits-1:0] sum;
    logic [OffsetBits-1:0] offset;
    logic unused_carry;

    // Each at least zero: more by 2**(InputBits-1) where inputs are signed.
    for (genvar row = 0; row < Length; row++) begin : gen_row
      localparam int unsigned Lane = row * Chains + chain;
      assign values[row*InputBits +: InputBits]
          = inputs_i[Lane*InputBits +: InputBits] ^ {InputSigned, {InputBits-1{1'b0}}};
    end

    hwgen_place_sum #(
      .Terms   (Length),
      .TermBits(InputBits)
    ) u_sum (
      .clk_i    (clk_i),
      .terms_i  (values),
      .carries_i('0),
      .sum_o    (sum),
      .carry_o  (unused_carry)
    );

    assign offset = ~{{OffsetBits-LengthBits{1'b0}}, sum};

    hwgen_delay #(
      .Width (OffsetBits),
      .Cycles(1 / Span)
    ) u_offset (
      .clk_i (clk_i),
      .data_i(offset),
      .data_o(offsets_o[chain*OffsetBits +: OffsetBits])
    );
  end

endmodule

`default_nettype wire
