"""Output folders: written whole or not at all. The only writer of files that a user keeps."""

from __future__ import annotations

import ctypes
import hashlib
import io
import json
import os
import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

from hwgen.errors import OutputError
from hwgen.flow.listing import LISTING, PREVIOUS, Contents, append, contents, line_of, list_files, require_own
from hwgen.stored import read_json
from hwgen.verify import signals
from hwgen.verify.process import KEEP, temporary_folder

MANIFEST = "hwgen.json"
NETWORK = "network.txt"
README = "README.md"
FORMAT = 3
_EXCHANGE = 2
"""RENAME_EXCHANGE of Linux: exchange two folders atomically."""
_HERE = -100


def record(project: Path, name: str, report: Mapping[str, Any]) -> None:
    """Write a report such as `simulate.json` into a project, in one step.

    Raises:
        OutputError: the folder cannot be written.
    """
    write_in(project, name, as_json(report))


def write_in(project: Path, name: str, text: str) -> None:
    """Write the file `name` of a project's own folder in one step, as hwgen's. Raises: OutputError."""
    try:
        append(project, line_of(name, text.encode("utf-8")))  # before the file: a file that is there is listed
    except OSError as error:
        raise OutputError(str(project / LISTING), "must be writable", str(error)) from error
    write_whole(project / name, text)


def write_whole(path: Path, text: str) -> None:
    """Write a file in one step: a reader sees the old text or the new, never a part. A link is replaced, not followed.

    Raises:
        OutputError: it cannot be written.
    """
    _write_whole(path, io.BytesIO(text.encode("utf-8")))


def copy_whole(path: Path, source: Path) -> None:
    """`write_whole` of what another file holds. Raises: OutputError."""
    with source.open("rb") as contents:
        _write_whole(path, contents)


def _write_whole(path: Path, contents: BinaryIO) -> None:
    if not path.name:
        raise OutputError(str(path), "must name a file", "a folder", "Give another path")
    part = path.with_name(f".hwgen-{secrets.token_hex(8)}.part")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
    try:
        if path.exists() and not path.is_file() and not path.is_dir():
            raise OutputError(str(path), "must be a file", "a pipe or a device", "Give another path")
        with signals.held():
            with os.fdopen(os.open(part, flags, 0o666), "wb") as stream:
                shutil.copyfileobj(contents, stream)
            part.replace(path)
    except (OSError, ValueError) as error:
        raise OutputError(str(path), "must be writable", str(error)) from error
    finally:
        with suppress(OSError, ValueError):
            part.unlink()


def seal(digest: str, *parts: Mapping[str, Any]) -> str:
    """Twelve hexadecimal digits of what a manifest says of the design `digest` beyond its settings."""
    return hashlib.sha256(as_json([digest, *parts]).encode()).hexdigest()[:12]


def inside(project: Path, *names: str) -> Path:
    """The folder `names` of a project, which must not lead out of it: no link on the way. Raises: OutputError."""
    path = project
    for name in names:
        path = path / name
        if path.is_symlink():
            raise OutputError(str(path), "must be a folder of its own", f"a link to {path.readlink()}", "Remove it")
    return path


@contextmanager
def replacing(folder: Path, project: Path | None = None) -> Iterator[Path]:
    """An empty folder that becomes `folder` if the block succeeds and vanishes if it does not.

    A folder that hwgen wrote is replaced. Files that tools made in it are kept: in place if they were made of the same
    files as the new ones, else in `previous`. `project` is the project that the folder is a part of.

    Raises:
        OutputError: `folder` holds something that hwgen did not write, or its parent cannot be written.
    """
    with _writable(folder):
        target = resolved(folder)  # a link stays a link: what it points to is replaced
        root = target if project is None else project.resolve()
        _found(target, folder, root)
        target.parent.mkdir(parents=True, exist_ok=True)
        with temporary_folder(target.parent, ".hwgen-") as room:
            staging = room / "new"
            staging.mkdir()
            yield staging
            with signals.held():
                found, listing = _found(target, folder, root), _listed(staging, target, root)
                with _only_copy(room):
                    _swap(staging, target, room / "old")
                    _carry(found, listing, room / "old", target)


@contextmanager
def _only_copy(room: Path) -> Iterator[None]:
    """Mark `room` while it holds the only copy of files that tools made: it stays if the run is killed."""
    kept = room / KEEP
    kept.touch()
    try:
        yield
    except BaseException:
        if not (room / "old").exists():  # the folder stands as it was
            kept.unlink()
        raise
    kept.unlink()


@contextmanager
def _writable(folder: Path) -> Iterator[None]:
    """Turn errors of the file system on `folder` into an OutputError."""
    try:
        yield
    except OSError as error:
        raise OutputError(str(folder), "must be writable", str(error), "Give another folder") from error


