// SPDX-License-Identifier: Apache-2.0
//
// The phase-locked loop of an iCE40 in a simulated netlist: always locked, its output clock the
// input's. It comes before Yosys's own models, of which that of the loop is its ports alone.

module SB_PLL40_PAD #(
  parameter FEEDBACK_PATH = "SIMPLE",
  parameter logic [3:0] DIVR = 0,
  parameter logic [6:0] DIVF = 0,
  parameter logic [2:0] DIVQ = 0,
  parameter logic [2:0] FILTER_RANGE = 0
) (
  input  wire logic PACKAGEPIN, BYPASS, RESETB,
  output logic PLLOUTGLOBAL, LOCK
);

  assign PLLOUTGLOBAL = PACKAGEPIN;
  assign LOCK = 1'b1;

endmodule
