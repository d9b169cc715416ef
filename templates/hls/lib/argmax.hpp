// SPDX-License-Identifier: Apache-2.0
// hwgen: top-1 unit, the index of the largest score of a frame; the lowest index where several are equal.
#ifndef HWGEN_ARGMAX_HPP
#define HWGEN_ARGMAX_HPP

#include "hls_stream.h"
#include "lanes.hpp"

namespace hwgen {

// One frame: ELEMENTS scores of `Input`, LANES a beat, become one index of `Output`.
template <unsigned ELEMENTS, unsigned LANES, class Input, class Output>
void argmax(hls::stream<ap_uint<LANES * Input::BITS>>& in, hls::stream<ap_uint<Output::BITS>>& out) {
  HWGEN_INLINE
  constexpr unsigned BEATS = ceil_div(ELEMENTS, LANES);
  static_assert(LANES <= ELEMENTS, "a beat must not be longer than the frame");
  static_assert(((ELEMENTS - 1) >> (Output::BITS < 31 ? Output::BITS : 31)) == 0, "the index must fit the output");
  using In = Lanes<Input, LANES>;
  using Score = Plain<Input::BITS>;

  Score best = 0;
  unsigned best_index = 0;
  // Before each slot but the first: best is the largest score of beats 0 to beat - 1 and best_index its first place.
slots:
  for (unsigned beat = 0; beat < BEATS; ++beat) {
    HWGEN_PIPELINE
    typename In::Limbs scores;
    In::split(in.read(), scores);
    Score beat_best = Input::decode(In::lane(scores, 0));
    unsigned beat_lane = 0;
  lanes:
    HWGEN_UNROLL_NEXT_LOOP
    for (unsigned i = 1; i < LANES; ++i) {
      HWGEN_UNROLL
      const Score score = Input::decode(In::lane(scores, i));
      if (beat * LANES + i < ELEMENTS && score > beat_best) {
        beat_best = score;
        beat_lane = i;
      }
    }
    if (beat == 0 || beat_best > best) {
      best = beat_best;
      best_index = beat * LANES + beat_lane;
    }
    if (beat == BEATS - 1) out.write(ap_uint<Output::BITS>(best_index));
  }
}

}  // namespace hwgen

#endif  // HWGEN_ARGMAX_HPP
