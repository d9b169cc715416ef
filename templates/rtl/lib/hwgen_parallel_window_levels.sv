// SPDX-License-Identifier: Apache-2.0
//
// Levels of a parallel window unit: whether the next slot may read, and the next beat be written.
//
// A slot of row `row_i` of windows reads a beat of each of the rows of the image that it sees; all
// must be there, the lowest as far as that beat (`ready_o`). A beat may be written (`space_o`)
// where a row is free, or where the row that comes to be overwritten is let go with this row of
// windows and has been read as far as that place.
//
// Each answer is the sign of a counter: rows there beyond those that are seen, rows held beyond
// those that there is room for, with those let go and without, and how far the beat that comes
// next is ahead of the one that is read. What a row of windows changes them by is a constant.
//
// Do not use it for one memory of beats: `hwgen_window_lines` counts those.

`default_nettype none

module hwgen_parallel_window_levels #(
  parameter int unsigned Height = 3,
  parameter int unsigned OutHeight = 1,
  parameter int unsigned KernelHeight = 3,
  parameter int unsigned StrideDown = 1,
  parameter int unsigned DilationDown = 1,
  parameter int unsigned PadTop = 0,
  parameter int unsigned Rows = 3,
  parameter int unsigned RowBeats = 3,
  parameter int unsigned RowSlots = 3,
  parameter int unsigned LastRowSlots = 3,
  localparam int unsigned OutRowBits = hwgen_steps_pkg::bits_for(OutHeight)
) (
  input  wire logic                  clk_i,
  input  wire logic                  rst_ni,

  input  wire logic                  take_i,
  input  wire logic                  row_in_i,
  output logic                       space_o,

  input  wire logic                  fire_i,
  input  wire logic                  row_end_i,
  input  wire logic [OutRowBits-1:0] row_i,
  output logic                       ready_o
);

  localparam int unsigned LevelBits = $clog2(Rows + Height + 2) + 1;
  localparam int unsigned LeadBits
      = $clog2((RowSlots > LastRowSlots ? RowSlots : LastRowSlots) + RowBeats + 1) + 1;

  typedef logic signed [LevelBits-1:0] level_t;
  typedef logic signed [LeadBits-1:0] lead_t;

  localparam int Bottom = int'(Height);
  localparam int LastRow = int'(OutHeight) - 1;
  localparam int ExtentDown = (int'(KernelHeight) - 1) * int'(DilationDown) + 1;

  // A place, moved to the nearest edge of the image where it lies outside.
  function automatic int clipped(input int top);
    clipped = top < 0 ? 0 : top > Bottom ? Bottom : top;
  endfunction

  // The first row of the image that a row of windows sees, and the row behind its last one.
  function automatic int first_of(input int row);
    first_of = clipped(row * int'(StrideDown) - int'(PadTop));
  endfunction

  function automatic int end_of(input int row);
    end_of = clipped(row * int'(StrideDown) - int'(PadTop) + ExtentDown);
  endfunction

  // Rows of the image let go with a row of windows; with the last one all that is left.
  function automatic int released_at(input int row);
    released_at = (row == LastRow ? Bottom : first_of(row + 1)) - first_of(row);
  endfunction

  function automatic int row_behind(input int row);
    row_behind = row == LastRow ? 0 : row + 1;
  endfunction

  function automatic logic [OutHeight*LevelBits-1:0] steps_of_spare();
    for (int row = 0; row <= LastRow; row++) begin
      steps_of_spare[row*LevelBits +: LevelBits]
          = LevelBits'(end_of(row) - end_of(row_behind(row)) - (row == LastRow ? Bottom : 0));
    end
  endfunction

  function automatic logic [OutHeight*LevelBits-1:0] steps_of_kept();
    for (int row = 0; row <= LastRow; row++) begin
      steps_of_kept[row*LevelBits +: LevelBits] = LevelBits'(-released_at(row_behind(row)));
    end
  endfunction

  localparam logic [OutHeight*LevelBits-1:0] SpareSteps = steps_of_spare();
  localparam logic [OutHeight*LevelBits-1:0] KeptSteps = steps_of_kept();

  // ---- Rows --------------------------------------------------------------------------------------

  level_t spare_q, held_q, kept_q, row_in;
  logic row_end;

  assign row_end = fire_i && row_end_i;
  assign row_in = level_t'({1'b0, row_in_i});

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      spare_q <= level_t'(-end_of(0));
      held_q <= level_t'(-int'(Rows));
      kept_q <= level_t'(-released_at(0) - int'(Rows));
    end else begin
      spare_q <= spare_q + row_in
                 + (row_end ? level_t'(SpareSteps[row_i*LevelBits +: LevelBits]) : '0);
      held_q <= (row_end ? kept_q : held_q) + row_in;
      kept_q <= kept_q + row_in
                + (row_end ? level_t'(KeptSteps[row_i*LevelBits +: LevelBits]) : '0);
    end
  end

  // ---- Beats of a row ----------------------------------------------------------------------------

  localparam lead_t Write = lead_t'(1);
  localparam lead_t WriteLast = lead_t'(1 - int'(RowBeats));
  localparam lead_t Read = -lead_t'(1);
  localparam lead_t ReadLast = lead_t'(RowSlots - 1);
  localparam lead_t ReadLastOfFrame = lead_t'(LastRowSlots - 1);

  // Places that the beat written next lies behind the one read, less one.
  lead_t lead_q, written, read;
  logic frame_end;

  assign frame_end = row_i == OutRowBits'(LastRow);
  assign written = !take_i ? '0 : row_in_i ? WriteLast : Write;
  assign read = !fire_i ? '0 : !row_end_i ? Read : frame_end ? ReadLastOfFrame : ReadLast;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) lead_q <= '1;
    else lead_q <= lead_q + written + read;
  end

  assign ready_o = spare_q >= 0 || (&spare_q && lead_q >= 0);
  assign space_o = held_q < 0 || (kept_q < 0 && lead_q < 0 && !(&lead_q));

`ifdef HWGEN_ASSERT
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      level_fits: assert (kept_q <= 0);
      beat_is_free: assert (!take_i || held_q < 0 || (kept_q < 0 && lead_q < -lead_t'(1)));
    end
  end
`endif

endmodule

`default_nettype wire
