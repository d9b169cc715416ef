// SPDX-License-Identifier: Apache-2.0
//
// Block RAM of a Gowin FPGA in a simulated netlist, by the names that Yosys gives it: of bytes of 8
// bits (SP, SDPB, DPB) or of 9 (SPX9, SDPX9B, DPX9B); with one port, one to write and one to read,
// or two. Yosys's own library has the ports alone; what comes first is taken.

`default_nettype none

`define HWGEN_ROW(H) \
  parameter bit [32*Byte-1:0] INIT_RAM_``H``0 = '0, INIT_RAM_``H``1 = '0, INIT_RAM_``H``2 = '0, \
  INIT_RAM_``H``3 = '0, INIT_RAM_``H``4 = '0, INIT_RAM_``H``5 = '0, INIT_RAM_``H``6 = '0, \
  INIT_RAM_``H``7 = '0, INIT_RAM_``H``8 = '0, INIT_RAM_``H``9 = '0, INIT_RAM_``H``A = '0, \
  INIT_RAM_``H``B = '0, INIT_RAM_``H``C = '0, INIT_RAM_``H``D = '0, INIT_RAM_``H``E = '0, \
  INIT_RAM_``H``F = '0

`define HWGEN_INIT(BITS) \
  parameter int unsigned Byte = BITS, \
  `HWGEN_ROW(0), `HWGEN_ROW(1), `HWGEN_ROW(2), `HWGEN_ROW(3)

`define HWGEN_WORDS(H) \
  INIT_RAM_``H``F, INIT_RAM_``H``E, INIT_RAM_``H``D, INIT_RAM_``H``C, INIT_RAM_``H``B, \
  INIT_RAM_``H``A, INIT_RAM_``H``9, INIT_RAM_``H``8, INIT_RAM_``H``7, INIT_RAM_``H``6, \
  INIT_RAM_``H``5, INIT_RAM_``H``4, INIT_RAM_``H``3, INIT_RAM_``H``2, INIT_RAM_``H``1, \
  INIT_RAM_``H``0

`define HWGEN_CONTENTS {`HWGEN_WORDS(3), `HWGEN_WORDS(2), `HWGEN_WORDS(1), `HWGEN_WORDS(0)}

`define HWGEN_PLAIN(CONDITION) \
  if (!(CONDITION)) begin : gen_check \
    $error("block RAM: output registers and block selects are not simulated"); \
  end

`define HWGEN_ONE(NAME, BITS) \
module NAME #( \
  parameter READ_MODE = 1'b0, \
  parameter int unsigned WRITE_MODE = 0, \
  parameter int unsigned BIT_WIDTH = 4 * BITS, \
  parameter BLK_SEL = 3'b000, \
  parameter RESET_MODE = "SYNC", \
  `HWGEN_INIT(BITS) \
) ( \
  input  wire logic            CLK, CE, OCE, RESET, WRE, \
  input  wire logic [2:0]      BLKSEL, \
  input  wire logic [13:0]     AD, \
  input  wire logic [4*BITS-1:0] DI, \
  output logic      [4*BITS-1:0] DO \
); \
  `HWGEN_PLAIN(READ_MODE == 0 && BLK_SEL == 0) \
  logic [35:0] read, unused_b; \
  assign DO = read[4*BITS-1:0]; \
  hwgen_bsram #( \
    .Byte(BITS), .WidthA(BIT_WIDTH), .ModeA(WRITE_MODE), .Async(RESET_MODE == "ASYNC"), \
    .Contents(`HWGEN_CONTENTS) \
  ) u_bsram ( \
    .clk_a_i(CLK), .enable_a_i(CE), .write_a_i(WRE), .reset_a_i(RESET), .address_a_i(AD), \
    .data_a_i(36'(DI)), .data_a_o(read), \
    .clk_b_i(1'b0), .enable_b_i(1'b0), .write_b_i(1'b0), .reset_b_i(1'b0), .address_b_i('0), \
    .data_b_i('0), .data_b_o(unused_b) \
  ); \
endmodule

`define HWGEN_SIMPLE(NAME, BITS) \
module NAME #( \
  parameter READ_MODE = 1'b0, \
  parameter int unsigned BIT_WIDTH_0 = 4 * BITS, \
  parameter int unsigned BIT_WIDTH_1 = 4 * BITS, \
  parameter BLK_SEL_0 = 3'b000, \
  parameter BLK_SEL_1 = 3'b000, \
  parameter RESET_MODE = "SYNC", \
  `HWGEN_INIT(BITS) \
) ( \
  input  wire logic            CLKA, CEA, RESETA, CLKB, CEB, OCE, RESETB, \
  input  wire logic [2:0]      BLKSELA, BLKSELB, \
  input  wire logic [13:0]     ADA, ADB, \
  input  wire logic [4*BITS-1:0] DI, \
  output logic      [4*BITS-1:0] DO \
); \
  `HWGEN_PLAIN(READ_MODE == 0 && {BLK_SEL_0, BLK_SEL_1} == 0) \
  logic [35:0] read, unused_a; \
  assign DO = read[4*BITS-1:0]; \
  hwgen_bsram #( \
    .Byte(BITS), .WidthA(BIT_WIDTH_0), .WidthB(BIT_WIDTH_1), .Async(RESET_MODE == "ASYNC"), \
    .Contents(`HWGEN_CONTENTS) \
  ) u_bsram ( \
    .clk_a_i(CLKA), .enable_a_i(CEA), .write_a_i(1'b1), .reset_a_i(RESETA), .address_a_i(ADA), \
    .data_a_i(36'(DI)), .data_a_o(unused_a), \
    .clk_b_i(CLKB), .enable_b_i(CEB), .write_b_i(1'b0), .reset_b_i(RESETB), .address_b_i(ADB), \
    .data_b_i('0), .data_b_o(read) \
  ); \
