"""The SystemVerilog of a project as its folder has it, and the units in it: library modules with their parameters."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from hwgen.errors import DataError
from hwgen.verify.formal.elaborate import check_job, run_jobs, write_job
from hwgen.verify.formal.monitor import contract_names

Parameters = dict[str, int | str]

FILES = "files.f"
_DEFINED = re.compile(r"^\s*(?:module|package)\s+(\w+)", re.MULTILINE)
_WORD = re.compile(r"\w+")
_FILE_NAME = re.compile(r"[\w.-]+\.sv")
_COMMENT = re.compile(r"//.*")
_LIST_LIMIT_S = 600.0
"""CPU seconds to elaborate a project."""


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

    @cached_property
    def _named_in(self) -> dict[str, list[str]]:
        """The modules and packages that each file names."""
        words = {file: set(_WORD.findall(_COMMENT.sub("", text))) for file, text in self.files.items()}
        return {file: [name for name in self._file_of if name in found] for file, found in words.items()}

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
            left += [name for name in self._named_in[file] if name not in spared]
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
    write_job(job, sources.files, sources.memories, work, _LIST_LIMIT_S)
    run_jobs([work], work)
    check_job(work, "joined.json")
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
