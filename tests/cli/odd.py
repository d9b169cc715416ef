"""Every option of every verb with odd values, each of which must end in one line or be taken."""

from __future__ import annotations

import inspect
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer
from typer.testing import CliRunner

from hwgen.errors import HwgenError

NUMBERS = (
    "nan",
    "inf",
    "-inf",
    "-1",
    "0",
    "1e9",
    "1e999999999",
    "1e-999999999",
    "9" * 5000,
    "",
    "\u0661",
    "0x10",
    "1/0",
)
NUMBERS += ("1000000000", "100000000000000000000", "-0.0", "1e308", "5e-324", "1,2", "2**9")
TEXTS = (
    "",
    " ",
    "\u0661",
    "a\nb",
    "\x1b[31m",
    "x" * 5000,
    "uint999999999",
    "int0",
    "uint63",
    "int" + "9" * 5000,
    "auto",
)
TEXTS += ("-1", "../../x", "$(touch x)", "=", "reset=!rst", "nan")


def files(folder: Path) -> list[str]:
    """Paths that are no file of the kind that an option wants."""
    deep, pipe, model = folder / "deep", folder / "pipe", folder / "model.onnx"
    (folder / "empty").write_bytes(b"")
    (folder / "binary").write_bytes(bytes(range(256)) * 9)
    deep.write_text("[" * 1000 + "]" * 1000)
    (folder / "deep.toml").write_text("a = " + "[" * 1000 + "]" * 1000)
    (folder / "digits").write_text('{"fc0": {"pe": ' + "9" * 5000 + "}}")
    (folder / "digits.toml").write_text("target_interval = " + "9" * 5000)
    (folder / "hex.toml").write_text("target_interval = 0x" + "f" * 5000)
    (folder / "fifo.toml").write_text('fifo_depths = {"fc0_fifo" = 100000000000}')
    (folder / "stages.toml").write_text("pipeline = 99999999999")
    (folder / "list.json").write_text("[1, 2]")
    (folder / "null.json").write_text('{"fc0": null}')
    (folder / "nan.json").write_text('{"fc0": {"pe": NaN}}')
    (folder / "latin.toml").write_bytes("part = '\xe9'".encode("latin-1"))
    model.write_bytes(b"\x08\x08not a model")
    if not pipe.exists():
        os.mkfifo(pipe)
    (folder / "loop").symlink_to(folder / "loop")
    names = [str(path) for path in sorted(folder.iterdir())]
    return [*names, str(folder), str(folder / "missing"), "/dev/null", "/dev/zero", "x" * 5000, "", "a/" * 3000]


@dataclass(frozen=True)
class Odd:
    """A verb with one argument or option set to an odd value."""

    verb: str
    option: str
    words: tuple[str, ...]


def _commands(app: typer.Typer) -> Iterator[tuple[tuple[str, ...], Any]]:
    top: Any = typer.main.get_command(app)
    for name, command in top.commands.items():
        if hasattr(command, "commands"):
            yield from (((name, inner), each) for inner, each in command.commands.items())
        else:
            yield (name,), command


def verbs(app: typer.Typer) -> list[str]:
    """All verbs, those of groups behind the group's name."""
    return [" ".join(names) for names, _ in _commands(app)]


def odd_calls(app: typer.Typer, base: dict[str, list[str]], paths: list[str]) -> Iterator[Odd]:
    """All of them. `base` are the words that a verb needs, its argument first, by the verb's name."""
    for names, command in _commands(app):
        verb = " ".join(names)
        hints = inspect.signature(command.callback, eval_str=True).parameters
        for parameter in command.params:
            kind = str(hints[parameter.name].annotation) if parameter.name in hints else "bool"
            if "bool" in kind:
                continue
            values = paths if "Path" in kind else NUMBERS if "int" in kind or "float" in kind else (*TEXTS, *NUMBERS)
            for value in values:
                odd = [value] if parameter.nargs != 2 else [value, "x"]
                if parameter.param_type_name == "argument":
                    words = [*names, *odd, *base[verb][1:]]
                else:
                    words = [*names, *base[verb], max(parameter.opts, key=len), *odd]
                yield Odd(verb, parameter.name, tuple(words))


def outcome(app: typer.Typer, words: tuple[str, ...]) -> str:
    """Empty where the call ends well, in one line of an error or in a usage message; else what is wrong."""
    result = CliRunner().invoke(app, list(words), catch_exceptions=True)
    error = result.exception
    if isinstance(error, OSError) and error.filename:
        return ""  # `main` says it in one line, as any HwgenError
    if isinstance(error, HwgenError):
        text = str(error)
        return "" if text.isprintable() and len(text) < 4000 else f"not one line: {text[:200]!r}"
    if error is None or isinstance(error, SystemExit):
        return "" if result.exit_code in (0, 1, 2, 3, 4) else f"exit code {result.exit_code}"
    return f"{type(error).__name__}: {error}"[:300]
