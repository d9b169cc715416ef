// SPDX-License-Identifier: Apache-2.0
//
// Constant functions of sizes: widths of counters, and the steps of a lane sum (`hwgen_dot`).
//
// A step is an adder or a product. Registers stand behind every `span` steps in a row: first among
// the steps before those that every lane sum has, then among the steps after. With a span of 0 they
// stand behind every step, and behind the LUTs in front of adders: counts of three bits in
// popcounts, choices of rows of pairs.
//
// Do not use it for values that change while the circuit runs.

`default_nettype none

package hwgen_steps_pkg;

  // Bits of a counter of `count` things, or of the address of so many words.
  function automatic int unsigned bits_for(input int unsigned count);
    bits_for = count > 1 ? $clog2(count) : 1;
  endfunction

  // Adders in a row in a popcount's groups of at most 15 bits, but for the last one.
  function automatic int unsigned group_steps(input int unsigned width);
    group_steps = width > 15 ? 2 : width > 3 ? width / 4 - 1 : 0;
  endfunction

  // Levels of the tree of adders behind the groups of a popcount.
  function automatic int unsigned tree_levels(input int unsigned width);
    tree_levels = width > 15 ? $clog2(width + 1) - 4 : 0;
  endfunction

  // Lanes that a dot product of signs counts: the last of a multiple of four costs a popcount one
  // more adder, and nothing as the carry of the accumulator.
  function automatic int unsigned counted_lanes(input int unsigned lanes);
    counted_lanes = lanes % 4 == 0 ? lanes - 1 : lanes;
  endfunction

  // Rows of registers behind every `span` of `steps` in a row.
  function automatic int unsigned span_rows(input int unsigned steps, input int unsigned span);
    span_rows = steps / (span > 0 ? span : 1);
  endfunction

  // Cycles that registers add to a popcount's groups.
  function automatic int unsigned group_cycles(input int unsigned width, input int unsigned span);
    group_cycles = span_rows(group_steps(width), span) + (span == 0 && width > 3 ? 1 : 0);
  endfunction

  // Cycles that registers add to a popcount, and to `further` steps behind it.
  function automatic int unsigned popcount_cycles(
    input int unsigned width, input int unsigned further, input int unsigned span
  );
    popcount_cycles = group_cycles(width, span) + span_rows(tree_levels(width) + further, span);
  endfunction

  // Cycles that registers add to a sum of products; its last adder has a register in any case.
  function automatic int unsigned product_cycles(input int unsigned terms, input int unsigned span);
    product_cycles = $clog2(terms) / span;
  endfunction

  // Pairs that `count` inputs make.
  function automatic int unsigned pairs(input int unsigned count);
    pairs = (count + 1) / 2;
  endfunction

  // Bits of the operands that lanes share: inputs, or by pairs two numbers and their sum each.
  function automatic int unsigned operand_bits(
    input int unsigned count, input int unsigned input_bits, input bit bipolar, input bit by_pairs
  );
    operand_bits = by_pairs ? pairs(count) * (3 * (bipolar ? 2 : input_bits) + 1)
        : count * input_bits;
  endfunction

  // Chains that the pairs of `count` inputs are on in turn, and rows of the longest one.
  function automatic int unsigned pair_chains(input int unsigned count);
    pair_chains = (pairs(count) + 7) / 8;
  endfunction

  function automatic int unsigned pair_rows(input int unsigned count);
    pair_rows = (pairs(count) - 1) / pair_chains(count) + 1;
  endfunction

  // Cycles that registers add in front of a row: the adder of row r is step r + 1, and the first
  // two rows meet in one.
  function automatic int unsigned row_cycles(
    input int unsigned row, input int unsigned count, input int unsigned span
  );
    row_cycles = pair_rows(count) > 1 ? span_rows(row > 1 ? row : 1, span) : 0;
  endfunction

  // Cycles that registers add to a sum by pairs, and to `further` steps behind it.
  function automatic int unsigned pair_cycles(
    input int unsigned count, input int unsigned weight_bits, input int unsigned further,
    input int unsigned span
  );
    pair_cycles = span_rows(pair_rows(count) - 1, span) + (span == 0 ? 1 : 0)
        + span_rows($clog2(pair_chains(count)) + $clog2(weight_bits) + further, span);
  endfunction

  // What a sum by pairs of signed inputs is too much: 2**value_bits a row at the place of each
  // digit; with bipolar weights twice that, less as much in the sum of all inputs. Modulo 2**64.
  function automatic logic [63:0] pair_excess(
    input int unsigned count, input int unsigned value_bits, input int unsigned weight_bits,
    input bit weight_signed, input bit weight_bipolar
  );
    logic [63:0] places;
    places = weight_bipolar ? 64'd1 : weight_signed ? -64'd1 : (64'd1 << weight_bits) - 64'd1;
    pair_excess = places * (64'(pairs(count)) << value_bits);
  endfunction

  // Chains of multiplier blocks that `count` inputs are on in turn, at most `most` on each, and
  // blocks of the longest one.
  function automatic int unsigned packed_chains(input int unsigned count, input int unsigned most);
    packed_chains = (count + most - 1) / most;
  endfunction

  function automatic int unsigned packed_rows(input int unsigned count, input int unsigned most);
    packed_rows = (count - 1) / packed_chains(count, most) + 1;
  endfunction

  // Cycles that registers add in front of a block: its product is step 1, and what it adds step
  // row + 2.
  function automatic int unsigned block_cycles(input int unsigned row, input int unsigned span);
    block_cycles = (row + 1) / span - 1 / span;
  endfunction

  // Cycles that registers add to a sum in multiplier blocks.
  function automatic int unsigned packed_cycles(
    input int unsigned count, input int unsigned most, input int unsigned span
  );
    packed_cycles = packed_rows(count, most) / span + $clog2(packed_chains(count, most)) / span;
  endfunction

  // Bits of the top field of a sum on a chain of `rows` blocks.
  function automatic int unsigned packed_top_bits(
    input int unsigned rows, input int unsigned weight_bits, input bit weight_signed,
    input int unsigned input_bits
  );
    packed_top_bits = weight_bits + (weight_signed ? 0 : 1) + input_bits + $clog2(rows);
  endfunction

  // What a sum in multiplier blocks is too much, of the neuron in `field` of `fields`. Modulo
  // 2**64.
  function automatic logic [63:0] packed_excess(
    input int unsigned count, input int unsigned most, input int unsigned field,
    input int unsigned fields, input int unsigned weight_bits, input bit weight_signed,
    input int unsigned input_bits, input bit input_signed
  );
    int unsigned rows;
    logic [63:0] chains, offset, each;
    rows = packed_rows(count, most);
    chains = 64'(packed_chains(count, most));
    offset = 64'd1 << (weight_bits + input_bits - 1 + $clog2(rows));
    if (field == fields - 1)
      each = 64'd1 << (packed_top_bits(rows, weight_bits, weight_signed, input_bits) - 1);
    else if (weight_signed) each = offset - 64'd1;
    else each = input_signed ? offset : 64'd0;
    packed_excess = chains * (each + (field > 0 ? 64'd1 : 64'd0));
    if (field < fields - 1 && weight_signed && input_signed)
      packed_excess = packed_excess - (64'(count) << (weight_bits + input_bits - 2));
  endfunction

endpackage

`default_nettype wire
