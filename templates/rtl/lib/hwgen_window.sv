// SPDX-License-Identifier: Apache-2.0
//
// Sliding window unit: an image in, the pixels that each window sees out, from a line buffer.
//
// Pixels of `PixelBeats` beats arrive row by row into a ring of `Rows` rows. Windows leave row by
// row, and a window block by block: for each block of a pixel's beats, for each tap (ky, kx), the
// beats of the block. The first beat of a row of windows waits for the rows that it sees, a frame's
// last row of windows for all that is left of the frame; the last beat lets go those that no later
// row sees. In between a beat leaves in every cycle while there is a credit, three cycles after its
// slot:
//
//   address | memory | output queue
//
// A padded tap is the word of `Pads` for its beat of a pixel (one word for all where `PadBeats` is
// 1). Lanes past a pixel's end are zero bits. With `Widen` a bipolar image leaves as -1, 0 or +1:
// bit b becomes the two bits {!b, 1}; with `Mark` a code gets a zero bit on top, which is one in
// `Pads`.
//
// Do not use it for windows that neither overlap nor leave gaps in a pool: `hwgen_pool` takes the
// image as it comes.

`default_nettype none

module hwgen_window #(
  parameter int unsigned Lanes = 1,
  parameter int unsigned LastLanes = Lanes,
  parameter int unsigned InputBits = 8,
  parameter bit Widen = 1'b0,
  parameter bit Mark = 1'b0,
  parameter int unsigned PixelBeats = 1,
  parameter int unsigned Blocks = 1,
  parameter int unsigned Height = 3,
  parameter int unsigned Width = 3,
  parameter int unsigned OutHeight = 1,
  parameter int unsigned OutWidth = 1,
  parameter int unsigned KernelHeight = 3,
  parameter int unsigned KernelWidth = 3,
  parameter int unsigned StrideDown = 1,
  parameter int unsigned StrideAcross = 1,
  parameter int unsigned DilationDown = 1,
  parameter int unsigned DilationAcross = 1,
  parameter int unsigned PadTop = 0,
  parameter int unsigned PadLeft = 0,
  parameter int unsigned PadBeats = 1,
  parameter int unsigned Rows = 3,
  parameter Style = "distributed",
  parameter int unsigned Credits = 4,
  localparam int unsigned OutputBits = Widen || Mark ? InputBits + 1 : InputBits,
  localparam int unsigned InputBeatBits = Lanes * InputBits,
  localparam int unsigned OutputBeatBits = Lanes * OutputBits,
  parameter logic [PadBeats*OutputBeatBits-1:0] Pads = '0
) (
  input  wire logic                      clk_i,
  input  wire logic                      rst_ni,

  input  wire logic [InputBeatBits-1:0]  s_data_i,
  input  wire logic                      s_valid_i,
  output logic                           s_ready_o,

  output logic      [OutputBeatBits-1:0] m_data_o,
  output logic                           m_valid_o,
  input  wire logic                      m_ready_i
);

  if (LastLanes < 1 || LastLanes > Lanes) begin : gen_check_last
    $error("hwgen_window: LastLanes must lie in 1..Lanes");
  end
  if (Blocks < 1 || PixelBeats % Blocks != 0) begin : gen_check_blocks
    $error("hwgen_window: Blocks must divide PixelBeats");
  end
  if (PadBeats != 1 && PadBeats != PixelBeats) begin : gen_check_pads
    $error("hwgen_window: PadBeats must be 1 or PixelBeats");
  end
  if (Widen && InputBits != 1) begin : gen_check_widen
    $error("hwgen_window: only bipolar images, of one bit, widen");
  end

  localparam int unsigned BlockBeats = PixelBeats / Blocks;
  localparam int unsigned AddrBits = hwgen_steps_pkg::bits_for(Rows * Width * PixelBeats);
  localparam int unsigned PixelBeatBits = hwgen_steps_pkg::bits_for(PixelBeats);
  // Of numbers of rows: signed, as rows are let go that are yet to come where windows leave gaps.
  localparam int unsigned LevelBits = $clog2(Rows + Height + StrideDown + 1) + 1;

  // ---- Slots -----------------------------------------------------------------------------------

  logic [PixelBeatBits-1:0] pixel_beat;
  logic signed [LevelBits-1:0] freed, first, step;
  logic [AddrBits-1:0] addr;
  logic row_start, last_tap_beat, last_tap, last_block_beat, last_window_beat, last_row_beat;
  logic last_row, row_before_last, padded, enough, credit, fire;

  assign fire = credit && (!row_start || enough);

  hwgen_window_slots #(
    .PixelBeats  (PixelBeats),
    .BlockBeats  (BlockBeats),
    .OutHeight   (OutHeight),
    .OutWidth    (OutWidth),
    .KernelHeight(KernelHeight),
    .KernelWidth (KernelWidth)
  ) u_slots (
    .clk_i             (clk_i),
    .rst_ni            (rst_ni),
    .fire_i            (fire),
    .pixel_beat_o      (pixel_beat),
    .row_start_o       (row_start),
    .last_tap_beat_o   (last_tap_beat),
    .last_tap_o        (last_tap),
    .last_block_beat_o (last_block_beat),
    .last_window_beat_o(last_window_beat),
    .last_row_beat_o   (last_row_beat),
    .row_before_last_o (row_before_last),
    .last_row_o        (last_row)
  );

  hwgen_window_places #(
    .PixelBeats    (PixelBeats),
    .BlockBeats    (BlockBeats),
    .Height        (Height),
    .Width         (Width),
    .OutHeight     (OutHeight),
    .OutWidth      (OutWidth),
    .KernelHeight  (KernelHeight),
    .KernelWidth   (KernelWidth),
    .StrideDown    (StrideDown),
    .StrideAcross  (StrideAcross),
    .DilationDown  (DilationDown),
    .DilationAcross(DilationAcross),
    .PadTop        (PadTop),
    .PadLeft       (PadLeft),
    .Rows          (Rows),
    .LevelBits     (LevelBits)
  ) u_places (
    .clk_i             (clk_i),
    .rst_ni            (rst_ni),
    .fire_i            (fire),
    .last_tap_beat_i   (last_tap_beat),
    .last_tap_i        (last_tap),
    .last_block_beat_i (last_block_beat),
    .last_window_beat_i(last_window_beat),
    .last_row_beat_i   (last_row_beat),
    .row_before_last_i (row_before_last),
    .last_row_i        (last_row),
    .addr_o            (addr),
    .padded_o          (padded),
    .freed_o           (freed),
    .first_o           (first),
    .step_o            (step)
  );

  // ---- Stages 1 and 2: address, memory ---------------------------------------------------------

  logic [InputBeatBits-1:0] held;

  hwgen_window_lines #(
    .BeatBits (InputBeatBits),
    .RowBeats (Width * PixelBeats),
    .Rows     (Rows),
    .LevelBits(LevelBits),
    .Style    (Style)
  ) u_lines (
    .clk_i     (clk_i),
    .rst_ni    (rst_ni),
    .s_data_i  (s_data_i),
    .s_valid_i (s_valid_i),
    .s_ready_o (s_ready_o),
    .release_i (fire && last_row_beat),
    .freed_i   (freed),
    .first_i   (first),
    .step_i    (step),
    .enough_o  (enough),
    .addr_i    (addr),
    .held_o    (held)
  );

  logic fired1_q, fired2_q, last1_q, last2_q, padded1_q, padded2_q;
  logic [PixelBeatBits-1:0] beat1_q;
  logic [OutputBeatBits-1:0] seen, pad2_q, leaving;

  assign leaving = padded2_q ? pad2_q : seen;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      fired1_q <= 1'b0;
      fired2_q <= 1'b0;
    end else begin
      fired1_q <= fire;
      fired2_q <= fired1_q;
    end
  end

  always_ff @(posedge clk_i) begin
    last1_q <= pixel_beat == PixelBeatBits'(PixelBeats - 1);
    last2_q <= last1_q;
    padded1_q <= padded;
    padded2_q <= padded1_q;
    beat1_q <= pixel_beat;
  end

  for (genvar lane = 0; lane < Lanes; lane++) begin : gen_lane
    logic [OutputBits-1:0] code;

    if (Widen) begin : gen_widen
      assign code = {!held[lane], 1'b1};
    end else if (Mark) begin : gen_mark
      assign code = {1'b0, held[lane*InputBits +: InputBits]};
    end else begin : gen_same
      assign code = held[lane*InputBits +: InputBits];
    end

    assign seen[lane*OutputBits +: OutputBits] = lane < LastLanes || !last2_q ? code : '0;
  end

  if (PadBeats > 1) begin : gen_words
    always_ff @(posedge clk_i) pad2_q <= Pads[beat1_q*OutputBeatBits +: OutputBeatBits];
  end else begin : gen_word
    logic unused_beat;
    assign unused_beat = ^beat1_q;
    assign pad2_q = Pads;
  end

  // ---- Stage 3: output queue -------------------------------------------------------------------

  hwgen_credit_queue #(
    .Width  (OutputBeatBits),
    .Credits(Credits)
  ) u_queue (
    .clk_i      (clk_i),
    .rst_ni     (rst_ni),
    .credit_o   (credit),
    .issue_i    (fire),
    .push_data_i(leaving),
    .push_i     (fired2_q),
    .m_data_o   (m_data_o),
    .m_valid_o  (m_valid_o),
    .m_ready_i  (m_ready_i)
  );

`ifdef HWGEN_ASSERT
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      rows_held: assert (!fire || enough);
      spare_lanes_zero: assert (!fired2_q || !last2_q || leaving >> (LastLanes * OutputBits) == '0);
    end
  end
`endif

endmodule

`default_nettype wire
