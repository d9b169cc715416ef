// SPDX-License-Identifier: Apache-2.0
// hwgen: sliding window unit, an image in, the pixels that each window sees out, a beat a cycle.
//
// Not for windows that tile the image: pool.hpp takes those as they stream by, without a line buffer.
#ifndef HWGEN_WINDOW_HPP
#define HWGEN_WINDOW_HPP

#include "hls_stream.h"
#include "lanes.hpp"

namespace hwgen {

HWGEN_INLINE
constexpr int larger(int a, int b) { return a > b ? a : b; }
HWGEN_INLINE
constexpr int smaller(int a, int b) { return a < b ? a : b; }

// Vertical and horizontal.
template <int VERTICAL, int HORIZONTAL>
struct Pair {
  static constexpr int Y = VERTICAL;
  static constexpr int X = HORIZONTAL;
};

// Padding at two opposite sides.
template <int BEFORE, int AFTER>
struct Sides {
  static constexpr int FIRST = BEFORE;
  static constexpr int LAST = AFTER;
};

// Which pixels each window sees. `Image` (height, width), `Kernel`, `Stride` and `Dilation` are Pairs.
template <class Image, class Kernel, class Stride, class Dilation, class Rows, class Columns>
struct Windows {
  static constexpr int HEIGHT = Image::Y;
  static constexpr int WIDTH = Image::X;
  static constexpr int KERNEL_Y = Kernel::Y;
  static constexpr int KERNEL_X = Kernel::X;
  static constexpr int STRIDE_Y = Stride::Y;
  static constexpr int STRIDE_X = Stride::X;
  static constexpr int DILATION_Y = Dilation::Y;
  static constexpr int DILATION_X = Dilation::X;
  static constexpr int TOP = Rows::FIRST;
  static constexpr int LEFT = Columns::FIRST;
  static constexpr int EXTENT_Y = DILATION_Y * (KERNEL_Y - 1) + 1;
  static constexpr int EXTENT_X = DILATION_X * (KERNEL_X - 1) + 1;
  static constexpr int DOWN = (HEIGHT + TOP + Rows::LAST - EXTENT_Y) / STRIDE_Y + 1;
  static constexpr int ACROSS = (WIDTH + LEFT + Columns::LAST - EXTENT_X) / STRIDE_X + 1;
  static constexpr bool PADS = TOP + Rows::LAST + LEFT + Columns::LAST > 0;
  static_assert(HEIGHT + TOP + Rows::LAST >= EXTENT_Y, "the image must be at least as high as a window");
  static_assert(WIDTH + LEFT + Columns::LAST >= EXTENT_X, "the image must be at least as wide as a window");

  // The first row of the image that row `row` of windows sees, and the row after the last that must have come in.
  static constexpr int first(int row) { return larger(0, row * STRIDE_Y - TOP); }
  static constexpr int last(int row) {
    return row == DOWN - 1 ? HEIGHT : smaller(HEIGHT, row * STRIDE_Y - TOP + EXTENT_Y);
  }

  // The most rows that a row of windows needs at once.
  static constexpr int span() {
    int most = 0;
    for (int row = 0; row < DOWN; ++row) most = larger(most, last(row) - first(row));
    return most;
  }

