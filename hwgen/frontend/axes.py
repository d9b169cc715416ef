"""Operands and attributes that are axes, sizes or permutations."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hwgen.errors import ModelError
from hwgen.frontend.elementwise import constant_of
from hwgen.frontend.source import SourceNode
from hwgen.frontend.symbolic import Const, Tensor, real

_LARGEST = 1 << 62


def numbers_of(node: SourceNode, tensor: Tensor | None, what: str) -> tuple[int, ...]:
    """The whole numbers of a constant operand. Raises: ModelError where it holds others."""
    values = real(constant_of(node, tensor, what), node).reshape(-1)
    off = values[(values != np.rint(values)) | (np.abs(values) > _LARGEST)]
    if off.size:
        raise ModelError(node.label, f"its {what} must be whole numbers", f"{off[0]:g}", "Export the model again")
    return tuple(int(number) for number in values)


def wholes_of(node: SourceNode, tensor: Tensor, what: str) -> tuple[int, ...]:
    """The whole numbers of a constant operand, of any size where it is one of integers. Raises: ModelError."""
    constant = constant_of(node, tensor, what)
    if isinstance(constant, Const) and constant.value.dtype.kind in "iu":
        return tuple(int(number) for number in constant.value.reshape(-1))
    return numbers_of(node, constant, what)


def listed(node: SourceNode, operand: Tensor | None, name: str) -> tuple[int, ...] | None:
    """Whole numbers that one opset has as an operand and another as the attribute `name`; None where neither stands."""
    if operand is not None:
        return wholes_of(node, operand, name)
    return node.integers(name, ()) if name in node.attributes else None


def axis_of(node: SourceNode, axis: int, rank: int) -> int:
    """An axis counted from the front. Raises: ModelError where the tensor has no such axis."""
    if not -rank <= axis < rank:
        raise ModelError(
            node.label, f"its axis must be one of {rank}", f"axis {axis}", "Choose an axis that its input has"
        )
    return axis % rank


def axes_of(node: SourceNode, axes: Sequence[int], rank: int) -> tuple[int, ...]:
    """Axes counted from the front, each once, as they stand. Raises: ModelError."""
    found = tuple(axis_of(node, axis, rank) for axis in axes)
    if len(set(found)) != len(found):
        raise ModelError(node.label, "it must name each axis once", f"axes {tuple(axes)}", "Correct its axes")
    return found


def reduced_axes(node: SourceNode, operand: Tensor | None, rank: int) -> tuple[int, ...]:
    """The axes of a reduction in order: those it names, or all where it names none. Raises: ModelError."""
    given = listed(node, operand, "axes") or ()
    if not given and node.integer("noop_with_empty_axes", 0):
        raise ModelError(
            node.label,
            "it must name the axes that it reduces",
            "no axes, noop_with_empty_axes = 1",
            "Leave the operator out",
        )
    return tuple(sorted({axis_of(node, axis, rank) for axis in given or range(rank)}))
