// SPDX-License-Identifier: Apache-2.0
//
// Claim: each run of a block leaves as the Run beats of the block from the one on that the table says,
//   for any table whose runs lie in the block, and any beat of any block is followed until the block is
//   let go; a block begins to leave in exactly the cycles in which it is whole, a beat is taken in
//   exactly those in which fewer than Rows whole blocks are held, and a beat leaves exactly 3 cycles
//   after its slot.
// Cover: a marked beat leaves.
// Mistake: the marked beat is expected with its lowest bit inverted.
// Contract: hwgen_credit_queue
// Sees: beat_q run_q block_q block_start_q fired1_q fired2_q u_ring.beat_q:in_beat_q u_ring.write_addr_q
//   u_ring.room_q u_ring.spare_q u_ring.addr1_q u_ring.addr_i

`default_nettype none

module hwgen_reorder_monitor #(
  parameter int unsigned Width = 8,
  parameter int unsigned BlockBeats = 2,
  parameter int unsigned Run = 1,
  parameter int unsigned Runs = 2,
  parameter int unsigned Rows = 2,
  parameter Style = "distributed",
  parameter int unsigned Credits = 4,
  localparam int unsigned PlaceBits = hwgen_steps_pkg::bits_for(BlockBeats),
  localparam int unsigned RunsBits = hwgen_steps_pkg::bits_for(Runs),
  localparam int unsigned RunBits = hwgen_steps_pkg::bits_for(Run)
) (
  input  wire logic                 clk_i,
  input  wire logic                 rst_ni,
  input  wire logic                 mistake_i,
  input  wire logic                 mark_i,

  input  wire logic [Width-1:0]     s_data_i,
  input  wire logic                 s_valid_i,
  input  wire logic [PlaceBits-1:0] start_i,
  input  wire logic                 credit_i,

  output logic                      ready_wrong_o,
  output logic                      address_wrong_o,
  output logic                      issue_wrong_o,
  output logic                      push_wrong_o,
  output logic                      tap_wrong_o,
  output logic                      slots_wrong_o,
  output logic                      rows_wrong_o,
  output logic                      marked_wrong_o,
  output logic                      covered_o
);

  localparam int unsigned Depth = Rows * BlockBeats;
  localparam int unsigned AddrBits = hwgen_steps_pkg::bits_for(Depth);
  localparam int unsigned LevelBits = $clog2(Rows + 2) + 1;
  localparam int unsigned RowBits = $clog2(2 * Rows) + 1;
  localparam int unsigned MathBits = $clog2(2 * Depth) + 1;

  typedef logic [RowBits-1:0] row_t;
  typedef logic [MathBits-1:0] math_t;

  logic [RunsBits-1:0] start_address, run_q, next_run, seen_run_q;
  logic [RunBits-1:0] beat_q, seen_beat_q;
  logic [PlaceBits-1:0] start, in_beat_q, place, seen_in_beat_q;
  logic [AddrBits-1:0] seen_block_q, seen_write_addr_q, seen_addr1_q, seen_addr_i;
  logic signed [LevelBits-1:0] seen_room_q, seen_spare_q;
  logic [Width-1:0] m_data;
  row_t held_q, read_row_q, write_row_q;
  logic s_ready, m_valid, queue_issue, seen_block_start_q, seen_fired1_q, seen_fired2_q;
  logic take, fire, block_in, last_beat, last_run, block_out, block_start;

  hwgen_reorder #(
    .Width     (Width),
    .BlockBeats(BlockBeats),
    .Run       (Run),
    .Runs      (Runs),
    .Rows      (Rows),
    .Style     (Style),
    .Credits   (Credits)
  ) u_unit (
    .clk_i       (clk_i),
    .rst_ni      (rst_ni),
    .s_data_i    (s_data_i),
    .s_valid_i   (s_valid_i),
    .s_ready_o   (s_ready),
    .start_addr_o(start_address),
    .start_i     (start),
    .m_data_o    (m_data),
    .m_valid_o   (m_valid),
    .m_ready_i   (credit_i)
  );

  assign start = 32'(start_i) + Run > BlockBeats ? '0 : start_i;

  // ---- Slots and blocks: those that are whole, and where in the ring the first of them lies ---------

  function automatic row_t ring(input row_t row, input row_t count);
    row_t sum;
    sum = row + count;
    ring = sum >= row_t'(Rows) ? sum - row_t'(Rows) : sum;
  endfunction

  assign take = s_valid_i && s_ready;
  assign fire = queue_issue;
  assign block_in = take && in_beat_q == PlaceBits'(BlockBeats - 1);
  assign last_beat = beat_q == RunBits'(Run - 1);
  assign last_run = last_beat && run_q == RunsBits'(Runs - 1);
  assign block_out = fire && last_run;
  assign block_start = beat_q == '0 && run_q == '0;
  assign next_run = !fire || !last_beat ? run_q : last_run ? '0 : run_q + 1'b1;
  assign place = PlaceBits'(32'(start) + 32'(beat_q));

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      beat_q <= '0;
      run_q <= '0;
      in_beat_q <= '0;
      held_q <= '0;
      read_row_q <= '0;
      write_row_q <= '0;
    end else begin
      if (fire) beat_q <= last_beat ? '0 : beat_q + 1'b1;
      run_q <= next_run;
      if (take) in_beat_q <= block_in ? '0 : in_beat_q + 1'b1;
      held_q <= held_q + row_t'(block_in) - row_t'(block_out);
      if (block_in) write_row_q <= ring(write_row_q, row_t'(1));
      if (block_out) read_row_q <= ring(read_row_q, row_t'(1));
    end
  end

  // ---- Memory, and a marked beat in it --------------------------------------------------------------

  logic [Width-1:0] memory [Depth];
  logic [Width-1:0] held_beat_q, marked_data_q, wanted1_q, wanted2_q;
  logic [AddrBits-1:0] marked_addr;
  logic [PlaceBits-1:0] marked_beat_q;
  row_t ahead_q;
  logic marked_q, is_marked, marked1_q, marked2_q, fired1_q, fired2_q;

  function automatic math_t address(input row_t row, input logic [PlaceBits-1:0] beat);
    address = math_t'(row) * math_t'(BlockBeats) + math_t'(beat);
  endfunction

  assign is_marked = fire && marked_q && ahead_q == '0 && marked_beat_q == place;
  assign marked_addr = AddrBits'(address(ring(read_row_q, ahead_q), marked_beat_q));

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      marked_q <= 1'b0;
      marked1_q <= 1'b0;
      marked2_q <= 1'b0;
      fired1_q <= 1'b0;
      fired2_q <= 1'b0;
    end else begin
      marked1_q <= is_marked;
      marked2_q <= marked1_q;
      fired1_q <= fire;
      fired2_q <= fired1_q;
      if (marked_q) begin
        if (block_out) ahead_q <= ahead_q - row_t'(1);
        if (block_out && ahead_q == '0) marked_q <= 1'b0;
      end else if (take && mark_i) begin
        marked_q <= 1'b1;
        ahead_q <= held_q - row_t'(block_out);
        marked_beat_q <= in_beat_q;
        marked_data_q <= s_data_i;
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (take) memory[seen_write_addr_q] <= s_data_i;
    held_beat_q <= memory[seen_addr1_q];
    wanted1_q <= marked_data_q;
    wanted2_q <= wanted1_q;
  end

  assign ready_wrong_o = s_ready != (held_q < row_t'(Rows));
  assign address_wrong_o = start_address != next_run
      || (fire && math_t'(seen_addr_i) != address(read_row_q, place));
  assign issue_wrong_o = fire != (credit_i && (!block_start || held_q != '0));
  assign push_wrong_o = m_valid != fired2_q || (m_valid && m_data != held_beat_q);
  assign tap_wrong_o = marked2_q && m_data != (wanted2_q ^ Width'(mistake_i));
  assign covered_o = marked2_q && m_valid;

  // ---- Invariants of the unit's registers -----------------------------------------------------------

  assign slots_wrong_o = 32'(beat_q) >= Run || 32'(run_q) >= Runs || seen_beat_q != beat_q
      || seen_run_q != run_q || seen_block_start_q != block_start || seen_fired1_q != fired1_q
      || seen_fired2_q != fired2_q || math_t'(seen_block_q) != address(read_row_q, '0)
      || (!block_start && held_q == '0);
  assign rows_wrong_o = 32'(held_q) > Rows || 32'(read_row_q) >= Rows || 32'(write_row_q) >= Rows
      || 32'(in_beat_q) >= BlockBeats || ring(read_row_q, held_q) != write_row_q
      || seen_in_beat_q != in_beat_q
      || math_t'(seen_write_addr_q) != address(write_row_q, in_beat_q)
      || seen_room_q != LevelBits'(held_q) - LevelBits'(Rows)
      || seen_spare_q != LevelBits'(held_q) - LevelBits'(1);
  assign marked_wrong_o = (marked_q && (ahead_q > held_q
          || (ahead_q == held_q && marked_beat_q >= in_beat_q)
          || 32'(marked_beat_q) >= BlockBeats || memory[marked_addr] != marked_data_q))
      || (marked1_q && (memory[seen_addr1_q] != wanted1_q || !fired1_q))
      || (marked2_q && (held_beat_q != wanted2_q || !fired2_q));

endmodule

`default_nettype wire
