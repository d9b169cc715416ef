// SPDX-License-Identifier: Apache-2.0
//
// Output queue of a computing unit whose pipeline never stalls.
//
// A slot that will end an output beat may start only while `credit_o` is high, and says so with
// `issue_i`. Its beat arrives later with `push_i` and always finds room, because at most `Credits`
// beats are on their way or waiting. A credit returned by a read can be used in the next cycle.
//
// Do not use it to join two units: nothing holds back a push. `hwgen_fifo` has a handshake on both
// sides.

`default_nettype none

module hwgen_credit_queue #(
  parameter int unsigned Width = 8,
  parameter int unsigned Credits = 2,
  localparam int unsigned CountBits = $clog2(Credits + 1)
) (
  input  wire logic             clk_i,
  input  wire logic             rst_ni,

  output logic                  credit_o,
  input  wire logic             issue_i,
  input  wire logic [Width-1:0] push_data_i,
  input  wire logic             push_i,

  output logic      [Width-1:0] m_data_o,
  output logic                  m_valid_o,
  input  wire logic             m_ready_i
);

  if (Credits < 2) begin : gen_check
    $error("hwgen_credit_queue: Credits must be at least 2");
  end

  logic [CountBits-1:0] count_q;
  logic credit_q;
  logic pop;

  assign credit_o = credit_q;
  assign pop = m_valid_o && m_ready_i;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      count_q <= '0;
      credit_q <= 1'b1;
    end else begin
      if (issue_i != pop) count_q <= count_q + (pop ? '1 : CountBits'(1));
      credit_q <= pop || (credit_q && !(issue_i && count_q == CountBits'(Credits - 1)));
    end
  end

  logic room, unused_room;

  assign unused_room = room;

  hwgen_fifo #(
    .Width(Width),
    .Depth(Credits)
  ) u_fifo (
    .clk_i    (clk_i),
    .rst_ni   (rst_ni),
    .s_data_i (push_data_i),
    .s_valid_i(push_i),
    .s_ready_o(room),
    .m_data_o (m_data_o),
    .m_valid_o(m_valid_o),
    .m_ready_i(m_ready_i)
  );

`ifdef HWGEN_ASSERT
  always_ff @(posedge clk_i) begin
    if (rst_ni) begin
      issue_has_credit: assert (!issue_i || credit_q);
      credit_is_room: assert (credit_q == (count_q != CountBits'(Credits)));
      push_finds_room: assert (!push_i || room);
      pop_was_issued: assert (!pop || count_q != '0);
    end
  end
`endif

endmodule

`default_nettype wire
