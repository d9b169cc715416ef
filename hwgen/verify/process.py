"""The only place that starts a process: return code checked, time limit kept, log written, stale outputs removed."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import BinaryIO

from hwgen.errors import ToolError

LOG_TAIL_LINES = 15


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
) -> None:
    """Run `command` in `cwd`, its output in `log`; `outputs` are deleted first and must exist afterwards.

    Raises:
        ToolError: it cannot start, fails, runs longer than `timeout_s` seconds or leaves an output out.
    """
    tool = Path(command[0]).name
    for path in outputs:
        path.unlink(missing_ok=True)
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as stream:
        process = _start(tool, command, cwd, stream, env)
        try:
            code = process.wait(timeout=timeout_s)
        except subprocess.TimeoutExpired as error:
            raise ToolError(tool, f"must finish within {timeout_s:g} s", "it still ran", f"See {log}") from error
        finally:
            if process.returncode is None:
                _stop(process)
    if code != 0:
        raise ToolError(tool, "must succeed", f"exit code {code}\n{_tail(log)}", f"See {log}")
    missing = [path.name for path in outputs if not path.exists()]
    if missing:
        raise ToolError(tool, f"must write {', '.join(missing)}", f"none\n{_tail(log)}", f"See {log}")


def _start(
    tool: str, command: Sequence[str | Path], cwd: Path, log: BinaryIO, env: Mapping[str, str] | None
) -> subprocess.Popen[bytes]:
    """The process of `command` in a group of its own, so that `_stop` reaches its children. Raises: ToolError."""
    try:
        return subprocess.Popen(
            [str(word) for word in command],
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env={**os.environ, **env} if env else None,
            start_new_session=True,
        )
    except OSError as error:
        raise ToolError(tool, "must start", str(error), "Check the installation with `hwgen doctor`") from error


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End the process and everything it started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _tail(log: Path) -> str:
    lines = log.read_text(errors="replace").splitlines()
    return "\n".join(f"    {line}" for line in lines[-LOG_TAIL_LINES:])
