// SPDX-License-Identifier: Apache-2.0
// hwgen: standalone threshold unit, LANES elements a cycle, II = 1.
#ifndef HWGEN_THRESHOLD_HPP
#define HWGEN_THRESHOLD_HPP

#include "activation.hpp"
#include "hls_stream.h"
#include "lanes.hpp"

namespace hwgen {

// One frame: VECTORS vectors of ELEMENTS codes of `Input` become as many of `Output`, LANES a beat; `tables` as in
// MultiThreshold.
template <unsigned VECTORS, unsigned ELEMENTS, unsigned LANES, class Input, class Output, class Activation,
          class... Tables>
HWGEN_INLINE
void threshold(hls::stream<ap_uint<LANES * Input::BITS>>& in, hls::stream<ap_uint<LANES * Output::BITS>>& out,
               const Tables&... tables) {
  constexpr unsigned BEATS = ceil_div(ELEMENTS, LANES);
  constexpr unsigned LAST_LANES = ELEMENTS - (BEATS - 1) * LANES;
  static_assert(LANES <= ELEMENTS, "a beat must not be longer than a vector");
  using In = Lanes<Input, LANES>;
  using Out = Lanes<Output, LANES>;

  unsigned beat = 0;
  // Before each slot: `slot` beats have been read and written, `beat` of them of this vector.
slots:
  for (unsigned slot = 0; slot < VECTORS * BEATS; ++slot) {
    HWGEN_PIPELINE
    typename In::Limbs elements;
    In::split(in.read(), elements);
    typename Out::Limbs codes = {};
    const unsigned valid = beat == BEATS - 1 ? LAST_LANES : LANES;
  lanes:
    HWGEN_UNROLL_NEXT_LOOP
    for (unsigned i = 0; i < LANES; ++i) {
      HWGEN_UNROLL
      const std::int64_t element = Input::decode(In::lane(elements, i));
      if (i < valid) Out::put(codes, i, Activation::apply(element, beat, i, tables...));
    }
    out.write(Out::join(codes));
    beat = beat == BEATS - 1 ? 0 : beat + 1;
  }
}

}  // namespace hwgen

#endif  // HWGEN_THRESHOLD_HPP
