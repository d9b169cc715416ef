// SPDX-License-Identifier: Apache-2.0
//
// Marks the last beat of every frame on an AXI4-Stream: counts the beats that are taken.
//
// Do not use it on a stream whose frames vary in length.

`default_nettype none

module hwgen_tlast #(
  parameter int unsigned Beats = 1,
  localparam int unsigned BeatBits = Beats > 1 ? $clog2(Beats) : 1
) (
  input  wire logic clk_i,
  input  wire logic rst_ni,
  input  wire logic valid_i,
  input  wire logic ready_i,
  output logic      last_o
);

  if (Beats < 1) begin : gen_check
    $error("hwgen_tlast: Beats must be at least 1");
  end

  logic [BeatBits-1:0] beat_q;

  assign last_o = beat_q == BeatBits'(Beats - 1);

  always_ff @(posedge clk_i) begin
    if (!rst_ni) beat_q <= '0;
    else if (valid_i && ready_i) beat_q <= last_o ? '0 : beat_q + 1'b1;
  end

endmodule

`default_nettype wire
