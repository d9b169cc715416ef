// SPDX-License-Identifier: Apache-2.0
// hwgen: sliding window unit, an image in, the pixels that each window sees out, a beat a cycle.
//
// Two functions, so that it can take pixels while it gives none and the other way round: one puts the rows of the image
// under one another, as columns as high as a window; the other keeps as many columns as a window is wide.
// Not for windows that tile the image: pool.hpp takes those as they stream by, without a line buffer.
#ifndef HWGEN_WINDOW_HPP
#define HWGEN_WINDOW_HPP

#include "counter.hpp"
#include "geometry.hpp"
#include "hls_stream.h"
#include "lanes.hpp"

namespace hwgen {

// A beat of padded taps: all zero, or the codes of `pad` ([beat of a pixel][lane], or [1][1] for all).
template <class Code, unsigned COUNT>
struct Padding {
  using Out = Lanes<Code, COUNT>;

  HWGEN_INLINE
  static typename Out::Word word(unsigned, unsigned) {
    return typename Out::Word(0);
  }

  template <class T, unsigned BEATS, unsigned LANES>
  HWGEN_INLINE
  static typename Out::Word word(unsigned beat, unsigned valid, const T (&pad)[BEATS][LANES]) {
    typename Out::Limbs codes = {};
  pad_lanes:
    HWGEN_UNROLL_NEXT_LOOP
    for (unsigned i = 0; i < COUNT; ++i) {
      HWGEN_UNROLL
      if (i < valid) Out::put(codes, i, Code::encode(pad[BEATS == 1 ? 0 : beat][LANES == 1 ? 0 : i]));
    }
    return Out::join(codes);
  }
};

// COUNT words of WIDTH bits as one, the first the lowest. Words of up to 64 bits are put together in limbs.
template <int WIDTH, unsigned COUNT, bool IS_SHORT = (WIDTH <= 64)>
struct Column {
  using Words = ap_uint<WIDTH>[COUNT];
  using Whole = ap_uint<COUNT * WIDTH>;

  HWGEN_INLINE
  static Whole join(const Words& words) {
    Whole whole = 0;
  join_words:
    HWGEN_UNROLL_NEXT_LOOP
    for (unsigned i = 0; i < COUNT; ++i) {
      HWGEN_UNROLL
      whole = Whole(whole << WIDTH) | Whole(words[COUNT - 1 - i]);
    }
    return whole;
  }

  HWGEN_INLINE
  static void split(const Whole& whole, Words& words) {
    Whole rest = whole;
  split_words:
    HWGEN_UNROLL_NEXT_LOOP
    for (unsigned i = 0; i < COUNT; ++i) {
      HWGEN_UNROLL
      words[i] = ap_uint<WIDTH>(rest);
      if (i + 1 < COUNT) rest = Whole(rest >> WIDTH);
    }
  }
};

template <int WIDTH, unsigned COUNT>
struct Column<WIDTH, COUNT, true> {
  struct Bits {
    static constexpr unsigned BITS = WIDTH;
  };
  using Words = ap_uint<WIDTH>[COUNT];
  using Packed = Lanes<Bits, COUNT>;
  using Whole = typename Packed::Word;

  HWGEN_INLINE
  static Whole join(const Words& words) {
    typename Packed::Limbs limbs = {};
  join_words:
    HWGEN_UNROLL_NEXT_LOOP
    for (unsigned i = 0; i < COUNT; ++i) {
      HWGEN_UNROLL
      Packed::put(limbs, i, words[i].to_uint64());
    }
    return Packed::join(limbs);
  }

