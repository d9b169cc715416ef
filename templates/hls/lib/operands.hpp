// SPDX-License-Identifier: Apache-2.0
// hwgen: SIMD inputs ready to be multiplied with SIMD weights, one struct for each way to do it.
//
// `load` takes a beat of which the first `valid` lanes count; `dot` gives their product with a word of weights, of
// folded planes the part of plane `fold`.
#ifndef HWGEN_OPERANDS_HPP
#define HWGEN_OPERANDS_HPP

#include "lanes.hpp"

namespace hwgen {

// By what is cheapest for the types: XNOR and popcount where both are bipolar, multipliers elsewhere.
struct Direct {};
// Bipolar weights times -1, 0 or +1 in two bits: popcounts over the lanes that are not 0.
struct PaddedBipolar {};
// Bipolar weights times residual planes with factors, the first plane in the highest bit of an input: factors times the
// number of lanes that agree. `PADDED`: an input has one more bit on top, set where it is none; each number is doubled,
// and the lanes without an input are added. `FOLDED`: a dot product is that of one plane.
template <bool FOLDED_, bool PADDED_, unsigned... BETAS>
struct Planes {
  static constexpr bool FOLDED = FOLDED_;
  static constexpr bool PADDED = PADDED_;
  static constexpr unsigned COUNT = sizeof...(BETAS);
  HWGEN_INLINE
  static unsigned beta(unsigned plane) {
    const unsigned betas[COUNT] = {BETAS...};
    return betas[plane];
  }
};

// How many times the lanes of an input meet each weight.
template <class Arithmetic>
struct PlaneFolds {
  static constexpr unsigned COUNT = 1;
};
template <bool PADDED, unsigned... BETAS>
struct PlaneFolds<Planes<true, PADDED, BETAS...>> {
  static constexpr unsigned COUNT = sizeof...(BETAS);
};

template <class Arithmetic, class Weight, class Input, class Value, unsigned SIMD>
struct Operands;

// Decoded codes, 0 in lanes that do not count.
template <class Weight, class Input, class Value, unsigned SIMD>
struct Operands<Direct, Weight, Input, Value, SIMD> {
  using In = Lanes<Input, SIMD>;
  using Weights = Lanes<Weight, SIMD>;
  static constexpr unsigned IN_LIMB = SIMD < Weights::PER_LIMB ? SIMD : Weights::PER_LIMB;
  Value codes[SIMD];

