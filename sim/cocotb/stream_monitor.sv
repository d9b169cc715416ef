// SPDX-License-Identifier: Apache-2.0
//
// Writes one line per beat taken on a stream: cycle, last flag, data in hexadecimal.
//
// Cycles count from the end of reset; a reset starts the log afresh. A line that begins with `!`
// reports a broken AXI4-Stream rule: valid withdrawn or a beat changed before it was taken, or
// valid during reset.

`default_nettype none

module stream_monitor #(
  parameter int unsigned Width = 8,
  parameter File = "stream.log"
) (
  input  wire logic             clk_i,
  input  wire logic             rst_ni,
  input  wire logic [Width-1:0] data_i,
  input  wire logic             last_i,
  input  wire logic             valid_i,
  input  wire logic             ready_i
);

  int log;
  longint unsigned cycle_q;
  logic resetting_q, waiting_q, last_q;
  logic [Width-1:0] data_q;

  initial begin
    log = $fopen(File, "w");
    resetting_q = 1'b0;
  end

  always_ff @(posedge clk_i) begin
    resetting_q <= !rst_ni;
    waiting_q <= rst_ni && valid_i && !ready_i;
    data_q <= data_i;
    last_q <= last_i;
    if (!rst_ni) begin
      cycle_q <= 0;
      if (!resetting_q) begin
        $fclose(log);
        log = $fopen(File, "w");
      end else if (valid_i) begin
        $fdisplay(log, "! valid during reset");
      end
    end else begin
      cycle_q <= cycle_q + 1;
      if (waiting_q && !valid_i) begin
        $fdisplay(log, "! cycle %0d: valid withdrawn before the beat was taken", cycle_q);
      end
      if (waiting_q && valid_i && (data_i != data_q || last_i != last_q)) begin
        $fdisplay(log, "! cycle %0d: beat changed before it was taken", cycle_q);
      end
      if (valid_i && ready_i) $fdisplay(log, "%0d %b %h", cycle_q, last_i, data_i);
    end
  end

  final $fclose(log);

endmodule

`default_nettype wire
