"""The project for Vivado: what its scripts ask for, by a Tcl interpreter; its bench, by FuseSoC and Verilator."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from hwgen import flow
from hwgen.backends import rtl, vivado
from hwgen.backends.render import asset
from hwgen.errors import ToolError
from hwgen.flow import Accelerator
from hwgen.hw.address_map import AddressMap
from hwgen.hw.device import BOARDS, Family, Platform, device_of
from hwgen.hw.stream import Stream
from hwgen.ir.types import IntType
from hwgen.verify.headers import hls_include
from hwgen.verify.process import run
from hwgen.verify.simulator import find_simulator
from tests.backends.vivado_tcl import GROUPS, Vivado, VivadoError
from tests.builders import random_network

BUSES = {"s_axis", "m_axis"}
PARTS = {"zynq": "pynq-z1", "zynqmp": "xczu7ev-ffvc1156-2-e", "alveo": "u250", "fabric": "xc7a35tcpg236-1"}


def accelerator(part: str = PARTS["zynq"]) -> Accelerator:
    """Beats of 24 bits in and out, which buses carry in 32."""
    network = random_network(np.random.default_rng(0), (12, 8, 4), input_type=IntType(8, signed=False))
    folding = {"fc0": {"pe": 4, "simd": 3}, "fc1": {"pe": 4, "simd": 4}}
    found = flow.compile(network, folding=folding, part=part, clock_mhz=125)
    assert [stream.bus_width for stream in (found.design.input, found.design.output)] == [32, 32]
    assert [stream.axis_width for stream in (found.design.input, found.design.output)] == [24, 24]
    return found


def with_control(folder: Path, design: Accelerator) -> Path:
    """The project, as if its top level had an AXI4-Lite port."""
    for name, text in vivado.emit(design.design, rtl.emit(design.design), 16, AddressMap({}, 14, 0)).items():
        (folder / name).write_text(text)
    return folder


@pytest.mark.parametrize(
    ("part", "platform"),
    [
        ("xc7z020clg400-1", Platform.ZYNQ),
        ("kv260", Platform.ZYNQMP),
        ("zcu104", Platform.ZYNQMP),
        ("xcu50-fsvh2104-2-e", Platform.ALVEO),
        ("arty-a7-35", Platform.FABRIC),
        ("vcu118", Platform.FABRIC),
        ("ulx3s-85f", Platform.FABRIC),
    ],
)
def test_platforms(part: str, platform: Platform) -> None:
    assert device_of(part).platform is platform


def test_files_by_platform(tmp_path: Path) -> None:
    common = {"design.tcl", "ooc.xdc", "ooc.tcl", "package_ip.tcl", "synth.tcl", "hwgen_transfer.sv"}
    own = {
        "zynq": {"block_design.tcl", "processor.tcl"},
        "zynqmp": {"block_design.tcl", "processor.tcl"},
        "alveo": {"package_xo.tcl", "connectivity.cfg", "net_movers.cpp"},
        "fabric": set(),
    }
    for platform, files in own.items():
        folder = accelerator(PARTS[platform]).write(tmp_path / platform).project
        made = {"net_ip.v", "net_tb.sv", "simulate.sh"}
        assert {path.name for path in (folder / "vivado").iterdir()} == common | files | made
    lattice = accelerator("ulx3s-85f").write(tmp_path / "ecp5").project
    assert (lattice / "net.core").is_file() and not (lattice / "vivado").exists()


def test_without_frames_there_is_no_bench() -> None:
    design = accelerator().design
    files = vivado.emit(design, rtl.emit(design), 0)
    assert not {"vivado/net_tb.sv", "vivado/simulate.sh"} & files.keys()
    assert "tb" not in files["net.core"] and "  synth:" in files["net.core"] and "  sim:" not in files["net.core"]


def test_every_board_of_vivado_is_a_device() -> None:
    from hwgen.backends.vivado.boards import BOARD_FILES

    for name in BOARD_FILES:
        assert name in BOARDS and device_of(name).family is not Family.ECP5


@pytest.mark.parametrize(
    ("lanes", "bits"), [(1, 8), (8, 8), (9, 16), (17, 32), (33, 64), (392, 512), (512, 512), (1025, 2048)]
)
def test_a_bus_is_a_power_of_two_of_bytes_wide(lanes: int, bits: int) -> None:
    assert Stream("x", IntType(1, signed=False), lanes, lanes).bus_width == bits


def check_package(tool: Vivado, buses: set[str]) -> None:
    """What an IP must have been told: its files, its buses on its clock, its reset, its frequency, its memories."""
    order = [call.command for call in tool.calls]
    steps = ["create_project", "add_files", "ipx::package_project", "ipx::associate_bus_interfaces"]
    steps += ["ipx::add_file", "ipx::update_checksums", "ipx::check_integrity", "ipx::save_core", "close_project"]
    assert [step for step in dict.fromkeys(order) if step in steps] == steps
    added = tool.named("add_files")[0].words[0].split()
    sources = (tool.folder / "rtl" / "files.f").read_text().split()
    assert [Path(path).name for path in added][: len(sources)] == [Path(name).name for name in sources]
    links = [call.options for call in tool.named("ipx::associate_bus_interfaces")]
    assert {link["-busif"] for link in links if "-busif" in link} == buses
    assert {link["-clock"] for link in links} == {"ap_clk"}
    assert [link["-reset"] for link in links if "-reset" in link] == ["ap_rst_n"]
    words = [call.words for call in tool.named("set_property")]
    assert ("value", "ACTIVE_LOW", "ap_rst_n.POLARITY") in words
    assert ("value", "125000000", "ap_clk.FREQ_HZ") in words
    assert ("top", "net_ip", "") in words
    memories = sorted(path.name for path in (tool.folder / "rtl" / "mem").iterdir())
    for group in GROUPS[:2]:
        found = [call.words[0] for call in tool.named("ipx::add_file") if call.words[1] == group]
        assert sorted(found) == [f"src/{name}" for name in memories]


def test_the_ip_is_packaged(tmp_path: Path) -> None:
    tool = Vivado(accelerator().write(tmp_path / "out").project)
    for _ in range(2):  # a second time over the first
        tool.calls.clear()
        tool.run("package_ip.tcl")
        check_package(tool, BUSES)


def test_a_control_port_is_packaged_and_addressed(tmp_path: Path) -> None:
    design = accelerator()
    tool = Vivado(with_control(design.write(tmp_path / "out").project, design))
    tool.run("package_ip.tcl")
    check_package(tool, BUSES | {"s_axi_control"})
    tool.run("block_design.tcl", "design")
    assert tool.joined["net_0/s_axi_control"] == "registers/M01_AXI"
    assert addresses(tool) == {"0x40400000": "64K", "0x43C00000": "16384"}


def leave_out(text: str) -> Callable[[Path], None]:
    def change(script: Path) -> None:
        before = script.read_text()
        assert before.count(text) == 1
        script.write_text(before.replace(text, ""))

    return change


@pytest.mark.parametrize(
    "change",
    [
        leave_out("  ipx::associate_bus_interfaces -busif $bus -clock ap_clk $core\n"),
        leave_out("ipx::associate_bus_interfaces -clock ap_clk -reset ap_rst_n $core\n"),
        leave_out(" POLARITY ACTIVE_LOW"),
        leave_out("ipx::save_core $core\n"),
        leave_out(" *simulation"),
    ],
)
def test_a_package_without_a_part_of_it_is_seen(tmp_path: Path, change: Callable[[Path], None]) -> None:
    tool = Vivado(accelerator().write(tmp_path / "out").project)
    change(tool.folder / "vivado" / "package_ip.tcl")
    with pytest.raises((AssertionError, VivadoError)):
        tool.run("package_ip.tcl")
        check_package(tool, BUSES)


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("vivado/package_ip.tcl", "-norecurse", "-recurse", "add_files: unknown option -recurse"),
        ("vivado/package_ip.tcl", "update_compile_order", "update_order", 'invalid command name "update_order"'),
        ("vivado/design.tcl", "fc0_weights", "fc9_weights", "no such file or directory"),
        ("vivado/net_ip.v", ":1.0 s_axis ", ":1.0 s_stream ", "the packager found no interface s_axis"),
    ],
)
def test_what_vivado_would_refuse_is_refused(tmp_path: Path, file: str, old: str, new: str, message: str) -> None:
    tool = Vivado(accelerator().write(tmp_path / "out").project)
    path = tool.folder / file
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(VivadoError, match=message):
        tool.run("package_ip.tcl")


def check_system(tool: Vivado) -> None:
    """Every pin of every cell is joined, every clock to the processor's, and the steps come in order."""
    loose = {
        f"{cell}/{pin}"
        for cell in tool.cells
        for pin in set.union(*tool.pins(cell))
        if f"{cell}/{pin}" not in tool.joined
    }
    assert loose == set()
    clocks = [pin for pin in tool.joined if re.search(r"(?i)(aclk|ap_clk|sync_clk)$", pin)]
    assert len(clocks) >= 9 and len({tool.joined[pin] for pin in clocks}) == 1
    order = list(dict.fromkeys(call.command for call in tool.calls))
    steps = ["create_project", "update_ip_catalog", "create_bd_design", "create_bd_cell", "connect_bd_intf_net"]
    steps += ["connect_bd_net", "assign_bd_address", "validate_bd_design", "save_bd_design", "make_wrapper"]
    steps += ["launch_runs", "wait_on_run", "open_run", "write_hw_platform"]
    assert [step for step in order if step in steps] == steps
    assert tool.named("assign_bd_address")[-1].options == {}  # the memory, as it is


