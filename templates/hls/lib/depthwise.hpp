// SPDX-License-Identifier: Apache-2.0
// hwgen: depthwise vector unit, PE channels a cycle, each with its own taps, II = 1.
//
// Not for windows in the order of a dense convolution: it reads all taps of a beat's channels before the next beat's, SIMD
// of them in a beat.
#ifndef HWGEN_DEPTHWISE_HPP
#define HWGEN_DEPTHWISE_HPP

#include "activation.hpp"
#include "counter.hpp"
#include "hls_stream.h"
#include "lanes.hpp"

namespace hwgen {

// weight * code; where both are bipolar, whether they agree.
template <class Weight, class Input, class Value>
struct TapProduct {
  HWGEN_INLINE
  static Value of(Limb weight, Limb code) {
    return Weight::times(weight, static_cast<Value>(Input::decode(code)));
  }
};

template <class Value>
struct TapProduct<Bipolar, Bipolar, Value> {
  HWGEN_INLINE
  static Value of(Limb weight, Limb code) {
    return weight == code ? 1 : 0;
  }
};

// One frame: PIXELS windows of CHANNELS channels and TAPS taps, SIMD taps of PE channels a beat, become as many pixels.
//
// Lane t * PE + p of a beat is tap t of it of channel block * PE + p; lane p * SIMD + t of
// weights[block * TAPS / SIMD + beat] is its weight. `Sum` is the type of the running sum, and
// `Activation::apply(sum, block, p, tables...)` gives the bits that leave.
template <unsigned PIXELS, unsigned CHANNELS, unsigned TAPS, unsigned SIMD, unsigned PE, class Weight, class Input, class Sum,
          class Output, class Activation, class T, unsigned WORDS, unsigned LIMBS, class... Tables>
HWGEN_INLINE
void depthwise(hls::stream<ap_uint<SIMD * PE * Input::BITS>>& in, hls::stream<ap_uint<PE * Output::BITS>>& out,
               const T (&weights)[WORDS][LIMBS], const Tables&... tables) {
  constexpr unsigned BLOCKS = ceil_div(CHANNELS, PE);
  constexpr unsigned LAST_LANES = CHANNELS - (BLOCKS - 1) * PE;
  static_assert(PE <= CHANNELS, "PE must be at most the number of channels");
  constexpr unsigned BEATS = TAPS / SIMD;
  static_assert(TAPS % SIMD == 0, "SIMD must divide the taps");
  static_assert(WORDS == BLOCKS * BEATS, "the weights must have a word for each beat of each block");
  static_assert(LIMBS == Lanes<Weight, PE * SIMD>::LIMBS, "a weight word must hold SIMD weights of PE channels");
  using In = Lanes<Input, SIMD * PE>;
  using Out = Lanes<Output, PE>;
  using Weights = Lanes<Weight, PE * SIMD>;
  constexpr bool WIDE = Sum::BITS > 30 || Input::BITS > 30 || Weight::BITS > 30;
  using Value = typename std::conditional<WIDE, std::int64_t, std::int32_t>::type;

  Value sums[PE];  // wrapped to the bits of `Sum`, so that no register is wider
  HWGEN_PARTITION(sums, 1)

  unsigned word = 0;
  unsigned block = 0;
  unsigned beat = 0;
  // Before each slot: word == block * BEATS + beat, and where beat > 0, sums[p] is the sum of channel block * PE + p over
  // the taps of beats 0 to beat - 1.
slots:
  for (unsigned slot = 0; slot < PIXELS * WORDS; ++slot) {
    HWGEN_PIPELINE
    typename In::Limbs inputs;
    In::split(in.read(), inputs);
    typename Weights::Limbs row;
  load_limbs:
    HWGEN_UNROLL_NEXT_LOOP
    for (unsigned i = 0; i < LIMBS; ++i) {
      HWGEN_UNROLL
      row[i] = weights[word][i];
    }
    const bool starts = beat == 0;

  channels:
    HWGEN_UNROLL_NEXT_LOOP
    for (unsigned p = 0; p < PE; ++p) {
      HWGEN_UNROLL
      const Value before = starts ? Value(0) : sums[p];
      Value dot = 0;
    taps:
      HWGEN_UNROLL_NEXT_LOOP
      for (unsigned t = 0; t < SIMD; ++t) {
        HWGEN_UNROLL
        const Limb weight = Weights::lane(row, p * SIMD + t);
        dot += TapProduct<Weight, Input, Value>::of(weight, In::lane(inputs, t * PE + p));
      }
      const Value sum = before + dot;
      sums[p] = static_cast<Value>(Sum::decode(Sum::encode(sum)));
    }

    advance<WORDS>(word, true);
    const bool ends = advance<BEATS>(beat, true);
    if (ends) {
      typename Out::Limbs codes = {};
      const unsigned valid = block == BLOCKS - 1 ? LAST_LANES : PE;
    outputs:
      HWGEN_UNROLL_NEXT_LOOP
      for (unsigned p = 0; p < PE; ++p) {
        HWGEN_UNROLL
        if (p < valid) Out::put(codes, p, Activation::apply(sums[p], block, p, tables...));
      }
      out.write(Out::join(codes));
    }
    advance<BLOCKS>(block, ends);
  }
}

}  // namespace hwgen

#endif  // HWGEN_DEPTHWISE_HPP
