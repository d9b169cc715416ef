// SPDX-License-Identifier: Apache-2.0
//
// Takes beats with random back-pressure; ready does not look at valid.

`default_nettype none

module stream_sink (
  input  wire logic        clk_i,
  input  wire logic        rst_ni,
  input  wire logic [31:0] seed_i,
  input  wire logic [8:0]  rate_i,
  output logic             ready_o
);

  logic stall;

  stream_stall u_stall (
    .clk_i  (clk_i),
    .rst_ni (rst_ni),
    .seed_i (seed_i),
    .rate_i (rate_i),
    .stall_o(stall)
  );

  assign ready_o = rst_ni && !stall;

endmodule

`default_nettype wire
