// SPDX-License-Identifier: Apache-2.0
//
// Claim: each beat that is taken asks for the threshold of its row and of each lane's place, and leaves 3
//   cycles later with whether each number reaches that threshold below its place, or as the code that
//   this count makes; it is taken in exactly the cycles in which there is a credit.
// Cover: a beat of the last row leaves.
// Mistake: a number that equals its threshold counts as below it.
// Contract: hwgen_credit_queue

`default_nettype none

module hwgen_search_monitor #(
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
  input  wire logic                       clk_i,
  input  wire logic                       rst_ni,
  input  wire logic                       mistake_i,

  input  wire logic [Lanes*InputBits-1:0] s_data_i,
  input  wire logic                       s_valid_i,
  input  wire logic [Lanes*WordBits-1:0]  threshold_i,
  input  wire logic                       credit_i,

  output logic                            ready_wrong_o,
  output logic                            address_wrong_o,
  output logic                            issue_wrong_o,
  output logic                            push_wrong_o,
  output logic                            data_wrong_o,
  output logic                            reference_wrong_o,
  output logic                            covered_o
);

  localparam int unsigned WideBits = (NumberBits > ThresholdBits ? NumberBits : ThresholdBits) + 1;
  localparam int unsigned CountBits = PlaceBits + 1;

  logic [Lanes*AddrBits-1:0] address, expected_address;
  logic [Lanes*OutputBits-1:0] m_data, results, results_q;
  logic [Lanes*InputBits-1:0] operand_q;
  logic [RowBits-1:0] row_q;
  logic [1:0] fired_q, last_q;
  logic s_ready, m_valid, queue_issue, fire, last;

  hwgen_search #(
    .Lanes          (Lanes),
    .Rows           (Rows),
    .NumberBits     (NumberBits),
    .NumberSigned   (NumberSigned),
    .PlaceBits      (PlaceBits),
    .ThresholdBits  (ThresholdBits),
    .ThresholdSigned(ThresholdSigned),
    .Falling        (Falling),
    .CodeBits       (CodeBits),
    .CodeBase       (CodeBase),
    .Credits        (Credits)
  ) u_unit (
    .clk_i           (clk_i),
    .rst_ni          (rst_ni),
    .s_data_i        (s_data_i),
    .s_valid_i       (s_valid_i),
    .s_ready_o       (s_ready),
    .threshold_addr_o(address),
    .threshold_i     (threshold_i),
    .m_data_o        (m_data),
    .m_valid_o       (m_valid),
    .m_ready_i       (credit_i)
  );

  assign fire = credit_i && s_valid_i;
  assign last = row_q == RowBits'(Rows - 1);

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      row_q <= '0;
      fired_q <= '0;
    end else begin
      if (fire) row_q <= last ? '0 : row_q + 1'b1;
      fired_q <= {fired_q[0], fire};
    end
  end

  always_ff @(posedge clk_i) begin
    operand_q <= s_data_i;
    last_q <= {last_q[0], last};
    results_q <= results;
  end

  for (genvar lane = 0; lane < Lanes; lane++) begin : gen_lane
    logic [NumberBits-1:0] bits;
    logic [WordBits-1:0] word;
    logic signed [WideBits-1:0] number, threshold;
    logic [CountBits-1:0] count;
    logic above, reached;

    assign bits = operand_q[lane*InputBits +: NumberBits];
    assign word = threshold_i[lane*WordBits +: WordBits];
    assign number = WideBits'(signed'({NumberSigned && bits[NumberBits-1], bits}));
    assign threshold
        = WideBits'(signed'({ThresholdSigned && word[ThresholdBits-1], word[ThresholdBits-1:0]}));
    assign above = number > threshold || (number == threshold && !mistake_i);
    assign reached = Falling && word[WordBits-1] ? !above : above;

    // The count so far lies above the number, its address in the operand as it comes.
    if (PlaceBits > 0) begin : gen_place
      logic [PlaceBits-1:0] place, place_q;

      assign place = s_data_i[lane*InputBits+NumberBits +: PlaceBits];
      assign place_q = operand_q[lane*InputBits+NumberBits +: PlaceBits];
      assign expected_address[lane*AddrBits +: AddrBits]
          = AddrBits'(row_q) * AddrBits'(1 << PlaceBits) + AddrBits'(place);
      assign count = CountBits'(place_q) + CountBits'(place_q) + CountBits'(reached);
    end else begin : gen_first
      assign expected_address[lane*AddrBits +: AddrBits] = AddrBits'(row_q);
      assign count = reached;
    end

    if (CodeBits > 0) begin : gen_code
      assign results[lane*OutputBits +: OutputBits]
          = OutputBits'(CodeBase) + OutputBits'(count);
    end else begin : gen_count
      assign results[lane*OutputBits +: OutputBits] = {count, bits};
    end
  end

  assign ready_wrong_o = s_ready != credit_i;
  assign address_wrong_o = address != expected_address;
  assign issue_wrong_o = queue_issue != fire;
  assign push_wrong_o = m_valid != fired_q[1];
  assign data_wrong_o = m_valid && m_data != results_q;
  assign reference_wrong_o = 32'(row_q) >= Rows;
  assign covered_o = m_valid && last_q[1];

endmodule

`default_nettype wire
