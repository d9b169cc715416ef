// SPDX-License-Identifier: Apache-2.0
//
// Takes every beat of a stream and sends on those that stay: crops, strides, channels left out.
//
// Beats come in runs of `Run`, runs in rows of `Inner`, and after `Outer` rows all begins again. A
// run stays if its bit in `KeepInner` and its row's in `KeepOuter` are set. A beat that does not is
// taken at once; one that stays can be read in the cycle after it was taken.
//
// Do not use it where beats change places or are repeated: that takes the memory of
// `hwgen_reorder`.

`default_nettype none

module hwgen_select #(
  parameter int unsigned Width = 8,
  parameter int unsigned Run = 1,
  parameter int unsigned Inner = 2,
  parameter int unsigned Outer = 1,
  parameter logic [Inner-1:0] KeepInner = '1,
  parameter logic [Outer-1:0] KeepOuter = '1
) (
  input  wire logic             clk_i,
  input  wire logic             rst_ni,

  input  wire logic [Width-1:0] s_data_i,
  input  wire logic             s_valid_i,
  output logic                  s_ready_o,

  output logic      [Width-1:0] m_data_o,
  output logic                  m_valid_o,
  input  wire logic             m_ready_i
);

  if (Run < 1 || Inner < 1 || Outer < 1) begin : gen_check
    $error("hwgen_select: Run, Inner and Outer must be at least 1");
  end

  localparam int unsigned RunBits = hwgen_steps_pkg::bits_for(Run);
  localparam int unsigned InnerBits = hwgen_steps_pkg::bits_for(Inner);
  localparam int unsigned OuterBits = hwgen_steps_pkg::bits_for(Outer);

  logic [RunBits-1:0] beat_q;
  logic [InnerBits-1:0] inner_q;
  logic [OuterBits-1:0] outer_q;
  logic stays, room, take, last_beat, last_inner;

  assign stays = KeepInner[inner_q] && KeepOuter[outer_q];
  assign s_ready_o = room || !stays;
  assign take = s_valid_i && s_ready_o;
  assign last_beat = beat_q == RunBits'(Run - 1);
  assign last_inner = last_beat && inner_q == InnerBits'(Inner - 1);

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      beat_q <= '0;
      inner_q <= '0;
      outer_q <= '0;
    end else if (take) begin
      beat_q <= last_beat ? '0 : beat_q + 1'b1;
      if (last_beat) inner_q <= last_inner ? '0 : inner_q + 1'b1;
      if (last_inner) outer_q <= outer_q == OuterBits'(Outer - 1) ? '0 : outer_q + 1'b1;
    end
  end

  hwgen_fifo #(
    .Width(Width),
    .Depth(2)
  ) u_fifo (
    .clk_i    (clk_i),
    .rst_ni   (rst_ni),
    .s_data_i (s_data_i),
    .s_valid_i(s_valid_i && stays),
    .s_ready_o(room),
    .m_data_o (m_data_o),
    .m_valid_o(m_valid_o),
    .m_ready_i(m_ready_i)
  );

`ifdef HWGEN_ASSERT
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      in_row: assert (32'(beat_q) < Run && 32'(inner_q) < Inner && 32'(outer_q) < Outer);
    end
  end
`endif

endmodule

`default_nettype wire
