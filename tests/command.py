"""Command lines of hwgen in processes of their own, forked from one that has imported it (`tests.command_server`).

Where the start itself is what a test is about (signals, locale, what can be imported), it starts Python instead.
"""

from __future__ import annotations

import atexit
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
from array import array
from collections.abc import Mapping
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


_STAGE = re.compile(r"^.*: \d+\.\d s\n", re.MULTILINE)


def without_stages(said: str) -> str:
    """Standard error without the line that each stage leaves (tests/cli/test_progress.py holds those)."""
    return _STAGE.sub("", said)


def hwgen(
    *words: str | Path, cwd: Path | None = None, env: Mapping[str, str] | None = None, timeout_s: float = 120.0
) -> subprocess.CompletedProcess[str]:
    """Run `python -m hwgen.cli WORDS`, with `env` on top of the environment and no input; `without_stages`."""
    server = _server("torch", "brevitas.nn") if words and words[0] == "zoo" else _server()
    around = {**os.environ, "PYTHONPATH": str(ROOT), **(env or {})}
    text = json.dumps({"words": [str(word) for word in words], "cwd": str(cwd or Path.cwd()), "env": around}).encode()
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err, open(os.devnull, "rb") as nothing:
        streams = array("i", [nothing.fileno(), out.fileno(), err.fileno()])
        server.sendmsg([b"%08x" % len(text)], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, streams)])
        server.sendall(text)
        server.settimeout(timeout_s)
        with server.makefile("rb", buffering=0) as answers:
            child = int(answers.readline())
            try:
                code = int(answers.readline())
            except TimeoutError:
                os.kill(child, 9)
                raise
        for stream in (out, err):
            stream.seek(0)
        return subprocess.CompletedProcess(list(words), code, out.read().decode(), without_stages(err.read().decode()))


@cache
def _server(*modules: str) -> socket.socket:
    """The socket of a server, which has imported `modules`, too; it ends with this process."""
    ours, theirs = socket.socketpair()
    command = [sys.executable, "-m", "tests.command_server", *modules]
    process = subprocess.Popen(command, cwd=ROOT, stdin=theirs)
    theirs.close()

    def end() -> None:
        ours.close()
        process.wait()

    atexit.register(end)
    return ours
