// SPDX-License-Identifier: Apache-2.0
// hwgen: sums of |x| over vectors, LANES elements a cycle, II = 1.
#ifndef HWGEN_MAGNITUDE_HPP
#define HWGEN_MAGNITUDE_HPP

#include "hls_stream.h"
#include "lanes.hpp"

namespace hwgen {

// One frame: every SUMMED of VECTORS vectors of ELEMENTS codes of `Input`, LANES a beat, become one sum of `Output`.
template <unsigned VECTORS, unsigned SUMMED, unsigned ELEMENTS, unsigned LANES, class Input, class Output>
HWGEN_INLINE
void magnitude(hls::stream<ap_uint<LANES * Input::BITS>>& in, hls::stream<ap_uint<Output::BITS>>& out) {
  constexpr unsigned BEATS = ceil_div(ELEMENTS, LANES);
  constexpr unsigned LAST_LANES = ELEMENTS - (BEATS - 1) * LANES;
  static_assert(LANES <= ELEMENTS, "a beat must not be longer than a vector");
  static_assert(VECTORS % SUMMED == 0, "every vector must belong to a sum");
  using In = Lanes<Input, LANES>;
  using Sum = Plain<Output::BITS>;

  Sum total = 0;
  unsigned beat = 0;
  unsigned vector = 0;
  // Before each slot: `beat` beats of this vector have been read and `vector` vectors of this sum, whose |x| add up to
  // `total`.
slots:
  for (unsigned slot = 0; slot < VECTORS * BEATS; ++slot) {
    HWGEN_PIPELINE
    typename In::Limbs elements;
    In::split(in.read(), elements);
    const unsigned valid = beat == BEATS - 1 ? LAST_LANES : LANES;
  lanes:
    HWGEN_UNROLL_NEXT_LOOP
    for (unsigned i = 0; i < LANES; ++i) {
      HWGEN_UNROLL
      const Sum element = static_cast<Sum>(Input::decode(In::lane(elements, i)));
      if (i < valid) total += element < 0 ? -element : element;
    }
    const bool ends_vector = beat == BEATS - 1;
    const bool ends_sum = ends_vector && vector == SUMMED - 1;
    if (ends_sum) out.write(ap_uint<Output::BITS>(Output::encode(total)));
    total = ends_sum ? Sum(0) : total;
    vector = ends_sum ? 0 : ends_vector ? vector + 1 : vector;
    beat = ends_vector ? 0 : beat + 1;
  }
}

}  // namespace hwgen

#endif  // HWGEN_MAGNITUDE_HPP
