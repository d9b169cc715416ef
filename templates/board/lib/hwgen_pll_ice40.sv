// SPDX-License-Identifier: Apache-2.0
//
// A clock of another rate, by the phase-locked loop of the iCE40 at the pad of the input: the
// input's rate, divided by `Divr` + 1 and by two to the power of `Divq`, times `Divf` + 1.

`default_nettype none

module hwgen_pll_ice40 #(
  parameter logic [3:0] Divr = 0,
  parameter logic [6:0] Divf = 63,
  parameter logic [2:0] Divq = 4,
  parameter logic [2:0] FilterRange = 1
) (
  input  wire logic clk_i,
  output logic      clk_o,
  output logic      locked_o
);

  SB_PLL40_PAD #(
    .FEEDBACK_PATH("SIMPLE"),
    .DIVR         (Divr),
    .DIVF         (Divf),
    .DIVQ         (Divq),
    .FILTER_RANGE (FilterRange)
  ) u_pll (
    .PACKAGEPIN  (clk_i),
    .PLLOUTGLOBAL(clk_o),
    .LOCK        (locked_o),
    .BYPASS      (1'b0),
    .RESETB      (1'b1)
  );

endmodule

`default_nettype wire
