"""What ABC proves or refutes of a circuit: always the same ladder, within a budget of CPU seconds.

All outputs together are first tried by induction over a cycle, as a monitor's invariants speak of all registers. Then
the circuit is reduced: registers and gates that are equal in all reachable states become one (signal correspondence),
and some invariants go with them. An output that is constant 0 then is proved, and a lemma for a second induction over
all registers. Else a pipeline, whose registers form no loop, is tried by decision diagrams, and all outputs again by
induction over one and two cycles, then by IC3, and last unrolled cycle by cycle. Short counterexamples are looked for
before, long ones by random stimuli without a reset.
"""

from __future__ import annotations

import re
import resource
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from hwgen.errors import ToolError
from hwgen.verify.formal import aiger
from hwgen.verify.formal.aiger import Circuit
from hwgen.verify.formal.elaborate import WALL, limited
from hwgen.verify.formal.monitor import RESET
from hwgen.verify.process import run
from hwgen.verify.synth import native_abc

_REDUCTIONS = ("&get -n; &scorr; &put; dc2; &get -n; &scorr; &put", "scorr; dc2; scorr")
"""A quick one, which finds registers that are alike, and one that finds more, for longer."""
_SHORT_FRAMES = 12
"""Cycles that are unrolled before anything else: they hold the base of the induction."""
_FIRST_CONFLICTS = 20_000
"""Conflicts of the first try by induction."""
_MOST_GATES = 3000
"""Gates of a circuit of which everything is tried at once."""
_UNSATISFIABLE = re.compile(r"\bUNSATISFIABLE\b")
_MOST_DEPTH, _MOST_NODES = 16, 1_000_000
"""Registers in a row, and nodes of decision diagrams, of circuits that are tried with these."""

Stimuli = list[list[int]]
"""The value of each input, frame by frame."""


class Exhausted(Exception):
    """The budget has ended."""


class Budget:
    """CPU seconds of processes that this one started, from now on, and those that were used `before`."""

    def __init__(self, seconds: float, before: float = 0.0) -> None:
        self._seconds, self._start = seconds, _children_s() - before

    @property
    def used(self) -> float:
        """Seconds so far."""
        return _children_s() - self._start

    @property
    def left(self) -> float:
        """Seconds left. Raises: Exhausted where there are none."""
        found = self._seconds - self.used
        if found <= 0:
            raise Exhausted
        return found


def _children_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@dataclass(frozen=True)
class Found:
    """What was found of a circuit.

    Attributes:
        proved: by what all outputs were shown to stay low; empty where they were not.
        stimuli: inputs that make one high.
        cycles: of these inputs; or the cycles in which no output can be high, where nothing else was found.
        reductions: steps by which the circuit was reduced.
    """

    proved: str = ""
    stimuli: Stimuli | None = None
    cycles: int = 0
    reductions: int = 0


@dataclass(frozen=True)
class AtOnce:
    """What one run of ABC says of a small circuit: it takes as long to start as most of them.

    Attributes:
        tried: whether there was a run.
        proved: whether the claim is inductive.
        wrong, cover: inputs that show the mistake, and what the claim is about.
    """

    tried: bool = False
    proved: bool = False
    wrong: Stimuli | None = None
    cover: Stimuli | None = None


def at_once(claim: Circuit, wrong: Circuit, cover: Circuit, budget: Budget, work: Path) -> AtOnce:
    """Try induction over a cycle, and look for the mistake and the cover within a few. Raises: Exhausted, ToolError."""
    if len(claim.gates) > _MOST_GATES:
        return AtOnce()
    induction, looked = claim.induction(1), (("wrong", wrong), ("cover", cover))
    seconds = max(1, int(budget.left * 0.3))
    commands = [f"&get -n; &satoko -C {_FIRST_CONFLICTS}"]
    for name, circuit in looked:
        (work / name).unlink(missing_ok=True)
        (work / f"{name}.aig").write_bytes(circuit.to_bytes())
        commands.append(f"read_aiger {name}.aig; orpos; bmc3 -T {seconds} -F {_SHORT_FRAMES}; write_cex -a {name}")
    said = _abc("; ".join(commands), induction, budget, work)
    shown = [_counterexample(work, len(circuit.inputs), name) for name, circuit in looked]
    proved = induction.outputs["wrong"] == 0 or bool(_UNSATISFIABLE.search(said))
    return AtOnce(True, proved, *(each if each and _is_high(circuit, each) else None
                                  for each, (_, circuit) in zip(shown, looked, strict=True)))  # fmt: skip


