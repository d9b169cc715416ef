"""Pipeline registers of units with weights, beyond those that every unit has."""

from __future__ import annotations

from dataclasses import dataclass

NO_SPAN = 64
"""More steps than any lane sum has: no registers among them."""


@dataclass(frozen=True)
class AdderLevels:
    """Steps of a lane sum (`hwgen_dot`), adders or products, behind which registers may stand.

    Attributes:
        before: the registers that every lane sum has, but for the last step, which has them behind it.
        after: these registers, but for the accumulator.
    """

    before: int
    after: int

    def cycles(self, span: int) -> int:
        """Registers in a row where they stand behind every `span` steps."""
        return self.before // span + self.after // span


@dataclass(frozen=True)
class PipelineRegisters:
    """Registers in the pipeline of a unit with weights beyond those it always has; each makes it a cycle later.

    Attributes:
        operands: 1 for registers behind the operands and weights.
        span: steps of the lane sum in a row, behind which registers stand; see `AdderLevels`.
        thresholds: 1 for registers behind the comparisons with thresholds.
    """

    operands: int = 0
    span: int = NO_SPAN
    thresholds: int = 0

    def cycles(self, steps: AdderLevels) -> int:
        """All of them in a row, of a unit whose lane sums have `steps`."""
        return self.operands + steps.cycles(self.span) + self.thresholds


NO_REGISTERS = PipelineRegisters()
"""What a unit has unless the user asks for more."""
