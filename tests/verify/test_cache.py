"""The cache of what is compiled once: damaged, unusable, filled by two at once."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from hwgen.errors import ToolError
from hwgen.verify import cache
from hwgen.verify.cache import CONTENTS, kept

UNUSABLE = "note: the cache for the simulator cannot be used ("
CHANGE = "Set HWGEN_CACHE to a folder that can be written."


class Builder:
    """Fills a folder, and counts how often."""

    def __init__(self) -> None:
        self.calls: list[Path] = []

    def __call__(self, folder: Path) -> None:
        self.calls.append(folder)
        (folder / "library.a").write_bytes(bytes(1000))
        (folder / "headers").mkdir()
        (folder / "headers" / "model.h").write_text("int x;\n")


@pytest.fixture
def build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Builder:
    monkeypatch.setenv("HWGEN_CACHE", str(tmp_path / "cache"))
    return Builder()


def test_it_is_built_once(build: Builder, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    folder = kept("sim-x", build)
    assert folder == tmp_path / "cache" / "sim-x" == kept("sim-x", build)
    assert len(build.calls) == 1 and caplog.messages == []
    assert sorted(path.name for path in folder.parent.iterdir()) == ["sim-x", "sim-x.lock"]


def empty(folder: Path) -> None:
    for path in sorted(folder.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()


def file_in_its_place(folder: Path) -> None:
    empty(folder)
    folder.rmdir()
    folder.write_text("what?")


DAMAGE: dict[str, Callable[[Path], object]] = {
    "truncated library": lambda folder: (folder / "library.a").write_bytes(bytes(999)),
    "another byte": lambda folder: (folder / "library.a").write_bytes(bytes(999) + b"x"),
    "missing header": lambda folder: (folder / "headers" / "model.h").unlink(),
    "foreign file": lambda folder: (folder / "headers" / "other.h").write_text("#error"),
    "no list": lambda folder: (folder / CONTENTS).unlink(),
    "list of nothing": lambda folder: (folder / CONTENTS).write_text("{}"),
    "damaged list": lambda folder: (folder / CONTENTS).write_bytes(b"\xff["),
    "empty": empty,
    "a file": file_in_its_place,
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_entry_heals(build: Builder, damage: str, caplog: pytest.LogCaptureFixture) -> None:
    folder = kept("sim-x", build)
    DAMAGE[damage](folder)
    assert kept("sim-x", build) == folder
    assert caplog.messages == [f"note: {folder} was damaged and has been compiled again."]
    assert kept("sim-x", build) == folder and len(build.calls) == 2
    assert not [path for path in folder.parent.iterdir() if path.name.startswith(".")]


def test_a_file_in_place_of_the_cache(build: Builder, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "cache").write_text("")
    folder = kept("sim-x", build)
    assert (folder / "library.a").is_file() and tmp_path not in folder.parents
    (said,) = caplog.messages
    assert said.startswith(f"{UNUSABLE}[Errno 17]") and said.endswith(CHANGE) and "\n" not in said


def test_a_cache_that_cannot_be_written(
    build: Builder, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    fill = cache._fill

    def read_only(folder: Path, how: Callable[[Path], None]) -> None:
        if "cache" in folder.parts:
            raise OSError(30, "Read-only file system")
        fill(folder, how)

    monkeypatch.setattr(cache, "_fill", read_only)
    assert (kept("sim-x", build) / "library.a").is_file()
    assert f"{UNUSABLE}[Errno 30] Read-only file system)" in caplog.messages[0]


def test_no_home(build: Builder, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """Then platformdirs gives the path as it is, with its tilde."""
    monkeypatch.delenv("HWGEN_CACHE")
    monkeypatch.setattr(cache, "user_cache_path", lambda *_, **__: Path("~/.cache/hwgen"))
    assert (kept("sim-x", build) / "library.a").is_file()
    assert f"{UNUSABLE}there is no home)" in caplog.messages[0]


def test_the_users_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("HWGEN_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache.cache_root() == tmp_path / "hwgen"


def test_a_disk_that_fills_up_while_tools_write(build: Builder, caplog: pytest.LogCaptureFixture) -> None:
    """What compiles well in the temporary folder was the cache's fault."""

    def compile_here(folder: Path) -> None:
        if "cache" in folder.parts:
            raise ToolError("g++", "must succeed", "exit code 1\n    model.o: No space left on device")
        build(folder)

    assert (kept("sim-x", compile_here) / "library.a").is_file()
    assert f"{UNUSABLE}model.o: No space left on device)" in caplog.messages[0]


def test_a_compiler_that_fails_everywhere(build: Builder, tmp_path: Path) -> None:
    def never(_: Path) -> None:
        raise ToolError("g++", "must succeed", "exit code 1")

    with pytest.raises(ToolError, match="must succeed"):
        kept("sim-x", never)
    assert [path.name for path in (tmp_path / "cache").iterdir()] == ["sim-x.lock"]


def test_two_at_once(build: Builder) -> None:
    def slowly(folder: Path) -> None:
        time.sleep(0.2)
        build(folder)

    found: list[Path] = []
    threads = [threading.Thread(target=lambda: found.append(kept("sim-x", slowly))) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(set(found)) == 1 and len(found) == 4 and len(build.calls) == 1


def test_what_killed_runs_left_is_removed(build: Builder, tmp_path: Path) -> None:
    old, young = tmp_path / "cache" / ".sim-old", tmp_path / "cache" / ".sim-young"
    for path in (old, young):
        path.mkdir(parents=True)
    os.utime(old, (0, 0))
    kept("sim-x", build)
    assert not old.exists() and young.exists()


def test_yowasp_without_its_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("YOWASP_CACHE_DIR", str(tmp_path / "fine"))
    cache.look_after_yowasp()
    assert os.environ["YOWASP_CACHE_DIR"] == str(tmp_path / "fine") and caplog.messages == []
    monkeypatch.setenv("YOWASP_CACHE_DIR", str(tmp_path / "file" / "cache"))
    cache.look_after_yowasp()
    cache.look_after_yowasp()
    assert Path(os.environ["YOWASP_CACHE_DIR"]).is_dir()
    (said,) = caplog.messages
    assert said.startswith("note: the cache for YoWASP's tools cannot be used ([Errno 20]")
    assert said.endswith("Set YOWASP_CACHE_DIR to a folder that can be written.")
