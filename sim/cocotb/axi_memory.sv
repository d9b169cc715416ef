// SPDX-License-Identifier: Apache-2.0
//
// An external memory behind an AXI4 read port, of a stated rate and latency, with random pauses.
//
// From `base_o` on lie `Words` words of `Width` bits, of a file of hexadecimal lines. A burst is
// taken in the cycle in which it is asked for, and its first word comes `Latency` cycles later at
// the soonest. Of the `Reads` words of a frame, word b comes floor(b * Interval / Reads) cycles
// after the first at the soonest, and that of the next frame `Interval` cycles after it. Pauses
// hold back bursts and words alike. Whatever lies elsewhere, other bursts than of whole
// words in order, or one across 4 kB, end the run.

`default_nettype none

module axi_memory #(
  parameter int unsigned Width = 64,
  parameter int unsigned Words = 1,
  parameter int unsigned Reads = 1,
  parameter int unsigned Interval = 1,
  parameter int unsigned Latency = 1,
  parameter longint unsigned Base = 64'h1000,
  parameter File = "memory.hex"
) (
  input  wire logic             clk_i,
  input  wire logic             rst_ni,
  input  wire logic [31:0]      seed_i,
  input  wire logic [8:0]       rate_i,

  output logic [63:0]           base_o,
  input  wire logic [63:0]      araddr_i,
  input  wire logic [7:0]       arlen_i,
  input  wire logic [2:0]       arsize_i,
  input  wire logic [1:0]       arburst_i,
  input  wire logic             arvalid_i,
  output logic                  arready_o,
  output logic [Width-1:0]      rdata_o,
  output logic [1:0]            rresp_o,
  output logic                  rlast_o,
  output logic                  rvalid_o,
  input  wire logic             rready_i
);

  localparam int unsigned Bytes = Width / 8;
  localparam int unsigned Waiting = 256;

  logic [Width-1:0] words [Words];
  longint unsigned first_q [Waiting];
  int unsigned left_q [Waiting];
  longint asked_q [Waiting];
  logic [7:0] head_q, tail_q;
  longint now_q, last_q;
  longint unsigned read_q;
  int unsigned beat_q;
  longint pace;
  logic stall_ask, stall_word, waits, offers_q;

  initial $readmemh(File, words);

  stream_stall u_stall_ask (
    .clk_i  (clk_i),
    .rst_ni (rst_ni),
    .seed_i (seed_i),
    .rate_i (rate_i),
    .stall_o(stall_ask)
  );

  stream_stall u_stall_word (
    .clk_i  (clk_i),
    .rst_ni (rst_ni),
    .seed_i (seed_i + 32'd1),
    .rate_i (rate_i),
    .stall_o(stall_word)
  );

  // A word that was offered stays until it is taken.
  assign waits = head_q == tail_q;
  assign pace = 64'(read_q * Interval / Reads)
      - (read_q == 0 ? -64'((64'(Interval) + Reads - 1) / Reads) : 64'((read_q - 1) * Interval / Reads));
  assign base_o = Base;
  assign arready_o = rst_ni && !stall_ask && tail_q + 8'd1 != head_q;
  assign rvalid_o = rst_ni && !waits && (offers_q
      || (!stall_word && now_q >= last_q + pace && now_q >= asked_q[head_q] + Latency));
  assign rdata_o = words[32'(first_q[head_q]) + beat_q];
  assign rlast_o = beat_q + 1 == left_q[head_q];
  assign rresp_o = 2'b00;

  // Cycle 0 is the first one after a reset, in which a source offers its first beat.
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      now_q <= -1;
      last_q <= -1;
      head_q <= '0;
      tail_q <= '0;
      read_q <= 0;
      beat_q <= 0;
      offers_q <= 1'b0;
    end else begin
      now_q <= now_q + 1;
      offers_q <= rvalid_o && !rready_i;
      if (arvalid_i && arready_o) begin
        first_q[tail_q] <= (araddr_i - Base) / Bytes;
        left_q[tail_q] <= 32'(arlen_i) + 1;
        asked_q[tail_q] <= now_q;
        tail_q <= tail_q + 8'd1;
        if (araddr_i < Base || (araddr_i - Base) % Bytes != 0
            || (araddr_i - Base) / Bytes + 64'(arlen_i) + 1 > 64'(Words)
            || arburst_i != 2'b01 || (1 << arsize_i) != Bytes
            || 32'(araddr_i[11:0]) + (32'(arlen_i) + 1) * Bytes > 4096) begin
          $fatal(1, "an illegal burst: address %h, %0d words", araddr_i, 32'(arlen_i) + 1);
        end
      end
      if (rvalid_o && rready_i) begin
        last_q <= now_q;
        read_q <= read_q + 1 == 64'(Reads) ? 0 : read_q + 1;
        beat_q <= rlast_o ? 0 : beat_q + 1;
        if (rlast_o) head_q <= head_q + 8'd1;
      end
    end
  end

endmodule

`default_nettype wire
