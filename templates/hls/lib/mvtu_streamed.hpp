// SPDX-License-Identifier: Apache-2.0
// hwgen: matrix-vector-threshold unit whose weights come as a stream, a word of PE times SIMD in each slot, II = 1.
//
// Not for weights that fit the chip: mvtu.hpp reads them from a table.
#ifndef HWGEN_MVTU_STREAMED_HPP
#define HWGEN_MVTU_STREAMED_HPP

#include "mvtu.hpp"

namespace hwgen {

// One frame of `Shape`, an MvtuShape: codes of `Input` become codes of `Output`.
//
// Of each pixel, word (group * NF + nf) * SF + sf of `weights` holds the lanes of beat sf for neurons nf * PE to
// nf * PE + PE - 1 of the group, those of the first neuron lowest. `vector`, `Sum` and `Activation` are as in mvtu.hpp.
template <class Shape, class Arithmetic, class Weight, class Input, class Sum, class Output, class Activation,
          unsigned KEPT, class... Tables>
HWGEN_INLINE
void mvtu_streamed(hls::stream<ap_uint<Shape::SIMD * Input::BITS>>& in,
                   hls::stream<ap_uint<Shape::PE * Shape::SIMD * Weight::BITS>>& weights,
                   hls::stream<ap_uint<Shape::PE * Output::BITS>>& out,
                   ap_uint<Shape::SIMD * Input::BITS> (&vector)[KEPT], const Tables&... tables) {
  constexpr unsigned SIMD = Shape::SIMD;
  constexpr unsigned PE = Shape::PE;
  constexpr unsigned SF = Shape::SF;
  constexpr unsigned NF = Shape::NF;
  static_assert(Shape::PLANE_FOLDS == 1 && PlaneFolds<Arithmetic>::COUNT == 1, "folded planes meet weights again");
  static_assert(KEPT == Shape::KEPT, "the vector must have SF words, or one where nothing is kept");
  using In = Lanes<Input, SIMD>;
  using Weights = Lanes<Weight, SIMD>;
  using Word = ap_uint<PE * SIMD * Weight::BITS>;
  using Out = Lanes<Output, PE>;
  constexpr bool WIDE = Sum::BITS > 30 || Input::BITS > 30 || Weight::BITS > 30;
  using Value = typename std::conditional<WIDE, std::int64_t, std::int32_t>::type;

  Value sums[PE];  // wrapped to the bits of `Sum`, so that no register is wider
  HWGEN_PARTITION(sums, 1)

  unsigned row = 0;
  unsigned nf = 0;
  unsigned sf = 0;
  unsigned beat = 0;
  // Before each slot: row == group * NF + nf of a pixel, beat == sf % TAP_BEATS, vector holds the beats of the group read
  // so far (all SF of them once nf > 0), and where sf > 0, sums[p] is the sum of neuron nf * PE + p over beats 0 to sf - 1.
slots:
  for (unsigned slot = 0; slot < Shape::SLOTS; ++slot) {
    HWGEN_PIPELINE
    typename In::Word inputs;
    if (nf == 0) {
      inputs = in.read();
      if (NF > 1) vector[sf] = inputs;
    } else {
      inputs = vector[sf];
    }
    Operands<Arithmetic, Weight, Input, Value, SIMD> operands;
    operands.load(inputs, beat == Shape::TAP_BEATS - 1 ? Shape::LAST_INPUTS : SIMD);
    const Word word = weights.read();
    const bool starts = sf == 0;

  neurons:
    HWGEN_UNROLL_NEXT_LOOP
    for (unsigned p = 0; p < PE; ++p) {
      HWGEN_UNROLL
      const Value before = starts ? Value(0) : sums[p];
      typename Weights::Limbs row_weights;
      Weights::split(typename Weights::Word(word >> (p * SIMD * Weight::BITS)), row_weights);
      const Value sum = before + operands.dot(row_weights, 0);
      sums[p] = static_cast<Value>(Sum::decode(Sum::encode(sum)));
    }

    advance<Shape::TAP_BEATS>(beat, true);
    const bool ends = advance<SF>(sf, true);
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

#endif  // HWGEN_MVTU_STREAMED_HPP
