// SPDX-License-Identifier: Apache-2.0
//
// Reference of a queue of `Depth` beats, to which a unit's pushes and pops are told.
//
// Any beat can be marked as it is pushed. It is followed by the number of beats in front of it, and
// must be the one at the front when that number is 0: for any beat, that is order without loss,
// duplicate or change, and data that stay while they wait. The reference has pointers, memory and a
// flag of its own as the queue has, so that "the marked beat lies where it was put" can be shown by induction over a cycle;
// `reference_wrong_o` says that an invariant of that kind is broken.
//
// A push without room changes nothing. With `mistake_i` the marked beat is expected with its lowest
// bit inverted.

`default_nettype none

module formal_queue #(
  parameter int unsigned Width = 8,
  parameter int unsigned Depth = 2,
  localparam int unsigned PtrBits = Depth > 1 ? $clog2(Depth) : 1,
  localparam int unsigned CountBits = $clog2(Depth + 1)
) (
  input  wire logic             clk_i,
  input  wire logic             rst_ni,
  input  wire logic             mistake_i,
  input  wire logic             mark_i,
  input  wire logic             push_i,
  input  wire logic [Width-1:0] data_i,
  input  wire logic             pop_i,
  input  wire logic [Width-1:0] front_i,
  output logic [CountBits-1:0]  held_o,
  output logic                  room_o,
  output logic                  any_o,
  output logic                  order_wrong_o,
  output logic                  reference_wrong_o,
  output logic                  covered_o
);

  localparam int unsigned SumBits = CountBits + 1;

  typedef logic [PtrBits-1:0] ptr_t;
  typedef logic [SumBits-1:0] sum_t;

  logic [CountBits-1:0] held_q, ahead_q;
  logic [Width-1:0] marked_beat_q;
  logic [Width-1:0] memory [Depth];
  ptr_t write_q, read_q, place;
  logic marked_q, full_q, push, at_front;

  function automatic ptr_t next(input ptr_t at);
    next = at == ptr_t'(Depth - 1) ? '0 : at + 1'b1;
  endfunction

  // The place `count` beats behind `at`.
  function automatic ptr_t behind(input ptr_t at, input logic [CountBits-1:0] count);
    sum_t sum;
    sum = sum_t'(at) + sum_t'(count);
    behind = ptr_t'(sum >= sum_t'(Depth) ? sum - sum_t'(Depth) : sum);
  endfunction

  assign held_o = held_q;
  assign room_o = !full_q;
  assign push = push_i && !full_q;
  assign any_o = held_q != '0;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      held_q <= '0;
      marked_q <= 1'b0;
      full_q <= 1'b0;
      write_q <= '0;
      read_q <= '0;
    end else begin
      held_q <= held_q + CountBits'(push) - CountBits'(pop_i);
      full_q <= !pop_i && (full_q || (push && held_q == CountBits'(Depth - 1)));
      if (push) write_q <= next(write_q);
      if (pop_i) read_q <= next(read_q);
      if (push && mark_i && !marked_q) begin
        marked_q <= 1'b1;
        ahead_q <= held_q - CountBits'(pop_i );
        marked_beat_q <= data_i;
      end else if (pop_i && marked_q) begin
        ahead_q <= ahead_q - 1'b1;
        if (ahead_q == '0) marked_q <= 1'b0;
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (push) memory[write_q] <= data_i;
  end

  assign at_front = marked_q && ahead_q == '0;
  assign order_wrong_o = at_front && front_i != (marked_beat_q ^ Width'(mistake_i));
  assign covered_o = at_front && pop_i;

  assign place = behind(read_q, ahead_q);
  assign reference_wrong_o = held_q > CountBits'(Depth) || full_q == (held_q < CountBits'(Depth)) || sum_t'(read_q) >= sum_t'(Depth)
      || write_q != behind(read_q, held_q) || (any_o && front_i != memory[read_q])
      || (marked_q && (ahead_q >= held_q || memory[place] != marked_beat_q));

endmodule

`default_nettype wire
