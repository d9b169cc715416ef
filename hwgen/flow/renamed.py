"""Keywords of the Python interface that have a new name."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from hwgen.errors import ConfigError

P = ParamSpec("P")
R = TypeVar("R")


def renamed(**names: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """A function that refuses the keywords `names` by their old names and states the new ones.

    The function raises:
        ConfigError: a keyword has its old name.
    """

    def refusing(function: Callable[P, R]) -> Callable[P, R]:
        @wraps(function)
        def checked(*args: P.args, **kwargs: P.kwargs) -> R:
            for old, new in names.items():
                if old in kwargs:
                    found = repr(kwargs[old])
                    raise ConfigError(old, f"must be called {new}", f"{old}={found}", f"Write {new}={found}")
            return function(*args, **kwargs)

        return checked

    return refusing
