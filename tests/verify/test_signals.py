"""Signals that end a process: once, not in the middle of what must not be cut in two, and whatever hides them."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from hwgen.verify import signals

ROOT = Path(__file__).resolve().parents[2]
HEAD = """
import os, signal, sys, threading, time
from hwgen.verify import signals
from hwgen.verify.process import run, temporary_folder
from pathlib import Path
signals.obey()
def send(number):
    os.kill(os.getpid(), number)
"""


def script(code: str, **options: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", HEAD + code]
    return subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", timeout=60, check=False, **options)


@pytest.mark.parametrize("number", signals.ENDING)
def test_the_exit_code(number: signal.Signals) -> None:
    done = script(f"send({int(number)})\nprint('on')")
    assert (done.returncode, done.stdout, done.stderr) == (128 + number, "", "")


def test_a_held_signal_comes_after_the_block() -> None:
    done = script(
        "with signals.held():\n with signals.held():\n  send(15); send(1)\n  print('inner')\n print('outer')\n"
        "print('on')"
    )
    assert (done.returncode, done.stdout) == (143, "inner\nouter\n")


def test_an_import_is_not_cut_in_two(tmp_path: Path) -> None:
    """Of a module that sends a signal itself; one in C++ would end the process."""
    (tmp_path / "halfway.py").write_text("import os, time\nos.kill(os.getpid(), 15)\ntime.sleep(0.3)\nprint('whole')\n")
    done = script(f"sys.path.insert(0, {str(tmp_path)!r})\nimport halfway\ntime.sleep(9)\nprint('on')")
    assert (done.returncode, done.stdout, done.stderr) == (143, "whole\n", "")


DROPPING = {
    "a callback from C": "import ctypes\nctypes.CFUNCTYPE(None)(lambda: send(15))()",
    "an object's end": "class Last:\n def __del__(self): send(15)\nLast()",
    "a weak reference": "import weakref\nref = weakref.ref(set(), lambda _: send(15))",
}


@pytest.mark.parametrize("name", DROPPING)
def test_where_exceptions_are_dropped(name: str) -> None:
    done = script(f"{DROPPING[name]}\nprint('on')\ntime.sleep(9)\nprint('still on')")
    assert (done.returncode, done.stdout, done.stderr) == (143, "on\n", "")


def test_other_dropped_exceptions_are_printed() -> None:
    done = script("class Last:\n def __del__(self): raise ValueError('so')\nLast()")
    assert done.returncode == 0 and "ValueError: so" in done.stderr


def test_another_signal_changes_nothing() -> None:
    done = script("try:\n send(15)\nfinally:\n send(2); send(1); send(15)\n print('cleaned up')")
    assert (done.returncode, done.stdout, done.stderr) == (143, "cleaned up\n", "")


def test_a_signal_that_code_swallows_ends_the_process_all_the_same() -> None:
    done = script(
        "signals.GRACE_S = 0.3\nwith temporary_folder() as folder:\n try:\n  send(15)\n except SystemExit:\n"
        "  print(folder, flush=True)\n  time.sleep(50)"
    )
    assert done.returncode == 143 and not Path(done.stdout.strip()).exists()


def test_what_came_in_ignored_stays_so() -> None:
    def ignore() -> None:
        for number in (signal.SIGHUP, signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)

    done = script("send(1); send(15); print('on', flush=True); send(2)", preexec_fn=ignore)
    assert (done.returncode, done.stdout) == (130, "on\n")


def test_a_program_in_a_thread_ends_and_none_starts_after_it() -> None:
    """As compilers side by side do: the main thread waits for them in the meantime."""
    done = script(
        """
from concurrent.futures import ThreadPoolExecutor
def one(number):
    run(["sleep", "60"], cwd=Path.cwd(), log=folder / f"{number}.log", timeout_s=90)
with temporary_folder() as folder:
    threading.Timer(1, send, [15]).start()
    start = time.monotonic()
    try:
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(one, range(6)))
    finally:
        print(time.monotonic() - start < 10, len(list(folder.iterdir())))
"""
    )
    assert done.returncode == 143 and done.stdout.startswith("True ") and done.stderr == ""
