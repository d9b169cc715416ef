// SPDX-License-Identifier: Apache-2.0
//
// What a block RAM of a Gowin FPGA does, to simulate a netlist: 2048 bytes of `Byte` bits, 8 or 9,
// read and written by two ports of 1, 2 or 4 bits, or of 1, 2 or 4 bytes (Gowin UG285). An access
// of several bytes has a write enable for each in the low bits of its address.
//
// A port that writes reads nothing (mode 0), what it writes (1) or what was there (2). A reset
// clears what was read, with the clock or at once (`Async`). Output registers and block selects are
// left out: Yosys never uses them.

`default_nettype none

module hwgen_bsram #(
  parameter int unsigned Byte = 9,
  parameter int unsigned WidthA = 36,
  parameter int unsigned WidthB = 36,
  parameter int unsigned ModeA = 0,
  parameter int unsigned ModeB = 0,
  parameter bit Async = 0,
  parameter bit [2048*Byte-1:0] Contents = '0
) (
  input  wire logic        clk_a_i, enable_a_i, write_a_i, reset_a_i,
  input  wire logic [13:0] address_a_i,
  input  wire logic [35:0] data_a_i,
  output logic      [35:0] data_a_o,
  input  wire logic        clk_b_i, enable_b_i, write_b_i, reset_b_i,
  input  wire logic [13:0] address_b_i,
  input  wire logic [35:0] data_b_i,
  output logic      [35:0] data_b_o
);

  logic [Byte-1:0] memory [2048];

  initial begin
    for (int each = 0; each < 2048; each++) memory[each] = Contents[Byte*each+:Byte];
  end

  for (genvar port = 0; port < 2; port++) begin : gen_port
    localparam int unsigned Width = port == 0 ? WidthA : WidthB;
    localparam int unsigned Mode = port == 0 ? ModeA : ModeB;
    localparam int unsigned Bytes = Width > Byte ? Width / Byte : 1;
    localparam bit [10:0] More = 11'(Bytes - 1);
    localparam bit [2:0] Part = 3'(Width - 1);
    localparam bit [35:0] Lanes = 36'((64'd1 << Width) - 64'd1);

    wire clk = port == 0 ? clk_a_i : clk_b_i;
    wire enable = port == 0 ? enable_a_i : enable_b_i;
    wire write = port == 0 ? write_a_i : write_b_i;
    wire reset = port == 0 ? reset_a_i : reset_b_i;
    wire [13:0] address = port == 0 ? address_a_i : address_b_i;
    wire [35:0] data = port == 0 ? data_a_i : data_b_i;

    // The first byte of the access, and where in it the access starts where it is smaller.
    wire [10:0] first = address[13:3] & ~More;
    wire [2:0] place = Width < 8 ? address[2:0] & ~Part : 3'd0;
    wire [Byte-1:0] mask = Byte'(Lanes) << place;

    logic [35:0] found, read_q;

    always_comb begin
      found = '0;
      for (int each = 0; each < Bytes; each++) found[each*Byte+:Byte] = memory[first+11'(each)];
      found = (found >> place) & Lanes;
    end

    initial read_q = '0;

    always @(posedge clk) begin
      if (enable && write) begin
        for (int each = 0; each < Bytes; each++) begin
          if (Bytes == 1 || address[each]) begin
            memory[first+11'(each)] <= (memory[first+11'(each)] & ~mask)
                | ((data[each*Byte+:Byte] << place) & mask);
          end
        end
      end
      if (enable && write && Mode == 1) read_q <= data;
      else if (enable && (!write || Mode == 2)) read_q <= found;
      if (reset) read_q <= '0;
    end
  end

  assign data_a_o = Async && reset_a_i ? '0 : gen_port[0].read_q;
  assign data_b_o = Async && reset_b_i ? '0 : gen_port[1].read_q;

endmodule

`default_nettype wire
