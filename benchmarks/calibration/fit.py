"""Fit the coefficients of the cost model to measured designs, and say how far it is off on others.

    python benchmarks/calibration/fit.py --family xc7                # writes hwgen/hw/cost/xc7.json
    python benchmarks/calibration/fit.py --family xc7 --chains       # writes hwgen/hw/cost/carry4.json
    python benchmarks/calibration/fit.py --family xc7 --new "start bit"  # this one beside the others as they are

The fit minimises squared relative errors of units, coefficients no less than zero. Held-out designs take no part.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import hwgen.hw.cost
from benchmarks.calibration.kinds import drawn
from benchmarks.calibration.measure import FAMILIES, FIRST_HELD_OUT, data_file
from hwgen.hw.bill import Bill
from hwgen.hw.cost import CHAINS, COEFFICIENTS, bill_of, edge_bill
from hwgen.hw.design import Design
from hwgen.hw.device import Family
from hwgen.hw.fifo import with_sizes
from hwgen.hw.resources import Resources
from hwgen.hw.unit import Unit

FloatArray = npt.NDArray[np.float64]

LEAST_LUTS = 20
"""Units below this weigh as if they had as many: half a LUT matters to nobody."""

LEAST_CHAINS = 5
"""The same of carry chains."""

PRIOR_WEIGHT = 3e-3
"""Of the distance of each coefficient from 1, squared, beside the squared relative errors of all units."""


@dataclass(frozen=True)
class Sample:
    """A unit, None for the edge of the top level, and what it took; `chains`: its CARRY4, None where not counted."""

    unit: Unit | None
    design: Design
    taken: Resources
    chains: int | None = None

    def bill(self, family: Family) -> Bill:
        return (
            edge_bill([port.stream for port in self.design.outputs], family)
            if self.unit is None
            else bill_of(self.unit, family)
        )


@dataclass(frozen=True)
class Measured:
    """A design and what each of its units took."""

    kind: str
    seed: int
    samples: tuple[Sample, ...]


def read(family: str, *, held_out: bool) -> list[Measured]:
    """The measured designs that take part in the fit, or those that do not. The designs are made again from seeds."""
    found = []
    for each in json.loads(data_file(family).read_text(encoding="utf-8"))["designs"]:
        if (each["seed"] >= FIRST_HELD_OUT) == held_out:
            design = with_sizes(drawn(each["kind"], each["seed"], Family(family)), each["buffers"])
            if design.digest != each["digest"]:
                raise SystemExit(f"{each['kind']} {each['seed']} is another design than was measured: measure again")
            units = {unit.name: unit for unit in design.units}
            chains = each.get("carry4", {name: None for name in each["units"]})
            samples = tuple(
                Sample(units.get(name), design, Resources(*taken), chains.get(name, 0))
                for name, taken in each["units"].items()
            )
            found.append(Measured(each["kind"], each["seed"], samples))
    return found


def fit(
    designs: Sequence[Measured], family: Family, known: Mapping[str, float], new: Sequence[str]
) -> dict[str, float]:
    """Coefficients of LUTs by the name of the logic: of `new` beside those that are known, or of all where none is."""
    bills = [(sample.bill(family), sample.taken.lut) for design in designs for sample in design.samples]
    rows = []
    for bill, lut in bills:
        free = {name: count for name, count in bill.logic.items() if name in new or not known}
        rest = sum(known.get(name, 0) * count for name, count in bill.logic.items() if name not in free)
        if free:
            rows.append((free, lut - bill.memories.lut - rest, lut))
    return dict(sorted({**known, **solve(rows)}.items()))


def fit_chains(designs: Sequence[Measured], family: Family) -> dict[str, float]:
    """Coefficients of carry chains by the name of the logic, of what has any."""
    counted = (sample for design in designs for sample in design.samples if sample.chains is not None)
    bills = [(sample.bill(family), sample.chains or 0) for sample in counted]
    rows = [(bill.logic, taken - bill.chains, taken) for bill, taken in bills if bill.logic]
    return {name: found for name, found in solve(rows, LEAST_CHAINS, prior=0.0).items() if found}


def solve(
    rows: Sequence[tuple[Mapping[str, float], float, int]], least: int = LEAST_LUTS, prior: float = 1.0
) -> dict[str, float]:
    """Coefficients x >= 0 with the least sum of ((counts . x - rest) / total)**2, by coordinate descent.

    A small weight draws them towards `prior`, a LUT a bit, where the data do not tell two kinds of logic apart.

    Args:
        least: what a smaller total weighs as.
    """
    names = sorted({name for counts, _, _ in rows for name in counts})
    scale = np.array([1 / max(total, least) for _, _, total in rows])
    matrix = (
        np.array([[counts.get(name, 0) for name in names] for counts, _, _ in rows], dtype=np.float64) * scale[:, None]
    )
    wanted = np.array([rest for _, rest, _ in rows]) * scale
    gram = matrix.T @ matrix + PRIOR_WEIGHT * np.eye(len(names))
    target = matrix.T @ wanted + PRIOR_WEIGHT * prior
    found = np.zeros(len(names))
    for _ in range(20_000):
        before = found.copy()
        for i in range(len(names)):
            found[i] = max(0.0, found[i] + (target[i] - gram[i] @ found) / gram[i, i])
        if np.abs(found - before).max() < 1e-7:
            break
    return {name: round(float(value), 4) for name, value in zip(names, found, strict=True)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--family", choices=FAMILIES, default="xc7")
    parser.add_argument("--new", nargs="+", default=[], metavar="LOGIC", help="fit these alone, keep the others")
    parser.add_argument("--chains", action="store_true", help="fit carry chains, and write hwgen/hw/cost/carry4.json")
    options = parser.parse_args()
    family = Family(options.family)
    if options.chains:
        text = json.dumps(fit_chains(read(options.family, held_out=False), family), indent=2)
        Path(hwgen.hw.cost.__file__).with_name(CHAINS).write_text(text + "\n", encoding="utf-8", newline="\n")
        return
    path = Path(hwgen.hw.cost.__file__).with_name(COEFFICIENTS[family])
    known = json.loads(path.read_text(encoding="utf-8")) if options.new else {}
    found = fit(read(options.family, held_out=False), family, known, options.new)
    path.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
