// SPDX-License-Identifier: Apache-2.0
//
// Slots of a parallel window unit: which column is scanned next, and which window it ends.
//
// A slot ends with `fire_i`. It reads beat `place_o` of row `row_o` of windows, which is beat
// `beat_o` of a pixel, in places `rows_o` of the line buffer, one for each row of taps. A row
// ends after `ScannedColumns` columns (`row_end_o`), the last one of a frame with the frame.
//
// With `ends_o` the slot ends a beat of a window, whose taps lie above or below the image in the
// rows `outside_o`, and beside it in the columns `beside_o`. Windows at the right edge end while
// the next row is scanned, so what they see is counted apart.
//
// Do not use it for windows that leave tap by tap: `hwgen_window_slots` counts taps.

`default_nettype none

module hwgen_parallel_window_slots #(
  parameter int unsigned PixelBeats = 1,
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
  parameter int unsigned ScannedColumns = 3,
  parameter int unsigned PlaceBits = 4,
  localparam int unsigned RowBits = hwgen_steps_pkg::bits_for(Rows),
  localparam int unsigned BeatBits = hwgen_steps_pkg::bits_for(PixelBeats),
  localparam int unsigned OutRowBits = hwgen_steps_pkg::bits_for(OutHeight)
) (
  input  wire logic                          clk_i,
  input  wire logic                          rst_ni,
  input  wire logic                          fire_i,

  output logic [PlaceBits-1:0]               place_o,
  output logic [BeatBits-1:0]                beat_o,
  output logic [OutRowBits-1:0]              row_o,
  output logic                               row_end_o,
  output logic                               ends_o,
  output logic [KernelHeight*RowBits-1:0]    rows_o,
  output logic [KernelHeight-1:0]            outside_o,
  output logic [KernelWidth-1:0]             beside_o
);

  localparam int unsigned ExtentDown = (KernelHeight - 1) * DilationDown + 1;
  localparam int unsigned FirstColumn = (KernelWidth - 1) * DilationAcross - PadLeft;
  localparam int unsigned LastTop = (OutHeight - 1) * StrideDown;
  localparam int unsigned LastLeft = (OutWidth - 1) * StrideAcross;
  localparam int unsigned OutColumnBits = hwgen_steps_pkg::bits_for(OutWidth);
  localparam int unsigned WaitBits = $clog2(FirstColumn + ScannedColumns + StrideAcross + 1);

  // Signed: places of rows and columns may lie in the padding.
  localparam int unsigned TopBits = $clog2(LastTop + ExtentDown + StrideDown + Height + 1) + 1;
  localparam int unsigned LeftBits
      = $clog2(LastLeft + FirstColumn + PadLeft + StrideAcross + Width + 1) + 1;

  typedef logic signed [TopBits-1:0] top_t;
  typedef logic signed [LeftBits-1:0] left_t;
  typedef logic [RowBits-1:0] row_t;
  typedef logic [WaitBits-1:0] wait_t;

  localparam top_t FirstTop = -top_t'(PadTop);
  localparam top_t Bottom = top_t'(Height);
  localparam left_t FirstLeft = -left_t'(PadLeft);
  localparam left_t Beside = left_t'(Width);  // Yosys compares unsigned where a cast stands

  // A place of the line buffer, moved on.
  function automatic row_t moved(input row_t row, input row_t step);
    logic [RowBits:0] sum;
    sum = {1'b0, row} + {1'b0, step};
    moved = sum >= (RowBits + 1)'(Rows) ? row_t'(sum - (RowBits + 1)'(Rows)) : row_t'(sum);
  endfunction

  localparam int unsigned FirstRow = (Rows - PadTop % Rows) % Rows;
  localparam row_t RowStep = row_t'(StrideDown % Rows);
  localparam row_t FrameStep = row_t'((Height + Rows - LastTop % Rows) % Rows);

  // ---- The row of windows that is scanned --------------------------------------------------------

  logic [PlaceBits-1:0] place_q;
  logic [BeatBits-1:0] beat_q;
  logic [OutRowBits-1:0] row_q;
  logic last_beat, last_row, frame_end;

  assign place_o = place_q;
  assign beat_o = beat_q;
  assign row_o = row_q;
  assign last_beat = beat_q == BeatBits'(PixelBeats - 1);
  assign last_row = row_q == OutRowBits'(OutHeight - 1);
  assign row_end_o
      = last_row ? frame_end : place_q == PlaceBits'(ScannedColumns * PixelBeats - 1);

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      place_q <= '0;
      beat_q <= '0;
      row_q <= '0;
    end else if (fire_i) begin
      place_q <= row_end_o ? '0 : place_q + 1'b1;
      beat_q <= last_beat ? '0 : beat_q + 1'b1;
      if (row_end_o) row_q <= last_row ? '0 : row_q + 1'b1;
    end
  end

  for (genvar ky = 0; ky < KernelHeight; ky++) begin : gen_row
    row_t held_q;

    assign rows_o[ky*RowBits +: RowBits] = held_q;

    always_ff @(posedge clk_i) begin
      if (!rst_ni) held_q <= row_t'((FirstRow + ky * DilationDown) % Rows);
      else if (fire_i && row_end_o) held_q <= moved(held_q, last_row ? FrameStep : RowStep);
    end
  end

  // ---- The window that ends next -----------------------------------------------------------------

  wait_t wait_d, wait_q;  // columns before the one that it ends with
  logic [OutColumnBits-1:0] column_q;
  logic [OutRowBits-1:0] window_row_q;
  left_t left_q;
  top_t window_top_q;
  logic last_column, last_window_row, ends_window;

  assign ends_o = wait_q == '0;
  assign ends_window = ends_o && last_beat;
  assign last_column = column_q == OutColumnBits'(OutWidth - 1);
  assign last_window_row = window_row_q == OutRowBits'(OutHeight - 1);
  assign frame_end = ends_window && last_column && last_window_row;

  always_comb begin
    wait_d = wait_q - 1'b1;
    if (ends_o) wait_d = wait_t'(StrideAcross - 1);
    if (ends_o && last_column) wait_d = wait_t'(ScannedColumns - LastLeft - 1);
    if (frame_end) wait_d = wait_t'(FirstColumn);
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      wait_q <= wait_t'(FirstColumn);
      column_q <= '0;
      window_row_q <= '0;
      left_q <= FirstLeft;
      window_top_q <= FirstTop;
    end else if (fire_i && last_beat) begin
      wait_q <= wait_d;
      if (ends_o) begin
        column_q <= last_column ? '0 : column_q + 1'b1;
        left_q <= last_column ? FirstLeft : left_q + left_t'(StrideAcross);
        if (last_column) begin
          window_row_q <= last_window_row ? '0 : window_row_q + 1'b1;
          window_top_q <= last_window_row ? FirstTop : window_top_q + top_t'(StrideDown);
        end
      end
    end
  end

  for (genvar ky = 0; ky < KernelHeight; ky++) begin : gen_outside
    localparam bit Above = ky * DilationDown < PadTop;
    localparam bit Below = LastTop + ky * DilationDown >= Height + PadTop;
    top_t row;
    assign row = window_top_q + top_t'(ky * DilationDown);
    assign outside_o[ky] = (Above && row < 0) || (Below && row >= Bottom);
  end

  for (genvar kx = 0; kx < KernelWidth; kx++) begin : gen_beside
    localparam bit Before = kx * DilationAcross < PadLeft;
    localparam bit Behind = LastLeft + kx * DilationAcross >= Width + PadLeft;
    left_t column;
    assign column = left_q + left_t'(kx * DilationAcross);
    assign beside_o[kx] = (Before && column < 0) || (Behind && column >= Beside);
  end

endmodule

`default_nettype wire
