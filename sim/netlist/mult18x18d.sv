// SPDX-License-Identifier: Apache-2.0
//
// What a multiplier of an ECP5 does, to simulate a netlist: 18 by 18 bits, each signed or not
// (Lattice FPGA-TN-02205). Yosys's own library has the ports alone.
//
// Registers and the inputs of a neighbour are left out: Yosys never uses them.

module MULT18X18D (
  input  wire logic A17, A16, A15, A14, A13, A12, A11, A10, A9,
  input  wire logic A8, A7, A6, A5, A4, A3, A2, A1, A0,
  input  wire logic B17, B16, B15, B14, B13, B12, B11, B10, B9,
  input  wire logic B8, B7, B6, B5, B4, B3, B2, B1, B0,
  input  wire logic C17, C16, C15, C14, C13, C12, C11, C10, C9,
  input  wire logic C8, C7, C6, C5, C4, C3, C2, C1, C0,
  input  wire logic SIGNEDA, SIGNEDB, SOURCEA, SOURCEB,
  output logic P35, P34, P33, P32, P31, P30, P29, P28, P27, P26, P25, P24,
  output logic P23, P22, P21, P20, P19, P18, P17, P16, P15, P14, P13, P12,
  output logic P11, P10, P9, P8, P7, P6, P5, P4, P3, P2, P1, P0
);

  wire [17:0] a = {
    A17, A16, A15, A14, A13, A12, A11, A10, A9,
    A8, A7, A6, A5, A4, A3, A2, A1, A0
  };
  wire [17:0] b = {
    B17, B16, B15, B14, B13, B12, B11, B10, B9,
    B8, B7, B6, B5, B4, B3, B2, B1, B0
  };
  wire signed [35:0] wide_a = {{18{SIGNEDA && a[17]}}, a};
  wire signed [35:0] wide_b = {{18{SIGNEDB && b[17]}}, b};

  assign {
    P35, P34, P33, P32, P31, P30, P29, P28, P27, P26, P25, P24,
    P23, P22, P21, P20, P19, P18, P17, P16, P15, P14, P13, P12,
    P11, P10, P9, P8, P7, P6, P5, P4, P3, P2, P1, P0
  } = wide_a * wide_b;

endmodule
