"""From a project to proofs of its units, whatever its files say: they may have been edited."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import zip_longest
from pathlib import Path
from typing import Any

from hwgen.config import report_format
from hwgen.errors import ConfigError, DataError
from hwgen.flow.accelerator import Accelerator
from hwgen.flow.opening import name_of, open_project
from hwgen.flow.project import record, write_in
from hwgen.hw.design import Design
from hwgen.verify.formal import (
    DEFAULT_BUDGET_S,
    Contents,
    Joint,
    Proof,
    Sources,
    Unit,
    joints_of,
    kept_contents,
    prove_units,
    read_sources,
)
from hwgen.verify.formal.netlists import Netlist, mapping_of, outermost
from hwgen.verify.progress import stage
from hwgen.verify.synth import find_native, tool_version

PROVE_RECORD = "prove.json"


@dataclass(frozen=True)
class Written:
    """A file of a project that is of its network alone.

    Attributes:
        words: of a memory; 0 of a module.
        message: where it is not as it must be, in one line; empty where it is.
    """

    file: str
    words: int
    message: str = ""


@dataclass(frozen=True)
class Proofs:
    """What was found of a project's units, in the order of their modules, and of what joins them.

    Attributes:
        tool: the package that proved, and its version.
        sources: digest of the project's SystemVerilog.
        netlist: the family whose netlists of the units were proved equal to them; None where the units were proved.
        waveforms: the file of each counterexample in the project, by place in `units`.
        streams: between units, looked at without a solver; none where one unit was asked for.
        files: memories, and the modules that hold them and join the units; likewise.
    """

    tool: str
    sources: str
    units: tuple[Proof, ...]
    waveforms: dict[int, str]
    streams: tuple[Joint, ...] = ()
    files: tuple[Written, ...] = ()
    netlist: str | None = None

    @property
    def passed(self) -> bool:
        """Whether nothing is refuted or left without a verdict."""
        return all(unit.passed for unit in self.units) and not any(each.message for each in self.around)

    @property
    def refuted(self) -> bool:
        """Whether anything is wrong, and not merely without a verdict."""
        wrong = any(each.message and (isinstance(each, Joint) or each.words) for each in self.around)
        return wrong or any(unit.verdict == "refuted" for unit in self.units)

    @property
    def around(self) -> tuple[Joint | Written, ...]:
        """Streams and files."""
        return (*self.streams, *self.files)

    def to_json(self) -> dict[str, Any]:
        """As `hwgen prove --json` prints it."""
        units = [{**unit.to_json(), "waveform": self.waveforms.get(place)} for place, unit in enumerate(self.units)]
        around = {"streams": list(map(asdict, self.streams)), "files": list(map(asdict, self.files))}
        return {"tool": self.tool, "sources": self.sources, "netlist": self.netlist, "units": units, **around}


def prove(
    project: str | Path,
    *,
    unit: str | None = None,
    budget_s: float = DEFAULT_BUDGET_S,
    netlist: str | None = None,
    progress: Callable[[int, int, str], None] = lambda *_: None,
) -> Proofs:
    """Prove the library modules of the SystemVerilog in `project`, each set of parameters for itself.

    Args:
        unit: a module or an instance, without `hwgen_` or `u_` if you like; all where None, and what joins them.
        budget_s: CPU seconds for each.
        netlist: a family: not the modules, but their netlists for it are proved, to be equal to the modules.
        progress: called with how many are done, how many there are, and the name of the next.

    Counterexamples are written to the project, as is a record of all units.

    Raises:
        DataError: the folder is not a project, or lacks files.
        ConfigError: no unit is called `unit`, or no family `netlist` is known.
        ToolError: pyosys is missing, or the sources are not legal.
        OutputError: the project cannot be written.
    """
    folder = Path(project)
    sources = _sources_in(folder)
    contents = kept_contents(sources)
    units, beside = _chosen(_judged(contents, netlist), unit), Netlist(netlist) if netlist else None
    proofs = tuple(prove_units(sources, units, budget_s, progress, netlist=beside))
    kind = "prove" if netlist is None else f"prove_{netlist}"
    waves = {place: _file_of(each, kind) for place, each in enumerate(proofs) if each.waveform}
    for place, name in waves.items():
        write_in(folder, name, proofs[place].waveform)
    made = Proofs(tool_version(), sources_digest(sources), proofs, waves, netlist=netlist)
    if unit is None and netlist is None:
        design = open_project(folder).design
        made = replace(made, streams=tuple(joints_of(design, contents)), files=tuple(_written(design, sources)))
    if unit is None:
        record(folder, f"{kind}.json", {"format": report_format("prove"), **made.to_json()})
    return made


def _sources_in(folder: Path) -> Sources:
    """The SystemVerilog of a project. Raises: DataError, ToolError."""
    find_native()
    top = name_of(folder)
    if not re.fullmatch(r"\w+", top):
        raise DataError(str(folder), "must be named as a module", top)
    return read_sources(folder / "rtl", top)


def prove_placed(accelerator: Accelerator, family: str, netlist: Path) -> tuple[Proof, ...]:
    """Prove each unit of a netlist for `family` equal to its module; `netlist` has the units as modules, in RTLIL.

    Raises:
        DataError: the project lacks files.
        ToolError: pyosys is missing.
    """
    assert accelerator.project is not None, "a netlist is made of a project"
    sources = read_sources(accelerator.project / "rtl", accelerator.design.name)
    made = Netlist(family, netlist.read_text(encoding="utf-8"), accelerator.design.name)
    units = outermost(kept_contents(sources).units)
    with stage("proofs of netlists") as progress:
        return tuple(prove_units(sources, units, DEFAULT_BUDGET_S, progress, netlist=made))


def _judged(contents: Contents, netlist: str | None) -> Sequence[Unit]:
    """The units of a project; of those that have netlists the outermost. Raises: ConfigError."""
    if netlist is None:
        return contents.units
    mapping_of(netlist)
    return outermost(contents.units)


def _written(design: Design, sources: Sources) -> Iterator[Written]:
    """The files of a project that are neither of the library nor a list, beside those of its network."""
    from hwgen.backends import rtl

    for name, text in rtl.emit(design).items():
        file = Path(name).name
        if name.startswith("mem/"):
            found = sources.memories[file].decode("latin-1") if file in sources.memories else None
            yield Written(name, len(text.split()), _difference(name, text, found))
        elif name.endswith(".sv") and not name.startswith("lib/"):
            yield Written(name, 0, _difference(name, text, sources.files.get(file)))


def _difference(name: str, wanted: str, found: str | None) -> str:
    """Where a file differs from what is wanted, in one line; empty where it does not."""
    if found is None:
        return f"{name}: must be in the project; found none. Build it again."
    lines = zip_longest(wanted.splitlines(), found.splitlines())
    place = next((place for place, (one, other) in enumerate(lines, start=1) if one != other), None)
    return "" if place is None else f"{name}: line {place} must be as the network has it; found another."


def _chosen(units: Sequence[Unit], name: str | None) -> list[Unit]:
    """The units that are called `name`; all where that is None. Raises: ConfigError."""
    chosen = [each for each in units if name is None or each.is_called(name)]
    if name is not None and not chosen:
        names = ", ".join(dict.fromkeys(each.module.removeprefix("hwgen_") for each in units))
        raise ConfigError("--unit", "must be an instance or a library module of the project", name, f"One of {names}")
    return chosen


def _file_of(proof: Proof, kind: str) -> str:
    """The file of a counterexample: named by the module and its parameters."""
    text = json.dumps(asdict(Unit(proof.module, proof.parameters, ())), sort_keys=True)
    return f"{kind}_{proof.module}_{hashlib.sha256(text.encode()).hexdigest()[:8]}.vcd"


def sources_digest(sources: Sources) -> str:
    """Twelve hexadecimal digits of all texts and memories, by which a record names what was proved."""
    memories = {name: hashlib.sha256(data).hexdigest() for name, data in sources.memories.items()}
    return hashlib.sha256(json.dumps([sources.files, memories], sort_keys=True).encode()).hexdigest()[:12]
