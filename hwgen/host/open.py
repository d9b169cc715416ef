"""From a project to a driver."""

from __future__ import annotations

from pathlib import Path

from hwgen.errors import ConfigError, DataError
from hwgen.host.driver import Driver
from hwgen.host.transport import Transport, Transports
from hwgen.hw.ports import PortMap, parse_port_map, port_map_of
from hwgen.stored import MOST_JSON_BYTES, read_text

PLACES = ("golden", "rtl", "pynq")
"""Where a design runs: the golden model, its RTL in simulation, a PYNQ board."""
PORTS = "host/ports.json"
"""The port map in a project."""


def open_driver(
    project: str | Path,
    on: str | Transport | Transports = "golden",
    *,
    bitfile: str | Path | None = None,
    dma: str = "axi_dma_0",
    control: str = "",
) -> Driver:
    """A driver of the design that was written to the folder `project`.

    Args:
        on: one of `PLACES`, or a transport of the caller's own. A board needs `host/ports.json` of the project alone.
        bitfile, dma, control: of a board, see `hwgen.host.pynq.PynqTransport`; `bitfile` must be given.

    Raises:
        DataError: the folder is not a project.
        ConfigError: another place, or several inputs or outputs on a PYNQ board.
        ToolError: the place is not available.
    """
    folder = Path(project)
    path = folder / PORTS
    try:
        text = read_text(path, MOST_JSON_BYTES)
    except (OSError, UnicodeDecodeError) as error:
        must = f"must be a folder that `hwgen build` wrote ({PORTS})"
        raise DataError(str(folder), must, "none", "Run `hwgen build` first") from error
    ports = parse_port_map(text, str(path))
    if not isinstance(on, str):
        return Driver(ports, on)
    if on == "pynq":
        from hwgen.host.pynq import PynqTransport

        if not ports.single:
            found = ", ".join(port.axis for port in (*ports.inputs, *ports.outputs))
            change = "Drive its DMAs by pynq itself: `driver.ports` of another place packs and unpacks"
            raise ConfigError("on", "a PYNQ board must hold a design of one input and one output", found, change)
        if not bitfile:
            raise ConfigError("bitfile", "must name the overlay's .bit file", "none", "Pass --bitfile FILE")
        return Driver(ports, PynqTransport(ports, bitfile, dma=dma, control=control))
    return Driver(ports, _transport(folder, ports, on))


def _transport(folder: Path, ports: PortMap, on: str) -> Transports:
    if on not in PLACES:
        raise ConfigError("on", f"must be one of {', '.join(PLACES)}", repr(on))
    from hwgen.flow import open_project

    accelerator = open_project(folder)
    if accelerator.design.digest != ports.digest:
        found = f"digest {ports.digest}, manifest {accelerator.design.digest}"
        raise DataError(str(folder), "port map and network must be of one build", found, "Build it again")
    if port_map_of(accelerator.graph, accelerator.design).to_json() != ports.to_json():
        raise DataError(str(folder / PORTS), "must be the port map of its network", "another", "Build it again")
    if on == "golden":
        from hwgen.host.golden import GoldenTransport

        return GoldenTransport(accelerator.graph, ports)
    from hwgen.host.simulated import RtlTransport

    return RtlTransport(accelerator.design, folder)
