"""The SystemVerilog of a project as its folder has it, and the units in it: library modules with their parameters."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from hwgen.errors import DataError, ToolError
from hwgen.verify.formal.monitor import contract_names
from hwgen.verify.process import run
from hwgen.verify.synth import NATIVE_YOSYS, find_native

Parameters = dict[str, int | str]

FILES = "files.f"
_DEFINED = re.compile(r"^\s*(?:module|package)\s+(\w+)", re.MULTILINE)
_WORD = re.compile(r"\w+")
_FILE_NAME = re.compile(r"[\w.-]+\.sv")
_ERROR = re.compile(r"^(?:\S*?([\w.-]+\.sv:\d+): )?ERROR: ?(.*)", re.MULTILINE)
_OWN_ERROR = re.compile(r"^MUST: (.*); (.*)", re.MULTILINE)
_MONITORS = ("monitor.sv:", "formal_", "contract_")
"""How names of files begin that are not the project's."""
_LIST_TIMEOUT_S = 1800.0


@dataclass(frozen=True)
class Unit:
    """A library module with its parameters, as a project has it.

    Attributes:
        parameters: all of them by name, defaults included.
        instances: where it stands in the project, each a path of instance names.
    """

    module: str
    parameters: Parameters
    instances: tuple[str, ...]

    def is_called(self, name: str) -> bool:
        """Whether its module or an instance on a path to it is called `name`, with or without `hwgen_` or `u_`."""
        words = {word for path in self.instances for word in path.split(".")}
        return name in (self.module, self.module.removeprefix("hwgen_")) or bool({name, f"u_{name}"} & words)


Nets = list[int | str]
"""Bits of the top level, the lowest first: the number of a net, or `0`, `1`, `x`."""


@dataclass(frozen=True)
class Contents:
    """What a project's top level consists of.

    Attributes:
        units: distinct library modules anywhere below it.
        ports: what each of its ports is connected to.
        instances: what each port of each instance is connected to, by the instance's name.
    """

    units: tuple[Unit, ...]
    ports: Mapping[str, Nets]
    instances: Mapping[str, Mapping[str, Nets]]


@dataclass(frozen=True)
class Sources:
    """Files of a project.

    Attributes:
        top: name of its top level.
        files: texts by file name without folder, in compile order.
        library: names of those in the folder `lib`.
        memories: contents of memories by file name.
    """

    top: str
    files: Mapping[str, str]
    library: frozenset[str]
    memories: Mapping[str, bytes]

    @cached_property
    def _file_of(self) -> dict[str, str]:
        """The file of each module and package."""
        return {name: file for file, text in self.files.items() for name in _DEFINED.findall(text)}

    @property
    def modules(self) -> list[str]:
        """Modules and packages of the library."""
        return [name for name, file in self._file_of.items() if file in self.library]

    def below(self, module: str, without: Iterable[str] = ()) -> dict[str, str]:
        """Texts of the files that a module needs, itself included, but those of modules `without`; in compile order."""
        left, needed, spared = [module], set(), set(without)
        while left:
            file = self._file_of.get(left.pop())
            if file is None or file in needed:
                continue
            needed.add(file)
            words = set(_WORD.findall(self.files[file]))
            left += [name for name in self._file_of if name in words and name not in spared]
        return {file: text for file, text in self.files.items() if file in needed}


def read_sources(folder: Path, top: str) -> Sources:
    """The files that `files.f` of an RTL project lists.

    Raises:
        DataError: one is missing, or lies elsewhere.
    """
    try:
        listed = (folder / FILES).read_text(encoding="utf-8").split()
        files: dict[str, str] = {}
        for name in listed:
            path = Path(name)
            if path.parent not in (Path(), Path("lib")) or not _FILE_NAME.fullmatch(path.name) or path.name in files:
                must = "must list each source once, in this folder or in lib"
                raise DataError(str(folder / FILES), must, name, "Build it again")
            files[path.name] = (folder / path).read_text(encoding="utf-8")
        memories = {path.name: path.read_bytes() for path in sorted((folder / "mem").glob("*.mem"))}
    except (OSError, UnicodeDecodeError) as error:
        found = error.strerror if isinstance(error, OSError) else "no text"
        where = getattr(error, "filename", None) or folder
        raise DataError(str(where), "must be a file of the project", str(found), "Build it again") from error
    library = frozenset(Path(name).name for name in listed if Path(name).parent == Path("lib"))
    return Sources(top, files, library, memories)


