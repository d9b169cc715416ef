// SPDX-License-Identifier: Apache-2.0
//
// The phase-locked loop of an ECP5 in a simulated netlist: always locked, its output clock the
// input's. What hangs on it runs cycle by cycle as it would at the other rate.

module EHXPLLL #(
  parameter int unsigned CLKI_DIV = 1,
  parameter int unsigned CLKFB_DIV = 1,
  parameter int unsigned CLKOP_DIV = 8,
  parameter int unsigned CLKOP_CPHASE = 0,
  parameter CLKOP_ENABLE = "ENABLED",
  parameter FEEDBK_PATH = "CLKOP",
  parameter PLLRST_ENA = "DISABLED",
  parameter INTFB_WAKE = "DISABLED",
  parameter STDBY_ENABLE = "DISABLED",
  parameter DPHASE_SOURCE = "DISABLED"
) (
  input  wire logic CLKI, CLKFB, RST, STDBY, PLLWAKESYNC, ENCLKOP,
  input  wire logic PHASESEL0, PHASESEL1, PHASEDIR, PHASESTEP, PHASELOADREG,
  output logic CLKOP, LOCK
);

  assign CLKOP = CLKI;
  assign LOCK = 1'b1;

endmodule
