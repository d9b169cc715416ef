// SPDX-License-Identifier: Apache-2.0
// hwgen: from a port with TLAST to a stream of plain words, and back. Other functions have no ports of these types.
#ifndef HWGEN_AXIS_HPP
#define HWGEN_AXIS_HPP

#include "ap_axi_sdata.h"
#include "ap_int.h"
#include "hls_stream.h"
#include "pragmas.hpp"

namespace hwgen {

// One frame: BEATS words of WIDTH bits, the lowest of a port of PORT bits. Frames are told apart by their beats alone:
// TLAST, TKEEP and TSTRB are not looked at.
template <unsigned BEATS, int WIDTH, int PORT>
HWGEN_INLINE
void axis_in(hls::stream<ap_axiu<PORT, 0, 0, 0>>& in, hls::stream<ap_uint<WIDTH>>& out) {
  static_assert(BEATS >= 1, "a frame has at least one beat");
  static_assert(PORT >= WIDTH && PORT % 8 == 0, "a port has whole bytes that hold the word");
  // Before each slot: `beat` beats have been read and written.
slots:
  for (unsigned beat = 0; beat < BEATS; ++beat) {
    HWGEN_PIPELINE
    out.write(ap_uint<WIDTH>(in.read().data));
  }
}

// The other way: zeros above the word, all bytes kept, TLAST with the last beat of the frame.
template <unsigned BEATS, int WIDTH, int PORT>
HWGEN_INLINE
void axis_out(hls::stream<ap_uint<WIDTH>>& in, hls::stream<ap_axiu<PORT, 0, 0, 0>>& out) {
  static_assert(BEATS >= 1, "a frame has at least one beat");
  static_assert(PORT >= WIDTH && PORT % 8 == 0, "a port has whole bytes that hold the word");
  // Before each slot: `beat` beats have been read and written.
slots:
  for (unsigned beat = 0; beat < BEATS; ++beat) {
    HWGEN_PIPELINE
    ap_axiu<PORT, 0, 0, 0> given;
    given.data = ap_uint<PORT>(in.read());
    given.keep = -1;
    given.strb = -1;
    given.last = beat == BEATS - 1 ? 1 : 0;
    out.write(given);
  }
}

}  // namespace hwgen

#endif  // HWGEN_AXIS_HPP
