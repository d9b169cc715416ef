// SPDX-License-Identifier: Apache-2.0
// hwgen: one step of a binary search for the code of a number, a number a cycle, II = 1.
//
// Not for few levels: threshold.hpp compares with all of them at once.
#ifndef HWGEN_SEARCH_HPP
#define HWGEN_SEARCH_HPP

#include "hls_stream.h"
#include "lanes.hpp"

namespace hwgen {

// Whether lower numbers of a row have higher codes: none where there is no table.
HWGEN_INLINE
bool falls_at(unsigned) { return false; }
template <unsigned ROWS>
HWGEN_INLINE
bool falls_at(unsigned row, const bool (&falls)[ROWS]) {
  return falls[row];
}

// One frame of BEATS numbers, each with the PLACE_BITS highest bits of its count above it: the number with one bit more,
// or, where `Output` has no room for it, the code BASE + count. thresholds[row * places + place] lies between the halves
// of a place; numbers take the rows in turn.
template <unsigned BEATS, unsigned PLACE_BITS, int BASE, class Number, class Input, class Output, class T,
          unsigned WORDS, class... Falls>
HWGEN_INLINE
void search(hls::stream<ap_uint<Input::BITS>>& in, hls::stream<ap_uint<Output::BITS>>& out, const T (&thresholds)[WORDS],
            const Falls&... falls) {
  constexpr unsigned ROWS = WORDS >> PLACE_BITS;
  constexpr bool LAST = Output::BITS != Input::BITS + 1;
  static_assert(Input::BITS == Number::BITS + PLACE_BITS, "a beat must hold a number and its place");
  static_assert(ROWS << PLACE_BITS == WORDS, "there must be a threshold for each row and place");

  unsigned row = 0;
  // Before each slot: row == slot % ROWS.
slots:
  for (unsigned slot = 0; slot < BEATS; ++slot) {
    HWGEN_PIPELINE
    const Limb beat = in.read().to_uint64();
    const Limb place = beat >> Number::BITS;
    const Limb number = beat & low_bits(Number::BITS);
    const bool above = std::int64_t(Number::decode(number)) >= std::int64_t(thresholds[(row << PLACE_BITS) + place]);
    const Limb count = (place << 1) | Limb(above != falls_at(row, falls...));
    const Limb next = LAST ? Output::encode(std::int64_t(BASE) + std::int64_t(count)) : (count << Number::BITS) | number;
    out.write(ap_uint<Output::BITS>(next));
    row = row == ROWS - 1 ? 0 : row + 1;
  }
}

}  // namespace hwgen

#endif  // HWGEN_SEARCH_HPP
