// SPDX-License-Identifier: Apache-2.0
//
// Top-1 unit: the index of the largest score of a frame, the lowest index where several are equal.
//
// Reads `Lanes` scores a cycle and writes one index a frame, three cycles after the last beat:
// best of the beat | best of the frame | output queue, and one more for each row of registers
// between `Span` comparisons of a beat. Lanes past the frame's end never win. Bipolar scores are
// unsigned bits here: +1 is 1.
//
// Do not use it where the host needs the scores themselves.

`default_nettype none

module hwgen_argmax #(
  parameter int unsigned Lanes = 1,
  parameter int unsigned Beats = 1,
  parameter int unsigned LastLanes = Lanes,
  parameter int unsigned ScoreBits = 8,
  parameter bit ScoreSigned = 1'b1,
  parameter int unsigned IndexBits = 4,
  parameter int unsigned Span = 64,
  parameter int unsigned Credits = 4,
  localparam int unsigned BeatBits = hwgen_steps_pkg::bits_for(Beats),
  localparam int unsigned Levels = $clog2(Lanes),
  localparam int unsigned Leaves = 2 ** Levels,
  localparam int unsigned Cut = Levels > 0 ? (Levels - 1) / Span : 0
) (
  input  wire logic                       clk_i,
  input  wire logic                       rst_ni,

  input  wire logic [Lanes*ScoreBits-1:0] s_data_i,
  input  wire logic                       s_valid_i,
  output logic                            s_ready_o,

  output logic      [IndexBits-1:0]       m_data_o,
  output logic                            m_valid_o,
  input  wire logic                       m_ready_i
);

  if (LastLanes < 1 || LastLanes > Lanes) begin : gen_check_last
    $error("hwgen_argmax: LastLanes must lie in 1..Lanes");
  end
  if ((Beats - 1) * Lanes + LastLanes > 2 ** IndexBits) begin : gen_check_index
    $error("hwgen_argmax: IndexBits must hold every index");
  end

  logic [BeatBits-1:0] beat_q;
  logic first, last, first1;
  logic fire, credit;
  logic [Cut:0] fired_q, last_q;
  logic ended_q;

  assign first = beat_q == '0;
  assign last = beat_q == BeatBits'(Beats - 1);
  assign s_ready_o = credit || !last;
  assign fire = s_ready_o && s_valid_i;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      beat_q <= '0;
      fired_q <= '0;
      ended_q <= 1'b0;
    end else begin
      if (fire) beat_q <= last ? '0 : beat_q + 1'b1;
      fired_q <= (Cut+1)'({fired_q, fire});
      ended_q <= fired_q[Cut] && last_q[Cut];
    end
    last_q <= (Cut+1)'({last_q, last});
  end

  hwgen_delay #(
    .Width (1),
    .Cycles(Cut + 1)
  ) u_first (
    .clk_i (clk_i),
    .data_i(first),
    .data_o(first1)
  );

  // ---- Stage 1: best of the beat ---------------------------------------------------------------

  // A tournament: node 0 is the winner, the children of node i are 2i+1 and 2i+2, and a left child
  // holds lower lanes than its sibling. Keys carry "takes part" above the score, and a signed
  // score's sign bit is flipped, so that keys compare as unsigned integers.
  localparam int unsigned KeyBits = ScoreBits + 1;
  localparam int unsigned LaneBits = Levels > 0 ? Levels : 1;
  localparam logic [ScoreBits-1:0] Flip = ScoreBits'(ScoreSigned) << (ScoreBits - 1);

  logic [(2*Leaves-1)*KeyBits-1:0] keys;
  logic [(2*Leaves-1)*LaneBits-1:0] lanes;
  logic [KeyBits-1:0] key1_q, top_key_q;
  logic [LaneBits-1:0] lane1_q;

  for (genvar lane = 0; lane < Leaves; lane++) begin : gen_leaf
    localparam int unsigned Leaf = Leaves - 1 + lane;

    if (lane < Lanes) begin : gen_score
      assign keys[Leaf*KeyBits +: KeyBits]
          = {lane < LastLanes || !last, s_data_i[lane*ScoreBits +: ScoreBits] ^ Flip};
    end else begin : gen_none
      assign keys[Leaf*KeyBits +: KeyBits] = '0;
    end
    assign lanes[Leaf*LaneBits +: LaneBits] = LaneBits'(lane);
  end

  for (genvar node = 0; node < Leaves - 1; node++) begin : gen_node
    localparam int unsigned Height = Levels + 1 - $clog2(node + 2);
    localparam int unsigned Left = 2 * node + 1;
    localparam int unsigned Right = 2 * node + 2;

    logic right;
    logic [KeyBits-1:0] key;
    logic [LaneBits-1:0] lane;

    assign right = keys[Right*KeyBits +: KeyBits] > keys[Left*KeyBits +: KeyBits];
    assign key = right ? keys[Right*KeyBits +: KeyBits] : keys[Left*KeyBits +: KeyBits];
    assign lane = right ? lanes[Right*LaneBits +: LaneBits] : lanes[Left*LaneBits +: LaneBits];

    hwgen_delay #(
      .Width (KeyBits + LaneBits),
      .Cycles(Height < Levels && Height % Span == 0 ? 1 : 0)
    ) u_winner (
      .clk_i (clk_i),
      .data_i({key, lane}),
      .data_o({keys[node*KeyBits +: KeyBits], lanes[node*LaneBits +: LaneBits]})
    );
  end

  always_ff @(posedge clk_i) begin
    key1_q <= keys[KeyBits-1:0];
    lane1_q <= lanes[LaneBits-1:0];
  end

  // ---- Stage 2: best of the frame --------------------------------------------------------------

  logic [IndexBits-1:0] base_q, top_index_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) base_q <= '0;
    else if (fired_q[Cut]) base_q <= last_q[Cut] ? '0 : base_q + IndexBits'(Lanes);
    if (fired_q[Cut] && (Beats == 1 || first1 || key1_q > top_key_q)) begin
      top_key_q <= key1_q;
      top_index_q <= base_q + IndexBits'(lane1_q);
    end
  end

  // ---- Stage 3: output queue -------------------------------------------------------------------

  hwgen_credit_queue #(
    .Width  (IndexBits),
    .Credits(Credits)
  ) u_queue (
    .clk_i      (clk_i),
    .rst_ni     (rst_ni),
    .credit_o   (credit),
    .issue_i    (fire && last),
    .push_data_i(top_index_q),
    .push_i     (ended_q),
    .m_data_o   (m_data_o),
    .m_valid_o  (m_valid_o),
    .m_ready_i  (m_ready_i)
  );

`ifdef HWGEN_ASSERT
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      index_in_frame: assert (!ended_q || 32'(top_index_q) < (Beats - 1) * Lanes + LastLanes);
    end
  end
`endif

endmodule

`default_nettype wire
