// SPDX-License-Identifier: Apache-2.0
//
// Multipliers of a Gowin FPGA in a simulated netlist: each factor signed or not (Gowin UG287).
// Yosys's own library has the ports alone. Registers and the inputs of a neighbour are left out:
// Yosys never uses them.

`default_nettype none

`define HWGEN_MULT(NAME, BITS) \
module NAME ( \
  input  wire logic [BITS-1:0] A, SIA, B, SIB, \
  input  wire logic            ASIGN, BSIGN, ASEL, BSEL, CE, CLK, RESET, \
  output logic [2*BITS-1:0]    DOUT, \
  output logic [BITS-1:0]      SOA, SOB \
); \
  wire [2*BITS-1:0] a = {{BITS{ASIGN && A[BITS-1]}}, A}; \
  wire [2*BITS-1:0] b = {{BITS{BSIGN && B[BITS-1]}}, B}; \
  assign DOUT = a * b; \
  assign SOA = '0; \
  assign SOB = '0; \
endmodule

`HWGEN_MULT(MULT9X9, 9)
`HWGEN_MULT(MULT18X18, 18)

module MULT36X36 (
  input  wire logic [35:0] A, B,
  input  wire logic        ASIGN, BSIGN, CE, CLK, RESET,
  output logic [71:0]      DOUT
);
  wire [71:0] a = {{36{ASIGN && A[35]}}, A};
  wire [71:0] b = {{36{BSIGN && B[35]}}, B};
  assign DOUT = a * b;
endmodule

`default_nettype wire
