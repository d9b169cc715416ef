"""The files of a folder that hwgen wrote, by a list of their digests in it, and files of others beside them.

`hwgen.sha256` has a line for each file, as `sha256sum` prints them: first the files written with the folder, then those
of later runs. A file is hwgen's as long as its digest is in one of the lines of its path. Where the folder holds a
project for each of several devices, these have such lists of their own, with the later runs of a device alone.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from hwgen.errors import OutputError
from hwgen.stored import read_text

LISTING = "hwgen.sha256"
PREVIOUS = "previous"
"""The folder of a project for files that tools made of earlier designs."""

_MOST_NAMED = 3
_LINE = re.compile(r"([0-9a-f]{64})  (.+)")
_DEVICE = r"(device\d+/)?"
_TOOLS = re.compile(
    rf"{_DEVICE}({PREVIOUS}|bitstream/[^/]+\.work)"
    r"|(.*/)?(\.Xil|__pycache__|obj_dir|vivado(_\w+)?(\.backup)?\.(jou|log)|vivado_pid\d+\.(str|zip)|v\+\+_\w+\.log)"
    r"|(.*/)?(xcd|vitis\w*)\.log|(.*/)?\.?ip_user_files|(.*/)?usage_statistics_webtalk\.(ht|x)ml"
    rf"|{_DEVICE}((vivado/|hls/)?build|(hls/)?(vitis_\w+|logs|\.hls)|vivado/(ip|[^/]+\.(xsa|bit|hwh|xo|xclbin|ltx|dcp)))"
)
"""Paths that tools write to: Vivado, Vitis, Vitis HLS, make, FuseSoC, Verilator, Python, `hwgen bitstream`."""


@dataclass(frozen=True)
class Contents:
    """The contents of a folder, by path in it.

    Attributes:
        listed: the text of its list; empty where it has none.
        tools: files and folders that tools made.
        foreign: other files, and files of hwgen that were changed.
    """

    listed: str = ""
    tools: tuple[str, ...] = ()
    foreign: tuple[str, ...] = ()


def list_files(folder: Path, prefix: str = "") -> str:
    """The list of the files under `folder`, each path behind `prefix`. Raises: OSError."""
    files = (path for path in folder.rglob("*") if path.is_file() and path.name != LISTING)
    paths = sorted(path.relative_to(folder).as_posix() for path in files)
    return "".join(f"{_digest(folder / path)}  {prefix}{path}\n" for path in paths)


def append(folder: Path, lines: str) -> None:
    """Add `lines` to the list of `folder`; nothing where it has none. Raises: OSError."""
    flags = os.O_WRONLY | os.O_APPEND | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    try:
        descriptor = os.open(folder / LISTING, flags)
    except FileNotFoundError:
        return
    with os.fdopen(descriptor, "ab") as stream:
        stream.write(lines.encode("utf-8"))


def line_of(path: str, data: bytes) -> str:
    """The line of a file at `path` with the content `data`."""
    return f"{hashlib.sha256(data).hexdigest()}  {path}\n"


def contents(folder: Path, root: Path) -> Contents:
    """The contents of the existing `folder`, whose files are listed in `root`, itself or a folder around it.

    Raises:
        OSError: something cannot be read.
    """
    listed = _listed(root)
    prefix = "" if folder == root else f"{folder.relative_to(root).as_posix()}/"
    known = {(path.removeprefix(prefix), digest) for path, digest in _lines(listed) if path.startswith(prefix)}
    paths = {path for path, _ in known}
    devices = {path.split("/")[0] for path in paths if re.match(r"device\d+/", path)}
    for device in devices:
        known |= {(f"{device}/{path}", digest) for path, digest in _lines(_listed(folder / device))}
    parents = {str(parent) for path in paths for parent in PurePosixPath(path).parents}
    parents |= {"bitstream", *(f"{device}/bitstream" for device in devices)}
    lists = {LISTING, *(f"{device}/{LISTING}" for device in devices)}
    tools: list[str] = []
    foreign: list[str] = []
    for path, entry in _walk(folder, parents):
        if _TOOLS.fullmatch(path) and path not in paths:
            tools.append(path)
        elif entry.is_dir(follow_symlinks=False):
            foreign.append(f"{path}/")
        elif not entry.is_file(follow_symlinks=False):
            foreign.append(path)
        elif f"{prefix}{path}" not in lists and (path, _digest(Path(entry.path))) not in known:
            foreign.append(f"{path} (edited)" if path in paths else path)
    return Contents(listed, tuple(tools), tuple(foreign))


def _listed(root: Path) -> str:
    """The list in a folder; empty where it has none. Raises: OSError."""
    try:
        return read_text(root / LISTING)
    except (FileNotFoundError, UnicodeDecodeError):
        return ""


def require_own(folder: Path, found: Contents, is_project: bool) -> None:
    """All in `folder`, which is to be replaced, must be hwgen's or a tool's. Raises: OutputError."""
    if not found.foreign and (found.listed or not found.tools):
        return
    if not found.listed and is_project:
        change = "Move it away, or build into another folder"
        raise OutputError(str(folder), f"must have a list of its files ({LISTING})", "a project without", change)
    if not found.listed:
        change = "Give another folder, or empty this one"
        raise OutputError(str(folder), "must be new, empty or a project of hwgen's", "other content", change)
    names, more = ", ".join(map(_shown, sorted(found.foreign)[:_MOST_NAMED])), len(found.foreign) - _MOST_NAMED
    change = "Nothing was changed: move that elsewhere, or build into another folder"
    must = "must hold only what hwgen wrote to be replaced"
    raise OutputError(str(folder), must, names + (f" and {more} more" if more > 0 else ""), change)


def _shown(path: str) -> str:
    """A path, shortened to fit into a line."""
    return path if path.isprintable() else repr(path)


def _walk(folder: Path, parents: set[str], inside: str = "") -> Iterator[tuple[str, os.DirEntry[str]]]:
    """All that is in `folder` but the folders of its own files, with its path."""
    with os.scandir(folder) as entries:
        for entry in sorted(entries, key=lambda each: each.name):
            path = f"{inside}{entry.name}"
            if path in parents and entry.is_dir(follow_symlinks=False):
                yield from _walk(Path(entry.path), parents, f"{path}/")
            else:
                yield path, entry


def _lines(listing: str) -> set[tuple[str, str]]:
    """Path and digest of each line; other lines are ignored."""
    matches = (_LINE.fullmatch(line) for line in listing.split("\n"))
    return {(match[2], match[1]) for match in matches if match}


def _digest(path: Path) -> str:
    """The digest of a regular file."""
    with path.open("rb") as stream:
        if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
            return ""
        return hashlib.file_digest(stream, "sha256").hexdigest()
