// SPDX-License-Identifier: Apache-2.0
//
// Delay line of flip-flops: what is at `data_i` is at `data_o` after `Cycles` cycles.
//
// Synthesis makes a LUT, a shift register, of each bit that passes three registers in a row. Here
// every second register waits while the circuit is reset: a clock enable of its own keeps the
// registers apart, and flip-flops are what a lane sum has most to spare of.
//
// Do not use it where few bits wait for long: `hwgen_delay` packs them into LUTs.

`default_nettype none

module hwgen_flops #(
  parameter int unsigned Width = 1,
  parameter int unsigned Cycles = 1
) (
  input  wire logic             clk_i,
  input  wire logic             rst_ni,
  input  wire logic [Width-1:0] data_i,
  output logic      [Width-1:0] data_o
);

  if (Cycles == 0) begin : gen_wire
    logic unused_clk;
    assign unused_clk = ^{clk_i, rst_ni};
    assign data_o = data_i;
  end else begin : gen_registers
    logic [Cycles*Width-1:0] data_q;

    for (genvar stage = 0; stage < Cycles; stage++) begin : gen_stage
      logic [Width-1:0] into;

      if (stage == 0) begin : gen_first
        assign into = data_i;
      end else begin : gen_next
        assign into = data_q[(stage-1)*Width +: Width];
      end

      if (stage % 2 == 1) begin : gen_waiting
        always_ff @(posedge clk_i) if (rst_ni) data_q[stage*Width +: Width] <= into;
      end else begin : gen_running
        always_ff @(posedge clk_i) data_q[stage*Width +: Width] <= into;
      end
    end

    if (Cycles == 1) begin : gen_no_reset
      logic unused_reset;
      assign unused_reset = rst_ni;
    end

    assign data_o = data_q[Cycles*Width-1 -: Width];
  end

endmodule

`default_nettype wire
