// SPDX-License-Identifier: Apache-2.0
// hwgen: streams that give words of any bits and forget what is written, to run a unit's loop by itself. Simulation only.
#ifndef HWGEN_DISTANCES_HLS_STREAM_H
#define HWGEN_DISTANCES_HLS_STREAM_H

#include <cstdint>

#include "ap_int.h"
#include "memory.hpp"

namespace hwgen {

// Called where a loop's iteration starts.
void next_slot();
// 32 bits, other ones each time.
std::uint32_t any_bits();

template <int WIDTH>
void fill(ap_uint<WIDTH>& word) {
  word = ap_uint<WIDTH>(any_bits());
  for (int bits = 32; bits < WIDTH; bits += 32) word = ap_uint<WIDTH>(word << 32) | ap_uint<WIDTH>(any_bits());
}

// A word with side channels.
template <class Word>
auto fill(Word& word) -> decltype(void(word.data)) {
  fill(word.data);
}

}  // namespace hwgen

namespace hls {

template <class T>
class stream {
 public:
  stream() = default;
  stream(const stream&) = delete;
  stream& operator=(const stream&) = delete;

  T read() {
    T word = T();
    hwgen::fill(word);
    return word;
  }
  void write(const T&) {}
};

}  // namespace hls

#endif  // HWGEN_DISTANCES_HLS_STREAM_H
