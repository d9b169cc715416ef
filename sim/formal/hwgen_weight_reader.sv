// SPDX-License-Identifier: Apache-2.0
//
// Claim: the bursts of Beats words from the base on are asked for in order, over and over again, each
//   until it is taken and in exactly the cycles in which there is room for a whole one; where as many
//   words come as were asked for, whenever they come, none meets a full buffer, and each leaves once,
//   unchanged and in order, from the next cycle on.
// Cover: a marked word leaves.
// Mistake: the marked word is expected with its lowest bit inverted.
// Parts: formal_queue
// Sees: room_q burst_q started_q

`default_nettype none

module hwgen_weight_reader_monitor #(
  parameter int unsigned DataBits = 64,
  parameter int unsigned Beats = 1,
  parameter int unsigned Burst = 16,
  parameter int unsigned Depth = 64,
  parameter Style = "distributed",
  localparam int unsigned Bursts = (Beats - 1) / Burst + 1,
  localparam int unsigned BurstBits = hwgen_steps_pkg::bits_for(Bursts),
  localparam int unsigned CountBits = $clog2(Depth + 1)
) (
  input  wire logic                clk_i,
  input  wire logic                rst_ni,
  input  wire logic                mistake_i,
  input  wire logic                mark_i,

  input  wire logic [63:0]         base_i,
  input  wire logic                arready_i,
  input  wire logic [DataBits-1:0] rdata_i,
  input  wire logic [1:0]          rresp_i,
  input  wire logic                rlast_i,
  input  wire logic                wants_word_i,
  input  wire logic                m_ready_i,

  output logic                     asked_wrong_o,
  output logic                     burst_wrong_o,
  output logic                     ready_wrong_o,
  output logic                     room_wrong_o,
  output logic                     valid_wrong_o,
  output logic                     order_wrong_o,
  output logic                     reference_wrong_o,
  output logic                     covered_o
);

  localparam int unsigned BurstBytes = Burst * DataBits / 8;

  typedef logic [CountBits:0] count_t;

  logic [63:0] araddr, address_q;
  logic [7:0] arlen, words_q;
  logic [2:0] arsize;
  logic [1:0] arburst;
  logic [DataBits-1:0] m_data;
  logic [BurstBits-1:0] burst_q, seen_burst_q;
  logic [CountBits-1:0] held, seen_room_q;
  count_t coming_q, unread_q, words;
  logic arvalid, rready, m_valid, started_q, asked_q, asks, last, word, pop, room, any;
  logic in_queue_wrong, seen_started_q;

  hwgen_weight_reader #(
    .DataBits(DataBits),
    .Beats   (Beats),
    .Burst   (Burst),
    .Depth   (Depth),
    .Style   (Style)
  ) u_unit (
    .clk_i    (clk_i),
    .rst_ni   (rst_ni),
    .base_i   (base_i),
    .araddr_o (araddr),
    .arlen_o  (arlen),
    .arsize_o (arsize),
    .arburst_o(arburst),
    .arvalid_o(arvalid),
    .arready_i(arready_i),
    .rdata_i  (rdata_i),
    .rresp_i  (rresp_i),
    .rlast_i  (rlast_i),
    .rvalid_i (word),
    .rready_o (rready),
    .m_data_o (m_data),
    .m_valid_o(m_valid),
    .m_ready_i(m_ready_i)
  );

  // Words that were asked for and did not come, and those that were and are not read.
  assign last = burst_q == BurstBits'(Bursts - 1);
  assign words = last ? count_t'(Beats - (Bursts - 1) * Burst) : count_t'(Burst);
  assign asks = started_q && (!asked_q || arready_i) && 32'(unread_q) + Burst <= Depth;
  assign word = wants_word_i && coming_q != '0;
  assign pop = m_valid && m_ready_i;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      started_q <= 1'b0;
      asked_q <= 1'b0;
      burst_q <= '0;
      coming_q <= '0;
      unread_q <= '0;
    end else begin
      started_q <= 1'b1;
      asked_q <= asks || (asked_q && !arready_i);
      if (asks) burst_q <= last ? '0 : burst_q + 1'b1;
      coming_q <= coming_q + (asked_q && arready_i ? count_t'(words_q) + 1'b1 : '0) - count_t'(word);
      unread_q <= unread_q + (asks ? words : '0) - count_t'(pop);
    end
    if (asks) begin
      words_q <= 8'(words - 1'b1);
      address_q <= base_i + 64'(burst_q) * 64'(BurstBytes);
    end
  end

  formal_queue #(
    .Width(DataBits),
    .Depth(Depth)
  ) u_queue (
    .clk_i            (clk_i),
    .rst_ni           (rst_ni),
    .mistake_i        (mistake_i),
    .mark_i           (mark_i),
    .push_i           (word),
    .data_i           (rdata_i),
    .pop_i            (pop),
    .front_i          (m_data),
    .held_o           (held),
    .room_o           (room),
    .any_o            (any),
    .order_wrong_o    (order_wrong_o),
    .reference_wrong_o(in_queue_wrong),
    .covered_o        (covered_o)
  );

  assign asked_wrong_o = arvalid != asked_q;
  assign burst_wrong_o = arvalid && (araddr != address_q || arlen != words_q
      || 32'(1 << arsize) != DataBits / 8 || arburst != 2'd1);
  assign ready_wrong_o = !rready;
  assign room_wrong_o = word && !room;
  assign valid_wrong_o = m_valid != any;
  assign reference_wrong_o = in_queue_wrong || 32'(burst_q) >= Bursts || seen_burst_q != burst_q || seen_started_q != started_q
      || 32'(unread_q) > Depth
      || 32'(coming_q) > Depth || 32'(words_q) >= Burst
      || 32'(seen_room_q) + 32'(unread_q) != Depth
      || 32'(unread_q) != 32'(held) + 32'(coming_q) + (asked_q ? 32'(words_q) + 1 : 32'd0);

endmodule

`default_nettype wire
