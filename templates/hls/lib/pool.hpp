// SPDX-License-Identifier: Apache-2.0
// hwgen: pool unit, the largest or smallest code or the sum of every tile, channel by channel, II = 1.
//
// Not for windows that overlap or leave gaps by itself: window.hpp lays those out, as tiles of one row.
#ifndef HWGEN_POOL_HPP
#define HWGEN_POOL_HPP

#include "hls_stream.h"
#include "lanes.hpp"

namespace hwgen {

// The larger of two codes, or the smaller one in channels that `minimum` ([beat][lane], or [1][1] for all) marks.
struct Extreme {
  template <class Value>
  HWGEN_INLINE
  static Value combine(Value held, Value code, unsigned, unsigned) {
    return code > held ? code : held;
  }

  template <class Value, unsigned BEATS, unsigned LANES>
  HWGEN_INLINE
  static Value combine(Value held, Value code, unsigned beat, unsigned lane, const bool (&minimum)[BEATS][LANES]) {
    const bool smallest = minimum[BEATS == 1 ? 0 : beat][LANES == 1 ? 0 : lane];
    return (smallest ? code < held : code > held) ? code : held;
  }
};

struct Total {
  template <class Value>
  HWGEN_INLINE
  static Value combine(Value held, Value code, unsigned, unsigned) {
    return held + code;
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
  using Value = Plain<(Output::BITS > Input::BITS ? Output::BITS : Input::BITS)>;

  unsigned beat = 0;
  unsigned x = 0;  // of a pixel in its tile, as y
  unsigned y = 0;
  unsigned column = 0;
  unsigned last_place = 0;
  typename Out::Word last_result = 0;
  // Before each slot: partial[column * BEATS + beat] is the result of that tile's pixels read so far; of the slot before
  // this one, last_result is the same and at hand at once. Nothing is looked at before a tile's first pixel is in.
slots:
  for (unsigned slot = 0; slot < PIXELS * BEATS; ++slot) {
    HWGEN_PIPELINE
    HWGEN_DISTANCE(partial, 2)
    const unsigned place = column * BEATS + beat;
    const unsigned valid = beat == BEATS - 1 ? LAST_LANES : LANES;
    const bool first = x == 0 && y == 0;
    typename In::Limbs codes;
    In::split(in.read(), codes);
    typename Out::Limbs held;
    Out::split(place == last_place ? last_result : typename Out::Word(partial[place]), held);
    typename Out::Limbs results = {};
  lanes:
    HWGEN_UNROLL_NEXT_LOOP
    for (unsigned i = 0; i < LANES; ++i) {
      HWGEN_UNROLL
      const Value code = Input::decode(In::lane(codes, i));
      const Value before = Output::decode(Out::lane(held, i));
      const Value result = first ? code : Kind::combine(before, code, beat, i, tables...);
      if (i < valid) Out::put(results, i, Output::encode(result));
    }
    last_result = Out::join(results);
    last_place = place;
    partial[place] = last_result;
    if (x == Tiles::WIDTH - 1 && y == Tiles::HEIGHT - 1) out.write(last_result);

    if (++beat == BEATS) {
      beat = 0;
      if (++x == Tiles::WIDTH) {
        x = 0;
        if (++column == Tiles::ACROSS) {
          column = 0;
          y = y == Tiles::HEIGHT - 1 ? 0 : y + 1;
        }
      }
    }
  }
}

}  // namespace hwgen

#endif  // HWGEN_POOL_HPP
