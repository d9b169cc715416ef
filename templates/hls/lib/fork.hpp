// SPDX-License-Identifier: Apache-2.0
// hwgen: every beat to every reader, for a tensor that several layers read.
#ifndef HWGEN_FORK_HPP
#define HWGEN_FORK_HPP

#include "ap_int.h"
#include "hls_stream.h"
#include "pragmas.hpp"

namespace hwgen {

template <class Word>
HWGEN_INLINE
void write_all(const Word&) {}

template <class Word, class... Streams>
HWGEN_INLINE
void write_all(const Word& word, hls::stream<Word>& out, Streams&... others) {
  out.write(word);
  write_all(word, others...);
}

// One frame: BEATS words of WIDTH bits.
template <unsigned BEATS, int WIDTH, class... Streams>
HWGEN_INLINE
void fork(hls::stream<ap_uint<WIDTH>>& in, Streams&... outs) {
  static_assert(BEATS >= 1, "a frame has at least one beat");
  static_assert(sizeof...(Streams) >= 2, "a fork has at least two readers");
  // Before each slot: `beat` beats have been read and written to every reader.
slots:
  for (unsigned beat = 0; beat < BEATS; ++beat) {
    HWGEN_PIPELINE
    write_all(in.read(), outs...);
  }
}

}  // namespace hwgen

#endif  // HWGEN_FORK_HPP
