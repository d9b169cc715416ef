"""Where float32 itself cannot tell which code a quantiser gives: numbers that lie on a step within its rounding errors.

torch and the executors of QONNX compute in float32, hwgen exactly. A frame may give another result there only if some
number in front of a quantiser is as near to a step as float32's errors reach. The bound on these errors is that of
float32 arithmetic: half a unit in the last place for each operation, and for a sum of products that of its largest
possible partial sum.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from hwgen.golden.chain import approximate
from hwgen.golden.execute import trace
from hwgen.ir.graph import Graph, Node
from hwgen.ir.ops import (
    Activation,
    Add,
    BatchNorm,
    Clip,
    Combine,
    Compare,
    Div,
    Function,
    LeakyRelu,
    Levels,
    Mul,
    Operator,
    Quantise,
    Rounding,
    Sign,
    Step,
)
from hwgen.ir.ranges import ranges

Array = npt.NDArray[Any]
UNIT = 2.0**-22
"""Bound on the relative error of a few operations of float32."""
HALVES = (Rounding.HALF_EVEN, Rounding.HALF_UP, Rounding.HALF_DOWN)


def doubtful_frames(graph: Graph, codes: Array) -> npt.NDArray[np.bool_]:
    """For each frame of `codes` whether some quantiser of the imported network meets a number that near to a step."""
    known, bounds = trace(graph, codes), ranges(graph)
    doubtful = np.zeros(len(codes), dtype=bool)
    for node in graph.nodes:
        if isinstance(node.op, Activation):
            source = node.inputs[0].name
            largest = max(-bounds[source].min, bounds[source].max) if source in graph.producers else 0
            near = _near(node, node.op.steps, known[source].astype(np.float64), float(largest))
            doubtful |= near.reshape(len(codes), -1).any(axis=1)
    return doubtful


def _near(node: Node, steps: tuple[Step, ...], x: Array, largest: float) -> npt.NDArray[np.bool_]:
    x, error = _chain(steps[:-1], x, np.full_like(x, largest * UNIT))
    match steps[-1]:
        case Sign():
            return np.asarray(np.abs(x) <= error)
        case Levels(levels=levels):
            return np.asarray((np.abs(x[..., None] - levels) <= error[..., None]).any(axis=-1))
        case Quantise(scale=scale, zero_point=zero, low=low, high=high, rounding=rounding):
            z = x / scale + zero
            slack = error / scale + UNIT * (np.abs(x / scale) + np.abs(z))
            place = z - 0.5 if rounding in HALVES else z
            inside = (z > low - 1 - slack) & (z < high + 1 + slack)
            return np.asarray(inside & (np.abs(place - np.rint(place)) <= slack))
    raise AssertionError(f"{node.name} ends with no quantiser")


def _chain(steps: tuple[Step, ...], x: Array, error: Array) -> tuple[Array, Array]:
    for step in steps:
        x, error = _step(step, x, error)
    return x, error


def _step(step: Step, x: Array, error: Array) -> tuple[Array, Array]:
    match step:
        case Mul(factor=factor):
            y = x * factor
            return y, error * np.abs(factor) + UNIT * np.abs(y)
        case Div(divisor=divisor):
            y = x / divisor
            return y, error / np.abs(divisor) + UNIT * np.abs(y)
        case Add(term=term):
            return x + term, error + UNIT * (np.abs(x) + np.abs(term))
        case BatchNorm(gamma=gamma, beta=beta, mean=mean, variance=variance, epsilon=epsilon):
            slope = gamma / np.sqrt(variance + epsilon)
            y = (x - mean) * slope + beta
            rounding = UNIT * (np.abs(slope) * (np.abs(x) + np.abs(mean)) + np.abs(beta))
            return y, error * np.abs(slope) + rounding
        case Clip(low=low, high=high):
            return np.clip(x, low, high), error
        case LeakyRelu(slope=slope):
            return np.where(x >= 0, x, x * slope), error * np.maximum(1, np.abs(slope))
        case Function():
            y, *ends = (approximate((step,), number) for number in (x, x - error, x + error))
            return y, np.abs(np.subtract(*ends)) + 2 * UNIT * np.abs(y)
        case Compare(bound=bound):
            return approximate((step,), x), (np.abs(x - bound) <= error).astype(np.float64)
        case Combine():
            return _combined(step, x, error)
    raise AssertionError(f"{type(step).__name__} ends a chain")


def _combined(step: Combine, x: Array, error: Array) -> tuple[Array, Array]:
    (a, of_a), (b, of_b) = (_chain(steps, x, error) for steps in (step.left, step.right))
    y = approximate((step,), x)
    match step.operator:
        case Operator.ADD:
            return y, of_a + of_b + UNIT * (np.abs(a) + np.abs(b))
        case Operator.MUL:
            return y, np.abs(a) * of_b + np.abs(b) * of_a + UNIT * np.abs(y)
        case Operator.DIV:
            return y, (of_a + np.abs(y) * of_b) / np.abs(b) + UNIT * np.abs(y)
        case Operator.MAX | Operator.MIN:
            return y, np.maximum(of_a, of_b)
