"""Pipeline registers of units with weights, beyond those that every unit has."""

from __future__ import annotations

from dataclasses import dataclass

NO_SPAN = 64
"""More levels than any lane sum has: no registers among them."""


@dataclass(frozen=True)
class AdderLevels:
    """Levels of a lane sum (`hwgen_dot`), adders or products, behind which registers may stand.

    Every lane sum has one row of registers of its own.

    Attributes:
        before: levels in front of these registers, without the last, whose results they hold.
        after: levels behind them, without the accumulator.
        front: whether LUTs stand in front of adders: counts of three bits, or choices of rows of pairs.
    """

    before: int
    after: int
    front: bool = False

    def cycles(self, span: int) -> int:
        """Rows of registers where one stands behind every `span` levels; with 0, behind each and in front."""
        each = max(1, span)
        return self.before // each + self.after // each + (self.front and span == 0)


@dataclass(frozen=True)
class PipelineRegisters:
    """Registers in the pipeline of a unit with weights beyond those it always has; each row is a cycle of latency.

    Attributes:
        operands: 1 for registers behind the operands and weights.
        span: levels of the lane sum between two rows of registers; 0 for a row behind each and in front of adders, too:
            see `AdderLevels`.
        thresholds: rows in the activation: behind the comparisons, then amid the count; or behind the line, in front of
            its product, behind it, and behind its parts.
    """

    operands: int = 0
    span: int = NO_SPAN
    thresholds: int = 0

    def cycles(self, levels: AdderLevels) -> int:
        """Rows of registers on the path of a unit whose lane sums have `levels`: the cycles that they add."""
        return self.operands + levels.cycles(self.span) + self.thresholds


NO_REGISTERS = PipelineRegisters()
"""What a unit has unless the user asks for more."""
