"""The terminal: text as it is, and tables that keep every figure whole, however narrow the terminal."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from io import StringIO
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console, ConsoleDimensions
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

_UNBOUNDED = 1_000_000

Rows = Sequence[Sequence[str]]
"""Cells of a table, a line after the other."""


class Plain(Console):
    """A console that prints text as it is: square brackets and colons are no markup, and no line is cut or folded."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"markup": False, "emoji": False, "highlight": False, **options})

    @property
    def size(self) -> ConsoleDimensions:
        """Columns and lines; 0 columns, as with `COLUMNS=0`, count as those of a pipe."""
        width, height = super().size
        return ConsoleDimensions(width or 80, height)

    @size.setter
    def size(self, new_size: tuple[int, int]) -> None:
        self._width, self._height = new_size

    def print(self, *objects: Any, **options: Any) -> None:
        """As `rich.console.Console.print`; characters that the stream's encoding lacks are written as escapes."""
        reconfigure = getattr(self.file, "reconfigure", None)
        if reconfigure and getattr(self.file, "errors", "") != "backslashreplace":
            reconfigure(errors="backslashreplace")
        for each in objects:
            if isinstance(each, Table):
                keep_whole(each).width = None
                least = Measurement.get(self, self.options.update(width=_UNBOUNDED), each).minimum
                each.width = least if least > self.width else None
        lines = all(isinstance(each, str) for each in objects)
        super().print(*objects, **{"soft_wrap": lines, "crop": False, **options})


def as_html(shown: Table) -> str:
    """A table as HTML that needs no style sheet, as wide as it wants to be."""
    console = Plain(record=True, file=StringIO(), width=_UNBOUNDED)
    keep_whole(shown).width = None
    shown.width = Measurement.get(console, console.options, shown).maximum
    console.print(shown)
    return console.export_html(inline_styles=True, code_format="<pre>{code}</pre>")


def table(
    headings: Sequence[str],
    rows: Rows,
    *,
    texts: int,
    bold: Collection[int] = (),
    title: str | None = None,
    caption: str | None = None,
) -> Table:
    """A table whose first `texts` columns hold text, which wraps between words; the others hold numbers.

    Args:
        bold: rows to print in bold.
    """
    made = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0), caption_justify="left")
    made.title, made.caption = title and Text(title), caption and Text(caption)
    for place, heading in enumerate(headings):
        made.add_column(Text(heading), justify="left" if place < texts else "right", no_wrap=place >= texts)
    for place, row in enumerate(rows):
        made.add_row(*map(Text, row), style="bold" if place in bold else "")
    return keep_whole(made)


def keep_whole(made: Table) -> Table:
    """The table with columns so wide that no word is cut, and no line where it holds numbers, on the right."""
    around = f"{_plain(made.title)} {_plain(made.caption)}".split()
    made.min_width = max(map(cell_len, [*around, ""]))
    for column in made.columns:
        cells = [_plain(each) for each in (column.header, *column.cells)]
        whole = column.no_wrap or column.justify == "right"
        parts = [part for cell in cells for part in (cell.splitlines() if whole else cell.split())]
        column.min_width = max(map(cell_len, [*parts, ""]))
    return made


def count(number: float) -> str:
    """A number with all its digits: `1,234,567`, `12.5`."""
    return f"{int(number):,}" if number == int(number) else f"{number:,}"


def _plain(cell: Any) -> str:
    return cell.plain if isinstance(cell, Text) else str(cell or "")
