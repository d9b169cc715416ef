// SPDX-License-Identifier: Apache-2.0
//
// Drives the receiver of a board bit by bit, with stop bits high and low, and samples what its
// transmitter sends, all ten bits of a byte and the one behind; prints what each gives.

`default_nettype none

module uart_bench;

  localparam int unsigned ClocksPerBit = 8;

  logic clk = 1'b0;
  logic rst_n = 1'b0;
  logic to_board = 1'b1;
  logic [7:0] received, sent = '0;
  logic received_valid, is_break, sent_valid = 1'b0, sent_ready, from_board;

  always #1 clk = !clk;

  hwgen_uart_rx #(
    .ClocksPerBit(ClocksPerBit)
  ) u_rx (
    .clk_i  (clk),
    .rst_ni (rst_n),
    .line_i (to_board),
    .data_o (received),
    .valid_o(received_valid),
    .break_o(is_break)
  );

  hwgen_uart_tx #(
    .ClocksPerBit(ClocksPerBit)
  ) u_tx (
    .clk_i  (clk),
    .rst_ni (rst_n),
    .data_i (sent),
    .valid_i(sent_valid),
    .ready_o(sent_ready),
    .line_o (from_board)
  );

  always @(posedge clk) if (received_valid) $display("received %02x", received);
  always @(posedge is_break) $display("break");

  task automatic drive(input logic [9:0] bits, input int unsigned pause);
    for (int i = 0; i < 10; ++i) begin
      to_board = bits[i];
      repeat (ClocksPerBit) @(negedge clk);
    end
    to_board = 1'b1;
    repeat (pause * ClocksPerBit) @(negedge clk);
  endtask

  task automatic send(input logic [7:0] data);
    sent = data;
    sent_valid = 1'b1;
    do @(posedge clk); while (!sent_ready);
    @(negedge clk) sent_valid = 1'b0;
  endtask

  task automatic sample;
    logic [9:0] bits;
    @(negedge from_board);
    repeat (ClocksPerBit / 2) @(posedge clk);
    for (int i = 0; i < 10; ++i) begin
      if (i != 0) repeat (ClocksPerBit) @(posedge clk);
      bits[i] = from_board;
    end
    $display("sent %b", bits);
  endtask

  initial begin
    #10000 $display("the bench never ended");
    $finish;
  end

  initial begin
    repeat (4) @(negedge clk);
    rst_n = 1'b1;
    repeat (4) @(negedge clk);
    drive({1'b1, 8'h5a, 1'b0}, 0);
    drive({1'b1, 8'hc3, 1'b0}, 2);
    drive({1'b0, 8'h77, 1'b0}, 2);
    drive({1'b0, 8'h00, 1'b0}, 2);
    drive({1'b1, 8'h01, 1'b0}, 2);
    to_board = 1'b0;
    repeat (13 * ClocksPerBit) @(negedge clk);
    to_board = 1'b1;
    repeat (2 * ClocksPerBit) @(negedge clk);
    drive({1'b1, 8'hff, 1'b0}, 2);
    fork
      begin
        send(8'h5a);
        send(8'h00);
      end
      begin
        sample();
        sample();
      end
    join
    $finish;
  end

endmodule

`default_nettype wire
