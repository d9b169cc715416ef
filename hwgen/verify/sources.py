"""The emitted sources in a project's folder, which is not trusted, and how tools see them.

Make, Verilator and the compiler's markers interpret a `$`, a space or a quote in a path. So a tool runs in a folder of
its own and gets plain relative names: copies of the sources there, or links to them.
"""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from hwgen.errors import DataError
from hwgen.stored import read_bytes, read_text

OWN = "hwgen_sources"
"""The folder, in one for builds, whose content is hwgen's to replace."""

FILES = "files.f"
"""The list of an RTL project's sources, in compile order."""

_AGAIN = "Build it again"


def rtl_files(folder: Path) -> dict[str, str]:
    """The files of an RTL project by path in its `folder`. Raises: DataError."""
    paths = sorted(path for path in folder.rglob("*.*") if path.is_file() or path.is_symlink())
    files: dict[str, str] = {}
    for path in paths:
        try:
            files[str(path.relative_to(folder))] = read_text(path)
        except (OSError, ValueError) as error:
            raise DataError(str(path), "must be a text file of the RTL project", str(error), _AGAIN) from error
    missing = [name for name in _listed(folder) if name not in files]
    if missing:
        raise DataError(str(folder / FILES), "must list files of the RTL project", repr(missing[0][:80]), _AGAIN)
    return files


def write_files(folder: Path, files: Mapping[str, str]) -> None:
    """Write emitted `files`, by path under `folder`. Raises: OSError."""
    for path, text in files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8", newline="\n")


def rtl_sources(folder: Path) -> tuple[Path, ...]:
    """The sources of an RTL project in its `folder`, in compile order. Raises: DataError."""
    names = _listed(folder)
    missing = [name for name in names if not _is_file(folder / name)]
    if missing:
        raise DataError(str(folder / FILES), "must list files of the RTL project", repr(missing[0][:80]), _AGAIN)
    return tuple((folder / name).resolve() for name in names)


def _is_file(path: Path) -> bool:
    """Whether there is a file; a name that no file can have is none."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def _listed(folder: Path) -> list[str]:
    """The names that the list of sources has. Raises: DataError."""
    try:
        names = read_text(folder / FILES).split()
    except (OSError, ValueError) as error:
        raise DataError(str(folder / FILES), "must be the list of an RTL project", str(error), _AGAIN) from error
    outside = [name for name in names if Path(name).is_absolute() or ".." in Path(name).parts]
    if outside or not names:
        found = repr(outside[0][:80]) if outside else "none"
        raise DataError(str(folder / FILES), "must list files of the RTL project", found, _AGAIN)
    return names


def copied(project: Path, names: Iterable[str], folder: Path) -> None:
    """Copy files and whole folders `names` of a `project` to `folder`, in place of what was there.

    Raises:
        DataError: one is missing, or is no regular file or folder of such.
    """
    cleared(folder)
    for name, path in _files(project, names):
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(_content(path))


def digest_of(project: Path, names: Iterable[str], *others: object) -> str:
    """A digest of files and whole folders `names` of a `project`, and of `others`. Raises: DataError as `copied`."""
    found = hashlib.sha256(repr(others).encode())
    for name, path in _files(project, names):
        data = _content(path)
        found.update(f"{name}\n{len(data)}\n".encode("utf-8", "surrogateescape") + data)
    return found.hexdigest()


def linked(paths: Sequence[Path], folder: Path, stem: str) -> list[str]:
    """Links to `paths` in `folder`, which lies in that of a tool's run; their names from there."""
    found = []
    for index, path in enumerate(paths):
        name = f"{stem}_{index}_{re.sub(r'[^A-Za-z0-9_.]', '_', path.name)}"
        (folder / name).symlink_to(path.resolve())
        found.append(f"{folder.name}/{name}")
    return found


def cleared(folder: Path) -> Path:
    """`folder`, made anew and empty."""
    if folder.is_symlink() or folder.is_file():
        folder.unlink()
    elif folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    return folder


def _files(project: Path, names: Iterable[str]) -> list[tuple[str, Path]]:
    """Every file of `names`, folders with all in them, by its path in `project`."""
    tops = [project / name for name in names]
    inner = (sorted(top.rglob("*")) if top.is_dir() else [top] for top in tops)
    paths = (path for found in inner for path in found if not path.is_dir())
    return [(path.relative_to(project).as_posix(), path) for path in paths]


def _content(path: Path) -> bytes:
    try:
        return read_bytes(path)
    except OSError as error:
        raise DataError(str(path), "must be a file of the project", str(error), _AGAIN) from error
