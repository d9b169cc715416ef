// SPDX-License-Identifier: Apache-2.0
//
// Plays beats from a file of hexadecimal lines, at most one a cycle, with random idle cycles.
//
// Beat b is offered no sooner than `input_interval_i` * b / `beats_i` cycles after the first, which
// is a frame of `beats_i` beats every `input_interval_i` cycles. A reset starts again at the first
// line. Once valid, a beat stays until it is taken.

`default_nettype none

module stream_source #(
  parameter int unsigned Width = 8,
  parameter File = "source.hex"
) (
  input  wire logic        clk_i,
  input  wire logic        rst_ni,
  input  wire logic [31:0] seed_i,
  input  wire logic [8:0]  rate_i,
  input  wire logic [31:0] input_interval_i,
  input  wire logic [31:0] beats_i,
  output logic [Width-1:0] data_o,
  output logic             valid_o,
  input  wire logic        ready_i
);

  int beats, found;
  logic [Width-1:0] word;
  logic stall, early;
  logic resetting_q;
  longint unsigned cycle_q, beat_q;

  initial begin
    beats = $fopen(File, "r");
    resetting_q = 1'b0;
  end

  stream_stall u_stall (
    .clk_i  (clk_i),
    .rst_ni (rst_ni),
    .seed_i (seed_i),
    .rate_i (rate_i),
    .stall_o(stall)
  );

  assign early = 64'(input_interval_i) * beat_q > 64'(beats_i) * cycle_q;

  always_ff @(posedge clk_i) begin
    resetting_q <= !rst_ni;
    cycle_q <= rst_ni ? cycle_q + 1 : 0;
    if (!rst_ni) begin
      valid_o <= 1'b0;
      beat_q <= 0;
      if (!resetting_q) begin
        $fclose(beats);
        beats = $fopen(File, "r");
      end
    end else if (!valid_o || ready_i) begin
      valid_o <= 1'b0;
      if (!stall && !early) begin
        beat_q <= beat_q + 1;
        found = $fscanf(beats, "%h", word);
        valid_o <= found == 1;
        data_o <= word;
      end
    end
  end

  final $fclose(beats);

endmodule

`default_nettype wire
