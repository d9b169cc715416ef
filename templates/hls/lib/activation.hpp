// SPDX-License-Identifier: Apache-2.0
// hwgen: what leaves a matrix-vector unit: codes from thresholds, or the accumulators themselves.
#ifndef HWGEN_ACTIVATION_HPP
#define HWGEN_ACTIVATION_HPP

#include "lanes.hpp"

namespace hwgen {

// BASE + STEP * n, n = the number of thresholds that the sum reaches (LEVELS - n where `descending`).
//
// Tables are [rows][lanes][levels], one row per output beat; one row or one lane means that all share it.
template <class Output, int BASE, int STEP>
struct MultiThreshold {
  template <class Value, class T, unsigned ROWS, unsigned LANES, unsigned LEVELS>
  HWGEN_INLINE
  static unsigned reached(Value sum, unsigned row, unsigned lane, const T (&thresholds)[ROWS][LANES][LEVELS]) {
    static_assert(HasSign<T>::value, "thresholds must be of a signed type, like the sums");
    unsigned count = 0;
  levels:
    HWGEN_UNROLL_NEXT_LOOP
    for (unsigned i = 0; i < LEVELS; ++i) {
      HWGEN_UNROLL
      count += sum >= thresholds[ROWS == 1 ? 0 : row][LANES == 1 ? 0 : lane][i] ? 1 : 0;
    }
    return count;
  }

  HWGEN_INLINE
  static Limb code(unsigned count) {
    return Output::encode(std::int64_t(BASE) + std::int64_t(STEP) * count);
  }

  template <class Value, class T, unsigned ROWS, unsigned LANES, unsigned LEVELS>
  HWGEN_INLINE
  static Limb apply(Value sum, unsigned row, unsigned lane, const T (&thresholds)[ROWS][LANES][LEVELS]) {
    return code(reached(sum, row, lane, thresholds));
  }

  template <class Value, class T, unsigned ROWS, unsigned LANES, unsigned LEVELS>
  HWGEN_INLINE
  static Limb apply(Value sum, unsigned row, unsigned lane, const T (&thresholds)[ROWS][LANES][LEVELS],
                    const bool (&descending)[ROWS][LANES]) {
    const unsigned count = reached(sum, row, lane, thresholds);
    return code(descending[ROWS == 1 ? 0 : row][LANES == 1 ? 0 : lane] ? LEVELS - count : count);
  }
};

// The code at the number of thresholds that the sum reaches, or at LEVELS less that where `descending`: for codes that
// rise and fall. Tables are as in MultiThreshold.
template <class Output>
struct CodedThreshold {
  template <class C, unsigned ENTRIES>
  HWGEN_INLINE
  static Limb code(unsigned count, const C (&codes)[1][ENTRIES]) {
    return Output::encode(std::int64_t(codes[0][count]));
  }

  template <class Value, class T, class C, unsigned ROWS, unsigned LANES, unsigned LEVELS, unsigned ENTRIES>
  HWGEN_INLINE
  static Limb apply(Value sum, unsigned row, unsigned lane, const T (&thresholds)[ROWS][LANES][LEVELS],
                    const C (&codes)[1][ENTRIES]) {
    static_assert(ENTRIES == LEVELS + 1, "there must be a code for each number of thresholds");
    return code(MultiThreshold<Output, 0, 1>::reached(sum, row, lane, thresholds), codes);
  }

