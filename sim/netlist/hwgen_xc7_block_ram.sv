// SPDX-License-Identifier: Apache-2.0
//
// A block RAM of a 7-series device: two ports, each of which reads and writes words of the same
// width. Words of 9 bits and more have a parity bit for each eight of data, and a write enable.
//
// A word that one port reads while the other writes it is the old one. What a port reads of its own
// write is by its mode the new word (WRITE_FIRST), the old one (READ_FIRST), or what it read before.

module hwgen_xc7_block_ram #(
  parameter int unsigned Bits = 16384,
  parameter int unsigned MostData = 32,
  parameter int unsigned MostParity = 4,
  parameter bit [Bits-1:0] Data = '0,
  parameter bit [Bits/8-1:0] Parities = '0,
  parameter int unsigned ReadA = 0,
  parameter int unsigned ReadB = 0,
  parameter int unsigned WriteA = 0,
  parameter int unsigned WriteB = 0,
  parameter ModeA = "WRITE_FIRST",
  parameter ModeB = "WRITE_FIRST",
  localparam int unsigned AddressBits = $clog2(Bits)
) (
  input  wire logic                   clock_a_i, clock_b_i, enable_a_i, enable_b_i,
  input  wire logic [AddressBits-1:0] address_a_i, address_b_i,
  input  wire logic [MostParity-1:0]  write_a_i, write_b_i,
  input  wire logic [MostData-1:0]    data_a_i, data_b_i,
  input  wire logic [MostParity-1:0]  parities_a_i, parities_b_i,
  output logic      [MostData-1:0]    data_a_o, data_b_o,
  output logic      [MostParity-1:0]  parities_a_o, parities_b_o
);

  localparam int unsigned Reads = ReadA > ReadB ? ReadA : ReadB;
  localparam int unsigned Writes = WriteA > WriteB ? WriteA : WriteB;
  localparam int unsigned Width = Reads > Writes ? Reads : Writes;
  localparam int unsigned Bytes = Width < 9 ? 1 : Width / 9;
  localparam int unsigned ByteBits = Width < 9 ? Width : 9;
  localparam int unsigned DataBits = Width < 9 ? Width : 8 * Bytes;
  localparam int unsigned Words = Bits / DataBits;
  localparam int unsigned Low = $clog2(DataBits);

  if ((ReadA != 0 && ReadA != Width) || (ReadB != 0 && ReadB != Width)
      || (WriteA != 0 && WriteA != Width) || (WriteB != 0 && WriteB != Width)) begin : gen_check
    $error("block RAM: ports of several widths are not simulated");
  end

  wire [AddressBits-Low-1:0] place_a = address_a_i[AddressBits-1:Low];
  wire [AddressBits-Low-1:0] place_b = address_b_i[AddressBits-1:Low];

  for (genvar b = 0; b < Bytes; b++) begin : gen_byte
    logic [ByteBits-1:0] memory [Words];
    logic [ByteBits-1:0] in_a, in_b, out_a_q, out_b_q;
    logic write_a, write_b;

    if (ByteBits == 9) begin : gen_parity
      assign in_a = {parities_a_i[b], data_a_i[8*b +: 8]};
      assign in_b = {parities_b_i[b], data_b_i[8*b +: 8]};
      assign data_a_o[8*b +: 8] = out_a_q[7:0];
      assign data_b_o[8*b +: 8] = out_b_q[7:0];
      assign parities_a_o[b] = out_a_q[8];
      assign parities_b_o[b] = out_b_q[8];

      initial begin
        for (int unsigned i = 0; i < Words; i++)
          memory[i] = {Parities[Bytes*i+b], Data[DataBits*i+8*b +: 8]};
      end
    end else begin : gen_bits
      assign in_a = data_a_i[ByteBits-1:0];
      assign in_b = data_b_i[ByteBits-1:0];
      assign data_a_o[ByteBits-1:0] = out_a_q;
      assign data_b_o[ByteBits-1:0] = out_b_q;

      initial begin
        for (int unsigned i = 0; i < Words; i++) memory[i] = Data[DataBits*i +: ByteBits];
      end
    end

    assign write_a = WriteA != 0 && enable_a_i && write_a_i[b];
    assign write_b = WriteB != 0 && enable_b_i && write_b_i[b];

    always_ff @(posedge clock_a_i) begin
      if (write_a) memory[place_a] <= in_a;
      if (ReadA != 0 && enable_a_i && !(write_a && ModeA == "NO_CHANGE"))
        out_a_q <= write_a && ModeA == "WRITE_FIRST" ? in_a : memory[place_a];
    end

    always_ff @(posedge clock_b_i) begin
      if (write_b) memory[place_b] <= in_b;
      if (ReadB != 0 && enable_b_i && !(write_b && ModeB == "NO_CHANGE"))
        out_b_q <= write_b && ModeB == "WRITE_FIRST" ? in_b : memory[place_b];
    end
  end

endmodule
