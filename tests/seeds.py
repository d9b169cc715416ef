"""Seeds of the long tier: others in every run, the same where HWGEN_SEED is that of an earlier one."""

from __future__ import annotations

import os
import random

SEED = int(os.environ.get("HWGEN_SEED", "0")) or random.SystemRandom().randrange(1, 10**9)
os.environ["HWGEN_SEED"] = str(SEED)  # for the other processes of this run

_MOST, _STRIDE = 200_000, 10_000  # the simulator takes seeds below 2**31


def fresh(count: int) -> range:
    """`count` seeds, at most 10,000, that hardly another run has."""
    assert count <= _STRIDE
    first = SEED % _MOST * _STRIDE
    return range(first, first + count)