def addresses(tool: Vivado) -> dict[str, str]:
    """Where registers lie, and how far they reach."""
    given = [call.options for call in tool.named("assign_bd_address") if call.options]
    return {options["-offset"]: options["-range"] for options in given}


@pytest.mark.parametrize(
    ("platform", "cell", "clock"),
    [("zynq", "processing_system7", "FCLK_CLK0"), ("zynqmp", "zynq_ultra_ps_e", "pl_clk0")],
)
def test_the_system_is_whole(tmp_path: Path, platform: str, cell: str, clock: str) -> None:
    tool = Vivado(accelerator(PARTS[platform]).write(tmp_path / "out").project)
    tool.run("package_ip.tcl")
    tool.calls.clear()
    tool.run("block_design.tcl")
    check_system(tool)
    assert tool.cells["ps"] == f"xilinx.com:ip:{cell}" and tool.joined["net_0/ap_clk"] == f"ps/{clock}"
    assert tool.joined["net_0/s_axis"] == "axi_dma_0/M_AXIS_MM2S"
    assert tool.joined["axi_dma_0/S_AXIS_S2MM"] == "net_0/m_axis"
    assert "125" in tool.configuration("ps").values()
    written = {path.name for path in (tool.folder / "vivado").iterdir()}
    assert {"net.bit", "net.hwh"} <= written
    assert tool.said == ["slack 0.25 ns at 125 MHz"]


