// SPDX-License-Identifier: Apache-2.0
// hwgen: the weights of a layer out of an external memory, once for each vector of a frame.
//
// Not for weights that fit the chip: mvtu.hpp reads them from a table.
#ifndef HWGEN_WEIGHT_READER_HPP
#define HWGEN_WEIGHT_READER_HPP

#include "ap_int.h"
#include "hls_stream.h"
#include "pragmas.hpp"

namespace hwgen {

// One frame: WORDS words of WIDTH bits, ROUNDS times over. The inner loop reads them in order, of which HLS makes bursts.
template <unsigned ROUNDS, unsigned WORDS, unsigned WIDTH>
HWGEN_INLINE
void weight_reader(const ap_uint<WIDTH>* memory, hls::stream<ap_uint<WIDTH>>& out) {
  static_assert(WIDTH >= 8 && (WIDTH & (WIDTH - 1)) == 0, "a port has a power of two of bytes");
  // Before each slot: `round` times all words have been read and written, and then `word` of them.
rounds:
  for (unsigned round = 0; round < ROUNDS; ++round) {
  slots:
    for (unsigned word = 0; word < WORDS; ++word) {
      HWGEN_PIPELINE
      out.write(memory[word]);
    }
  }
}

}  // namespace hwgen

#endif  // HWGEN_WEIGHT_READER_HPP
