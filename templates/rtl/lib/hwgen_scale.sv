// SPDX-License-Identifier: Apache-2.0
//
// Scale unit: every lane of a vector times one number, or times a number of its own.
//
// Stream 0, the least significant, brings `Lanes` elements a beat. Where `Factors`, those of a
// vector, is 1, stream 1 brings one factor for `Beats` beats of it: every slot looks at the factor,
// the vector's last one takes it. Else it brings `Lanes` factors a beat, and every slot takes them.
// A product is cut to `OutputBits`, which must hold it, and leaves three cycles after its operands
// are read:
//
//   operands | products | output queue
//
// A bipolar bit stands for -1 or +1; a factor of one bit needs no multiplier. Lanes past a vector's
// end (the last beat has `LastLanes`) are zero bits at the output. A ready looks at the valid of
// both inputs.
//
// Do not use it without a FIFO on each input: the slower one would hold up the other's writer.

`default_nettype none

module hwgen_scale #(
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
  input  wire logic                        clk_i,
  input  wire logic                        rst_ni,

  input  wire logic [DataBits-1:0]         s_data_i,
  input  wire logic [1:0]                  s_valid_i,
  output logic      [1:0]                  s_ready_o,

  output logic      [Lanes*OutputBits-1:0] m_data_o,
  output logic                             m_valid_o,
  input  wire logic                        m_ready_i
);

  if (LastLanes < 1 || LastLanes > Lanes) begin : gen_check_last
    $error("hwgen_scale: LastLanes must lie in 1..Lanes");
  end

  logic [BeatBits-1:0] beat_q;
  logic last_beat, fire, fired1_q, fired2_q, credit;

  assign fire = credit && &s_valid_i;
  assign s_ready_o = {fire && (Factors > 1 || last_beat), fire};
  assign last_beat = beat_q == BeatBits'(Beats - 1);

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      beat_q <= '0;
      fired1_q <= 1'b0;
      fired2_q <= 1'b0;
    end else begin
      if (fire) beat_q <= last_beat ? '0 : beat_q + 1'b1;
      fired1_q <= fire;
      fired2_q <= fired1_q;
    end
  end

  // Operands are signed: a bipolar bit b is {!b, 1}, an unsigned number has a 0 in front.
  localparam int unsigned ValueBits = InputBits + (InputBipolar || !InputSigned ? 1 : 0);
  localparam int unsigned ScaleBits = FactorBits + (FactorBipolar || !FactorSigned ? 1 : 0);
  localparam int unsigned ProductBits = ValueBits + ScaleBits;

  logic [FactorLanes*ScaleBits-1:0] factors_q;
  logic [Lanes*OutputBits-1:0] products;

  for (genvar lane = 0; lane < FactorLanes; lane++) begin : gen_factor
    logic [FactorBits-1:0] factor;
    logic signed [ScaleBits-1:0] number;

    assign factor = s_data_i[Lanes*InputBits + lane*FactorBits +: FactorBits];
    assign number = FactorBipolar
        ? ScaleBits'(signed'({!factor[0], 1'b1}))
        : ScaleBits'(signed'({FactorSigned && factor[FactorBits-1], factor}));

    always_ff @(posedge clk_i) factors_q[lane*ScaleBits +: ScaleBits] <= number;
  end

  for (genvar lane = 0; lane < Lanes; lane++) begin : gen_lane
    logic [InputBits-1:0] element;
    logic signed [ValueBits-1:0] value, value_q;
    logic signed [ProductBits-1:0] product;
    logic signed [OutputBits-1:0] product_q;
    logic signed [ScaleBits-1:0] factor_q;

    assign factor_q = factors_q[(FactorLanes > 1 ? lane : 0)*ScaleBits +: ScaleBits];
    assign element = s_data_i[lane*InputBits +: InputBits];
    assign value = InputBipolar
        ? ValueBits'(signed'({!element[0], 1'b1}))
        : ValueBits'(signed'({InputSigned && element[InputBits-1], element}));

    if (FactorBits == 1) begin : gen_choice
      logic signed [ProductBits-1:0] wide;
      logic chosen;
      assign wide = ProductBits'(value_q);
      assign chosen = factor_q[ScaleBits-1];
      if (FactorSigned) begin : gen_sign
        assign product = chosen ? -wide : FactorBipolar ? wide : '0;
      end else begin : gen_gate
        logic unused_chosen;
        assign unused_chosen = chosen;
        assign product = factor_q[0] ? wide : '0;
      end
    end else begin : gen_multiply
      assign product = ProductBits'(value_q) * ProductBits'(factor_q);
    end

    always_ff @(posedge clk_i) begin
      value_q <= lane < LastLanes || !last_beat ? value : '0;
      product_q <= OutputBits'(product);
    end

    assign products[lane*OutputBits +: OutputBits] = product_q;

    // Its upper bits repeat the sign where the product fits into fewer.
    logic unused_product;
    assign unused_product = ^product;

`ifdef HWGEN_ASSERT
    logic signed [ProductBits-1:0] above;
    assign above = product >>> (OutputBits - 1);

    always_ff @(posedge clk_i) begin
      if (rst_ni) begin
        product_fits: assert (!fired1_q || (above >= -1 && above <= 1));
      end
    end
`endif
  end

  hwgen_credit_queue #(
    .Width  (Lanes * OutputBits),
    .Credits(Credits)
  ) u_queue (
    .clk_i      (clk_i),
    .rst_ni     (rst_ni),
    .credit_o   (credit),
    .issue_i    (fire),
    .push_data_i(products),
    .push_i     (fired2_q),
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
      if (fired2_q) begin
        pushed_q <= pushed_q == BeatBits'(Beats - 1) ? '0 : pushed_q + 1'b1;
        spare_lanes_zero: assert (pushed_q != BeatBits'(Beats - 1)
                                  || products >> (LastLanes * OutputBits) == '0);
      end
    end
  end
`endif

endmodule

`default_nettype wire
