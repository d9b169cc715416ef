// SPDX-License-Identifier: Apache-2.0
// hwgen: AMD's AXI4-Stream beats for g++, where the HLS tool's own header of this name is not installed. Simulation only.
#ifndef HWGEN_AP_AXI_SDATA_H
#define HWGEN_AP_AXI_SDATA_H

#include <cstddef>

#include "ap_int.h"

namespace hls {

// The beat of a stream without TUSER, TID and TDEST. No constructor: members start without a value, as the tool's do.
template <class Data, std::size_t USER, std::size_t ID, std::size_t DEST>
struct axis {
  static_assert(USER == 0 && ID == 0 && DEST == 0, "TUSER, TID and TDEST are not simulated");
  static constexpr int BYTES = (Data::width + 7) / 8;

  Data data;
  ap_uint<BYTES> keep;
  ap_uint<BYTES> strb;
  ap_uint<1> last;
};

}  // namespace hls

template <std::size_t WIDTH, std::size_t USER, std::size_t ID, std::size_t DEST>
using ap_axiu = hls::axis<ap_uint<WIDTH>, USER, ID, DEST>;

#endif  // HWGEN_AP_AXI_SDATA_H
