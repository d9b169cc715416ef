// SPDX-License-Identifier: Apache-2.0
//
// The phase-locked loop of a Gowin FPGA in a simulated netlist: always locked, its output clock the
// input's. It comes before Yosys's own models, of which that of the loop is its ports alone.

module rPLL #(
  parameter FCLKIN = "100.0",
  parameter int unsigned IDIV_SEL = 0,
  parameter int unsigned FBDIV_SEL = 0,
  parameter int unsigned ODIV_SEL = 8
) (
  input  wire logic       CLKIN, CLKFB, RESET, RESET_P,
  input  wire logic [5:0] FBDSEL, IDSEL, ODSEL,
  input  wire logic [3:0] PSDA, FDLY, DUTYDA,
  output logic            CLKOUT, CLKOUTP, CLKOUTD, CLKOUTD3, LOCK
);

  assign CLKOUT = CLKIN;
  assign CLKOUTP = CLKIN;
  assign CLKOUTD = CLKIN;
  assign CLKOUTD3 = CLKIN;
  assign LOCK = 1'b1;

endmodule
