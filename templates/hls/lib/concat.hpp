// SPDX-License-Identifier: Apache-2.0
// hwgen: parts of several streams joined end to end, a beat a cycle: vectors, rows of images or whole frames.
//
// Not where the lanes leave some over in a vector of an input: the next vector would have to move up.
#ifndef HWGEN_CONCAT_HPP
#define HWGEN_CONCAT_HPP

#include "hls_stream.h"
#include "lanes.hpp"

namespace hwgen {

// BEATS beats of codes of `Input` in a turn.
template <class Input, unsigned BEATS_>
struct Part {
  using Code = Input;
  static constexpr unsigned BEATS = BEATS_;
};

HWGEN_INLINE
constexpr unsigned total() { return 0; }
template <class... Rest>
HWGEN_INLINE
constexpr unsigned total(unsigned first, Rest... rest) {
  return first + total(rest...);
}

// Beat `beat` of a round, which takes a turn of each stream of `Parts`.
template <class Output, unsigned LANES, class... Parts>
struct Joined;

template <class Output, unsigned LANES, class Last>
struct Joined<Output, LANES, Last> {
  template <class Stream>
  HWGEN_INLINE
  static typename Lanes<Output, LANES>::Word next(unsigned, Stream& in) {
    return Recode<typename Last::Code, Output, LANES>::apply(in.read(), LANES);
  }
};

template <class Output, unsigned LANES, class First, class Second, class... Others>
struct Joined<Output, LANES, First, Second, Others...> {
  template <class Stream, class... Streams>
  HWGEN_INLINE
  static typename Lanes<Output, LANES>::Word next(unsigned beat, Stream& in, Streams&... others) {
    if (beat < First::BEATS) return Joined<Output, LANES, First>::next(beat, in);
    return Joined<Output, LANES, Second, Others...>::next(beat - First::BEATS, others...);
  }
};

// One frame: ROUNDS rounds, in each of them a turn of each input (its type and beats a Part in `Parts`), LANES a beat.
template <unsigned ROUNDS, unsigned LANES, class Output, class... Parts, class... Streams>
HWGEN_INLINE
void concat(hls::stream<ap_uint<LANES * Output::BITS>>& out, Streams&... ins) {
  constexpr unsigned BEATS = total(Parts::BEATS...);
  static_assert(sizeof...(Parts) == sizeof...(Streams), "each input must be a part");

  unsigned beat = 0;
  // Before each slot: `slot` beats have been read and written, `beat` of them in this round.
slots:
  for (unsigned slot = 0; slot < ROUNDS * BEATS; ++slot) {
    HWGEN_PIPELINE
    out.write(Joined<Output, LANES, Parts...>::next(beat, ins...));
    beat = beat == BEATS - 1 ? 0 : beat + 1;
  }
}

}  // namespace hwgen

#endif  // HWGEN_CONCAT_HPP