def test_a_pin_that_nothing_drives_is_seen(tmp_path: Path) -> None:
    tool = Vivado(accelerator().write(tmp_path / "out").project)
    tool.run("package_ip.tcl")
    leave_out("axi_dma_0/m_axi_s2mm_aclk")(tool.folder / "vivado" / "block_design.tcl")
    tool.run("block_design.tcl")
    with pytest.raises(AssertionError, match="axi_dma_0/m_axi_s2mm_aclk"):
        check_system(tool)


def test_missed_timing_is_said(tmp_path: Path) -> None:
    tool = Vivado(accelerator().write(tmp_path / "out").project, slack="-0.5")
    tool.run("package_ip.tcl")
    tool.run("block_design.tcl")
    assert tool.said[0] == "slack -0.5 ns at 125 MHz" and tool.said[1].startswith("WARNING: timing is not met")


def test_boards_are_looked_up(tmp_path: Path) -> None:
    found = "www.digilentinc.com:pynq-z1:part0:1.0"
    tool = Vivado(accelerator("pynq-z1").write(tmp_path / "out").project, boards=found)
    tool.run("package_ip.tcl")
    tool.run("block_design.tcl", "design")
    assert tool.named("create_project")[-1].options["-part"] == "xc7z020clg400-1"
    assert tool.named("get_board_parts")[0].words == ("*:pynq-z1:part0:*",)
    assert ("board_part", found, "") in [call.words for call in tool.named("set_property")]
    assert "make_wrapper" not in [call.command for call in tool.calls]


