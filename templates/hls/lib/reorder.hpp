// SPDX-License-Identifier: Apache-2.0
// hwgen: beats leave in another order than they come, some of them several times.
//
// Not to drop beats: select.hpp does so without a memory.
#ifndef HWGEN_REORDER_HPP
#define HWGEN_REORDER_HPP

#include "ap_int.h"
#include "counter.hpp"
#include "hls_stream.h"
#include "lanes.hpp"

namespace hwgen {

// One frame: BLOCKS blocks of BEATS beats of WIDTH bits. Each leaves in RUNS runs of RUN beats, of which run r begins with
// beat starts[r] of the block.
//
// A block comes in while the one before leaves: `ring` holds two, or the only one.
template <unsigned BLOCKS, unsigned BEATS, unsigned RUN, int WIDTH, unsigned WORDS, class Start, unsigned RUNS>
HWGEN_INLINE
void reorder(hls::stream<ap_uint<WIDTH>>& in, hls::stream<ap_uint<WIDTH>>& out, ap_uint<WIDTH> (&ring)[WORDS],
             const Start (&starts)[RUNS][1]) {
  constexpr unsigned LEAVING = RUN * RUNS;
  static_assert(BEATS <= LEAVING, "each beat must leave");
  static_assert(WORDS == BEATS * (BLOCKS > 1 ? 2 : 1), "the ring must hold the block that comes and the one that leaves");

  unsigned place = 0;  // slots since the block that comes in began
  unsigned block = 0;
  unsigned into = 0;
  unsigned from = 0;
  unsigned run = 0;
  unsigned beat = 0;
  // Before each slot: `block` blocks have come in and `place` beats of the next one, as far as it has so many; it lies at
  // `into` in the ring. A block begins to leave in the second slot after its last beat came in.
slots:
  for (unsigned slot = 0; slot < BLOCKS * LEAVING + BEATS + 1; ++slot) {
    HWGEN_PIPELINE
    HWGEN_DISTANCE(ring, 2)
    const bool sends = slot > BEATS;
    const bool reads = place < BEATS && block < BLOCKS;
    ap_uint<WIDTH> held = 0;
    if (sends) held = ring[from + static_cast<unsigned>(starts[run][0]) + beat];
    if (reads) ring[into + place] = in.read();
    if (sends) out.write(held);

    const bool ends_run = advance<RUN>(beat, sends);
    const bool ends_leaving = advance<RUNS>(run, ends_run);
    const bool ends_block = advance<LEAVING>(place, true);
    block += ends_block;
    if (BLOCKS > 1 && ends_leaving) from = from == 0 ? BEATS : 0;
    if (BLOCKS > 1 && ends_block) into = into == 0 ? BEATS : 0;
  }
}

}  // namespace hwgen

#endif  // HWGEN_REORDER_HPP
