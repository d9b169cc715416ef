"""One network of a soak: drawn, taken through its stages, and shrunk where it shows a fault."""

from __future__ import annotations

import time
import traceback
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import torch

from hwgen.errors import HwgenError
from tests.end_to_end.cases import STAGES, Case, Verdict, verdict_of
from tests.end_to_end.drawing import KINDS, with_design
from tests.end_to_end.shrink import shrunk


@dataclass(frozen=True)
class Soak:
    """What all networks of a soak share.

    Attributes:
        kinds: keys of `KINDS`.
        stages: in the order of `STAGES`.
        through: networks of smaller numbers go through the back ends, too.
        shrink_s: about how many seconds a fault is shrunk.
    """

    seed: int
    kinds: tuple[str, ...] = tuple(KINDS)
    stages: tuple[str, ...] = STAGES
    through: int = 1 << 62
    shrink_s: float = 120.0


@dataclass(frozen=True)
class Finding:
    """What became of a network.

    Attributes:
        seconds: of wall time, shrinking included.
        case: the text of the shrunk case where there is a fault that one can show.
    """

    number: int
    kind: str
    verdict: Verdict
    seconds: float
    case: str = ""

    def to_json(self) -> dict[str, Any]:
        """All but the case, flat."""
        told = {"number": self.number, "kind": self.kind, **asdict(self.verdict), "seconds": round(self.seconds, 2)}
        return {name: value for name, value in told.items() if value != ""}

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Finding:
        """The finding that `to_json` gave."""
        own = {name: told[name] for name in ("number", "kind", "seconds")}
        rest = {name: told[name] for name in ("what", "stage", "why", "where") if name in told}
        return cls(**own, verdict=Verdict(**rest, ran=tuple(told["ran"])))


def examine(soak: Soak, number: int) -> Finding:
    """Draw network `number` and take it through its stages."""
    torch.set_num_threads(1)  # for tensors so small, threads that wait for work cost more than they save
    start, rng = time.monotonic(), np.random.default_rng([soak.seed, number])
    weights = np.array([KINDS[kind][0] for kind in soak.kinds], dtype=float)
    kind = str(rng.choice(soak.kinds, p=weights / weights.sum()))
    case, verdict = _drawn(kind, (soak.seed + number) % (1 << 31), rng)
    if case is not None:
        case, verdict = _taken(case, soak, number, rng)
        case = shrunk(case, verdict, soak.shrink_s) if verdict.is_fault else None
    return Finding(number, kind, verdict, time.monotonic() - start, case.text() if case is not None else "")


def _drawn(kind: str, seed: int, rng: np.random.Generator) -> tuple[Case | None, Verdict]:
    """A case; a module's export may be refused."""
    try:
        return KINDS[kind][1](seed, rng), Verdict("exact", "draw")
    except HwgenError as error:
        return None, Verdict("refused", "draw", error.must)
    except Exception as error:  # the export's, or the generator's own
        return None, Verdict("traceback", "draw", f"seed {seed}: {error}", traceback.format_exc()[-500:])


def _taken(case: Case, soak: Soak, number: int, rng: np.random.Generator) -> tuple[Case, Verdict]:
    """The case with its settings, and what became of it."""
    ends = [stage for stage in soak.stages if stage != "golden"]
    verdict = verdict_of(case, ["golden"])
    if verdict.what != "exact" or number >= soak.through or not ends:
        return case, verdict
    case = with_design(case, rng)
    found = verdict_of(case, ends)
    return case, replace(found, ran=(*verdict.ran, *found.ran))
