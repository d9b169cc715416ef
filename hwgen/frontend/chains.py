"""The pending steps of several streams side by side: one chain, whose parameters are those of each on its channels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from hwgen.errors import ModelError
from hwgen.frontend.grid import lines, steps_of
from hwgen.frontend.source import SourceNode
from hwgen.frontend.symbolic import Build, CodedTensor, collapse
from hwgen.ir.ops import Add, Clip, Combine, Div, Function, LeakyRelu, Mul, Step, arrays_of


def _identity(step: Step) -> Step | None:
    """A step of the same kind that changes nothing, None where there is none that is exact."""
    match step:
        case Mul():
            return Mul(np.ones(()))
        case Div():
            return Div(np.ones(()))
        case Add():
            return Add(np.zeros(()))
        case Clip():
            return Clip(np.asarray(-np.inf), np.asarray(np.inf))
        case LeakyRelu():
            return LeakyRelu(np.ones(()))
    return None


def _alike(first: Step, second: Step) -> bool:
    """Whether two steps differ in arrays alone; combined chains with parameters for each channel never are alike."""
    if isinstance(first, Combine):
        return first == second and not any(array.ndim for _, array in arrays_of(first))
    plain = [{n: v for n, v in vars(step).items() if not isinstance(v, np.ndarray)} for step in (first, second)]
    return type(first) is type(second) and plain[0] == plain[1]


def _name(step: Step) -> str:
    """A step as error messages call it."""
    if isinstance(step, Combine):
        return f"the {step.operator.value} of two functions of one tensor"
    return f"a function {step.function.value}" if isinstance(step, Function) else f"a {type(step).__name__}"


def _side_by_side(steps: Sequence[Step], channels: Sequence[int]) -> Step:
    """One step of several that are alike, parameters side by side."""
    changed: dict[str, Any] = {}
    for name, value in vars(steps[0]).items():
        if isinstance(value, np.ndarray):
            wide = [np.broadcast_to(getattr(s, name), (n,)) for s, n in zip(steps, channels, strict=True)]
            changed[name] = collapse(np.concatenate(wide))
    return replace(steps[0], **changed)


def joined_steps(node: SourceNode, build: Build, streams: Sequence[CodedTensor]) -> tuple[Step, ...]:
    """The pending steps of all branches as one chain, as they are or as lines. Raises: ModelError."""
    channels = [stream.value.type.channels for stream in streams]
    chains = [stream.steps for stream in streams]
    try:
        return _one_chain(chains, channels)
    except _UnlikeError as found:
        unlike = found
    straight = [_as_line(stream) for stream in streams]
    known = [chain for chain in straight if chain is not None]
    if len(known) == len(chains):
        return _one_chain(known, channels)
    names = " and ".join(build.label(stream.value) for stream in streams)
    raise ModelError(
        node.label,
        "its operands must have the same operators behind their layers",
        f"{_name(unlike.step)} not behind all of {names}",
        "Quantise each branch before the concatenation",
    )


@dataclass
class _UnlikeError(Exception):
    """A step of one branch that others can't have."""

    step: Step


def _one_chain(chains: Sequence[Sequence[Step]], channels: Sequence[int]) -> tuple[Step, ...]:
    """Several chains side by side, identities where one lacks a step. Raises: _UnlikeError."""
    rest, joined = [list(chain) for chain in chains], []
    while any(rest):
        head = max(rest, key=len)[0]
        steps = [chain.pop(0) if chain and _alike(chain[0], head) else _identity(head) for chain in rest]
        if None in steps:
            raise _UnlikeError(head)
        joined.append(_side_by_side([step for step in steps if step is not None], channels))
    return tuple(joined)


def _as_line(stream: CodedTensor) -> tuple[Step, ...] | None:
    """The chain as a factor and a term for each channel, where it is that."""
    try:
        meaning = lines(stream.steps, stream.value.type.channels)
        return None if meaning is None else steps_of(meaning)
    except OverflowError:
        return None
