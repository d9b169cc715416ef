// SPDX-License-Identifier: Apache-2.0
//
// Any thresholds that ascend: each is the larger of the one before and a free number. The numbers of
// a line (`FactorBits` above 0) are free.

`default_nettype none

module formal_ascending #(
  parameter int unsigned Levels = 1,
  parameter int unsigned ThresholdBits = 8,
  parameter bit ThresholdSigned = 1'b1,
  parameter int unsigned FactorBits = 0,
  localparam int unsigned LaneThresholdBits = Levels > 0 ? Levels * ThresholdBits : 1
) (
  input  wire logic [LaneThresholdBits-1:0] free_i,
  output logic      [LaneThresholdBits-1:0] thresholds_o
);

  if (Levels < 2 || FactorBits > 0) begin : gen_same
    assign thresholds_o = free_i;
  end else begin : gen_ascending
    localparam logic [ThresholdBits-1:0] Flip
        = ThresholdBits'(ThresholdSigned) << (ThresholdBits - 1);

    for (genvar level = 0; level < Levels; level++) begin : gen_level
      logic [ThresholdBits-1:0] free, chosen;

      assign free = free_i[level*ThresholdBits +: ThresholdBits];
      if (level == 0) begin : gen_first
        assign chosen = free;
      end else begin : gen_next
        logic [ThresholdBits-1:0] before;
        assign before = thresholds_o[(level-1)*ThresholdBits +: ThresholdBits];
        assign chosen = (free ^ Flip) > (before ^ Flip) ? free : before;
      end
      assign thresholds_o[level*ThresholdBits +: ThresholdBits] = chosen;
    end
  end

endmodule

`default_nettype wire
