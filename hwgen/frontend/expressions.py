"""Operators on two chains of one value: such an operator is itself a step of that value, whatever the functions are.

x * sigmoid(x), x * tanh(softplus(x)), x * x and x * (x > t) are steps like any other, and no unit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import takewhile

import numpy as np

from hwgen.errors import ModelError
from hwgen.frontend.elementwise import stream_of
from hwgen.frontend.grid import lines
from hwgen.frontend.source import SourceNode
from hwgen.frontend.symbolic import Absolute, Build, CodedTensor, Tensor
from hwgen.ir.ops import Combine, Div, Mul, Operator

_OPERATORS = {"Add": Operator.ADD, "Div": Operator.DIV, "Max": Operator.MAX, "Mean": Operator.ADD} | {
    "Min": Operator.MIN,
    "Mul": Operator.MUL,
    "Sub": Operator.ADD,
    "Sum": Operator.ADD,
}


def of_one_value(first: CodedTensor, second: CodedTensor) -> bool:
    """Whether two streams are chains of one value, each element of the same code."""
    same = first.value == second.value and np.array_equal(first.places, second.places)
    return same and not first.planes and not second.planes


def together(
    build: Build, node: SourceNode, operator: Operator, first: CodedTensor, second: CodedTensor
) -> CodedTensor:
    """An operator on two chains of one value, as one chain. Raises: ModelError where the values are two."""
    if not of_one_value(first, second):
        raise ModelError(
            node.label,
            "its operands must be constants, or functions of one tensor element by element",
            f"{first.shape} from {build.label(first.value)} and {second.shape} from {build.label(second.value)}",
            "Compute both from the same tensor",
        )
    pairs = zip(first.steps, second.steps, strict=False)
    same = len(list(takewhile(lambda pair: pair[0] == pair[1], pairs)))
    step = Combine(operator, first.steps[same:], second.steps[same:])
    return replace(first, steps=(*first.steps[:same], step))


def of_itself(node: SourceNode, streams: Sequence[CodedTensor]) -> bool:
    """Whether the operator is one on functions of a single value, which no unit that joins codes takes."""
    first = streams[0]
    if not all(of_one_value(first, other) for other in streams[1:]):
        return False
    if node.op == "Mul":
        products = all(isinstance(step, Mul | Div) for stream in streams for step in stream.steps)
        return first.value.type.channels > 1 or not products
    affine = all(lines(stream.steps, stream.value.type.channels) is not None for stream in streams)
    return not affine or node.op == "Div" or (node.op in ("Max", "Min") and not first.quantised)


def combined(build: Build, node: SourceNode, streams: Sequence[CodedTensor]) -> CodedTensor:
    """The step that an operator on functions of a single value is."""
    joined = streams[0]
    for other in streams[1:]:
        joined = together(build, node, _OPERATORS[node.op], joined, other)
    return joined


def operands_of(node: SourceNode, args: Sequence[Tensor | None]) -> list[Tensor]:
    """The operands that there are, absolute values as chains of steps."""
    return [stream_of(node, each) if isinstance(each, Absolute) else each for each in args if each is not None]
