"""The table of operators in the README is that of the handlers."""

from __future__ import annotations

import re
from pathlib import Path

from hwgen.frontend.qdq import EXPANDED
from hwgen.frontend.walk import HANDLERS

README = Path(__file__).resolve().parents[2] / "README.md"


def test_the_readme_lists_every_operator_once() -> None:
    table = README.read_text().partition("| what | operators |")[2].partition("\n\n")[0]
    listed = re.findall(r"`(\w+)`", table)
    assert sorted(listed) == sorted({*HANDLERS, *EXPANDED})
    for line in table.splitlines()[2:]:
        words = re.findall(r"`(\w+)`", line)
        assert words == sorted(words), line
