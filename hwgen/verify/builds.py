"""Programs in `$HWGEN_CACHE`, by a digest of all that they are made of: the same sources are compiled once.

An entry is one file of `$HWGEN_CACHE/builds`: a line of JSON with the names and sizes of its files and a digest of the
rest, then the files. One that is damaged counts as missing. Where the cache cannot be used, all are missing.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from hwgen.verify import process
from hwgen.verify.cache import cache_root

MOST_BYTES = 1 << 29
"""Of all entries; those that were not used for longest go first."""

_FOLDER = "builds"
_UNUSABLE = (OSError, RuntimeError)


def take(key: str, folder: Path) -> bool:
    """Write the files of the entry `key` into `folder`, the first as a program; return whether there is one.

    Raises:
        OSError: they cannot be written.
    """
    try:
        path = cache_root() / _FOLDER / key
        found = _unpacked(path.read_bytes())
        with suppress(OSError):
            os.utime(path)
    except _UNUSABLE:
        return False
    for index, (name, data) in enumerate(found):
        process.write(folder / name, data, 0o644 if index else 0o755)
    return bool(found)


def keep(key: str, folder: Path, names: Sequence[str]) -> None:
    """Make an entry `key` of files in `folder`, the program first; files that are not there are left out."""
    with suppress(*_UNUSABLE):
        root = cache_root() / _FOLDER
        root.mkdir(parents=True, exist_ok=True)
        part = root / f".{key}-{secrets.token_hex(6)}"
        try:
            part.write_bytes(
                _packed([(name, (folder / name).read_bytes()) for name in names if (folder / name).is_file()])
            )
            part.replace(root / key)
        finally:
            part.unlink(missing_ok=True)
        _prune(root)


def _packed(files: Sequence[tuple[str, bytes]]) -> bytes:
    content = b"".join(data for _, data in files)
    head = {"sha256": hashlib.sha256(content).hexdigest(), "files": [[name, len(data)] for name, data in files]}
    return json.dumps(head).encode() + b"\n" + content


def _unpacked(entry: bytes) -> list[tuple[str, bytes]]:
    """Names and contents; none of a damaged entry."""
    try:
        line, _, content = entry.partition(b"\n")
        head = json.loads(line)
        if head["sha256"] != hashlib.sha256(content).hexdigest():
            return []
        return list(_cut(content, head["files"]))
    except (ValueError, KeyError, TypeError):
        return []


def _cut(content: bytes, files: Sequence[tuple[str, int]]) -> Iterator[tuple[str, bytes]]:
    at = 0
    for name, size in files:
        yield name, content[at : at + size]
        at += size


def _prune(root: Path) -> None:
    """Remove the entries that were not used for longest, until they are few enough; also what a killed run left."""
    found = sorted(((entry.stat(), entry.path) for entry in os.scandir(root)), key=lambda each: -each[0].st_mtime)
    total = 0
    for status, path in found:
        total += status.st_size
        if total > MOST_BYTES:
            with suppress(OSError):
                os.unlink(path)
