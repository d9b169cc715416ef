// SPDX-License-Identifier: Apache-2.0
//
// Claim: every tap of every window of every frame is the beat of the image that it sees, or the pad
//   where it sees none; any beat of any frame is followed until no later window sees it; a row of
//   windows begins in exactly the cycles in which the rows that it sees are there, a beat is taken in
//   exactly those in which fewer than Rows whole rows are held, and a tap's beat leaves exactly 3
//   cycles after its slot; lanes past a pixel's end are zero.
// Cover: a marked beat of the image leaves.
// Mistake: the marked beat is expected with its lowest bit inverted.
// Contract: hwgen_credit_queue
// Sees: u_slots.beat_q:slot_beat_q u_slots.row_start_q u_slots.row_q u_slots.column_q u_slots.tap_row_q u_slots.tap_q
//   u_slots.block_q u_lines.beat_q u_lines.write_addr_q u_lines.room_q u_lines.spare_q
//   u_places.addr_o u_places.padded_o u_places.top_q u_places.ahead_q u_places.top_addr_q u_places.start_q
//   u_places.offset_q u_places.place_q u_places.row_addr_q u_places.end_q u_places.freed_q
//   fired1_q fired2_q padded1_q padded2_q last1_q last2_q u_lines.addr1_q
//   u_places.end_ahead u_places.begin_ahead u_places.next_ahead u_places.freed_ahead u_places.step_o

