// SPDX-License-Identifier: Apache-2.0
// hwgen: the beats of a top function's ports: AMD's stream types, or plain words. Simulation only.
#ifndef HWGEN_AXIS_PORT_HPP
#define HWGEN_AXIS_PORT_HPP

#include "ap_int.h"

namespace hwgen {

// AMD's stream types: data, and beside it keep, strb and last.
template <class Beat>
struct Port {
  using Word = decltype(Beat::data);
  static constexpr int WIDTH = Word::width;

  static Beat beat(const Word& word, bool is_last) {
    Beat beat;
    beat.data = word;
    beat.keep = -1;
    beat.strb = -1;
    beat.last = is_last ? 1 : 0;
    return beat;
  }
  static const Word& word(const Beat& beat) { return beat.data; }
  // Whether TLAST is `is_last`, and no byte is left out.
  static bool is_framed(const Beat& beat, bool is_last) {
    return (beat.last == 1) == is_last && beat.keep.and_reduce() && beat.strb.and_reduce();
  }
};

// A plain word has nothing beside it.
template <int BITS>
struct Port<ap_uint<BITS>> {
  using Word = ap_uint<BITS>;
  static constexpr int WIDTH = BITS;

  static const Word& beat(const Word& word, bool) { return word; }
  static const Word& word(const Word& beat) { return beat; }
  static bool is_framed(const Word&, bool) { return true; }
};

}  // namespace hwgen

#endif  // HWGEN_AXIS_PORT_HPP
