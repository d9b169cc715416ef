"""Prints what packages the RTL project: an IP, a system around it, constraints, scripts, and FuseSoC's core file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from hwgen.backends.render import Source, library, render
from hwgen.backends.vivado.boards import BOARD_FILES
from hwgen.backends.vivado.ports import RtlPort, control_ports, memory_ports, wrapper_ports
from hwgen.config import VERSION
from hwgen.hw.address_map import AddressMap
from hwgen.hw.design import Design, Port
from hwgen.hw.device import Family, Platform, device_of, part_of
from hwgen.hw.stream import Stream


@dataclass(frozen=True)
class IpProject:
    """Fields of the templates.

    Attributes:
        board: a pattern of Vivado's board parts; empty for none.
        beats, joined: of a wrapper of several streams of a kind: its wires, and how it joins the accelerator.
        input, output: the streams, or the first ones.
        input_bits, output_bits, input_bytes, output_bytes: of tdata on the ports of those.
        buses: names of all streams and memory ports, where there are more than one stream in and one out.
        ports, control: of the wrapper: all, and those of its AXI4-Lite port; `address_bits` are that port's.
        frames: golden frames in `hls/tb`; without any there is no test bench.
        sources, memories: of the RTL project, by path in the whole project; `memory_copies` says the same to FuseSoC.
        targets: the template of the core file's targets.
    """

    name: str
    origin: str
    digest: str
    purpose: str
    version: str
    part: str
    board: str
    clock_mhz: str
    clock_hz: int
    period_ns: str
    beats: tuple[str, ...]
    joined: tuple[str, ...]
    buses: tuple[str, ...]
    input: Stream
    output: Stream
    input_bits: int
    output_bits: int
    input_bytes: int
    output_bytes: int
    ports: tuple[RtlPort, ...]
    control: tuple[RtlPort, ...]
    address_bits: int
    frames: int
    sources: tuple[str, ...]
    memories: tuple[str, ...]
    memory_copies: tuple[str, ...]
    targets: str


_SCRIPTS = {
    Platform.ZYNQ: {"block_design.tcl": "block_design.tcl", "processor.tcl": "zynq.tcl"},
    Platform.ZYNQMP: {"block_design.tcl": "block_design.tcl", "processor.tcl": "zynqmp.tcl"},
    Platform.ALVEO: {"package_xo.tcl": "package_xo.tcl"},
    Platform.FABRIC: {},
}
"""Scripts of a platform beside those for all: name in the project, and in the library."""

_COMMON = ("hwgen_transfer.sv", "ooc.tcl", "package_ip.tcl", "synth.tcl")


BENCH_SCRIPT = "simulate.sh"
"""Runs the test bench, where there is one."""


def emit(design: Design, rtl: Iterable[str], frames: int, control: AddressMap | None = None) -> dict[str, str]:
    """`<design>.core` and, where the part is AMD's, the folder `vivado/`: path in the project -> text.

    `rtl` names the files of the RTL project, `frames` counts the golden frames in `hls/tb` (without any there is
    no test bench), `control` is the map of its AXI4-Lite port. A design of several inputs or outputs, or one that reads
    external memories, is packaged as an IP alone: a system around it would need a DMA for each stream, and memories.
    """
    device = device_of(design.part)
    single = len(design.ports) == 2 and not design.memory_ports
    frames = frames if single else 0
    project = _project(design, tuple(rtl), frames, control)
    core: dict[str, str] = {f"{design.name}.core": render("vivado/core.j2", project)}
    if device.family is Family.ECP5:
        return core
    scripts = {name: name for name in _COMMON} | (_SCRIPTS[device.platform] if single else {})
    scripts |= {BENCH_SCRIPT: BENCH_SCRIPT} if frames else {}
    texts = library("vivado")
    return {
        **core,
        **{f"vivado/{path}": text for path, text in _printed(project, device.platform).items()},
        **{f"vivado/{name}": texts[source] for name, source in scripts.items()},
    }


def _printed(project: IpProject, platform: Platform) -> dict[str, str]:
    """What is printed for this design alone, by file name."""
    wrapper = replace(project, purpose="The accelerator as an IP: streams as wide as buses take them.")
    bench = replace(project, purpose="Test bench: golden frames with pauses on both sides, in two transfers.")
    files: dict[str, str] = {
        "design.tcl": render("vivado/design.tcl.j2", project),
        "ooc.xdc": render("vivado/ooc.xdc.j2", project),
        f"{project.name}_ip.v": render("vivado/ip_ports.v.j2" if project.buses else "vivado/ip.v.j2", wrapper),
    }
    if project.frames:
        files[f"{project.name}_tb.sv"] = render("vivado/bench.sv.j2", bench)
    if platform is not Platform.ALVEO or project.buses:
        return files
    movers = replace(project, purpose="Kernels that move beats between the memory of the card and the accelerator.")
    return {
        **files,
        "connectivity.cfg": render("vivado/connectivity.cfg.j2", project),
        f"{project.name}_movers.cpp": render("vivado/movers.cpp.j2", movers),
    }


def _project(design: Design, rtl: tuple[str, ...], frames: int, control: AddressMap | None) -> IpProject:
    part = part_of(design.part)
    source, sink = design.input, design.output
    memories = tuple(f"rtl/{name}" for name in rtl if name.endswith(".mem"))
    return IpProject(
        name=design.name,
        origin=f"{len(design.layers)} layers for {part.name} at {design.clock_mhz:g} MHz",
        digest=design.digest,
        purpose=design.summary,
        version=VERSION,
        part=part.name,
        board=BOARD_FILES.get(part.chosen.lower(), ""),
        clock_mhz=f"{design.clock_mhz:g}",
        clock_hz=round(design.clock_mhz * 1e6),
        period_ns=f"{1000 / design.clock_mhz:.3f}",
        beats=tuple(line for port in design.outputs for line in _beats(port)),
        joined=tuple(_joined(design, control)),
        buses=_buses(design),
        input=source,
        output=sink,
        input_bits=source.bus_width,
        output_bits=sink.bus_width,
        input_bytes=source.bus_width // 8,
        output_bytes=sink.bus_width // 8,
        ports=wrapper_ports(design, control),
        control=control_ports(control),
        address_bits=control.address_bits if control else 0,
        frames=frames,
        sources=tuple(f"rtl/{name}" for name in rtl if name.endswith(".sv")),
        memories=memories,
        memory_copies=tuple(f"{path}: {{copyto: {path.removeprefix('rtl/mem/')}}}" for path in memories),
        targets="vivado/core_yosys.j2" if part.device.family is Family.ECP5 else "vivado/core_vivado.j2",
    )


def _buses(design: Design) -> tuple[str, ...]:
    """The names of its buses, registers aside; none for one stream in and one out, which have names of their own."""
    names = *(port.axis for port in design.ports), *(port.name for port in design.memory_ports)
    return names if len(names) > 2 else ()


def _beats(port: Port) -> tuple[str, ...]:
    """The wires of an output, and what its bus carries."""
    stream, axis = port.stream, port.axis
    return tuple(
        Source(line)
        for line in (
            f"wire [{stream.axis_width - 1}:0] {axis}_beat;",
            f"assign {axis}_tdata = {axis}_beat;",
            f"assign {axis}_tkeep = {{{stream.bus_width // 8}{{1'b1}}}};",
        )
    )


def _joined(design: Design, control: AddressMap | None) -> Iterator[str]:
    """The connections of the accelerator, clock and reset aside."""
    signals = {port.name: port.name for port in (*control_ports(control), *memory_ports(design.memory_ports))}
    for port in design.inputs:
        signals[f"{port.axis}_tdata"] = f"{port.axis}_tdata[{port.stream.axis_width - 1}:0]"
        signals |= {f"{port.axis}_{name}": f"{port.axis}_{name}" for name in ("tvalid", "tready")}
    for port in design.outputs:
        signals[f"{port.axis}_tdata"] = f"{port.axis}_beat"
        signals |= {f"{port.axis}_{name}": f"{port.axis}_{name}" for name in ("tvalid", "tready", "tlast")}
    for name, signal in signals.items():
        yield Source(f".{name}({signal})")
