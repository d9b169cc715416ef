"""What scripts for older versions of Brevitas and hwgen call."""

from __future__ import annotations


def prepare_torch() -> None:
    """Nothing: Brevitas runs on every torch since 0.13.4. Scripts of before called this ahead of `import brevitas`."""
