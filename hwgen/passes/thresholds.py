"""The one threshold pass: evaluate the activation at the integers that can arrive, find where its output steps.

Where every step of the chain is monotone, each threshold is guessed from the real numbers that the quantiser reads, and
proven: the code is reached there and not at the integer before. What a guess misses is bisected. Small ranges are
evaluated at every integer, which shows whether the codes rise, fall or do both; wide ones of chains that are not known
to be monotone are bisected until each part has one code (`hwgen.passes.runs`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from hwgen.errors import ModelError
from hwgen.golden.chain import direction, evaluate, reals
from hwgen.golden.functions import UndefinedError
from hwgen.ir.graph import Graph, Node
from hwgen.ir.ops import (
    Activation,
    Add,
    Levels,
    Mul,
    Quantise,
    Rounding,
    Sign,
    Step,
    Threshold,
    arrays_of,
    for_channels,
)
from hwgen.ir.ranges import Range, quantiser_range, ranges
from hwgen.ir.types import BoolArray, FloatArray, IntArray
from hwgen.passes.runs import Runs, TooManyRunsError, find_runs, runs_of_table
from hwgen.passes.sequence import sequenced

_MOST = (1 << 62) - 1
"""Above every integer that a quantiser may read: a threshold that is never reached fits a signed integer of 63 bits and
the sum of two of them int64."""

_MOST_LEVELS = 1 << 24
"""Thresholds of one quantiser, of all its channels together."""

_LARGEST_TABLE = 1 << 22
"""Integers times channels at which a chain is evaluated at most; above it, steps are searched."""

_PROBES = 8
"""Evaluations that a search takes for each threshold, about."""

_MOST_STATED = 8
"""Most channels whose scales a warning asks the user to state."""


_Points = tuple[IntArray, IntArray, IntArray, BoolArray, FloatArray]
"""First and last integer, code, direction and goal of levels that are searched."""


@dataclass(frozen=True)
class Thresholds:
    """Replace every Activation by the Threshold that gives the same codes at every integer that can arrive.

    Attributes:
        table_limit: largest table (integers x channels) that is evaluated; None for what is less work than a search.
    """

    name: str = "thresholds"
    table_limit: int | None = None

    def apply(self, graph: Graph) -> Graph:
        known = ranges(graph)
        nodes = tuple(
            replace(node, op=replace(self._threshold(node, known[node.inputs[0].name]), grid=_grid(graph, node)))
            if isinstance(node.op, Activation)
            else node
            for node in graph.nodes
        )
        return replace(graph, nodes=nodes)

    def _threshold(self, node: Node, bounds: Range) -> Threshold:
        """The thresholds of one activation.

        Raises:
            ModelError: the codes change too often, the chain has no value at some integer, the quantiser has a single
                code or more than memory holds, or its input is too wide for thresholds.
        """
        assert isinstance(node.op, Activation)
        steps = node.op.steps
        low, high = bounds.min, bounds.max
        # Parameters that are the same on every channel give the same thresholds: one set serves all.
        channels = node.inputs[0].type.channels if _per_channel(node.op) else 1
        base, top = quantiser_range(node.op)
        if base == top:
            raise ModelError(node.label, "a quantiser must give two codes or more", f"only {base}", "Give it more bits")
        stride = _stride(node.op)
        if (top - base) // stride * channels > _MOST_LEVELS:
            must, found = f"a quantiser must have at most {_MOST_LEVELS:,} thresholds", f"codes from {base} to {top}"
            more = f", on {channels} channels" if channels > 1 else ""
            raise ModelError(node.label, must, found + more, "Give it fewer bits")
        if high >= _MOST:
            must = f"a quantiser must read integers below {_MOST}"
            raise ModelError(node.label, must, f"[{low}, {high}]", "Use fewer bits for weights or activations")
        search = _Search(steps, low, high, base, top, stride)
        try:
            return search.found(channels, self.table_limit)
        except UndefinedError as error:
            must, change = "the chain before the quantiser must have a value everywhere", "Clip it to where it has one"
            raise ModelError(node.label, must, str(error), change) from None
        except TooManyRunsError:
            must, found = "the codes must change less often", f"at more than {_MOST_LEVELS:,} of [{low}, {high}]"
            raise ModelError(node.label, must, found, "Use a smoother activation, or fewer bits") from None


def _grid(graph: Graph, node: Node) -> tuple[float, ...]:
    """`Threshold.grid`: set where stating it as the input's scale and offset would make the quantiser the identity."""
    assert isinstance(node.op, Activation)
    *before, last = node.op.steps
    kind = node.output.type.dtype
    source = next((each for each in graph.inputs if each.value == node.inputs[0]), None)
    if source is None or len(graph.users[source.value.name]) > 1:
        return ()
    if not isinstance(last, Quantise) or last.rounding is not Rounding.HALF_EVEN:
        return ()
    scale, offset = source.encoding.scale, source.encoding.offset
    meaning = [step for step, used in ((Mul(scale), np.any(scale != 1)), (Add(offset), np.any(offset != 0))) if used]
    plain = not np.any(last.zero_point != 0) or not np.any(last.scale != 1)
    if before != meaning or not plain or (last.low, last.high) != (kind.min, kind.max):
        return ()
    ends = np.broadcast_arrays(np.atleast_1d(last.scale), 0.0 - last.zero_point * last.scale)
    return tuple(np.stack(ends, axis=1).reshape(-1).tolist()) if ends[0].size <= _MOST_STATED else ()


