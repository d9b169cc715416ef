"""What the verbs print of a network that is cut for several devices."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from hwgen.cli.common import mind, out, print_json, show_warnings
from hwgen.errors import MismatchError

if TYPE_CHECKING:
    from hwgen.cli.options import DesignOptions
    from hwgen.config import Settings
    from hwgen.flow import Accelerator, Devices
    from hwgen.ir.graph import Graph
    from hwgen.verify.simulate import Outcome


def cuts_and_parts(graph: Graph, chosen: Settings, design: DesignOptions) -> tuple[list[str], tuple[str, ...]]:
    """The cuts that the user asks for and the part of each device; for `auto` the best, with all on standard error.

    Raises:
        ConfigError: `auto` with other cuts, or for more than two devices.
        FoldingError: see `hwgen.flow.possible_cuts`.
    """
    from hwgen.errors import ConfigError
    from hwgen.flow import possible_cuts
    from hwgen.hw.cuts import best_cut
    from hwgen.report.tables import cuts_table

    cuts = design.cut or []
    given = design.parts if design.part else (chosen.part,)
    parts = given * (len(cuts) + 1) if len(given) == 1 else given
    if "auto" not in cuts:
        return cuts, parts
    if len(parts) != 2 or len(cuts) != 1:
        raise ConfigError("--cut", "must be auto alone, for two devices", f"{', '.join(cuts)} for {', '.join(parts)}")
    found = possible_cuts(graph, (parts[0], parts[1]), chosen)
    mind(cuts_table(graph.name, found, parts))
    return [best_cut(found).link.after], parts


def show_cuts(accelerator: Accelerator, part: str | None, as_json: bool, *, asked: bool) -> None:
    """Print where a compiled network can be cut, for the devices `part`. Raises: ConfigError."""
    from hwgen.errors import ConfigError
    from hwgen.flow import cuts_of
    from hwgen.hw.cuts import best_cut
    from hwgen.report.tables import cuts_table

    given = tuple((part or accelerator.design.part).split(","))
    if not asked or len(given) > 2:
        raise ConfigError("--part", "must come with --cuts, and name one FPGA or two", part or "")
    parts = given[0], given[-1]
    cuts = cuts_of(accelerator, parts)
    if as_json:
        best = best_cut(cuts)
        print_json({"parts": parts, "best": best.link.after, "cuts": [cut.to_json() for cut in cuts]}, "cuts")
        return
    out.print(cuts_table(accelerator.graph.name, cuts, parts))


def show_devices(devices: Devices, as_json: bool, input_interval: int = 0) -> None:
    """Print what devices will do together."""
    report = devices.estimate(input_interval)
    if as_json:
        print_json(report.to_json(), "devices")
        return
    from hwgen.report.tables import devices_table

    out.print(devices_table(report))
    for name, each in report.devices.items():
        show_warnings(f"{name}: {line}" for line in each.warnings)


def show_runs(runs: dict[str, Outcome], as_json: bool) -> None:
    """Print what the simulation of devices found; exit code 3 where one did not pass."""
    from hwgen.cli.prove import show_failures
    from hwgen.report.tables import simulation_table

    reports = {name: run.to_json() for name, run in runs.items()}
    if as_json:
        print_json(reports, "simulate-devices")
    for name, report in reports.items():
        if not as_json:
            made = simulation_table(report)
            made.title = f"{name}, {made.title}"
            out.print(made)
        show_failures(runs[name], f"{name}: ")
    if not all(run.passed for run in runs.values()):
        raise typer.Exit(MismatchError.exit_code)
