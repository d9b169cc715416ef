// SPDX-License-Identifier: Apache-2.0
// hwgen: an HLS top function fed beat by beat from a simulator through DPI-C. Simulation only.
#ifndef HWGEN_DPI_GLUE_HPP
#define HWGEN_DPI_GLUE_HPP

#include <svdpi.h>

#include <initializer_list>
#include <tuple>
#include <utility>
#include <vector>

#include "ap_int.h"
#include "hls_stream.h"
#include "testbench.hpp"

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

// Calls the top function once a frame of each of the INPUTS first ports is in; holds the results of the others until
// they are popped.
template <std::size_t INPUTS, class... Each>
class DpiDesign {
 public:
  using Top = void (*)(hls::stream<Each>&...);
  template <std::size_t PLACE>
  using Beat = std::tuple_element_t<PLACE, std::tuple<Each...>>;

  // `beats` of a frame at each port.
  DpiDesign(Top top, std::initializer_list<std::size_t> beats) : top_(top), beats_(beats), moved_(beats.size()) {}
  ~DpiDesign() { clear(); }

  void clear() {
    visit([](auto& stream, std::size_t) {
      while (!stream.empty()) stream.read();
    });
    moved_.assign(moved_.size(), 0);
  }

  template <std::size_t PLACE>
  void push(const svBitVecVal* data) {
    using In = Beat<PLACE>;
    std::get<PLACE>(streams_).write(Port<In>::beat(from_vector<Port<In>::WIDTH>(data), move(PLACE)));
    bool whole = true;
    visit([&](auto& stream, std::size_t place) {
      whole = whole && (place >= INPUTS || stream.size() >= beats_[place]);
    });
    if (whole) call(top_, streams_, ALL{});
  }

  // Whether one more beat may be pushed: until two frames of it, or of a result, wait.
  template <std::size_t PLACE>
  bool ready() {
    bool room = true;
    visit([&](auto& stream, std::size_t place) {
      if (place == PLACE || place >= INPUTS) room = room && stream.size() < 2 * beats_[place];
    });
    return room;
  }

  template <std::size_t PLACE>
  bool pop(svBitVecVal* data, svBit* last) {
    using Out = Beat<PLACE>;
    if (std::get<PLACE>(streams_).empty()) return false;
    const Out beat = std::get<PLACE>(streams_).read();
    to_vector<Port<Out>::WIDTH>(Port<Out>::word(beat), data);
    const bool is_last = move(PLACE);
    // Wrong where the port's TLAST is; a port of plain words has none.
    *last = Port<Out>::is_framed(beat, is_last) == is_last ? 1 : 0;
    return true;
  }

 private:
  using ALL = std::index_sequence_for<Each...>;

  template <class Function>
  void visit(Function function) {
    hwgen::visit(streams_, function, ALL{});
  }

  // Counts a beat of a port; whether it is the last of its frame.
  bool move(std::size_t place) {
    moved_[place] = moved_[place] + 1 == beats_[place] ? 0 : moved_[place] + 1;
    return moved_[place] == 0;
  }

  Top top_;
  std::vector<std::size_t> beats_;
  std::vector<std::size_t> moved_;
  std::tuple<hls::stream<Each>...> streams_;
};

}  // namespace hwgen

#endif  // HWGEN_DPI_GLUE_HPP