def _per_channel(op: Activation) -> bool:
    arrays = (array for step in op.steps for _, array in arrays_of(step))
    return any(array.ndim > 0 and array.shape[0] > 1 for array in arrays)


def _stride(op: Activation) -> int:
    match op.steps[-1]:
        case Sign():
            return 2
        case Levels(step=step):
            return step
        case _:
            return 1


@dataclass(frozen=True)
class _Search:
    """Thresholds of a chain on integers from `low` to `high`, whose codes go from `base` to `top`."""

    steps: tuple[Step, ...]
    low: int
    high: int
    base: int
    top: int
    stride: int

    @property
    def levels(self) -> int:
        return (self.top - self.base) // self.stride

    def found(self, channels: int, limit: int | None) -> Threshold:
        """The thresholds of `channels` channels: by a table of at most `limit` codes, or of what is less work."""
        size, sign = (self.high - self.low + 1) * channels, direction(self.steps, channels)
        if size <= (min(_PROBES * self.levels * channels, _LARGEST_TABLE) if limit is None else limit):
            integers = np.arange(self.low, self.high + 1)[:, None].repeat(channels, axis=1)
            return self._of_runs(runs_of_table(evaluate(self.steps, integers).T, self.low))
        if sign is None:
            return self._of_runs(find_runs(self.steps, self.low, self.high, channels))
        descending = self.falls(sign)
        return Threshold(self.thresholds(descending), descending.astype(np.int64), self.base, self.stride)

    def _of_runs(self, runs: Runs) -> Threshold:
        """The thresholds of runs of codes: with a sequence of codes where a channel both rises and falls."""
        moves = np.where(np.diff(runs.channel) == 0, np.diff(runs.code), 0)
        rises, falls = (np.bincount(runs.channel[1:], way, runs.channel[-1] + 1) for way in (moves > 0, moves < 0))
        if np.any((rises > 0) & (falls > 0)):
            found = sequenced(runs, self.low, self.high, self.stride)
            base = int(found.codes.min())
            return Threshold(found.thresholds, found.descending, base, self.stride, codes=found.codes)
        rows = [self._row(*run) for run in runs.by_channel()]
        return Threshold(np.stack(rows), (falls > 0).astype(np.int64), self.base, self.stride)

    def _row(self, first: IntArray, codes: IntArray) -> IntArray:
        """The thresholds of one channel whose codes rise or fall."""
        rising = self.base + self.top - codes if codes[-1] < codes[0] else codes
        wanted = self.base + self.stride * np.arange(1, self.levels + 1)
        return np.append(first, self.high + 1)[np.searchsorted(rising, wanted)]

    def falls(self, sign: IntArray) -> BoolArray:
        """Per channel, whether codes fall: not where they all are the same."""
        ends = evaluate(self.steps, np.array([[self.low], [self.high]]).repeat(sign.size, axis=1))
        falling: BoolArray = (sign < 0) & (ends[0] != ends[1])
        return falling

    def thresholds(self, descending: BoolArray) -> IntArray:
        """(C, levels): the first integer in [low, high + 1] that reaches each code.

        By turns a guess and the middle of what is left, so that a guess which never helps costs one bisection more.
        """
        wanted = self.base + self.stride * np.arange(1, (self.top - self.base) // self.stride + 1)[:, None]
        lowest, highest = (
            np.full((len(wanted), descending.size), end, dtype=np.int64) for end in (self.low, self.high)
        )
        first = np.where(self._reached(highest, wanted, descending), lowest, highest + 1)
        last = np.where(self._reached(lowest, wanted, descending), lowest, highest + 1)
        goal = _goals(self.steps[-1], wanted, descending, self.base + self.top + self.stride)
        guessing = True
        while np.any(first < last):
            if isinstance(self.steps[-1], Levels):
                first, last = self._narrowed(first, last, wanted, descending, goal, guessing=guessing)
            else:
                level, channel = at = np.nonzero(first < last)
                points = (first[at], last[at], wanted[level, 0], descending[channel], goal[at])
                first[at], last[at] = self._of_points(channel, descending.size, points, guessing=guessing)
            guessing = not guessing
        return first.T

    def _of_points(
        self, channel: IntArray, channels: int, points: _Points, *, guessing: bool
    ) -> tuple[IntArray, IntArray]:
        """`_narrowed` of some levels of some channels, each (P,)."""
        if channels == 1:
            first, last, wanted, descending, goal = points
            column = slice(None), np.newaxis
            parts = first[column], last[column], wanted[column], descending[column], goal[column]
            first, last = self._narrowed(*parts, guessing=guessing)
            return first[:, 0], last[:, 0]
        return replace(self, steps=for_channels(self.steps, channel))._narrowed(*points, guessing=guessing)

    def _narrowed(
        self,
        first: IntArray,
        last: IntArray,
        wanted: IntArray,
        descending: BoolArray,
        goal: FloatArray,
        *,
        guessing: bool,
    ) -> tuple[IntArray, IntArray]:
        """The integers between which codes `wanted` are reached, closer than `first` and `last`."""
        probe = (first + last) // 2
        if guessing:
            ends = [reals(self.steps, np.minimum(each, self.high)) for each in (first, last)]
            probe = _between(first, last, goal, ends)
        for shift in (0, -1) if guessing else (0,):
            at = np.clip(probe + shift, self.low, self.high)
            reached = self._reached(at, wanted, descending)
            first = np.where(reached, first, np.maximum(first, np.minimum(at + 1, last)))
            last = np.where(reached, np.minimum(last, at), last)
        return first, last

    def _reached(self, integers: IntArray, wanted: IntArray, descending: BoolArray) -> BoolArray:
        found = evaluate(self.steps, integers)
        rising: IntArray = np.where(descending, self.base + self.top - found, found)
        reached: BoolArray = rising >= wanted
        return reached


def _goals(last: Step, wanted: IntArray, descending: BoolArray, mirror: int) -> FloatArray:
    """About what the quantiser's input is where each code is reached, (levels, C)."""
    code = np.where(descending, mirror - wanted, wanted)
    match last:
        case Sign():
            return np.zeros(code.shape)
        case Levels(levels=levels, base=base, step=stride):
            index = (code - base) // stride - 1
            return np.take_along_axis(np.broadcast_to(levels.T, (levels.shape[1], code.shape[1])), index, axis=0)
        case Quantise(rounding=rounding):
            return code - {Rounding.FLOOR: 0.0, Rounding.CEIL: 1.0}.get(rounding, 0.5)
        case _:
            raise TypeError(f"{type(last).__name__} is not a quantiser")


def _between(first: IntArray, last: IntArray, goal: FloatArray, ends: list[FloatArray]) -> IntArray:
    """The integers between `first` and `last` where a straight line through `ends` reaches `goal`."""
    with np.errstate(all="ignore"):
        part = (goal - ends[0]) / (ends[1] - ends[0])
    part = np.where(np.isfinite(part), np.clip(part, 0.0, 1.0), 0.5)
    return np.clip(first + np.ceil(part * (last - first)).astype(np.int64), first, last)
