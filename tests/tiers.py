"""The two tiers: which cases run always, and which in the long one only."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

import pytest

Case = TypeVar("Case")
_run = {"is_long": False}
"""What is known of this run."""


def settle(*, is_long: bool) -> None:
    """Note which tier this run is of."""
    _run["is_long"] = is_long


def is_long() -> bool:
    """Whether this run is of the long tier."""
    return _run["is_long"]


def tiered(names: Iterable[object], *rare: object) -> list[Any]:
    """Test parameters: `names`, of which `rare` ones run in the long tier only."""
    return [pytest.param(name, marks=pytest.mark.long) if name in rare else name for name in names]


def some(cases: Sequence[Case], every: int) -> list[Case]:
    """Cases that one test takes together: all in the long tier, else the first and each `every`-th after it.

    `every` shares no factor with the periods in which the cases' options change, so that each option is met.
    """
    return list(cases[:: 1 if is_long() else every])


def often(many: int, few: int) -> int:
    """How often a test draws a random case: `many` times in the long tier, else `few` times."""
    return many if is_long() else few
