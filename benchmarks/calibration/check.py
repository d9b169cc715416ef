"""How far the cost model is off on designs that took no part in its fit.

python benchmarks/calibration/check.py --family xc7           # the table of docs/resources.md
python benchmarks/calibration/check.py --family xc7 --check   # exit with 1 beyond the limits
"""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from benchmarks.calibration.fit import Measured, Sample, read
from benchmarks.calibration.measure import FAMILIES
from hwgen.hw.cost import edge_resources, unit_resources
from hwgen.hw.device import Family
from hwgen.hw.resources import Resources
from hwgen.report.estimate import unit_kind

MEDIAN, PERCENTILE_95 = 0.10, 0.25
"""The largest relative errors of LUTs over whole designs, and over the units of each kind."""


@dataclass(frozen=True)
class Pair:
    """What something took, and what the model says."""

    measured: Resources
    model: Resources

    def __add__(self, other: Pair) -> Pair:
        return Pair(self.measured + other.measured, self.model + other.model)

    @property
    def blocks_agree(self) -> bool:
        """Whether memory and multiplier blocks are the same."""
        one, two = self.measured, self.model
        return (one.bram18, one.bram36, one.dsp, one.uram) == (two.bram18, two.bram36, two.dsp, two.uram)


@dataclass(frozen=True)
class Errors:
    """Relative errors over a number of designs or units."""

    count: int
    median: float
    percentile_95: float
    worst: float

    def __str__(self) -> str:
        return f"{self.median:.1%} | {self.percentile_95:.1%} | {self.worst:.1%}"


def errors(pairs: Sequence[Pair], part: str) -> Errors:
    """Errors of `part` (lut or ff) over the pairs that have any."""
    counts = [(getattr(pair.model, part), getattr(pair.measured, part)) for pair in pairs]
    found = [abs(model / measured - 1) for model, measured in counts if measured]
    return Errors(len(found), float(np.median(found)), float(np.quantile(found, 0.95)), max(found))


def pair_of(sample: Sample, family: Family) -> Pair:
    """A unit, or the edge of a top level."""
    if sample.unit is None:
        return Pair(sample.taken, edge_resources(sample.design, family))
    return Pair(sample.taken, unit_resources(sample.unit, family))


def whole(design: Measured, family: Family) -> Pair:
    """All units of a design and its edge."""
    return reduce(add, (pair_of(sample, family) for sample in design.samples))


def by_kind(designs: Sequence[Measured], family: Family) -> dict[str, list[Pair]]:
    """The units of `designs`, by kind."""
    units: dict[str, list[Pair]] = defaultdict(list)
    for design in designs:
        for sample in design.samples:
            if sample.unit is not None:
                units[unit_kind(sample.unit)].append(pair_of(sample, family))
    return units


def table(designs: Sequence[Measured], family: Family) -> str:
    """Errors of whole designs, and of their units by kind, as Markdown."""
    units = by_kind(designs, family)
    rows = [("**designs**", [whole(design, family) for design in designs]), *sorted(units.items())]
    head = "LUT median | 95th percentile | worst | FF median | 95th percentile | worst | blocks that differ"
    lines = [f"| | count | {head} |", "|---|" + "---:|" * 8]
    for name, pairs in rows:
        differ = sum(not pair.blocks_agree for pair in pairs)
        lines.append(f"| {name} | {len(pairs)} | {errors(pairs, 'lut')} | {errors(pairs, 'ff')} | {differ} |")
    return "\n".join(lines)


def beyond(pairs: Iterable[Pair]) -> list[str]:
    """What is beyond the limits, in words."""
    known = list(pairs)
    found = errors(known, "lut")
    differ = sum(not pair.blocks_agree for pair in known)
    return [
        *([f"median {found.median:.1%}, limit {MEDIAN:.0%}"] if found.median > MEDIAN else []),
        *([f"95th percentile {found.percentile_95:.1%}"] if found.percentile_95 > PERCENTILE_95 else []),
        *([f"blocks of {differ} designs differ"] if differ else []),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--family", choices=FAMILIES, default="xc7")
    parser.add_argument("--check", action="store_true", help="exit with 1 beyond the limits")
    options = parser.parse_args()
    family, designs = Family(options.family), read(options.family, held_out=True)
    print(table(designs, family))
    missed = beyond(whole(design, family) for design in designs)
    missed += [f"{kind}: {each}" for kind, pairs in by_kind(designs, family).items() for each in beyond(pairs)]
    if options.check and missed:
        sys.exit("beyond the limits: " + "; ".join(missed))


if __name__ == "__main__":
    main()
