"""Starting programs: what goes wrong is said, what is left over is ended."""

from __future__ import annotations

import contextlib
import itertools
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import pytest

from hwgen.errors import ToolError
from hwgen.verify.process import clean_up, find_tool, run, temporary_folder

PYTHON = Path(sys.executable)
ROOT = Path(__file__).resolve().parents[2]


def python(folder: Path, code: str, **options: object) -> None:
    run([PYTHON, "-c", code], cwd=folder, log=folder / "logs" / "log", **{"timeout_s": 60, **options})


def test_success(tmp_path: Path) -> None:
    python(tmp_path, "import os; print(os.getcwd(), os.environ['HWGEN_X'])", env={"HWGEN_X": "7"})
    assert (tmp_path / "logs" / "log").read_text() == f"{tmp_path} 7\n"


def test_the_environment_is_kept(tmp_path: Path) -> None:
    python(tmp_path, "import os; assert os.environ['PATH']", env={"HWGEN_X": "7"})


def test_exit_code_and_tail(tmp_path: Path) -> None:
    with pytest.raises(ToolError) as error:
        python(
            tmp_path,
            "import sys; [print('line', i, flush=True) for i in range(40)]; sys.stderr.write('oh\\n'); sys.exit(3)",
        )
    lines = str(error.value).split("\n")
    assert lines[0] == f"{PYTHON.name}: must succeed; found exit code 3"
    assert len(lines) == 16 and "    oh. See " in lines[-1] and lines[-1].endswith("logs/log.")


def test_killed_by_a_signal(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match="found exit code -9"):
        python(tmp_path, "import os; os.kill(os.getpid(), 9)")


