"""Simulation layer by layer, by any workers: for networks that take long to simulate whole."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from hwgen.errors import ConfigError, DataError
from hwgen.explore.workers import usable_cores, workers_for
from hwgen.flow.accelerator import Accelerator, hls_options
from hwgen.report.records import simulated as read_report
from hwgen.stored import read_json

if TYPE_CHECKING:
    from hwgen.golden.execute import Frames
    from hwgen.golden.matmul import Codes
    from hwgen.verify.simulate import Conditions

LAYER_RECORD = "simulate_layers.json"
"""The file of a project that remembers the runs of its layers."""

_EVERY_S = 10.0
"""Seconds after which the record is written again while layers are simulated."""

Progress = Callable[[int, int, str], None]
"""Called with how many layers are done, how many there are, and the name of the last one."""


@dataclass(frozen=True)
class LayerPlan:
    """How layers are simulated.

    Attributes:
        backend: rtl, csim or dpi.
        workers: processes; None for as many as there are cores.
        dask: address of a Dask scheduler, whose workers take the place of processes.
        resume: go on with the project's record, where it is of the same design, frames and conditions.
    """

    backend: str = "rtl"
    workers: int | None = None
    dask: str | None = None
    resume: bool = False


@dataclass
class LayerReports:
    """Reports of layers by name, in the network's order; each as `hwgen.verify.layers.simulated` gives it.

    Attributes:
        conditions: what all of them were run with, as JSON values.
        kept: names of layers that an earlier run had simulated.
    """

    conditions: Mapping[str, Any]
    layers: dict[str, dict[str, Any]] = field(default_factory=dict)
    kept: tuple[str, ...] = ()

    @property
    def mismatches(self) -> int:
        return sum(report["mismatches"] for report in self.layers.values())

    @property
    def failed(self) -> tuple[str, ...]:
        """Layers that did not agree with the golden model, or took other cycles than predicted."""
        return tuple(name for name, report in self.layers.items() if not report["passed"])

    def to_json(self) -> dict[str, Any]:
        """The report as plain JSON values."""
        return {
            **self.conditions,
            "passed": not self.failed,
            "mismatches": self.mismatches,
            "failed": list(self.failed),
            "layers": self.layers,
        }


def simulate_layers(
    accelerator: Accelerator,
    codes: Frames,
    plan: LayerPlan | None = None,
    conditions: Conditions | None = None,
    progress: Progress | None = None,
) -> LayerReports:
    """Simulate every layer of a project alone, between the golden model's beats of the frames `codes`.

    Reports do not depend on the workers. What was found is kept in the project (`LAYER_RECORD`) as it comes.

    Raises:
        ConfigError: the back end is none for single layers, or the design is not in a project.
        DataError: the record to go on with cannot be read.
        ToolError: a tool is missing or fails, or the workers do.
        MismatchError: a layer hangs.
    """
    from hwgen.verify.simulate import Conditions

    plan, chosen, tell = plan or LayerPlan(), conditions or Conditions(), progress or (lambda *_: None)
    if accelerator.project is None:
        raise ConfigError("layers", "must be those of a project", "a design in memory", "Write it to a folder")
    if plan.backend not in ("rtl", "csim", "dpi"):
        raise ConfigError("backend", "must be rtl, csim or dpi for single layers", plan.backend)
    given = (codes,) if isinstance(codes, np.ndarray) else tuple(codes)
    told, names = _told(plan.backend, given, chosen), [unit.name for unit in accelerator.design.layers]
    known = _known(accelerator, told) if plan.resume else {}
    reports = LayerReports(told, known, kept=tuple(name for name in names if name in known))
    missing = [name for name in names if name not in known]
    with _kept(accelerator, reports) as keep, closing(_fresh(accelerator, missing, given, plan, chosen)) as fresh:
        for done, (name, report) in enumerate(zip(missing, fresh, strict=True), start=len(known) + 1):
            found = {**reports.layers, name: report}
            reports.layers = {each: found[each] for each in names if each in found}
            keep()
            tell(done, len(names), name)
    return reports


def _fresh(
    accelerator: Accelerator, names: Sequence[str], codes: Sequence[Codes], plan: LayerPlan, conditions: Conditions
) -> Generator[dict[str, Any]]:
    """The reports of layers by the workers of a plan, as they come."""
    from hwgen.golden.execute import trace
    from hwgen.verify.layers import LayerRuns, layer_alone, simulated
    from hwgen.verify.simulator import find_simulator

    if not names:
        return
    if plan.dask is None and plan.backend != "csim":
        find_simulator()  # its shared parts are compiled once, before workers look for them
    runs = LayerRuns(accelerator.backend(plan.backend), conditions, hls_options(accelerator.settings))
    golden = trace(accelerator.graph, codes)
    with workers_for(runs, plan.workers or usable_cores(), plan.dask) as crew:
        yield from crew.run(simulated, [layer_alone(accelerator.design, name, golden) for name in names], batch=1)


def _told(backend: str, codes: Sequence[Codes], conditions: Conditions) -> dict[str, Any]:
    """What all layers are run with, as a JSON file gives it back."""
    digest = hashlib.sha256()
    for each in codes:
        digest.update(repr((each.shape, each.dtype.str)).encode() + np.ascontiguousarray(each).tobytes())
    told = {"backend": backend, "frames": len(codes[0]), "codes": digest.hexdigest()[:12], **asdict(conditions)}
    found: dict[str, Any] = json.loads(json.dumps(told))
    del found["waves"]  # one file for all layers says nothing
    return found


def _known(accelerator: Accelerator, told: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Reports of layers that passed, of the project's record; none where it is not there, or of other runs.

    Raises:
        DataError: it cannot be read.
    """
    assert accelerator.project is not None
    path = accelerator.project / LAYER_RECORD
    try:
        values = read_json(path)
        wanted = {**accelerator.identity, **told}
        if {key: values.get(key) for key in wanted} != wanted:
            return {}
        for report in values["layers"].values():
            read_report(report)
        return {name: report for name, report in values["layers"].items() if report["passed"] is True}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, LookupError, TypeError, AttributeError, ArithmeticError) as error:
        must = "must be a report of `hwgen simulate --each-layer`"
        raise DataError(str(path), must, f"{type(error).__name__}: {error}", "Start without --resume") from error


@contextmanager
def _kept(accelerator: Accelerator, reports: LayerReports) -> Iterator[Callable[[], None]]:
    """What writes the record every few seconds; at the end, and where the block ends early, it is written too."""
    last = time.monotonic()

    def keep() -> None:
        nonlocal last
        if time.monotonic() - last > _EVERY_S:
            accelerator.record(LAYER_RECORD, reports.to_json())
            last = time.monotonic()

    try:
        yield keep
    finally:
        accelerator.record(LAYER_RECORD, reports.to_json())
