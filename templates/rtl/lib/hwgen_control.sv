// SPDX-License-Identifier: Apache-2.0
//
// AXI4-Lite slave that writes memories: each write becomes a place, counted in pieces of 32 bits,
// and its data, one cycle after both were taken. Reading any address gives `Identity`, by which a
// host knows the design.
//
// A write with some of its strobes low, or to an address that is no multiple of four, does nothing
// and is answered with SLVERR. One write and one read are under way at a time.
//
// Do not use it for registers that a host reads back: there are none.

`default_nettype none

module hwgen_control #(
  parameter int unsigned AddrBits = 12,
  parameter logic [31:0] Identity = '0
) (
  input  wire logic                clk_i,
  input  wire logic                rst_ni,

  input  wire logic [AddrBits-1:0] awaddr_i,
  input  wire logic                awvalid_i,
  output logic                     awready_o,
  input  wire logic [31:0]         wdata_i,
  input  wire logic [3:0]          wstrb_i,
  input  wire logic                wvalid_i,
  output logic                     wready_o,
  output logic      [1:0]          bresp_o,
  output logic                     bvalid_o,
  input  wire logic                bready_i,
  input  wire logic [AddrBits-1:0] araddr_i,
  input  wire logic                arvalid_i,
  output logic                     arready_o,
  output logic      [31:0]         rdata_o,
  output logic      [1:0]          rresp_o,
  output logic                     rvalid_o,
  input  wire logic                rready_i,

  output logic                     write_o,
  output logic      [AddrBits-3:0] place_o,
  output logic      [31:0]         data_o
);

  if (AddrBits < 3 || AddrBits > 32) begin : gen_check
    $error("hwgen_control: AddrBits must lie in 3..32");
  end

  localparam logic [1:0] Okay = 2'b00;
  localparam logic [1:0] SlaveError = 2'b10;

  logic take, legal;

  assign take = awvalid_i && wvalid_i && !bvalid_o;
  assign legal = wstrb_i == 4'hf && awaddr_i[1:0] == 2'b00;
  assign awready_o = take;
  assign wready_o = take;
  assign arready_o = arvalid_i && !rvalid_o;
  assign rdata_o = Identity;
  assign rresp_o = Okay;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      bvalid_o <= 1'b0;
      rvalid_o <= 1'b0;
      write_o <= 1'b0;
    end else begin
      bvalid_o <= take || (bvalid_o && !bready_i);
      rvalid_o <= arready_o || (rvalid_o && !rready_i);
      write_o <= take && legal;
    end
  end

  always_ff @(posedge clk_i) begin
    if (take) begin
      bresp_o <= legal ? Okay : SlaveError;
      place_o <= awaddr_i[AddrBits-1:2];
      data_o <= wdata_i;
    end
  end

  logic unused_address;
  assign unused_address = ^araddr_i;

`ifdef HWGEN_ASSERT
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      one_write: assert (!take || !bvalid_o);
      one_read: assert (!arready_o || !rvalid_o);
    end
  end
`endif

endmodule

`default_nettype wire
