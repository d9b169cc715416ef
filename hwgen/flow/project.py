"""Output folders: written whole or not at all. The only writer of files that a user keeps."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from hwgen.errors import OutputError
from hwgen.verify import signals
from hwgen.verify.process import temporary_folder

MANIFEST = "hwgen.json"
NETWORK = "network.txt"
FORMAT = 1


def record(project: Path, name: str, report: Mapping[str, Any]) -> None:
    """Write a report such as `simulate.json` into a project, in one step.

    Raises:
        OutputError: the folder cannot be written.
    """
    write_whole(project / name, as_json(report))


def write_whole(path: Path, text: str) -> None:
    """Write a file in one step: a reader sees the old text or the new, never a part.

    Raises:
        OutputError: it cannot be written.
    """
    part = path.with_name(f".{path.name}.part")
    try:
        with signals.held():
            part.write_text(text, encoding="utf-8", newline="\n")
            part.replace(path)
    except OSError as error:
        with suppress(OSError):
            part.unlink()
        raise OutputError(str(path), "must be writable", str(error)) from error


@contextmanager
def replacing(folder: Path, mark: str = MANIFEST) -> Iterator[Path]:
    """An empty folder that becomes `folder` if the block succeeds and vanishes if it does not.

    A folder of hwgen's own holds the file `mark`.

    Raises:
        OutputError: `folder` holds something that hwgen did not write, or its parent cannot be written.
    """
    try:
        target = folder.resolve()  # a link stays a link: what it points to is replaced
        if target.exists() and not (target.is_dir() and ((target / mark).is_file() or not any(target.iterdir()))):
            change = "Give another folder, or empty this one"
            raise OutputError(str(folder), "must be new, empty or a project of hwgen's", "other content", change)
        target.parent.mkdir(parents=True, exist_ok=True)
        with temporary_folder(target.parent, f".{target.name}.") as room:
            staging = room / "new"
            staging.mkdir()
            yield staging
            with signals.held():
                _swap(staging, target, room / "old")
    except OSError as error:
        raise OutputError(str(folder), "must be writable", str(error), "Give another folder") from error


def _swap(staging: Path, target: Path, retired: Path) -> None:
    """Put `staging` in the place of `target`, which moves to `retired`, or comes back if that fails."""
    try:
        if target.exists():
            target.replace(retired)
        staging.replace(target)
    except BaseException:
        if retired.exists() and not target.exists():
            retired.replace(target)
        raise


@contextmanager
def work_folder(work: str | Path | None) -> Iterator[Path]:
    """`work`, kept; or a folder that is removed afterwards. Raises: OutputError."""
    if work is None:
        with temporary_folder() as folder:
            yield folder
        return
    path = Path(work).resolve()
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(str(work), "must be a folder that can be written", str(error), "Give another") from error
    yield path


def write_files(folder: Path, files: Mapping[str, str]) -> None:
    """Write texts by path under `folder`."""
    for path, text in files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8", newline="\n")


def as_json(value: Any) -> str:
    """`value` as the JSON files of a project have it."""
    return json.dumps(value, indent=2, sort_keys=False) + "\n"
