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
  parameter bit Alone = 1'b0,
  localparam int unsigned AddrBits = Depth > 1 ? $clog2(Depth) : 1
) (
  input  wire logic                clk_i,
  input  wire logic [AddrBits-1:0] addr_i,
  output logic      [Width-1:0]    data_o
);

  if (Width < 1 || Depth < 1) begin : gen_check
    $error("hwgen_rom: Width and Depth must be at least 1");
  end

  // What Vivado calls distributed is logic to Yosys. There a bit of a deep memory is a LUT for each
  // 64 words (16 on ECP5) only where nothing around it is mapped with it.
`ifdef YOSYS
  localparam RomStyle = Style == "block" ? "block" : "logic";
  localparam bit Apart = RomStyle == "logic" && Depth > 8 && !Alone;
`else
  localparam RomStyle = Style == "block" ? "block" : "distributed";
  localparam bit Apart = 1'b0;
`endif

  if (Apart) begin : gen_apart
    (* keep_hierarchy *)
    hwgen_rom #(
      .Width(Width),
      .Depth(Depth),
      .File (File),
      .Style(Style),
      .Alone(1'b1)
    ) u_rom (
      .clk_i (clk_i),
      .addr_i(addr_i),
      .data_o(data_o)
    );
  end else begin : gen_memory
    (* rom_style = RomStyle *) logic [Width-1:0] memory [Depth];

    if (File != "") begin : gen_file
      initial $readmemh(File, memory);
    end

    always_ff @(posedge clk_i) data_o <= memory[addr_i];
  end

endmodule

`default_nettype wire
