// SPDX-License-Identifier: Apache-2.0
// hwgen: number types of the network, and the lanes of a stream word as plain integers.
//
// Lane 0 is the least significant. Bipolar +1 is bit 1, integers are two's complement. A word is computed on as few
// limbs of 64 bits as hold it without a lane in two of them, all with the same number of lanes.
#ifndef HWGEN_LANES_HPP
#define HWGEN_LANES_HPP

#include <cstdint>
#include <type_traits>

#include "ap_int.h"
#include "pragmas.hpp"

namespace hwgen {

using Limb = std::uint64_t;

HWGEN_INLINE
constexpr unsigned ceil_div(unsigned numerator, unsigned denominator) {
  return (numerator + denominator - 1) / denominator;
}

// The `bits` lowest bits set; 0 to 64.
HWGEN_INLINE
constexpr Limb low_bits(unsigned bits) { return bits == 0 ? 0 : ~Limb(0) >> (64 - bits); }

// The number of bits set among the `BITS` lowest, a power of two of them: a balanced tree of adders of just the bits.
template <unsigned BITS>
struct BitCount {
  static constexpr unsigned WIDTH = BitCount<BITS / 2>::WIDTH + 1;
  HWGEN_INLINE
  static ap_uint<WIDTH> of(Limb bits) {
    return ap_uint<WIDTH>(BitCount<BITS / 2>::of(bits) + BitCount<BITS / 2>::of(bits >> (BITS / 2)));
  }
};

template <>
struct BitCount<1> {
  static constexpr unsigned WIDTH = 1;
  HWGEN_INLINE
  static ap_uint<1> of(Limb bits) { return ap_uint<1>(bits & 1); }
};

// The number of bits set, by a builtin where that is known to be right.
HWGEN_INLINE
unsigned popcount(Limb limb) { return HWGEN_POPCOUNT(limb); }

// Whether a number of a table has a sign.
template <class T>
struct HasSign {
  static constexpr bool value = std::is_signed<T>::value;
};
template <int BITS>
struct HasSign<ap_int<BITS>> {
  static constexpr bool value = true;
};

// A plain integer that holds `BITS` bits and their sign.
template <unsigned BITS>
using Plain = typename std::conditional<(BITS < 32), std::int32_t, std::int64_t>::type;

// -1 or +1 in one bit.
struct Bipolar {
  static constexpr unsigned BITS = 1;
  static constexpr bool SIGNED = true;
  HWGEN_INLINE
  static Plain<1> decode(Limb bits) { return bits ? 1 : -1; }
  HWGEN_INLINE
  static Limb encode(std::int64_t code) { return code > 0 ? 1 : 0; }
  template <class Value>
  HWGEN_INLINE
  static Value times(Limb bits, Value operand) {
    return bits ? operand : -operand;
  }
};

// A signed integer.
template <unsigned WIDTH>
struct Int {
  static_assert(WIDTH >= 1 && WIDTH <= 63, "an integer has 1 to 63 bits");
  static constexpr unsigned BITS = WIDTH;
  static constexpr bool SIGNED = true;
  HWGEN_INLINE
  static Plain<WIDTH> decode(Limb bits) {
    using Value = Plain<WIDTH>;
    constexpr unsigned spare = 8 * sizeof(Value) - WIDTH;
    using Raw = typename std::make_unsigned<Value>::type;
    return static_cast<Value>(static_cast<Raw>(bits) << spare) >> spare;
  }
  HWGEN_INLINE
  static Limb encode(std::int64_t code) { return static_cast<Limb>(code) & low_bits(WIDTH); }
  template <class Value>
  HWGEN_INLINE
  static Value times(Limb bits, Value operand) {
    return static_cast<Value>(decode(bits)) * operand;
  }
};

// An unsigned integer.
template <unsigned WIDTH>
struct Uint {
  static_assert(WIDTH >= 1 && WIDTH <= 63, "an integer has 1 to 63 bits");
  static constexpr unsigned BITS = WIDTH;
  static constexpr bool SIGNED = false;
  HWGEN_INLINE
  static Plain<WIDTH> decode(Limb bits) { return static_cast<Plain<WIDTH>>(bits); }
  HWGEN_INLINE
  static Limb encode(std::int64_t code) { return static_cast<Limb>(code) & low_bits(WIDTH); }
  template <class Value>
  HWGEN_INLINE
  static Value times(Limb bits, Value operand) {
    return static_cast<Value>(bits) * operand;
  }
};

// Codes of `Code` that stand for GAIN times as much.
template <class Code, long long GAIN>
struct Times {
  static constexpr unsigned BITS = Code::BITS;
  HWGEN_INLINE
  static std::int64_t decode(Limb bits) { return GAIN * static_cast<std::int64_t>(Code::decode(bits)); }
};

// COUNT lanes of `Code`, as a stream word and as limbs.
template <class Code, unsigned COUNT>
struct Lanes {
  static_assert(COUNT >= 1, "a word has at least one lane");
  static constexpr unsigned BITS = Code::BITS;
  static constexpr unsigned WIDTH = COUNT * BITS;
  static constexpr unsigned LIMBS = (COUNT - 1) / (64 / BITS) + 1;
  static constexpr unsigned PER_LIMB = (COUNT - 1) / LIMBS + 1;
  using Word = ap_uint<WIDTH>;
  using Limbs = Limb[LIMBS];

