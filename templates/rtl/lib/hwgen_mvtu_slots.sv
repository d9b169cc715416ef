// SPDX-License-Identifier: Apache-2.0
//
// Slots of a matrix-vector unit: which words of the input vector and of the weights meet next.
//
// Slot (nf, sf) meets input word sf with weight word `slot_o`, sf running fastest. The first
// `SynapseFolds` slots of a vector read it (`reading_o`); the others read it back. `Groups`
// vectors, one after the other, meet weights of their own. `fire_i` goes on to the next slot: from
// the last one of an nf with `repeat_i` to the first of the same nf, with `drop_i` to the next
// vector. Where sf and nf are bits of the slot's number, no counter of their own is there.
//
// Do not use it where no input is read twice: a counter of the weights is enough there.

`default_nettype none

module hwgen_mvtu_slots #(
  parameter int unsigned Groups = 1,
  parameter int unsigned NeuronFolds = 1,
  parameter int unsigned SynapseFolds = 1,
  localparam int unsigned Slots = Groups * NeuronFolds * SynapseFolds,
  localparam int unsigned SlotBits = hwgen_steps_pkg::bits_for(Slots),
  localparam int unsigned SynapseBits = hwgen_steps_pkg::bits_for(SynapseFolds),
  localparam int unsigned NeuronBits = hwgen_steps_pkg::bits_for(NeuronFolds)
) (
  input  wire logic                   clk_i,
  input  wire logic                   rst_ni,

  input  wire logic                   fire_i,
  input  wire logic                   repeat_i,
  input  wire logic                   drop_i,

  output logic      [SlotBits-1:0]    slot_o,
  output logic      [SynapseBits-1:0] synapse_o,
  output logic                        last_synapse_o,
  output logic                        reading_o
);

  localparam bit SynapseInSlot = 1 << $clog2(SynapseFolds) == SynapseFolds || Slots == SynapseFolds;
  localparam bit NeuronInSlot
      = SynapseInSlot && (Groups == 1 || 1 << $clog2(NeuronFolds) == NeuronFolds);

  logic [SlotBits-1:0] slot_q;
  logic [SynapseBits-1:0] synapse;
  logic [NeuronBits-1:0] neuron;
  logic reading_q, last_synapse_q, last_neuron, last_slot;

  assign slot_o = slot_q;
  assign synapse_o = synapse;
  assign reading_o = reading_q;
  assign last_synapse_o = SynapseFolds == 1 || last_synapse_q;
  assign last_neuron = neuron == NeuronBits'(NeuronFolds - 1);
  assign last_slot = slot_q == SlotBits'(Slots - 1);

  if (SynapseInSlot) begin : gen_synapse
    assign synapse = SynapseFolds > 1 ? SynapseBits'(slot_q) : '0;
  end else begin : gen_own_synapse
    logic [SynapseBits-1:0] synapse_q;

    always_ff @(posedge clk_i) begin
      if (!rst_ni) synapse_q <= '0;
      else if (fire_i) synapse_q <= last_synapse_o ? '0 : synapse_q + 1'b1;
    end

    assign synapse = synapse_q;
  end

  if (NeuronInSlot) begin : gen_neuron
    assign neuron = NeuronFolds > 1 ? NeuronBits'(slot_q >> $clog2(SynapseFolds)) : '0;
  end else begin : gen_own_neuron
    logic [NeuronBits-1:0] neuron_q;

    always_ff @(posedge clk_i) begin
      if (!rst_ni) begin
        neuron_q <= '0;
      end else if (fire_i && last_synapse_o && !repeat_i) begin
        neuron_q <= last_neuron || drop_i ? '0 : neuron_q + 1'b1;
      end
    end

    assign neuron = neuron_q;
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      slot_q <= '0;
      reading_q <= 1'b1;
      last_synapse_q <= 1'b0;
    end else if (fire_i) begin
      if (drop_i) begin
        slot_q <= '0;
      end else if (last_synapse_o && repeat_i) begin
        slot_q <= slot_q - SlotBits'(SynapseFolds - 1);
      end else begin
        slot_q <= last_slot ? '0 : slot_q + 1'b1;
      end
      last_synapse_q <= !last_synapse_q && synapse == SynapseBits'(SynapseFolds - 2);
      if (last_synapse_o) reading_q <= (!repeat_i && last_neuron) || drop_i;
    end
  end

`ifdef HWGEN_ASSERT
  logic [SynapseFolds-1:0] kept_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      kept_q <= '0;
    end else begin
      if (fire_i && reading_q) begin
        kept_q <= (synapse == '0 ? '0 : kept_q) | SynapseFolds'(1) << synapse;
      end
      kept_before_read_back: assert (!fire_i || reading_q || kept_q[synapse]);
      last_is_last: assert (last_synapse_o == (32'(synapse) == SynapseFolds - 1));
      weights_follow: assert (32'(slot_q) % SynapseFolds == 32'(synapse));
    end
  end
`endif

endmodule

`default_nettype wire
