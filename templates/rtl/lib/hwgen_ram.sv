// SPDX-License-Identifier: Apache-2.0
//
// Memory with one write port and one read port, both of one clock.
//
// The word at `read_addr_i` appears at `read_data_o` one cycle later, as it was before a write in
// the same cycle, or with `Through` as it is after it. The read port is free running, so the memory
// maps to block RAM, LUT RAM or registers alike; `Style` ("block", "distributed" or "registers")
// says to which. Block RAM is not for `Through`.
//
// Do not use it where a word is needed in the cycle of its address: only LUT RAM can do that.

`default_nettype none

module hwgen_ram #(
  parameter int unsigned Width = 8,
  parameter int unsigned Depth = 2,
  parameter Style = "distributed",
  parameter bit Through = 1'b0,
  localparam int unsigned AddrBits = Depth > 1 ? $clog2(Depth) : 1
) (
  input  wire logic                clk_i,
  input  wire logic                write_i,
  input  wire logic [AddrBits-1:0] write_addr_i,
  input  wire logic [Width-1:0]    write_data_i,
  input  wire logic [AddrBits-1:0] read_addr_i,
  output logic      [Width-1:0]    read_data_o
);

  if (Width < 1 || Depth < 1) begin : gen_check
    $error("hwgen_ram: Width and Depth must be at least 1");
  end
  if (Through && Style == "block") begin : gen_check_through
    $error("hwgen_ram: block RAM does not read what is written in the same cycle");
  end

  (* ram_style = Style *) logic [Width-1:0] memory [Depth];

  always_ff @(posedge clk_i) begin
    if (write_i) memory[write_addr_i] <= write_data_i;
  end

  if (Through) begin : gen_through
    logic [AddrBits-1:0] read_addr_q;

    always_ff @(posedge clk_i) read_addr_q <= read_addr_i;

    assign read_data_o = memory[read_addr_q];
  end else begin : gen_before
    always_ff @(posedge clk_i) read_data_o <= memory[read_addr_i];
  end

endmodule

`default_nettype wire
