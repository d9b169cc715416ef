// SPDX-License-Identifier: Apache-2.0
// hwgen: matrix-vector-threshold unit, PE neurons by SIMD inputs a cycle, II = 1.
//
// Not for images by itself: window.hpp lays out what a convolution's windows see.
#ifndef HWGEN_MVTU_HPP
#define HWGEN_MVTU_HPP

#include "activation.hpp"
#include "counter.hpp"
#include "hls_stream.h"
#include "operands.hpp"

namespace hwgen {

// The shape of a unit: `pixels` vectors a frame, each of `groups` groups of TAPS taps of CHANNELS inputs, which become
// OUTPUTS outputs a group. A dense layer has one group and one tap. Each weight is met PLANE_FOLDS times, once by each
// of folded planes.
template <unsigned PIXELS_, unsigned GROUPS_, unsigned TAPS_, unsigned CHANNELS_, unsigned OUTPUTS_, unsigned SIMD_,
          unsigned PE_, unsigned PLANE_FOLDS_ = 1>
struct MvtuShape {
  static constexpr unsigned PIXELS = PIXELS_;
  static constexpr unsigned GROUPS = GROUPS_;
  static constexpr unsigned SIMD = SIMD_;
  static constexpr unsigned PE = PE_;
  static constexpr unsigned TAP_BEATS = ceil_div(CHANNELS_, SIMD);
  static constexpr unsigned SF = TAPS_ * TAP_BEATS;
  static constexpr unsigned NF = ceil_div(OUTPUTS_, PE);
  static constexpr unsigned WORDS = GROUPS * NF * SF;
  static constexpr unsigned PLANE_FOLDS = PLANE_FOLDS_;
  static constexpr unsigned SLOTS = PIXELS * WORDS * PLANE_FOLDS;
  static constexpr unsigned LAST_INPUTS = CHANNELS_ - (TAP_BEATS - 1) * SIMD;
  static constexpr unsigned LAST_OUTPUTS = OUTPUTS_ - (NF - 1) * PE;
  static constexpr unsigned KEPT = NF * PLANE_FOLDS == 1 ? 1 : SF;  // beats that are read back
  static_assert(SIMD <= CHANNELS_, "SIMD must be at most the number of inputs");
  static_assert(PE <= OUTPUTS_, "PE must be at most the number of outputs");
  static_assert(GROUPS == 1 || LAST_OUTPUTS == PE, "PE must divide the outputs of a group");
};

// One frame of `Shape`, an MvtuShape: codes of `Input` become codes of `Output`.
//
// weights[(group * NF + nf) * SF + sf][p] holds the lanes of beat sf for neuron nf * PE + p of the group. `vector` keeps
// the beats of a group where they are met more than once. `Sum` is the type of the running sum, and
// `Activation::apply(sum, row, p, tables...)` gives the bits that leave in lane p of a pixel's output beat `row`.
template <class Shape, class Arithmetic, class Weight, class Input, class Sum, class Output, class Activation, class T,
          unsigned WORDS, unsigned LIMBS, unsigned KEPT, class... Tables>
HWGEN_INLINE
void mvtu(hls::stream<ap_uint<Shape::SIMD * Input::BITS>>& in, hls::stream<ap_uint<Shape::PE * Output::BITS>>& out,
          ap_uint<Shape::SIMD * Input::BITS> (&vector)[KEPT], const T (&weights)[WORDS][Shape::PE][LIMBS],
          const Tables&... tables) {
  constexpr unsigned SIMD = Shape::SIMD;
  constexpr unsigned PE = Shape::PE;
  constexpr unsigned SF = Shape::SF;
  constexpr unsigned NF = Shape::NF;
  static_assert(Shape::PLANE_FOLDS == PlaneFolds<Arithmetic>::COUNT, "a shape has as many plane folds as its arithmetic");
  static_assert(WORDS == Shape::WORDS, "the weights must have GROUPS * NF * SF words");
  static_assert(KEPT == Shape::KEPT, "the vector must have SF words, or one where nothing is kept");
  static_assert(LIMBS == Lanes<Weight, SIMD>::LIMBS, "a weight word must hold SIMD weights");
  static_assert(8 * sizeof(T) * LIMBS >= SIMD * Weight::BITS, "a limb must hold its lanes");
  using In = Lanes<Input, SIMD>;
  using Out = Lanes<Output, PE>;
  constexpr bool WIDE = Sum::BITS > 30 || Input::BITS > 30 || Weight::BITS > 30;
  using Value = typename std::conditional<WIDE, std::int64_t, std::int32_t>::type;

  Value sums[PE];  // wrapped to the bits of `Sum`, so that no register is wider
  HWGEN_PARTITION(sums, 1)

  unsigned word = 0;
  unsigned row = 0;
  unsigned nf = 0;
  unsigned fold = 0;
  unsigned sf = 0;
  unsigned beat = 0;
  // Before each slot: row == group * NF + nf of a pixel, word == row * SF + sf, beat == sf % TAP_BEATS, vector holds the
  // beats of the group read so far (all SF of them once nf or fold > 0), and where sf or fold > 0, sums[p] is the sum of
  // neuron nf * PE + p over all beats of earlier folds and beats 0 to sf - 1 of this one.
slots:
  for (unsigned slot = 0; slot < Shape::SLOTS; ++slot) {
    HWGEN_PIPELINE
    typename In::Word inputs;
    if (nf == 0 && fold == 0) {
      inputs = in.read();
      if (NF * Shape::PLANE_FOLDS > 1) vector[sf] = inputs;
    } else {
      inputs = vector[sf];
    }
    Operands<Arithmetic, Weight, Input, Value, SIMD> operands;
    operands.load(inputs, beat == Shape::TAP_BEATS - 1 ? Shape::LAST_INPUTS : SIMD);
    const bool starts = sf == 0 && fold == 0;

  neurons:
    HWGEN_UNROLL_NEXT_LOOP
    for (unsigned p = 0; p < PE; ++p) {
      HWGEN_UNROLL
      const Value before = starts ? Value(0) : sums[p];
      const Value sum = before + operands.dot(weights[word][p], fold);
      sums[p] = static_cast<Value>(Sum::decode(Sum::encode(sum)));
    }

    advance<Shape::TAP_BEATS>(beat, true);
    const bool ends_fold = advance<SF>(sf, true);
    const bool ends = advance<Shape::PLANE_FOLDS>(fold, ends_fold);
    const bool again = ends_fold && !ends;  // the same weights, for the next plane
    word = word == WORDS - 1 && !again ? 0 : word + (again ? 1 - SF : 1);
    if (ends) {
      typename Out::Limbs codes = {};
      const unsigned outputs = nf == NF - 1 ? Shape::LAST_OUTPUTS : PE;
    outputs:
      HWGEN_UNROLL_NEXT_LOOP
      for (unsigned p = 0; p < PE; ++p) {
        HWGEN_UNROLL
        if (p < outputs) Out::put(codes, p, Activation::apply(sums[p], row, p, tables...));
      }
      out.write(Out::join(codes));
    }
    advance<NF>(nf, ends);
    advance<Shape::GROUPS * NF>(row, ends);
  }
}

}  // namespace hwgen

#endif  // HWGEN_MVTU_HPP
