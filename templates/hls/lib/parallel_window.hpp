// SPDX-License-Identifier: Apache-2.0
// hwgen: parallel window unit, an image in, whole windows out, all taps of some channels in a beat.
//
// A pixel and a window take one slot together, so that a frame takes as many slots as it has pixels, and those of the
// padding below and to the right. Not where a tap a cycle is enough: window.hpp has a narrower output.
#ifndef HWGEN_PARALLEL_WINDOW_HPP
#define HWGEN_PARALLEL_WINDOW_HPP

#include "counter.hpp"
#include "geometry.hpp"
#include "hls_stream.h"
#include "lanes.hpp"
#include "window.hpp"

namespace hwgen {

// Whether a window ends in row or column `place`: the first one in FIRST, COUNT of them STRIDE apart.
template <int FIRST, int STRIDE, int COUNT>
HWGEN_INLINE
bool is_last(int place) {
  return place >= FIRST && place <= FIRST + (COUNT - 1) * STRIDE && (place - FIRST) % STRIDE == 0;
}

// One frame: the image's pixels of CHANNELS codes of `Input`, LANES a beat, become windows, codes of `Output`: for each
// window, for each beat of a pixel, a beat of all taps. `pad` says what padded taps hold if it is not zero.
//
// A window leaves while the lowest of its pixels to the right comes in; one outside the image comes in from nowhere.
// lines[i] keeps beat i of the rows above, the highest first; where windows have a single row nothing is kept.
template <class View, unsigned CHANNELS, unsigned LANES, class Input, class Output, unsigned BEATS, unsigned ABOVE,
          class... Pad>
HWGEN_INLINE
void parallel_window(hls::stream<ap_uint<LANES * Input::BITS>>& in,
                     hls::stream<ap_uint<View::KERNEL_Y * View::KERNEL_X * LANES * Output::BITS>>& out,
                     ap_uint<LANES * Input::BITS> (&lines)[BEATS][ABOVE], const Pad&... pad) {
  constexpr unsigned PIXEL_BEATS = CHANNELS / LANES;
  constexpr unsigned TAPS = View::KERNEL_Y * View::KERNEL_X;
  constexpr int FIRST_COLUMN = View::EXTENT_X - 1 - View::LEFT;
  constexpr unsigned COLUMNS = larger(View::WIDTH, FIRST_COLUMN + (View::ACROSS - 1) * View::STRIDE_X + 1);
  constexpr unsigned ROW_SLOTS = COLUMNS * PIXEL_BEATS;
  constexpr unsigned DELAY = View::DILATION_X * PIXEL_BEATS;  // beats from one tap to the next in a row of taps
  constexpr unsigned HELD = (View::KERNEL_X - 1) * DELAY + 1;
  static_assert(CHANNELS % LANES == 0, "the beats of a pixel must be full");
  static_assert(BEATS == View::WIDTH * PIXEL_BEATS, "the lines must be as long as a row of the image");
  static_assert(ABOVE == larger(1, View::EXTENT_Y - 1), "there must be a line for each row above the lowest");
  static_assert(View::LOWEST >= 0 && FIRST_COLUMN >= 0, "each window must see the image");
  using Word = ap_uint<LANES * Input::BITS>;
  using Tap = typename Lanes<Output, LANES>::Word;

  Word held[HELD][View::KERNEL_Y];  // the columns that came by, the newest first
  HWGEN_PARTITION(held, 0)
  Word above[ABOVE];  // what the slot before left in its place of the lines
  HWGEN_PARTITION(above, 1)
  unsigned part = 0;
  bool last_part = PIXEL_BEATS == 1;
  unsigned column = 0;
  bool last_column = COLUMNS == 1;
  int row = 0;
  // Before each slot: of `row` all beats before beat `part` of `column` came in, lines[i] holds beat i of the ABOVE
  // rows above the one whose beat i comes next, and `held` the beats of the last HELD slots.
slots:
  for (unsigned slot = 0; slot < View::ROWS * ROW_SLOTS; ++slot) {
    HWGEN_PIPELINE
    HWGEN_DISTANCE(lines, 2)
    const int x = static_cast<int>(column);
    const bool inside = COLUMNS == static_cast<unsigned>(View::WIDTH) || x < View::WIDTH;
    const unsigned line = inside ? column * PIXEL_BEATS + part : 0;
    Word rows[ABOVE + 1];
  rows_above:
    HWGEN_UNROLL_NEXT_LOOP
    for (unsigned i = 0; i < ABOVE; ++i) {
      HWGEN_UNROLL
      rows[i] = BEATS == 1 ? above[i] : Word(lines[line][i]);
    }
    rows[ABOVE] = 0;
    if (inside && row < View::HEIGHT) rows[ABOVE] = in.read();
    if (inside) {
    rows_below:
      HWGEN_UNROLL_NEXT_LOOP
      for (unsigned i = 0; i < ABOVE; ++i) {
        HWGEN_UNROLL
        above[i] = rows[i + 1];
        lines[line][i] = rows[i + 1];
      }
    }
  older_columns:
    HWGEN_UNROLL_NEXT_LOOP
    for (unsigned i = HELD - 1; i > 0; --i) {
      HWGEN_UNROLL
    older_rows:
      HWGEN_UNROLL_NEXT_LOOP
      for (unsigned ky = 0; ky < View::KERNEL_Y; ++ky) {
        HWGEN_UNROLL
        held[i][ky] = held[i - 1][ky];
      }
    }
  newest_rows:
    HWGEN_UNROLL_NEXT_LOOP
    for (unsigned ky = 0; ky < View::KERNEL_Y; ++ky) {
      HWGEN_UNROLL
      held[0][ky] = rows[ABOVE + 1 - View::EXTENT_Y + ky * View::DILATION_Y];
    }

    const bool ends_down = is_last<View::LOWEST, View::STRIDE_Y, View::DOWN>(row);
    if (ends_down && is_last<FIRST_COLUMN, View::STRIDE_X, View::ACROSS>(x)) {
      Tap taps[TAPS];
    taps_down:
      HWGEN_UNROLL_NEXT_LOOP
      for (unsigned ky = 0; ky < View::KERNEL_Y; ++ky) {
        HWGEN_UNROLL
      taps_along:
        HWGEN_UNROLL_NEXT_LOOP
        for (unsigned kx = 0; kx < View::KERNEL_X; ++kx) {
          HWGEN_UNROLL
          const int y = row - (View::EXTENT_Y - 1) + static_cast<int>(ky) * View::DILATION_Y;
          const int tap_x = x - (View::EXTENT_X - 1) + static_cast<int>(kx) * View::DILATION_X;
          const bool padded = View::PADS && (y < 0 || y >= View::HEIGHT || tap_x < 0 || tap_x >= View::WIDTH);
          taps[ky * View::KERNEL_X + kx] =
              padded ? Tap(Padding<Output, LANES>::word(part, LANES, pad...))
                     : Tap(Recode<Input, Output, LANES>::apply(held[(View::KERNEL_X - 1 - kx) * DELAY][ky], LANES));
        }
      }
      out.write(Column<LANES * Output::BITS, TAPS>::join(taps));
    }

    const bool ends_pixel = advance<PIXEL_BEATS>(part, last_part, true);
    const bool ends_row = advance<COLUMNS>(column, last_column, ends_pixel);
    row += ends_row;
  }
}

}  // namespace hwgen

#endif  // HWGEN_PARALLEL_WINDOW_HPP
