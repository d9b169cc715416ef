"""The top level of a simulation of several devices: theirs, joined by AXI4-Streams."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from hwgen.backends import external
from hwgen.backends.edge import declarations
from hwgen.backends.render import Source, render
from hwgen.hw.address_map import address_map
from hwgen.hw.joined import Joined, device_name

_AXIS = ("tdata", "tvalid", "tready")
_CONTROL = ("awaddr", "awvalid", "wdata", "wstrb", "wvalid", "bready", "araddr", "arvalid", "rready")
"""Signals that enter the register bus of a design with writable layers, which rests here."""


@dataclass(frozen=True)
class JoinedContext:
    """Fields of joined.sv.j2."""

    module: str
    origin: str
    digest: str
    purpose: str
    ports: str
    links: str
    devices: str


def joined_top(joined: Joined) -> str:
    """The SystemVerilog module of `joined`, whose link k is the signals `link<k>_tdata`, `_tvalid` and `_tready`."""
    context = JoinedContext(
        module=joined.name,
        origin=", ".join(part.name for part in joined.parts),
        digest=joined.digest,
        purpose=f"{len(joined.parts)} devices joined by streams, for simulation.",
        ports=declarations(joined, memories=True),
        links=Source("\n".join(_link(index, link.axis_width) for index, link in enumerate(joined.links))),
        devices=Source("\n\n".join(_device(joined, index) for index in range(len(joined.parts)))),
    )
    return render("rtl/joined.sv.j2", context)


def _link(index: int, width: int) -> str:
    return f"  logic [{width - 1}:0] link{index}_tdata;\n  logic link{index}_tvalid, link{index}_tready;"


def _device(joined: Joined, index: int) -> str:
    """The instance of a device."""
    ports = ",\n".join(f"    .{port}({signal})" for port, signal in _connections(joined, index))
    return f"  {joined.parts[index].name} u_{device_name(index)} (\n{ports}\n  );"


def _connections(joined: Joined, index: int) -> Iterator[tuple[str, str]]:
    """Each port of a device and what it is connected to."""
    part = joined.parts[index]
    yield "ap_clk", "ap_clk"
    yield "ap_rst_n", "ap_rst_n"
    for memory in part.memory_ports:
        yield from ((name, name) for name in (f"{memory.name}_{each.name}" for each in external.signals(memory)))
    if address_map(part):
        yield from ((f"s_axi_control_{name}", "'0") for name in _CONTROL)
    first, last = index == 0, index == len(joined.parts) - 1
    for ports, outer, link in ((part.inputs, first, index - 1), (part.outputs, last, index)):
        for port in ports:
            for signal in _AXIS:
                yield f"{port.axis}_{signal}", f"{port.axis}_{signal}" if outer else f"link{link}_{signal}"
    for port in part.outputs:
        yield f"{port.axis}_tlast", f"{port.axis}_tlast" if last else ""
