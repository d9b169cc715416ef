// SPDX-License-Identifier: Apache-2.0
//
// Places of a sliding window unit: where in the image, and in its ring of rows, a slot's beat lies.
//
// `addr_o` is the beat's address in a ring of `Rows` rows, unless `padded_o` says that it lies
// outside the image. Of rows, negative: `freed_o` are those of this row of windows that no later
// one sees, `first_o` those that the first row of windows needs, and `step_o` those that the next
// one needs beyond this one. `hwgen_window_slots` says what a slot is the last of.
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
  output logic signed [LevelBits-1:0]      freed_o,
  output logic signed [LevelBits-1:0]      first_o,
  output logic signed [LevelBits-1:0]      step_o
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
  localparam place_t First = place_t'(1);
  localparam place_t Extent = place_t'(ExtentDown);  // Yosys compares unsigned where a cast stands
  localparam offset_t FirstOffset = -offset_t'(PadLeft * PixelBeats);
  localparam offset_t RowEnd = offset_t'(RowBeats);
  localparam offset_t TapStep = offset_t'(DilationAcross * PixelBeats - BlockBeats + 1);
  localparam offset_t BlockStep = offset_t'(BlockBeats);
  localparam offset_t WindowStep = offset_t'(StrideAcross * PixelBeats - PixelBeats + BlockBeats);

  // A place, moved to the nearest edge of the image where it lies outside.
  function automatic place_t clipped(input place_t top);
    clipped = top < 0 ? '0 : top > Bottom ? Bottom : top;
  endfunction

  // The row of the image behind all that a row of windows sees, `last` of an image or not. One that
  // sees nothing but padding above the image waits for the image's first row.
  function automatic place_t end_at(input place_t top, input logic last);
    end_at = last || top > Bottom - Extent ? Bottom
        : top < First - Extent ? First : top + Extent;
  endfunction

  // The row that the next row of windows begins with, behind the last one the next image.
  function automatic place_t next_at(input place_t top, input logic last);
    next_at = last ? Bottom : clipped(top + place_t'(StrideDown));
  endfunction

  function automatic addr_t moved(input addr_t addr, input addr_t step);
    logic [AddrBits:0] sum;
    sum = {1'b0, addr} + {1'b0, step};
    moved = sum >= (AddrBits + 1)'(Depth) ? addr_t'(sum - (AddrBits + 1)'(Depth)) : addr_t'(sum);
  endfunction

  localparam place_t SecondTop = OutHeight > 1 ? FirstTop + place_t'(StrideDown) : FirstTop;
  localparam bit SecondLast = OutHeight <= 2;
  localparam place_t FirstEnd = OutHeight == 1 ? '0 : end_at(FirstTop, 1'b0);
  localparam place_t SecondEnd = end_at(SecondTop, SecondLast);
  localparam place_t SecondBegin = clipped(SecondTop);
  localparam place_t SecondNext = next_at(SecondTop, SecondLast);
  localparam place_t LastBegin = clipped(FirstTop + place_t'(LastTop));

  localparam place_t AllRows = place_t'(Rows);

  if (AllRows < Bottom - LastBegin) begin : gen_check_rows
    $error("hwgen_window: Rows must hold what a row of windows sees");
  end

  // The place of a row and its address in the ring, the offset of a beat in the row. `ahead_q` is
  // the top of the next row of windows.
  place_t top_q, ahead_d, ahead_q, place_d, place_q;
  addr_t top_addr_d, top_addr_q, row_addr_d, row_addr_q;
  offset_t start_d, start_q, offset_d, offset_q;

  assign addr_o = row_addr_q + addr_t'(offset_q);
  assign padded_o
      = Padded && (offset_q < 0 || offset_q >= RowEnd || place_q < 0 || place_q >= Bottom);
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
        top_addr_q <= top_addr_d;
      end
    end
  end

  // ---- Rows that are needed and let go ----------------------------------------------------------

  // What the row of windows ahead needs changes once in a row of windows: where that has three
  // slots or more, it is found in two cycles.
  localparam int unsigned Slots = OutWidth * KernelHeight * KernelWidth * PixelBeats;

  place_t end_d, end_ahead, begin_d, begin_ahead, next_d, next_ahead, end_q;
  level_t freed_d, freed_ahead, freed_q, step_d;

  assign end_d = end_at(ahead_q, row_before_last_i);
  assign begin_d = clipped(ahead_q);
  assign next_d = next_at(ahead_q, row_before_last_i);
  assign freed_d = level_t'(begin_ahead) - level_t'(next_ahead);
  assign step_d = level_t'(end_q) - level_t'(end_ahead);
  assign freed_o = freed_q;
  assign first_o = level_t'(clipped(FirstTop)) - level_t'(end_at(FirstTop, OutHeight == 1));

  if (Slots > 2) begin : gen_staged
    place_t end_ahead_q, begin_ahead_q, next_ahead_q;
    level_t freed_ahead_q, step_q;

    assign end_ahead = end_ahead_q;
    assign begin_ahead = begin_ahead_q;
    assign next_ahead = next_ahead_q;
    assign freed_ahead = freed_ahead_q;
    assign step_o = step_q;

    always_ff @(posedge clk_i) begin
      if (!rst_ni) begin
        end_ahead_q <= SecondEnd;
        begin_ahead_q <= SecondBegin;
        next_ahead_q <= SecondNext;
        freed_ahead_q <= level_t'(SecondBegin) - level_t'(SecondNext);
        step_q <= level_t'(FirstEnd) - level_t'(SecondEnd);
      end else begin
        end_ahead_q <= end_d;
        begin_ahead_q <= begin_d;
        next_ahead_q <= next_d;
        freed_ahead_q <= freed_d;
        step_q <= step_d;
      end
    end
  end else begin : gen_at_once
    assign end_ahead = end_d;
    assign begin_ahead = begin_d;
    assign next_ahead = next_d;
    assign freed_ahead = freed_d;
    assign step_o = step_d;
  end

  // An image begins at row 0 again: `end_q` is where its predecessor ends, less the height.
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      end_q <= FirstEnd;
      freed_q <= level_t'(clipped(FirstTop)) - level_t'(next_at(FirstTop, OutHeight == 1));
    end else if (fire_i && last_row_beat_i) begin
      end_q <= row_before_last_i ? '0 : end_ahead;
      freed_q <= freed_ahead;
    end
  end

`ifdef HWGEN_ASSERT
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      addr_in_ring: assert (padded_o || 32'(addr_o) < Depth);
    end
  end
`endif

endmodule

`default_nettype wire
