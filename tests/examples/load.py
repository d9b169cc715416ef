"""Imports an example's scripts as its own folder sees them."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


@contextmanager
def example(folder: str, *names: str) -> Iterator[dict[str, ModuleType]]:
    """The modules `names` of an example, by name; forgotten afterwards, for other examples have the same names."""
    path = str(EXAMPLES / folder)
    sys.path.insert(0, path)
    try:
        yield {name: importlib.import_module(name) for name in names}
    finally:
        sys.path.remove(path)
        for name in names:
            sys.modules.pop(name, None)
