// SPDX-License-Identifier: Apache-2.0
// hwgen: one step of a binary search for the codes of numbers, LANES of them a cycle, II = 1.
//
// Not for few levels: threshold.hpp compares with all of them at once.
#ifndef HWGEN_SEARCH_HPP
#define HWGEN_SEARCH_HPP

#include "hls_stream.h"
#include "lanes.hpp"

namespace hwgen {

// A number, with the PLACE_BITS highest bits of its count above it, becomes the number with one bit more, or, where
// `Output` has no room for it, the code BASE + count. With FALLING = 1 a word holds a threshold above a bit that says
// whether lower numbers have higher codes.
template <unsigned PLACE_BITS, unsigned FALLING, int BASE, class Number, class Input, class Output>
struct SearchStep {
  static_assert(Input::BITS == Number::BITS + PLACE_BITS, "a lane must hold a number and its place");

  // thresholds[row * places + place] lies between the halves of a place; beats take the rows in turn.
  template <class T, unsigned WORDS>
  HWGEN_INLINE
  static Limb apply(Limb lane, unsigned row, const T (&thresholds)[WORDS]) {
    constexpr unsigned ROWS = WORDS >> PLACE_BITS;
    constexpr bool LAST = Output::BITS != Input::BITS + 1;
    static_assert(ROWS << PLACE_BITS == WORDS, "there must be a threshold for each row and place");

    const Limb place = lane >> Number::BITS;
    const Limb number = lane & low_bits(Number::BITS);
    const std::int64_t entry = std::int64_t(thresholds[(row << PLACE_BITS) + place]);
    const bool falls = FALLING == 1 && (entry & 1);
    const bool above = std::int64_t(Number::decode(number)) >= (entry >> FALLING);
    const Limb count = (place << 1) | Limb(above != falls);
    return LAST ? Output::encode(std::int64_t(BASE) + std::int64_t(count)) : (count << Number::BITS) | number;
  }
};

// The lanes from LANE on, each with a table of its own: none.
template <class Step, class In, class Out, unsigned LANE>
HWGEN_INLINE
void search_lanes(const typename In::Limbs&, typename Out::Limbs&, unsigned) {}

// One, and those above it.
template <class Step, class In, class Out, unsigned LANE, class Table, class... Tables>
HWGEN_INLINE
void search_lanes(const typename In::Limbs& numbers, typename Out::Limbs& found, unsigned row, const Table& table,
                  const Tables&... tables) {
  Out::put(found, LANE, Step::apply(In::lane(numbers, LANE), row, table));
  search_lanes<Step, In, Out, LANE + 1>(numbers, found, row, tables...);
}

// One frame of BEATS beats; a table of thresholds for each lane.
template <unsigned BEATS, unsigned LANES, unsigned PLACE_BITS, unsigned FALLING, int BASE, class Number, class Input,
          class Output, class T, unsigned WORDS, class... Tables>
HWGEN_INLINE
void search(hls::stream<ap_uint<LANES * Input::BITS>>& in, hls::stream<ap_uint<LANES * Output::BITS>>& out,
            const T (&thresholds)[WORDS], const Tables&... tables) {
  static_assert(1 + sizeof...(Tables) == LANES, "there must be a table for each lane");
  using In = Lanes<Input, LANES>;
  using Out = Lanes<Output, LANES>;
  using Step = SearchStep<PLACE_BITS, FALLING, BASE, Number, Input, Output>;
  constexpr unsigned ROWS = WORDS >> PLACE_BITS;

  unsigned row = 0;
  // Before each slot: row == slot % ROWS.
slots:
  for (unsigned slot = 0; slot < BEATS; ++slot) {
    HWGEN_PIPELINE
    typename In::Limbs numbers;
    In::split(in.read(), numbers);
    typename Out::Limbs found = {};
    search_lanes<Step, In, Out, 0>(numbers, found, row, thresholds, tables...);
    out.write(Out::join(found));
    row = row == ROWS - 1 ? 0 : row + 1;
  }
}

}  // namespace hwgen

#endif  // HWGEN_SEARCH_HPP