endmodule

`define HWGEN_DUAL(NAME, BITS) \
module NAME #( \
  parameter READ_MODE0 = 1'b0, \
  parameter READ_MODE1 = 1'b0, \
  parameter int unsigned WRITE_MODE0 = 0, \
  parameter int unsigned WRITE_MODE1 = 0, \
  parameter int unsigned BIT_WIDTH_0 = 2 * BITS, \
  parameter int unsigned BIT_WIDTH_1 = 2 * BITS, \
  parameter BLK_SEL_0 = 3'b000, \
  parameter BLK_SEL_1 = 3'b000, \
  parameter RESET_MODE = "SYNC", \
  `HWGEN_INIT(BITS) \
) ( \
  input  wire logic            CLKA, CEA, OCEA, RESETA, WREA, CLKB, CEB, OCEB, RESETB, WREB, \
  input  wire logic [2:0]      BLKSELA, BLKSELB, \
  input  wire logic [13:0]     ADA, ADB, \
  input  wire logic [2*BITS-1:0] DIA, DIB, \
  output logic      [2*BITS-1:0] DOA, DOB \
); \
  `HWGEN_PLAIN({READ_MODE0, READ_MODE1, BLK_SEL_0, BLK_SEL_1} == 0) \
  logic [35:0] read_a, read_b; \
  assign DOA = read_a[2*BITS-1:0]; \
  assign DOB = read_b[2*BITS-1:0]; \
  hwgen_bsram #( \
    .Byte(BITS), .WidthA(BIT_WIDTH_0), .WidthB(BIT_WIDTH_1), .ModeA(WRITE_MODE0), \
    .ModeB(WRITE_MODE1), .Async(RESET_MODE == "ASYNC"), \
    .Contents(`HWGEN_CONTENTS) \
  ) u_bsram ( \
    .clk_a_i(CLKA), .enable_a_i(CEA), .write_a_i(WREA), .reset_a_i(RESETA), .address_a_i(ADA), \
    .data_a_i(36'(DIA)), .data_a_o(read_a), \
    .clk_b_i(CLKB), .enable_b_i(CEB), .write_b_i(WREB), .reset_b_i(RESETB), .address_b_i(ADB), \
    .data_b_i(36'(DIB)), .data_b_o(read_b) \
  ); \
endmodule

`HWGEN_ONE(SP, 8)
`HWGEN_ONE(SPX9, 9)
`HWGEN_SIMPLE(SDPB, 8)
`HWGEN_SIMPLE(SDPX9B, 9)
`HWGEN_DUAL(DPB, 8)
`HWGEN_DUAL(DPX9B, 9)

`default_nettype wire