SPAWN = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
open("pid", "w").write(str(child.pid))
time.sleep(600)
"""


def is_running(pid: int) -> bool:
    """Whether `pid` runs; one that is dead but not yet collected does not."""
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and stat.read_text().rsplit(") ", 1)[1][0] != "Z"


def wait_until_gone(pid: int) -> bool:
    deadline = time.monotonic() + 10
    while is_running(pid):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def test_time_limit_ends_the_whole_group(tmp_path: Path) -> None:
    with pytest.raises(ToolError) as error:
        python(tmp_path, SPAWN, timeout_s=1.5)
    log = tmp_path / "logs" / "log"
    assert str(error.value) == f"{PYTHON.name}: must finish within 1.5 s; found it still ran. See {log}."
    assert wait_until_gone(int((tmp_path / "pid").read_text()))


def test_interrupt_ends_the_whole_group(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from hwgen.verify import process

    class Interrupted(process.subprocess.Popen):  # type: ignore[type-arg]
        def wait(self, timeout: float | None = None) -> int:
            if timeout is None:
                return super().wait()
            while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text():
                time.sleep(0.02)
            raise KeyboardInterrupt

    monkeypatch.setattr(process.subprocess, "Popen", Interrupted)
    with pytest.raises(KeyboardInterrupt):
        python(tmp_path, SPAWN)
    assert wait_until_gone(int((tmp_path / "pid").read_text()))


def test_missing_output(tmp_path: Path) -> None:
    with pytest.raises(ToolError) as error:
        python(tmp_path, "open('a', 'w')", outputs=[tmp_path / "a", tmp_path / "b", tmp_path / "c"])
    assert str(error.value).startswith(f"{PYTHON.name}: must write b, c; found none")


def test_stale_output_does_not_count(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("old")
    with pytest.raises(ToolError, match="must write a"):
        python(tmp_path, "pass", outputs=[tmp_path / "a"])
    assert not (tmp_path / "a").exists()


def test_a_program_that_cannot_start(tmp_path: Path) -> None:
    with pytest.raises(ToolError) as error:
        run([tmp_path / "nothing"], cwd=tmp_path, log=tmp_path / "log", timeout_s=5)
    assert str(error.value) == (
        f"nothing: must start; found [Errno 2] No such file or directory: '{tmp_path / 'nothing'}'."
        " Check the installation with `hwgen doctor`."
    )


def test_find_tool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tool = tmp_path / "frob"
    tool.write_text("#!/bin/sh\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    assert find_tool("frob", "Install it") == tool
    with pytest.raises(ToolError) as error:
        find_tool("frobnicate", "Install frobnicate")
    assert str(error.value) == (
        "frobnicate: must be installed to do this; found no such program on the PATH. Install frobnicate."
    )


def test_a_log_in_a_temporary_folder_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a message names is there when it is read, and nothing else is."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with pytest.raises(ToolError) as error, temporary_folder() as folder:
        (folder / "other").write_text("")
        run([PYTHON, "-c", "print('oh'); exit(3)"], cwd=folder, log=folder / "deep" / "make.log", timeout_s=60)
    named = Path(str(error.value).rpartition("See ")[2].removesuffix("."))
    assert str(error.value) == f"{PYTHON.name}: must succeed; found exit code 3\n    oh. See {named}."
    assert named.read_text() == "oh\n" and list(tmp_path.iterdir()) == [named]


def test_a_log_that_cannot_be_kept_is_not_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(**_: object) -> None:
        raise OSError("No space left on device")

    with pytest.raises(ToolError) as error, temporary_folder() as folder:
        monkeypatch.setattr(tempfile, "mkstemp", full)
        python(folder, "print('oh'); exit(3)")
    assert str(error.value) == f"{PYTHON.name}: must succeed; found exit code 3\n    oh."


def test_no_room_for_a_log(tmp_path: Path) -> None:
    (tmp_path / "logs").write_text("a file")
    with pytest.raises(ToolError) as error:
        python(tmp_path, "pass")
    must = f"{PYTHON.name}: must have room for its files; found [Errno 17] File exists: '{tmp_path}/logs'."
    assert str(error.value) == f"{must} Set TMPDIR to a folder with room."


def test_what_a_program_leaves_in_tmpdir_goes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()
    python(tmp_path, "import tempfile; open(tempfile.mkdtemp() + '/x', 'w')")
    assert list((tmp_path / "tmp").iterdir()) == []


def test_a_fork_leaves_alone_what_its_parent_has_made() -> None:
    with temporary_folder() as folder:
        child = os.fork()
        if child == 0:
            clean_up()
            with temporary_folder() as own:
                os._exit(0 if own.is_dir() and folder.is_dir() else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0 and folder.is_dir()
    assert not folder.exists()


def test_a_folder_goes_in_which_something_still_writes(tmp_path: Path) -> None:
    """A program that was killed may be within a call that makes a file."""
    gone = threading.Event()

    def write(folder: Path) -> None:
        end = time.monotonic() + 0.25
        for index in itertools.count():
            if time.monotonic() > end or gone.is_set():
                return
            with contextlib.suppress(OSError):
                (folder / "deep").mkdir(exist_ok=True)
                (folder / "deep" / str(index)).touch()

    with temporary_folder(tmp_path) as folder:
        writer = threading.Thread(target=write, args=(folder,))
        writer.start()
        time.sleep(0.05)
    gone.set()
    writer.join()
    assert list(tmp_path.iterdir()) == []


KILLED = """
import os, sys
from pathlib import Path
from hwgen.verify.process import run, temporary_folder
parent = Path(sys.argv[1])
with temporary_folder(parent, "plain-") as plain, temporary_folder(parent, "kept-") as kept:
    with temporary_folder(parent, "swapped-") as swapped:
        (plain / "deep").mkdir()
        (kept / "keep").touch()
        (swapped / "old").mkdir()
        (swapped / "new").mkdir()
        print("ready", flush=True)
        run(["sh", "-c", f"sleep 100 & echo $! > {parent / 'pid'}; wait"], cwd=parent, log=parent / "log", timeout_s=60)
"""


def test_after_sigkill(tmp_path: Path) -> None:
    """Programs end and folders go, but for those that hold the only copy of something."""
    process = subprocess.Popen([sys.executable, "-c", KILLED, tmp_path], cwd=ROOT, stdout=subprocess.PIPE)
    while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text():
        time.sleep(0.02)
    process.kill()
    process.communicate()
    assert wait_until_gone(int((tmp_path / "pid").read_text()))
    left = {"kept", "swapped", "pid", "log"}
    deadline = time.monotonic() + 10
    while {path.name.split("-")[0] for path in tmp_path.iterdir()} != left and time.monotonic() < deadline:
        time.sleep(0.02)
    assert {path.name.split("-")[0] for path in tmp_path.iterdir()} == left
