"""The RTL of several devices as one project: theirs and a top level that joins them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from hwgen.backends.joined import joined_top
from hwgen.errors import DataError
from hwgen.hw.joined import Joined
from hwgen.verify.sources import FILES, rtl_files


def joined_files(joined: Joined, folders: Sequence[Path]) -> dict[str, str]:
    """The files of an RTL project of `joined`, whose devices' are in `folders`.

    Raises:
        DataError: one cannot be read, or two devices have different files of one name.
    """
    found: dict[str, str] = {}
    listed: dict[str, None] = {}
    for folder in folders:
        files = rtl_files(folder)
        listed |= dict.fromkeys(files.pop(FILES).split())
        for path, text in files.items():
            if found.setdefault(path, text) != text:
                must = "must be the same file in each device: they are simulated together"
                raise DataError(str(folder / path), must, "another", "Build the devices again")
    top = f"{joined.name}.sv"
    return {**found, top: joined_top(joined), FILES: "\n".join([*listed, top]) + "\n"}
