// SPDX-License-Identifier: Apache-2.0
//
// Joins the frames of a DMA transfer: TLAST leaves with the last frame of a transfer alone.
//
// An accelerator ends every frame with TLAST, at which a simple DMA would end its transfer. Here
// TLAST that came in with the last beat of a frame goes out with the last beat of that frame's
// result, and no other does. Until then no beat of the next transfer is taken. The last beat of a
// result comes after the last of its frame, as every unit reads its frames to the end.
//
// A transfer is a whole number of frames. Do not use it where frames are wanted one by one.

`default_nettype none

module hwgen_transfer #(
  parameter int unsigned InputBeats = 1
) (
  input  wire logic clk_i,
  input  wire logic rst_ni,

  // From the DMA to the accelerator.
  input  wire logic s_valid_i,
  input  wire logic s_last_i,
  output logic s_ready_o,
  output logic s_valid_o,
  input  wire logic s_ready_i,

  // From the accelerator to the DMA: joined as they are, but for TLAST.
  input  wire logic m_valid_i,
  input  wire logic m_ready_i,
  input  wire logic m_last_i,
  output logic m_last_o
);

  if (InputBeats < 1) begin : gen_check
    $error("hwgen_transfer: InputBeats must be at least 1");
  end

  localparam int unsigned BeatBits = InputBeats > 1 ? $clog2(InputBeats) : 1;

  logic [BeatBits-1:0] beat_q;
  logic [31:0] pending_q;  // frames whose input is in and whose result is not out
  logic ending_q;          // the last frame of a transfer is in
  logic whole, frame_in, frame_out;

  assign whole = beat_q == BeatBits'(InputBeats - 1);
  assign s_valid_o = s_valid_i && !ending_q;
  assign s_ready_o = s_ready_i && !ending_q;
  assign frame_in = s_valid_o && s_ready_i && whole;
  assign m_last_o = m_last_i && ending_q && pending_q == 32'd1;
  assign frame_out = m_valid_i && m_ready_i && m_last_i;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      beat_q <= '0;
      pending_q <= '0;
      ending_q <= 1'b0;
    end else begin
      if (s_valid_o && s_ready_i) beat_q <= whole ? '0 : beat_q + 1'b1;
      pending_q <= pending_q + 32'(frame_in) - 32'(frame_out);
      if (frame_in && s_last_i) ending_q <= 1'b1;
      else if (frame_out && m_last_o) ending_q <= 1'b0;
    end
  end

endmodule

`default_nettype wire
