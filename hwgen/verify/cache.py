"""What is compiled once and kept: folders of `$HWGEN_CACHE` (the user's cache), each whole or not there.

A folder holds a list of its files with their sizes and digests. Where they differ, or the cache cannot be used, a run
says so in one line and goes on.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from platformdirs import user_cache_path

from hwgen.errors import ToolError, note
from hwgen.verify.process import temporary_folder

CONTENTS = "contents.json"
_LARGE = 8 << 20
"""Bytes of a file from which on its size alone is compared: a precompiled header is a hundred million."""

_STALE_S = 3600.0
"""Age from which on a folder that a run was filling belongs to one that is no more; none takes so long."""

_UNKEPT = ExitStack()
"""Holds the temporary folders of this process that stand in for the cache."""


def kept(name: str, build: Callable[[Path], None]) -> Path:
    """The folder `name` of the cache, filled by `build` unless it is there; a temporary one where there is no cache.

    Raises:
        ToolError: what `build` runs fails wherever it is run.
    """
    try:
        return _kept(name, build)
    except (OSError, RuntimeError, ToolError) as error:
        why = error.found.splitlines()[-1].strip() if isinstance(error, ToolError) else str(error)
        instead = _UNKEPT.enter_context(temporary_folder())
        folder = instead / name
        _fill(folder, build)
        os.environ["HWGEN_CACHE"] = str(instead)  # for the processes of this run
        note(
            f"the cache for the simulator cannot be used ({why}): its shared parts were compiled for this run alone. "
            "Set HWGEN_CACHE to a folder that can be written."
        )
        return folder


def kept_or_none(name: str, build: Callable[[Path], None]) -> Path | None:
    """The folder `name` as of `kept`; None where the cache cannot be used or `build` fails."""
    try:
        return _kept(name, build)
    except (OSError, RuntimeError, ToolError):
        return None


def _kept(name: str, build: Callable[[Path], None]) -> Path:
    """The folder `name` of the cache. Raises: OSError, RuntimeError, ToolError."""
    root = cache_root()
    folder = root / name
    if _is_whole(folder):
        return folder
    root.mkdir(parents=True, exist_ok=True)
    with _locked(root / f"{name}.lock"):
        if not _is_whole(folder):  # another process may have filled it meanwhile
            _fill(folder, build)
    return folder


def look_after_yowasp() -> None:
    """Let YoWASP's tools keep what they compile in a temporary folder where their own cache cannot be written."""
    try:
        own = Path(os.environ.get("YOWASP_CACHE_DIR") or user_cache_path("YoWASP", appauthor=False))
        own.mkdir(parents=True, exist_ok=True)
        if os.access(own, os.W_OK):
            return
        why = f"'{own}' is read-only"
    except OSError as error:
        why = str(error)
    os.environ["YOWASP_CACHE_DIR"] = str(_UNKEPT.enter_context(temporary_folder()))
    note(
        f"the cache for YoWASP's tools cannot be used ({why}): each of them is compiled in this run, which takes over "
        "a minute. Set YOWASP_CACHE_DIR to a folder that can be written."
    )


def cache_root() -> Path:
    """The folder of the cache. Raises: OSError, RuntimeError where there is neither HWGEN_CACHE nor a home."""
    if found := os.environ.get("HWGEN_CACHE"):
        return Path(found).resolve()
    root = user_cache_path("hwgen", appauthor=False)
    if not root.is_absolute():
        raise FileNotFoundError("there is no home")
    return root


def _fill(folder: Path, build: Callable[[Path], None]) -> None:
    """Build beside the final place, and move there in one step."""
    for stale in folder.parent.glob(".sim-*"):
        with suppress(OSError):
            if time.time() - stale.lstat().st_mtime > _STALE_S:
                shutil.rmtree(stale)
    with temporary_folder(folder.parent, ".sim-") as room:
        fresh = room / "fresh"
        fresh.mkdir()
        build(fresh)
        (fresh / CONTENTS).write_text(json.dumps(_contents(fresh)), encoding="utf-8", newline="\n")
        if os.path.lexists(folder):
            note(f"{folder} was damaged and has been compiled again.")
            folder.rename(room / "damaged")
        fresh.rename(folder)


def _contents(folder: Path) -> dict[str, list[int | str]]:
    """Size and digest of each file, by its path in the folder."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != CONTENTS)
    return {path.relative_to(folder).as_posix(): _summary(path) for path in files}


def _summary(path: Path) -> list[int | str]:
    size = path.stat().st_size
    return [size, hashlib.sha256(path.read_bytes()).hexdigest() if size < _LARGE else ""]


def _is_whole(folder: Path) -> bool:
    try:
        wanted = json.loads((folder / CONTENTS).read_text(encoding="utf-8"))
        return bool(wanted) and bool(wanted == _contents(folder))
    except (OSError, ValueError):
        return False


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """One process at a time, where the file system can lock."""
    with path.open("a", encoding="utf-8") as stream:
        with suppress(ImportError, OSError):
            from fcntl import LOCK_EX, flock

            flock(stream, LOCK_EX)
        yield
