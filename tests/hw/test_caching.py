"""The compiled cycle model without a cache, with a damaged one, with one that is full: it runs, and says so once."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
RUN = """
import errno, sys
import numpy as np
from numba.core.caching import IndexDataCacheFile
if "full" in sys.argv:
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")
    IndexDataCacheFile._save_index = full
from hwgen.hw.cycles import peak_occupancies
from hwgen.hw.network import Process, ProcessNetwork
from hwgen.hw.schedule import VectorLoop
slow = Process("slow", VectorLoop(4, 1, 4, 1, 2), ("x",), ("y",))
print(peak_occupancies(ProcessNetwork((slow,), "x", "y", {"x": 1, "y": 1}), 1)["y"], file=sys.stdout)
"""
SMALL = """
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
def test_a_full_disk(tmp_path: Path) -> None:
    assert run(tmp_path, "-c", RUN, "full") == SAID.format("[Errno 28] No space left on device") + "\n"


def test_no_place_for_a_cache(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    from hwgen.hw import caching, compiled

    def nowhere(_: object) -> None:
        raise RuntimeError("no locator available")

    monkeypatch.setattr(compiled, "_Cache", nowhere)
    monkeypatch.setattr(caching, "_told", [])
    assert compiled.entry(lambda x: x + 1)(1) == 2
    assert caplog.messages == [SAID.format("no locator available")]
