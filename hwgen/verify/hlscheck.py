"""Checks of an emitted HLS project without an HLS tool: compilers and clang-tidy, pragmas, portability, timing."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from hwgen.errors import ToolError
from hwgen.verify import cpp, distances, hlsrules, hlstables, pragmas, process, subset
from hwgen.verify.carried import recurrences_of
from hwgen.verify.constants import Names
from hwgen.verify.headers import include_flags
from hwgen.verify.recurrences import Recurrence, allowed_ns
from hwgen.verify.sources import OWN

WARNINGS = ("-std=c++14", "-Wall", "-Wextra", "-Wno-unknown-pragmas", "-Wno-unused-label")
"""A plain compiler knows no HLS pragmas, and sees no use of the labels that name loops in reports."""

COMPILERS: dict[str, tuple[str, ...]] = {
    "g++": ("-Werror", "-fsyntax-only"),
    "clang++": ("-Werror", "-fsyntax-only"),
    "clang-tidy": (
        "--quiet",
        "--warnings-as-errors=*",
        "--header-filter=.*",
        "--checks=-*,bugprone-*,clang-analyzer-*,performance-*,misc-redundant-expression,"
        "-bugprone-easily-swappable-parameters,-bugprone-implicit-widening-of-multiplication-result,"
        "-bugprone-suspicious-include",
    ),
}
"""Who looks at the sources, with options of its own.

Kernels take sizes in a row, multiply sizes that are constants, and are included into one source to be read at once:
those three checks of clang-tidy are off.
"""


@dataclass(frozen=True)
class HlsCheck:
    """What the checks say of a project.

    Attributes:
        pragmas: how many there are for Vitis.
        compilers: those that took the sources without a warning.
        missing: compilers that are not installed.
        recurrences: the longest loop-carried path of every pipelined loop, estimated.
        warnings: what may be too much for a tool or a clock.
        findings: what must not be there; the project passes without any.
    """

    pragmas: int
    compilers: tuple[str, ...]
    missing: tuple[str, ...]
    recurrences: tuple[Recurrence, ...]
    warnings: tuple[str, ...]
    findings: tuple[str, ...]

    @property
    def passed(self) -> bool:
        return not self.findings

    def to_json(self) -> dict[str, Any]:
        """The report as plain JSON values."""
        return {
            "pragmas": self.pragmas,
            "compilers": list(self.compilers),
            "missing": list(self.missing),
            "recurrences": [asdict(each) for each in self.recurrences],
            "warnings": list(self.warnings),
            "findings": list(self.findings),
        }


def check(
    project: Path,
    top: str,
    work: Path,
    depths: Mapping[str, int] | None = None,
    tables: Mapping[tuple[str, str], str] | None = None,
) -> HlsCheck:
    """Check the HLS `project` whose top function is `top`; logs go to `work`.

    Args:
        depths: of its streams, by their names in the top, as the model of its pipelines states them.
        tables: where those of the design live, by function and table; see `hlstables`.

    Raises:
        ToolError: g++, the parser or the vendor's headers are missing, or a source does not preprocess or run.
    """
    vitis, bambu = (cpp.preprocess(project, tool, work) for tool in ("vitis", "bambu"))
    copy = work.resolve() / OWN
    found = pragmas.check(vitis, top) + pragmas.check_bambu(bambu) + subset.check(vitis, copy, top)
    wide, warned = hlsrules.check_widths(vitis, project)
    found += hlsrules.check_top(vitis, top) + wide
    recurrences = recurrences_of(vitis, Names(vitis))
    late = too_long(recurrences, project)
    inlined = hlsrules.check_inline(vitis) + hlsrules.check_inline(bambu)
    found += hlstables.check_tables(vitis, tables)
    found += [*dict.fromkeys(inlined), *hlsrules.check_depths(vitis, top, depths or {})]
    found += [*hlsrules.check_pipelines(vitis, project), *distances.check_stated(vitis, project)]
    if not found:
        found += distances.check_measured(vitis, project, top, work)
    present = tuple(name for name in COMPILERS if shutil.which(name))
    warnings = {name: warning for name in present if (warning := _warning(name, project, work))}
    return HlsCheck(
        pragmas=len(vitis.pragmas),
        compilers=tuple(name for name in present if name not in warnings),
        missing=tuple(name for name in COMPILERS if name not in present),
        recurrences=tuple(recurrences),
        warnings=tuple(map(str, warned)),
        findings=(*map(str, found), *late, *(f"{name}: {warning}" for name, warning in warnings.items())),
    )


def too_long(recurrences: list[Recurrence], project: Path) -> list[str]:
    """The loops whose longest path does not fit the clock that the project asks for."""
    allowed = allowed_ns(hlsrules.text_in(project, hlsrules.CONFIG))
    return [f"{each}, more than the {allowed:.2f} ns of the clock" for each in recurrences if each.ns > allowed]


def _warning(compiler: str, project: Path, work: Path) -> str:
    """The first warning of `compiler` about the sources and their test bench; nothing where it has none."""
    log = work / f"{compiler}.log"
    flags: tuple[str | Path, ...] = (*WARNINGS, *include_flags())
    behind = ("--", *flags) if compiler == "clang-tidy" else flags
    source = cpp.one_source(project, work, "src", "tb")
    try:
        command = [compiler, *COMPILERS[compiler], source.name, *behind]
        process.run(command, cwd=source.parent, log=log, timeout_s=cpp.TIMEOUT_S)
    except ToolError as error:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines() if log.is_file() else []
        return next((line for line in lines if "error" in line), error.found)
    return ""
