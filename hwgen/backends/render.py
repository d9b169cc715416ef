"""The only place that knows jinja2, and where templates and simulation sources lie.

Delimiters are `${x}` for values, `//%` for line statements and `/*% %*/` for blocks, because `{{ }}` is both Verilog
replication and C++ braces. An undefined name is an error. Values in HTML are escaped.

A value is data, whatever template prints it: it stays in its line and in its comment (`line_of_code`). Only `Source`,
which emitters make and templates render, may hold more.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hwgen.config import VERSION
from hwgen.errors import CheckError

if TYPE_CHECKING:
    from jinja2 import Environment
    from jinja2.nodes import EvalContext

_PACKAGE = Path(__file__).resolve().parents[1]


def asset(folder: str) -> Path:
    """The top-level folder `templates` or `sim`: inside the installed package, or beside it in a checkout."""
    for candidate in (_PACKAGE / "_assets" / folder, _PACKAGE.parent / folder):
        if candidate.is_dir():
            return candidate
    raise CheckError(folder, "must be installed with the package", f"nothing beside {_PACKAGE}")


class Source(str):
    """Text of the language that is printed, made by an emitter or a template: it is printed as it is."""

    __slots__ = ()


LONGEST_TITLE = 72
"""Letters of a name in a comment."""

_LEAVES_COMMENT = re.compile(r"[^ -~]|[\\`]|(?<=\*)/|(?<=/)\*|(?<=\?)\?")
"""What ends a line or a comment somewhere, joins the next line to it, or reads otherwise than it looks."""


def line_of_code(text: str) -> str:
    """`text` as a part of a line of code or of a comment: what could lead out of it stands as `<U+000A>` does.

    That is all but printable ASCII, backslashes, backticks, and what makes `*/`, `/*` and a trigraph.
    """
    return _LEAVES_COMMENT.sub(_escaped, text)


def _escaped(match: re.Match[str]) -> str:
    return f"<U+{ord(match[0]):04X}>"


def title(text: str) -> str:
    """A name of the user's at a length for a comment: the middle of a long one is left out."""
    half = (LONGEST_TITLE - 3) // 2
    return text if len(text) <= LONGEST_TITLE else f"{text[:half]}...{text[-half:]}"


def _printed(context: EvalContext, value: Any) -> str:
    """What a template prints for `value`; pages hold any letter, and no control characters."""
    if isinstance(value, Source):
        return value
    if context.autoescape:
        return "".join(each if each.isprintable() else f"<U+{ord(each):04X}>" for each in str(value))
    return line_of_code(str(value))


def _join(values: Iterable[Any], between: str = "") -> Source:
    """Values with `between` them."""
    return Source(between.join(value if isinstance(value, Source) else line_of_code(str(value)) for value in values))


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_eval_context

    environment = Environment(
        loader=FileSystemLoader(asset("templates")),
        variable_start_string="${",
        variable_end_string="}",
        line_statement_prefix="//%",
        block_start_string="/*%",
        block_end_string="%*/",
        comment_start_string="/*#",
        comment_end_string="#*/",
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=StrictUndefined,
        autoescape=lambda name: name is not None and name.startswith("report/"),
        finalize=pass_eval_context(_printed),
    )
    environment.filters["join"] = _join
    environment.globals["hwgen_version"] = VERSION
    return environment


def render(template: str, context: Any) -> Source:
    """Render `templates/<template>` with the fields of the dataclass `context`."""
    values = {field.name: getattr(context, field.name) for field in fields(context)}
    return Source(_environment().get_template(template).render(values))


def library(back_end: str) -> dict[str, str]:
    """The plain sources of `templates/<back_end>/lib`, by file name."""
    folder = asset("templates") / back_end / "lib"
    return {path.name: path.read_text(encoding="utf-8") for path in sorted(folder.iterdir()) if path.is_file()}