`default_nettype none

module hwgen_window_monitor #(
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
  input  wire logic                     clk_i,
  input  wire logic                     rst_ni,
  input  wire logic                     mistake_i,
  input  wire logic                     mark_i,

  input  wire logic [InputBeatBits-1:0] s_data_i,
  input  wire logic                     s_valid_i,
  input  wire logic                     credit_i,

  output logic                          ready_wrong_o,
  output logic                          issue_wrong_o,
  output logic                          push_wrong_o,
  output logic                          data_wrong_o,
  output logic                          tap_wrong_o,
  output logic                          slots_wrong_o,
  output logic                          places_wrong_o,
  output logic                          rows_wrong_o,
  output logic                          marked_wrong_o,
  output logic                          covered_o
);

  localparam int unsigned BlockBeats = PixelBeats / Blocks;
  localparam int unsigned RowBeats = Width * PixelBeats;
  localparam int unsigned Depth = Rows * RowBeats;
  localparam int unsigned AddrBits = hwgen_steps_pkg::bits_for(Depth);
  localparam int unsigned LevelBits = $clog2(Rows + Height + StrideDown + 1) + 1;
  localparam int unsigned ExtentDown = (KernelHeight - 1) * DilationDown + 1;
  localparam int unsigned ExtentAcross = (KernelWidth - 1) * DilationAcross + 1;
  localparam int unsigned LastTop = (OutHeight - 1) * StrideDown;
  localparam int unsigned LastLeft = (OutWidth - 1) * StrideAcross;
  localparam int unsigned PlaceBits = $clog2(LastTop + ExtentDown + StrideDown + Height + 1) + 1;
  localparam int unsigned OffsetBits
      = $clog2((LastLeft + ExtentAcross + StrideAcross + Width) * PixelBeats + 1) + 1;

  // Signed, with room for every place, offset and address.
  localparam int unsigned NumberBits
      = $clog2(Depth + (LastLeft + ExtentAcross + StrideAcross + Width) * PixelBeats
               + LastTop + ExtentDown + StrideDown + 4 * Height + 4 * Rows) + 3;

  typedef logic signed [NumberBits-1:0] num_t;

  // Yosys compares unsigned where a cast stands.
  localparam num_t AllRows = num_t'(Rows);
  localparam num_t Bottom = num_t'(Height);
  localparam num_t RowEnd = num_t'(RowBeats);
  localparam num_t One = num_t'(1);

  logic [OutputBeatBits-1:0] m_data;
  logic s_ready, m_valid;
  logic queue_issue, seen_row_start_q, seen_padded_o;
  logic seen_fired1_q, seen_fired2_q, seen_padded1_q, seen_padded2_q, seen_last1_q, seen_last2_q;
  logic [hwgen_steps_pkg::bits_for(RowBeats)-1:0] seen_beat_q;
  logic [AddrBits-1:0] seen_write_addr_q, seen_addr_o, seen_addr1_q, seen_top_addr_q, seen_row_addr_q;
  logic signed [LevelBits-1:0] seen_room_q, seen_spare_q, seen_freed_q, seen_freed_ahead, seen_step_o;
  logic signed [PlaceBits-1:0] seen_top_q, seen_ahead_q, seen_place_q, seen_end_q;
  logic signed [PlaceBits-1:0] seen_end_ahead, seen_begin_ahead, seen_next_ahead;
  logic signed [OffsetBits-1:0] seen_start_q, seen_offset_q;

  hwgen_window #(
    .Lanes         (Lanes),
    .LastLanes     (LastLanes),
    .InputBits     (InputBits),
    .Widen         (Widen),
    .Mark          (Mark),
    .PixelBeats    (PixelBeats),
    .Blocks        (Blocks),
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
    .PadBeats      (PadBeats),
    .Rows          (Rows),
    .Style         (Style),
    .Credits       (Credits),
    .Pads          (Pads)
  ) u_unit (
    .clk_i    (clk_i),
    .rst_ni   (rst_ni),
    .s_data_i (s_data_i),
    .s_valid_i(s_valid_i),
    .s_ready_o(s_ready),
    .m_data_o (m_data),
    .m_valid_o(m_valid),
    .m_ready_i(credit_i)
  );

  logic take, fire;

  assign take = s_valid_i && s_ready;
  assign fire = queue_issue;

  // ---- Slots, from the innermost out -------------------------------------------------------------

  localparam int unsigned BeatBits = hwgen_steps_pkg::bits_for(BlockBeats);
  localparam int unsigned PixelBeatBits = hwgen_steps_pkg::bits_for(PixelBeats);
  localparam int unsigned TapRowBits = hwgen_steps_pkg::bits_for(KernelHeight);
  localparam int unsigned TapBits = hwgen_steps_pkg::bits_for(KernelWidth);
  localparam int unsigned ColumnBits = hwgen_steps_pkg::bits_for(OutWidth);
  localparam int unsigned RowBits = hwgen_steps_pkg::bits_for(OutHeight);

  // The number of the second slot of a row, whichever counter tells it from the first.
  localparam int unsigned SecondBeat = BlockBeats > 1 ? 1 : 0;
  localparam int unsigned SecondTap = BlockBeats == 1 && KernelWidth > 1 ? 1 : 0;
  localparam int unsigned SecondTapRow
      = BlockBeats == 1 && KernelWidth == 1 && KernelHeight > 1 ? 1 : 0;
  localparam int unsigned SecondBlock
      = BlockBeats == 1 && KernelWidth == 1 && KernelHeight == 1 && Blocks > 1 ? 1 : 0;
  localparam int unsigned SecondColumn
      = BlockBeats == 1 && KernelWidth == 1 && KernelHeight == 1 && Blocks == 1 ? 1 : 0;

  logic [BeatBits-1:0] beat_q, seen_slot_beat_q;
  logic [PixelBeatBits-1:0] block_q, seen_block_q, pixel_beat;
  logic [TapBits-1:0] tap_q, seen_tap_q;
  logic [TapRowBits-1:0] tap_row_q, seen_tap_row_q;
  logic [ColumnBits-1:0] column_q, seen_column_q;
  logic [RowBits-1:0] row_q, seen_row_q;
  logic second;
  logic [1:0] slots_of_row_q;
  logic last_beat, last_tap, last_block, last_window, last_of_row, last_row, row_start;

  assign pixel_beat = block_q + PixelBeatBits'(beat_q);
  assign last_beat = beat_q == BeatBits'(BlockBeats - 1);
  assign last_tap = last_beat && tap_q == TapBits'(KernelWidth - 1);
  assign last_block = last_tap && tap_row_q == TapRowBits'(KernelHeight - 1);
  assign last_window = last_block && block_q == PixelBeatBits'(PixelBeats - BlockBeats);
  assign last_of_row = last_window && column_q == ColumnBits'(OutWidth - 1);
  assign second = !row_start && 32'(beat_q) == SecondBeat && 32'(tap_q) == SecondTap
      && 32'(tap_row_q) == SecondTapRow && 32'(block_q) == SecondBlock
      && 32'(column_q) == SecondColumn;
  assign last_row = row_q == RowBits'(OutHeight - 1);
  assign row_start = beat_q == '0 && tap_q == '0 && tap_row_q == '0 && block_q == '0
      && column_q == '0;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      beat_q <= '0;
      tap_q <= '0;
      tap_row_q <= '0;
      block_q <= '0;
      column_q <= '0;
      row_q <= '0;
      slots_of_row_q <= '0;
    end else if (fire) begin
      beat_q <= last_beat ? '0 : beat_q + 1'b1;
      if (last_beat) tap_q <= last_tap ? '0 : tap_q + 1'b1;
      if (last_tap) tap_row_q <= last_block ? '0 : tap_row_q + 1'b1;
      if (last_block) block_q <= last_window ? '0 : block_q + PixelBeatBits'(BlockBeats);
      if (last_window) column_q <= last_of_row ? '0 : column_q + 1'b1;
      if (last_of_row) row_q <= last_row ? '0 : row_q + 1'b1;
      if (last_of_row) slots_of_row_q <= '0;
      else if (slots_of_row_q < 2'd2) slots_of_row_q <= slots_of_row_q + 1'b1;
    end
  end

  // ---- Rows: those that came in since the frame's first, those that windows see and let go --------

  num_t top, ahead, got_q, base_q, write_row_q, in_beat_q, needed, released, released_next;
  logic row_in, ahead_is_last, frame_ends;

  function automatic num_t clipped(input num_t y);
    clipped = y < 0 ? '0 : y > Bottom ? Bottom : y;
  endfunction

  function automatic num_t end_of(input num_t y, input logic last);
    num_t behind;
    behind = y + num_t'(ExtentDown);
    end_of = last || behind > Bottom ? Bottom
        : behind < One ? One : behind;
  endfunction

  // The row of the ring in which row `y` of the frame lies that begins at row `base`.
  function automatic num_t ring(input num_t base, input num_t y);
    num_t sum;
    sum = base + y + num_t'((PadTop / Rows + 1) * Rows);
    for (int unsigned i = 0; i < (2 * Height + LastTop + ExtentDown + StrideDown + PadTop) / Rows + 4;
         i++) begin
      if (sum >= AllRows) sum = sum - AllRows;
    end
    ring = sum;
  endfunction

  assign top = num_t'({1'b0, row_q}) * num_t'(StrideDown) - num_t'(PadTop);
  assign ahead = last_row ? -num_t'(PadTop) : top + num_t'(StrideDown);
  assign ahead_is_last = OutHeight == 1 || row_q == RowBits'(OutHeight - 2);
  assign needed = end_of(top, last_row);
  assign released = clipped(top);
  assign released_next = last_row ? Bottom : clipped(top + num_t'(StrideDown));
  assign row_in = take && in_beat_q == num_t'(RowBeats - 1);
  assign frame_ends = fire && last_of_row && last_row;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      got_q <= '0;
      base_q <= '0;
      write_row_q <= '0;
      in_beat_q <= '0;
    end else begin
      got_q <= got_q + num_t'({1'b0, row_in}) - (frame_ends ? Bottom : num_t'(0));
      if (frame_ends) base_q <= ring(base_q, Bottom);
      if (take) in_beat_q <= row_in ? '0 : in_beat_q + One;
      if (row_in) write_row_q <= write_row_q == num_t'(Rows - 1) ? '0 : write_row_q + One;
    end
  end

  // ---- Places: what the slot sees ----------------------------------------------------------------

  num_t seen_row, start, offset, address;
  logic padded;

  assign seen_row = top + num_t'({1'b0, tap_row_q}) * num_t'(DilationDown);
  assign start = num_t'({1'b0, column_q}) * num_t'(StrideAcross * PixelBeats)
      - num_t'(PadLeft * PixelBeats) + num_t'({1'b0, block_q});
  assign offset = start + num_t'({1'b0, tap_q}) * num_t'(DilationAcross * PixelBeats)
      + num_t'({1'b0, beat_q});
  assign padded = seen_row < 0 || seen_row >= Bottom || offset < 0
      || offset >= RowEnd;
  assign address = ring(base_q, seen_row) * RowEnd + offset;

  // ---- Memory, and a marked beat in it ------------------------------------------------------------

  logic [InputBeatBits-1:0] memory [Depth];
  logic [InputBeatBits-1:0] held_q, marked_data_q, wanted1_q, wanted2_q;
  logic [AddrBits-1:0] write_addr_q, addr1_q, marked_addr;
  logic [PixelBeatBits-1:0] beat1_q, beat2_q;
  num_t marked_row_q, marked_beat_q;
  logic marked_q, is_marked, marked1_q, marked2_q, fired1_q, fired2_q, padded1_q, padded2_q;

  assign is_marked = fire && marked_q && !padded && marked_row_q == seen_row
      && marked_beat_q == offset;
  assign marked_addr
      = AddrBits'(ring(base_q, marked_row_q) * RowEnd + marked_beat_q);

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      write_addr_q <= '0;
      marked_q <= 1'b0;
      marked1_q <= 1'b0;
      marked2_q <= 1'b0;
      fired1_q <= 1'b0;
      fired2_q <= 1'b0;
    end else begin
      if (take) write_addr_q <= write_addr_q == AddrBits'(Depth - 1) ? '0 : write_addr_q + 1'b1;
      marked1_q <= is_marked;
      marked2_q <= marked1_q;
      fired1_q <= fire;
      fired2_q <= fired1_q;
      if (marked_q) begin
        if (frame_ends) marked_row_q <= marked_row_q - Bottom;
        if (fire && last_of_row && marked_row_q < released_next) marked_q <= 1'b0;
      end else if (take && mark_i && !(fire && last_of_row) && got_q >= released) begin
        marked_q <= 1'b1;
        marked_row_q <= got_q;
        marked_beat_q <= in_beat_q;
        marked_data_q <= s_data_i;
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (take) memory[write_addr_q] <= s_data_i;
    addr1_q <= seen_addr_o;
    held_q <= memory[addr1_q];
    wanted1_q <= marked_data_q;
    wanted2_q <= wanted1_q;
    padded1_q <= seen_padded_o;
    padded2_q <= padded1_q;
    beat1_q <= pixel_beat;
    beat2_q <= beat1_q;
  end

  // ---- What leaves ---------------------------------------------------------------------------------

  function automatic logic [OutputBeatBits-1:0] coded(input logic [InputBeatBits-1:0] codes,
                                                      input logic last);
    coded = '0;
    for (int unsigned i = 0; i < Lanes; i++) begin
      if (i < LastLanes || !last) begin
        if (Widen) coded[i*OutputBits +: OutputBits] = OutputBits'({!codes[i], 1'b1});
        else coded[i*OutputBits +: OutputBits] = OutputBits'(codes[i*InputBits +: InputBits]);
      end
    end
  endfunction

  logic [OutputBeatBits-1:0] pad;
  logic last2;

  assign last2 = beat2_q == PixelBeatBits'(PixelBeats - 1);
  assign pad = Pads[(PadBeats > 1 ? 32'(beat2_q) : 32'd0)*OutputBeatBits +: OutputBeatBits];

  assign ready_wrong_o = s_ready != (got_q - released < AllRows);
  assign issue_wrong_o = fire != (credit_i && (!row_start || got_q >= needed));
  assign push_wrong_o = m_valid != fired2_q;
  assign data_wrong_o = m_valid && m_data != (padded2_q ? pad : coded(held_q, last2));
  assign tap_wrong_o = marked2_q
      && m_data != coded(wanted2_q ^ InputBeatBits'(mistake_i), last2);
  assign covered_o = marked2_q && m_valid;

  // ---- Invariants of the unit's registers ----------------------------------------------------------

  logic registers_wrong;

  assign registers_wrong = seen_fired1_q != fired1_q || seen_fired2_q != fired2_q
      || (fired1_q && (seen_padded1_q != padded1_q || seen_addr1_q != addr1_q
                       || seen_last1_q != (beat1_q == PixelBeatBits'(PixelBeats - 1))))
      || (fired2_q && (seen_padded2_q != padded2_q || seen_last2_q != last2));
  assign slots_wrong_o = registers_wrong || 32'(beat_q) >= BlockBeats || 32'(tap_q) >= KernelWidth
      || 32'(tap_row_q) >= KernelHeight || 32'(block_q) > PixelBeats - BlockBeats
      || 32'(column_q) >= OutWidth || 32'(row_q) >= OutHeight || seen_row_start_q != row_start
      || row_start != (slots_of_row_q == '0) || (slots_of_row_q == 2'd1) != second || slots_of_row_q > 2'd2
      || seen_row_q != row_q || seen_column_q != column_q || seen_tap_row_q != tap_row_q
      || seen_tap_q != tap_q || seen_block_q != block_q || seen_slot_beat_q != beat_q
      || num_t'({1'b0, seen_beat_q}) != in_beat_q || seen_write_addr_q != write_addr_q;
  assign places_wrong_o = num_t'(seen_top_q) != top || num_t'(seen_ahead_q) != ahead
      || num_t'(seen_place_q) != seen_row || num_t'(seen_start_q) != start
      || num_t'(seen_offset_q) != offset
      || num_t'({1'b0, seen_top_addr_q}) != ring(base_q, top) * RowEnd
      || num_t'({1'b0, seen_row_addr_q}) != ring(base_q, seen_row) * RowEnd
      || seen_padded_o != padded || (!padded && num_t'({1'b0, seen_addr_o}) != address)
      || num_t'(seen_end_q) != (last_row ? num_t'(0) : needed)
      || num_t'(seen_freed_q) != released - released_next
      || (slots_of_row_q != '0 && (num_t'(seen_end_ahead) != end_of(ahead, ahead_is_last)
          || num_t'(seen_begin_ahead) != clipped(ahead)
          || num_t'(seen_next_ahead) != (ahead_is_last ? Bottom
                                         : clipped(ahead + num_t'(StrideDown)))))
      || (slots_of_row_q == 2'd2 && (num_t'(seen_freed_ahead) != num_t'(seen_begin_ahead)
                                     - num_t'(seen_next_ahead)
          || num_t'(seen_step_o) != num_t'(seen_end_q) - num_t'(seen_end_ahead)));
  assign rows_wrong_o = got_q < 0 || got_q - released > AllRows || base_q < 0
      || base_q >= AllRows || write_row_q < 0 || write_row_q >= AllRows || in_beat_q < 0
      || in_beat_q >= RowEnd || ring(base_q, got_q) != write_row_q
      || num_t'({1'b0, write_addr_q}) != write_row_q * RowEnd + in_beat_q
      || num_t'(seen_room_q) != got_q - released - AllRows
      || num_t'(seen_spare_q) != got_q - needed || (!row_start && got_q < needed);
  assign marked_wrong_o = (marked_q && (marked_row_q < released || marked_row_q > got_q
          || (marked_row_q == got_q && marked_beat_q >= in_beat_q) || marked_beat_q < 0
          || marked_beat_q >= RowEnd || memory[marked_addr] != marked_data_q))
      || (marked1_q && (memory[addr1_q] != wanted1_q || padded1_q || !fired1_q))
      || (marked2_q && (held_q != wanted2_q || padded2_q || !fired2_q));

endmodule

`default_nettype wire