  // Slots of a frame, for a ring of `ring` rows: a row comes in as soon as there is room, and a row of windows leaves
  // as soon as its rows are there. done[r] is the slot before which r rows of windows have left.
  static constexpr int slots(int ring, int row_beats, int window_row_beats) {
    int done[DOWN + 1] = {};
    int taken = 0;
    int freed = 0;
    int time = 0;
    for (int row = 0; row < DOWN; ++row) {
      for (; taken < last(row); ++taken) {
        while (taken >= first(freed) + ring) ++freed;
        time = larger(time, done[freed]) + row_beats;
      }
      done[row + 1] = larger(done[row], time) + window_row_beats;
    }
    return done[DOWN];
  }
};

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

// One frame: the image's pixels of CHANNELS codes of `Input`, LANES a beat, become its windows, codes of `Output`: for
// each window, for each of BLOCKS parts of a pixel's beats, for each tap, the beats of the part.
//
// `lines` is a ring of whole rows of the image; `pad` says what padded taps hold if it is not zero.
template <class View, unsigned CHANNELS, unsigned LANES, unsigned BLOCKS, unsigned ROWS, class Input, class Output,
          unsigned WORDS, class... Pad>
HWGEN_INLINE
void window(hls::stream<ap_uint<LANES * Input::BITS>>& in, hls::stream<ap_uint<LANES * Output::BITS>>& out,
            ap_uint<LANES * Input::BITS> (&lines)[WORDS], const Pad&... pad) {
  constexpr unsigned PIXEL_BEATS = ceil_div(CHANNELS, LANES);
  constexpr unsigned LAST_LANES = CHANNELS - (PIXEL_BEATS - 1) * LANES;
  constexpr unsigned BLOCK_BEATS = PIXEL_BEATS / BLOCKS;
  constexpr unsigned ROW_BEATS = View::WIDTH * PIXEL_BEATS;
  constexpr unsigned WINDOW_ROW_BEATS = View::ACROSS * View::KERNEL_Y * View::KERNEL_X * PIXEL_BEATS;
  constexpr int RING = ROWS;
  constexpr unsigned SLOTS = View::slots(RING, ROW_BEATS, WINDOW_ROW_BEATS);
  static_assert(LANES <= CHANNELS, "a beat must not be longer than a pixel");
  static_assert(PIXEL_BEATS % BLOCKS == 0, "blocks must divide the beats of a pixel");
  static_assert(RING >= View::span(), "the line buffer must hold the rows that a row of windows sees");
  static_assert(WORDS == ROWS * ROW_BEATS, "the line buffer must hold whole rows");
  using In = Lanes<Input, LANES>;
  using Out = Lanes<Output, LANES>;

  int taken = 0;          // whole rows of the image
  unsigned intake = 0;    // beats of the row that is coming in
  unsigned in_line = 0;   // its row of the ring
  int row = 0;            // of windows, as the next five
  int column = 0;
  unsigned block = 0;
  int ky = 0;
  int kx = 0;
  unsigned beat = 0;
  int top = -View::TOP;   // pixel of the window's first tap
  int left = -View::LEFT;
  unsigned top_line = (ROWS - View::TOP % ROWS) % ROWS;  // ring row of the window's first row of taps, and of this one
  unsigned tap_line = top_line;
  // Before each slot: row y of the image lies in row y % ROWS of the ring for every y from max(0, top) up to `taken`,
  // and of the row after those `intake` beats; all windows before (row, column) have left, and of this one all beats
  // before (block, ky, kx, beat).
slots:
  for (unsigned slot = 0; slot < SLOTS; ++slot) {
    HWGEN_PIPELINE
    const int last = row == View::DOWN - 1 ? View::HEIGHT : smaller(View::HEIGHT, top + View::EXTENT_Y);
    const bool sends = row < View::DOWN && taken >= last;
    const bool takes = taken < View::HEIGHT && taken < larger(0, top) + RING;

    if (sends) {
      const int y = top + ky * View::DILATION_Y;
      const int x = left + kx * View::DILATION_X;
      const bool outside = View::PADS && (y < 0 || y >= View::HEIGHT || x < 0 || x >= View::WIDTH);
      const unsigned part = block * BLOCK_BEATS + beat;
      const unsigned valid = part == PIXEL_BEATS - 1 ? LAST_LANES : LANES;
      typename Out::Word word;
      if (outside) {
        word = Padding<Output, LANES>::word(part, valid, pad...);
      } else {
        const unsigned place = tap_line * ROW_BEATS + static_cast<unsigned>(x) * PIXEL_BEATS + part;
        word = Recode<Input, Output, LANES>::apply(typename In::Word(lines[place]), valid);
      }
      out.write(word);
    }

    if (takes) {
      lines[in_line * ROW_BEATS + intake] = in.read();
      if (++intake == ROW_BEATS) {
        intake = 0;
        ++taken;
        in_line = in_line == ROWS - 1 ? 0 : in_line + 1;
      }
    }

    if (sends && ++beat == BLOCK_BEATS) {
      beat = 0;
      if (++kx == View::KERNEL_X) {
        kx = 0;
        tap_line = tap_line + View::DILATION_Y % ROWS;
        if (tap_line >= ROWS) tap_line -= ROWS;
        if (++ky == View::KERNEL_Y) {
          ky = 0;
          tap_line = top_line;
          if (++block == BLOCKS) {
            block = 0;
            left += View::STRIDE_X;
            if (++column == View::ACROSS) {
              column = 0;
              left = -View::LEFT;
              ++row;
              top += View::STRIDE_Y;
              top_line = top_line + View::STRIDE_Y % ROWS;
              if (top_line >= ROWS) top_line -= ROWS;
              tap_line = top_line;
            }
          }
        }
      }
    }
  }
}

}  // namespace hwgen

#endif  // HWGEN_WINDOW_HPP
