// SPDX-License-Identifier: Apache-2.0
//
// Copies every beat to each of `Readers` readers, which take it whenever they like.
//
// A beat is taken while every reader's queue has room, and can be read in the next cycle. Reader 0
// is the least significant of `m_data_o`. Each queue holds two beats, so that one is read while the
// next is written.
//
// Do not use it to hold a branch's beats until another has caught up: put an `hwgen_fifo` behind.

`default_nettype none

module hwgen_fork #(
  parameter int unsigned Readers = 2,
  parameter int unsigned Width = 8
) (
  input  wire logic                     clk_i,
  input  wire logic                     rst_ni,

  input  wire logic [Width-1:0]         s_data_i,
  input  wire logic                     s_valid_i,
  output logic                          s_ready_o,

  output logic      [Readers*Width-1:0] m_data_o,
  output logic      [Readers-1:0]       m_valid_o,
  input  wire logic [Readers-1:0]       m_ready_i
);

  if (Readers < 1) begin : gen_check
    $error("hwgen_fork: Readers must be at least 1");
  end

  logic [Readers-1:0] ready;

  assign s_ready_o = &ready;

  for (genvar reader = 0; reader < Readers; reader++) begin : gen_reader
    hwgen_fifo #(
      .Width(Width),
      .Depth(2)
    ) u_fifo (
      .clk_i    (clk_i),
      .rst_ni   (rst_ni),
      .s_data_i (s_data_i),
      .s_valid_i(s_valid_i && s_ready_o),
      .s_ready_o(ready[reader]),
      .m_data_o (m_data_o[reader*Width +: Width]),
      .m_valid_o(m_valid_o[reader]),
      .m_ready_i(m_ready_i[reader])
    );
  end

`ifdef HWGEN_ASSERT
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      readers_together: assert (!s_valid_i || !s_ready_o || &ready);
    end
  end
`endif

endmodule

`default_nettype wire
