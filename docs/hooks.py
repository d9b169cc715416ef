"""What MkDocs asks for while it builds the site: figures, tables of the RTL, options of the command line.

A page asks for them by a comment on a line of its own: `<!-- timing: mvtu -->`, `<!-- dataflow: tfc -->`,
`<!-- rtl: hwgen_mvtu -->`, `<!-- cli -->`. Notebooks of `examples/notebooks` become pages, their cells blocks of code.
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Callable
from enum import Enum
from pathlib import Path
from typing import Any, get_args

from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files

from hwgen.backends.render import asset

import figures

DOCS = Path(__file__).resolve().parent
MARK = re.compile(r"^<!-- (timing|dataflow|rtl|cli)(?:: (\w+))? -->$", re.MULTILINE)
_PARAMETER = re.compile(r"^  parameter (.+?) ?(\w+) = (.+?),?(?: *// (.*))?$", re.MULTILINE)


def on_files(files: Files, config: Any) -> Files:
    """The style of the figures is the report's."""
    files.append(File.generated(config, "stylesheets/pictures.css", content=figures.styles()))
    for path in sorted((DOCS.parent / "examples" / "notebooks").glob("*.ipynb")):
        files.append(File.generated(config, f"notebooks/{path.stem}.md", content=notebook(path)))
    return files


def notebook(path: Path) -> str:
    """A notebook as a page."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    texts = ("".join(cell["source"]) for cell in cells)
    parts = [
        f"```python\n{text}\n```" if cell["cell_type"] == "code" else _relinked(text)
        for cell, text in zip(cells, texts, strict=True)
    ]
    parts.insert(1, f"*This page is the notebook `examples/notebooks/{path.name}`; a test runs it.*")
    return "\n\n".join(parts) + "\n"


def _relinked(text: str) -> str:
    """Links between notebooks, and from one to the documentation, as links between pages."""
    return text.replace(".ipynb)", ".md)").replace("](../../docs/", "](../")


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Put in what the comments ask for. Raises: PluginError, naming page and comment."""

    def made(match: re.Match[str]) -> str:
        kind, name = match.groups()
        try:
            return MAKERS[kind](name)
        except (KeyError, OSError) as error:
            raise PluginError(f"{page.file.src_uri}: nothing for {match[0]}: {error}") from error

    return MARK.sub(made, markdown)


def rtl(module: str) -> str:
    """What a library module says of itself, and its parameters."""
    text = (asset("templates") / "rtl" / "lib" / f"{module}.sv").read_text(encoding="utf-8")
    lines = (line.removeprefix("//").removeprefix(" ") for line in text.split("\n\n")[0].splitlines()[2:])
    prose = "\n".join(_as_text(line) for line in lines)
    rows = [
        f"| `{name}` | `{kind}` | `{value}` | {comment or ''} |"
        for kind, name, value, comment in _PARAMETER.findall(text)
    ]
    table = ["| parameter | type | default | |", "|---|---|---|---|", *rows]
    return f"`templates/rtl/lib/{module}.sv`\n\n{prose}\n\n" + "\n".join(table if rows else [])


def _as_text(line: str) -> str:
    """A line of a comment in Markdown: what is indented is a drawing, and a star is a star."""
    return f"  {line}" if line.startswith("  ") else line.replace("*", "\\*")


def cli(_: str | None) -> str:
    """Every verb with its arguments and options."""
    from typer.main import get_command

    from hwgen.cli import app

    return "\n\n".join(_verbs(get_command(app), "hwgen"))


def _verbs(group: Any, path: str) -> list[str]:
    found = []
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            found += _verbs(command, f"{path} {name}")
            continue
        summary = (command.help or "").split("\n\n")[0].replace("\n", " ")
        hints = inspect.signature(command.callback, eval_str=True).parameters
        rows = [_option(each, hints[each.name].annotation) for each in command.params if not _said_above(each)]
        table = "\n".join(["| | takes | default | |", "|---|---|---|---|", *rows])
        found.append(f"## `{path} {name}`\n\n{summary}\n\n{table}")
    return found


def _said_above(parameter: Any) -> bool:
    """Options that every verb has stand once, at the head of the page."""
    return getattr(parameter, "hidden", False) or parameter.name in ("verbose", "quiet", "help")


def _option(parameter: Any, annotation: Any) -> str:
    """A row: names, what it takes, what stands for it where it is left out, what it is for."""
    is_option = parameter.param_type_name == "option"
    names = ", ".join([*parameter.opts, *parameter.secondary_opts] if is_option else [parameter.name.upper()])
    said = " ".join((getattr(parameter, "help", "") or "").split()).replace("|", "\\|")
    return f"| `{names}` | {_takes(parameter, annotation)} | {_default(parameter)} | {said} |"


def _takes(parameter: Any, annotation: Any) -> str:
    """The kind of a value, its bounds or its choices."""
    kinds = [kind for kind in _leaves(annotation) if kind is not type(None)]
    least, most = getattr(parameter, "min", None), getattr(parameter, "max", None)
    bounds = "" if least is None else f" from {least}" if most is None else f" {least} to {most}"
    texts = []
    for kind in kinds:
        if issubclass(kind, Enum):
            texts.append(" or ".join(f"`{each.value}`" for each in kind))
        else:
            texts.append(KINDS[kind] + (bounds if kind in (int, float) else ""))
    return ", ".join(texts) + (", several times" if getattr(parameter, "multiple", False) else "")


def _leaves(annotation: Any) -> list[Any]:
    """The types of which an annotation is made."""
    if hasattr(annotation, "__metadata__"):
        return _leaves(annotation.__origin__)
    return [leaf for each in get_args(annotation) for leaf in _leaves(each)] or [annotation]


def _default(parameter: Any) -> str:
    """What stands for an option that is left out; empty where nothing does."""
    if parameter.required:
        return "required"
    shown, default = getattr(parameter, "show_default", None), parameter.default
    if isinstance(shown, str):
        return shown
    has_none = default is None or default is False
    return "" if has_none else f"`{getattr(default, 'value', default)}`"


KINDS = {int: "whole number", float: "number", str: "text", Path: "file or folder", bool: ""}
"""What a value of a type is called."""

MAKERS: dict[str, Callable[[Any], str]] = {
    "timing": figures.timing,
    "dataflow": figures.dataflow,
    "rtl": rtl,
    "cli": cli,
}
"""By the kind of comment; each takes the name that it gives."""
