// SPDX-License-Identifier: Apache-2.0
// hwgen: stream width converter between any two lane counts; vectors never share a beat.
#ifndef HWGEN_WIDTH_HPP
#define HWGEN_WIDTH_HPP

#include "counter.hpp"
#include "hls_stream.h"
#include "lanes.hpp"

namespace hwgen {

HWGEN_INLINE
constexpr unsigned common_divisor(unsigned a, unsigned b) { return b == 0 ? a : common_divisor(b, a % b); }

// The lanes that are held before each slot, from the first of a vector on, until none are held again: a slot reads
// IN_LANES while fewer than OUT_LANES are held, and writes OUT_LANES where so many are then.
template <unsigned IN_LANES, unsigned OUT_LANES>
struct Gear {
  static constexpr unsigned PERIOD = (IN_LANES > OUT_LANES ? IN_LANES : OUT_LANES) / common_divisor(IN_LANES, OUT_LANES);
  unsigned lanes[PERIOD];

  HWGEN_INLINE
  constexpr Gear() : lanes() {
    unsigned held = 0;
    for (unsigned slot = 0; slot < PERIOD; ++slot) {
      lanes[slot] = held;
      held += held < OUT_LANES ? IN_LANES : 0;
      held -= held < OUT_LANES ? 0 : OUT_LANES;
    }
  }
};

// One frame: VECTORS vectors of ELEMENTS codes of type `Code`, IN_LANES a beat, leave OUT_LANES a beat, spare lanes of
// a vector's last beat zero.
template <unsigned VECTORS, unsigned ELEMENTS, class Code, unsigned IN_LANES, unsigned OUT_LANES>
HWGEN_INLINE
void width(hls::stream<ap_uint<IN_LANES * Code::BITS>>& in, hls::stream<ap_uint<OUT_LANES * Code::BITS>>& out) {
  constexpr unsigned BITS = Code::BITS;
  constexpr unsigned IN_BEATS = ceil_div(ELEMENTS, IN_LANES);
  constexpr unsigned OUT_BEATS = ceil_div(ELEMENTS, OUT_LANES);
  constexpr unsigned SPARE_LANES = IN_BEATS * IN_LANES - ELEMENTS;
  // Of a vector. A slot reads at most one beat and writes at most one: a narrowing unit writes in every slot, a widening
  // one reads in every slot, and after its last read at most one more beat is left to write.
  constexpr unsigned FULL = (IN_BEATS - 1) * IN_LANES / OUT_LANES;  // beats that leave without the last that comes
  constexpr unsigned LAST_READ = IN_LANES >= OUT_LANES ? FULL : IN_BEATS - 1;
  constexpr unsigned SLOTS = LAST_READ + OUT_BEATS - FULL;
  static_assert(IN_LANES <= ELEMENTS && OUT_LANES <= ELEMENTS, "a beat must not be longer than a vector");
  using In = ap_uint<IN_LANES * BITS>;
  using Out = ap_uint<OUT_LANES * BITS>;
  using Held = ap_uint<(IN_LANES + OUT_LANES) * BITS>;
  constexpr Gear<IN_LANES, OUT_LANES> GEAR;

  Held held = 0;
  unsigned place = 0;
  unsigned phase = 0;
  // Before each slot: `place` slots of this vector are done, phase == place % PERIOD; up to the last read, the
  // GEAR.lanes[phase] lowest lanes of `held` are the elements read and not yet written; the others are zero.
slots:
  for (unsigned slot = 0; slot < VECTORS * SLOTS; ++slot) {
    HWGEN_PIPELINE
    const unsigned lanes = GEAR.lanes[phase];
    if (lanes < OUT_LANES && place <= LAST_READ) {
      const In word = in.read();
      const unsigned spare = place == LAST_READ ? SPARE_LANES * BITS : 0;
      const In elements = In(In(word << spare) >> spare);
      const unsigned offset = IN_LANES % OUT_LANES == 0 ? 0 : lanes;
      held = Held(held | Held(Held(elements) << (offset * BITS)));
    }
    if (lanes + IN_LANES >= OUT_LANES || place >= LAST_READ) {
      out.write(Out(held));
      held = Held(held >> (OUT_LANES * BITS));
    }
    const bool ends = advance<SLOTS>(place, true);
    phase = ends || phase == GEAR.PERIOD - 1 ? 0 : phase + 1;
  }
}

}  // namespace hwgen

#endif  // HWGEN_WIDTH_HPP
