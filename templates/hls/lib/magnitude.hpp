// SPDX-License-Identifier: Apache-2.0
// hwgen: sums of |x| over vectors, LANES elements a cycle, II = 1.
#ifndef HWGEN_MAGNITUDE_HPP
#define HWGEN_MAGNITUDE_HPP

#include "counter.hpp"
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

  Sum total = 0;  // wrapped to the bits of `Output`, so that no register is wider
  unsigned beat = 0;
  unsigned vector = 0;
  // Before each slot: `beat` beats of this vector have been read and `vector` vectors of this sum; unless both are 0, their
  // |x| add up to `total`.
slots:
  for (unsigned slot = 0; slot < VECTORS * BEATS; ++slot) {
    HWGEN_PIPELINE
    typename In::Limbs elements;
    In::split(in.read(), elements);
    const unsigned valid = beat == BEATS - 1 ? LAST_LANES : LANES;
    Sum part = 0;
  lanes:
    HWGEN_UNROLL_NEXT_LOOP
    for (unsigned i = 0; i < LANES; ++i) {
      HWGEN_UNROLL
      const Sum element = static_cast<Sum>(Input::decode(In::lane(elements, i)));
      if (i < valid) part += element < 0 ? -element : element;
    }
    const Sum sum = (beat == 0 && vector == 0 ? Sum(0) : total) + part;
    total = static_cast<Sum>(Output::decode(Output::encode(sum)));
    const bool ends_vector = advance<BEATS>(beat, true);
    const bool ends_sum = advance<SUMMED>(vector, ends_vector);
    if (ends_sum) out.write(ap_uint<Output::BITS>(Output::encode(total)));
  }
}

}  // namespace hwgen

#endif  // HWGEN_MAGNITUDE_HPP