  HWGEN_INLINE
  static void split(const Whole& whole, Words& words) {
    typename Packed::Limbs limbs;
    Packed::split(whole, limbs);
  split_words:
    HWGEN_UNROLL_NEXT_LOOP
    for (unsigned i = 0; i < COUNT; ++i) {
      HWGEN_UNROLL
      words[i] = ap_uint<WIDTH>(Packed::lane(limbs, i));
    }
  }
};

// One frame: the image's pixels of CHANNELS codes of `Input`, LANES a beat, become columns: for each row of windows, for
// each beat of a row of the image as far as windows see it, the beats at that place of all rows of taps.
//
// A row of windows leaves while the lowest of its rows comes in; a row below the image comes in from nowhere. lines[i]
// keeps beat i of the rows above, the highest first; where windows have a single row nothing is kept.
template <class View, unsigned CHANNELS, unsigned LANES, class Input, unsigned BEATS, unsigned ABOVE>
HWGEN_INLINE
void window_columns(hls::stream<ap_uint<LANES * Input::BITS>>& in,
                    hls::stream<ap_uint<View::KERNEL_Y * LANES * Input::BITS>>& columns,
                    ap_uint<LANES * Input::BITS> (&lines)[BEATS][ABOVE]) {
  constexpr unsigned PIXEL_BEATS = ceil_div(CHANNELS, LANES);
  constexpr unsigned SEEN_BEATS = View::seen() * PIXEL_BEATS;
  constexpr unsigned WIDTH = LANES * Input::BITS;
  static_assert(LANES <= CHANNELS, "a beat must not be longer than a pixel");
  static_assert(BEATS == View::WIDTH * PIXEL_BEATS, "the lines must be as long as a row of the image");
  static_assert(ABOVE == larger(1, View::EXTENT_Y - 1), "there must be a line for each row above the lowest");
  using Word = ap_uint<WIDTH>;

  Word above[ABOVE];  // what the slot before left in its place of the lines
  HWGEN_PARTITION(above, 1)
  unsigned place = 0;
  int row = View::FIRST_ROW;
  int until = View::LOWEST - View::FIRST_ROW;  // rows until the lowest one of a row of windows
  int left = View::DOWN;                       // rows of windows
  // Before each slot: all beats of `row` before `place` have come in, and lines[i] holds beat i of the ABOVE rows above
  // the one whose beat i comes next.
slots:
  for (unsigned slot = 0; slot < View::ROWS * BEATS; ++slot) {
    HWGEN_PIPELINE
    HWGEN_DISTANCE(lines, 2)
    Word rows[ABOVE + 1];
  rows_above:
    HWGEN_UNROLL_NEXT_LOOP
    for (unsigned i = 0; i < ABOVE; ++i) {
      HWGEN_UNROLL
      rows[i] = BEATS == 1 ? above[i] : Word(lines[place][i]);
    }
    rows[ABOVE] = 0;
    if (row >= 0 && row < View::HEIGHT) rows[ABOVE] = in.read();
  rows_below:
    HWGEN_UNROLL_NEXT_LOOP
    for (unsigned i = 0; i < ABOVE; ++i) {
      HWGEN_UNROLL
      above[i] = rows[i + 1];
      lines[place][i] = rows[i + 1];
    }
    if (until == 0 && left > 0 && place < SEEN_BEATS) {
      Word seen[View::KERNEL_Y];
    taps:
      HWGEN_UNROLL_NEXT_LOOP
      for (unsigned i = 0; i < View::KERNEL_Y; ++i) {
        HWGEN_UNROLL
        seen[i] = rows[ABOVE + 1 - View::EXTENT_Y + i * View::DILATION_Y];
      }
      columns.write(Column<WIDTH, View::KERNEL_Y>::join(seen));
    }

    const bool ends_row = advance<BEATS>(place, true);
    const bool ends_windows = ends_row && until == 0;
    row += ends_row;
    left -= ends_windows;
    until = ends_windows ? View::STRIDE_Y - 1 : until - ends_row;
  }
}

// One frame: columns become windows, codes of `Output`: for each window, for each of BLOCKS parts of a pixel's beats,
// for each tap, the beats of the part. `pad` says what padded taps hold if it is not zero.
//
// A column is read when its first beat is sent; `ring` keeps those that a window sees, a beat in each row.
template <class View, unsigned CHANNELS, unsigned LANES, unsigned BLOCKS, class Input, class Output, unsigned WORDS,
          unsigned TAPS, class... Pad>
HWGEN_INLINE
void window_taps(hls::stream<ap_uint<View::KERNEL_Y * LANES * Input::BITS>>& columns,
                 hls::stream<ap_uint<LANES * Output::BITS>>& out,
                 ap_uint<LANES * Input::BITS> (&ring)[WORDS][TAPS], const Pad&... pad) {
  constexpr unsigned PIXEL_BEATS = ceil_div(CHANNELS, LANES);
  constexpr unsigned LAST_LANES = CHANNELS - (PIXEL_BEATS - 1) * LANES;
  constexpr unsigned BLOCK_BEATS = PIXEL_BEATS / BLOCKS;
  constexpr unsigned SLOTS = View::DOWN * View::slots(PIXEL_BEATS, BLOCK_BEATS);
  static_assert(PIXEL_BEATS % BLOCKS == 0, "blocks must divide the beats of a pixel");
  static_assert(WORDS >= View::EXTENT_X * PIXEL_BEATS, "the ring must hold the columns that a window sees");
  static_assert((WORDS & (WORDS - 1)) == 0, "the words of the ring must be a power of two");
  static_assert(TAPS == View::KERNEL_Y, "a word of the ring must have a beat for each row of taps");
  constexpr unsigned WIDTH = LANES * Input::BITS;
  using In = Lanes<Input, LANES>;
  using Out = Lanes<Output, LANES>;
  using First = Tap<View, PIXEL_BEATS, BLOCKS, 0>;
  using Second = Tap<View, PIXEL_BEATS, BLOCKS, 1>;
  using Third = Tap<View, PIXEL_BEATS, BLOCKS, 2>;
  using Steps = TapSteps<View, PIXEL_BEATS, BLOCKS>;

  // Of this slot.
  bool reads = View::LEFT == 0;
  bool sends = true;
  int waits = 0;  // slots that only read, from this one on
  unsigned beat = 0;
  bool last_beat = BLOCK_BEATS == 1;
  // Of this tap: the number of its first beat, its row in the window and its block; whether it lies beside the image,
  // and whether above or below.
  int first = First::BEAT;
  unsigned ky = 0;
  unsigned block = 0;
  bool beside = View::LEFT > 0;
  bool outside = View::TOP > 0;
  // The same of the next tap, and how it goes on from there to the one after it.
  int next_first = Second::BEAT;
  int next_x = Second::X;
  unsigned next_ky = Second::KY;
  unsigned next_block = Second::BLOCK;
  bool next_outside = Second::Y < 0 || Second::Y >= View::HEIGHT;
  int step = Third::BEAT - Second::BEAT;
  int step_x = Third::X - Second::X;
  // Of the one after it.
  unsigned far_kx = Third::KX;
  unsigned far_ky = Third::KY;
  unsigned far_block = Third::BLOCK;
  unsigned far_column = Third::COLUMN;
  bool last_kx = Third::KX == View::KERNEL_X - 1;
  bool last_ky = Third::KY == View::KERNEL_Y - 1;
  bool last_block = Third::BLOCK == BLOCKS - 1;
  bool last_column = Third::COLUMN == View::ACROSS - 1;
  int far_top = Third::ROW * View::STRIDE_Y - View::TOP;
  int due = reads ? BLOCK_BEATS : 0;  // beats of columns that have been read when this tap has been sent
  int arrived = 0;                    // those that have been read
  typename In::Word last[TAPS];       // the last of them
  HWGEN_PARTITION(last, 1)
  // Before each slot: `arrived` beats of the columns have been read, and beat b lies in word b % WORDS of the ring for the
  // last WORDS of them; all taps before this one have left, and of this one `beat` beats. What this slot does was decided
  // in the slot before from what is known of the next tap, so that no decision waits for another.
slots:
  for (unsigned slot = 0; slot < SLOTS; ++slot) {
    HWGEN_PIPELINE
    HWGEN_DISTANCE(ring, 2)
    if (reads) {
      Column<WIDTH, TAPS>::split(columns.read(), last);
      const unsigned place = static_cast<unsigned>(arrived) % WORDS;
    taps:
      HWGEN_UNROLL_NEXT_LOOP
      for (unsigned i = 0; i < TAPS; ++i) {
        HWGEN_UNROLL
        ring[place][i] = last[i];
      }
      ++arrived;
    }

    if (sends) {
      const unsigned part = block * BLOCK_BEATS + beat;
      const unsigned valid = part == PIXEL_BEATS - 1 ? LAST_LANES : LANES;
      const int wanted = first + static_cast<int>(beat);
      const unsigned place = static_cast<unsigned>(wanted) % WORDS;
      typename Out::Word word;
      if (View::PADS && (beside || outside)) {
        word = Padding<Output, LANES>::word(part, valid, pad...);
      } else {
        const typename In::Word code = wanted == arrived - 1 ? last[ky] : typename In::Word(ring[place][ky]);
        word = Recode<Input, Output, LANES>::apply(code, valid);
      }
      out.write(word);
    }

    const bool ends = advance<BLOCK_BEATS>(beat, last_beat, sends);
    const bool next_beside = View::PADS && (next_x < 0 || next_x >= View::WIDTH);
    const bool next_reads = !next_beside && next_first >= due;
    const bool next_waits = !next_beside && next_first > due;
    sends = ends ? !next_waits : sends || waits == 1;
    waits = ends ? next_first - due : waits - 1;
    due = ends && next_reads ? next_first + static_cast<int>(BLOCK_BEATS) : due;
    if (ends) {
      reads = next_reads;
      first = next_first;
      ky = next_ky;
      block = next_block;
      beside = next_beside;
      outside = next_outside;
      next_first += step;
      next_x += step_x;
      next_ky = far_ky;
      next_block = far_block;
      const int far_y = far_top + static_cast<int>(far_ky) * View::DILATION_Y;
      next_outside = far_y < 0 || far_y >= View::HEIGHT;
      step = !last_kx       ? Steps::Along::BEATS
             : !last_ky     ? Steps::Down::BEATS
             : !last_block  ? Steps::Block::BEATS
             : !last_column ? Steps::Window::BEATS
                            : Steps::Row::BEATS;
      step_x = !last_kx       ? Steps::Along::COLUMNS
               : !last_ky     ? Steps::Down::COLUMNS
               : !last_block  ? Steps::Block::COLUMNS
               : !last_column ? Steps::Window::COLUMNS
                              : Steps::Row::COLUMNS;
    }
    const bool ends_x = advance<View::KERNEL_X>(far_kx, last_kx, ends);
    const bool ends_y = advance<View::KERNEL_Y>(far_ky, last_ky, ends_x);
    const bool ends_block = advance<BLOCKS>(far_block, last_block, ends_y);
    const bool ends_row = advance<View::ACROSS>(far_column, last_column, ends_block);
    far_top += ends_row ? View::STRIDE_Y : 0;
  }
}

}  // namespace hwgen

#endif  // HWGEN_WINDOW_HPP
