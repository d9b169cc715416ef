// SPDX-License-Identifier: Apache-2.0
// hwgen: top-1 unit, the index of the largest score of a frame; the lowest index where several are equal.
#ifndef HWGEN_ARGMAX_HPP
#define HWGEN_ARGMAX_HPP

#include "hls_stream.h"
#include "lanes.hpp"

namespace hwgen {

// One frame: VECTORS vectors of ELEMENTS scores of `Input`, LANES a beat, become one index of `Output`, counted over all.
template <unsigned VECTORS, unsigned ELEMENTS, unsigned LANES, class Input, class Output>
HWGEN_INLINE
void argmax(hls::stream<ap_uint<LANES * Input::BITS>>& in, hls::stream<ap_uint<Output::BITS>>& out) {
  constexpr unsigned BEATS = ceil_div(ELEMENTS, LANES);
  static_assert(LANES <= ELEMENTS, "a beat must not be longer than a vector");
  static_assert(((VECTORS * ELEMENTS - 1) >> (Output::BITS < 31 ? Output::BITS : 31)) == 0, "the index must fit the output");
  using In = Lanes<Input, LANES>;
  using Score = Plain<Input::BITS>;

  Score best = 0;
  unsigned best_index = 0;
  unsigned beat = 0;
  unsigned start = 0;
  // Before each slot: `beat` beats of this vector have been read, its first score has the index `start`, and after the
  // first slot best is the largest score read and best_index its first place.
slots:
  for (unsigned slot = 0; slot < VECTORS * BEATS; ++slot) {
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
    if (slot == 0 || beat_best > best) {
      best = beat_best;
      best_index = start + beat * LANES + beat_lane;
    }
    if (slot == VECTORS * BEATS - 1) out.write(ap_uint<Output::BITS>(best_index));
    start += beat == BEATS - 1 ? ELEMENTS : 0;
    beat = beat == BEATS - 1 ? 0 : beat + 1;
  }
}

}  // namespace hwgen

#endif  // HWGEN_ARGMAX_HPP
