"""numba's cache of compiled functions, which no file that is damaged or cannot be written stops."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from hwgen.errors import note

_told: list[Exception] = []


def lenient(cache: type[Any]) -> type[Any]:
    """numba's class of caches, which compiles anew where a file of the cache cannot be read or written."""

    class Lenient(cache):  # type: ignore[misc]
        """See `lenient`."""

        def load_overload(self, sig: Any, target_context: Any) -> Any:
            try:
                return super().load_overload(sig, target_context)
            except Exception as error:  # whatever unpickling a damaged file raises
                tell(error)
                with suppress(OSError):
                    self.flush()
                return None

        def save_overload(self, sig: Any, data: Any) -> None:
            try:
                super().save_overload(sig, data)
            except OSError as error:
                tell(error)

    return Lenient


def tell(error: Exception) -> None:
    """Say once why the cycle model is compiled in this run."""
    if not _told:
        why = str(error) or type(error).__name__
        note(
            f"numba's cache for the cycle model cannot be used ({why}): it is compiled in this run, which takes some "
            "seconds. Set NUMBA_CACHE_DIR to a folder that can be written."
        )
    _told.append(error)
