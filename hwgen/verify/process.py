"""The only place that starts a process: return code checked, time limit kept, log written, stale outputs removed.

Programs and temporary folders end with this process: on a signal (see `hwgen.verify.signals`), at its exit, and, by
the program `reaper.py` beside it, when it is killed.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from hwgen.errors import ToolError
from hwgen.verify import reaper, signals
from hwgen.verify.progress import heard

LOG_TAIL_LINES = 15
KEEP = reaper.KEEP
_PATIENCE_S = 5.0
_TRIES = 5
"""To remove a folder."""
_LOOK_S = 0.25
"""Seconds between two looks at what a program has done so far."""


def find_tool(name: str, change: str) -> Path:
    """The program called `name` on the PATH.

    Raises:
        ToolError: it is not there; `change` says how to get it.
    """
    found = shutil.which(name)
    if found is None:
        raise ToolError(name, "must be installed to do this", "no such program on the PATH", change)
    return Path(found)


def run(
    command: Sequence[str | Path],
    *,
    cwd: Path,
    log: Path,
    timeout_s: float,
    env: Mapping[str, str] | None = None,
    outputs: Sequence[Path] = (),
    tool: str | None = None,
    watch: Callable[[], None] | None = None,
) -> None:
    """Run `command` in `cwd`, its output in `log`; `outputs` are deleted first and must exist afterwards.

    Errors name `tool`, which is the program if it is not given. `watch` is called now and then while the program runs,
    where someone listens (`hwgen.verify.progress`).

    Raises:
        ToolError: it cannot start, fails, runs longer than `timeout_s` seconds or leaves an output out.
    """
    tool = tool or Path(command[0]).name
    try:
        for path in outputs:
            path.unlink(missing_ok=True)
        log.parent.mkdir(parents=True, exist_ok=True)
        with temporary_folder() as scratch, log.open("wb") as stream:
            around = {**os.environ, **(env or {}), "TMPDIR": str(scratch)}  # a program that is killed leaves files
            code = _finished(tool, command, cwd, stream, around, timeout_s, watch if heard() else None)
    except OSError as error:
        raise ToolError(tool, "must have room for its files", str(error), "Set TMPDIR to a folder with room") from error
    if code is None:
        raise _failed(tool, f"must finish within {timeout_s:g} s", "it still ran", log)
    if code != 0:
        raise _failed(tool, "must succeed", f"exit code {code}\n{_tail(log)}", log)
    missing = [path.name for path in outputs if not path.exists()]
    if missing:
        raise _failed(tool, f"must write {', '.join(missing)}", f"none\n{_tail(log)}", log)


def write(path: Path, data: bytes, mode: int) -> None:
    """Write a file that may be a program, while no process starts: one could hold it open, so that it cannot run.

    Raises:
        OSError: it cannot be written.
    """
    with _lock:
        path.unlink(missing_ok=True)
        path.write_bytes(data)
        path.chmod(mode)


def _failed(tool: str, must: str, found: str, log: Path) -> ToolError:
    error = ToolError(tool, must, found, f"See {log}")
    error.log = log
    return error


def _finished(
    tool: str,
    command: Sequence[str | Path],
    cwd: Path,
    log: BinaryIO,
    env: Mapping[str, str],
    timeout_s: float,
    watch: Callable[[], None] | None,
) -> int | None:
    """The exit code of `command`; None where it did not end in time. Raises: ToolError."""
    process: subprocess.Popen[bytes] | None = None
    try:
        with signals.held():
            process = _start(tool, command, cwd, log, env)
        return process.wait(timeout=timeout_s) if watch is None else _watched(process, timeout_s, watch)
    except subprocess.TimeoutExpired:
        return None
    finally:
        with signals.held():
            if process is not None:
                _stop(process)


def _watched(process: subprocess.Popen[bytes], timeout_s: float, watch: Callable[[], None]) -> int:
    """Wait for a process as `Popen.wait` does, and call `watch` meanwhile. Raises: subprocess.TimeoutExpired."""
    end = time.monotonic() + timeout_s
    while True:
        try:
            return process.wait(timeout=min(_LOOK_S, max(0.0, end - time.monotonic())))
        except subprocess.TimeoutExpired:
            if time.monotonic() >= end:
                raise
            watch()


def _start(
    tool: str, command: Sequence[str | Path], cwd: Path, log: BinaryIO, env: Mapping[str, str]
) -> subprocess.Popen[bytes]:
    """The process of `command` in a group of its own, so that `_stop` reaches its children. Raises: ToolError."""
    with _lock:
        if signals.stopped():
            raise ToolError(tool, "must start", "the end of this run")
        try:
            process = subprocess.Popen(
                [str(word) for word in command],
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=env,
                start_new_session=True,
            )
        except OSError as error:
            raise ToolError(tool, "must start", str(error), "Check the installation with `hwgen doctor`") from error
        _note("+g", process.pid)
    return process


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End the process, unless it has ended, and everything it started."""
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    with _lock:
        _note("-g", process.pid)


