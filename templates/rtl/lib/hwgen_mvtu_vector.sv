// SPDX-License-Identifier: Apache-2.0
//
// Operands of a matrix-vector unit: the input word of each slot, one cycle after it.
//
// A slot that reads (`reading_i`) takes its word from the stream and keeps it, in every cycle until
// it happens, so that no write waits for the handshake; the others read theirs back, from a memory
// of `Style` that is there with `Kept`. LUT RAM gives the words of slots that read, too, as it just
// kept them. Lanes past `LastSimd` of a vector's last word are forced to zero bits.
//
// Do not use it for slots in another order than `hwgen_mvtu_slots` gives them.

`default_nettype none

module hwgen_mvtu_vector #(
  parameter int unsigned Simd = 1,
  parameter int unsigned LastSimd = Simd,
  parameter int unsigned InputBits = 1,
  parameter int unsigned SynapseFolds = 1,
  parameter bit Kept = 1'b0,
  parameter Style = "distributed",
  localparam int unsigned SynapseBits = hwgen_steps_pkg::bits_for(SynapseFolds),
  localparam int unsigned BeatBits = Simd * InputBits
) (
  input  wire logic                   clk_i,

  input  wire logic                   reading_i,
  input  wire logic                   last_synapse_i,
  input  wire logic [SynapseBits-1:0] synapse_i,

  input  wire logic [BeatBits-1:0]    s_data_i,
  output logic      [BeatBits-1:0]    operand_o
);

  if (LastSimd < 1 || LastSimd > Simd) begin : gen_check_last
    $error("hwgen_mvtu: LastSimd must lie in 1..Simd");
  end

  localparam int unsigned CutBits = (Simd - LastSimd) * InputBits;
  localparam logic [BeatBits-1:0] LastMask = {BeatBits{1'b1}} >> CutBits;

  logic [BeatBits-1:0] arriving;

  assign arriving = last_synapse_i ? s_data_i & LastMask : s_data_i;

  if (Kept) begin : gen_kept
    localparam bit Through = Style != "block";

    logic [BeatBits-1:0] kept;

    hwgen_ram #(
      .Width  (BeatBits),
      .Depth  (SynapseFolds),
      .Style  (Style),
      .Through(Through)
    ) u_vector (
      .clk_i       (clk_i),
      .write_i     (reading_i),
      .write_addr_i(synapse_i),
      .write_data_i(arriving),
      .read_addr_i (synapse_i),
      .read_data_o (kept)
    );

    if (Through) begin : gen_through
      assign operand_o = kept;
    end else begin : gen_around
      logic [BeatBits-1:0] arriving_q;
      logic reading1_q;

      always_ff @(posedge clk_i) begin
        arriving_q <= arriving;
        reading1_q <= reading_i;
      end

      assign operand_o = reading1_q ? arriving_q : kept;
    end
  end else begin : gen_passing
    logic unused_control;
    assign unused_control = ^{reading_i, synapse_i};

    always_ff @(posedge clk_i) operand_o <= arriving;
  end

endmodule

`default_nettype wire
