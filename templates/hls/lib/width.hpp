// SPDX-License-Identifier: Apache-2.0
// hwgen: stream width converter between any two lane counts; vectors never share a beat.
#ifndef HWGEN_WIDTH_HPP
#define HWGEN_WIDTH_HPP

#include "hls_stream.h"
#include "lanes.hpp"

namespace hwgen {

// One frame: VECTORS vectors of ELEMENTS codes of type `Code`, IN_LANES a beat, leave OUT_LANES a beat, spare lanes of
// a vector's last beat zero.
template <unsigned VECTORS, unsigned ELEMENTS, class Code, unsigned IN_LANES, unsigned OUT_LANES>
HWGEN_INLINE
void width(hls::stream<ap_uint<IN_LANES * Code::BITS>>& in, hls::stream<ap_uint<OUT_LANES * Code::BITS>>& out) {
  constexpr unsigned BITS = Code::BITS;
  constexpr unsigned IN_BEATS = ceil_div(ELEMENTS, IN_LANES);
  constexpr unsigned OUT_BEATS = ceil_div(ELEMENTS, OUT_LANES);
  constexpr unsigned LAST_LANES = ELEMENTS - (IN_BEATS - 1) * IN_LANES;
  // Of a vector. A slot reads at most one beat and writes at most one: a narrowing unit writes in every slot, a widening
  // one reads in every slot, and after its last read at most one more beat is left to write.
  constexpr unsigned SLOTS = IN_LANES >= OUT_LANES
                                 ? OUT_BEATS
                                 : IN_BEATS - 1 + OUT_BEATS - (IN_BEATS - 1) * IN_LANES / OUT_LANES;
  static_assert(IN_LANES <= ELEMENTS && OUT_LANES <= ELEMENTS, "a beat must not be longer than a vector");
  using In = ap_uint<IN_LANES * BITS>;
  using Out = ap_uint<OUT_LANES * BITS>;
  using Held = ap_uint<(IN_LANES + OUT_LANES) * BITS>;

  Held held = 0;
  unsigned lanes = 0;
  unsigned taken = 0;
  unsigned given = 0;
  // Before each slot: of this vector `taken` beats have been read and `given` written; the `lanes` lowest lanes of
  // `held` are the elements read and not yet written, and the others are zero.
slots:
  for (unsigned slot = 0; slot < VECTORS * SLOTS; ++slot) {
    HWGEN_PIPELINE
    if (lanes < OUT_LANES && taken < IN_BEATS) {
      const In word = in.read();
      ++taken;
      const unsigned spare = (IN_LANES - (taken == IN_BEATS ? LAST_LANES : IN_LANES)) * BITS;
      const In elements = In(In(word << spare) >> spare);
      const unsigned offset = IN_LANES % OUT_LANES == 0 ? 0 : lanes;
      held = Held(held | Held(Held(elements) << (offset * BITS)));
      lanes += taken == IN_BEATS ? LAST_LANES : IN_LANES;
    }
    if (lanes >= OUT_LANES || taken == IN_BEATS) {
      out.write(Out(held));
      held = Held(held >> (OUT_LANES * BITS));
      lanes = lanes > OUT_LANES ? lanes - OUT_LANES : 0;
      if (++given == OUT_BEATS) {
        given = 0;
        taken = 0;
      }
    }
  }
}

}  // namespace hwgen

#endif  // HWGEN_WIDTH_HPP
