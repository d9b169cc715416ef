"""Stages of a verb on standard error: bars on a terminal, elsewhere lines of long runs, or of all with `-v`."""

from __future__ import annotations

import time
from contextvars import ContextVar
from enum import IntEnum
from typing import TYPE_CHECKING

from rich.console import Console

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID


class Loudness(IntEnum):
    """How much a verb says beside its results and errors."""

    QUIET = 0
    NORMAL = 1
    VERBOSE = 2


LOUDNESS: ContextVar[Loudness] = ContextVar("loudness", default=Loudness.NORMAL)
"""Of the verb that runs."""


LONG_S = 5.0
"""Seconds from which on a run that nobody watches says what it did and does; a shorter one leaves its result alone."""


class Stages:
    """Stages on a console: on a terminal bars that go when they end; with `-v`, and in long runs elsewhere, lines."""

    def __init__(self, console: Console, loudness: Loudness, patience_s: float = LONG_S) -> None:
        self._console = console
        self._told_from = time.monotonic() + (0.0 if loudness is Loudness.VERBOSE else patience_s)
        self._held: list[str] = []
        self._lines = loudness is Loudness.VERBOSE or (loudness is Loudness.NORMAL and not console.is_terminal)
        self._drawn = loudness is not Loudness.QUIET and console.is_terminal
        self._open: list[tuple[str, TaskID | None]] = []
        self._bars: Progress | None = None

    def begin(self, stage: str) -> None:
        """Show that a stage has begun."""
        task = None
        if self._drawn:
            if self._bars is None:
                self._bars = _bars(self._console)
                self._bars.start()
            task = self._bars.add_task(f"{'  ' * len(self._open)}{stage}", total=None, count="")
        self._open.append((stage, task))

    def update(self, done: int, total: int, told: str) -> None:
        """Show how far the innermost stage is."""
        stage, task = self._open[-1]
        if self._bars is not None and task is not None:
            what = f"{'  ' * (len(self._open) - 1)}{stage}{', ' if told else ''}{told}"
            count = f"{done:,}/{total:,}" if total else ""
            self._bars.update(task, completed=done, total=total or None, description=what, count=count)

    def end(self, stage: str, seconds: float | None) -> None:
        """Take its bar away, and say how long it took; one that failed is followed by its error."""
        _, task = self._open.pop()
        if self._bars is not None and task is not None:
            self._bars.remove_task(task)
            if not self._open:
                self._bars.stop()
                self._bars = None
        if self._lines and seconds is not None:
            self._held.append(f"{'  ' * len(self._open)}{stage}: {seconds:.1f} s")
        if time.monotonic() >= self._told_from:
            for line in self._held:
                self._console.print(line)
            self._held.clear()


def _bars(console: Console) -> Progress:
    """Bars of stages: how much is done, where that is known, the time that has gone and that is left."""
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    what, count = TextColumn("{task.description}", markup=False), TextColumn("{task.fields[count]}")
    columns = (what, BarColumn(), count, TimeElapsedColumn(), TimeRemainingColumn())
    return Progress(*columns, console=console, transient=True)
