// SPDX-License-Identifier: Apache-2.0
// hwgen: which pixels the windows over an image see, and in which order.
#ifndef HWGEN_GEOMETRY_HPP
#define HWGEN_GEOMETRY_HPP

#include "pragmas.hpp"

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

// Tap INDEX of a frame's windows, in the order in which they leave, each with PIXEL_BEATS / BLOCKS beats of a pixel. The
// beats of the columns that come in are numbered through, over all rows of windows.
template <class View, int PIXEL_BEATS, int BLOCKS, int INDEX>
struct Tap {
  // Its place in the window, the block of its beats, its window in a row of windows, and that row.
  static constexpr int KX = INDEX % View::KERNEL_X;
  static constexpr int KY = INDEX / View::KERNEL_X % View::KERNEL_Y;
  static constexpr int BLOCK = INDEX / (View::KERNEL_X * View::KERNEL_Y) % BLOCKS;
  static constexpr int COLUMN = INDEX / (View::KERNEL_X * View::KERNEL_Y * BLOCKS) % View::ACROSS;
  static constexpr int ROW = INDEX / (View::KERNEL_X * View::KERNEL_Y * BLOCKS * View::ACROSS);
  // The image's column and row that it lies in, and the number of its first beat.
  static constexpr int X = COLUMN * View::STRIDE_X - View::LEFT + KX * View::DILATION_X;
  static constexpr int Y = ROW * View::STRIDE_Y - View::TOP + KY * View::DILATION_Y;
  static constexpr int BEAT = (ROW * View::seen() + X) * PIXEL_BEATS + BLOCK * (PIXEL_BEATS / BLOCKS);
};

// From tap INDEX to the next one.
template <class View, int PIXEL_BEATS, int BLOCKS, int INDEX>
struct TapStep {
  using From = Tap<View, PIXEL_BEATS, BLOCKS, INDEX>;
  using To = Tap<View, PIXEL_BEATS, BLOCKS, INDEX + 1>;
  static constexpr int BEATS = To::BEAT - From::BEAT;
  static constexpr int COLUMNS = To::X - From::X;
};

// From one tap to the next: inside a row of taps, and from the last of a row, block, window and row of windows.
template <class View, int PIXEL_BEATS, int BLOCKS>
struct TapSteps {
  using Along = TapStep<View, PIXEL_BEATS, BLOCKS, 0>;
  using Down = TapStep<View, PIXEL_BEATS, BLOCKS, View::KERNEL_X - 1>;
  using Block = TapStep<View, PIXEL_BEATS, BLOCKS, View::KERNEL_X * View::KERNEL_Y - 1>;
  using Window = TapStep<View, PIXEL_BEATS, BLOCKS, View::KERNEL_X * View::KERNEL_Y * BLOCKS - 1>;
  using Row = TapStep<View, PIXEL_BEATS, BLOCKS, View::KERNEL_X * View::KERNEL_Y * BLOCKS * View::ACROSS - 1>;
};

}  // namespace hwgen

#endif  // HWGEN_GEOMETRY_HPP
