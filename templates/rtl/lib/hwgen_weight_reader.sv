// SPDX-License-Identifier: Apache-2.0
//
// Reads the weights of a layer from an external memory, over and over again: an AXI4 read master.
//
// From `base_i` on, a multiple of 4,096, lie `Beats` words of `DataBits` bits. They are asked for in
// bursts of at most `Burst` words, and then again from the first: bursts start at multiples of their
// size, so that none crosses a boundary of 4 kB. A buffer of `Depth` words takes what comes, and
// no burst is asked for before there is room for a whole one: `rready_o` is always high. A burst can
// be asked for two cycles after the word was taken that leaves room for it, the first one in the
// second cycle after a reset. A word can be taken one cycle after it came.
//
// `base_i` must not change while words are read. An error that the memory answers with is not told
// apart from a word.
//
// Do not use it for weights that fit the chip: `hwgen_rom` gives a word a cycle without a bus.

`default_nettype none

module hwgen_weight_reader #(
  parameter int unsigned DataBits = 64,
  parameter int unsigned Beats = 1,
  parameter int unsigned Burst = 16,
  parameter int unsigned Depth = 64,
  parameter Style = "distributed",
  localparam int unsigned Bursts = (Beats - 1) / Burst + 1,
  localparam int unsigned BurstBits = hwgen_steps_pkg::bits_for(Bursts),
  localparam int unsigned CountBits = $clog2(Depth + 1)
) (
  input  wire logic                clk_i,
  input  wire logic                rst_ni,

  input  wire logic [63:0]         base_i,
  output logic      [63:0]         araddr_o,
  output logic      [7:0]          arlen_o,
  output logic      [2:0]          arsize_o,
  output logic      [1:0]          arburst_o,
  output logic                     arvalid_o,
  input  wire logic                arready_i,
  input  wire logic [DataBits-1:0] rdata_i,
  input  wire logic [1:0]          rresp_i,
  input  wire logic                rlast_i,
  input  wire logic                rvalid_i,
  output logic                     rready_o,

  output logic      [DataBits-1:0] m_data_o,
  output logic                     m_valid_o,
  input  wire logic                m_ready_i
);

  localparam int unsigned LastBurst = Beats - (Bursts - 1) * Burst;
  localparam int unsigned Shift = $clog2(Burst * DataBits / 8);

  if (DataBits < 8 || DataBits > 1024 || DataBits != 1 << $clog2(DataBits)) begin : gen_check_bits
    $error("hwgen_weight_reader: DataBits must be a power of two from 8 to 1024");
  end
  if (Beats < 1 || Burst < 1 || Burst > 256 || Burst * DataBits > 32768
      || Burst != 1 << $clog2(Burst)) begin : gen_check_burst
    $error("hwgen_weight_reader: Burst must be a power of two, of at most 256 words and 4 kB");
  end
  if (Depth < Burst) begin : gen_check_depth
    $error("hwgen_weight_reader: Depth must be at least Burst");
  end

  logic [BurstBits-1:0] burst_q;
  logic [CountBits-1:0] room_d, room_q;
  logic started_q, arvalid_q, last_burst, issue, pop, is_room, unused;
  logic [63:0] araddr_q;
  logic [7:0] arlen_q;

  assign last_burst = burst_q == BurstBits'(Bursts - 1);
  assign issue = started_q && room_q >= CountBits'(Burst) && (!arvalid_q || arready_i);
  assign pop = m_valid_o && m_ready_i;

  assign araddr_o = araddr_q;
  assign arlen_o = arlen_q;
  assign arsize_o = 3'($clog2(DataBits / 8));
  assign arburst_o = 2'b01;
  assign arvalid_o = arvalid_q;
  assign rready_o = 1'b1;
  assign unused = ^{rresp_i, rlast_i, is_room};

  always_comb begin
    room_d = room_q + CountBits'(pop);
    if (issue) room_d = room_d - (last_burst ? CountBits'(LastBurst) : CountBits'(Burst));
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      started_q <= 1'b0;
      arvalid_q <= 1'b0;
      burst_q <= '0;
      room_q <= CountBits'(Depth);
    end else begin
      started_q <= 1'b1;
      arvalid_q <= issue || (arvalid_q && !arready_i);
      room_q <= room_d;
      if (issue) burst_q <= last_burst ? '0 : burst_q + 1'b1;
    end
  end

  always_ff @(posedge clk_i) begin
    if (issue) begin
      araddr_q <= base_i + (64'(burst_q) << Shift);
      arlen_q <= last_burst ? 8'(LastBurst - 1) : 8'(Burst - 1);
    end
  end

  hwgen_fifo #(
    .Width(DataBits),
    .Depth(Depth),
    .Style(Style)
  ) u_buffer (
    .clk_i    (clk_i),
    .rst_ni   (rst_ni),
    .s_data_i (rdata_i),
    .s_valid_i(rvalid_i),
    .s_ready_o(is_room),
    .m_data_o (m_data_o),
    .m_valid_o(m_valid_o),
    .m_ready_i(m_ready_i)
  );

`ifdef HWGEN_ASSERT
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      word_finds_room: assert (!rvalid_i || is_room);
      burst_stays_in_4_kb: assert (!arvalid_q
          || 32'(araddr_q[11:0]) + (32'(arlen_q) + 1) * DataBits / 8 <= 4096);
    end
  end
`endif

endmodule

`default_nettype wire
