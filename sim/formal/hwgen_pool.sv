// SPDX-License-Identifier: Apache-2.0
//
// Claim: the beats of each tile's last pixel leave as the largest, the smallest or the sum of the
//   tile's codes, channel by channel, 3 cycles after they are taken; a beat is taken in exactly the
//   cycles in which there is a credit or it ends no tile; lanes past a pixel's end are zero.
// Cover: the last beat of an image's last tile leaves.
// Mistake: the results are expected with their lowest bits inverted.
// Contract: hwgen_credit_queue
// Sees: index_q

`default_nettype none

module hwgen_pool_monitor #(
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
  input  wire logic                     clk_i,
  input  wire logic                     rst_ni,
  input  wire logic                     mistake_i,

  input  wire logic [InputBeatBits-1:0] s_data_i,
  input  wire logic                     s_valid_i,
  input  wire logic                     credit_i,

  output logic                          ready_wrong_o,
  output logic                          issue_wrong_o,
  output logic                          push_wrong_o,
  output logic                          data_wrong_o,
  output logic                          reference_wrong_o,
  output logic                          covered_o
);

  localparam int unsigned Partials = Columns * PixelBeats;
  localparam int unsigned IndexBits = Partials > 1 ? $clog2(Partials) : 1;
  localparam int unsigned BeatBits = PixelBeats > 1 ? $clog2(PixelBeats) : 1;
  localparam int unsigned AcrossBits = TileWidth > 1 ? $clog2(TileWidth) : 1;
  localparam int unsigned DownBits = TileHeight > 1 ? $clog2(TileHeight) : 1;
  localparam int unsigned ColumnBits = Columns > 1 ? $clog2(Columns) : 1;

  logic [OutputBeatBits-1:0] m_data;
  logic s_ready, m_valid;
  logic [IndexBits-1:0] seen_index_q;
  logic queue_issue;

  hwgen_pool #(
    .Lanes       (Lanes),
    .LastLanes   (LastLanes),
    .InputBits   (InputBits),
    .InputSigned (InputSigned),
    .InputBipolar(InputBipolar),
    .OutputBits  (OutputBits),
    .Sum         (Sum),
    .PixelBeats  (PixelBeats),
    .TileHeight  (TileHeight),
    .TileWidth   (TileWidth),
    .Columns     (Columns),
    .Credits     (Credits),
    .Minimum     (Minimum)
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

  // ---- Slots: beats of a pixel, pixels across a tile, tiles of a row, rows down a tile ------------

  logic [BeatBits-1:0] beat_q;
  logic [AcrossBits-1:0] across_q;
  logic [ColumnBits-1:0] column_q;
  logic [DownBits-1:0] down_q;
  logic [IndexBits-1:0] index_q;
  logic last_beat, last_across, last_column, last_down, first, ends, fire;

  assign last_beat = beat_q == BeatBits'(PixelBeats - 1);
  assign last_across = across_q == AcrossBits'(TileWidth - 1);
  assign last_column = column_q == ColumnBits'(Columns - 1);
  assign last_down = down_q == DownBits'(TileHeight - 1);
  assign first = across_q == '0 && down_q == '0;
  assign ends = last_across && last_down;
  assign fire = s_valid_i && (credit_i || !ends);

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      beat_q <= '0;
      across_q <= '0;
      column_q <= '0;
      down_q <= '0;
      index_q <= '0;
    end else if (fire) begin
      beat_q <= last_beat ? '0 : beat_q + 1'b1;
      index_q <= index_q + 1'b1;
      if (last_beat) begin
        across_q <= last_across ? '0 : across_q + 1'b1;
        if (!last_across) index_q <= index_q - IndexBits'(PixelBeats - 1);
        if (last_across) begin
          column_q <= last_column ? '0 : column_q + 1'b1;
          if (last_column) begin
            index_q <= '0;
            down_q <= last_down ? '0 : down_q + 1'b1;
          end
        end
      end
    end
  end

  // ---- Results: one for each beat of each tile of a row -------------------------------------------

  logic [OutputBeatBits-1:0] partials [Partials];
  logic [OutputBeatBits-1:0] partial, result, result_q, expected;
  logic [InputBeatBits-1:0] operand_q;
  logic [IndexBits-1:0] index1_q;
  logic [Lanes-1:0] minimum_q;
  logic fired_q, first_q, ends_q, last_beat1_q, last_beat2_q, ended_q;

  assign partial = partials[index1_q];

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      fired_q <= 1'b0;
      ended_q <= 1'b0;
    end else begin
      fired_q <= fire;
      ended_q <= fired_q && ends_q;
    end
  end

  always_ff @(posedge clk_i) begin
    operand_q <= s_data_i;
    index1_q <= index_q;
    minimum_q <= Minimum[beat_q*Lanes +: Lanes];
    first_q <= first;
    ends_q <= ends;
    last_beat1_q <= last_beat;
    last_beat2_q <= last_beat1_q;
    result_q <= result;
    if (fired_q) partials[index1_q] <= result;
  end

  for (genvar lane = 0; lane < Lanes; lane++) begin : gen_lane
    logic [InputBits-1:0] code;
    logic signed [OutputBits:0] value, held, chosen;

    assign code = operand_q[lane*InputBits +: InputBits];

    // With one bit more than the output, whose codes are signed as those of the input are.
    if (Sum && InputBipolar) begin : gen_bipolar
      assign value = (OutputBits+1)'(signed'({!code[0], 1'b1}));
    end else begin : gen_integer
      assign value = (OutputBits+1)'(signed'({InputSigned && !InputBipolar && code[InputBits-1],
                                              code}));
    end
    assign held = (OutputBits+1)'(signed'({InputSigned && !InputBipolar
                                           && partial[(lane+1)*OutputBits-1],
                                           partial[lane*OutputBits +: OutputBits]}));

    always_comb begin
      chosen = held;
      if (Sum) chosen = held + value;
      else if (minimum_q[lane] ? value < held : value > held) chosen = value;
      if (first_q) chosen = value;
    end

    assign result[lane*OutputBits +: OutputBits] = chosen[OutputBits-1:0];
    assign expected[lane*OutputBits +: OutputBits] = lane < LastLanes || !last_beat2_q
        ? result_q[lane*OutputBits +: OutputBits] ^ OutputBits'(mistake_i) : '0;
  end

  assign ready_wrong_o = s_ready != (credit_i || !ends);
  assign issue_wrong_o = queue_issue != (fire && ends);
  assign push_wrong_o = m_valid != ended_q;
  assign data_wrong_o = m_valid && m_data != expected;
  assign reference_wrong_o = 32'(index_q) != 32'(column_q) * PixelBeats + 32'(beat_q)
      || 32'(beat_q) >= PixelBeats || 32'(across_q) >= TileWidth || 32'(column_q) >= Columns
      || 32'(down_q) >= TileHeight || seen_index_q != index_q;
  assign covered_o = m_valid && last_beat2_q && down_q == '0 && column_q == '0;

endmodule

`default_nettype wire
