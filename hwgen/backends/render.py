"""The only place that knows jinja2, and where templates and simulation sources lie.

Delimiters are `${x}` for values, `//%` for line statements and `/*% %*/` for blocks, because `{{ }}` is both Verilog
replication and C++ braces. An undefined name is an error. Values in HTML are escaped.
"""

from __future__ import annotations

from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hwgen.errors import CheckError

if TYPE_CHECKING:
    from jinja2 import Environment

_PACKAGE = Path(__file__).resolve().parents[1]


def asset(folder: str) -> Path:
    """The top-level folder `templates` or `sim`: inside the installed package, or beside it in a checkout."""
    for candidate in (_PACKAGE / "_assets" / folder, _PACKAGE.parent / folder):
        if candidate.is_dir():
            return candidate
    raise CheckError(folder, "must be installed with the package", f"nothing beside {_PACKAGE}")


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
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
    )


def render(template: str, context: Any) -> str:
    """Render `templates/<template>` with the fields of the dataclass `context`."""
    values = {field.name: getattr(context, field.name) for field in fields(context)}
    return _environment().get_template(template).render(values)


def library(back_end: str) -> dict[str, str]:
    """The plain sources of `templates/<back_end>/lib`, by file name."""
    folder = asset("templates") / back_end / "lib"
    return {path.name: path.read_text(encoding="utf-8") for path in sorted(folder.iterdir()) if path.is_file()}