def test_wide_streams_get_a_converter(tmp_path: Path) -> None:
    """A beat of 200 bytes is one of 256 on the bus, which a DMA sends in two."""
    network = random_network(np.random.default_rng(0), (400, 8, 4), input_type=IntType(8, signed=False))
    folding = {"fc0": {"pe": 1, "simd": 200}}
    tool = Vivado(flow.compile(network, folding=folding, clock_mhz=125).write(tmp_path / "out").project)
    tool.run("package_ip.tcl")
    tool.run("block_design.tcl")
    check_system(tool)
    assert tool.joined["net_0/s_axis"] == "axi_dma_0_M_AXIS_MM2S_width/M_AXIS"
    sizes = {"CONFIG.S_TDATA_NUM_BYTES": "128", "CONFIG.M_TDATA_NUM_BYTES": "256"}
    assert tool.configuration("axi_dma_0_M_AXIS_MM2S_width") == sizes
    assert tool.configuration("axi_dma_0")["CONFIG.c_m_axis_mm2s_tdata_width"] == "1024"


@pytest.mark.parametrize("arguments", [(), ("route",)])
def test_synthesis_reads_every_source_and_reports(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    tool = Vivado(accelerator().write(tmp_path / "out").project)
    tool.run("synth.tcl", *arguments)
    read = [Path(call.words[0]) for call in tool.named("read_verilog")]
    sources = (tool.folder / "rtl" / "files.f").read_text().split()
    assert [str(path.relative_to(tool.folder / "rtl")) for path in read] == sources
    options = tool.named("synth_design")[0].options
    assert options == {"-top": "net", "-part": "xc7z020clg400-1", "-mode": "out_of_context"}
    stages = ["synthesised", "routed"][: 1 + len(arguments)]
    assert tool.said == [f"{stage}: slack 0.25 ns" for stage in stages]
    for command in ("report_utilization", "report_timing_summary"):
        reports = [Path(call.options["-file"]).name for call in tool.named(command)]
        assert [name for stage in stages for name in reports if name.startswith(stage)] == reports != []
    tool.run("ooc.xdc")
    assert tool.named("create_clock")[0].options["-period"] == "8.000"


def test_a_card_gets_a_kernel(tmp_path: Path) -> None:
    tool = Vivado(accelerator("u250").write(tmp_path / "out").project)
    tool.run("package_xo.tcl")
    options = tool.named("package_xo")[0].options
    assert options["-kernel_name"] == "net" and options["-ctrl_protocol"] == "ap_ctrl_none"
    assert Path(options["-ip_directory"]) == tool.folder / "vivado" / "ip"
    words = [call.words for call in tool.named("set_property")]
    assert ("sdx_kernel", "true", "core") in words and ("vitis_drc", "ctrl_protocol ap_ctrl_none", "core") in words
    lines = (tool.folder / "vivado" / "connectivity.cfg").read_text().splitlines()
    assert {"nk=net:1:net_0", "stream_connect=net_mm2s_0.stream:net_0.s_axis"} < set(lines)
    assert "freqHz=125000000:net_mm2s_0,net_0,net_s2mm_0" in lines


def test_the_movers_of_a_card_compile_without_a_warning(tmp_path: Path) -> None:
    folder = accelerator("u250").write(tmp_path / "out").project / "vivado"
    command = ["g++", "-std=c++14", "-Wall", "-Wextra", "-Wno-unknown-pragmas", "-Werror", "-fsyntax-only"]
    run([*command, "-isystem", hls_include(), "net_movers.cpp"], cwd=folder, log=tmp_path / "log", timeout_s=120)


def environment(work: Path) -> dict[str, str]:
    """What FuseSoC needs set, and our Verilator on the PATH."""
    tools = find_simulator()
    homes = {f"XDG_{name}_HOME": str(work / name.lower()) for name in ("CONFIG", "CACHE", "DATA")}
    path = os.pathsep.join([str(tools.verilator.parent), os.environ["PATH"]])
    quick = " ".join(f"OPT_{part}=-O0" for part in ("FAST", "SLOW", "GLOBAL"))  # of Verilator's makefile
    return {**homes, **tools.environment, "PATH": path, "MAKEFLAGS": quick}


def fusesoc(folder: Path, work: Path, *arguments: str) -> str:
    """Run a target of the project's core in `work`; its log."""
    program = Path(sys.executable).with_name("fusesoc")
    log, home = work / "fusesoc.log", environment(work)
    command = [program, "--cores-root", folder, *arguments]
    run(command, cwd=work, log=log, timeout_s=600, env=home)
    return log.read_text()


def bench(work: Path) -> str:
    """Run the bench that FuseSoC has built once more; its log."""
    built = work / "build" / "hwgen_nn_net_0.1.0" / "sim"
    run(["./Vnet_tb"], cwd=built, log=work / "bench.log", timeout_s=60)
    return (work / "bench.log").read_text()


def test_fusesoc_reads_the_core(tmp_path: Path) -> None:
    folder = accelerator().write(tmp_path / "out").project
    shown = fusesoc(folder, tmp_path, "core", "show", "hwgen:nn:net")
    assert [name for name in ("default", "lint", "sim", "synth") if re.search(rf"^{name} *:", shown, re.MULTILINE)]
    assert "Warning" not in fusesoc(folder, tmp_path, "run", "--target", "lint", "hwgen:nn:net")
    fusesoc(folder, tmp_path, "run", "--setup", "--target", "synth", "hwgen:nn:net")
    script = next((tmp_path / "build").rglob("synth/hwgen_nn_net_0.1.0.tcl")).read_text()
    assert "set_property part xc7z020clg400-1" in script and script.count("read_mem") == len(
        list((folder / "rtl/mem").iterdir())
    )
    lattice = accelerator("ulx3s-85f").write(tmp_path / "ecp5").project
    fusesoc(lattice, tmp_path, "run", "--setup", "--target", "synth", "hwgen:nn:net")
    core = folder / "net.core"
    core.write_text(core.read_text().replace("toplevel: net_tb", "topmost: net_tb"))
    with pytest.raises(ToolError, match="topmost"):
        fusesoc(folder, tmp_path, "run", "--setup", "--target", "sim", "hwgen:nn:net")


def test_the_bench_holds_every_beat_against_golden(tmp_path: Path) -> None:
    design = accelerator()
    folder = design.write(tmp_path / "out").project
    beats = 16 * design.design.output.beats
    assert f"16 frames, {beats} beats, 0 mismatches" in fusesoc(
        folder, tmp_path, "run", "--target", "sim", "hwgen:nn:net"
    )
    expected = next((tmp_path / "build").rglob("sim/hls/tb/expected.hex"))
    lines = expected.read_text().split()
    lines[-1] = f"{int(lines[-1], 16) ^ 1:0{len(lines[-1])}x}"
    expected.write_text("\n".join(lines) + "\n")
    with pytest.raises(ToolError, match=f"beat {beats - 1}: expected 0*{int(lines[-1], 16):x}, found"):
        bench(tmp_path)


TOOLS = ("xvlog", "xelab", "xsim", "vlib", "vlog", "vsim", "verilator")
TOOL = """#!/bin/sh
echo "$(basename "$0")" "$@" >>"$CALLS"
for each; do case $each in *.sv | *.v | *.hex) test -f "$each" || exit 3 ;; esac; done
case $(basename "$0") in xsim | vsim) ls; for each in $SAYS; do echo "$each" | tr _ " "; done >run.log ;; esac
"""


def simulated(folder: Path, tmp_path: Path, tool: str, says: str) -> list[list[str]]:
    """The commands that `simulate.sh` gives to tools that do nothing and, at the end, say `says`. Raises: ToolError."""
    programs, calls = tmp_path / "tools", tmp_path / "calls"
    programs.mkdir(exist_ok=True)
    calls.write_text("")
    for name in TOOLS:
        (programs / name).write_text(TOOL)
        (programs / name).chmod(0o755)
    env = {"PATH": f"{programs}:{os.environ['PATH']}", "CALLS": str(calls), "SAYS": says}
    try:
        run(["sh", "vivado/simulate.sh", tool], cwd=folder, log=tmp_path / "log", timeout_s=60, env=env)
    finally:
        found = [line.split() for line in calls.read_text().splitlines()]
    return found


@pytest.mark.parametrize(("tool", "order"), [("xsim", "xvlog xelab xsim"), ("questa", "vlib vlog vsim")])
def test_other_simulators_get_every_source_and_are_asked(tmp_path: Path, tool: str, order: str) -> None:
    folder = accelerator().write(tmp_path / "a project").project
    with pytest.raises(ToolError, match="exit code 1"):
        simulated(folder, tmp_path, tool, "beat_3:_expected_1,_found_2")
    calls = simulated(folder, tmp_path, tool, "16_frames,_64_beats,_0_mismatches")
    assert [call[0] for call in calls] == order.split()
    listed = (folder / "rtl" / "files.f").read_text().split()
    read = next(" ".join(call) for call in calls if call[0] in ("xvlog", "vlog"))
    sources = re.findall(r"[\w.]+\.s?v\b", read)
    assert sources == [Path(name).name for name in listed] + ["hwgen_transfer.sv", "net_ip.v", "net_tb.sv"]
    there = {path.name for path in (folder / "vivado" / "build" / tool).rglob("*")}
    assert {path.name for path in (folder / "rtl" / "mem").iterdir()} | {"input.hex", "expected.hex"} <= there
    assert any("net_tb" in call for call in calls[1:])


def test_a_simulator_that_nobody_knows_is_a_wrong_usage(tmp_path: Path) -> None:
    folder = accelerator().write(tmp_path / "out").project
    with pytest.raises(ToolError, match="exit code 2"):
        simulated(folder, tmp_path, "modelsam", "")


@pytest.mark.long
def test_the_script_runs_the_bench_in_verilator(tmp_path: Path) -> None:
    folder = accelerator().write(tmp_path / "out").project
    log = tmp_path / "log"
    command = ["sh", "vivado/simulate.sh", "verilator"]
    run(command, cwd=folder, log=log, timeout_s=300, env=environment(tmp_path))
    assert "beats, 0 mismatches" in log.read_text()


@pytest.mark.long
@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("net_tb.sv", "TransferLast = 1", "TransferLast = 0", "0 mismatches"),
        ("hwgen_transfer.sv", " && pending_q == 32'd1", "", "TLAST must be 0"),
        ("hwgen_transfer.sv", "frame_in && s_last_i", "frame_in", "TLAST must be 0"),
        ("hwgen_transfer.sv", "s_ready_i && !ending_q", "s_ready_i", "beat"),
    ],
)
def test_a_wrong_end_of_a_transfer_is_seen(tmp_path: Path, file: str, old: str, new: str, message: str) -> None:
    """The first: without the joining of frames every frame ends itself, and the bench expects it."""
    folder = accelerator().write(tmp_path / "out").project
    path = folder / "vivado" / file
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))
    try:
        said = fusesoc(folder, tmp_path, "run", "--target", "sim", "hwgen:nn:net")
    except ToolError as error:
        said = str(error)
    assert message in said


