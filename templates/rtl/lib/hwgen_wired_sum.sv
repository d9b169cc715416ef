// SPDX-License-Identifier: Apache-2.0
//
// Adder of a layer of constants: the lowest `Width` bits of up to three numbers, two carries and,
// in `Invert*`, ones wherever the bits of a number are inverted.
//
// Simulators and tools that know ternary adders see `a + b + c`. With HWGEN_LUT6_2 it is made of
// LUT6_2 and CARRY4, one LUT a bit: the second output of a LUT has the majority of three bits, which
// the next LUT adds. The chain starts at bit `Base`, below which at most one number has bits, none
// of them inverted. `Three` is for three numbers or two carries; of two numbers `Chain` bits have a
// LUT, and one more is the carry out.
//
// Do not use it where a sum of a few bits is a table: `hwgen_wired_table`.

`default_nettype none

module hwgen_wired_sum #(
  parameter int unsigned Width = 4,
  parameter int unsigned Base = 0,
  parameter int unsigned Chain = Width - Base,
  parameter bit Three = 1'b0,
  parameter logic [Width-1:0] InvertA = '0,
  parameter logic [Width-1:0] InvertB = '0,
  parameter logic [Width-1:0] InvertC = '0
) (
  input  wire logic [Width-1:0] a_i,
  input  wire logic [Width-1:0] b_i,
  input  wire logic [Width-1:0] c_i,
  input  wire logic [1:0]       carry_i,
  output logic      [Width-1:0] sum_o
);

  if (Base + Chain > Width) begin : gen_check
    $error("hwgen_wired_sum: Base + Chain must be at most Width");
  end

`ifdef HWGEN_LUT6_2

  localparam int unsigned Blocks = (Chain + 3) / 4;

  logic [4*Blocks-1:0] halves, lends, sums, carries;
  logic [Chain-1:0] seconds;

  for (genvar i = 0; i < 4 * Blocks; i++) begin : gen_bit
    if (i < Chain) begin : gen_lut
      // The inputs of a LUT by its entries, inverted ones turned round.
      localparam logic [31:0] A = 32'haaaaaaaa ^ {32{InvertA[Base+i]}};
      localparam logic [31:0] B = 32'hcccccccc ^ {32{InvertB[Base+i]}};
      localparam logic [31:0] C = 32'hf0f0f0f0 ^ {32{InvertC[Base+i]}};
      localparam logic [31:0] Half = Three ? A ^ B ^ C ^ 32'hff00ff00 : A ^ B;
      localparam logic [31:0] Second = Three ? (A & B) | (A & C) | (B & C) : A;

      logic before;

      if (i == 0) begin : gen_first
        assign before = carry_i[1];
      end else begin : gen_next
        assign before = seconds[i-1];
      end

      LUT6_2 #(
        .INIT({Half, Second})
      ) u_lut (
        .I0(a_i[Base+i]),
        .I1(b_i[Base+i]),
        .I2(Three ? c_i[Base+i] : 1'b0),
        .I3(Three ? before : 1'b0),
        .I4(1'b0),
        .I5(1'b1),
        .O5(seconds[i]),
        .O6(halves[i])
      );

      assign lends[i] = Three ? before : seconds[i];
    end else begin : gen_spare
      assign lends[i] = 1'b0;
      assign halves[i] = 1'b0;
    end
  end

  for (genvar block = 0; block < Blocks; block++) begin : gen_block
    if (block == 0) begin : gen_first
      CARRY4 u_carry (
        .CI    (1'b0),
        .CYINIT(carry_i[0]),
        .DI    (lends[3:0]),
        .S     (halves[3:0]),
        .O     (sums[3:0]),
        .CO    (carries[3:0])
      );
    end else begin : gen_next
      CARRY4 u_carry (
        .CI    (carries[4*block-1]),
        .CYINIT(1'b0),
        .DI    (lends[4*block +: 4]),
        .S     (halves[4*block +: 4]),
        .O     (sums[4*block +: 4]),
        .CO    (carries[4*block +: 4])
      );
    end
  end

  for (genvar i = 0; i < Width; i++) begin : gen_sum
    if (i < Base) begin : gen_below
      assign sum_o[i] = a_i[i] | b_i[i] | c_i[i];
    end else if (i < Base + Chain) begin : gen_chain
      assign sum_o[i] = sums[i-Base];
    end else begin : gen_out
      assign sum_o[i] = i == Base + Chain ? carries[Chain-1] : 1'b0;
    end
  end

`else

  assign sum_o = (a_i ^ InvertA) + (b_i ^ InvertB) + (Three ? c_i ^ InvertC : '0)
               + (Width'(carry_i[0]) << Base) + (Width'(carry_i[1]) << Base);

`endif

endmodule

`default_nettype wire
