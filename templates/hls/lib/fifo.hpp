// SPDX-License-Identifier: Apache-2.0
// hwgen: carries a frame through; the depth belongs to the stream behind it.
#ifndef HWGEN_FIFO_HPP
#define HWGEN_FIFO_HPP

#include "ap_int.h"
#include "hls_stream.h"
#include "pragmas.hpp"

namespace hwgen {

// One frame: BEATS words of WIDTH bits.
template <unsigned BEATS, int WIDTH>
HWGEN_INLINE
void fifo(hls::stream<ap_uint<WIDTH>>& in, hls::stream<ap_uint<WIDTH>>& out) {
  static_assert(BEATS >= 1, "a frame has at least one beat");
  // Before each slot: `beat` beats have been read and written.
slots:
  for (unsigned beat = 0; beat < BEATS; ++beat) {
    HWGEN_PIPELINE
    out.write(in.read());
  }
}

}  // namespace hwgen

#endif  // HWGEN_FIFO_HPP
