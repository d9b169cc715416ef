// SPDX-License-Identifier: Apache-2.0
//
// Control of a layer of constants: a beat in every cycle, through `Stages` rows of registers, to the
// output queue.
//
// What is computed lies outside: it takes `x_o` in the cycle in which a beat is read, and has its
// codes at `codes_i` `Stages` cycles later. Nothing stalls inside, so that no register has an enable.
// A beat leaves `Stages` + 1 cycles after it is read.
//
// Do not use it where weights come from a memory: `hwgen_mvtu`.

`default_nettype none

module hwgen_wired #(
  parameter int unsigned InWidth = 8,
  parameter int unsigned OutWidth = 8,
  parameter int unsigned Stages = 1,
  parameter int unsigned Credits = 3
) (
  input  wire logic                clk_i,
  input  wire logic                rst_ni,

  input  wire logic [InWidth-1:0]  s_data_i,
  input  wire logic                s_valid_i,
  output logic                     s_ready_o,

  output logic      [InWidth-1:0]  x_o,
  input  wire logic [OutWidth-1:0] codes_i,

  output logic      [OutWidth-1:0] m_data_o,
  output logic                     m_valid_o,
  input  wire logic                m_ready_i
);

  if (Stages < 1) begin : gen_check
    $error("hwgen_wired: Stages must be at least 1");
  end

  logic fire, credit;
  logic [Stages-1:0] valid_q;

  assign s_ready_o = credit;
  assign fire = credit && s_valid_i;
  assign x_o = s_data_i;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) valid_q <= '0;
    else valid_q <= Stages'({valid_q, fire});
  end

  hwgen_credit_queue #(
    .Width  (OutWidth),
    .Credits(Credits)
  ) u_queue (
    .clk_i      (clk_i),
    .rst_ni     (rst_ni),
    .credit_o   (credit),
    .issue_i    (fire),
    .push_data_i(codes_i),
    .push_i     (valid_q[Stages-1]),
    .m_data_o   (m_data_o),
    .m_valid_o  (m_valid_o),
    .m_ready_i  (m_ready_i)
  );

endmodule

`default_nettype wire
