"""Reading files that hwgen wrote and that may have been changed: size, kind, nesting and types are checked."""

from __future__ import annotations

import errno
import json
import os
import select
import stat
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, TypeVar

if TYPE_CHECKING:
    from pydantic import TypeAdapter

MOST_BYTES = 1 << 31
"""Most bytes of a file: protobuf's limit, which no network's text exceeds."""

MOST_JSON_BYTES = 1 << 27
PIPE_SECONDS = 5.0
"""Seconds in which a named pipe must bring its first byte."""

MOST_NESTED = 100
"""Most nested brackets of a JSON file."""

Kind = TypeVar("Kind")


def read_bytes(path: Path, most: int = MOST_BYTES) -> bytes:
    """The bytes of a regular file; a link to one is followed.

    Raises:
        OSError: it cannot be read, is no regular file (a pipe would make its reader wait), or holds more than `most`.
    """
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    try:
        found = os.fstat(descriptor)
        if stat.S_ISDIR(found.st_mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
        if not stat.S_ISREG(found.st_mode):
            raise OSError(errno.EINVAL, "Not a regular file", str(path))
        if found.st_size > most:
            raise OSError(errno.EFBIG, f"{found.st_size:,} bytes, at most {most:,} are read", str(path))
        with os.fdopen(descriptor, "rb", closefd=False) as stream:
            return stream.read(most)
    finally:
        os.close(descriptor)


def open_given(path: Path) -> BinaryIO:
    """A file that a user names, opened to be read: any but a named pipe that brings nothing for `PIPE_SECONDS`.

    A pipe that a shell makes (`<(...)`) has no name in the file system, and a writer.

    Raises:
        OSError: it cannot be opened, or nothing comes through it.
    """
    if not (path.is_fifo() and path.resolve().exists()):
        return path.open("rb")
    stream = os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb")
    if not select.select([stream], [], [], PIPE_SECONDS)[0] or not stream.peek(1):
        stream.close()
        raise OSError(errno.EAGAIN, "a pipe that nobody writes to", str(path))
    os.set_blocking(stream.fileno(), True)
    return stream


def read_text(path: Path, most: int = MOST_BYTES) -> str:
    """The text of a regular file in UTF-8, line ends as they are. Raises: OSError as `read_bytes`, ValueError."""
    return read_bytes(path, most).decode("utf-8")


def read_json(path: Path) -> Any:
    """What a JSON file holds. Raises: OSError, ValueError."""
    return parse_json(read_text(path, MOST_JSON_BYTES))


def parse_json(text: str) -> Any:
    """What JSON text holds; NaN and infinities are no JSON. Raises: ValueError."""
    try:
        found = json.loads(text, parse_constant=_refuse_constant)
    except RecursionError as error:
        raise ValueError(f"brackets nested more than {MOST_NESTED} deep") from error
    if _depth(found) > MOST_NESTED:
        raise ValueError(f"brackets nested more than {MOST_NESTED} deep")
    return found


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name}, which is no number")


def _depth(value: Any) -> int:
    """Depth of nested lists and dictionaries."""
    deep, inside = 0, [value]
    while inside:
        inside = [each for outer in inside for each in (outer.values() if isinstance(outer, dict) else outer)]
        inside = [each for each in inside if isinstance(each, dict | list)]
        deep += 1
    return deep


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    from pydantic import TypeAdapter  # here: a board has none, and reads its port map without

    return TypeAdapter(kind)


def fitted(kind: Callable[..., Kind], value: Any) -> Kind:
    """JSON `value` as the type or dataclass `kind`: no text for a number, no fraction for an integer.

    Raises:
        ValueError: it does not fit; the message names the field.
    """
    from pydantic import ValidationError

    try:
        found: Kind = _adapter(kind).validate_json(json.dumps(value), strict=True)
    except ValidationError as error:
        raise ValueError(told(error)) from error
    return found


def told(error: Exception) -> str:
    """What is wrong, in one line; of what does not fit a type, the first field."""
    from pydantic import ValidationError

    if not isinstance(error, ValidationError):
        return str(error).partition("\n")[0]
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    message = first["msg"].replace("Input should", "should").replace("Field required", "is required")
    return f"{where} {message}".strip()
