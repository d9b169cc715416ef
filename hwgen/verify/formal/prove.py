"""A verdict for each unit of a project: proved, bounded, refuted or none, and what makes it worth something.

A verdict holds for the unit's own files and parameters, for all inputs, stalls and data, for a reset in any cycle, from
the state after a reset. With it come a trace that reaches what the claim is about, and a mistake in the monitor's
reference that the same steps refute: a claim of nothing at all would pass with both.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from hwgen.errors import CheckError, ToolError
from hwgen.stored import fitted, read_json
from hwgen.verify.cache import cache_root
from hwgen.verify.formal.aiger import Circuit
from hwgen.verify.formal.elaborate import seconds_of
from hwgen.verify.formal.monitor import COVERED, MISTAKE, WRONG, Monitor, contract_names, monitor_of
from hwgen.verify.formal.netlists import Netlist, netlist_monitor
from hwgen.verify.formal.search import AtOnce, Budget, Exhausted, Found, Stimuli, at_once, decide, reached
from hwgen.verify.formal.sources import Contents, Parameters, Sources, Unit, contents_of
from hwgen.verify.formal.tasks import Task, elaborate
from hwgen.verify.formal.trace import waveform
from hwgen.verify.process import temporary_folder
from hwgen.verify.synth import tool_version

DEFAULT_BUDGET_S = 60.0
"""CPU seconds for a unit."""

_TOGETHER = 8
"""Units that are elaborated in one process: it takes as long to start as most of them."""

Progress = Callable[[int, int, str], None]
"""Called with how many units are done, how many there are, and the name of the next one."""


@dataclass(frozen=True)
class Shown:
    """A trace: what it shows, and its length in cycles."""

    what: str
    cycles: int


@dataclass(frozen=True)
class Proof:
    """What was found of a unit.

    Attributes:
        verdict: `proved`, `bounded`, `refuted` or `none`.
        sentence: the claim.
        message: what is wrong, in one line, or why there is no verdict; empty where it is proved.
        rule: the output of the monitor that was high where it is refuted.
        how: the step that proved it.
        cycles: length of the counterexample, or of the bound.
        cover: a trace that reaches what the claim is about.
        mistake: a mistake in the reference, refuted by the same steps.
        seconds: CPU seconds of the run that found it.
        budget: CPU seconds that this run had.
        cached: whether an earlier run found it.
        waveform: the counterexample as a value change dump.
    """

    module: str
    parameters: Parameters
    instances: tuple[str, ...]
    verdict: str
    sentence: str = ""
    message: str = ""
    rule: str = ""
    how: str = ""
    cycles: int | None = None
    cover: Shown | None = None
    mistake: Shown | None = None
    seconds: float = 0.0
    budget: float = 0.0
    cached: bool = False
    waveform: str = field(default="", repr=False)

    @property
    def passed(self) -> bool:
        """Whether it is neither refuted nor without a verdict."""
        return self.verdict in ("proved", "bounded")

    def to_json(self) -> dict[str, Any]:
        """As a report has it: without the waveform."""
        found = asdict(self)
        del found["waveform"], found["budget"]
        return found


def prove_units(
    sources: Sources,
    units: Sequence[Unit],
    budget_s: float,
    progress: Progress = lambda *_: None,
    *,
    netlist: Netlist | None = None,
) -> Iterator[Proof]:
    """A verdict for each of `units` of a project, one after the other; or for the netlist of each.

    A unit without a verdict says why: no monitor, one that does not fit the module or does not find its own mistake,
    a file that Yosys does not read, a budget that ended.
    """
    kept = [_kept(sources, unit, budget_s, netlist) for unit in units]
    for first in range(0, len(units), _TOGETHER):
        progress(first, len(units), units[first].module)
        with temporary_folder() as room:
            tasks = {}
            for place in range(first, min(first + _TOGETHER, len(units))):
                found = kept[place]
                if not isinstance(found, Proof):
                    tasks[place] = Task(units[place], found[0], netlist, budget_s, room / str(place))
            elaborate(list(tasks.values()), sources, room)
            for place in range(first, min(first + _TOGETHER, len(units))):
                progress(place, len(units), units[place].module)
                found = kept[place]
                yield found if isinstance(found, Proof) else _proved(tasks[place], found[1])
    progress(len(units), len(units), "done")


def _kept(
    sources: Sources, unit: Unit, budget_s: float, netlist: Netlist | None
) -> Proof | tuple[Monitor, Path | None]:
    """The verdict of a unit, where the cache has it or no monitor knows it; else its monitor and its place there."""
    monitor = netlist_monitor(unit.module, netlist) if netlist else monitor_of(unit.module)
    if monitor is None:
        return Proof(unit.module, unit.parameters, unit.instances, "none", message=_unknown(unit))
    path = _kept_at(sources, unit, monitor)
    return _read(path, unit, budget_s) or (monitor, path)


def _proved(task: Task, path: Path | None) -> Proof:
    """The verdict of a unit that has been elaborated, which is in the cache from now on."""
    found = _prove(task)
    _keep(path, asdict(found))
    return found


def kept_contents(sources: Sources) -> Contents:
    """What a project consists of, from the cache where its files are those of an earlier run. Raises: ToolError."""
    facts = [_recipe(), tool_version(), contract_names(), sources.top, sorted(sources.library), dict(sources.files)]
    path = _at(_digest(facts))
    with suppress(OSError, ValueError, KeyError, TypeError):
        if path is not None:
            return fitted(Contents, read_json(path))
    with temporary_folder() as work:
        found = contents_of(sources, work)
    _keep(path, asdict(found))
    return found


def _unknown(unit: Unit) -> str:
    return f"{unit.module}: must have a monitor in sim/formal to be proved; found none."


def _prove(task: Task) -> Proof:
    """A verdict; none, and why, where the unit or its monitor is not as it must be."""
    unit, monitor, work = task.unit, task.monitor, task.folder
    budget = Budget(task.budget_s, seconds_of(work))
    blank = Proof(unit.module, unit.parameters, unit.instances, "none", monitor.claim, budget=task.budget_s)
    try:
        circuit, names = task.circuit()
        rules = [name for name in circuit.outputs if name.endswith(WRONG)]
        claim, wrong = (circuit.chosen(rules, {MISTAKE: mistake}) for mistake in (False, True))
        cover = circuit.chosen([COVERED], {MISTAKE: False})
        first = at_once(claim, wrong, cover, budget, work)
        found = decide(claim, budget, work, first)
        if found.stimuli is not None:
            proof = _refuted(blank, circuit, names, found.stimuli)
        else:
            proof = _supported(blank, circuit, monitor, found, first, work)
    except Exhausted:
        proof = replace(blank, message=_ended(unit, task.budget_s))
    except (ToolError, CheckError) as error:
        proof = replace(blank, message=str(error))
    return replace(proof, seconds=round(budget.used, 2))


def _refuted(blank: Proof, circuit: Circuit, names: str, stimuli: Stimuli) -> Proof:
    """What a counterexample shows, replayed on the circuit as it was elaborated. Raises: CheckError."""
    frames, rule = _replayed(circuit, stimuli, mistake=False)
    if rule is None:
        raise CheckError(blank.module, "must have the same behaviour before and after reduction", "another")
    cycles = len(frames)
    message = (
        f"{blank.module} ({_stated(blank.parameters)}): must hold its claim; found {_words(rule)} wrong in cycle "
        f"{cycles} after a reset."
    )
    wave = waveform(blank.module, names, circuit, frames)
    return replace(blank, verdict="refuted", message=message, rule=rule, cycles=cycles, waveform=wave)


def _replayed(circuit: Circuit, stimuli: Stimuli, *, mistake: bool) -> tuple[list[list[int]], str | None]:
    """All values frame by frame up to the first in which a rule is broken, and that rule."""
    place = circuit.inputs.index(MISTAKE)
    given = [[*frame[:place], int(mistake), *frame[place + 1 :]] for frame in stimuli]
    rules = {name: literal for name, literal in circuit.outputs.items() if name.endswith(WRONG)}
    frames: list[list[int]] = []
    for values in circuit.run(given):
        frames.append(values)
        for name, literal in rules.items():
            if values[literal >> 1] ^ literal & 1:
                return frames, name
    return frames, None


def _supported(blank: Proof, circuit: Circuit, monitor: Monitor, found: Found, first: AtOnce, work: Path) -> Proof:
    """A verdict of a claim that was not refuted, with its mistake and cover trace. Raises: CheckError, ToolError."""
    rules = [name for name in circuit.outputs if name.endswith(WRONG)]
    spare = Budget(max(20.0, blank.budget))  # what a bound used up is not missing here
    wrong = first.wrong if found.reductions == 0 else None
    wrong = wrong or reached(circuit.chosen(rules, {MISTAKE: True}), spare, work, reductions=found.reductions)
    if wrong is None:
        raise CheckError(f"{blank.module}_monitor", "must refute its own mistake", f"none: {monitor.mistake}")
    refuted, rule = _replayed(circuit, wrong, mistake=True)
    if rule is None:
        raise CheckError(blank.module, "must have the same behaviour before and after reduction", "another")
    covering = first.cover or reached(circuit.chosen([COVERED], {MISTAKE: False}), spare, work)
    if covering is None:
        raise CheckError(f"{blank.module}_monitor", "must reach its cover trace", f"none: {monitor.cover}")
    proof = replace(
        blank,
        mistake=Shown(monitor.mistake, len(refuted)),
        cover=Shown(monitor.cover, len(covering)),
        how=found.proved,
    )
    if found.proved:
        return replace(proof, verdict="proved")
    message = _ended(blank, blank.budget)
    if found.cycles:
        return replace(proof, verdict="bounded", cycles=found.cycles, message=message)
    return replace(proof, message=message)


def _ended(unit: Unit | Proof, budget_s: float) -> str:
    return (
        f"{unit.module} ({_stated(unit.parameters)}): must be proved within the budget; found {budget_s:g} CPU seconds "
        "used up. Give a larger --budget."
    )


def _words(rule: str) -> str:
    return rule.removesuffix(WRONG).replace("_", " ")


def _stated(parameters: Parameters) -> str:
    """The first parameters, as a message shows them."""
    return ", ".join(f"{name} {value}" for name, value in list(parameters.items())[:4])


def _kept_at(sources: Sources, unit: Unit, monitor: Monitor) -> Path | None:
    """The file of the cache for a unit: named by all that its verdict depends on."""
    memories = {
        name: hashlib.sha256(data).hexdigest()
        for name, data in sources.memories.items()
        if name in unit.parameters.values()
    }
    facts = [
        _recipe(), tool_version(), unit.module, unit.parameters, memories,
        monitor.text, monitor.is_netlist, monitor.contracts, monitor.parts,
        sources.below(unit.module, monitor.contracts),
    ]  # fmt: skip
    return _at(_digest(facts))


def _digest(facts: Any) -> str:
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:32]


def _at(digest: str) -> Path | None:
    """A file of the cache; None where there is no cache."""
    with suppress(RuntimeError, OSError):
        return cache_root() / "prove" / f"{digest}.json"
    return None


@cache
def _recipe() -> str:
    """A digest of the steps that lead to a verdict."""
    texts = [path.read_bytes() for path in sorted(Path(__file__).parent.glob("*.*")) if path.is_file()]
    return hashlib.sha256(b"\0".join(texts)).hexdigest()


def _read(path: Path | None, unit: Unit, budget_s: float) -> Proof | None:
    """The verdict that the cache has; None where it has none that the budget could not better."""
    if path is None:
        return None
    try:
        found = fitted(Proof, read_json(path))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    if found.verdict in ("bounded", "none") and found.budget < budget_s:
        return None
    return replace(found, instances=unit.instances, cached=True)


def _keep(path: Path | None, found: Any) -> None:
    """Write a JSON value to the cache in one step; where that cannot be written, the next run finds it again."""
    if path is None:
        return
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f".{secrets.token_hex(8)}.part")
        part.write_text(json.dumps(found), encoding="utf-8", newline="\n")
        os.replace(part, path)
