"""What a long run is at: stages within stages, how far each is, how long it took. A listener shows them; the default is
none, and then a stage costs nothing.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Protocol

Update = Callable[[int, int, str], None]
"""Takes what is done, of how much (0 where that is not known), and what else to say."""


class Listener(Protocol):
    """Shows stages; those that begin before another has ended are parts of it."""

    def begin(self, stage: str) -> None: ...
    def update(self, done: int, total: int, told: str) -> None:
        """How far the innermost stage is."""

    def end(self, stage: str, seconds: float | None) -> None:
        """The innermost stage is over, after so many seconds; None where it failed."""


_listener: ContextVar[tuple[int, Listener] | None] = ContextVar("listener", default=None)


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Tell `listener` of the stages of this thread of this process: those of workers are not its own."""
    token = _listener.set((os.getpid(), listener))
    try:
        yield
    finally:
        _listener.reset(token)


def heard() -> Listener | None:
    """The listener, if there is one."""
    found = _listener.get()
    return found[1] if found and found[0] == os.getpid() else None


@contextmanager
def stage(what: str) -> Iterator[Update]:
    """Do `what` in the block, which can say how far it is."""
    listener = heard()
    if listener is None:
        yield _unheard
        return
    listener.begin(what)
    start, seconds = time.perf_counter(), None
    try:
        yield listener.update
        seconds = time.perf_counter() - start
    finally:
        listener.end(what, seconds)


def _unheard(done: int, total: int, told: str) -> None:
    """No listener."""


class Growth:
    """Lines that a program adds to a file while it runs."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read = 0

    def lines(self) -> list[str]:
        """The whole lines that are new since the last call; none while there is no file."""
        try:
            with self._path.open("rb") as stream:
                stream.seek(self._read)
                text = stream.read()
        except OSError:
            return []
        whole = text[: text.rfind(b"\n") + 1]
        self._read += len(whole)
        return whole.decode("utf-8", errors="replace").splitlines()
