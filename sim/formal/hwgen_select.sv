// SPDX-License-Identifier: Apache-2.0
//
// Claim: of the beats that are taken exactly those whose run and row are kept leave, once, unchanged and
//   in order; one that is not kept is taken at once, the others in exactly the cycles in which fewer
//   than 2 are held; a beat can leave from the next cycle on.
// Cover: a marked beat leaves.
// Mistake: the marked beat is expected with its lowest bit inverted.
// Parts: formal_queue

`default_nettype none

module hwgen_select_monitor #(
  parameter int unsigned Width = 8,
  parameter int unsigned Run = 1,
  parameter int unsigned Inner = 2,
  parameter int unsigned Outer = 1,
  parameter logic [Inner-1:0] KeepInner = '1,
  parameter logic [Outer-1:0] KeepOuter = '1
) (
  input  wire logic             clk_i,
  input  wire logic             rst_ni,
  input  wire logic             mistake_i,
  input  wire logic             mark_i,

  input  wire logic [Width-1:0] s_data_i,
  input  wire logic             s_valid_i,
  input  wire logic             m_ready_i,

  output logic                  ready_wrong_o,
  output logic                  valid_wrong_o,
  output logic                  order_wrong_o,
  output logic                  place_wrong_o,
  output logic                  reference_wrong_o,
  output logic                  covered_o
);

  localparam int unsigned RunBits = hwgen_steps_pkg::bits_for(Run);
  localparam int unsigned InnerBits = hwgen_steps_pkg::bits_for(Inner);
  localparam int unsigned OuterBits = hwgen_steps_pkg::bits_for(Outer);

  logic [Width-1:0] m_data;
  logic [RunBits-1:0] beat_q;
  logic [InnerBits-1:0] run_q;
  logic [OuterBits-1:0] row_q;
  logic [1:0] held;
  logic s_ready, m_valid, room, any, stays, take, last_beat, last_run, unused_held;

  assign unused_held = ^held;

  hwgen_select #(
    .Width    (Width),
    .Run      (Run),
    .Inner    (Inner),
    .Outer    (Outer),
    .KeepInner(KeepInner),
    .KeepOuter(KeepOuter)
  ) u_unit (
    .clk_i    (clk_i),
    .rst_ni   (rst_ni),
    .s_data_i (s_data_i),
    .s_valid_i(s_valid_i),
    .s_ready_o(s_ready),
    .m_data_o (m_data),
    .m_valid_o(m_valid),
    .m_ready_i(m_ready_i)
  );

  // ---- Place of the beat that comes next: beats of a run, runs of a row, rows of a frame ------------

  assign last_beat = beat_q == RunBits'(Run - 1);
  assign last_run = run_q == InnerBits'(Inner - 1);
  assign take = s_valid_i && s_ready;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      beat_q <= '0;
      run_q <= '0;
      row_q <= '0;
    end else if (take) begin
      beat_q <= last_beat ? '0 : beat_q + 1'b1;
      if (last_beat) begin
        run_q <= last_run ? '0 : run_q + 1'b1;
        if (last_run) row_q <= row_q == OuterBits'(Outer - 1) ? '0 : row_q + 1'b1;
      end
    end
  end

  always_comb begin
    stays = 1'b0;
    for (int unsigned row = 0; row < Outer; row++) begin
      for (int unsigned run = 0; run < Inner; run++) begin
        if (KeepOuter[row] && KeepInner[run] && 32'(row_q) == row && 32'(run_q) == run) begin
          stays = 1'b1;
        end
      end
    end
  end

  formal_queue #(
    .Width(Width),
    .Depth(2)
  ) u_queue (
    .clk_i            (clk_i),
    .rst_ni           (rst_ni),
    .mistake_i        (mistake_i),
    .mark_i           (mark_i),
    .push_i           (take && stays),
    .data_i           (s_data_i),
    .pop_i            (m_valid && m_ready_i),
    .front_i          (m_data),
    .held_o           (held),
    .room_o           (room),
    .any_o            (any),
    .order_wrong_o    (order_wrong_o),
    .reference_wrong_o(reference_wrong_o),
    .covered_o        (covered_o)
  );

  assign ready_wrong_o = s_ready != (room || !stays);
  assign valid_wrong_o = m_valid != any;
  assign place_wrong_o = 32'(beat_q) >= Run || 32'(run_q) >= Inner || 32'(row_q) >= Outer;

endmodule

`default_nettype wire
