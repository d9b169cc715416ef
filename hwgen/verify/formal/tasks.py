"""Units on the way to a verdict: each beside its monitor or its netlist, elaborated several in a process."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from hwgen.errors import CheckError, ToolError
from hwgen.verify.formal import aiger
from hwgen.verify.formal.aiger import Circuit
from hwgen.verify.formal.elaborate import check_job, run_jobs, seconds_of, write_job
from hwgen.verify.formal.monitor import COVERED, WRONG, Monitor
from hwgen.verify.formal.netlists import ALONE, BESIDE, Netlist, alone, netlist_job
from hwgen.verify.formal.search import Exhausted
from hwgen.verify.formal.sources import Sources, Unit

_CIRCUIT, _NAMES = "unit.aig", "names.txt"


@dataclass
class Task:
    """A unit that is to have a verdict.

    Attributes:
        monitor: what is claimed of it.
        netlist: the one that is judged, if any.
        budget_s: CPU seconds for it.
        folder: where it is elaborated.
        error: why it is not.
    """

    unit: Unit
    monitor: Monitor
    netlist: Netlist | None
    budget_s: float
    folder: Path
    error: ToolError | CheckError | None = None

    def write(self, sources: Sources) -> None:
        """Say how the unit is put beside its monitor or its netlist. Raises: CheckError."""
        unit, monitor = self.unit, self.monitor
        if self.netlist is None and set(monitor.parameters) != set(unit.parameters):
            other = sorted(set(monitor.parameters) ^ set(unit.parameters))
            found = f"{', '.join(other)} in one alone"
            raise CheckError(unit.module, "must have the parameters of its monitor", found)
        files = sources.below(unit.module, monitor.contracts)
        job: dict[str, object] = {"circuit": _CIRCUIT, "names": _NAMES}
        if self.netlist is not None:
            job |= netlist_job(unit, self.netlist, list(files))
            files |= monitor.parts | {ALONE: alone(unit)}
        else:
            files |= {f"contract_{name}.sv": text for name, text in monitor.contracts.items()}
            files |= {f"{name}.sv": text for name, text in monitor.parts.items()} | {"monitor.sv": monitor.text}
            job |= {"top": f"{unit.module}_monitor", "parameters": unit.parameters, "seen": monitor.sees}
        texts = [value for value in unit.parameters.values() if isinstance(value, str)]
        memories = {name: data for name, data in sources.memories.items() if name in texts}
        write_job(job, files, memories, self.folder, self.budget_s)

    def circuit(self) -> tuple[Circuit, str]:
        """The circuit of the unit beside its monitor, and Yosys's names of what is in it.

        Raises:
            ToolError, CheckError: it could not be elaborated.
            Exhausted: the budget ended before.
        """
        if self.error is not None:
            raise self.error
        try:
            check_job(self.folder, _CIRCUIT)
        except ToolError:
            if seconds_of(self.folder) > 0.9 * self.budget_s:
                raise Exhausted from None
            raise
        names = (self.folder / _NAMES).read_text(encoding="utf-8")
        circuit = aiger.read((self.folder / _CIRCUIT).read_bytes(), names)
        monitor = self.monitor
        if self.netlist is not None:
            monitor = replace(monitor, text=(self.folder / BESIDE).read_text(encoding="utf-8"))
        return _with_all_outputs(circuit, monitor), names


def elaborate(tasks: Sequence[Task], sources: Sources, room: Path) -> None:
    """Elaborate units in one process; what goes wrong is each one's own error."""
    for task in tasks:
        task.folder.mkdir()
        try:
            task.write(sources)
        except CheckError as error:
            task.error = error
    ready = [task for task in tasks if task.error is None]
    try:
        if ready:
            run_jobs([task.folder for task in ready], room)
    except ToolError as error:
        for task in ready:
            task.error = error


def _with_all_outputs(circuit: Circuit, monitor: Monitor) -> Circuit:
    """The circuit with the outputs of its monitor: Yosys leaves the names of constant ones out. Raises: CheckError."""
    wanted = monitor.outputs
    constant = [literal for name, literal in circuit.outputs.items() if name not in wanted]
    if any(constant) or COVERED not in wanted or len(wanted) < 2 or len(set(wanted)) != len(circuit.outputs):
        raise CheckError(f"{monitor.module}_monitor", f"must have outputs *{WRONG} and {COVERED}, none always high", "")
    return replace(circuit, outputs={name: circuit.outputs.get(name, 0) for name in wanted})