def _is_high(circuit: Circuit, stimuli: Stimuli) -> bool:
    """Whether an output is high behind `stimuli`."""
    (*_, values) = circuit.run(stimuli)
    return any(values[literal >> 1] ^ literal & 1 for literal in circuit.outputs.values())


def decide(circuit: Circuit, budget: Budget, work: Path, first: AtOnce) -> Found:
    """Prove that no output of `circuit` is ever high, or find out how one becomes so, or for how long none can.

    Args:
        first: what was found at once.

    Raises:
        ToolError: ABC is missing or fails.
    """
    last = Found()
    try:
        if first.proved or (not first.tried and _is_inductive(circuit, 1, budget, work, conflicts=_FIRST_CONFLICTS)):
            return Found("induction over 1 cycle")
        whole = circuit
        for steps in range(1, len(_REDUCTIONS) + 1):
            circuit = _reduced(circuit, _REDUCTIONS[steps - 1], budget, work)
            lemmas = [name for name, literal in circuit.outputs.items() if literal == 0]
            partly = 0 < len(lemmas) < len(circuit.outputs)
            if partly and _is_inductive(whole, 1, budget, work, lemmas, conflicts=_FIRST_CONFLICTS):
                return Found("signal correspondence, then induction over 1 cycle", reductions=steps)
            found = _quickly(circuit, steps, budget, work)
            last = replace(found, reductions=steps, cycles=max(last.cycles, found.cycles))
            if last.proved or last.stimuli:
                return last
        stimuli = _stimulated(circuit, budget, work)
        if stimuli:
            return Found(stimuli=stimuli, cycles=len(stimuli))
        by_ic3 = _ic3(circuit, budget, work)
        if by_ic3.proved or by_ic3.stimuli:
            return replace(by_ic3, reductions=last.reductions)
        longer = _unrolled(circuit, budget, work, frames=0, share=1.0)
        return longer if longer.stimuli else replace(last, cycles=max(last.cycles, longer.cycles))
    except Exhausted:
        return last


def _quickly(circuit: Circuit, steps: int, budget: Budget, work: Path) -> Found:
    """What takes little time for most circuits after so many steps of reduction. Raises: Exhausted."""
    if not any(circuit.outputs.values()):
        return Found("signal correspondence")
    if steps == 1:
        stimuli = _stimulated(circuit, budget, work, frames=100, rounds=8)
        if stimuli:
            return Found(stimuli=stimuli, cycles=len(stimuli))
        if _is_settled_false(circuit, budget, work):
            return Found("decision diagrams")
    short = _unrolled(circuit, budget, work, frames=_SHORT_FRAMES if steps > 1 else 2, share=0.4)
    if not short.stimuli:
        for frames in range(1, steps + 1):
            if _is_inductive(circuit, frames, budget, work):
                return Found(f"induction over {frames} cycle{'s' * (frames > 1)}")
    return short


def reached(circuit: Circuit, budget: Budget, work: Path, *, reductions: int = 0) -> Stimuli | None:
    """Inputs that make an output high; None where none were found, or there are none.

    Args:
        reductions: steps by which `decide` reduced such a circuit; they come first here, too.
    """
    try:
        for reduction in _REDUCTIONS[:reductions]:
            circuit = _reduced(circuit, reduction, budget, work)
            if not any(circuit.outputs.values()):
                return None
        short = _unrolled(circuit, budget, work, frames=_SHORT_FRAMES, share=0.3)
        if short.stimuli:
            return short.stimuli
        return (
            _stimulated(circuit, budget, work)
            or _unrolled(circuit, budget, work, frames=0, share=0.5).stimuli
            or _ic3(circuit, budget, work).stimuli
        )
    except Exhausted:
        return None


def _reduced(circuit: Circuit, reduction: str, budget: Budget, work: Path) -> Circuit:
    """The circuit with what is equal merged."""
    _abc(f"{reduction}; write_aiger reduced.aig", circuit, budget, work, output="reduced.aig")
    found = aiger.read((work / "reduced.aig").read_bytes())
    if len(found.outputs) != len(circuit.outputs) or not found.outputs or len(found.inputs) != len(circuit.inputs):
        raise ToolError("yosys-abc", "must keep all inputs and outputs", "fewer")
    outputs = dict(zip(circuit.outputs, found.outputs.values(), strict=True))
    return Circuit(circuit.inputs, found.registers, outputs, found.gates)


