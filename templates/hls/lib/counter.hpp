// SPDX-License-Identifier: Apache-2.0
// hwgen: counters that say where in a frame a slot is.
#ifndef HWGEN_COUNTER_HPP
#define HWGEN_COUNTER_HPP

#include "pragmas.hpp"

namespace hwgen {

// Where it `moves`, a counter goes from 0 to COUNT - 1 and on to 0; says whether it does the latter, which moves the next
// counter outwards. Nothing that it carries from slot to slot takes more than an addition and a multiplexer.
template <unsigned COUNT>
HWGEN_INLINE
bool advance(unsigned& counter, bool moves) {
  const bool ends = moves && (COUNT == 1 || counter == COUNT - 1);
  if (COUNT > 1) counter = ends ? 0 : counter + moves;
  return ends;
}

// The same of a counter whose decision is carried along: `last`, whether it is COUNT - 1. It is for counters that decide
// when they move themselves: no decision waits for another.
template <unsigned COUNT>
HWGEN_INLINE
bool advance(unsigned& counter, bool& last, bool moves) {
  const bool ends = moves && last;
  if (COUNT > 1) {
    last = moves ? counter == COUNT - 2 : last;
    counter = ends ? 0 : counter + moves;
  }
  return ends;
}

}  // namespace hwgen

#endif  // HWGEN_COUNTER_HPP
