"""numba's cache of compiled functions, which no file that is damaged or cannot be written stops."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from hwgen.errors import note

try:
    from fcntl import LOCK_EX, LOCK_NB, flock
except ImportError:  # a system without locks on folders: each process compiles for itself
    flock = None  # type: ignore[assignment]

_told: list[Exception] = []

_PATIENCE_S = 60.0
"""For which another process may compile; then this one no longer waits."""
_POLL_S = 0.05
_compiles = threading.RLock()
_locked: set[Path] = set()
"""Folders that this process has locked."""


def lenient(cache: type[Any]) -> type[Any]:
    """numba's class of caches, which compiles anew where a file of the cache cannot be read or written."""

    class Lenient(cache):  # type: ignore[misc]
        """See `lenient`."""

        def load_overload(self, sig: Any, target_context: Any) -> Any:
            try:
                return super().load_overload(sig, target_context)
            except Exception as error:  # whatever unpickling a damaged file raises
                tell(error)
                with suppress(OSError):
                    self.flush()
                return None

        def save_overload(self, sig: Any, data: Any) -> None:
            try:
                super().save_overload(sig, data)
            except OSError as error:
                tell(error)

    return Lenient


@contextmanager
def turn(folder: Path) -> Iterator[None]:
    """Let one process at a time load and compile what `folder` caches: another one waits, then loads what was made.

    A lock that cannot be had, or not in `_PATIENCE_S` seconds, stops nothing.
    """
    end = time.monotonic() + _PATIENCE_S
    has_thread = _compiles.acquire(timeout=_PATIENCE_S)
    inner = folder in _locked  # an entry that calls another
    opened = None if inner or flock is None else _opened(folder)
    _locked.add(folder)
    try:
        while opened is not None and not _has_locked(opened) and time.monotonic() < end:
            time.sleep(_POLL_S)
        yield
    finally:
        if not inner:
            _locked.discard(folder)
        if opened is not None:
            os.close(opened)
        if has_thread:
            _compiles.release()


def _opened(folder: Path) -> int | None:
    """The folder, made where it is missing, to be locked until it is closed."""
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        return os.open(folder, os.O_RDONLY)
    return None


def _has_locked(opened: int) -> bool:
    """Whether the lock is this process's; True, too, where the file system has no locks."""
    try:
        flock(opened, LOCK_EX | LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True


def tell(error: Exception) -> None:
    """Say once why the cycle model is compiled in this run."""
    if not _told:
        why = str(error) or type(error).__name__
        note(
            f"numba's cache for the cycle model cannot be used ({why}): it is compiled in this run, which takes some "
            "seconds. Set NUMBA_CACHE_DIR to a folder that can be written."
        )
    _told.append(error)