@pytest.mark.parametrize("control", [False, True])
def test_the_wrapper_is_clean_under_verilator(tmp_path: Path, control: bool) -> None:
    design = accelerator()
    folder = design.write(tmp_path / "out").project
    top = folder / "rtl" / "net.sv"
    if control:
        with_control(folder, design)
        names = re.findall(
            r"(input|output) wire (\[\d+:0\] )?(s_axi_control_\w+)", (folder / "vivado/net_ip.v").read_text()
        )
        ports = "".join(
            f"  {way} {'wire ' if way == 'input' else ''}logic {bits}{name},\n" for way, bits, name in names
        )
        assert len(names) == 17
        top.write_text(
            top.read_text().replace("  input  wire logic ap_rst_n,\n", f"  input  wire logic ap_rst_n,\n{ports}")
        )
    simulator = find_simulator()
    sources = [folder / "rtl" / name for name in (folder / "rtl/files.f").read_text().split()]
    sources += [folder / "vivado" / name for name in ("hwgen_transfer.sv", "net_ip.v")]
    # Bytes that a bus adds are not used, nor are ports that the top level has for this test alone.
    waivers = [asset("sim") / "lint" / "verilator.vlt", "-Wno-UNUSEDSIGNAL", *(["-Wno-UNDRIVEN"] if control else [])]
    command = [simulator.verilator, "--lint-only", "-Wall", *waivers, *sources, "--top-module", "net_ip"]
    run(command, cwd=tmp_path, log=tmp_path / "lint.log", timeout_s=60, env=simulator.environment)
