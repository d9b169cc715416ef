"""A process that has imported hwgen and forks for every command line: starting Python takes longer than most of them.

It reads requests from the socket that is its standard input: a command's words, its folder and environment, and three
open files for its standard streams. It answers with the exit code. `tests.command` is the other end.
"""

from __future__ import annotations

import array
import atexit
import importlib
import json
import os
import runpy
import signal
import socket
import sys
import threading
import traceback

OFTEN = ("jinja2", "rich.progress", "rich.table", "typer", "hwgen.backends.vivado.emit", "hwgen.flow.report")
OFTEN += ("hwgen.frontend.qonnx", "hwgen.report.roofline", "hwgen.report.tables", "hwgen.verify.simulate")
"""What verbs import, which takes longer than most of what they do; `hwgen.cli` looks at the terminal when imported."""


def prepare(more: list[str]) -> None:
    """Import what most verbs do, and the modules `more`; load the compiled cycle model and a project's templates."""
    import numpy as np

    from hwgen import flow
    from tests.builders import random_network

    built = flow.compile(random_network(np.random.default_rng(0), (6, 4)))
    built.estimate()
    built.files()
    for name in (*OFTEN, *more):
        importlib.import_module(name)


def main(more: list[str]) -> None:
    """Serve until the other end closes."""
    prepare(more)
    assert threading.active_count() == 1, threading.enumerate()
    with socket.socket(fileno=os.dup(0)) as requests:
        while request := received(requests):
            message, streams = request
            child = os.fork()
            if child == 0:
                requests.close()
                run(message, streams)
            for stream in streams:
                os.close(stream)
            requests.sendall(b"%d\n" % child)
            requests.sendall(b"%d\n" % os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))


def received(requests: socket.socket) -> tuple[dict, list[int]] | None:
    """The next request and its streams; None at the end."""
    size, ancillary, _, _ = requests.recvmsg(8, socket.CMSG_SPACE(3 * array.array("i").itemsize))
    if not size:
        return None
    streams = array.array("i")
    for _, _, data in ancillary:
        streams.frombytes(data)
    left, text = int(size, 16), b""
    while len(text) < left:
        text += requests.recv(left - len(text))
    return json.loads(text), list(streams)


def run(request: dict, streams: list[int]) -> None:
    """Be `python -m hwgen.cli WORDS`, and end."""
    code: object = 1
    try:
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
            os.close(stream)
        os.chdir(request["cwd"])
        os.environ.clear()
        os.environ.update(request["env"])
        signal.signal(signal.SIGINT, signal.default_int_handler)
        sys.argv = ["hwgen", *request["words"]]
        runpy.run_module("hwgen.cli", run_name="__main__", alter_sys=True)
        code = 0
    except SystemExit as done:
        code = done.code
    except BaseException:
        traceback.print_exc()
    finally:
        threading._shutdown()
        atexit._run_exitfuncs()
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        os._exit(code if isinstance(code, int) else int(code is not None))


if __name__ == "__main__":
    main(sys.argv[1:])
