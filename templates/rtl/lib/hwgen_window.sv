// SPDX-License-Identifier: Apache-2.0
//
// Sliding window unit: an image in, the pixels that each window sees out, from a line buffer.
//
// Pixels of `PixelBeats` beats arrive row by row into a ring of `Rows` rows, which goes on from
// frame to frame; a row is begun while fewer than `Rows` whole rows are held. Windows leave row by
// row, and a window block by block: for each block of a pixel's beats, for each tap (ky, kx), the
// beats of the block. The first beat of a row of windows waits for the rows that it sees, a
// frame's last row of windows for all that is left of the frame; the last beat lets go those that
// no later row sees. In between a beat leaves in every cycle while there is a credit, three cycles
// after its slot:
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

  // ---- Sizes -----------------------------------------------------------------------------------

  localparam int unsigned BlockBeats = PixelBeats / Blocks;
  localparam int unsigned RowBeats = Width * PixelBeats;
  localparam int unsigned Depth = Rows * RowBeats;
  localparam int unsigned ExtentDown = (KernelHeight - 1) * DilationDown + 1;
  localparam int unsigned ExtentAcross = (KernelWidth - 1) * DilationAcross + 1;
  localparam int unsigned LastTop = (OutHeight - 1) * StrideDown;
  localparam int unsigned LastLeft = (OutWidth - 1) * StrideAcross;
  localparam bit Padded = PadTop > 0 || PadLeft > 0 || LastTop + ExtentDown > Height
      || LastLeft + ExtentAcross > Width;

  localparam int unsigned AddrBits = Depth > 1 ? $clog2(Depth) : 1;
  localparam int unsigned RowBeatBits = RowBeats > 1 ? $clog2(RowBeats) : 1;
  localparam int unsigned PixelBeatBits = PixelBeats > 1 ? $clog2(PixelBeats) : 1;
  localparam int unsigned BlockBeatBits = BlockBeats > 1 ? $clog2(BlockBeats) : 1;
  localparam int unsigned TapRowBits = KernelHeight > 1 ? $clog2(KernelHeight) : 1;
  localparam int unsigned TapBits = KernelWidth > 1 ? $clog2(KernelWidth) : 1;
  localparam int unsigned OutColumnBits = OutWidth > 1 ? $clog2(OutWidth) : 1;
  localparam int unsigned OutRowBits = OutHeight > 1 ? $clog2(OutHeight) : 1;

  // Signed: places of rows and columns may lie in the padding, and rows are let go that are yet to
  // come where windows leave gaps.
  localparam int unsigned PlaceBits = $clog2(LastTop + ExtentDown + StrideDown + Height + 1) + 1;
  localparam int unsigned OffsetBits
      = $clog2((LastLeft + ExtentAcross + StrideAcross + Width) * PixelBeats + 1) + 1;
  localparam int unsigned LevelBits = $clog2(Rows + Height + StrideDown + 1) + 1;

  typedef logic [AddrBits-1:0] addr_t;
  typedef logic signed [PlaceBits-1:0] place_t;
  typedef logic signed [OffsetBits-1:0] offset_t;
  typedef logic signed [LevelBits-1:0] level_t;

  // How far addresses move in the ring, whose size they are taken modulo.
  localparam addr_t FirstTopAddr = addr_t'((Rows - PadTop % Rows) % Rows * RowBeats);
  localparam addr_t RowStep = addr_t'(StrideDown % Rows * RowBeats);
  localparam addr_t FrameStep = addr_t'((Height + Rows - LastTop % Rows) % Rows * RowBeats);
  localparam addr_t TapRowStep = addr_t'(DilationDown % Rows * RowBeats);

  // How far places and offsets move: from tap to tap, block to block, window to window.
  localparam place_t FirstTop = -place_t'(PadTop);
  localparam place_t Bottom = place_t'(Height);
  localparam offset_t FirstOffset = -offset_t'(PadLeft * PixelBeats);
  localparam offset_t RowEnd = offset_t'(RowBeats);
  localparam offset_t TapStep = offset_t'(DilationAcross * PixelBeats - BlockBeats + 1);
  localparam offset_t BlockStep = offset_t'(BlockBeats);
  localparam offset_t WindowStep = offset_t'(StrideAcross * PixelBeats - PixelBeats + BlockBeats);

  // A place, moved to the nearest edge of the image where it lies outside.
  function automatic place_t clipped(input place_t top);
    clipped = top < 0 ? '0 : top > Bottom ? Bottom : top;
  endfunction

  // A row of windows that sees nothing but padding above the image waits for the image's first row.
  function automatic level_t needed_at(input place_t top, input logic last);
    place_t after;
    after = last ? Bottom : clipped(top + place_t'(ExtentDown));
    if (after == 0) after = place_t'(1);
    after = after - clipped(top);
    needed_at = level_t'(after);
  endfunction

  function automatic level_t released_at(input place_t top, input logic last);
    place_t after;
    after = last ? Bottom : clipped(top + place_t'(StrideDown));
    after = after - clipped(top);
    released_at = level_t'(after);
  endfunction

  function automatic addr_t moved(input addr_t addr, input addr_t step);
    logic [AddrBits:0] sum;
    sum = {1'b0, addr} + {1'b0, step};
    moved = sum >= (AddrBits + 1)'(Depth) ? addr_t'(sum - (AddrBits + 1)'(Depth)) : addr_t'(sum);
  endfunction

  localparam place_t SecondTop = OutHeight > 1 ? FirstTop + place_t'(StrideDown) : FirstTop;
  localparam level_t FirstNeeded = needed_at(FirstTop, OutHeight == 1);
  localparam level_t FirstReleased = released_at(FirstTop, OutHeight == 1);

  if (LastLanes < 1 || LastLanes > Lanes) begin : gen_check_last
    $error("hwgen_window: LastLanes must lie in 1..Lanes");
  end
  if (Blocks < 1 || PixelBeats % Blocks != 0) begin : gen_check_blocks
    $error("hwgen_window: Blocks must divide PixelBeats");
  end
  if (level_t'(Rows) < needed_at(FirstTop + place_t'(LastTop), 1'b1)) begin : gen_check_rows
    $error("hwgen_window: Rows must hold what a row of windows sees");
  end
  if (PadBeats != 1 && PadBeats != PixelBeats) begin : gen_check_pads
    $error("hwgen_window: PadBeats must be 1 or PixelBeats");
  end
  if (Widen && InputBits != 1) begin : gen_check_widen
    $error("hwgen_window: only bipolar images, of one bit, widen");
  end

  // ---- Rows come in, and are let go ------------------------------------------------------------

  logic [RowBeatBits-1:0] in_beat_q;
  addr_t write_addr_q;
  level_t level_d, level_q, needed_q, released_q;
  logic full_q;
  logic take, row_in, row_out;

  assign s_ready_o = !full_q;
  assign take = s_valid_i && !full_q;
  assign row_in = take && in_beat_q == RowBeatBits'(RowBeats - 1);

  always_comb begin
    level_d = level_q;
    if (row_in) level_d = level_d + level_t'(1);
    if (row_out) level_d = level_d - released_q;
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      in_beat_q <= '0;
      write_addr_q <= '0;
      level_q <= '0;
      full_q <= 1'b0;
    end else begin
      if (take) begin
        in_beat_q <= row_in ? '0 : in_beat_q + 1'b1;
        write_addr_q <= write_addr_q == addr_t'(Depth - 1) ? '0 : write_addr_q + 1'b1;
      end
      level_q <= level_d;
      full_q <= level_d == level_t'(Rows);
    end
  end

  // ---- Slots: which tap of which window leaves next --------------------------------------------

  logic [BlockBeatBits-1:0] beat_q;
  logic [PixelBeatBits-1:0] block_q, pixel_beat;
  logic [TapBits-1:0] tap_q;
  logic [TapRowBits-1:0] tap_row_q;
  logic [OutColumnBits-1:0] column_q;
  logic [OutRowBits-1:0] row_q;
  logic last_tap_beat, last_tap, last_block_beat, last_window_beat, last_row_beat, last_row;
  logic row_start_q, credit, fire;

  assign fire = credit && (!row_start_q || level_q >= needed_q);
  assign row_out = fire && last_row_beat;
  assign last_tap_beat = beat_q == BlockBeatBits'(BlockBeats - 1);
  assign last_tap = last_tap_beat && tap_q == TapBits'(KernelWidth - 1);
  assign last_block_beat = last_tap && tap_row_q == TapRowBits'(KernelHeight - 1);
  assign last_window_beat = last_block_beat && block_q == PixelBeatBits'(PixelBeats - BlockBeats);
  assign last_row_beat = last_window_beat && column_q == OutColumnBits'(OutWidth - 1);
  assign last_row = row_q == OutRowBits'(OutHeight - 1);
  assign pixel_beat = block_q + PixelBeatBits'(beat_q);

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      beat_q <= '0;
      tap_q <= '0;
      tap_row_q <= '0;
      block_q <= '0;
      column_q <= '0;
      row_q <= '0;
      row_start_q <= 1'b1;
    end else if (fire) begin
      beat_q <= last_tap_beat ? '0 : beat_q + 1'b1;
      if (last_tap_beat) tap_q <= last_tap ? '0 : tap_q + 1'b1;
      if (last_tap) tap_row_q <= last_block_beat ? '0 : tap_row_q + 1'b1;
      if (last_block_beat) block_q <= last_window_beat ? '0 : block_q + PixelBeatBits'(BlockBeats);
      if (last_window_beat) column_q <= last_row_beat ? '0 : column_q + 1'b1;
      if (last_row_beat) row_q <= last_row ? '0 : row_q + 1'b1;
      row_start_q <= last_row_beat;
    end
  end

  // Where the tap lies: its row's place in the image and address in the ring, its beat's offset in
  // the row. `ahead` is the top of the next row of windows.
  place_t top_q, ahead_d, ahead_q, place_d, place_q;
  addr_t top_addr_d, top_addr_q, row_addr_d, row_addr_q;
  offset_t start_d, start_q, offset_d, offset_q;
  logic ahead_last;

  assign ahead_last = OutHeight == 1 || row_q == OutRowBits'(OutHeight - 2);
  assign ahead_d = ahead_last ? FirstTop : ahead_q + place_t'(StrideDown);

  always_comb begin
    top_addr_d = moved(top_addr_q, last_row ? FrameStep : RowStep);
    start_d = start_q + BlockStep;
    if (last_window_beat) start_d = start_q + WindowStep;
    if (last_row_beat) start_d = FirstOffset;
    offset_d = offset_q + offset_t'(1);
    if (last_tap_beat) offset_d = offset_q + TapStep;
    if (last_tap) offset_d = start_q;
    if (last_block_beat) offset_d = start_d;
    place_d = place_q + place_t'(DilationDown);
    row_addr_d = moved(row_addr_q, TapRowStep);
    if (last_block_beat) begin
      place_d = last_row_beat ? ahead_q : top_q;
      row_addr_d = last_row_beat ? top_addr_d : top_addr_q;
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      top_q <= FirstTop;
      ahead_q <= SecondTop;
      needed_q <= FirstNeeded;
      released_q <= FirstReleased;
      top_addr_q <= FirstTopAddr;
      start_q <= FirstOffset;
      offset_q <= FirstOffset;
      place_q <= FirstTop;
      row_addr_q <= FirstTopAddr;
    end else if (fire) begin
      offset_q <= offset_d;
      if (last_tap) begin
        place_q <= place_d;
        row_addr_q <= row_addr_d;
      end
      if (last_block_beat) start_q <= start_d;
      if (last_row_beat) begin
        top_q <= ahead_q;
        ahead_q <= ahead_d;
        needed_q <= needed_at(ahead_q, ahead_last);
        released_q <= released_at(ahead_q, ahead_last);
        top_addr_q <= top_addr_d;
      end
    end
  end

  // ---- Stages 1 and 2: address, memory ---------------------------------------------------------

  addr_t addr1_q;
  logic fired1_q, fired2_q, last1_q, last2_q;
  logic [InputBeatBits-1:0] held;
  logic [OutputBeatBits-1:0] seen, leaving;

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
    addr1_q <= row_addr_q + addr_t'(offset_q);
    last1_q <= pixel_beat == PixelBeatBits'(PixelBeats - 1);
    last2_q <= last1_q;
  end

  hwgen_ram #(
    .Width(InputBeatBits),
    .Depth(Depth),
    .Style(Style)
  ) u_lines (
    .clk_i       (clk_i),
    .write_i     (take),
    .write_addr_i(write_addr_q),
    .write_data_i(s_data_i),
    .read_addr_i (addr1_q),
    .read_data_o (held)
  );

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

  if (Padded) begin : gen_pads
    logic padded1_q, padded2_q;
    logic [OutputBeatBits-1:0] pad2_q;

    always_ff @(posedge clk_i) begin
      padded1_q <= offset_q < 0 || offset_q >= RowEnd || place_q < 0 || place_q >= Bottom;
      padded2_q <= padded1_q;
    end

    if (PadBeats > 1) begin : gen_words
      logic [PixelBeatBits-1:0] beat1_q;

      always_ff @(posedge clk_i) begin
        beat1_q <= pixel_beat;
        pad2_q <= Pads[beat1_q*OutputBeatBits +: OutputBeatBits];
      end
    end else begin : gen_word
      assign pad2_q = Pads;
    end

    assign leaving = padded2_q ? pad2_q : seen;
  end else begin : gen_image
    logic unused_place;
    assign unused_place = ^place_q;
    assign leaving = seen;
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

endmodule

`default_nettype wire
