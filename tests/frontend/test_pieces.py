"""Chains of straight pieces as sums: what they stand for at every code, on channels that rise, fall or are level."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from hwgen.frontend.pieces import has_pieces, terms_of
from hwgen.frontend.source import SourceNode
from hwgen.frontend.symbolic import Build, CodedTensor, in_order
from hwgen.golden.chain import approximate
from hwgen.golden.execute import run
from hwgen.ir.graph import Graph, Input, Output, Value
from hwgen.ir.ops import (
    Add,
    BatchNorm,
    Clip,
    Combine,
    Compare,
    Div,
    Function,
    FunctionKind,
    LeakyRelu,
    Mul,
    Operator,
    Step,
)
from hwgen.ir.types import FloatArray, IntType, TensorType

CHANNELS = 6
KIND = IntType(7, signed=True)
NODE = SourceNode("sum", "Add", (), (), {})


def at(value: float) -> FloatArray:
    return np.asarray(value, dtype=np.float64)


RELU = Clip(at(0), at(np.inf))
NORM = BatchNorm(
    np.array([0.5, -1, 2, -0.25, 0.125, -3]),
    np.array([9.0, 0, -50, 300, -300, 6]),
    np.array([1.0, 4, 3, 2, 1, 0]),
    np.ones(CHANNELS) * 4,
    0.0,
)
CHAINS: dict[str, tuple[Step, ...]] = {
    "relu": (RELU,),
    "relu_with_a_term_of_each_channel": (Mul(at(0.5)), Add(np.array([3.0, -2, 0, 100, -100, 0.25])), RELU),
    "relu_of_scales_that_fall": (NORM, RELU, Mul(at(-0.5)), Add(at(7))),
    "leaky": (Add(at(-5)), LeakyRelu(np.array([0.25, 0, -1, 2, 0.5, 1]))),
    "absolute": (LeakyRelu(at(-1)),),
    "clipped_on_both_sides": (Div(at(4)), Clip(at(-3.5), at(6))),
    "clip_after_clip": (NORM, RELU, Mul(at(0.25)), Clip(at(-np.inf), np.array([1.0, 2, 3, 4, 5, 6])), Add(at(-1))),
    "larger_of_two_lines": (Combine(Operator.MAX, (Mul(at(0.5)), Add(at(3))), (Mul(at(-1.5)),)),),
    "smaller_of_a_relu_and_a_line": (Combine(Operator.MIN, (RELU,), (Mul(at(0.25)), Add(at(5)))),),
    "thresholded": (Combine(Operator.MUL, (), (Compare(at(3), strict=True),)),),
    "reached": (Mul(at(-2)), Combine(Operator.MUL, (Compare(at(6), strict=False),), (Add(at(1)),))),
    "difference_of_relus": (Combine(Operator.ADD, (Add(at(4)), RELU), (Add(at(-4)), RELU, Mul(at(-1)))),),
}


def built(steps: tuple[Step, ...]) -> tuple[Build, CodedTensor]:
    value = Value("in0", TensorType((CHANNELS,), KIND))
    build = Build({value: in_order((CHANNELS,))})
    return build, CodedTensor(value, KIND.min, KIND.max, steps, in_order((1, CHANNELS)), quantised=True)


@pytest.mark.parametrize("name", CHAINS)
def test_the_terms_add_up_to_the_chain_at_every_code(name: str) -> None:
    build, stream = built(CHAINS[name])
    assert has_pieces(stream)
    terms = terms_of(build, NODE, stream)
    assert terms is not None
    codes = np.arange(KIND.min, KIND.max + 1)[:, None].repeat(CHANNELS, axis=1)
    total = np.zeros(codes.shape)
    for term, meaning in terms:
        graph = Graph("pieces", (Input(stream.value),), tuple(build.nodes), (Output(term.value),))
        arrived = run(graph, codes) if build.maker(term.value) else codes
        assert arrived.min() >= term.low and arrived.max() <= term.high
        scales, offsets = (
            np.array([float(Fraction(getattr(line, part))) for line in meaning]) for part in ("scale", "offset")
        )
        total += arrived * scales + offsets
    np.testing.assert_array_equal(total, approximate(stream.steps, codes.astype(np.float64)))


@pytest.mark.parametrize(
    "steps",
    [
        (Function(FunctionKind.TANH),),
        (Combine(Operator.MUL, (), ()),),
        (Combine(Operator.DIV, (Mul(at(0)), Add(at(1))), (Add(at(0.5)),)),),
        tuple(step for bend in range(9) for step in (LeakyRelu(at(-1)), Add(at(-(2.0**-bend) * 40)))),
    ],
)
def test_chains_of_other_pieces_and_of_many(steps: tuple[Step, ...]) -> None:
    build, stream = built(steps)
    assert not has_pieces(stream)
    assert terms_of(build, NODE, stream) is None
    assert not build.nodes


def test_a_chain_of_one_line_is_no_sum() -> None:
    build, stream = built((Mul(at(3)), NORM))
    assert not has_pieces(stream)
    terms = terms_of(build, NODE, stream)
    assert terms is not None
    ((term, meaning),) = terms
    assert term == stream and len(meaning) == CHANNELS
