"""Signals that end this process: processes that it has started end with it, and temporary folders are removed.

A handler raises `Stopped` in the main thread, once. `held()` protects a block that must not be interrupted, such as
making a temporary folder and noting it. Imports are not interrupted either: a module in C++ that imports another would
end the process. Where Python drops exceptions (`__del__`, callbacks from C), the signal is raised again.
"""

from __future__ import annotations

import _thread
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType

ENDING = tuple(signal.Signals[name] for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
GRACE_S = 20.0
"""Seconds in which the main thread must have left, or the process ends without it: C code may swallow `Stopped`."""

_MOMENT_S = 0.05
"""Seconds until a signal is raised again that came during an import or was dropped."""


class Stopped(SystemExit):
    """A signal asked this process to end; the exit code is 128 and its number.

    Attributes:
        name: of the signal.
        kept: lines to the user about files that were kept.
    """

    def __init__(self, number: int) -> None:
        super().__init__(128 + number)
        self.number, self.name = number, signal.Signals(number).name
        self.kept: list[str] = []


class _State:
    """Of this process: `depth` blocks hold signals back, `waiting` is the first that came meanwhile, 0 for none."""

    depth = 0
    waiting = 0
    stopped: Stopped | None = None
    children: Callable[[], None] | None = None
    leftovers: Callable[[], None] | None = None


def at_stop(children: Callable[[], None], leftovers: Callable[[], None]) -> None:
    """Call `children` as soon as a signal comes, `leftovers` where the main thread does not leave in time."""
    _State.children, _State.leftovers = children, leftovers


def stopped() -> Stopped | None:
    """The signal that has asked this process to end; another error, of a terminal that is gone, may hide it."""
    return _State.stopped


def obey() -> None:
    """From now on `ENDING` raise `Stopped` in this, the main thread; signals that were ignored (nohup) stay so.

    SIGINT is obeyed even if it was ignored, as shells ignore it for background processes.
    """
    _handle_by(_handle)
    sys.unraisablehook = _dropped


def leave_alone() -> None:
    """From now on the signals that `obey` would take end the process at once, and nothing is cleaned up."""
    _handle_by(signal.SIG_DFL)


def disregard() -> None:
    """From now on `ENDING` do nothing: the process is at its end."""
    for number in ENDING:
        signal.signal(number, signal.SIG_IGN)


def _handle_by(handler: Callable[[int, FrameType | None], None] | signal.Handlers) -> None:
    for number in ENDING:
        if number is signal.SIGINT or signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, handler)


@contextmanager
def held() -> Iterator[None]:
    """In the main thread, `Stopped` comes after the block; other threads never see it."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    _State.depth += 1
    try:
        yield
    finally:
        _State.depth -= 1
        if _State.waiting and not _State.depth:
            number, _State.waiting = _State.waiting, 0
            _stop(number)


def _handle(number: int, frame: FrameType | None) -> None:
    if _State.depth:
        _State.waiting = _State.waiting or number
    elif _State.stopped:
        pass  # another signal while all is being cleaned up changes nothing
    elif _imports(frame):
        _thread.start_new_thread(_repeat, (number,))
    else:
        _stop(number)


def _imports(frame: FrameType | None) -> bool:
    """Whether `frame` runs in an import."""
    while frame is not None and not frame.f_code.co_filename.startswith("<frozen importlib"):
        frame = frame.f_back
    return frame is not None


def _dropped(unraisable: sys.UnraisableHookArgs) -> None:
    """Python can't raise an exception, and would print it and go on."""
    if isinstance(unraisable.exc_value, Stopped):
        _State.stopped = None
        _thread.start_new_thread(_repeat, (unraisable.exc_value.number,))
    else:
        sys.__unraisablehook__(unraisable)


def _repeat(number: int) -> None:
    """Raise the signal again after a moment, in the main thread, also while that waits."""
    time.sleep(_MOMENT_S)
    main = threading.main_thread().ident
    assert main is not None
    signal.pthread_kill(main, number)


def _stop(number: int) -> None:
    if _State.stopped:
        return
    _State.stopped = Stopped(number)
    if _State.children:
        _State.children()
    _thread.start_new_thread(_leave, (number,))  # threading's locks may be held by what was interrupted
    raise _State.stopped


def _leave(number: int) -> None:
    time.sleep(GRACE_S)
    with suppress(Exception):
        if _State.leftovers:
            _State.leftovers()
    os._exit(128 + number)
