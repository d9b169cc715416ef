// SPDX-License-Identifier: Apache-2.0
// hwgen: sliding window unit, an image in, the pixels that each window sees out, a beat a cycle.
//
// Two functions, so that it can take pixels while it gives none and the other way round: one puts the rows of the image
// under one another, as columns as high as a window; the other keeps as many columns as a window is wide.
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

  // The row that is the lowest of the first row of windows; a row above or below the image has a negative number or
  // one from HEIGHT on. All rows that come by, those of the image and those that a lowest tap lies in:
  static constexpr int LOWEST = EXTENT_Y - 1 - TOP;
  static constexpr int FIRST_ROW = smaller(0, LOWEST);
  static constexpr int ROWS = larger(HEIGHT, LOWEST + (DOWN - 1) * STRIDE_Y + 1) - FIRST_ROW;

  // Columns of the image up to the last that a window sees.
  HWGEN_INLINE
  static constexpr int seen() {
    int most = 0;
    for (int column = 0; column < ACROSS; ++column) {
      for (int kx = 0; kx < KERNEL_X; ++kx) {
        const int x = column * STRIDE_X - LEFT + kx * DILATION_X;
        if (x < WIDTH) most = larger(most, x + 1);
      }
    }
    return most;
  }

  // Slots that a row of windows takes where its columns come in one beat a slot: `beats` beats of a pixel, in blocks
  // of `block` beats. A slot sends a beat if that has come in by then.
  HWGEN_INLINE
  static constexpr int slots(int beats, int block) {
    int count = 0;
    int arrived = 0;
    for (int column = 0; column < ACROSS; ++column) {
      for (int part = 0; part < beats; part += block) {
        for (int tap = 0; tap < KERNEL_Y * KERNEL_X; ++tap) {
          const int x = column * STRIDE_X - LEFT + tap % KERNEL_X * DILATION_X;
          const int missing = x < 0 || x >= WIDTH ? 0 : larger(0, x * beats + part + block - arrived);
          count += larger(block, missing);
          arrived += missing;
        }
      }
    }
    return count;
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

    if (place < BEATS - 1) {
      ++place;
    } else {
      place = 0;
      ++row;
      if (until == 0) --left;
      until = until == 0 ? View::STRIDE_Y - 1 : until - 1;
    }
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
  constexpr int RING = View::EXTENT_X;
  constexpr int FIRST_PLACE = (RING - View::LEFT % RING) % RING;
  constexpr unsigned SLOTS = View::DOWN * View::slots(PIXEL_BEATS, BLOCK_BEATS);
  static_assert(PIXEL_BEATS % BLOCKS == 0, "blocks must divide the beats of a pixel");
  static_assert(WORDS == RING * PIXEL_BEATS, "the ring must hold the columns that a window sees");
  static_assert(TAPS == View::KERNEL_Y, "a word of the ring must have a beat for each row of taps");
  constexpr unsigned WIDTH = LANES * Input::BITS;
  using In = Lanes<Input, LANES>;
  using Out = Lanes<Output, LANES>;

  int arriving = 0;               // column of the image that is read next, its beat, and its place in the ring
  unsigned arriving_beat = 0;
  int arriving_place = 0;
  int column = 0;                 // of windows, as the next four
  unsigned block = 0;
  int ky = 0;
  int kx = 0;
  unsigned beat = 0;
  int top = -View::TOP;           // pixel of the window's first tap
  int left = -View::LEFT;
  int left_place = FIRST_PLACE;   // in the ring
  int y = top;                    // pixel of this tap
  int x = left;
  int x_place = left_place;
  unsigned last_word = 0;         // of the ring that was written, and what was
  typename In::Word last[TAPS];
  HWGEN_PARTITION(last, 1)
  // Before each slot: of the columns that this row of windows sees, all beats before (arriving, arriving_beat) have been
  // read, and column c lies in place c % RING of the ring for the last RING of them; all windows before this one have
  // left, and of this one all beats before (block, ky, kx, beat).
slots:
  for (unsigned slot = 0; slot < SLOTS; ++slot) {
    HWGEN_PIPELINE
    HWGEN_DISTANCE(ring, 2)
    const unsigned part = block * BLOCK_BEATS + beat;
    const bool beside = View::PADS && (x < 0 || x >= View::WIDTH);
    const bool outside = beside || (View::PADS && (y < 0 || y >= View::HEIGHT));
    const bool reads = !beside && (arriving < x || (arriving == x && arriving_beat <= part));
    const bool sends = !reads || (arriving == x && arriving_beat == part);

    if (reads) {
      Column<WIDTH, TAPS>::split(columns.read(), last);
      last_word = arriving_place * PIXEL_BEATS + arriving_beat;
    taps:
      HWGEN_UNROLL_NEXT_LOOP
      for (unsigned i = 0; i < TAPS; ++i) {
        HWGEN_UNROLL
        ring[last_word][i] = last[i];
      }
      if (arriving_beat < PIXEL_BEATS - 1) {
        ++arriving_beat;
      } else {
        arriving_beat = 0;
        ++arriving;
        arriving_place = arriving_place == RING - 1 ? 0 : arriving_place + 1;
      }
    }

    if (sends) {
      const unsigned valid = part == PIXEL_BEATS - 1 ? LAST_LANES : LANES;
      const unsigned place = x_place * PIXEL_BEATS + part;
      typename Out::Word word;
      if (outside) {
        word = Padding<Output, LANES>::word(part, valid, pad...);
      } else {
        const typename In::Word code = place == last_word ? last[ky] : typename In::Word(ring[place][ky]);
        word = Recode<Input, Output, LANES>::apply(code, valid);
      }
      out.write(word);

      if (beat < BLOCK_BEATS - 1) {
        ++beat;
      } else {
        beat = 0;
        if (kx < View::KERNEL_X - 1) {
          ++kx;
          x += View::DILATION_X;
          x_place += View::DILATION_X;
          if (x_place >= RING) x_place -= RING;
        } else {
          kx = 0;
          if (ky < View::KERNEL_Y - 1) {
            ++ky;
            y += View::DILATION_Y;
          } else {
            ky = 0;
            if (block < BLOCKS - 1) {
              ++block;
            } else {
              block = 0;
              if (column < View::ACROSS - 1) {
                ++column;
                left += View::STRIDE_X;
                left_place += View::STRIDE_X % RING;
                if (left_place >= RING) left_place -= RING;
              } else {
                column = 0;
                left = -View::LEFT;
                left_place = FIRST_PLACE;
                top += View::STRIDE_Y;
                arriving = 0;
                arriving_place = 0;
              }
            }
            y = top;
          }
          x = left;
          x_place = left_place;
        }
      }
    }
  }
}

}  // namespace hwgen

#endif  // HWGEN_WINDOW_HPP
