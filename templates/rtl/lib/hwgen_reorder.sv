// SPDX-License-Identifier: Apache-2.0
//
// Reorder unit: beats leave in another order than they come, some of them several times.
//
// Blocks of `BlockBeats` beats come into a ring of `Rows` of them. A block leaves once it is whole,
// in `Runs` runs of `Run` beats; run r begins with the beat of the block that word r of a table
// says. The table is outside and answers one cycle after the address. In between a beat leaves in
// every cycle while there is a credit, three cycles after its slot:
//
//   address | memory | output queue
//
// Do not use it to drop beats: `hwgen_select` does so without a memory.

`default_nettype none

module hwgen_reorder #(
  parameter int unsigned Width = 8,
  parameter int unsigned BlockBeats = 2,
  parameter int unsigned Run = 1,
  parameter int unsigned Runs = 2,
  parameter int unsigned Rows = 2,
  parameter Style = "distributed",
  parameter int unsigned Credits = 4,
  localparam int unsigned PlaceBits = hwgen_steps_pkg::bits_for(BlockBeats),
  localparam int unsigned RunsBits = hwgen_steps_pkg::bits_for(Runs)
) (
  input  wire logic                 clk_i,
  input  wire logic                 rst_ni,

  input  wire logic [Width-1:0]     s_data_i,
  input  wire logic                 s_valid_i,
  output logic                      s_ready_o,

  output logic      [RunsBits-1:0]  start_addr_o,
  input  wire logic [PlaceBits-1:0] start_i,

  output logic      [Width-1:0]     m_data_o,
  output logic                      m_valid_o,
  input  wire logic                 m_ready_i
);

  if (BlockBeats < 1 || Run < 1 || Runs < 1 || Rows < 1) begin : gen_check
    $error("hwgen_reorder: BlockBeats, Run, Runs and Rows must be at least 1");
  end

  localparam int unsigned Depth = Rows * BlockBeats;
  localparam int unsigned AddrBits = hwgen_steps_pkg::bits_for(Depth);
  localparam int unsigned RunBits = hwgen_steps_pkg::bits_for(Run);
  localparam int unsigned LevelBits = $clog2(Rows + 2) + 1;
  localparam logic signed [LevelBits-1:0] MinusOne = '1;

  // ---- Slots -----------------------------------------------------------------------------------

  logic [RunBits-1:0] beat_q;
  logic [RunsBits-1:0] run_d, run_q;
  logic [AddrBits-1:0] block_q;
  logic block_start_q, last_beat, last_run, enough, credit, fire;

  assign fire = credit && (!block_start_q || enough);
  assign last_beat = beat_q == RunBits'(Run - 1);
  assign last_run = last_beat && run_q == RunsBits'(Runs - 1);

  // The table is asked for the run of the next slot.
  always_comb begin
    run_d = run_q;
    if (fire && last_beat) run_d = last_run ? '0 : run_q + 1'b1;
  end

  assign start_addr_o = run_d;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      beat_q <= '0;
      run_q <= '0;
      block_q <= '0;
      block_start_q <= 1'b1;
    end else begin
      run_q <= run_d;
      if (fire) begin
        beat_q <= last_beat ? '0 : beat_q + 1'b1;
        block_start_q <= last_run;
        if (last_run) begin
          block_q <= block_q == AddrBits'(Depth - BlockBeats) ? '0 : block_q + AddrBits'(BlockBeats);
        end
      end
    end
  end

  // ---- Stages 1 and 2: address, memory ---------------------------------------------------------

  logic [Width-1:0] held;
  logic fired1_q, fired2_q;

  hwgen_window_lines #(
    .BeatBits (Width),
    .RowBeats (BlockBeats),
    .Rows     (Rows),
    .LevelBits(LevelBits),
    .Style    (Style)
  ) u_ring (
    .clk_i     (clk_i),
    .rst_ni    (rst_ni),
    .s_data_i  (s_data_i),
    .s_valid_i (s_valid_i),
    .s_ready_o (s_ready_o),
    .release_i (fire && last_run),
    .freed_i   (MinusOne),
    .first_i   (MinusOne),
    .step_i    (MinusOne),
    .enough_o  (enough),
    .addr_i    (block_q + AddrBits'(start_i) + AddrBits'(beat_q)),
    .held_o    (held)
  );

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      fired1_q <= 1'b0;
      fired2_q <= 1'b0;
    end else begin
      fired1_q <= fire;
      fired2_q <= fired1_q;
    end
  end

  // ---- Stage 3: output queue -------------------------------------------------------------------

  hwgen_credit_queue #(
    .Width  (Width),
    .Credits(Credits)
  ) u_queue (
    .clk_i      (clk_i),
    .rst_ni     (rst_ni),
    .credit_o   (credit),
    .issue_i    (fire),
    .push_data_i(held),
    .push_i     (fired2_q),
    .m_data_o   (m_data_o),
    .m_valid_o  (m_valid_o),
    .m_ready_i  (m_ready_i)
  );

`ifdef HWGEN_ASSERT
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      block_held: assert (!fire || enough);
      in_block: assert (!fire || 32'(start_i) + 32'(beat_q) < BlockBeats);
    end
  end
`endif

endmodule

`default_nettype wire
