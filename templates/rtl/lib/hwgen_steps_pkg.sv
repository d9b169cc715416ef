// SPDX-License-Identifier: Apache-2.0
//
// Constant functions of sizes: widths of counters, and the steps of a lane sum (`hwgen_dot`).
//
// A step is an adder or a product. Registers stand behind every `span` steps in a row: first among
// the steps before those that every lane sum has, then among the steps after.
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

  // Cycles that registers add to a popcount, and to `further` steps behind it.
  function automatic int unsigned popcount_cycles(
    input int unsigned width, input int unsigned further, input int unsigned span
  );
    popcount_cycles = group_steps(width) / span + (tree_levels(width) + further) / span;
  endfunction

  // Cycles that registers add to a sum of products; its last adder has a register in any case.
  function automatic int unsigned product_cycles(input int unsigned terms, input int unsigned span);
    product_cycles = $clog2(terms) / span;
  endfunction

endpackage

`default_nettype wire
