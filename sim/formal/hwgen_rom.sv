// SPDX-License-Identifier: Apache-2.0
//
// Claim: one cycle after an address below Depth the memory gives that line of its file.
// Cover: the last line is read.
// Mistake: the line is expected with its lowest bit inverted.

`default_nettype none

module hwgen_rom_monitor #(
  parameter int unsigned Width = 8,
  parameter int unsigned Depth = 2,
  parameter File = "",
  parameter Style = "distributed",
  parameter bit Alone = 1'b0,
  localparam int unsigned AddrBits = Depth > 1 ? $clog2(Depth) : 1
) (
  input  wire logic                clk_i,
  input  wire logic                rst_ni,
  input  wire logic                mistake_i,
  input  wire logic [AddrBits-1:0] addr_i,

  output logic                     word_wrong_o,
  output logic                     covered_o
);

  logic [Width-1:0] words [Depth];
  logic [Width-1:0] data, word_q;
  logic inside_q, last_q;

  if (File != "") begin : gen_file
    initial $readmemh(File, words);
  end

  hwgen_rom #(
    .Width(Width),
    .Depth(Depth),
    .File (File),
    .Style(Style),
    .Alone(Alone)
  ) u_unit (
    .clk_i (clk_i),
    .addr_i(addr_i),
    .data_o(data)
  );

  always_ff @(posedge clk_i) begin
    word_q <= words[addr_i];
    inside_q <= rst_ni && 32'(addr_i) < Depth;
    last_q <= rst_ni && 32'(addr_i) == Depth - 1;
  end

  assign word_wrong_o = inside_q && data != (word_q ^ Width'(mistake_i));
  assign covered_o = last_q;

endmodule

`default_nettype wire
