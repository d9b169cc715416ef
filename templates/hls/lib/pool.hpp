// SPDX-License-Identifier: Apache-2.0
// hwgen: pool unit, the largest or smallest code or the sum of every tile, channel by channel, II = 1.
//
// Not for windows that overlap or leave gaps by itself: window.hpp lays those out, as tiles of one row.
#ifndef HWGEN_POOL_HPP
#define HWGEN_POOL_HPP

#include "counter.hpp"
#include "hls_stream.h"
#include "lanes.hpp"

namespace hwgen {

// The larger of two codes, or the smaller one in channels that `minimum` ([beat][lane], or [1][1] for all) marks; the code
// itself where it is the `first`.
struct Extreme {
  template <class Value>
  HWGEN_INLINE
  static Value combine(bool first, Value held, Value code, unsigned, unsigned) {
    const bool takes = first | (code > held);
    return takes ? code : held;
  }

  template <class Value, unsigned BEATS, unsigned LANES>
  HWGEN_INLINE
  static Value combine(bool first, Value held, Value code, unsigned beat, unsigned lane,
                       const bool (&minimum)[BEATS][LANES]) {
    const bool smallest = minimum[BEATS == 1 ? 0 : beat][LANES == 1 ? 0 : lane];
    const bool takes = first | (smallest & (code < held)) | (!smallest & (code > held));
    return takes ? code : held;
  }
};

struct Total {
  template <class Value>
  HWGEN_INLINE
  static Value combine(bool first, Value held, Value code, unsigned, unsigned) {
    return first ? code : held + code;
  }
};

// A beat of results from a beat of codes and those held before, nothing in lanes from `valid` on.
template <class Kind, class Input, class Output, unsigned LANES>
struct Merged {
  using In = Lanes<Input, LANES>;
  using Out = Lanes<Output, LANES>;
  using Value = Plain<(Output::BITS > Input::BITS ? Output::BITS : Input::BITS)>;

  template <class... Tables>
  HWGEN_INLINE
  static void put(bool first, const typename Out::Limbs& held, const typename In::Limbs& codes, unsigned beat,
                  unsigned valid, typename Out::Limbs& results, const Tables&... tables) {
  lanes:
    HWGEN_UNROLL_NEXT_LOOP
    for (unsigned i = 0; i < LANES; ++i) {
      HWGEN_UNROLL
      const Value code = Input::decode(In::lane(codes, i));
      const Value before = Output::decode(Out::lane(held, i));
      const Value result = Kind::combine(first, before, code, beat, i, tables...);
      if (i < valid) Out::put(results, i, Output::encode(result));
    }
  }
};

// The largest of bits is whether any is set: no lane by itself.
template <unsigned LANES>
struct Merged<Extreme, Bipolar, Bipolar, LANES> {
  using Bits = Lanes<Bipolar, LANES>;
  using Limbs = typename Bits::Limbs;

  HWGEN_INLINE
  static void put(bool first, const Limbs& held, const Limbs& codes, unsigned, unsigned valid, Limbs& results) {
  limbs:
    HWGEN_UNROLL_NEXT_LOOP
    for (unsigned i = 0; i < Bits::LIMBS; ++i) {
      HWGEN_UNROLL
      results[i] = ((first ? 0 : held[i]) | codes[i]) & Bits::mask(i, valid);
    }
  }

  template <unsigned BEATS, unsigned COUNT>
  HWGEN_INLINE
  static void put(bool first, const Limbs& held, const Limbs& codes, unsigned beat, unsigned valid, Limbs& results,
                  const bool (&minimum)[BEATS][COUNT]) {
  lanes:
    HWGEN_UNROLL_NEXT_LOOP
    for (unsigned i = 0; i < LANES; ++i) {
      HWGEN_UNROLL
      const bool smallest = minimum[BEATS == 1 ? 0 : beat][COUNT == 1 ? 0 : i];
      const Limb code = Bits::lane(codes, i);
      const Limb before = first ? code : Bits::lane(held, i);
      if (i < valid) Bits::put(results, i, smallest ? before & code : before | code);
    }
  }
};

// The tiles of an image: DOWN rows of ACROSS tiles of HEIGHT x WIDTH pixels.
template <unsigned DOWN_, unsigned ACROSS_, unsigned HEIGHT_, unsigned WIDTH_>
struct Tiling {
  static constexpr unsigned DOWN = DOWN_;
  static constexpr unsigned ACROSS = ACROSS_;
  static constexpr unsigned HEIGHT = HEIGHT_;
  static constexpr unsigned WIDTH = WIDTH_;
};

// One frame: pixels of CHANNELS codes of `Input`, LANES a beat, row by row, become one pixel of `Output` for each tile
// of `Tiles`, a Tiling. `partial` keeps a result for each beat of each tile of a row; `tables` are for `Kind`.
template <class Tiles, unsigned CHANNELS, unsigned LANES, class Kind, class Input, class Output, unsigned WORDS,
          class... Tables>
HWGEN_INLINE
void pool(hls::stream<ap_uint<LANES * Input::BITS>>& in, hls::stream<ap_uint<LANES * Output::BITS>>& out,
          ap_uint<LANES * Output::BITS> (&partial)[WORDS], const Tables&... tables) {
  constexpr unsigned BEATS = ceil_div(CHANNELS, LANES);
  constexpr unsigned LAST_LANES = CHANNELS - (BEATS - 1) * LANES;
  constexpr unsigned PIXELS = Tiles::DOWN * Tiles::HEIGHT * Tiles::ACROSS * Tiles::WIDTH;
  static_assert(LANES <= CHANNELS, "a beat must not be longer than a pixel");
  static_assert(WORDS == Tiles::ACROSS * BEATS, "there must be a partial result for each beat of each tile of a row");
  using In = Lanes<Input, LANES>;
  using Out = Lanes<Output, LANES>;

  unsigned beat = 0;
  unsigned x = 0;  // of a pixel in its tile, as y
  unsigned y = 0;
  unsigned column = 0;
  typename Out::Word last_result = 0;
  // Before each slot: partial[column * BEATS + beat] is the result of that tile's pixels read so far, and last_result is
  // that of the slot before, where pixels of a beat in a row of a tile find it. Nothing is looked at before a tile's first
  // pixel is in.
slots:
  for (unsigned slot = 0; slot < PIXELS * BEATS; ++slot) {
    HWGEN_PIPELINE
    HWGEN_DISTANCE(partial, 2)
    const unsigned place = column * BEATS + beat;
    const unsigned valid = beat == BEATS - 1 ? LAST_LANES : LANES;
    const bool first = x == 0 && y == 0;
    const bool at_hand = WORDS == 1 || (BEATS == 1 && x > 0);
    typename In::Limbs codes;
    In::split(in.read(), codes);
    typename Out::Limbs held;
    Out::split(at_hand ? last_result : typename Out::Word(partial[place]), held);
    typename Out::Limbs results = {};
    Merged<Kind, Input, Output, LANES>::put(first, held, codes, beat, valid, results, tables...);
    last_result = Out::join(results);
    partial[place] = last_result;
    if (x == Tiles::WIDTH - 1 && y == Tiles::HEIGHT - 1) out.write(last_result);

    const bool ends_pixel = advance<BEATS>(beat, true);
    const bool ends_tile = advance<Tiles::WIDTH>(x, ends_pixel);
    const bool ends_row = advance<Tiles::ACROSS>(column, ends_tile);
    advance<Tiles::HEIGHT>(y, ends_row);
  }
}

}  // namespace hwgen

#endif  // HWGEN_POOL_HPP
