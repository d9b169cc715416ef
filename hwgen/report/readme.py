"""`README.md` of a project: ports, figures, layers and registers of the design, and what to do with it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from hwgen.backends.described import PORT_COLUMNS, own_lines, own_row, port_rows, ruled, table_row
from hwgen.backends.render import render, title
from hwgen.config import VERSION
from hwgen.hw.address_map import AddressMap
from hwgen.hw.design import Design
from hwgen.hw.device import part_of
from hwgen.report.estimate import Estimate, LayerEstimate

TOOLS = {"Verilator": "5.48", "cocotb": "2.1", "Yosys": "0.70", "nextpnr": "0.11", "g++": "12"}
"""Versions that the tests of this version of hwgen run; `constraints.txt` pins those from PyPI."""

_FOLDERS = {
    "rtl/": "SystemVerilog: the top level, a module a layer, `lib/`, memories in `mem/`, all sources in `files.f`",
    "hls/": "HLS C++, with a README.md, a self-checking test bench and golden vectors",
    "vivado/": "Tcl that packages the IP and builds a system, and a SystemVerilog test bench",
    "host/": "`ports.json`, the port map; a C header that packs and unpacks; a bare-metal example",
    "network.txt": "the integer network that all of it computes",
    "folding.json": "PE and SIMD of each layer, to change and give to `hwgen build --folding`",
    "estimate.json": "cycles, resources and memories as JSON",
    "hwgen.json": "settings of the build",
}
_LAYER_COLUMNS = (
    table_row("layer", "kind", "in", "out", "PE", "SIMD", "cycles", "weights", "stored in"),
    ruled(9),
)
_REGION_COLUMNS = (
    table_row("byte address", "layer", "memory", "words", "bits a word", "bytes from word to word"),
    ruled(6),
)
_SIMULATE = "each stream that carries a tensor equal to golden, each beat in its predicted cycle"


@dataclass(frozen=True)
class ReadmeContext:
    """Fields of readme.md.j2: sentences, and lines of its tables and lists."""

    name: str
    digest: str
    version: str
    summary: str
    slowest: str
    figures: tuple[str, ...]
    contents: tuple[str, ...]
    ports: tuple[str, ...]
    registers: tuple[str, ...]
    layers: tuple[str, ...]
    steps: tuple[str, ...]
    integration: tuple[str, ...]
    versions: str


def readme(design: Design, report: Estimate, control: AddressMap | None, files: Iterable[str]) -> str:
    """The text for `design`, whose project holds `files`; `control` is the map of its AXI4-Lite port."""
    folders = {f"{path.split('/')[0]}/" if "/" in path else path for path in files}
    kept = [(name, what) for name, what in _FOLDERS.items() if name in folders]
    core = [(f"{design.name}.core", "FuseSoC's core file: targets `lint`, `sim` and `synth`")]
    part = part_of(design.part).name
    return render(
        "project/readme.md.j2",
        ReadmeContext(
            name=design.name,
            digest=design.digest,
            version=VERSION,
            summary=f"{design.summary} {len(design.layers)} layers for {part} at {design.clock_mhz:g} MHz.",
            slowest=title(design.slowest.name),
            figures=tuple(_figures(report)),
            contents=tuple(own_row(f"`{name}`", what) for name, what in (*kept, *core)),
            ports=(*PORT_COLUMNS, *port_rows(design)),
            registers=own_lines(_registers(control)),
            layers=(*_LAYER_COLUMNS, *map(_layer, report.layers)),
            steps=tuple(_steps(design.name, folders, vectors="hls/" in folders and control is None)),
            integration=own_lines(_integration(design, folders)),
            versions=", ".join(f"{tool} {version}" for tool, version in TOOLS.items()),
        ),
    )


def _figures(report: Estimate) -> Iterator[str]:
    hls, taken = report.hls, report.resources
    yield table_row("interval", f"{report.interval_cycles:,} cycles", "" if hls is None else _most(hls.interval_cycles))
    ends = "" if hls is None else f"{hls.latency_cycles[0]:,} to {hls.latency_cycles[1]:,} cycles"
    yield table_row("latency", f"{report.latency_cycles:,} cycles, {report.latency_us:,.2f} us", ends)
    yield table_row("frames a second", f"{report.fps:,.0f}", "")
    logic = f"{taken.lut:,.0f} LUT, {taken.ff:,.0f} FF, {taken.dsp:,.0f} DSP"
    yield table_row("logic", logic, "as the tool makes it")
    yield table_row("block RAM", f"{taken.bram:g}", "" if hls is None else f"{hls.memory.bram:g}")


def _most(cycles: int) -> str:
    return f"at most {cycles:,} cycles"


def _layer(layer: LayerEstimate) -> str:
    simd = "" if layer.simd is None else layer.simd
    weights = "" if layer.weight_type is None else f"{layer.weight_bits:,} bits of {layer.weight_type}"
    ends = f"{layer.inputs:,} {layer.input_type}", f"{layer.outputs:,} {layer.output_type}"
    names = title(layer.name), layer.kind
    return table_row(*names, *ends, layer.pe, simd, f"{layer.cycles:,}", weights, layer.memory or "")


def _registers(control: AddressMap | None) -> Iterator[str]:
    """The section of the AXI4-Lite port."""
    yield "## Registers"
    yield ""
    if control is None:
        yield "None: there is nothing to configure. `hwgen build --writable` makes weights and thresholds rewritable."
        return
    yield f"AXI4-Lite `s_axi_control`, addresses of {control.address_bits} bits, words of 32 bits, whole words only."
    yield f"Any address reads as 0x{control.identity:08x}, which names the design. Memories that can be written:"
    yield ""
    yield from _REGION_COLUMNS
    for layer in control.layers.values():
        for role, region in layer.regions.items():
            sizes = f"{region.words:,}", region.width, region.word_bytes
            yield table_row(f"0x{region.base:x}", title(layer.name), role, *sizes)
    yield ""
    yield "A word is written in pieces of 32 bits, the lowest first; the last piece writes it. Write between frames."
    yield "`hwgen.open_driver(...).load` and the functions of `host/` compute the words."


def _steps(name: str, folders: set[str], *, vectors: bool) -> Iterator[str]:
    """What to run, and what it should say."""
    yield own_row("simulate the SystemVerilog", "`hwgen simulate .`", _SIMULATE)
    yield own_row(
        "look at its signals", "`hwgen simulate . --frames 3 --waves run.fst`", "`run.fst`, for Surfer or GTKWave"
    )
    if "hls/" in folders:
        yield own_row("run the C++", "`make -C hls run`", "`0 mismatches`")
    if "vivado/" in folders and vectors:
        bench = f"`fusesoc --cores-root . run --target sim hwgen:nn:{name}`"
        yield own_row("run the SystemVerilog test bench", bench, "`0 mismatches`")
        other = "`sh vivado/simulate.sh xsim`, or `questa`, `verilator`"
        yield own_row("the same in another simulator", other, "`0 mismatches` (XSim and Questa: not run by us)")
    yield own_row("prove its modules", "`hwgen prove .`", "a verdict a unit, for all inputs and stalls")
    yield own_row("synthesise with Yosys", "`hwgen synth .`", "LUTs, flip-flops and block RAMs beside the estimate")
    if "vivado/" in folders:
        ooc = "`cd vivado && vivado -mode batch -source synth.tcl`"
        yield own_row(
            "synthesise with Vivado", ooc, "`build/synth`: utilisation and timing (not run by hwgen's authors)"
        )
    yield own_row("report", "`hwgen report .`", "`report.html`: graph, cycles, resources, runs")


def _integration(design: Design, folders: set[str]) -> Iterator[str]:
    """How it is taken into a system."""
    yield "- **In a design of your own**: read the sources of `rtl/files.f` in their order, instantiate"
    yield f"  `{design.name}`, and let the tool find the files of `rtl/mem` by name (`$readmemh` looks in the working"
    yield "  directory)."
    if "vivado/" in folders:
        yield "- **In Vivado**: `vivado -mode batch -source package_ip.tcl` in `vivado/` packages an IP whose streams"
        yield "  have a power of two of bytes, as DMAs want them."
    if design.memory_ports:
        names = ", ".join(f"`{port.name}`" for port in design.memory_ports)
        yield f"- **External memories**: {names}, AXI4 read masters; what they must hold lies in `rtl/mem`."


@dataclass(frozen=True)
class DevicesContext:
    """Fields of devices.md.j2."""

    name: str
    summary: str
    version: str
    devices: tuple[str, ...]


def devices_readme(name: str, designs: dict[str, Design]) -> str:
    """The text for a network on several devices, whose designs are given by folder."""
    rows = (
        table_row(f"{folder}", part_of(each.part).name, f"{each.summary}", f"at least {each.bound:,} cycles")
        for folder, each in designs.items()
    )
    summary = f"a network on {len(designs)} devices"
    return render("project/devices.md.j2", DevicesContext(name, summary, VERSION, tuple(rows)))
