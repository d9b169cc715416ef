// SPDX-License-Identifier: Apache-2.0
// hwgen: takes every beat and sends on those that stay.
//
// Not for beats that change places or are repeated: reorder.hpp has the memory for that.
#ifndef HWGEN_SELECT_HPP
#define HWGEN_SELECT_HPP

#include "ap_int.h"
#include "counter.hpp"
#include "hls_stream.h"
#include "lanes.hpp"

namespace hwgen {

// One frame: BEATS beats of WIDTH bits come in runs of RUN, runs in rows of INNER, and after OUTER rows all begins again.
// A run stays if its flag in `inner` and its row's in `outer` are set.
template <unsigned BEATS, unsigned RUN, int WIDTH, unsigned INNER, unsigned OUTER>
HWGEN_INLINE
void select_beats(hls::stream<ap_uint<WIDTH>>& in, hls::stream<ap_uint<WIDTH>>& out, const bool (&inner)[INNER][1],
                  const bool (&outer)[OUTER][1]) {
  static_assert(BEATS % (RUN * INNER * OUTER) == 0, "the flags must come round in a frame");

  unsigned beat = 0;
  unsigned run = 0;
  unsigned row = 0;
  // Before each slot: `slot` beats have been read, and those of them that stay written; `beat` of the next run have been.
slots:
  for (unsigned slot = 0; slot < BEATS; ++slot) {
    HWGEN_PIPELINE
    const ap_uint<WIDTH> word = in.read();
    if (inner[run][0] && outer[row][0]) out.write(word);

    const bool ends_run = advance<RUN>(beat, true);
    const bool ends_row = advance<INNER>(run, ends_run);
    advance<OUTER>(row, ends_row);
  }
}

}  // namespace hwgen

#endif  // HWGEN_SELECT_HPP
