// SPDX-License-Identifier: Apache-2.0
//
// Claim: of the requests that are taken each is answered once, in the next cycle, and its answer stays
//   until it is taken; a write whose strobes are all high and whose address is a multiple of four is
//   written once, in the next cycle, with its address and data, and answered with OKAY, any other
//   with SLVERR and no write; a read gives Identity; a request is taken in exactly the cycles in which it is
//   there, a write with address and data, and no answer waits.
// Cover: a write is answered and its answer taken after a cycle.
// Mistake: the lowest bit of each written word is expected inverted.

`default_nettype none

module hwgen_control_monitor #(
  parameter int unsigned AddrBits = 12,
  parameter logic [31:0] Identity = '0
) (
  input  wire logic                clk_i,
  input  wire logic                rst_ni,
  input  wire logic                mistake_i,

  input  wire logic [AddrBits-1:0] awaddr_i,
  input  wire logic                awvalid_i,
  input  wire logic [31:0]         wdata_i,
  input  wire logic [3:0]          wstrb_i,
  input  wire logic                wvalid_i,
  input  wire logic                bready_i,
  input  wire logic [AddrBits-1:0] araddr_i,
  input  wire logic                arvalid_i,
  input  wire logic                rready_i,

  output logic                     write_ready_wrong_o,
  output logic                     read_ready_wrong_o,
  output logic                     answer_wrong_o,
  output logic                     read_answer_wrong_o,
  output logic                     write_wrong_o,
  output logic                     covered_o
);

  logic awready, wready, bvalid, arready, rvalid, write;
  logic [1:0] bresp, rresp;
  logic [31:0] rdata, data, data_q;
  logic [AddrBits-3:0] place, place_q;
  logic answers_q, reads_q, legal_q, writes_q, waited_q, take, legal, take_read;

  hwgen_control #(
    .AddrBits(AddrBits),
    .Identity(Identity)
  ) u_unit (
    .clk_i    (clk_i),
    .rst_ni   (rst_ni),
    .awaddr_i (awaddr_i),
    .awvalid_i(awvalid_i),
    .awready_o(awready),
    .wdata_i  (wdata_i),
    .wstrb_i  (wstrb_i),
    .wvalid_i (wvalid_i),
    .wready_o (wready),
    .bresp_o  (bresp),
    .bvalid_o (bvalid),
    .bready_i (bready_i),
    .araddr_i (araddr_i),
    .arvalid_i(arvalid_i),
    .arready_o(arready),
    .rdata_o  (rdata),
    .rresp_o  (rresp),
    .rvalid_o (rvalid),
    .rready_i (rready_i),
    .write_o  (write),
    .place_o  (place),
    .data_o   (data)
  );

  assign take = awvalid_i && wvalid_i && !answers_q;
  assign legal = &wstrb_i && awaddr_i[1:0] == 2'd0;
  assign take_read = arvalid_i && !reads_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      answers_q <= 1'b0;
      reads_q <= 1'b0;
      writes_q <= 1'b0;
      waited_q <= 1'b0;
    end else begin
      if (take) answers_q <= 1'b1;
      else if (bready_i) answers_q <= 1'b0;
      if (take_read) reads_q <= 1'b1;
      else if (rready_i) reads_q <= 1'b0;
      writes_q <= take && legal;
      waited_q <= answers_q && !bready_i;
    end
    if (take) begin
      legal_q <= legal;
      place_q <= (AddrBits-2)'(awaddr_i >> 2);
      data_q <= wdata_i ^ 32'(mistake_i);
    end
  end

  assign write_ready_wrong_o = awready != take || wready != take;
  assign read_ready_wrong_o = arready != take_read;
  assign answer_wrong_o = bvalid != answers_q || (bvalid && bresp != {!legal_q, 1'b0});
  assign read_answer_wrong_o = rvalid != reads_q || (rvalid && (rdata != Identity || rresp != 2'd0));
  assign write_wrong_o = write != writes_q || (write && (place != place_q || data != data_q));
  assign covered_o = waited_q && bready_i && bvalid;

endmodule

`default_nettype wire
