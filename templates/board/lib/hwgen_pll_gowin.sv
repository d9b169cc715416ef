// SPDX-License-Identifier: Apache-2.0
//
// A clock of another rate, by a phase-locked loop of a Gowin FPGA: the input's rate, `Reference` in
// MHz, divided by `Idiv` + 1, times `Fbdiv` + 1. The loop's own oscillator runs `Odiv` times as fast
// as the clock that comes out.

`default_nettype none

module hwgen_pll_gowin #(
  parameter Reference = "27",
  parameter int unsigned Idiv = 0,
  parameter int unsigned Fbdiv = 0,
  parameter int unsigned Odiv = 32
) (
  input  wire logic clk_i,
  output logic      clk_o,
  output logic      locked_o
);

  logic unused_clkoutp, unused_clkoutd, unused_clkoutd3;

  rPLL #(
    .FCLKIN   (Reference),
    .IDIV_SEL (Idiv),
    .FBDIV_SEL(Fbdiv),
    .ODIV_SEL (Odiv)
  ) u_pll (
    .CLKIN   (clk_i),
    .CLKFB   (1'b0),
    .RESET   (1'b0),
    .RESET_P (1'b0),
    .FBDSEL  (6'd0),
    .IDSEL   (6'd0),
    .ODSEL   (6'd0),
    .PSDA    (4'd0),
    .DUTYDA  (4'd0),
    .FDLY    (4'd0),
    .CLKOUT  (clk_o),
    .CLKOUTP (unused_clkoutp),
    .CLKOUTD (unused_clkoutd),
    .CLKOUTD3(unused_clkoutd3),
    .LOCK    (locked_o)
  );

endmodule

`default_nettype wire
