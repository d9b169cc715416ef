// SPDX-License-Identifier: Apache-2.0
// hwgen: an HLS top function fed beat by beat from a simulator through DPI-C. Simulation only.
#ifndef HWGEN_DPI_GLUE_HPP
#define HWGEN_DPI_GLUE_HPP

#include <svdpi.h>

#include "ap_int.h"
#include "hls_stream.h"
#include "axis_port.hpp"

namespace hwgen {

// A vector of the simulator (32-bit words, lowest first) as one beat.
template <int WIDTH>
ap_uint<WIDTH> from_vector(const svBitVecVal* data) {
  ap_uint<WIDTH> word = 0;
  for (int low = (WIDTH - 1) / 32 * 32; low >= 0; low -= 32) {
    if (WIDTH > 32) word = ap_uint<WIDTH>(word << 32);
    word |= ap_uint<WIDTH>(data[low / 32]);
  }
  return word;
}

template <int WIDTH>
void to_vector(ap_uint<WIDTH> word, svBitVecVal* data) {
  for (int i = 0; i < (WIDTH + 31) / 32; ++i) {
    data[i] = static_cast<svBitVecVal>(word.to_uint64());
    if (WIDTH > 32) word = ap_uint<WIDTH>(word >> 32);
  }
}

// Calls the top function once a frame of IN_BEATS is in; holds its OUT_BEATS results until they are popped.
template <class In, class Out, unsigned IN_BEATS, unsigned OUT_BEATS>
class DpiDesign {
 public:
  using Top = void (*)(hls::stream<In>&, hls::stream<Out>&);

  explicit DpiDesign(Top top) : top_(top) {}
  ~DpiDesign() { clear(); }

  void clear() {
    while (!in_.empty()) in_.read();
    while (!out_.empty()) out_.read();
    pushed_ = popped_ = 0;
  }

  void push(const svBitVecVal* data) {
    pushed_ = pushed_ + 1 == IN_BEATS ? 0 : pushed_ + 1;
    in_.write(Port<In>::beat(from_vector<Port<In>::WIDTH>(data), pushed_ == 0));
    if (in_.size() == IN_BEATS) top_(in_, out_);
  }

  bool ready() { return out_.size() < 2 * OUT_BEATS; }

  bool pop(svBitVecVal* data, svBit* last) {
    if (out_.empty()) return false;
    const Out beat = out_.read();
    to_vector<Port<Out>::WIDTH>(Port<Out>::word(beat), data);
    popped_ = popped_ + 1 == OUT_BEATS ? 0 : popped_ + 1;
    // Wrong where the port's TLAST is; a port of plain words has none.
    *last = Port<Out>::is_framed(beat, popped_ == 0) == (popped_ == 0) ? 1 : 0;
    return true;
  }

 private:
  Top top_;
  hls::stream<In> in_;
  hls::stream<Out> out_;
  unsigned pushed_ = 0;
  unsigned popped_ = 0;
};

}  // namespace hwgen

#endif  // HWGEN_DPI_GLUE_HPP
