"""The emitted sources in a project's folder, which may be a stranger's."""

from __future__ import annotations

from pathlib import Path

from hwgen.errors import DataError
from hwgen.stored import read_text

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
        raise DataError(str(folder / FILES), "must list files of the RTL project", repr(missing[0]), _AGAIN)
    return files


def rtl_sources(folder: Path) -> tuple[Path, ...]:
    """The sources of an RTL project in its `folder`, in compile order. Raises: DataError."""
    names = _listed(folder)
    missing = [name for name in names if not (folder / name).is_file()]
    if missing:
        raise DataError(str(folder / FILES), "must list files of the RTL project", repr(missing[0]), _AGAIN)
    return tuple((folder / name).resolve() for name in names)


def _listed(folder: Path) -> list[str]:
    """The names that the list of sources has. Raises: DataError."""
    try:
        names = read_text(folder / FILES).split()
    except (OSError, ValueError) as error:
        raise DataError(str(folder / FILES), "must be the list of an RTL project", str(error), _AGAIN) from error
    outside = [name for name in names if Path(name).is_absolute() or ".." in Path(name).parts]
    if outside or not names:
        found = repr(outside[0]) if outside else "none"
        raise DataError(str(folder / FILES), "must list files of the RTL project", found, _AGAIN)
    return names