  // The bits of limb `index` that belong to the first `lanes` lanes.
  HWGEN_INLINE
  static constexpr Limb mask(unsigned index, unsigned lanes) {
    return lanes <= index * PER_LIMB              ? 0
           : lanes - index * PER_LIMB >= PER_LIMB ? low_bits(PER_LIMB * BITS)
                                                  : low_bits((lanes - index * PER_LIMB) * BITS);
  }

  HWGEN_INLINE
  static Limb lane(const Limbs& limbs, unsigned index) {
    return (limbs[index / PER_LIMB] >> (index % PER_LIMB * BITS)) & low_bits(BITS);
  }

  HWGEN_INLINE
  static void put(Limbs& limbs, unsigned index, Limb bits) {
    limbs[index / PER_LIMB] |= bits << (index % PER_LIMB * BITS);
  }

  HWGEN_INLINE
  static void split(const Word& word, Limbs& limbs) {
    Word rest = word;
  split_limbs:
    HWGEN_UNROLL_NEXT_LOOP
    for (unsigned i = 0; i < LIMBS; ++i) {
      HWGEN_UNROLL
      limbs[i] = rest.to_uint64() & mask(i, COUNT);
      if (i + 1 < LIMBS) rest = Word(rest >> (PER_LIMB * BITS));
    }
  }

  HWGEN_INLINE
  static Word join(const Limbs& limbs) {
    Word word = Word(limbs[LIMBS - 1]);
  join_limbs:
    HWGEN_UNROLL_NEXT_LOOP
    for (unsigned i = 1; i < LIMBS; ++i) {
      HWGEN_UNROLL
      word = Word(word << (PER_LIMB * BITS)) | Word(limbs[LIMBS - 1 - i]);
    }
    return word;
  }
};

// Words of `From` codes as words of `To` codes, lane by lane; lanes from `valid` on are zero.
template <class From, class To, unsigned COUNT>
struct Recode {
  HWGEN_INLINE
  static typename Lanes<To, COUNT>::Word apply(const typename Lanes<From, COUNT>::Word& word, unsigned valid) {
    typename Lanes<From, COUNT>::Limbs before;
    Lanes<From, COUNT>::split(word, before);
    typename Lanes<To, COUNT>::Limbs after = {};
  recode_lanes:
    HWGEN_UNROLL_NEXT_LOOP
    for (unsigned i = 0; i < COUNT; ++i) {
      HWGEN_UNROLL
      if (i < valid) {
        Lanes<To, COUNT>::put(after, i, To::encode(From::decode(Lanes<From, COUNT>::lane(before, i))));
      }
    }
    return Lanes<To, COUNT>::join(after);
  }
};

template <class Code, unsigned COUNT>
struct Recode<Code, Code, COUNT> {
  using Word = typename Lanes<Code, COUNT>::Word;
  HWGEN_INLINE
  static Word apply(const Word& word, unsigned valid) {
    const unsigned spare = (COUNT - valid) * Code::BITS;
    return spare == 0 ? word : Word(Word(word << spare) >> spare);
  }
};

}  // namespace hwgen

#endif  // HWGEN_LANES_HPP