  HWGEN_INLINE
  void load(const typename In::Word& word, unsigned valid) {
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
  HWGEN_INLINE
  Value dot(const T (&weights)[Weights::LIMBS], unsigned) const {
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

// The popcount of XNOR, 0 from lanes that do not count.
template <class Value, unsigned SIMD>
struct Operands<Direct, Bipolar, Bipolar, Value, SIMD> {
  using In = Lanes<Bipolar, SIMD>;
  typename In::Limbs codes;
  typename In::Limbs valid_lanes;

  HWGEN_INLINE
  void load(const typename In::Word& word, unsigned valid) {
    In::split(word, codes);
  load_masks:
    HWGEN_UNROLL_NEXT_LOOP
    for (unsigned i = 0; i < In::LIMBS; ++i) {
      HWGEN_UNROLL
      valid_lanes[i] = In::mask(i, valid);
    }
  }

  template <class T>
  HWGEN_INLINE
  Value dot(const T (&weights)[In::LIMBS], unsigned) const {
    Value sum = 0;
  dot_limbs:
    HWGEN_UNROLL_NEXT_LOOP
    for (unsigned i = 0; i < In::LIMBS; ++i) {
      HWGEN_UNROLL
      const Limb equal = ~(static_cast<Limb>(weights[i]) ^ codes[i]) & valid_lanes[i];
      sum += static_cast<Value>(popcount(equal));
    }
    return sum;
  }
};

// Bit `plane` of every lane that counts, gathered into limbs of 64 lanes.
template <class Input, unsigned SIMD>
HWGEN_INLINE
void gather_plane(const typename Lanes<Input, SIMD>::Limbs& from, unsigned plane, unsigned valid,
                  typename Lanes<Bipolar, SIMD>::Limbs& to) {
  using In = Lanes<Input, SIMD>;
  using Bits = Lanes<Bipolar, SIMD>;
clear_limbs:
  HWGEN_UNROLL_NEXT_LOOP
  for (unsigned i = 0; i < Bits::LIMBS; ++i) {
    HWGEN_UNROLL
    to[i] = 0;
  }
gather_lanes:
  HWGEN_UNROLL_NEXT_LOOP
  for (unsigned i = 0; i < SIMD; ++i) {
    HWGEN_UNROLL
    Bits::put(to, i, (In::lane(from, i) >> plane) & 1);
  }
mask_limbs:
  HWGEN_UNROLL_NEXT_LOOP
  for (unsigned i = 0; i < Bits::LIMBS; ++i) {
    HWGEN_UNROLL
    to[i] &= Bits::mask(i, valid);
  }
}

// Signs and magnitudes in a limb each: 2 * (lanes that agree and are not 0) - (lanes that are not 0).
template <class Value, unsigned SIMD>
struct Operands<PaddedBipolar, Bipolar, Int<2>, Value, SIMD> {
  using In = Lanes<Int<2>, SIMD>;
  using Bits = Lanes<Bipolar, SIMD>;
  typename Bits::Limbs negative;
  typename Bits::Limbs present;
  Value count;

  HWGEN_INLINE
  void load(const typename In::Word& word, unsigned valid) {
    typename In::Limbs limbs;
    In::split(word, limbs);
    gather_plane<Int<2>, SIMD>(limbs, 0, valid, present);
    gather_plane<Int<2>, SIMD>(limbs, 1, valid, negative);
    count = 0;
  count_limbs:
    HWGEN_UNROLL_NEXT_LOOP
    for (unsigned i = 0; i < Bits::LIMBS; ++i) {
      HWGEN_UNROLL
      count += static_cast<Value>(popcount(present[i]));
    }
  }

  template <class T>
  HWGEN_INLINE
  Value dot(const T (&weights)[Bits::LIMBS], unsigned) const {
    Value equal = 0;
  dot_limbs:
    HWGEN_UNROLL_NEXT_LOOP
    for (unsigned i = 0; i < Bits::LIMBS; ++i) {
      HWGEN_UNROLL
      const Limb agree = (static_cast<Limb>(weights[i]) ^ negative[i]) & present[i];
      equal += static_cast<Value>(popcount(agree));
    }
    return 2 * equal - count;
  }
};

// One limb row for each plane, the first plane first; `missing` lanes have no input.
template <bool FOLDED, bool PADDED, unsigned... BETAS, class Input, class Value, unsigned SIMD>
struct Operands<Planes<FOLDED, PADDED, BETAS...>, Bipolar, Input, Value, SIMD> {
  using Kind = Planes<FOLDED, PADDED, BETAS...>;
  using In = Lanes<Input, SIMD>;
  using Bits = Lanes<Bipolar, SIMD>;
  static_assert(Input::BITS == Kind::COUNT + PADDED, "an input has a bit for each plane, and one more if padded");
  typename Bits::Limbs planes[Kind::COUNT];
  typename Bits::Limbs present;
  Value missing;

  HWGEN_INLINE
  void load(const typename In::Word& word, unsigned valid) {
    typename In::Limbs limbs;
    typename Bits::Limbs absent = {};
    In::split(word, limbs);
  load_planes:
    HWGEN_UNROLL_NEXT_LOOP
    for (unsigned plane = 0; plane < Kind::COUNT; ++plane) {
      HWGEN_UNROLL
      gather_plane<Input, SIMD>(limbs, Kind::COUNT - 1 - plane, valid, planes[plane]);
    }
    if (PADDED) gather_plane<Input, SIMD>(limbs, Kind::COUNT, valid, absent);
    missing = 0;
  count_limbs:
    HWGEN_UNROLL_NEXT_LOOP
    for (unsigned i = 0; i < Bits::LIMBS; ++i) {
      HWGEN_UNROLL
      present[i] = Bits::mask(i, valid) & ~Limb(absent[i]);
      missing += static_cast<Value>(popcount(absent[i]));
    }
  }

  // What plane `plane` gives.
  template <class T>
  HWGEN_INLINE
  Value part(const T (&weights)[Bits::LIMBS], unsigned plane) const {
    Value equal = 0;
  dot_limbs:
    HWGEN_UNROLL_NEXT_LOOP
    for (unsigned i = 0; i < Bits::LIMBS; ++i) {
      HWGEN_UNROLL
      const Limb agree = ~(static_cast<Limb>(weights[i]) ^ planes[plane][i]) & present[i];
      equal += static_cast<Value>(popcount(agree));
    }
    return static_cast<Value>(Kind::beta(plane)) * (PADDED ? 2 * equal + missing : equal);
  }

  template <class T>
  HWGEN_INLINE
  Value dot(const T (&weights)[Bits::LIMBS], unsigned fold) const {
    if (FOLDED) return part(weights, fold);
    Value sum = 0;
  dot_planes:
    HWGEN_UNROLL_NEXT_LOOP
    for (unsigned plane = 0; plane < Kind::COUNT; ++plane) {
      HWGEN_UNROLL
      sum += part(weights, plane);
    }
    return sum;
  }
};

}  // namespace hwgen

#endif  // HWGEN_OPERANDS_HPP
