// SPDX-License-Identifier: Apache-2.0
//
// A clock of another rate, by a phase-locked loop of the ECP5: the input's rate, divided by
// `ReferenceDivider`, times `FeedbackDivider`. The loop's own oscillator runs `OutputDivider` times
// as fast as the clock that comes out.

`default_nettype none

module hwgen_pll_ecp5 #(
  parameter int unsigned ReferenceDivider = 1,
  parameter int unsigned FeedbackDivider = 1,
  parameter int unsigned OutputDivider = 8
) (
  input  wire logic clk_i,
  output logic      clk_o,
  output logic      locked_o
);

  // The loop's filter, as the vendor's tools set it for these rates.
  (* ICP_CURRENT = "12", LPF_RESISTOR = "8", MFG_ENABLE_FILTEROPAMP = "1", MFG_GMCREF_SEL = "2" *)
  EHXPLLL #(
    .CLKI_DIV     (ReferenceDivider),
    .CLKFB_DIV    (FeedbackDivider),
    .CLKOP_DIV    (OutputDivider),
    .CLKOP_CPHASE (OutputDivider - 1),
    .CLKOP_ENABLE ("ENABLED"),
    .FEEDBK_PATH  ("CLKOP"),
    .PLLRST_ENA   ("DISABLED"),
    .INTFB_WAKE   ("DISABLED"),
    .STDBY_ENABLE ("DISABLED"),
    .DPHASE_SOURCE("DISABLED")
  ) u_pll (
    .CLKI        (clk_i),
    .CLKFB       (clk_o),
    .CLKOP       (clk_o),
    .LOCK        (locked_o),
    .RST         (1'b0),
    .STDBY       (1'b0),
    .PHASESEL0   (1'b0),
    .PHASESEL1   (1'b0),
    .PHASEDIR    (1'b0),
    .PHASESTEP   (1'b0),
    .PHASELOADREG(1'b0),
    .PLLWAKESYNC (1'b0),
    .ENCLKOP     (1'b0)
  );

endmodule

`default_nettype wire
