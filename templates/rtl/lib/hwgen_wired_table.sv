// SPDX-License-Identifier: Apache-2.0
//
// Table of a layer of constants: bit `i` of the output is bit `bits_i` of entry `i` of `Contents`.
//
// With HWGEN_LUT6_2 two functions of the same five bits share a LUT6_2; else a tool may put them
// together itself.
//
// Do not use it for many bits: it is logic, never a memory.

`default_nettype none

module hwgen_wired_table #(
  parameter int unsigned Inputs = 1,
  parameter int unsigned Outputs = 1,
  parameter logic [Outputs*2**Inputs-1:0] Contents = '0
) (
  input  wire logic [Inputs-1:0]  bits_i,
  output logic      [Outputs-1:0] bits_o
);

  localparam int unsigned Entries = 2 ** Inputs;

`ifdef HWGEN_LUT6_2
  localparam bit Paired = Inputs <= 5;
`else
  localparam bit Paired = 1'b0;
`endif

  for (genvar i = 0; i < Outputs; i++) begin : gen_output
    if (Paired && (i % 2 == 1 || i + 1 < Outputs)) begin : gen_paired
`ifdef HWGEN_LUT6_2
      if (i % 2 == 0) begin : gen_lut
        logic [4:0] inputs;

        assign inputs = 5'(bits_i);

        LUT6_2 #(
          .INIT({32'(Contents[(i+1)*Entries +: Entries]), 32'(Contents[i*Entries +: Entries])})
        ) u_lut (
          .I0(inputs[0]),
          .I1(inputs[1]),
          .I2(inputs[2]),
          .I3(inputs[3]),
          .I4(inputs[4]),
          .I5(1'b1),
          .O5(bits_o[i]),
          .O6(bits_o[i+1])
        );
      end
`endif
    end else begin : gen_single
      logic [Entries-1:0] entries;

      assign entries = Contents[i*Entries +: Entries];
      assign bits_o[i] = entries[bits_i];
    end
  end

endmodule

`default_nettype wire