def resolved(path: Path) -> Path:
    """The absolute path without links. Raises: OSError, also where links form a circle or a byte is zero."""
    try:
        return path.resolve()
    except (ValueError, RuntimeError) as error:
        raise OSError(str(error)) from error


def _found(target: Path, folder: Path, root: Path) -> Contents:
    """Contents of `target`, in errors `folder`, listed in `root`; all may be replaced. Raises: OutputError, OSError."""
    if not target.exists():
        return Contents()
    if not target.is_dir():
        change = "Give another folder, or empty this one"
        raise OutputError(str(folder), "must be new, empty or a project of hwgen's", "other content", change)
    found = contents(target, root)
    require_own(folder, found, (root / MANIFEST).is_file())
    return found


def _listed(staging: Path, target: Path, root: Path) -> str:
    """List the files in `staging`, there or, where `target` is a part of `root`, in that; their lines."""
    if target != root:
        lines = list_files(staging, f"{target.relative_to(root).as_posix()}/")
        append(root, lines)
        return lines
    lines = list_files(staging)
    (staging / LISTING).write_text(lines, encoding="utf-8", newline="\n")
    return lines


def _swap(staging: Path, target: Path, retired: Path) -> None:
    """Put `staging` in the place of `target`, which moves to `retired`: in one step where the system can.

    Else `target` is moved first, and moved back if the second step fails. An empty `target` is filled and not replaced,
    so that a shell in it keeps its current folder.
    """
    here = _current_folder()
    if target.exists() and not any(target.iterdir()):
        _fill(staging, target)
        return
    try:
        if target.exists() and _exchanged(staging, target):
            staging.replace(retired)
        else:
            if target.exists():
                target.replace(retired)
            staging.replace(target)
    except BaseException:
        if retired.exists() and not target.exists():
            retired.replace(target)
        raise
    if here is not None and here.is_relative_to(target):
        with suppress(OSError):
            os.chdir(here)  # its place was taken by another folder


def _fill(staging: Path, target: Path) -> None:
    """Move all in `staging` to the empty `target`, or nothing: the list first, the manifest last."""
    order = {LISTING: -1, MANIFEST: 1}
    moved: list[Path] = []
    try:
        for path in sorted(staging.iterdir(), key=lambda each: order.get(each.name, 0)):
            moved.append(path)
            path.replace(target / path.name)
    except BaseException:
        for path in moved:
            with suppress(FileNotFoundError):
                (target / path.name).replace(path)
        raise


def _current_folder() -> Path | None:
    """Where relative paths begin; None where that folder is gone."""
    try:
        return Path.cwd()
    except OSError:
        return None


def _exchanged(one: Path, other: Path) -> bool:
    """Two folders swap their places in one step; False where the system or the file system cannot."""
    rename = getattr(ctypes.CDLL(None), "renameat2", None) if os.name == "posix" else None
    return rename is not None and rename(_HERE, os.fsencode(one), _HERE, os.fsencode(other), _EXCHANGE) == 0


def _carry(found: Contents, listing: str, old: Path, target: Path) -> None:
    """Move files of tools from the `old` folder to the new one: to their place if hwgen's are the same, else aside."""
    if not found.tools:
        return
    same = found.listed.startswith(listing)
    aside = target / PREVIOUS / _free_name(old)
    for path in sorted(found.tools, key=lambda each: each != PREVIOUS):
        place = target / path if same or path == PREVIOUS else aside / path
        place.parent.mkdir(parents=True, exist_ok=True)
        (old / path).rename(place)


def _free_name(old: Path) -> str:
    """A name for files made of the `old` project: its digest, with a number if that name is taken."""
    digest = secrets.token_hex(6)
    with suppress(OSError, ValueError, KeyError, TypeError):
        digest = str(read_json(old / MANIFEST)["digest"])
    name = "".join(each for each in digest if each.isalnum())[:64] or "design"
    names = (name, *(f"{name}.{number}" for number in range(2, 1000)))
    return next((each for each in names if not (old / PREVIOUS / each).exists()), secrets.token_hex(6))


@contextmanager
def work_folder(work: str | Path | None) -> Iterator[Path]:
    """`work`, kept; or a folder that is removed afterwards. Raises: OutputError."""
    if work is None:
        with temporary_folder() as folder:
            yield folder
        return
    try:
        path = resolved(Path(work))
        path.mkdir(parents=True, exist_ok=True)
        yield path
    except OSError as error:
        raise OutputError(str(work), "must be a folder that can be written", str(error), "Give another") from error


def as_json(value: Any) -> str:
    """`value` as the JSON files of a project have it."""
    return json.dumps(value, indent=2, sort_keys=False) + "\n"
