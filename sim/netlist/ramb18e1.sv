// SPDX-License-Identifier: Apache-2.0
//
// What a RAMB18E1 of a 7-series device does, to prove netlists: a block RAM of 18 Kbit (AMD UG473), as
// far as Yosys uses it (`hwgen_xc7_block_ram`). Yosys's own library has the ports alone.
//
// Output registers, resets of outputs, error correction and cascades are left out.

module RAMB18E1 #(
  parameter bit [255:0] INIT_00 = '0,
  parameter bit [255:0] INIT_01 = '0,
  parameter bit [255:0] INIT_02 = '0,
  parameter bit [255:0] INIT_03 = '0,
  parameter bit [255:0] INIT_04 = '0,
  parameter bit [255:0] INIT_05 = '0,
  parameter bit [255:0] INIT_06 = '0,
  parameter bit [255:0] INIT_07 = '0,
  parameter bit [255:0] INIT_08 = '0,
  parameter bit [255:0] INIT_09 = '0,
  parameter bit [255:0] INIT_0A = '0,
  parameter bit [255:0] INIT_0B = '0,
  parameter bit [255:0] INIT_0C = '0,
  parameter bit [255:0] INIT_0D = '0,
  parameter bit [255:0] INIT_0E = '0,
  parameter bit [255:0] INIT_0F = '0,
  parameter bit [255:0] INIT_10 = '0,
  parameter bit [255:0] INIT_11 = '0,
  parameter bit [255:0] INIT_12 = '0,
  parameter bit [255:0] INIT_13 = '0,
  parameter bit [255:0] INIT_14 = '0,
  parameter bit [255:0] INIT_15 = '0,
  parameter bit [255:0] INIT_16 = '0,
  parameter bit [255:0] INIT_17 = '0,
  parameter bit [255:0] INIT_18 = '0,
  parameter bit [255:0] INIT_19 = '0,
  parameter bit [255:0] INIT_1A = '0,
  parameter bit [255:0] INIT_1B = '0,
  parameter bit [255:0] INIT_1C = '0,
  parameter bit [255:0] INIT_1D = '0,
  parameter bit [255:0] INIT_1E = '0,
  parameter bit [255:0] INIT_1F = '0,
  parameter bit [255:0] INIT_20 = '0,
  parameter bit [255:0] INIT_21 = '0,
  parameter bit [255:0] INIT_22 = '0,
  parameter bit [255:0] INIT_23 = '0,
  parameter bit [255:0] INIT_24 = '0,
  parameter bit [255:0] INIT_25 = '0,
  parameter bit [255:0] INIT_26 = '0,
  parameter bit [255:0] INIT_27 = '0,
  parameter bit [255:0] INIT_28 = '0,
  parameter bit [255:0] INIT_29 = '0,
  parameter bit [255:0] INIT_2A = '0,
  parameter bit [255:0] INIT_2B = '0,
  parameter bit [255:0] INIT_2C = '0,
  parameter bit [255:0] INIT_2D = '0,
  parameter bit [255:0] INIT_2E = '0,
  parameter bit [255:0] INIT_2F = '0,
  parameter bit [255:0] INIT_30 = '0,
  parameter bit [255:0] INIT_31 = '0,
  parameter bit [255:0] INIT_32 = '0,
  parameter bit [255:0] INIT_33 = '0,
  parameter bit [255:0] INIT_34 = '0,
  parameter bit [255:0] INIT_35 = '0,
  parameter bit [255:0] INIT_36 = '0,
  parameter bit [255:0] INIT_37 = '0,
  parameter bit [255:0] INIT_38 = '0,
  parameter bit [255:0] INIT_39 = '0,
  parameter bit [255:0] INIT_3A = '0,
  parameter bit [255:0] INIT_3B = '0,
  parameter bit [255:0] INIT_3C = '0,
  parameter bit [255:0] INIT_3D = '0,
  parameter bit [255:0] INIT_3E = '0,
  parameter bit [255:0] INIT_3F = '0,
  parameter bit [255:0] INITP_00 = '0,
  parameter bit [255:0] INITP_01 = '0,
  parameter bit [255:0] INITP_02 = '0,
  parameter bit [255:0] INITP_03 = '0,
  parameter bit [255:0] INITP_04 = '0,
  parameter bit [255:0] INITP_05 = '0,
  parameter bit [255:0] INITP_06 = '0,
  parameter bit [255:0] INITP_07 = '0,
  parameter INIT_A = 0,
  parameter INIT_B = 0,
  parameter SRVAL_A = 0,
  parameter SRVAL_B = 0,
  parameter DOA_REG = 0,
  parameter DOB_REG = 0,
  parameter RAM_MODE = "TDP",
  parameter READ_WIDTH_A = 0,
  parameter READ_WIDTH_B = 0,
  parameter WRITE_WIDTH_A = 0,
  parameter WRITE_WIDTH_B = 0,
  parameter WRITE_MODE_A = "WRITE_FIRST",
  parameter WRITE_MODE_B = "WRITE_FIRST"
) (
  input  wire logic CLKARDCLK, CLKBWRCLK, ENARDEN, ENBWREN, REGCEAREGCE, REGCEB,
  input  wire logic RSTRAMARSTRAM, RSTRAMB, RSTREGARSTREG, RSTREGB,
  input  wire logic [13:0] ADDRARDADDR, ADDRBWRADDR,
  input  wire logic [15:0] DIADI, DIBDI,
  input  wire logic [1:0] DIPADIP, DIPBDIP,
  input  wire logic [1:0] WEA,
  input  wire logic [3:0] WEBWE,
  output logic [15:0] DOADO, DOBDO,
  output logic [1:0] DOPADOP, DOPBDOP
);

  if (DOA_REG != 0 || DOB_REG != 0) begin : gen_check
    $error("RAMB18E1: output registers are not simulated");
  end

  localparam bit [16383:0] Data = {
    INIT_3F, INIT_3E, INIT_3D, INIT_3C, INIT_3B, INIT_3A,
    INIT_39, INIT_38, INIT_37, INIT_36, INIT_35, INIT_34,
    INIT_33, INIT_32, INIT_31, INIT_30, INIT_2F, INIT_2E,
    INIT_2D, INIT_2C, INIT_2B, INIT_2A, INIT_29, INIT_28,
    INIT_27, INIT_26, INIT_25, INIT_24, INIT_23, INIT_22,
    INIT_21, INIT_20, INIT_1F, INIT_1E, INIT_1D, INIT_1C,
    INIT_1B, INIT_1A, INIT_19, INIT_18, INIT_17, INIT_16,
    INIT_15, INIT_14, INIT_13, INIT_12, INIT_11, INIT_10,
    INIT_0F, INIT_0E, INIT_0D, INIT_0C, INIT_0B, INIT_0A,
    INIT_09, INIT_08, INIT_07, INIT_06, INIT_05, INIT_04,
    INIT_03, INIT_02, INIT_01, INIT_00
  };
  localparam bit [2047:0] Parities = {
    INITP_07, INITP_06, INITP_05, INITP_04, INITP_03, INITP_02,
    INITP_01, INITP_00
  };

  // Both ports together, the second on top, are the wide one of a simple dual-port RAM.
  localparam bit Wide = RAM_MODE == "SDP" && (READ_WIDTH_A > 18 || WRITE_WIDTH_B > 18);

  wire [31:0] data_out_a, data_out_b;
  wire [3:0] parities_out_a, parities_out_b;

  hwgen_xc7_block_ram #(
    .Bits      (16384),
    .MostData  (32),
    .MostParity(4),
    .Data      (Data),
    .Parities  (Parities),
    .ReadA     (READ_WIDTH_A),
    .ReadB     (READ_WIDTH_B),
    .WriteA    (WRITE_WIDTH_A),
    .WriteB    (WRITE_WIDTH_B),
    .ModeA     (WRITE_MODE_A),
    .ModeB     (WRITE_MODE_B)
  ) u_ram (
    .clock_a_i   (CLKARDCLK),
    .clock_b_i   (CLKBWRCLK),
    .enable_a_i  (ENARDEN),
    .enable_b_i  (ENBWREN),
    .address_a_i (ADDRARDADDR[13:0]),
    .address_b_i (ADDRBWRADDR[13:0]),
    .write_a_i   ({{2{1'b0}}, WEA}),
    .write_b_i   (WEBWE),
    .data_a_i    ({{16{1'b0}}, DIADI}),
    .parities_a_i({{2{1'b0}}, DIPADIP}),
    .data_b_i    (Wide ? {DIBDI, DIADI} : {{16{1'b0}}, DIBDI}),
    .parities_b_i(Wide ? {DIPBDIP, DIPADIP} : {{2{1'b0}}, DIPBDIP}),
    .data_a_o    (data_out_a),
    .parities_a_o(parities_out_a),
    .data_b_o    (data_out_b),
    .parities_b_o(parities_out_b)
  );

  assign DOADO = data_out_a[15:0];
  assign DOPADOP = parities_out_a[1:0];
  assign DOBDO = Wide ? data_out_a[31:16] : data_out_b[15:0];
  assign DOPBDOP = Wide ? parities_out_a[3:2] : parities_out_b[1:0];

endmodule
