"""The command line: parse, call the flow, print, exit code.

Exit codes: 0 success, 1 an error, 2 wrong usage, 3 a mismatch or other cycles than predicted, 4 a tool that is missing
or failed, 128 and the number of a signal: 130 interrupted (INT), 143 ended (TERM), 129 hung up (HUP).
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from io import TextIOWrapper
from typing import TYPE_CHECKING, Any

from hwgen.errors import HwgenError
from hwgen.verify import signals

if TYPE_CHECKING:
    from typer import Typer

    app: Typer

LEAST_COLUMNS = 40
"""Least columns of a terminal for legible help and errors of usage."""

_SAID = {"SIGINT": "interrupted", "SIGTERM": "ended", "SIGHUP": "hung up"}


def __getattr__(name: str) -> Any:
    """The verbs, `app`, imported when they are first used: by then signals are heeded."""
    if name != "app":
        raise AttributeError(f"module hwgen.cli has no attribute {name}")
    from hwgen.cli.verbs import app

    return app


def main() -> None:
    """Run the command line; one clear message for every error, a traceback only with --debug."""
    code: Any = 0
    try:
        signals.obey()
        _prepare_output()
        from hwgen.cli.verbs import app

        app()
    except SystemExit as done:
        code = done.code
    except Exception as error:
        if not signals.stopped():
            if not isinstance(error, HwgenError | OSError | MemoryError) or "--debug" in sys.argv[1:]:
                raise
            code = error.exit_code if isinstance(error, HwgenError) else 1
            _say(f"error: {_told(error)}")
    finally:
        signals.disregard()
        stopped = signals.stopped()
        if stopped:
            _say("\n".join([f"{_SAID[stopped.name]}; nothing half-written was left behind", *stopped.kept]))
        from hwgen.verify.process import clean_up

        clean_up()
        _flush()
    sys.exit(stopped.code if stopped else code)


def _prepare_output() -> None:
    """Write characters that an output's encoding lacks as escapes; keep help and errors of usage legible."""
    columns = os.environ.get("COLUMNS", "")
    if columns.isdigit() and int(columns) < LEAST_COLUMNS:
        os.environ["TERMINAL_WIDTH"] = str(LEAST_COLUMNS)  # typer's
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _told(error: HwgenError | OSError | MemoryError) -> str:
    """The error in one line; an OSError (a full file system, say) or a lack of memory may come from anywhere."""
    if isinstance(error, HwgenError):
        return str(error)
    if isinstance(error, MemoryError):
        found = f"; found {error}" if str(error) else ""
        return f"memory: must suffice for the network{found}. Take smaller images, or a computer with more memory."
    where = f"{error.filename}" if error.filename else "a file"
    return f"{where}: must be there and open to this run; found {error.strerror}. Check the disk and its permissions."


def _say(text: str) -> None:
    """Print to standard error; ignored where that is closed."""
    from hwgen.cli.common import err

    with suppress(OSError, ValueError):
        err.print(text, style="red" if text.startswith("error") else None)


def _flush() -> None:
    """Flush the outputs; errors of a terminal that has hung up are ignored."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
