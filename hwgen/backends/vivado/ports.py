"""The ports of the packaged accelerator, and the bus interfaces that they belong to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from hwgen.backends import external
from hwgen.hw.address_map import AddressMap
from hwgen.hw.design import Design
from hwgen.hw.memory import MemoryPort

AXIS = "xilinx.com:interface:axis:1.0"
AXI_LITE = "xilinx.com:interface:aximm:1.0"
DATA = "xilinx.com:signal:data:1.0"
CONTROL = "s_axi_control"

_LITE_IN = (("AWADDR", 0), ("AWVALID", 1), ("WDATA", 32), ("WSTRB", 4), ("WVALID", 1), ("BREADY", 1), ("ARADDR", 0))
_LITE_SIGNALS = {
    **{name: ("input", bits) for name, bits in (*_LITE_IN, ("ARVALID", 1), ("RREADY", 1))},
    **{name: ("output", 1) for name in ("AWREADY", "WREADY", "BVALID", "ARREADY", "RVALID")},
    "BRESP": ("output", 2),
    "RDATA": ("output", 32),
    "RRESP": ("output", 2),
}
"""Of AXI4-Lite by name: direction at the accelerator, and bits; 0 for those of an address."""


@dataclass(frozen=True)
class RtlPort:
    """A port of the wrapper.

    Attributes:
        interface: the bus signal that it is, in the words of X_INTERFACE_INFO.
        direction: `input` or `output`.
        comma: behind it in a list of ports; empty at the last.
    """

    name: str
    direction: str
    bits: int
    interface: str
    comma: str = ","

    @property
    def range(self) -> str:
        """Its bits as Verilog declares them."""
        return f"[{self.bits - 1}:0] " if self.bits > 1 else ""

    @property
    def tie(self) -> str:
        """What an idle master drives; nothing at an output."""
        return "'0" if self.direction == "input" else ""


def control_ports(control: AddressMap | None) -> tuple[RtlPort, ...]:
    """The ports of `s_axi_control`."""
    if control is None:
        return ()
    return tuple(
        RtlPort(f"{CONTROL}_{name.lower()}", direction, bits or control.address_bits, f"{AXI_LITE} {CONTROL} {name}")
        for name, (direction, bits) in _LITE_SIGNALS.items()
    )


def memory_ports(ports: Sequence[MemoryPort]) -> tuple[RtlPort, ...]:
    """The ports of the AXI4 masters that read external memories."""
    return tuple(_memory_port(port, signal) for port in ports for signal in external.signals(port))


def _memory_port(port: MemoryPort, signal: external.BusSignal) -> RtlPort:
    """A signal of an AXI4 master; the address from which its words lie belongs to no bus."""
    name, direction = f"{port.name}_{signal.name}", "input" if signal.enters else "output"
    interface = f"{AXI_LITE} {port.name} {signal.name.upper()}"
    return RtlPort(name, direction, signal.bits, f"{DATA} {name} DATA" if signal.name == "base" else interface)


def wrapper_ports(design: Design, control: AddressMap | None) -> tuple[RtlPort, ...]:
    """Every port of the wrapper: clock, reset, registers, external memories and the streams."""
    clock = RtlPort("ap_clk", "input", 1, "xilinx.com:signal:clock:1.0 ap_clk CLK")
    reset = RtlPort("ap_rst_n", "input", 1, "xilinx.com:signal:reset:1.0 ap_rst_n RST")
    kinds = [*((port, "input") for port in design.inputs), *((port, "output") for port in design.outputs)]
    streams = [each for port, way in kinds for each in _stream(port.axis, port.stream.bus_width, way)]
    ports = (clock, reset, *control_ports(control), *memory_ports(design.memory_ports), *streams)
    return (*ports[:-1], replace(ports[-1], comma=""))


def _stream(bus: str, bits: int, forward: str) -> Iterator[RtlPort]:
    """The ports of an AXI4-Stream whose data goes `forward`; only our own say which bytes count, as all do."""
    backward = "input" if forward == "output" else "output"
    signals = [("TDATA", bits, forward), ("TVALID", 1, forward), ("TREADY", 1, backward), ("TLAST", 1, forward)]
    if forward == "output":
        signals.append(("TKEEP", bits // 8, forward))
    for name, width, direction in signals:
        yield RtlPort(f"{bus}_{name.lower()}", direction, width, f"{AXIS} {bus} {name}")
