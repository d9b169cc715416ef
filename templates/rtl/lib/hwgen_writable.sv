// SPDX-License-Identifier: Apache-2.0
//
// Memory filled from a hexadecimal file, one word a line, that a host can rewrite.
//
// The word at `addr_i` appears at `data_o` one cycle later. The read port is free running, so the
// memory maps to block RAM, LUT RAM or registers alike; `Style` ("block", "distributed" or
// "registers") says to which. Writes come in pieces of 32 bits to the places {word, piece} from
// `Base` on, which is a multiple of the memory's size; pieces and words take a power of two of
// places. The last piece of a word writes it whole, so the others go first.
//
// Do not use it for a memory that is read while it is written: which word such a read gives, the
// old or the new, depends on the device. A frame must not be in the design.

`default_nettype none

module hwgen_writable #(
  parameter int unsigned Width = 8,
  parameter int unsigned Depth = 2,
  parameter File = "",
  parameter Style = "distributed",
  parameter int unsigned PlaceBits = 10,
  parameter int unsigned Base = 0,
  localparam int unsigned AddrBits = Depth > 1 ? $clog2(Depth) : 1
) (
  input  wire logic                 clk_i,
  input  wire logic [AddrBits-1:0]  addr_i,
  output logic      [Width-1:0]     data_o,

  input  wire logic                 write_i,
  input  wire logic [PlaceBits-1:0] write_place_i,
  input  wire logic [31:0]          write_data_i
);

  localparam int unsigned Pieces = (Width + 31) / 32;
  localparam int unsigned PieceBits = $clog2(Pieces);
  localparam int unsigned SizeBits = PieceBits + $clog2(Depth);

  if (Width < 1 || Depth < 1) begin : gen_check
    $error("hwgen_writable: Width and Depth must be at least 1");
  end
  if (SizeBits > PlaceBits || Base % (1 << SizeBits) != 0) begin : gen_check_base
    $error("hwgen_writable: Base must be a multiple of the memory's size, within PlaceBits");
  end

  localparam logic [PlaceBits-1:0] Tag = PlaceBits'(Base >> SizeBits);
  localparam logic [PlaceBits-1:0] PieceMask = PlaceBits'((1 << PieceBits) - 1);

  logic [PlaceBits-1:0] piece;
  logic [AddrBits-1:0] word;
  logic [Pieces*32-1:0] whole;
  logic chosen, complete;

  assign chosen = write_i && (write_place_i >> SizeBits) == Tag;
  assign piece = write_place_i & PieceMask;
  assign word = Depth > 1 ? AddrBits'(write_place_i >> PieceBits) : '0;
  assign complete = chosen && piece == PlaceBits'(Pieces - 1);
  assign whole[(Pieces-1)*32 +: 32] = write_data_i;

  for (genvar p = 0; p < Pieces - 1; p++) begin : gen_piece
    logic [31:0] piece_q;

    always_ff @(posedge clk_i) begin
      if (chosen && piece == PlaceBits'(p)) piece_q <= write_data_i;
    end

    assign whole[p*32 +: 32] = piece_q;
  end

  (* ram_style = Style, no_rw_check *) logic [Width-1:0] memory [Depth];

  if (File != "") begin : gen_file
    initial $readmemh(File, memory);
  end

  always_ff @(posedge clk_i) begin
    if (complete) memory[word] <= whole[Width-1:0];
  end

  always_ff @(posedge clk_i) data_o <= memory[addr_i];

  if (Pieces * 32 > Width) begin : gen_unused
    logic unused_bits;
    assign unused_bits = ^whole[Pieces*32-1:Width];
  end

endmodule

`default_nettype wire
