// SPDX-License-Identifier: Apache-2.0
//
// A clock of another rate, by a phase-locked loop of the GateMate: `Wanted` MHz of `Reference` MHz.
// The tools that place it find its dividers.

`default_nettype none

module hwgen_pll_gatemate #(
  parameter Reference = "10.0",
  parameter Wanted = "20.0"
) (
  input  wire logic clk_i,
  output logic      clk_o,
  output logic      locked_o
);

  logic unused_steady, unused_clk_270, unused_clk_180, unused_clk_90, unused_clk_ref;

  CC_PLL #(
    .REF_CLK        (Reference),
    .OUT_CLK        (Wanted),
    .PERF_MD        ("ECONOMY"),
    .LOCK_REQ       (1),
    .LOW_JITTER     (1),
    .CI_FILTER_CONST(2),
    .CP_FILTER_CONST(4)
  ) u_pll (
    .CLK_REF            (clk_i),
    .CLK_FEEDBACK       (1'b0),
    .USR_CLK_REF        (1'b0),
    .USR_LOCKED_STDY_RST(1'b0),
    .USR_PLL_LOCKED_STDY(unused_steady),
    .USR_PLL_LOCKED     (locked_o),
    .CLK270             (unused_clk_270),
    .CLK180             (unused_clk_180),
    .CLK90              (unused_clk_90),
    .CLK0               (clk_o),
    .CLK_REF_OUT        (unused_clk_ref)
  );

endmodule

`default_nettype wire
