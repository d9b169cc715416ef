// SPDX-License-Identifier: Apache-2.0
//
// Claim: each beat that is taken leaves as the exact products of its lanes and their factors, modulo
//   2**OutputBits, 3 cycles later; both inputs are looked at in exactly the cycles in which both are
//   there and there is a credit, and a factor of a whole vector is taken with the vector's last beat;
//   lanes past a vector's end are zero.
// Cover: the last beat of a vector leaves.
// Mistake: the products are expected with their lowest bits inverted.
// Contract: hwgen_credit_queue

`default_nettype none

module hwgen_scale_monitor #(
  parameter int unsigned Lanes = 1,
  parameter int unsigned Beats = 1,
  parameter int unsigned LastLanes = Lanes,
  parameter int unsigned InputBits = 8,
  parameter bit InputSigned = 1'b1,
  parameter bit InputBipolar = 1'b0,
  parameter int unsigned Factors = 1,
  parameter int unsigned FactorBits = 8,
  parameter bit FactorSigned = 1'b0,
  parameter bit FactorBipolar = 1'b0,
  parameter int unsigned OutputBits = 16,
  parameter int unsigned Credits = 4,
  localparam int unsigned BeatBits = hwgen_steps_pkg::bits_for(Beats),
  localparam int unsigned FactorLanes = Factors > 1 ? Lanes : 1,
  localparam int unsigned DataBits = Lanes * InputBits + FactorLanes * FactorBits
) (
  input  wire logic                clk_i,
  input  wire logic                rst_ni,
  input  wire logic                mistake_i,

  input  wire logic [DataBits-1:0] s_data_i,
  input  wire logic [1:0]          s_valid_i,
  input  wire logic                credit_i,

  output logic                     ready_wrong_o,
  output logic                     issue_wrong_o,
  output logic                     push_wrong_o,
  output logic                     data_wrong_o,
  output logic                     reference_wrong_o,
  output logic                     covered_o
);

  // Wide enough for each number and its sign, and no wider: both sides multiply the same numbers.
  localparam int unsigned ValueBits = InputBits + (InputBipolar || !InputSigned ? 1 : 0);
  localparam int unsigned ScaleBits = FactorBits + (FactorBipolar || !FactorSigned ? 1 : 0);
  localparam int unsigned ProductBits = ValueBits + ScaleBits;

  logic [Lanes*OutputBits-1:0] m_data, products_q;
  logic [BeatBits-1:0] beat_q;
  logic [1:0] s_ready, fired_q, last_q;
  logic m_valid, queue_issue, fire, last;

  hwgen_scale #(
    .Lanes        (Lanes),
    .Beats        (Beats),
    .LastLanes    (LastLanes),
    .InputBits    (InputBits),
    .InputSigned  (InputSigned),
    .InputBipolar (InputBipolar),
    .Factors      (Factors),
    .FactorBits   (FactorBits),
    .FactorSigned (FactorSigned),
    .FactorBipolar(FactorBipolar),
    .OutputBits   (OutputBits),
    .Credits      (Credits)
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
      fired_q <= '0;
    end else begin
      if (fire) beat_q <= last ? '0 : beat_q + 1'b1;
      fired_q <= {fired_q[0], fire};
    end
  end

  always_ff @(posedge clk_i) begin
    last_q <= {last_q[0], last};
  end

  // Operands are zero past a vector's end; then come the products, a register each.
  for (genvar lane = 0; lane < Lanes; lane++) begin : gen_lane
    localparam int unsigned FactorAt = Lanes * InputBits + (FactorLanes > 1 ? lane : 0) * FactorBits;

    logic [InputBits-1:0] element;
    logic [FactorBits-1:0] factor;
    logic signed [ValueBits-1:0] value, value_q;
    logic signed [ScaleBits-1:0] scale, scale_q;
    logic signed [ProductBits-1:0] product;
    logic signed [OutputBits-1:0] cut;

    assign element = s_data_i[lane*InputBits +: InputBits];
    assign factor = s_data_i[FactorAt +: FactorBits];

    if (InputBipolar) begin : gen_bipolar
      assign value = ValueBits'(signed'({!element[0], 1'b1}));
    end else begin : gen_integer
      assign value = ValueBits'(signed'({InputSigned && element[InputBits-1], element}));
    end

    if (FactorBipolar) begin : gen_sign
      assign scale = ScaleBits'(signed'({!factor[0], 1'b1}));
    end else begin : gen_factor
      assign scale = ScaleBits'(signed'({FactorSigned && factor[FactorBits-1], factor}));
    end

    always_ff @(posedge clk_i) begin
      value_q <= lane >= LastLanes && last ? '0 : value;
      scale_q <= scale;
      products_q[lane*OutputBits +: OutputBits] <= cut ^ OutputBits'(mistake_i);
    end

    assign product = ProductBits'(value_q) * ProductBits'(scale_q);
    assign cut = OutputBits'(product);
  end

  assign ready_wrong_o = s_ready != {fire && (Factors > 1 || last), fire};
  assign issue_wrong_o = queue_issue != fire;
  assign push_wrong_o = m_valid != fired_q[1];
  assign data_wrong_o = m_valid && m_data != products_q;
  assign reference_wrong_o = 32'(beat_q) >= Beats;
  assign covered_o = m_valid && last_q[1];

endmodule

`default_nettype wire
