// SPDX-License-Identifier: Apache-2.0
//
// Search unit: one step of a binary search for the codes of numbers, `Lanes` of them a cycle.
//
// A lane of a beat holds a number and above it the `PlaceBits` highest bits of its count: how many
// thresholds it reaches. The unit adds the next bit: whether the number reaches the threshold in
// the middle of the place that they name, or, with `Falling` and the highest bit of the word,
// whether it does not. With `CodeBits` above 0 it is the last one and writes the code, CodeBase +
// count.
//
// Each lane has a memory of its own, which is outside and answers one cycle after the address.
// Word row * 2**PlaceBits + place holds a threshold. Beats take the `Rows` in turn. A beat leaves
// three cycles after it is read: operand | bit | output queue.
//
// Do not use it for few levels: `hwgen_threshold` compares with all of them at once.

`default_nettype none

module hwgen_search #(
  parameter int unsigned Lanes = 1,
  parameter int unsigned Rows = 1,
  parameter int unsigned NumberBits = 8,
  parameter bit NumberSigned = 1'b0,
  parameter int unsigned PlaceBits = 0,
  parameter int unsigned ThresholdBits = 8,
  parameter bit ThresholdSigned = 1'b0,
  parameter bit Falling = 1'b0,
  parameter int unsigned CodeBits = 0,
  parameter int CodeBase = 0,
  parameter int unsigned Credits = 4,
  localparam int unsigned InputBits = NumberBits + PlaceBits,
  localparam int unsigned OutputBits = CodeBits > 0 ? CodeBits : InputBits + 1,
  localparam int unsigned RowBits = hwgen_steps_pkg::bits_for(Rows),
  localparam int unsigned AddrBits = hwgen_steps_pkg::bits_for(Rows << PlaceBits),
  localparam int unsigned WordBits = ThresholdBits + (Falling ? 1 : 0)
) (
  input  wire logic                        clk_i,
  input  wire logic                        rst_ni,

  input  wire logic [Lanes*InputBits-1:0]  s_data_i,
  input  wire logic                        s_valid_i,
  output logic                             s_ready_o,

  output logic      [Lanes*AddrBits-1:0]   threshold_addr_o,
  input  wire logic [Lanes*WordBits-1:0]   threshold_i,

  output logic      [Lanes*OutputBits-1:0] m_data_o,
  output logic                             m_valid_o,
  input  wire logic                        m_ready_i
);

  localparam int unsigned WideBits = (NumberBits > ThresholdBits ? NumberBits : ThresholdBits) + 1;

  logic [RowBits-1:0] row_q;
  logic [Lanes*InputBits-1:0] operand_q;
  logic [Lanes*OutputBits-1:0] result, result_q;
  logic fire, fired1_q, fired2_q, credit;

  assign s_ready_o = credit;
  assign fire = credit && s_valid_i;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      row_q <= '0;
      fired1_q <= 1'b0;
      fired2_q <= 1'b0;
    end else begin
      if (fire) row_q <= row_q == RowBits'(Rows - 1) ? '0 : row_q + 1'b1;
      fired1_q <= fire;
      fired2_q <= fired1_q;
    end
  end

  always_ff @(posedge clk_i) begin
    operand_q <= s_data_i;
    result_q <= result;
  end

  for (genvar lane = 0; lane < Lanes; lane++) begin : gen_lane
    logic [InputBits-1:0] operand;
    logic [WordBits-1:0] entry;
    logic signed [WideBits-1:0] number, threshold;
    logic reached;

    assign operand = operand_q[lane*InputBits +: InputBits];
    assign entry = threshold_i[lane*WordBits +: WordBits];
    assign number = WideBits'(signed'({
      NumberSigned && operand[NumberBits-1], operand[NumberBits-1:0]}));
    assign threshold = WideBits'(signed'({
      ThresholdSigned && entry[ThresholdBits-1], entry[ThresholdBits-1:0]}));
    assign reached = (number >= threshold) != (Falling && entry[WordBits-1]);

    if (PlaceBits > 0) begin : gen_place
      assign threshold_addr_o[lane*AddrBits +: AddrBits] =
          AddrBits'({row_q, s_data_i[lane*InputBits + NumberBits +: PlaceBits]});
    end else begin : gen_root
      assign threshold_addr_o[lane*AddrBits +: AddrBits] = row_q;
    end

    if (CodeBits > 0) begin : gen_code
      localparam int unsigned MathBits = (CodeBits > PlaceBits + 1 ? CodeBits : PlaceBits + 1) + 1;
      logic [MathBits-1:0] count, code;
      logic unused_code;

      if (PlaceBits > 0) begin : gen_count
        assign count = MathBits'({operand[InputBits-1 -: PlaceBits], reached});
      end else begin : gen_bit
        assign count = MathBits'(reached);
      end

      assign code = MathBits'(CodeBase) + count;
      assign result[lane*OutputBits +: OutputBits] = code[CodeBits-1:0];
      assign unused_code = ^code;
    end else if (PlaceBits > 0) begin : gen_next
      assign result[lane*OutputBits +: OutputBits] =
          {operand[InputBits-1 -: PlaceBits], reached, operand[NumberBits-1:0]};
    end else begin : gen_first
      assign result[lane*OutputBits +: OutputBits] = {reached, operand};
    end
  end

  hwgen_credit_queue #(
    .Width  (Lanes * OutputBits),
    .Credits(Credits)
  ) u_queue (
    .clk_i      (clk_i),
    .rst_ni     (rst_ni),
    .credit_o   (credit),
    .issue_i    (fire),
    .push_data_i(result_q),
    .push_i     (fired2_q),
    .m_data_o   (m_data_o),
    .m_valid_o  (m_valid_o),
    .m_ready_i  (m_ready_i)
  );

endmodule

`default_nettype wire
