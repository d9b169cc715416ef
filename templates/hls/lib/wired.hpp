// SPDX-License-Identifier: Apache-2.0
// hwgen: layer of constants, a vector in every cycle, II = 1.
#ifndef HWGEN_WIRED_HPP
#define HWGEN_WIRED_HPP

#include "hls_stream.h"
#include "lanes.hpp"

namespace hwgen {

// `value` without its lowest SHIFT bits, at least LOW and at most HIGH; where EVEN, an odd result whose lost bits are all
// 0 is one less.
template <unsigned SHIFT, int LOW, int HIGH, bool EVEN>
HWGEN_INLINE
std::int64_t clipped(std::int64_t value) {
  std::int64_t found = value >> SHIFT;
  if (EVEN && (value & static_cast<std::int64_t>(low_bits(SHIFT))) == 0) found -= found & 1;
  return found < LOW ? LOW : found > HIGH ? HIGH : found;
}

// One frame: VECTORS vectors of INPUTS codes become as many of OUTPUTS, all of a vector at once; Netlist has the sums.
template <unsigned VECTORS, unsigned INPUTS, unsigned OUTPUTS, class Input, class Output, class Netlist>
HWGEN_INLINE
void wired(hls::stream<ap_uint<INPUTS * Input::BITS>>& in, hls::stream<ap_uint<OUTPUTS * Output::BITS>>& out) {
  using In = Lanes<Input, INPUTS>;
  using Out = Lanes<Output, OUTPUTS>;

  // Before each slot: `slot` vectors have been read and written.
slots:
  for (unsigned slot = 0; slot < VECTORS; ++slot) {
    HWGEN_PIPELINE
    typename In::Limbs x;
    In::split(in.read(), x);
    typename Out::Limbs codes = {};
    Netlist::apply(x, codes);
    out.write(Out::join(codes));
  }
}

}  // namespace hwgen

#endif  // HWGEN_WIRED_HPP