  template <class Value, class T, class C, unsigned ROWS, unsigned LANES, unsigned LEVELS, unsigned ENTRIES>
  HWGEN_INLINE
  static Limb apply(Value sum, unsigned row, unsigned lane, const T (&thresholds)[ROWS][LANES][LEVELS],
                    const bool (&descending)[ROWS][LANES], const C (&codes)[1][ENTRIES]) {
    static_assert(ENTRIES == LEVELS + 1, "there must be a code for each number of thresholds");
    const unsigned count = MultiThreshold<Output, 0, 1>::reached(sum, row, lane, thresholds);
    return code(descending[ROWS == 1 ? 0 : row][LANES == 1 ? 0 : lane] ? LEVELS - count : count, codes);
  }
};

// The code at the bits of the input: for few bits a table is smaller than thresholds.
template <class Input, class Output>
struct Lookup {
  template <class C, unsigned ENTRIES>
  HWGEN_INLINE
  static Limb apply(std::int64_t element, unsigned, unsigned, const C (&codes)[1][ENTRIES]) {
    static_assert(ENTRIES == 1u << Input::BITS, "a table must have a code for each input");
    return Output::encode(std::int64_t(codes[0][unsigned(element) & (ENTRIES - 1)]));
  }
};

// (factor * (sum + start) + rest) >> SHIFT, clipped to LOW..HIGH: where a line has as many codes as many thresholds.
// With TO_EVEN an odd one whose shifted-out bits are all 0 is one less.
//
// Tables are [rows][lanes] of factor, start and rest, which are signed; `rest` is not negative.
template <class Output, unsigned SHIFT, int LOW, int HIGH, unsigned FACTOR_BITS, unsigned PLACE_BITS, bool TO_EVEN>
struct Line {
  template <class Value, class T, unsigned ROWS, unsigned LANES>
  HWGEN_INLINE
  static Limb apply(Value sum, unsigned row, unsigned lane, const T (&lines)[ROWS][LANES][3]) {
    static_assert(HasSign<T>::value, "the numbers of a line must be of a signed type");
    constexpr unsigned BITS = FACTOR_BITS + PLACE_BITS + 1;
    const unsigned r = ROWS == 1 ? 0 : row;
    const unsigned l = LANES == 1 ? 0 : lane;
    const ap_int<FACTOR_BITS> factor = ap_int<FACTOR_BITS>(lines[r][l][0]);
    const ap_int<PLACE_BITS> place = ap_int<PLACE_BITS>(std::int64_t(sum) + std::int64_t(lines[r][l][1]));
    const ap_int<BITS> line = ap_int<BITS>(factor * place) + ap_int<BITS>(lines[r][l][2]);
    ap_int<BITS> code = ap_int<BITS>(line >> SHIFT);
    if (TO_EVEN && bool(code[0]) && ap_int<BITS>(code << SHIFT) == line) code -= 1;
    const std::int64_t clipped = code < LOW ? std::int64_t(LOW) : code > HIGH ? std::int64_t(HIGH) : code.to_int64();
    return Output::encode(clipped);
  }
};

// (sum + start) >> SHIFT, of the complement of the sum where `descending`; clipped, and to even, as in Line.
template <class Output, unsigned SHIFT, int LOW, int HIGH, unsigned PLACE_BITS, bool TO_EVEN>
struct ShiftedLine {
  HWGEN_INLINE
  static Limb code(ap_int<PLACE_BITS> place) {
    ap_int<PLACE_BITS> code = ap_int<PLACE_BITS>(place >> SHIFT);
    if (TO_EVEN && bool(code[0]) && ap_int<PLACE_BITS>(code << SHIFT) == place) code -= 1;
    const std::int64_t clipped = code < LOW ? std::int64_t(LOW) : code > HIGH ? std::int64_t(HIGH) : code.to_int64();
    return Output::encode(clipped);
  }

  template <class Value, class T, unsigned ROWS, unsigned LANES>
  HWGEN_INLINE
  static Limb apply(Value sum, unsigned row, unsigned lane, const T (&starts)[ROWS][LANES][1]) {
    const T start = starts[ROWS == 1 ? 0 : row][LANES == 1 ? 0 : lane][0];
    return code(ap_int<PLACE_BITS>(std::int64_t(sum) + std::int64_t(start)));
  }

  template <class Value, class T, unsigned ROWS, unsigned LANES>
  HWGEN_INLINE
  static Limb apply(Value sum, unsigned row, unsigned lane, const T (&starts)[ROWS][LANES][1],
                    const bool (&descending)[ROWS][LANES]) {
    const bool falls = descending[ROWS == 1 ? 0 : row][LANES == 1 ? 0 : lane];
    const T start = starts[ROWS == 1 ? 0 : row][LANES == 1 ? 0 : lane][0];
    const std::int64_t way = std::int64_t(sum) ^ (falls ? std::int64_t(-1) : std::int64_t(0));
    return code(ap_int<PLACE_BITS>(way + std::int64_t(start)));
  }
};

// SCALE * sum + OFFSET: the accumulator of a unit without activation (2 * popcount - MW in an XNOR unit).
template <class Output, int SCALE, int OFFSET>
struct Accumulator {
  template <class Value>
  HWGEN_INLINE
  static Limb apply(Value sum, unsigned, unsigned) {
    return Output::encode(std::int64_t(SCALE) * sum + OFFSET);
  }
};

}  // namespace hwgen

#endif  // HWGEN_ACTIVATION_HPP
