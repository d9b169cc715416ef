// SPDX-License-Identifier: Apache-2.0
//
// Parallel window unit: an image in, whole windows out, all taps of some channels in one beat.
//
// Pixels of `PixelBeats` beats arrive row by row into a line buffer of `Rows` rows, each in the
// place of a beat that is free. For each row of windows the rows that it sees are scanned together:
// a slot reads a beat of each, once that of the lowest is there. For each beat of a pixel that a
// window ends with, the beat of all its taps leaves, tap (ky, kx) in lanes (ky * KernelWidth + kx)
// * Lanes and on, three cycles after its slot:
//
//   rows | columns | output queue
//
// A padded tap is the word of `Pads` for its beat of a pixel (one word for all where `PadBeats` is
// 1). With `Widen` a bipolar image leaves as -1, 0 or +1: bit b becomes the two bits {!b, 1}; with
// `Mark` a code gets a zero bit on top, which is one in `Pads`.
//
// Do not use it where a tap a cycle is enough: `hwgen_window` has a narrower output and one memory.

`default_nettype none

module hwgen_parallel_window #(
  parameter int unsigned Lanes = 1,
  parameter int unsigned InputBits = 8,
  parameter bit Widen = 1'b0,
  parameter bit Mark = 1'b0,
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
  parameter int unsigned PadBeats = 1,
  parameter int unsigned Rows = 3,
  parameter Style = "distributed",
  parameter int unsigned Credits = 4,
  localparam int unsigned OutputBits = Widen || Mark ? InputBits + 1 : InputBits,
  localparam int unsigned InputBeatBits = Lanes * InputBits,
  localparam int unsigned TapBits = Lanes * OutputBits,
  localparam int unsigned OutputBeatBits = KernelHeight * KernelWidth * TapBits,
  parameter logic [PadBeats*TapBits-1:0] Pads = '0
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

  if (PadBeats != 1 && PadBeats != PixelBeats) begin : gen_check_pads
    $error("hwgen_parallel_window: PadBeats must be 1 or PixelBeats");
  end
  if (Widen && InputBits != 1) begin : gen_check_widen
    $error("hwgen_parallel_window: only bipolar images, of one bit, widen");
  end

  localparam int unsigned RowBeats = Width * PixelBeats;
  localparam int unsigned LastLeft = (OutWidth - 1) * StrideAcross;
  localparam int unsigned ScannedColumns = Width > LastLeft ? Width : LastLeft + 1;
  localparam int unsigned ExtentAcross = (KernelWidth - 1) * DilationAcross + 1;
  localparam int unsigned LastRowColumns = LastLeft + ExtentAcross - PadLeft;
  localparam int unsigned PlaceBits = $clog2((ScannedColumns + ExtentAcross) * PixelBeats + 1);
  localparam int unsigned RowBits = hwgen_steps_pkg::bits_for(Rows);
  localparam int unsigned BeatBits = hwgen_steps_pkg::bits_for(PixelBeats);

  // ---- Slots -----------------------------------------------------------------------------------

  logic [PlaceBits-1:0] place;
  logic [BeatBits-1:0] beat;
  logic [hwgen_steps_pkg::bits_for(OutHeight)-1:0] row;
  logic [KernelHeight*RowBits-1:0] rows;
  logic [KernelHeight-1:0] outside;
  logic [KernelWidth-1:0] beside;
  logic ready, ends, row_end, credit, fire, take, row_in;

  assign fire = ready && (!ends || credit);
  assign take = s_valid_i && s_ready_o;

  hwgen_parallel_window_slots #(
    .PixelBeats    (PixelBeats),
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
    .ScannedColumns(ScannedColumns),
    .PlaceBits     (PlaceBits)
  ) u_slots (
    .clk_i     (clk_i),
    .rst_ni    (rst_ni),
    .fire_i    (fire),
    .place_o   (place),
    .beat_o    (beat),
    .row_o     (row),
    .row_end_o (row_end),
    .ends_o    (ends),
    .rows_o    (rows),
    .outside_o (outside),
    .beside_o  (beside)
  );

  hwgen_parallel_window_levels #(
    .Height      (Height),
    .OutHeight   (OutHeight),
    .KernelHeight(KernelHeight),
    .StrideDown  (StrideDown),
    .DilationDown(DilationDown),
    .PadTop      (PadTop),
    .Rows        (Rows),
    .RowBeats    (RowBeats),
    .RowSlots    (ScannedColumns * PixelBeats),
    .LastRowSlots(LastRowColumns * PixelBeats)
  ) u_levels (
    .clk_i    (clk_i),
    .rst_ni   (rst_ni),
    .take_i   (take),
    .row_in_i (row_in),
    .space_o  (s_ready_o),
    .fire_i   (fire),
    .row_end_i(row_end),
    .row_i    (row),
    .ready_o  (ready)
  );

  // ---- Stage 1: rows ---------------------------------------------------------------------------

  logic [KernelHeight*InputBeatBits-1:0] column;

  hwgen_parallel_window_rows #(
    .BeatBits    (InputBeatBits),
    .RowBeats    (RowBeats),
    .Rows        (Rows),
    .KernelHeight(KernelHeight),
    .PlaceBits   (PlaceBits),
    .Style       (Style)
  ) u_rows (
    .clk_i      (clk_i),
    .rst_ni     (rst_ni),
    .take_data_i(s_data_i),
    .take_i     (take),
    .row_in_o   (row_in),
    .place_i    (place),
    .rows_i     (rows),
    .column_o   (column)
  );

  // ---- Stage 2: columns ------------------------------------------------------------------------

  // The columns that a window sees, as far as taps lie apart, the newest first.
  localparam int unsigned Delay = DilationAcross * PixelBeats;
  localparam int unsigned ColumnBits = KernelHeight * InputBeatBits;
  localparam int unsigned Held = (KernelWidth - 1) * Delay + 1;

  logic [Held*ColumnBits-1:0] columns_q;
  logic fired1_q, ends1_q, ends2_q;
  logic [KernelHeight-1:0] outside1_q, outside2_q;
  logic [KernelWidth-1:0] beside1_q, beside2_q;
  logic [BeatBits-1:0] beat1_q;
  logic [TapBits-1:0] pad2_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      {fired1_q, ends1_q, ends2_q} <= '0;
    end else begin
      fired1_q <= fire;
      ends1_q <= fire && ends;
      ends2_q <= ends1_q;
    end
  end

  always_ff @(posedge clk_i) begin
    if (fired1_q) columns_q <= (Held*ColumnBits)'({columns_q, column});
    outside1_q <= outside;
    outside2_q <= outside1_q;
    beside1_q <= beside;
    beside2_q <= beside1_q;
    beat1_q <= beat;
  end

  if (PadBeats > 1) begin : gen_words
    always_ff @(posedge clk_i) pad2_q <= Pads[beat1_q*TapBits +: TapBits];
  end else begin : gen_word
    logic unused_beat;
    assign unused_beat = ^beat1_q;
    assign pad2_q = Pads;
  end

  // ---- Stage 3: output queue -------------------------------------------------------------------

  logic [OutputBeatBits-1:0] leaving;

  for (genvar ky = 0; ky < KernelHeight; ky++) begin : gen_row
    for (genvar kx = 0; kx < KernelWidth; kx++) begin : gen_tap
      localparam int unsigned Low
          = (KernelWidth - 1 - kx) * Delay * ColumnBits + ky * InputBeatBits;
      logic [TapBits-1:0] seen;

      for (genvar lane = 0; lane < Lanes; lane++) begin : gen_lane
        if (Widen) begin : gen_widen
          assign seen[lane*OutputBits +: OutputBits] = {!columns_q[Low+lane], 1'b1};
        end else if (Mark) begin : gen_mark
          assign seen[lane*OutputBits +: OutputBits] = {1'b0, columns_q[Low+lane*InputBits +: InputBits]};
        end else begin : gen_same
          assign seen[lane*OutputBits +: OutputBits] = columns_q[Low+lane*InputBits +: InputBits];
        end
      end

      assign leaving[(ky*KernelWidth+kx)*TapBits +: TapBits]
          = outside2_q[ky] || beside2_q[kx] ? pad2_q : seen;
    end
  end

  hwgen_credit_queue #(
    .Width  (OutputBeatBits),
    .Credits(Credits)
  ) u_queue (
    .clk_i      (clk_i),
    .rst_ni     (rst_ni),
    .credit_o   (credit),
    .issue_i    (fire && ends),
    .push_data_i(leaving),
    .push_i     (ends2_q),
    .m_data_o   (m_data_o),
    .m_valid_o  (m_valid_o),
    .m_ready_i  (m_ready_i)
  );

endmodule

`default_nettype wire