def contents_of(sources: Sources, work: Path) -> Contents:
    """What a project consists of, found by elaborating its top level in the folder `work`.

    Its units are the library modules that other modules instantiate, and, inside them, those that contracts stand in
    for.

    Raises:
        ToolError: pyosys is missing, or the files are not legal SystemVerilog.
    """
    job = {"top": sources.top, "library": sources.modules, "inner": contract_names()}
    job |= {"found": "found.json", "joined": "joined.json"}
    run_yosys(job, sources.files, sources.memories, work, timeout_s=_LIST_TIMEOUT_S, output="joined.json")
    places: dict[str, list[str]] = {}
    kinds: dict[str, tuple[str, Parameters]] = {}
    for found in json.loads((work / "found.json").read_text(encoding="utf-8")):
        key = json.dumps([found["module"], found["parameters"]], sort_keys=True)
        kinds[key] = (found["module"], found["parameters"])
        places.setdefault(key, []).append(found["instance"])
    units = tuple(Unit(*kinds[key], tuple(places[key])) for key in sorted(kinds))
    top = json.loads((work / "joined.json").read_text(encoding="utf-8"))["modules"][sources.top]
    cells = {name: cell for name, cell in top["cells"].items() if not re.match(r"\$(?!paramod)", cell["type"])}
    instances = {name: cell["connections"] for name, cell in cells.items()}
    return Contents(units, {name: port["bits"] for name, port in top["ports"].items()}, instances)


def run_yosys(
    job: Mapping[str, object],
    files: Mapping[str, str],
    memories: Mapping[str, bytes],
    work: Path,
    *,
    timeout_s: float,
    output: str,
    limit_s: float | None = None,
) -> None:
    """Run the program `yosys.py` on a job in the folder `work`, for at most `limit_s` CPU seconds.

    Raises:
        ToolError: pyosys is missing, the files are not legal, or the limit was reached.
    """
    find_native()
    for name, text in files.items():
        (work / name).write_text(text, encoding="utf-8", newline="\n")
    for name, data in memories.items():
        (work / name).write_bytes(data)
    stated = {"files": list(files), **job}
    (work / "job.json").write_text(json.dumps(stated), encoding="utf-8", newline="\n")
    log = work / "yosys.log"
    command = (sys.executable, "-P", yosys_program(), "job.json")
    try:
        run(
            limited(command, limit_s),
            cwd=work,
            log=log,
            timeout_s=timeout_s,
            outputs=[work / output],
            tool=NATIVE_YOSYS,
        )
    except ToolError as error:
        raise _said(log, str(job["top"])) or error from error


def _said(log: Path, top: str) -> ToolError | None:
    """What the program says is wrong, in one line; None where it says nothing."""
    text = log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""
    if own := _OWN_ERROR.search(text):
        return ToolError(top, own[1], own[2])
    said = _ERROR.search(text)
    if said is None:
        return None
    place, found = said[1] or top, said[2].strip().removesuffix(".")
    if place.startswith(_MONITORS):
        return ToolError(top, "must have a reference for these parameters", f"at {place} {found}")
    return ToolError(place, "must be legal SystemVerilog to Yosys", found)


def yosys_program() -> Path:
    """The file of the program that elaborates."""
    return Path(__file__).with_name("yosys.py")


def limited(command: tuple[str | Path, ...], limit_s: float | None) -> tuple[str | Path, ...]:
    """A command that ends after `limit_s` CPU seconds, rounded up."""
    if limit_s is None:
        return command
    return ("sh", "-c", 'ulimit -t "$1"; shift; exec "$@"', "sh", str(max(1, int(limit_s + 0.999))), *command)