def _unrolled(circuit: Circuit, budget: Budget, work: Path, *, frames: int, share: float) -> Found:
    """Look for inputs that make an output high within `frames` cycles, or as many as a share of the budget allows."""
    seconds = max(1, int(budget.left * share))
    said = _abc(
        f"orpos; bmc3 -v -T {seconds}{f' -F {frames}' if frames else ''}; write_cex -a cex", circuit, budget, work
    )
    stimuli = _counterexample(work, len(circuit.inputs))
    if stimuli:
        return Found(stimuli=stimuli, cycles=len(stimuli))
    done = re.search(r"No output asserted in (\d+) frames", said)
    begun = re.findall(r"^ *(\d+) [+-] ?:", said, re.MULTILINE)
    return Found(cycles=int(done[1]) if done else int(begun[-1]) if begun else 0)


def _is_settled_false(circuit: Circuit, budget: Budget, work: Path) -> bool:
    """Whether registers form no loop, and decision diagrams show that no output is high whatever the inputs were."""
    depth = circuit.depth
    if depth is None or depth > _MOST_DEPTH:
        return False
    settled = circuit.settled(depth)
    if any(settled.outputs.values()):
        _abc(f"fraig; clp -B {_MOST_NODES}; strash; write_aiger settled.aig", settled, budget, work, share=0.3)
        path = work / "settled.aig"
        found = aiger.read(path.read_bytes()).outputs.values() if path.exists() else [1]
        return len(found) == len(settled.outputs) and not any(found)
    return True


def _is_inductive(
    circuit: Circuit, frames: int, budget: Budget, work: Path, lemmas: Sequence[str] = (), *, conflicts: int = 0
) -> bool:
    """Whether the first `frames` cycles are good, and as many good ones are always followed by another.

    Args:
        lemmas: outputs that are known to be always low.
        conflicts: after which it is given up; 0 for as many as the budget allows.
    """
    induction = circuit.induction(frames, lemmas)
    if induction.outputs["wrong"] == 0:
        return True
    said = _abc(f"&get -n; &satoko -C {conflicts}", induction, budget, work, share=0.4)
    return bool(_UNSATISFIABLE.search(said))


def _stimulated(circuit: Circuit, budget: Budget, work: Path, frames: int = 4000, rounds: int = 0) -> Stimuli | None:
    """Inputs that make an output high, found by random ones without a reset."""
    tied = circuit.chosen(list(circuit.outputs), {RESET: True}) if RESET in circuit.inputs else circuit
    seconds = max(1, min(4, int(budget.left * 0.1)))
    _abc(f"orpos; sim3 -F {frames} -W 4 -R {rounds} -T {seconds}; write_cex -a cex", tied, budget, work)
    stimuli = _counterexample(work, len(circuit.inputs))
    if stimuli and RESET in circuit.inputs:
        place = circuit.inputs.index(RESET)
        return [[*frame[:place], 1, *frame[place + 1 :]] for frame in stimuli]
    return stimuli


def _ic3(circuit: Circuit, budget: Budget, work: Path) -> Found:
    """IC3, for half of what is left of the budget."""
    said = _abc(f"orpos; pdr -T {max(1, int(budget.left / 2))}; write_cex -a cex", circuit, budget, work)
    stimuli = _counterexample(work, len(circuit.inputs))
    if stimuli:
        return Found(stimuli=stimuli, cycles=len(stimuli))
    return Found("IC3" if "Property proved" in said else "")


def _counterexample(work: Path, inputs: int, name: str = "cex") -> Stimuli | None:
    """What ABC wrote as the inputs of a counterexample, from the state in which all registers are 0."""
    path = work / name
    if not path.exists():
        return None
    lines = [line.strip() for line in path.read_text(encoding="utf-8").splitlines()]
    rows = [line for line in lines[1:] if line and not line.startswith("#")]
    return [[int(bit) for bit in row[:inputs]] for row in rows if len(row) >= inputs]


def _abc(
    commands: str, circuit: Circuit, budget: Budget, work: Path, *, output: str | None = None, share: float = 1.0
) -> str:
    """What ABC prints at commands on a circuit. Raises: Exhausted, ToolError."""
    limit = budget.left * share
    (work / "cex").unlink(missing_ok=True)
    (work / "circuit.aig").write_bytes(circuit.to_bytes())
    log = work / "abc.log"
    command = (native_abc(), "-q", f"read_aiger circuit.aig; {commands}")
    outputs: Sequence[Path] = [work / output] if output else ()
    before = budget.used
    try:
        run(limited(command, limit), cwd=work, log=log, timeout_s=WALL * limit + 60, outputs=outputs, tool="yosys-abc")
    except ToolError:
        if budget.used - before < 0.9 * limit:
            raise
        if share == 1.0:
            raise Exhausted from None
    return log.read_text(encoding="utf-8", errors="replace")
