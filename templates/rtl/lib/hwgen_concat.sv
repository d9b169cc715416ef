// SPDX-License-Identifier: Apache-2.0
//
// Joins parts of `Inputs` streams end to end: `Beats`[32*i +: 32] beats of input i in turn, which
// are a vector, a row of an image or a whole frame.
//
// Input 0 comes first and is the least significant of `s_data_i`. A beat taken in one cycle can be
// read in the next; two beats are held, so that one is read while the next is written.
//
// Do not use it where a beat would hold elements of two inputs: the lanes must divide every vector.

`default_nettype none

module hwgen_concat #(
  parameter int unsigned Inputs = 2,
  parameter int unsigned Width = 8,
  parameter logic [32*Inputs-1:0] Beats = {Inputs{32'd1}},
  localparam int unsigned InputIndexBits = hwgen_steps_pkg::bits_for(Inputs)
) (
  input  wire logic                    clk_i,
  input  wire logic                    rst_ni,

  input  wire logic [Inputs*Width-1:0] s_data_i,
  input  wire logic [Inputs-1:0]       s_valid_i,
  output logic      [Inputs-1:0]       s_ready_o,

  output logic      [Width-1:0]        m_data_o,
  output logic                         m_valid_o,
  input  wire logic                    m_ready_i
);

  for (genvar i = 0; i < Inputs; i++) begin : gen_check
    if (Beats[32*i +: 32] < 1) begin : gen_turn
      $error("hwgen_concat: every input must have a turn of at least one beat");
    end
  end

  function automatic int unsigned most_beats();
    most_beats = 1;
    for (int unsigned i = 0; i < Inputs; i++) begin
      if (Beats[32*i +: 32] > most_beats) most_beats = Beats[32*i +: 32];
    end
  endfunction

  localparam int unsigned MostBeats = most_beats();
  localparam int unsigned BeatBits = hwgen_steps_pkg::bits_for(MostBeats);

  logic [InputIndexBits-1:0] turn_q;
  logic [BeatBits-1:0] beat_q, last_of_turn;
  logic [Width-1:0] data;
  logic ready, take, last;

  // What the input whose turn it is offers.
  always_comb begin
    data = '0;
    take = 1'b0;
    last_of_turn = '0;
    for (int unsigned i = 0; i < Inputs; i++) begin
      s_ready_o[i] = 1'b0;
      if (turn_q == InputIndexBits'(i)) begin
        data = s_data_i[i*Width +: Width];
        take = s_valid_i[i] && ready;
        last_of_turn = BeatBits'(Beats[32*i +: 32] - 32'd1);
        s_ready_o[i] = ready;
      end
    end
  end

  assign last = beat_q == last_of_turn;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      turn_q <= '0;
      beat_q <= '0;
    end else if (take) begin
      beat_q <= last ? '0 : beat_q + 1'b1;
      if (last) turn_q <= turn_q == InputIndexBits'(Inputs - 1) ? '0 : turn_q + 1'b1;
    end
  end

  hwgen_fifo #(
    .Width(Width),
    .Depth(2)
  ) u_fifo (
    .clk_i    (clk_i),
    .rst_ni   (rst_ni),
    .s_data_i (data),
    .s_valid_i(take),
    .s_ready_o(ready),
    .m_data_o (m_data_o),
    .m_valid_o(m_valid_o),
    .m_ready_i(m_ready_i)
  );

`ifdef HWGEN_ASSERT
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      beat_in_turn: assert (beat_q <= last_of_turn);
    end
  end
`endif

endmodule

`default_nettype wire
