// SPDX-License-Identifier: Apache-2.0
//
// What a block RAM of an ECP5 does, to simulate a netlist: 1024 words of two 9-bit bytes, read and
// written by two ports of 1, 2, 4, 9 or 18 bits; or written by port A and read by port B, 36 bits
// wide (Lattice FPGA-TN-02204). Widths of 1, 2 and 4 leave every ninth bit out. Yosys's own library
// has the ports alone.
//
// Output registers and chip selects are left out: Yosys never uses them.

module DP16KD #(
  parameter int unsigned DATA_WIDTH_A = 18,
  parameter int unsigned DATA_WIDTH_B = 18,
  parameter CLKAMUX = "CLKA",
  parameter CLKBMUX = "CLKB",
  parameter WRITEMODE_A = "NORMAL",
  parameter WRITEMODE_B = "NORMAL",
  parameter REGMODE_A = "NOREG",
  parameter REGMODE_B = "NOREG",
  parameter RESETMODE = "SYNC",
  parameter ASYNC_RESET_RELEASE = "SYNC",
  parameter CSDECODE_A = "0b000",
  parameter CSDECODE_B = "0b000",
  parameter GSR = "ENABLED",
  parameter bit [319:0] INITVAL_00 = '0,
  parameter bit [319:0] INITVAL_01 = '0,
  parameter bit [319:0] INITVAL_02 = '0,
  parameter bit [319:0] INITVAL_03 = '0,
  parameter bit [319:0] INITVAL_04 = '0,
  parameter bit [319:0] INITVAL_05 = '0,
  parameter bit [319:0] INITVAL_06 = '0,
  parameter bit [319:0] INITVAL_07 = '0,
  parameter bit [319:0] INITVAL_08 = '0,
  parameter bit [319:0] INITVAL_09 = '0,
  parameter bit [319:0] INITVAL_0A = '0,
  parameter bit [319:0] INITVAL_0B = '0,
  parameter bit [319:0] INITVAL_0C = '0,
  parameter bit [319:0] INITVAL_0D = '0,
  parameter bit [319:0] INITVAL_0E = '0,
  parameter bit [319:0] INITVAL_0F = '0,
  parameter bit [319:0] INITVAL_10 = '0,
  parameter bit [319:0] INITVAL_11 = '0,
  parameter bit [319:0] INITVAL_12 = '0,
  parameter bit [319:0] INITVAL_13 = '0,
  parameter bit [319:0] INITVAL_14 = '0,
  parameter bit [319:0] INITVAL_15 = '0,
  parameter bit [319:0] INITVAL_16 = '0,
  parameter bit [319:0] INITVAL_17 = '0,
  parameter bit [319:0] INITVAL_18 = '0,
  parameter bit [319:0] INITVAL_19 = '0,
  parameter bit [319:0] INITVAL_1A = '0,
  parameter bit [319:0] INITVAL_1B = '0,
  parameter bit [319:0] INITVAL_1C = '0,
  parameter bit [319:0] INITVAL_1D = '0,
  parameter bit [319:0] INITVAL_1E = '0,
  parameter bit [319:0] INITVAL_1F = '0,
  parameter bit [319:0] INITVAL_20 = '0,
  parameter bit [319:0] INITVAL_21 = '0,
  parameter bit [319:0] INITVAL_22 = '0,
  parameter bit [319:0] INITVAL_23 = '0,
  parameter bit [319:0] INITVAL_24 = '0,
  parameter bit [319:0] INITVAL_25 = '0,
  parameter bit [319:0] INITVAL_26 = '0,
  parameter bit [319:0] INITVAL_27 = '0,
  parameter bit [319:0] INITVAL_28 = '0,
  parameter bit [319:0] INITVAL_29 = '0,
  parameter bit [319:0] INITVAL_2A = '0,
  parameter bit [319:0] INITVAL_2B = '0,
  parameter bit [319:0] INITVAL_2C = '0,
  parameter bit [319:0] INITVAL_2D = '0,
  parameter bit [319:0] INITVAL_2E = '0,
  parameter bit [319:0] INITVAL_2F = '0,
  parameter bit [319:0] INITVAL_30 = '0,
  parameter bit [319:0] INITVAL_31 = '0,
  parameter bit [319:0] INITVAL_32 = '0,
  parameter bit [319:0] INITVAL_33 = '0,
  parameter bit [319:0] INITVAL_34 = '0,
  parameter bit [319:0] INITVAL_35 = '0,
  parameter bit [319:0] INITVAL_36 = '0,
  parameter bit [319:0] INITVAL_37 = '0,
  parameter bit [319:0] INITVAL_38 = '0,
  parameter bit [319:0] INITVAL_39 = '0,
  parameter bit [319:0] INITVAL_3A = '0,
  parameter bit [319:0] INITVAL_3B = '0,
  parameter bit [319:0] INITVAL_3C = '0,
  parameter bit [319:0] INITVAL_3D = '0,
  parameter bit [319:0] INITVAL_3E = '0,
  parameter bit [319:0] INITVAL_3F = '0
) (
  input  wire logic DIA17, DIA16, DIA15, DIA14, DIA13, DIA12, DIA11, DIA10, DIA9,
  input  wire logic DIA8, DIA7, DIA6, DIA5, DIA4, DIA3, DIA2, DIA1, DIA0,
  input  wire logic ADA13, ADA12, ADA11, ADA10, ADA9, ADA8, ADA7, ADA6, ADA5,
  input  wire logic ADA4, ADA3, ADA2, ADA1, ADA0,
  input  wire logic CEA, OCEA, CLKA, WEA, RSTA, CSA2, CSA1, CSA0,
  output logic DOA17, DOA16, DOA15, DOA14, DOA13, DOA12, DOA11, DOA10, DOA9,
  output logic DOA8, DOA7, DOA6, DOA5, DOA4, DOA3, DOA2, DOA1, DOA0,
  input  wire logic DIB17, DIB16, DIB15, DIB14, DIB13, DIB12, DIB11, DIB10, DIB9,
  input  wire logic DIB8, DIB7, DIB6, DIB5, DIB4, DIB3, DIB2, DIB1, DIB0,
  input  wire logic ADB13, ADB12, ADB11, ADB10, ADB9, ADB8, ADB7, ADB6, ADB5,
  input  wire logic ADB4, ADB3, ADB2, ADB1, ADB0,
  input  wire logic CEB, OCEB, CLKB, WEB, RSTB, CSB2, CSB1, CSB0,
  output logic DOB17, DOB16, DOB15, DOB14, DOB13, DOB12, DOB11, DOB10, DOB9,
  output logic DOB8, DOB7, DOB6, DOB5, DOB4, DOB3, DOB2, DOB1, DOB0
);

  if (REGMODE_A != "NOREG" || REGMODE_B != "NOREG") begin : gen_check
    $error("DP16KD: output registers are not simulated");
  end

  // Sixteen words a parameter, each in the low 18 of 20 bits.
  localparam bit [64*320-1:0] Contents = {
    INITVAL_3F, INITVAL_3E, INITVAL_3D, INITVAL_3C,
    INITVAL_3B, INITVAL_3A, INITVAL_39, INITVAL_38,
    INITVAL_37, INITVAL_36, INITVAL_35, INITVAL_34,
    INITVAL_33, INITVAL_32, INITVAL_31, INITVAL_30,
    INITVAL_2F, INITVAL_2E, INITVAL_2D, INITVAL_2C,
    INITVAL_2B, INITVAL_2A, INITVAL_29, INITVAL_28,
    INITVAL_27, INITVAL_26, INITVAL_25, INITVAL_24,
    INITVAL_23, INITVAL_22, INITVAL_21, INITVAL_20,
    INITVAL_1F, INITVAL_1E, INITVAL_1D, INITVAL_1C,
    INITVAL_1B, INITVAL_1A, INITVAL_19, INITVAL_18,
    INITVAL_17, INITVAL_16, INITVAL_15, INITVAL_14,
    INITVAL_13, INITVAL_12, INITVAL_11, INITVAL_10,
    INITVAL_0F, INITVAL_0E, INITVAL_0D, INITVAL_0C,
    INITVAL_0B, INITVAL_0A, INITVAL_09, INITVAL_08,
    INITVAL_07, INITVAL_06, INITVAL_05, INITVAL_04,
    INITVAL_03, INITVAL_02, INITVAL_01, INITVAL_00
  };

  wire [17:0] write_data_a = {
    DIA17, DIA16, DIA15, DIA14, DIA13, DIA12, DIA11, DIA10, DIA9,
    DIA8, DIA7, DIA6, DIA5, DIA4, DIA3, DIA2, DIA1, DIA0
  };
  wire [17:0] write_data_b = {
    DIB17, DIB16, DIB15, DIB14, DIB13, DIB12, DIB11, DIB10, DIB9,
    DIB8, DIB7, DIB6, DIB5, DIB4, DIB3, DIB2, DIB1, DIB0
  };
  wire [13:0] address_a = {
    ADA13, ADA12, ADA11, ADA10, ADA9, ADA8, ADA7, ADA6, ADA5,
    ADA4, ADA3, ADA2, ADA1, ADA0
  };
  wire [13:0] address_b = {
    ADB13, ADB12, ADB11, ADB10, ADB9, ADB8, ADB7, ADB6, ADB5,
    ADB4, ADB3, ADB2, ADB1, ADB0
  };
  wire clock_a = CLKAMUX == "INV" ? !CLKA : CLKA;
  wire clock_b = CLKBMUX == "INV" ? !CLKB : CLKB;

  logic [17:0] memory [1024];
  logic [17:0] read_a_q, read_b_q, high_b_q;

  assign {
    DOB17, DOB16, DOB15, DOB14, DOB13, DOB12, DOB11, DOB10, DOB9,
    DOB8, DOB7, DOB6, DOB5, DOB4, DOB3, DOB2, DOB1, DOB0
  } = DATA_WIDTH_B == 36 ? high_b_q : read_b_q;
  assign {
    DOA17, DOA16, DOA15, DOA14, DOA13, DOA12, DOA11, DOA10, DOA9,
    DOA8, DOA7, DOA6, DOA5, DOA4, DOA3, DOA2, DOA1, DOA0
  } = DATA_WIDTH_B == 36 ? read_b_q : read_a_q;

  initial begin
    for (int word = 0; word < 1024; word++) memory[word] = Contents[20*word+:18];
    read_a_q = '0;
    read_b_q = '0;
    high_b_q = '0;
  end

  // Where an access of `width` bits starts in its word.
  function automatic logic [4:0] place(input int unsigned width, input logic [3:0] address);
    logic [4:0] lane;
    lane = width < 8 ? 5'(address[2:0]) & ~(5'(width - 1)) : '0;
    place = width == 18 ? '0 : (address[3] ? 5'd9 : 5'd0) + lane;
  endfunction

  // The bits of its word that a write of `width` bits changes. One of 18 has a bit for each byte.
  function automatic logic [17:0] changes(input int unsigned width, input logic [3:0] address);
    changes = width == 18 ? {{9{address[1]}}, {9{address[0]}}}
        : ((18'd1 << width) - 18'd1) << place(width, address);
  endfunction

  function automatic logic [17:0] written(
      input logic [17:0] old, input logic [17:0] data, input int unsigned width,
      input logic [3:0] address);
    logic [17:0] mask;
    mask = changes(width, address);
    written = (old & ~mask) | ((data << place(width, address)) & mask);
  endfunction

  always @(posedge clock_a) begin
    if (CEA && WEA && DATA_WIDTH_A == 36) begin
      for (int half = 0; half < 2; half++) begin
        memory[{address_a[13:5], half[0]}] <= written(
            memory[{address_a[13:5], half[0]}], half == 0 ? write_data_a : write_data_b, 18,
            half == 0 ? address_a[3:0] : address_a[3:0] >> 2);
      end
    end else if (CEA && WEA) begin
      memory[address_a[13:4]] <= written(
          memory[address_a[13:4]], write_data_a, DATA_WIDTH_A, address_a[3:0]);
    end
    if (CEA && !WEA || CEA && WRITEMODE_A == "READBEFOREWRITE") begin
      read_a_q <= memory[address_a[13:4]] >> place(DATA_WIDTH_A, address_a[3:0]);
    end else if (CEA && WRITEMODE_A == "WRITETHROUGH") begin
      read_a_q <= write_data_a;
    end
    if (RSTA) read_a_q <= '0;
  end

  always @(posedge clock_b) begin
    if (CEB && WEB) begin
      memory[address_b[13:4]] <= written(
          memory[address_b[13:4]], write_data_b, DATA_WIDTH_B, address_b[3:0]);
    end
    if (CEB && DATA_WIDTH_B == 36) begin
      read_b_q <= memory[{address_b[13:5], 1'b0}];
      high_b_q <= memory[{address_b[13:5], 1'b1}];
    end else if (CEB && !WEB || CEB && WRITEMODE_B == "READBEFOREWRITE") begin
      read_b_q <= memory[address_b[13:4]] >> place(DATA_WIDTH_B, address_b[3:0]);
    end else if (CEB && WRITEMODE_B == "WRITETHROUGH") begin
      read_b_q <= write_data_b;
    end
    if (RSTB) begin
      read_b_q <= '0;
      high_b_q <= '0;
    end
  end

endmodule
