"""The memory of the computer that hwgen runs on."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path


def free_bytes() -> int:
    """Bytes that a process may still take: what the system has left, or less where it is limited."""
    limits = [1 << 62]
    with suppress(OSError, ValueError, StopIteration):
        lines = Path("/proc/meminfo").read_text(encoding="utf-8").splitlines()
        limits.append(1024 * int(next(line for line in lines if line.startswith("MemAvailable")).split()[1]))
    with suppress(ImportError, OSError, ValueError):
        import resource

        most, _ = resource.getrlimit(resource.RLIMIT_AS)
        if most != resource.RLIM_INFINITY:
            taken = int(Path("/proc/self/statm").read_text(encoding="utf-8").split()[0]) * os.sysconf("SC_PAGE_SIZE")
            limits.append(max(0, most - taken))
    return min(limits)
