// SPDX-License-Identifier: Apache-2.0
//
// First-in first-out queue of `Depth` beats.
//
// A beat written in one cycle can be read in the next; space freed in one cycle can be written in
// the next, so a queue of one beat takes a beat every other cycle. Both handshakes come from
// registers, so a FIFO cuts every combinational path between its two sides. Beats lie in LUT RAM
// or registers, read directly, or with `Style` = "block" in block RAM, with a bypass register for
// a beat that is read right after it was written.
//
// Do not use it where a unit counts credits for its beats: `hwgen_credit_queue` does that.

`default_nettype none

module hwgen_fifo #(
  parameter int unsigned Width = 8,
  parameter int unsigned Depth = 2,
  parameter Style = "distributed",
  localparam int unsigned PtrBits = Depth > 1 ? $clog2(Depth) : 1,
  localparam int unsigned CountBits = $clog2(Depth + 1)
) (
  input  wire logic             clk_i,
  input  wire logic             rst_ni,

  input  wire logic [Width-1:0] s_data_i,
  input  wire logic             s_valid_i,
  output logic                  s_ready_o,

  output logic      [Width-1:0] m_data_o,
  output logic                  m_valid_o,
  input  wire logic             m_ready_i
);

  if (Depth < 1) begin : gen_check
    $error("hwgen_fifo: Depth must be at least 1");
  end

  localparam logic [PtrBits-1:0] LastPtr = PtrBits'(Depth - 1);

  logic [PtrBits-1:0] write_q, read_d, read_q;
  logic [CountBits-1:0] count_q;
  logic full_q, valid_q;
  logic push, pop;

  assign s_ready_o = !full_q;
  assign m_valid_o = valid_q;
  assign push = s_valid_i && !full_q;
  assign pop = valid_q && m_ready_i;

  always_comb begin
    read_d = read_q;
    if (pop) read_d = read_q == LastPtr ? '0 : read_q + 1'b1;
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      write_q <= '0;
      read_q <= '0;
      count_q <= '0;
      full_q <= 1'b0;
      valid_q <= 1'b0;
    end else begin
      if (push) write_q <= write_q == LastPtr ? '0 : write_q + 1'b1;
      read_q <= read_d;
      if (push != pop) count_q <= count_q + (pop ? '1 : CountBits'(1));
      full_q <= !pop && (full_q || (push && count_q == CountBits'(Depth - 1)));
      valid_q <= push || (valid_q && !(pop && count_q == CountBits'(1)));
    end
  end

  if (Style != "block") begin : gen_lut
    (* ram_style = Style *) logic [Width-1:0] memory [Depth];

    always_ff @(posedge clk_i) begin
      if (push) memory[write_q] <= s_data_i;
    end

    assign m_data_o = memory[read_q];
  end else begin : gen_block
    (* ram_style = "block" *) logic [Width-1:0] memory [Depth];
    logic [Width-1:0] read_data_q, bypass_data_q;
    logic bypass_q;

    always_ff @(posedge clk_i) begin
      if (push) memory[write_q] <= s_data_i;
      read_data_q <= memory[read_d];
    end

    always_ff @(posedge clk_i) begin
      bypass_data_q <= s_data_i;
      bypass_q <= push && write_q == read_d;
    end

    assign m_data_o = bypass_q ? bypass_data_q : read_data_q;
  end

`ifdef HWGEN_ASSERT
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      count_is_distance: assert (32'(read_q) + 32'(count_q) == 32'(write_q)
                                 || 32'(read_q) + 32'(count_q) == 32'(write_q) + Depth);
      handshakes_agree: assert (full_q == (count_q == CountBits'(Depth)) && valid_q == |count_q);
    end
  end
`endif

endmodule

`default_nettype wire
