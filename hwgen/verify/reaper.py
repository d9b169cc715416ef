"""A program beside a process: when that has ended, even by SIGKILL, it ends its programs and removes its folders.

It reads lines from its standard input: `+` or `-`, `g` for a group of processes or `f` for a folder, and its number or
path as JSON. The input ends with the process. It imports nothing but the standard library.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import sys
import time

KEEP = "keep"
"""A file in a folder that must not be removed yet."""

_TRIES, _PAUSE_S = 50, 0.1


def main() -> None:
    """Read until the end of the input, then end groups and remove folders."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    kept: dict[bytes, set[str]] = {b"g": set(), b"f": set()}
    for line in sys.stdin.buffer:
        with contextlib.suppress(ValueError):  # a last line that was cut short
            what = str(json.loads(line[2:]))
            kind = kept[line[1:2]]
            (kind.add if line[:1] == b"+" else kind.discard)(what)
    for group in kept[b"g"]:
        _end(int(group))
    _end_strays(kept[b"f"])
    for folder in kept[b"f"]:
        _remove(folder)


def _end(group: int) -> None:
    """End the processes of a group, and wait until they are gone."""
    with contextlib.suppress(OSError):  # none is left
        for _ in range(_TRIES):
            os.killpg(group, signal.SIGKILL)
            time.sleep(_PAUSE_S / 10)


def _end_strays(folders: set[str]) -> None:
    """End programs with a temporary folder of this run: some had started, but were not yet noted when it ended.

    The input does not end before a program has its own environment; /proc, which shows it, is Linux's.
    """
    marks = [b"TMPDIR=%s\0" % os.fsencode(folder) for folder in folders]
    for name in filter(str.isdigit, os.listdir("/proc") if os.path.isdir("/proc") else []):
        with contextlib.suppress(OSError):  # it has ended, or belongs to another user
            with open(f"/proc/{name}/environ", "rb") as stream:
                environment = stream.read() + b"\0"
            if any(mark in environment for mark in marks):
                os.kill(int(name), signal.SIGKILL)


def _remove(folder: str) -> None:
    """Remove a folder, unless it is needed.

    A folder with `old` and `new` in it holds the only copies of two projects that were being exchanged.
    """
    there = {name for name in ("old", "new", KEEP) if os.path.lexists(os.path.join(folder, name))}
    if KEEP not in there and not {"old", "new"} <= there:
        remove(folder, _TRIES)


def remove(folder: str, tries: int) -> bool:
    """Remove a folder, in which a process that ends may still write for a moment. Return whether it is gone."""
    for turn in range(tries):
        time.sleep(_PAUSE_S if turn else 0)
        shutil.rmtree(folder, ignore_errors=True)
        if not os.path.lexists(folder):
            return True
    return False


if __name__ == "__main__":
    main()
