"""Functions that numba compiles: into their callers, or as entries whose code is kept for the next run."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar, cast

from numba import njit
from numba.core.caching import FunctionCache

from hwgen.hw.caching import lenient, tell, turn

_F = TypeVar("_F", bound=Callable[..., object])

_SOURCES = ("compiled", "loop", "tables", "moves", "elastic", "machines", "frames", "repair", "clocked", "adders/share")
"""Modules of compiled functions, of which an entry's code may hold any."""

_stamp = sha256(b"".join((Path(__file__).parent / f"{name}.py").read_bytes() for name in _SOURCES)).hexdigest()

_Cache = lenient(FunctionCache)


def inner(function: _F) -> _F:
    """Compiled into its callers, as passing many arrays takes longer than what it does.

    Without counting of references (`_nrt`), which would take most of the time: no such function allocates.
    """
    options = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True, "forceinline": True}
    return cast(_F, njit(_nrt=False, error_model="numpy", **options)(function))


def inlined(function: _F) -> _F:
    """Written into its callers before they are compiled, which is faster still."""
    return cast(_F, njit(_nrt=False, error_model="numpy", inline="always")(function))


def entry(function: _F) -> _F:
    """Compiled once and cached: beside its file, or in the user's cache where that folder cannot be written."""
    compiled = cast(Any, njit(_nrt=False, error_model="numpy")(function))
    try:
        cache = _Cache(function)
        cache._cache_file._source_stamp = _stamp  # numba's own is of the entry's file alone
        compiled._cache = cache
        compiled.compile = _in_turn(compiled.compile, Path(cache.cache_path))
    except (RuntimeError, OSError) as error:  # neither can be
        tell(error)
    return cast(_F, compiled)


def _in_turn(compile_or_load: Callable[[Any], Any], folder: Path) -> Callable[[Any], Any]:
    """Processes that start together do not all compile the same: see `turn`."""

    def in_turn(signature: Any) -> Any:
        with turn(folder):
            return compile_or_load(signature)

    return in_turn
