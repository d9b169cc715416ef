// SPDX-License-Identifier: Apache-2.0
//
// Places of a sliding window unit: where in the image, and in its ring of rows, a slot's beat lies.
//
// `addr_o` is the beat's address in a ring of `Rows` rows, unless `padded_o` says that it lies
// outside the image. `needed_o` is how many rows this row of windows sees, `released_o` how many of
// them no later one does. `hwgen_window_slots` says what a slot is the last of.
//
// Do not use it to move through the image in another order: every step is a constant of this one.

`default_nettype none

module hwgen_window_places #(
  parameter int unsigned PixelBeats = 1,
  parameter int unsigned BlockBeats = 1,
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
  parameter int unsigned Rows = 3,
  parameter int unsigned LevelBits = 4,
  localparam int unsigned RowBeats = Width * PixelBeats,
  localparam int unsigned Depth = Rows * RowBeats,
  localparam int unsigned AddrBits = hwgen_steps_pkg::bits_for(Depth)
) (
  input  wire logic                        clk_i,
  input  wire logic                        rst_ni,

  input  wire logic                        fire_i,
  input  wire logic                        last_tap_beat_i,
  input  wire logic                        last_tap_i,
  input  wire logic                        last_block_beat_i,
  input  wire logic                        last_window_beat_i,
  input  wire logic                        last_row_beat_i,
  input  wire logic                        row_before_last_i,
  input  wire logic                        last_row_i,

  output logic        [AddrBits-1:0]       addr_o,
  output logic                             padded_o,
  output logic signed [LevelBits-1:0]      needed_o,
  output logic signed [LevelBits-1:0]      released_o
);

  localparam int unsigned ExtentDown = (KernelHeight - 1) * DilationDown + 1;
  localparam int unsigned ExtentAcross = (KernelWidth - 1) * DilationAcross + 1;
  localparam int unsigned LastTop = (OutHeight - 1) * StrideDown;
  localparam int unsigned LastLeft = (OutWidth - 1) * StrideAcross;
  localparam bit Padded = PadTop > 0 || PadLeft > 0 || LastTop + ExtentDown > Height
      || LastLeft + ExtentAcross > Width;

  // Signed: places of rows and columns may lie in the padding.
  localparam int unsigned PlaceBits = $clog2(LastTop + ExtentDown + StrideDown + Height + 1) + 1;
  localparam int unsigned OffsetBits
      = $clog2((LastLeft + ExtentAcross + StrideAcross + Width) * PixelBeats + 1) + 1;

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

  if (level_t'(Rows) < needed_at(FirstTop + place_t'(LastTop), 1'b1)) begin : gen_check_rows
    $error("hwgen_window: Rows must hold what a row of windows sees");
  end

  // The place of a row and its address in the ring, the offset of a beat in the row. `ahead_q` is
  // the top of the next row of windows.
  place_t top_q, ahead_d, ahead_q, place_d, place_q;
  addr_t top_addr_d, top_addr_q, row_addr_d, row_addr_q;
  offset_t start_d, start_q, offset_d, offset_q;
  level_t needed_q, released_q;

  assign addr_o = row_addr_q + addr_t'(offset_q);
  assign padded_o
      = Padded && (offset_q < 0 || offset_q >= RowEnd || place_q < 0 || place_q >= Bottom);
  assign needed_o = needed_q;
  assign released_o = released_q;
  assign ahead_d = row_before_last_i ? FirstTop : ahead_q + place_t'(StrideDown);

  always_comb begin
    top_addr_d = moved(top_addr_q, last_row_i ? FrameStep : RowStep);
    start_d = start_q + BlockStep;
    if (last_window_beat_i) start_d = start_q + WindowStep;
    if (last_row_beat_i) start_d = FirstOffset;
    offset_d = offset_q + offset_t'(1);
    if (last_tap_beat_i) offset_d = offset_q + TapStep;
    if (last_tap_i) offset_d = start_q;
    if (last_block_beat_i) offset_d = start_d;
    place_d = place_q + place_t'(DilationDown);
    row_addr_d = moved(row_addr_q, TapRowStep);
    if (last_block_beat_i) begin
      place_d = last_row_beat_i ? ahead_q : top_q;
      row_addr_d = last_row_beat_i ? top_addr_d : top_addr_q;
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
    end else if (fire_i) begin
      offset_q <= offset_d;
      if (last_tap_i) begin
        place_q <= place_d;
        row_addr_q <= row_addr_d;
      end
      if (last_block_beat_i) start_q <= start_d;
      if (last_row_beat_i) begin
        top_q <= ahead_q;
        ahead_q <= ahead_d;
        needed_q <= needed_at(ahead_q, row_before_last_i);
        released_q <= released_at(ahead_q, row_before_last_i);
        top_addr_q <= top_addr_d;
      end
    end
  end

`ifdef HWGEN_ASSERT
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      addr_in_ring: assert (padded_o || 32'(addr_o) < Depth);
      needed_fits: assert (needed_q <= level_t'(Rows));
    end
  end
`endif

endmodule

`default_nettype wire
