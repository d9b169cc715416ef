"""What MkDocs asks for while it builds the site: figures, tables of the RTL, options of the command line.

A page asks for them by a comment on a line of its own: `<!-- timing: mvtu -->`, `<!-- dataflow: tfc -->`,
`<!-- rtl: hwgen_mvtu -->`, `<!-- cli -->`. Notebooks of `examples/notebooks` become pages, their cells blocks of code.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

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
        rows = [_option(each) for each in command.params if not getattr(each, "hidden", False)]
        table = "\n".join(["| | |", "|---|---|", *rows])
        found.append(f"## `{path} {name}`\n\n{summary}\n\n{table}")
    return found


def _option(parameter: Any) -> str:
    names = parameter.opts if parameter.param_type_name == "option" else [parameter.name.upper()]
    said = " ".join((getattr(parameter, "help", "") or "").split()).replace("|", "\\|")
    return f"| `{', '.join(names)}` | {said} |"


MAKERS: dict[str, Callable[[Any], str]] = {
    "timing": figures.timing,
    "dataflow": figures.dataflow,
    "rtl": rtl,
    "cli": cli,
}
"""By the kind of comment; each takes the name that it gives."""
