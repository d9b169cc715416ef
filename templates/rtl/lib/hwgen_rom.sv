// SPDX-License-Identifier: Apache-2.0
//
// Read-only memory, filled from a hexadecimal file, one word a line.
//
// The word at `addr_i` appears at `data_o` one cycle later. The read port is free running, so the
// memory maps to block RAM as well as to LUTs; `Style` says to which: "block", or else
// "distributed" or "registers", which are the same for constants.
//
// Do not use it for a handful of constants known at elaboration: a localparam costs nothing.

`default_nettype none

module hwgen_rom #(
  parameter int unsigned Width = 8,
  parameter int unsigned Depth = 2,
  parameter File = "",
  parameter Style = "distributed",
  localparam int unsigned AddrBits = Depth > 1 ? $clog2(Depth) : 1
) (
  input  wire logic                clk_i,
  input  wire logic [AddrBits-1:0] addr_i,
  output logic      [Width-1:0]    data_o
);

  if (Width < 1 || Depth < 1) begin : gen_check
    $error("hwgen_rom: Width and Depth must be at least 1");
  end

  // What Vivado calls distributed is logic to Yosys.
`ifdef YOSYS
  localparam RomStyle = Style == "block" ? "block" : "logic";
`else
  localparam RomStyle = Style == "block" ? "block" : "distributed";
`endif

  (* rom_style = RomStyle *) logic [Width-1:0] memory [Depth];

  if (File != "") begin : gen_file
    initial $readmemh(File, memory);
  end

  always_ff @(posedge clk_i) data_o <= memory[addr_i];

endmodule

`default_nettype wire
