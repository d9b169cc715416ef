"""Legality: every rule has a network that breaks it, and its message."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hwgen.errors import CheckError
from hwgen.ir.check import check
from hwgen.ir.graph import Graph, Node, Output, Value
from hwgen.ir.ops import (
    Activation,
    Add,
    ArgMax,
    Combine,
    Concat,
    Gather,
    Levels,
    Magnitude,
    MatMul,
    Mul,
    Op,
    Operator,
    Quantise,
    Rounding,
    Scale,
    Sign,
    Threshold,
)
from hwgen.ir.types import IntType, TensorType
from tests.builders import B, chain, random_network, value
from tests.ir.samples import sample_graphs

INT4, UINT2 = IntType(4, signed=True), IntType(2, signed=False)
X = value("x", 3, INT4)
T3 = TensorType((3,), B)
LEGAL = random_network(np.random.default_rng(3), (5, 4, 3))


def one(op: Op, out: TensorType) -> Graph:
    """A network of one operation on three 4-bit channels."""
    return chain("g", X, ("n", op, out))


def threshold(thresholds: object = ((0,),), descending: object = (0,), base: int = -1, step: int = 2) -> Threshold:
    return Threshold(np.array(thresholds), np.array(descending), base, step)


FIRST, SECOND, THIRD = LEGAL.nodes
BROKEN: dict[str, tuple[Graph, str]] = {
    "names": (
        replace(LEGAL, nodes=(FIRST, SECOND, replace(THIRD, name="fc0"))),
        "net: node names must be unique; found fc0.",
    ),
    "order": (
        replace(LEGAL, nodes=(SECOND, FIRST, THIRD)),
        "act0 (net.act0): an input must be defined before; found fc0_out.",
    ),
    "other_type": (
        replace(LEGAL, nodes=(FIRST, replace(SECOND, inputs=(value("fc0_out", 4, B),)), THIRD)),
        "act0 (net.act0): an input must be defined before; found fc0_out.",
    ),
    "twice": (
        replace(LEGAL, nodes=(FIRST, replace(SECOND, output=FIRST.output), THIRD)),
        "act0 (net.act0): a value must be produced once; found fc0_out.",
    ),
    "no_output": (
        replace(LEGAL, outputs=(Output(Value("y", T3)),)),
        "net: the output must be produced; found y.",
    ),
    "two_inputs": (
        replace(LEGAL, nodes=(replace(FIRST, inputs=FIRST.inputs * 2), SECOND, THIRD)),
        "fc0 (net.fc0): inputs are read; found 2.",
    ),
    "rows": (
        one(MatMul(np.ones((3, 3)), B, rows=(0, 1, 1)), TensorType((3,), IntType(6, signed=True))),
        "n (net.n): rows are a permutation of the outputs; found (0, 1, 1).",
    ),
    "weights_rank": (one(MatMul(np.ones(3), B), T3), "n (net.n): weights are (out, in); found (3,)."),
    "weights_shape": (
        one(MatMul(np.ones((3, 2)), B), T3),
        "n (net.n): weights fit what goes in and comes out; found (3, 2).",
    ),
    "weights_codes": (one(MatMul(np.zeros((3, 3)), B), T3), "n (net.n): weights are codes of bipolar; found others."),
    "shape": (one(Activation((Sign(),)), TensorType((4,), B)), "n (net.n): the shape stays; found 4xbipolar."),
    "parameter": (
        one(Activation((Mul(np.ones(2)), Sign())), T3),
        "n (net.n): factor is per channel or one for all; found (2,).",
    ),
    "levels": (
        one(Activation((Levels(np.zeros((2, 1)), -1, 2),)), T3),
        "n (net.n): levels is per channel or one for all; found (2, 1).",
    ),
    "no_quantiser": (
        one(Activation((Add(np.ones(())),)), T3),
        "n (net.n): the last step is a quantiser; found (Add(term=array(1.)),).",
    ),
    "two_quantisers": (
        one(Activation((Sign(), Sign())), T3),
        "n (net.n): only the last step is a quantiser; found 2.",
    ),
    "no_steps": (one(Activation(()), T3), "n (net.n): the last step is a quantiser; found ()."),
    "threshold_shape": (one(threshold(), TensorType((2,), B)), "n (net.n): the shape stays; found 2xbipolar."),
    "threshold_channels": (
        one(threshold([[0], [1]]), T3),
        "n (net.n): thresholds are per channel; found (2, 1).",
    ),
    "directions": (one(threshold(descending=(0, 1)), T3), "n (net.n): directions are per channel; found (2,)."),
    "no_threshold": (one(threshold(np.zeros((1, 0))), T3), "n (net.n): there is a threshold; found (1, 0)."),
    "falling": (
        one(threshold([[1, 0]], base=0, step=1), TensorType((3,), UINT2)),
        "n (net.n): thresholds ascend; found [[1 0]].",
    ),
    "gaps": (one(threshold(step=1), T3), "n (net.n): codes are adjacent; found 1."),
    "gaps_in_integers": (
        one(threshold(base=0, step=2), TensorType((3,), UINT2)),
        "n (net.n): codes are adjacent; found 2.",
    ),
    "codes": (
        one(Threshold(np.array([[0, 1]]), np.zeros(1), 0, 1, codes=np.array([0, 1])), TensorType((3,), UINT2)),
        "n (net.n): there is a code for each count; found (2,).",
    ),
    "least_code": (
        one(Threshold(np.array([[0, 1]]), np.zeros(1), 0, 1, codes=np.array([2, 1, 3])), TensorType((3,), UINT2)),
        "n (net.n): codes are 0 and 1 more each; found [2 1 3].",
    ),
    "inner_quantiser": (
        one(Activation((Combine(Operator.ADD, (), (Sign(),)), Sign())), T3),
        "n (net.n): only the last step is a quantiser; found Sign.",
    ),
    "inner_parameters": (
        one(Activation((Combine(Operator.ADD, (), (Mul(np.ones(2)),)), Sign())), T3),
        "n (net.n): factor is per channel or one for all; found (2,).",
    ),
    "argmax": (one(ArgMax(), TensorType((2,), UINT2)), "n (net.n): one index leaves; found 2xuint2."),
    "accumulator": (
        one(MatMul(np.ones((3, 3)), B), TensorType((3,), INT4)),
        "n (net.n): every code fits int4; found [-24, 21].",
    ),
    "magnitude": (
        one(Magnitude(2), TensorType((1,), INT4)),
        "n (net.n): it sums a pixel or the whole tensor; found 2.",
    ),
    "scale": (
        Graph.of(
            "g",
            X,
            (Node("n", Scale(), (X, X, X), value("y", 3, IntType(8, signed=True)), "net.n"),),
            value("y", 3, IntType(8, signed=True)),
        ),
        "n (net.n): a tensor and one number for each of its pixels or elements go in; found ['3xint4', '3xint4', "
        "'3xint4'].",
    ),
    "gather": (
        one(Gather(np.array([0, 1, 3])), T3),
        "n (net.n): places are of the 3 elements that go in; found others.",
    ),
    "gather_type": (
        one(Gather(np.array([0, 1, 1])), TensorType((3,), IntType(8, signed=True))),
        "n (net.n): the type stays; found 3xint8.",
    ),
    "gather_count": (
        one(Gather(np.array([0, 1])), TensorType((3,), INT4)),
        "n (net.n): each element that goes out has a place; found (2,).",
    ),
    "axis": (
        Graph.of("g", X, (Node("n", Concat(-2), (X, X), value("y", 6, INT4), "net.n"),), value("y", 6, INT4)),
        "n (net.n): it joins one of the 1 axes; found -2.",
    ),
    "index": (
        chain("g", value("x", 9, INT4), ("n", ArgMax(), TensorType((1,), UINT2))),
        "n (net.n): every code fits uint2; found [0, 8].",
    ),
    "bipolar": (
        one(Activation((Quantise(np.ones(()), np.zeros(()), 0, 1, Rounding.FLOOR),)), T3),
        "n (net.n): bipolar codes are -1 and +1; found (0, 1).",
    ),
}


@pytest.mark.parametrize("rule", BROKEN)
def test_broken_rule(rule: str) -> None:
    graph, message = BROKEN[rule]
    with pytest.raises(CheckError) as error:
        check(graph)
    assert str(error.value) == message


@pytest.mark.parametrize("graph", [*sample_graphs(), LEGAL], ids=lambda graph: graph.nodes[-1].name)
def test_legal_networks(graph: Graph) -> None:
    check(graph)
