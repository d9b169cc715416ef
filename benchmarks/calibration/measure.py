"""Synthesise random designs with Yosys and keep what every unit took: the data of the cost model.

    python benchmarks/calibration/measure.py --family xc7      # 20 minutes on one core

Writes benchmarks/calibration/<family>.json after every design and goes on from there when it is started again; delete
the file to measure anew, as after a change of the RTL library.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from dataclasses import astuple
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from benchmarks.calibration.kinds import drawn
from hwgen.backends.rtl import emit
from hwgen.hw.device import Family
from hwgen.hw.fifo import size_fifos, sizes_of
from hwgen.verify.synth import SynthesisJob, synthesise, tool_version

FAMILIES = ("xc7", "ecp5")

FITTED = dict(
    dense=40,
    conv=32,
    pool=8,
    threshold=8,
    argmax=4,
    join=6,
    perceptron=4,
    convolutional=4,
    scaled=10,
    residual=14,
    gated=8,
    moves=16,
    wide=16,
    even=14,
    product=8,
    windows=12,
    packed=10,
    channelwise=10,
)
HELD_OUT = dict(
    dense=8,
    conv=8,
    pool=3,
    threshold=3,
    argmax=2,
    join=3,
    perceptron=3,
    convolutional=3,
    scaled=4,
    residual=9,
    gated=4,
    moves=6,
    wide=6,
    even=5,
    product=4,
    windows=5,
    packed=4,
    channelwise=5,
)
"""How many designs of each kind. Held-out ones have seeds from `FIRST_HELD_OUT` on and never take part in a fit."""

FIRST_HELD_OUT = 1000

BATCH = 16
"""Designs in one run of Yosys, which takes seconds to read its libraries."""


def data_file(family: str) -> Path:
    """Where the measurements of `family` are kept."""
    return Path(__file__).with_name(f"{family}.json")


def wanted() -> list[tuple[str, int]]:
    """Kind and seed of every design, by seed; held-out ones last."""
    fitted = [(kind, seed) for kind, count in FITTED.items() for seed in range(count)]
    held = [(kind, FIRST_HELD_OUT + i) for kind, count in HELD_OUT.items() for i in range(count)]
    return sorted(fitted + held, key=lambda each: each[1])


def measure(batch: list[tuple[str, int]], family: Family) -> list[dict[str, Any]]:
    """Designs synthesised in one run: their FIFOs and line buffers; LUT, FF, BRAM18, BRAM36, DSP and CARRY4 of each."""
    designs = [size_fifos(drawn(kind, seed, family)) for kind, seed in batch]
    with tempfile.TemporaryDirectory(prefix="hwgen-") as work:
        found = synthesise([SynthesisJob(design.name, emit(design)) for design in designs], family, Path(work))
    return [
        {
            "kind": kind,
            "seed": seed,
            "digest": design.digest,
            "buffers": sizes_of(design),
            "units": {name: astuple(taken)[:5] for name, taken in each.units.items()},
            "carry4": {name: count for name, count in each.carry4.items() if count},
        }
        for (kind, seed), design, each in zip(batch, designs, found, strict=True)
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--family", choices=FAMILIES, default="xc7")
    family = parser.parse_args().family
    path = data_file(family)
    known = json.loads(path.read_text(encoding="utf-8"))["designs"] if path.exists() else []
    done = {(each["kind"], each["seed"]) for each in known}
    todo = [each for each in wanted() if each not in done]
    for start in range(0, len(todo), BATCH):
        known += measure(todo[start : start + BATCH], Family(family))
        print(f"{len(known)} of {len(wanted())}", flush=True)
        lines = ",\n".join(json.dumps(each) for each in known)
        path.write_text(f'{{"tool": "{tool_version()}", "designs": [\n{lines}\n]}}\n', encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
