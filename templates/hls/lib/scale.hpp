// SPDX-License-Identifier: Apache-2.0
// hwgen: vectors times a number each, or element by element, LANES elements a cycle, II = 1.
#ifndef HWGEN_SCALE_HPP
#define HWGEN_SCALE_HPP

#include "hls_stream.h"
#include "lanes.hpp"

namespace hwgen {

// One frame: VECTORS vectors of ELEMENTS codes of `Input`, LANES a beat, become as many products. A vector has FACTORS
// factors: one that all its elements share, or one for each element, LANES a beat.
template <unsigned VECTORS, unsigned ELEMENTS, unsigned LANES, unsigned FACTORS, class Input, class Factor,
          class Output>
HWGEN_INLINE
void scale(hls::stream<ap_uint<LANES * Input::BITS>>& in,
           hls::stream<ap_uint<(FACTORS > 1 ? LANES : 1) * Factor::BITS>>& factors,
           hls::stream<ap_uint<LANES * Output::BITS>>& out) {
  constexpr unsigned BEATS = ceil_div(ELEMENTS, LANES);
  constexpr unsigned LAST_LANES = ELEMENTS - (BEATS - 1) * LANES;
  static_assert(LANES <= ELEMENTS, "a beat must not be longer than a vector");
  static_assert(FACTORS == 1 || FACTORS == ELEMENTS, "a factor must belong to a vector or to an element");
  using In = Lanes<Input, LANES>;
  using Numbers = Lanes<Factor, (FACTORS > 1 ? LANES : 1)>;
  using Out = Lanes<Output, LANES>;
  using Value = Plain<Output::BITS>;

  Value factor = 0;
  unsigned beat = 0;
  // Before each slot: `slot` beats have been read and written, `beat` of them of this vector, whose factor is `factor`.
slots:
  for (unsigned slot = 0; slot < VECTORS * BEATS; ++slot) {
    HWGEN_PIPELINE
    typename Numbers::Limbs numbers = {};
    if (FACTORS > 1 || beat == 0) Numbers::split(factors.read(), numbers);
    if (beat == 0) factor = static_cast<Value>(Factor::decode(Numbers::lane(numbers, 0)));
    typename In::Limbs elements;
    In::split(in.read(), elements);
    typename Out::Limbs products = {};
    const unsigned valid = beat == BEATS - 1 ? LAST_LANES : LANES;
  lanes:
    HWGEN_UNROLL_NEXT_LOOP
    for (unsigned i = 0; i < LANES; ++i) {
      HWGEN_UNROLL
      const Value element = static_cast<Value>(Input::decode(In::lane(elements, i)));
      const Value own = static_cast<Value>(Factor::decode(Numbers::lane(numbers, FACTORS > 1 ? i : 0)));
      if (i < valid) Out::put(products, i, Output::encode(element * (FACTORS > 1 ? own : factor)));
    }
    out.write(Out::join(products));
    beat = beat == BEATS - 1 ? 0 : beat + 1;
  }
}

}  // namespace hwgen

#endif  // HWGEN_SCALE_HPP
