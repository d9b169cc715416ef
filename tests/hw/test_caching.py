"""The compiled cycle model without a cache, with a damaged one, with one that is full: it runs, and says so once."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from fcntl import LOCK_EX, flock
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SMALL = """
import errno, sys
from numba.core.caching import IndexDataCacheFile
if "full" in sys.argv:
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")
    IndexDataCacheFile._save_index = full
from hwgen.hw.compiled import entry

@entry
def one(x):
    return x + 1

@entry
def other(x):
    return x - 1

print(one(0) * other(2))
"""
"""Two functions that compile faster than the cycle model, in the same way."""
TOGETHER = """
import sys, time
from numba.core.caching import FunctionCache
save = FunctionCache.save_overload

def slow(*words):
    time.sleep(0.5)  # so that the others come meanwhile
    save(*words)

FunctionCache.save_overload = slow
from hwgen.hw.compiled import entry

@entry
def one(x):
    return x + 1

@entry
def outer(x):
    return one(x) - 1

assert outer(2) == 2
print(sum(each.stats.cache_misses.total() for each in (one, outer)))
"""
SAID = (
    "note: numba's cache for the cycle model cannot be used ({}): it is compiled in this run, which takes "
    "some seconds. Set NUMBA_CACHE_DIR to a folder that can be written."
)


def run(cache: Path, *command: str | Path) -> str:
    env = {**os.environ, "NUMBA_CACHE_DIR": str(cache), "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, *command], env=env, capture_output=True, encoding="utf-8", check=True)
    assert done.stdout == "1\n"
    return done.stderr


@pytest.mark.starts_process
def test_a_damaged_cache_heals(tmp_path: Path) -> None:
    small = tmp_path / "small.py"
    small.write_text(SMALL)
    assert run(tmp_path, small) == ""
    for pattern in ("*.nbi", "*.nbc"):
        files = list(tmp_path.rglob(pattern))
        assert len(files) == 2
        for path in files:
            path.write_bytes(path.read_bytes()[:40])
        said = run(tmp_path, small)
        assert said.startswith("note: numba's cache for the cycle model cannot be used (") and said.count("\n") == 1
        assert run(tmp_path, small) == ""


@pytest.mark.starts_process
def test_processes_that_start_together_compile_once(tmp_path: Path) -> None:
    small = tmp_path / "small.py"
    small.write_text(TOGETHER)
    env = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, small]
    started = [subprocess.Popen(command, env=env, stdout=subprocess.PIPE, encoding="utf-8") for _ in range(3)]
    compiled = sorted(process.communicate(timeout=120)[0] for process in started)
    assert [process.returncode for process in started] == [0, 0, 0]
    assert compiled == ["0\n", "0\n", "2\n"]


def test_who_waits_too_long_compiles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from hwgen.hw import caching

    waits: list[float] = []
    monkeypatch.setattr(caching, "_PATIENCE_S", 0.2)
    monkeypatch.setattr(caching.time, "sleep", waits.append)
    other = os.open(tmp_path, os.O_RDONLY)
    flock(other, LOCK_EX)
    with caching.turn(tmp_path), caching.turn(tmp_path):
        assert set(waits) == {caching._POLL_S}
    os.close(other)
    waits.clear()
    with caching.turn(tmp_path), caching.turn(tmp_path / "deeper" / "folder"):
        assert waits == [] and (tmp_path / "deeper" / "folder").is_dir()


def test_a_file_system_without_locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from hwgen.hw import caching

    def unable(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(caching, "flock", unable)
    (tmp_path / "file").touch()
    for folder in (tmp_path, tmp_path / "file" / "cache"):
        with caching.turn(folder):
            pass
    monkeypatch.setattr(caching, "flock", None)
    with caching.turn(tmp_path / "file"):
        pass


@pytest.mark.starts_process
def test_a_full_disk(tmp_path: Path) -> None:
    small = tmp_path / "small.py"
    small.write_text(SMALL)
    assert run(tmp_path, small, "full") == SAID.format("[Errno 28] No space left on device") + "\n"


def test_no_place_for_a_cache(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    from hwgen.hw import caching, compiled

    def nowhere(_: object) -> None:
        raise RuntimeError("no locator available")

    monkeypatch.setattr(compiled, "_Cache", nowhere)
    monkeypatch.setattr(caching, "_told", [])
    assert compiled.entry(lambda x: x + 1)(1) == 2
    assert caplog.messages == [SAID.format("no locator available")]
