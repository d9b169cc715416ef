// SPDX-License-Identifier: Apache-2.0
//
// Pool unit: the largest code, the smallest or the sum of every tile of an image, for each channel.
//
// The image is `Columns` tiles of `TileHeight` x `TileWidth` pixels wide and arrives row by row,
// `PixelBeats` beats a pixel. One partial result is kept for each beat of each tile of a row; every
// beat read is combined with its place, and the beats of a tile's last pixel leave, three cycles
// after they are read:
//
//   operand | result | output queue
//
// Where `Sum` is not set, channel c gives its smallest code if bit c of `Minimum` is set and its
// largest otherwise. A bipolar bit stands for -1 or +1. Lanes past the pixel's end are zero bits at
// the output.
//
// Do not use it for tiles that overlap or lie apart: put `hwgen_window` in front, whose windows are
// tiles of 1 x taps pixels in one column.

`default_nettype none

module hwgen_pool #(
  parameter int unsigned Lanes = 1,
  parameter int unsigned LastLanes = Lanes,
  parameter int unsigned InputBits = 8,
  parameter bit InputSigned = 1'b0,
  parameter bit InputBipolar = 1'b0,
  parameter int unsigned OutputBits = 8,
  parameter bit Sum = 1'b0,
  parameter int unsigned PixelBeats = 1,
  parameter int unsigned TileHeight = 2,
  parameter int unsigned TileWidth = 2,
  parameter int unsigned Columns = 1,
  parameter int unsigned Credits = 4,
  localparam int unsigned InputBeatBits = Lanes * InputBits,
  localparam int unsigned OutputBeatBits = Lanes * OutputBits,
  parameter logic [PixelBeats*Lanes-1:0] Minimum = '0
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
    $error("hwgen_pool: LastLanes must lie in 1..Lanes");
  end
  if (PixelBeats < 1 || TileHeight < 1 || TileWidth < 1 || Columns < 1) begin : gen_check
    $error("hwgen_pool: PixelBeats, TileHeight, TileWidth and Columns must be at least 1");
  end
  if (OutputBits < InputBits) begin : gen_check_bits
    $error("hwgen_pool: OutputBits must be at least InputBits");
  end

  // ---- Slots: which beat of which pixel of which tile comes next -------------------------------

  localparam int unsigned Partials = Columns * PixelBeats;
  localparam int unsigned IndexBits = hwgen_steps_pkg::bits_for(Partials);
  localparam int unsigned BeatBits = hwgen_steps_pkg::bits_for(PixelBeats);
  localparam int unsigned AcrossBits = hwgen_steps_pkg::bits_for(TileWidth);
  localparam int unsigned DownBits = hwgen_steps_pkg::bits_for(TileHeight);

  logic [BeatBits-1:0] beat_q;
  logic [AcrossBits-1:0] across_q;
  logic [DownBits-1:0] down_q;
  logic [IndexBits-1:0] index_q;
  logic last_beat, last_across, last_down, last_index;
  logic first, ends, fire, credit;

  assign last_beat = beat_q == BeatBits'(PixelBeats - 1);
  assign last_across = across_q == AcrossBits'(TileWidth - 1);
  assign last_down = down_q == DownBits'(TileHeight - 1);
  assign last_index = index_q == IndexBits'(Partials - 1);
  assign first = across_q == '0 && down_q == '0;
  assign ends = last_across && last_down;
  assign s_ready_o = credit || !ends;
  assign fire = s_ready_o && s_valid_i;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      beat_q <= '0;
      across_q <= '0;
      down_q <= '0;
      index_q <= '0;
    end else if (fire) begin
      beat_q <= last_beat ? '0 : beat_q + 1'b1;
      index_q <= index_q + 1'b1;
      if (last_beat) begin
        across_q <= last_across ? '0 : across_q + 1'b1;
        if (!last_across) begin
          index_q <= index_q - IndexBits'(PixelBeats - 1);
        end else if (last_index) begin
          index_q <= '0;
          down_q <= last_down ? '0 : down_q + 1'b1;
        end
      end
    end
  end

  // ---- Stages 1 and 2: operand, result ---------------------------------------------------------

  logic [InputBeatBits-1:0] operand_q;
  logic [IndexBits-1:0] index1_q;
  logic [Lanes-1:0] minimum1_q;
  logic fired1_q, first1_q, ends1_q, last_beat1_q, last_beat2_q, ended2_q;
  logic [OutputBeatBits-1:0] partial, result, result_q, leaving;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      fired1_q <= 1'b0;
      ended2_q <= 1'b0;
    end else begin
      fired1_q <= fire;
      ended2_q <= fired1_q && ends1_q;
    end
  end

  always_ff @(posedge clk_i) begin
    operand_q <= s_data_i;
    index1_q <= index_q;
    minimum1_q <= Minimum[beat_q*Lanes +: Lanes];
    first1_q <= first;
    ends1_q <= ends;
    last_beat1_q <= last_beat;
    last_beat2_q <= last_beat1_q;
    result_q <= result;
  end

  // A word is read, combined and written back in one cycle.
  if (Partials > 1) begin : gen_memory
    (* ram_style = "distributed" *) logic [OutputBeatBits-1:0] partials [Partials];

    always_ff @(posedge clk_i) begin
      if (fired1_q) partials[index1_q] <= result;
    end

    assign partial = partials[index1_q];
  end else begin : gen_register
    logic [OutputBeatBits-1:0] partial_q;

    always_ff @(posedge clk_i) begin
      if (fired1_q) partial_q <= result;
    end

    assign partial = partial_q;

    logic unused_index;
    assign unused_index = ^index1_q;
  end

  for (genvar lane = 0; lane < Lanes; lane++) begin : gen_lane
    localparam int unsigned At = lane * OutputBits;

    logic [OutputBits-1:0] value, held, combined;

    assign held = partial[At +: OutputBits];

    if (Sum) begin : gen_sum
      if (InputBipolar) begin : gen_bipolar
        assign value = OutputBits'(signed'({!operand_q[lane], 1'b1}));
      end else begin : gen_integer
        assign value = OutputBits'(signed'({InputSigned && operand_q[(lane+1)*InputBits-1],
                                            operand_q[lane*InputBits +: InputBits]}));
      end

      assign combined = held + value;
    end else begin : gen_best
      // The sign bit of a signed code is flipped, so that codes compare as unsigned integers.
      localparam logic [OutputBits-1:0] Flip
          = OutputBits'(InputSigned && !InputBipolar) << (OutputBits - 1);
      logic larger;

      assign value = OutputBits'(signed'({InputSigned && !InputBipolar
                                          && operand_q[(lane+1)*InputBits-1],
                                          operand_q[lane*InputBits +: InputBits]}));
      assign larger = (value ^ Flip) > (held ^ Flip);
      assign combined = larger != minimum1_q[lane] ? value : held;
    end

    assign result[At +: OutputBits] = first1_q ? value : combined;
    assign leaving[At +: OutputBits]
        = lane < LastLanes || !last_beat2_q ? result_q[At +: OutputBits] : '0;
  end

  if (Sum) begin : gen_no_minimum
    logic unused_minimum;
    assign unused_minimum = ^minimum1_q;
  end

  // ---- Stage 3: output queue -------------------------------------------------------------------

  hwgen_credit_queue #(
    .Width  (OutputBeatBits),
    .Credits(Credits)
  ) u_queue (
    .clk_i      (clk_i),
    .rst_ni     (rst_ni),
    .credit_o   (credit),
    .issue_i    (fire && ends),
    .push_data_i(leaving),
    .push_i     (ended2_q),
    .m_data_o   (m_data_o),
    .m_valid_o  (m_valid_o),
    .m_ready_i  (m_ready_i)
  );

`ifdef HWGEN_ASSERT
  logic [BeatBits-1:0] pushed_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      pushed_q <= '0;
    end else begin
      if (ended2_q) begin
        pushed_q <= pushed_q == BeatBits'(PixelBeats - 1) ? '0 : pushed_q + 1'b1;
        spare_lanes_zero: assert (pushed_q != BeatBits'(PixelBeats - 1)
                                  || leaving >> (LastLanes * OutputBits) == '0);
      end
    end
  end
`endif

endmodule

`default_nettype wire
