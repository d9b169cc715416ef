// SPDX-License-Identifier: Apache-2.0
//
// Top-1 unit: the index of the largest score of a frame, the lowest index where several are equal.
//
// Reads `Lanes` scores a cycle and writes one index a frame, three cycles after the last beat:
// best of the beat | best of the frame | output queue. Lanes past the frame's end never win.
// Bipolar scores are unsigned bits here: +1 is 1.
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
  parameter int unsigned Credits = 4,
  localparam int unsigned BeatBits = hwgen_steps_pkg::bits_for(Beats),
  localparam int unsigned Leaves = 2 ** $clog2(Lanes)
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
  logic [IndexBits-1:0] base_q, index1_q, top_index_q;
  logic first, last, first1_q;
  logic fire, credit, fired1_q, ended1_q, ended2_q;

  assign first = beat_q == '0;
  assign last = beat_q == BeatBits'(Beats - 1);
  assign s_ready_o = credit || !last;
  assign fire = s_ready_o && s_valid_i;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      beat_q <= '0;
      base_q <= '0;
      fired1_q <= 1'b0;
      ended1_q <= 1'b0;
      ended2_q <= 1'b0;
    end else begin
      if (fire) begin
        beat_q <= last ? '0 : beat_q + 1'b1;
        base_q <= last ? '0 : base_q + IndexBits'(Lanes);
      end
      fired1_q <= fire;
      ended1_q <= fire && last;
      ended2_q <= ended1_q;
    end
  end

  // ---- Stage 1: best of the beat ---------------------------------------------------------------

  // A tournament: node 0 is the winner, the children of node i are 2i+1 and 2i+2, and a left child
  // holds lower lanes than its sibling. Keys carry "takes part" above the score, and a signed
  // score's sign bit is flipped, so that keys compare as unsigned integers.
  localparam int unsigned KeyBits = ScoreBits + 1;
  localparam logic [ScoreBits-1:0] Flip = ScoreBits'(ScoreSigned) << (ScoreBits - 1);

  logic [KeyBits-1:0] key [2*Leaves-1];
  logic [IndexBits-1:0] index [2*Leaves-1];
  logic [KeyBits-1:0] key1_q, top_key_q;

  always_comb begin
    for (int unsigned i = 0; i < Leaves; i++) begin
      key[Leaves-1+i] = '0;
      index[Leaves-1+i] = base_q + IndexBits'(i);
    end
    for (int unsigned i = 0; i < Lanes; i++) begin
      key[Leaves-1+i] = {i < LastLanes || !last, s_data_i[i*ScoreBits +: ScoreBits] ^ Flip};
    end
    for (int unsigned i = 1; i < Leaves; i++) begin
      if (key[2*(Leaves-i)] > key[2*(Leaves-i)-1]) begin
        key[Leaves-1-i] = key[2*(Leaves-i)];
        index[Leaves-1-i] = index[2*(Leaves-i)];
      end else begin
        key[Leaves-1-i] = key[2*(Leaves-i)-1];
        index[Leaves-1-i] = index[2*(Leaves-i)-1];
      end
    end
  end

  always_ff @(posedge clk_i) begin
    key1_q <= key[0];
    index1_q <= index[0];
    first1_q <= first;
  end

  // ---- Stage 2: best of the frame --------------------------------------------------------------

  always_ff @(posedge clk_i) begin
    if (fired1_q && (first1_q || key1_q > top_key_q)) begin
      top_key_q <= key1_q;
      top_index_q <= index1_q;
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
    .push_i     (ended2_q),
    .m_data_o   (m_data_o),
    .m_valid_o  (m_valid_o),
    .m_ready_i  (m_ready_i)
  );

`ifdef HWGEN_ASSERT
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      index_in_frame: assert (!ended2_q || 32'(top_index_q) < (Beats - 1) * Lanes + LastLanes);
    end
  end
`endif

endmodule

`default_nettype wire