@contextmanager
def temporary_folder(parent: Path | None = None, prefix: str = "hwgen-") -> Iterator[Path]:
    """A new folder in `parent`, or where the system has temporary ones, that is gone after the block.

    A log in it that a ToolError names is kept outside.

    Raises:
        OSError: it cannot be made.
    """
    folder: Path | None = None
    try:
        with signals.held():
            folder = _made(Path(tempfile.gettempdir()) if parent is None else parent, prefix)
        yield folder
    except ToolError as error:
        if folder is None or error.log is None or signals.stopped():
            raise
        if folder.resolve() not in error.log.resolve().parents:
            raise
        raise _with_kept_log(error, error.log) from error
    finally:
        with signals.held():
            if folder is not None:
                remove_folder(folder)


def _made(parent: Path, prefix: str) -> Path:
    """A new folder, noted before it is there: so it goes whenever this process is killed. Raises: OSError."""
    folder = parent.absolute() / f"{prefix}{secrets.token_hex(6)}"
    with _lock:
        _note("+f", str(folder))
    try:
        folder.mkdir(mode=0o700)
    except OSError:
        with _lock:
            _note("-f", str(folder))
        raise
    return folder


def remove_folder(folder: Path) -> None:
    """Remove a folder of `temporary_folder` before its time, unless a file `keep` in it says that it is needed.

    Where it cannot be removed, it stays noted: the reaper tries for longer.
    """
    if not (folder / KEEP).exists() and not remove(folder):
        return
    with _lock:
        _note("-f", str(folder))


def remove(folder: Path) -> bool:
    """Remove a folder, in which programs that were ended may still write for a moment. Return whether it is gone."""
    return reaper.remove(str(folder), _TRIES)


def _with_kept_log(error: ToolError, log: Path) -> ToolError:
    """The error, its log copied to where it outlives the run; without a path where it cannot be."""
    try:
        handle, name = tempfile.mkstemp(prefix=f"hwgen-{log.stem}-", suffix=".log")
        with open(handle, "wb") as stream:
            stream.write(log.read_bytes())
        kept = ToolError(error.where, error.must, error.found, f"See {name}")
        kept.log = Path(name)
    except OSError:
        kept = ToolError(error.where, error.must, error.found)
    return kept


def _tail(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    return "\n".join(f"    {line}" for line in lines[-LOG_TAIL_LINES:])


_lock = threading.Lock()
_kept: dict[str, set[str]] = {"g": set(), "f": set()}
"""Of this process: the groups of processes that it has started, the folders that it has made."""
_reapers: list[subprocess.Popen[bytes]] = []
"""The program that looks after them, once there are any."""


def _note(sign: str, what: int | str) -> None:
    """Note, under `_lock`, that a group of processes (`+g`, `-g`) or a folder (`+f`, `-f`) came or went."""
    kept = _kept[sign[1]]
    (kept.add if sign[0] == "+" else kept.discard)(str(what))
    if not _reapers:
        signals.at_stop(end_children, clean_up)
        atexit.register(clean_up)
        with contextlib.suppress(OSError):  # without it, only a killed process leaves something
            _reapers.append(_reaper())
    for each in _reapers:
        if each.stdin is not None:
            with contextlib.suppress(OSError, ValueError):  # it has gone
                each.stdin.write(f"{sign} {json.dumps(what)}\n".encode())


def _reaper() -> subprocess.Popen[bytes]:
    """The program that ends and removes what a killed process leaves."""
    command = [sys.executable, "-I", "-S", reaper.__file__]
    nowhere = subprocess.DEVNULL
    return subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=nowhere, stderr=nowhere, start_new_session=True, bufsize=0, cwd="/"
    )


def end_children() -> None:
    """End every process that `run` has started, with everything that it started."""
    with _lock:
        for group in _kept["g"]:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(int(group), signal.SIGKILL)


def clean_up() -> None:
    """End all processes, remove all folders, and wait until nothing looks after them."""
    end_children()
    for folder in list(_kept["f"]):
        remove_folder(Path(folder))
    while _reapers:
        last = _reapers.pop()
        if last.stdin is not None:
            with contextlib.suppress(OSError):
                last.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            last.wait(_PATIENCE_S)


def _forget() -> None:
    """A fork has started and made nothing yet."""
    _reapers.clear()
    for kept in _kept.values():
        kept.clear()
    _lock.release()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_lock.acquire, after_in_parent=_lock.release, after_in_child=_forget)
