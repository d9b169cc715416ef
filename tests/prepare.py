"""What tests share is compiled before they start, on the processor that the type checker leaves free.

python -m tests.prepare
"""

from __future__ import annotations

import hwgen
from hwgen import zoo
from hwgen.hw.simulation import beat_times
from hwgen.verify.headers import precompiled
from hwgen.verify.simulator import find_simulator

if __name__ == "__main__":
    design = hwgen.compile(zoo.network("tfc"), target_interval=2_000).design  # compiles the cycle model
    beat_times(design.network, 1)
    for waves in ("", "fst"):
        find_simulator(waves)
    for streams in (True, False):
        precompiled(streams=streams)
