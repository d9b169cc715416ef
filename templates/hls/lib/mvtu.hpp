// SPDX-License-Identifier: Apache-2.0
// hwgen: matrix-vector-threshold unit, PE neurons by SIMD inputs a cycle, II = 1.
//
// Not for convolutions by itself: it takes one vector a frame, in SF beats, and gives NF beats.
#ifndef HWGEN_MVTU_HPP
#define HWGEN_MVTU_HPP

#include "activation.hpp"
#include "hls_stream.h"
#include "lanes.hpp"

namespace hwgen {

// SIMD inputs ready to be multiplied: decoded codes, 0 in lanes past the end of the vector.
template <class Weight, class Input, class Value, unsigned SIMD>
struct Operands {
  using In = Lanes<Input, SIMD>;
  using Weights = Lanes<Weight, SIMD>;
  static constexpr unsigned IN_LIMB = SIMD < Weights::PER_LIMB ? SIMD : Weights::PER_LIMB;
  Value codes[SIMD];

  void load(const typename In::Word& word, unsigned valid) {
    HWGEN_INLINE
    typename In::Limbs limbs;
    In::split(word, limbs);
  load_lanes:
    HWGEN_UNROLL_NEXT_LOOP
    for (unsigned i = 0; i < SIMD; ++i) {
      HWGEN_UNROLL
      codes[i] = i < valid ? static_cast<Value>(Input::decode(In::lane(limbs, i))) : Value(0);
    }
  }

  // sum_i weights[i] * codes[i]
  template <class T>
  Value dot(const T (&weights)[Weights::LIMBS]) const {
    HWGEN_INLINE
    Value sum = 0;
  dot_limbs:
    HWGEN_UNROLL_NEXT_LOOP
    for (unsigned limb = 0; limb < Weights::LIMBS; ++limb) {
      HWGEN_UNROLL
      const T bits = weights[limb];
    dot_lanes:
      HWGEN_UNROLL_NEXT_LOOP
      for (unsigned i = 0; i < IN_LIMB; ++i) {
        HWGEN_UNROLL
        const unsigned lane = limb * Weights::PER_LIMB + i;
        if (lane < SIMD) {
          const Limb weight = static_cast<Limb>(bits >> (i * Weight::BITS)) & low_bits(Weight::BITS);
          sum += Weight::times(weight, codes[lane]);
        }
      }
    }
    return sum;
  }
};

// Both operands bipolar: the popcount of XNOR, 0 from lanes past the end of the vector.
template <class Value, unsigned SIMD>
struct Operands<Bipolar, Bipolar, Value, SIMD> {
  using In = Lanes<Bipolar, SIMD>;
  typename In::Limbs codes;
  typename In::Limbs valid_lanes;

  void load(const typename In::Word& word, unsigned valid) {
    HWGEN_INLINE
    In::split(word, codes);
  load_masks:
    HWGEN_UNROLL_NEXT_LOOP
    for (unsigned i = 0; i < In::LIMBS; ++i) {
      HWGEN_UNROLL
      valid_lanes[i] = In::mask(i, valid);
    }
  }

  template <class T>
  Value dot(const T (&weights)[In::LIMBS]) const {
    HWGEN_INLINE
    Value sum = 0;
  dot_limbs:
    HWGEN_UNROLL_NEXT_LOOP
    for (unsigned i = 0; i < In::LIMBS; ++i) {
      HWGEN_UNROLL
      const Limb equal = ~(static_cast<Limb>(weights[i]) ^ codes[i]) & valid_lanes[i];
      sum += static_cast<Value>(__builtin_popcountll(equal));
    }
    return sum;
  }
};

// One frame: MW inputs of `Input`, SIMD a beat, become MH outputs of `Output`, PE a beat.
//
// weights[nf * SF + sf][p] holds lanes sf * SIMD.. of neuron nf * PE + p. `Sum` is the type of the running sum, and
// `Activation::apply(sum, nf, p, tables...)` gives the bits that leave for neuron nf * PE + p.
template <unsigned MW, unsigned MH, unsigned SIMD, unsigned PE, class Weight, class Input, class Sum, class Output,
          class Activation, class T, unsigned WORDS, unsigned LIMBS, class... Tables>
void mvtu(hls::stream<ap_uint<SIMD * Input::BITS>>& in, hls::stream<ap_uint<PE * Output::BITS>>& out,
          const T (&weights)[WORDS][PE][LIMBS], const Tables&... tables) {
  HWGEN_INLINE
  constexpr unsigned SF = ceil_div(MW, SIMD);
  constexpr unsigned NF = ceil_div(MH, PE);
  constexpr unsigned LAST_INPUTS = MW - (SF - 1) * SIMD;
  constexpr unsigned LAST_OUTPUTS = MH - (NF - 1) * PE;
  static_assert(SIMD <= MW, "SIMD must be at most the number of inputs");
  static_assert(PE <= MH, "PE must be at most the number of outputs");
  static_assert(WORDS == NF * SF, "the weights must have NF * SF words");
  static_assert(LIMBS == Lanes<Weight, SIMD>::LIMBS, "a weight word must hold SIMD weights");
  static_assert(8 * sizeof(T) * LIMBS >= SIMD * Weight::BITS, "a limb must hold its lanes");
  using In = Lanes<Input, SIMD>;
  using Out = Lanes<Output, PE>;
  constexpr bool WIDE = Sum::BITS > 30 || Input::BITS > 30 || Weight::BITS > 30;
  using Value = typename std::conditional<WIDE, std::int64_t, std::int32_t>::type;

  typename In::Word vector[SF];
  Value sums[PE];  // wrapped to the bits of `Sum`, so that no register is wider
  HWGEN_PARTITION(sums, 1)

  unsigned nf = 0;
  unsigned sf = 0;
  // Before each slot: slot == nf * SF + sf, vector holds the beats read so far (all SF of them once nf > 0), and where
  // sf > 0, sums[p] is the sum of neuron nf * PE + p over beats 0 to sf - 1.
slots:
  for (unsigned slot = 0; slot < NF * SF; ++slot) {
    HWGEN_PIPELINE
    typename In::Word word;
    if (nf == 0) {
      word = in.read();
      vector[sf] = word;
    } else {
      word = vector[sf];
    }
    Operands<Weight, Input, Value, SIMD> operands;
    operands.load(word, sf == SF - 1 ? LAST_INPUTS : SIMD);

  neurons:
    HWGEN_UNROLL_NEXT_LOOP
    for (unsigned p = 0; p < PE; ++p) {
      HWGEN_UNROLL
      const Value before = sf == 0 ? Value(0) : sums[p];
      const Value sum = before + operands.dot(weights[slot][p]);
      sums[p] = static_cast<Value>(Sum::decode(Sum::encode(sum)));
    }

    if (sf == SF - 1) {
      typename Out::Limbs codes = {};
      const unsigned outputs = nf == NF - 1 ? LAST_OUTPUTS : PE;
    outputs:
      HWGEN_UNROLL_NEXT_LOOP
      for (unsigned p = 0; p < PE; ++p) {
        HWGEN_UNROLL
        if (p < outputs) Out::put(codes, p, Activation::apply(sums[p], nf, p, tables...));
      }
      out.write(Out::join(codes));
      sf = 0;
      ++nf;
    } else {
      ++sf;
    }
  }
}

}  // namespace hwgen

#endif  // HWGEN_MVTU_HPP
