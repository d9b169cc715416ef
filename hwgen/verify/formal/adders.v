// SPDX-License-Identifier: Apache-2.0
//
// Carries one after the other, as the command `techmap` of Yosys takes them: a proof does not wait
// for them, and adders of other widths have the same gates for the same bits.

(* techmap_celltype = "$lcu" *)
module _80_hwgen_ripple (P, G, CI, CO);
  parameter WIDTH = 2;
  (* force_downto *)
  input [WIDTH-1:0] P, G;
  input CI;
  (* force_downto *)
  output [WIDTH-1:0] CO;

  wire [WIDTH:0] carries = {CO, CI};

  assign CO = G | (P & carries[WIDTH-1:0]);
endmodule
