// SPDX-License-Identifier: Apache-2.0
// hwgen: elementwise adder of streams, a beat of each a cycle.
#ifndef HWGEN_ADD_HPP
#define HWGEN_ADD_HPP

#include "hls_stream.h"
#include "lanes.hpp"

namespace hwgen {

// Adds a beat of each input to `sums`, lane by lane; one type in `Codes` for each stream.
template <unsigned LANES, class... Codes>
struct Addends {
  template <class Value>
  HWGEN_INLINE
  static void add(Value (&)[LANES]) {}
};

template <unsigned LANES, class Code, class... Codes>
struct Addends<LANES, Code, Codes...> {
  template <class Value, class... Streams>
  HWGEN_INLINE
  static void add(Value (&sums)[LANES], hls::stream<ap_uint<LANES * Code::BITS>>& in, Streams&... others) {
    using In = Lanes<Code, LANES>;
    typename In::Limbs codes;
    In::split(in.read(), codes);
  lanes:
    HWGEN_UNROLL_NEXT_LOOP
    for (unsigned i = 0; i < LANES; ++i) {
      HWGEN_UNROLL
      sums[i] += static_cast<Value>(Code::decode(In::lane(codes, i)));
    }
    Addends<LANES, Codes...>::add(sums, others...);
  }
};

// One frame: VECTORS vectors of ELEMENTS codes of each input (its type in `Inputs`), LANES a beat, become as many sums.
template <unsigned VECTORS, unsigned ELEMENTS, unsigned LANES, class Output, class... Inputs, class... Streams>
HWGEN_INLINE
void add(hls::stream<ap_uint<LANES * Output::BITS>>& out, Streams&... ins) {
  constexpr unsigned BEATS = ceil_div(ELEMENTS, LANES);
  constexpr unsigned LAST_LANES = ELEMENTS - (BEATS - 1) * LANES;
  static_assert(LANES <= ELEMENTS, "a beat must not be longer than a vector");
  static_assert(sizeof...(Inputs) == sizeof...(Streams), "each input must have a type");
  using Out = Lanes<Output, LANES>;
  using Value = Plain<Output::BITS>;

  unsigned beat = 0;
  // Before each slot: `slot` beats of every input have been read and as many written, `beat` of them of this vector.
slots:
  for (unsigned slot = 0; slot < VECTORS * BEATS; ++slot) {
    HWGEN_PIPELINE
    Value sums[LANES] = {};
    Addends<LANES, Inputs...>::add(sums, ins...);
    typename Out::Limbs codes = {};
    const unsigned valid = beat == BEATS - 1 ? LAST_LANES : LANES;
  lanes:
    HWGEN_UNROLL_NEXT_LOOP
    for (unsigned i = 0; i < LANES; ++i) {
      HWGEN_UNROLL
      if (i < valid) Out::put(codes, i, Output::encode(sums[i]));
    }
    out.write(Out::join(codes));
    beat = beat == BEATS - 1 ? 0 : beat + 1;
  }
}

}  // namespace hwgen

#endif  // HWGEN_ADD_HPP
