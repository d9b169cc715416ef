// SPDX-License-Identifier: Apache-2.0
//
// The phase-locked loop of a GateMate in a simulated netlist: always locked, its output clock the
// input's.

module CC_PLL #(
  parameter REF_CLK = "",
  parameter OUT_CLK = "",
  parameter PERF_MD = "",
  parameter LOCK_REQ = 1,
  parameter CLK270_DOUB = 0,
  parameter CLK180_DOUB = 0,
  parameter LOW_JITTER = 1,
  parameter CI_FILTER_CONST = 2,
  parameter CP_FILTER_CONST = 4
) (
  input  wire logic CLK_REF, CLK_FEEDBACK, USR_CLK_REF, USR_LOCKED_STDY_RST,
  output logic USR_PLL_LOCKED_STDY, USR_PLL_LOCKED, CLK270, CLK180, CLK90, CLK0, CLK_REF_OUT
);

  assign CLK0 = CLK_REF;
  assign CLK90 = CLK_REF;
  assign CLK180 = !CLK_REF;
  assign CLK270 = !CLK_REF;
  assign CLK_REF_OUT = CLK_REF;
  assign USR_PLL_LOCKED = 1'b1;
  assign USR_PLL_LOCKED_STDY = 1'b1;

endmodule
