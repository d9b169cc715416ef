// SPDX-License-Identifier: Apache-2.0
//
// Claim: a cycle after an address the word there comes out: that of the file, or what the last piece of
//   that word that was written made of it and of the pieces before it; a write to a place of another
//   memory changes nothing. A word that is read in the very cycle that writes it is not looked at.
// Cover: a word that was written comes out.
// Mistake: a word that was written is expected with its lowest bit inverted.

`default_nettype none

module hwgen_writable_monitor #(
  parameter int unsigned Width = 8,
  parameter int unsigned Depth = 2,
  parameter File = "",
  parameter Style = "distributed",
  parameter int unsigned PlaceBits = 10,
  parameter int unsigned Base = 0,
  localparam int unsigned AddrBits = Depth > 1 ? $clog2(Depth) : 1
) (
  input  wire logic                 clk_i,
  input  wire logic                 mistake_i,
  input  wire logic                 rst_ni,

  input  wire logic [AddrBits-1:0]  addr_i,
  input  wire logic                 write_i,
  input  wire logic [PlaceBits-1:0] write_place_i,
  input  wire logic [31:0]          write_data_i,

  output logic                      data_wrong_o,
  output logic                      covered_o
);

  localparam int unsigned Pieces = (Width + 31) / 32;
  localparam int unsigned Places = 1 << $clog2(Pieces);

  logic [Width-1:0] memory [Depth];
  logic [Depth-1:0] written;
  logic [Width-1:0] data, data_q;
  logic [Places*32-1:0] pieces_q, pieces;
  logic in_range_q, written_q, clash_q, completes;
  logic [31:0] offset, word, piece;

  hwgen_writable #(
    .Width    (Width),
    .Depth    (Depth),
    .File     (File),
    .Style    (Style),
    .PlaceBits(PlaceBits),
    .Base     (Base)
  ) u_unit (
    .clk_i        (clk_i),
    .addr_i       (addr_i),
    .data_o       (data),
    .write_i      (write_i),
    .write_place_i(write_place_i),
    .write_data_i (write_data_i)
  );

  if (File != "") begin : gen_file
    initial $readmemh(File, memory);
  end

  assign offset = 32'(write_place_i) - Base;
  assign word = offset / Places;
  assign piece = offset & (Places - 1);
  assign completes = write_i && 32'(write_place_i) >= Base && word < Depth && piece == Pieces - 1;

  always_comb begin
    pieces = pieces_q;
    for (int unsigned p = 0; p < Places; p++) begin
      if (p == piece) pieces[p*32 +: 32] = write_data_i;
    end
  end

  always_ff @(posedge clk_i) begin
    if (write_i && 32'(write_place_i) >= Base && word < (1 << $clog2(Depth))) pieces_q <= pieces;
    if (completes) begin
      memory[word[AddrBits-1:0]] <= pieces[Width-1:0];
      written[word[AddrBits-1:0]] <= 1'b1;
    end
    data_q <= memory[addr_i];
    in_range_q <= 32'(addr_i) < Depth;
    written_q <= 32'(addr_i) < Depth && written[addr_i];
    clash_q <= completes && 32'(addr_i) == word;
  end

  assign data_wrong_o = in_range_q && !clash_q
      && data != (data_q ^ Width'(mistake_i && written_q));
  assign covered_o = in_range_q && !clash_q && written_q && rst_ni;

endmodule

`default_nettype wire
