// SPDX-License-Identifier: Apache-2.0
// hwgen: gated matrix-vector-threshold unit: vectors whose gate is 0 are dropped, II = 1.
//
// Not for gates of many bits: each code has thresholds of its own.
#ifndef HWGEN_MVTU_GATED_HPP
#define HWGEN_MVTU_GATED_HPP

#include "mvtu.hpp"

namespace hwgen {

// One frame of `Shape`, an MvtuShape of one group: codes of `Input`, times their vector's code of `Gate`, become codes of
// `Output`.
//
// Weights, `vector` and `Sum` are those of `mvtu`. Row code * ROWS + nf of the tables is that of neuron fold nf; ROWS
// is NF, up to a power of two. A vector of code 0 takes SF slots to read and NF - 1 more to write; the rows of code 0
// are the same for every sum.
template <class Shape, unsigned ROWS, class Arithmetic, class Weight, class Input, class Gate, class Sum, class Output,
          class Activation, class T, unsigned WORDS, unsigned LIMBS, unsigned KEPT, class... Tables>
HWGEN_INLINE
void mvtu_gated(hls::stream<ap_uint<Shape::SIMD * Input::BITS>>& in, hls::stream<ap_uint<Gate::BITS>>& gates,
           hls::stream<ap_uint<Shape::PE * Output::BITS>>& out, ap_uint<Shape::SIMD * Input::BITS> (&vector)[KEPT],
           const T (&weights)[WORDS][Shape::PE][LIMBS], const Tables&... tables) {
  constexpr unsigned SIMD = Shape::SIMD;
  constexpr unsigned PE = Shape::PE;
  constexpr unsigned SF = Shape::SF;
  constexpr unsigned NF = Shape::NF;
  static_assert(Shape::GROUPS == 1, "a gated unit has one group");
  static_assert(Shape::PLANE_FOLDS == 1, "the planes of a gated unit stand side by side");
  static_assert(WORDS == Shape::WORDS, "the weights must have NF * SF words");
  static_assert(KEPT == Shape::KEPT, "the vector must have SF words, or one where nothing is kept");
  static_assert(LIMBS == Lanes<Weight, SIMD>::LIMBS, "a weight word must hold SIMD weights");
  using In = Lanes<Input, SIMD>;
  using Out = Lanes<Output, PE>;
  constexpr bool WIDE = Sum::BITS > 30 || Input::BITS > 30 || Weight::BITS > 30;
  using Value = typename std::conditional<WIDE, std::int64_t, std::int32_t>::type;

  Value sums[PE];
  HWGEN_PARTITION(sums, 1)

  unsigned pixel = 0;
  bool more = true;  // pixels
  unsigned word = 0;
  unsigned nf = 0;
  bool last_nf = NF == 1;
  unsigned sf = 0;
  bool ends = SF == 1;  // a neuron fold: this slot writes
  unsigned beat = 0;
  unsigned code = 0;
  bool closed = false;
  // Before each slot: beat == sf % TAP_BEATS and `vector` holds the beats of this vector read so far. Where nf > 0,
  // `code` is the vector's gate, and `closed` whether it is 0. Unless it is, word == nf * SF + sf and, if sf > 0, sums[p]
  // is the sum of neuron nf * PE + p over beats 0 to sf - 1. What this slot does was decided in the slot before, so that
  // no decision is carried on from another: last_nf == (nf == NF - 1), ends == (sf == SF - 1 || (nf > 0 && closed)).
slots:
  while (more) {
    HWGEN_PIPELINE
    typename In::Word inputs;
    if (nf == 0) {
      inputs = in.read();
      if (NF > 1) vector[sf] = inputs;
      if (ends) {
        code = static_cast<unsigned>(gates.read().to_uint());
        closed = code == 0;
      }
    } else {
      inputs = vector[sf];
    }
    Operands<Arithmetic, Weight, Input, Value, SIMD> operands;
    operands.load(inputs, beat == Shape::TAP_BEATS - 1 ? Shape::LAST_INPUTS : SIMD);

  neurons:
    HWGEN_UNROLL_NEXT_LOOP
    for (unsigned p = 0; p < PE; ++p) {
      HWGEN_UNROLL
      const Value before = sf == 0 ? Value(0) : sums[p];
      const Value sum = before + operands.dot(weights[word][p], 0);
      sums[p] = static_cast<Value>(Sum::decode(Sum::encode(sum)));
    }

    if (ends) {
      typename Out::Limbs codes = {};
      const unsigned outputs = last_nf ? Shape::LAST_OUTPUTS : PE;
    outputs:
      HWGEN_UNROLL_NEXT_LOOP
      for (unsigned p = 0; p < PE; ++p) {
        HWGEN_UNROLL
        if (p < outputs) Out::put(codes, p, Activation::apply(sums[p], code * ROWS + nf, p, tables...));
      }
      out.write(Out::join(codes));
    }
    const bool ends_pixel = ends && last_nf;
    const bool drops = ends && !last_nf && closed;  // the next neuron fold
    const bool next_last = SF == 1 || (!ends && sf == SF - 2);
    more = !advance<Shape::PIXELS>(pixel, ends_pixel);
    word = ends_pixel ? 0 : word + 1;
    beat = ends || beat == Shape::TAP_BEATS - 1 ? 0 : beat + 1;
    sf = ends ? 0 : sf + 1;
    last_nf = NF == 1 || (ends ? nf == NF - 2 : last_nf);
    nf = ends_pixel ? 0 : nf + ends;
    ends = drops || next_last;
  }
}

}  // namespace hwgen

#endif  // HWGEN_MVTU_GATED_HPP
