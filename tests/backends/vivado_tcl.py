"""Vivado's Tcl commands as far as the emitted scripts use them: options checked, calls recorded, a little modelled.

Nothing is synthesised. A command that is not listed here, an option that it does not take or a file that is not there
is an error, as it is in Vivado; names of commands and options are those of AMD UG835 and UG1118.
"""

from __future__ import annotations

import fnmatch
import re
import tkinter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

# Options by command: those that stand alone, and after "|" those with a value.
COMMANDS = {
    "create_project": "-force -in_memory | -part",
    "close_project": "-delete |",
    "add_files": "-norecurse -quiet | -fileset",
    "set_property": "-quiet | -dict -name -value -objects",
    "update_compile_order": "-quiet | -fileset",
    "current_fileset": "|",
    "current_project": "|",
    "get_board_parts": "-quiet |",
    "update_ip_catalog": "-quiet |",
    "get_files": "-quiet |",
    "get_runs": "-quiet |",
    "read_verilog": "-sv -quiet | -library",
    "read_xdc": "-unmanaged | -mode",
    "synth_design": "| -top -part -mode",
    "opt_design": "|",
    "place_design": "|",
    "route_design": "|",
    "report_utilization": "-hierarchical | -file",
    "report_timing_summary": "| -file",
    "write_checkpoint": "-force |",
    "get_timing_paths": "-setup -hold | -max_paths",
    "get_property": "-quiet |",
    "create_clock": "| -name -period",
    "get_ports": "-quiet |",
    "ipx::package_project": "-force -import_files | -root_dir -vendor -library -taxonomy",
    "ipx::current_core": "|",
    "ipx::open_core": "|",
    "ipx::unload_core": "|",
    "ipx::get_bus_interfaces": "-quiet | -of_objects",
    "ipx::get_bus_parameters": "-quiet | -of_objects",
    "ipx::add_bus_parameter": "|",
    "ipx::associate_bus_interfaces": "-remove | -busif -clock -reset",
    "ipx::get_file_groups": "-quiet | -of_objects",
    "ipx::get_files": "-quiet | -of_objects",
    "ipx::add_file": "|",
    "ipx::create_xgui_files": "|",
    "ipx::update_checksums": "|",
    "ipx::check_integrity": "-quiet |",
    "ipx::save_core": "|",
    "package_xo": "-force | -kernel_name -ip_directory -ctrl_protocol -xo_path",
    "create_bd_design": "|",
    "create_bd_cell": "| -type -vlnv",
    "apply_bd_automation": "| -rule -config",
    "get_bd_pins": "-quiet |",
    "get_bd_intf_pins": "-quiet |",
    "get_bd_addr_spaces": "|",
    "get_bd_addr_segs": "|",
    "connect_bd_net": "|",
    "connect_bd_intf_net": "|",
    "assign_bd_address": "| -offset -range -target_address_space",
    "validate_bd_design": "|",
    "save_bd_design": "|",
    "make_wrapper": "-top | -files",
    "launch_runs": "| -to_step -jobs",
    "wait_on_run": "|",
    "open_run": "|",
    "write_hw_platform": "-fixed -include_bit -force | -file",
}

GROUPS = ("xilinx_anylanguagesynthesis", "xilinx_anylanguagebehavioralsimulation", "xilinx_xpgui")
"""Of files in a packaged IP."""

# Pins that must be joined, by kind of cell: interfaces, and single pins.
PINS = {
    "axi_dma": (
        "S_AXI_LITE M_AXI_MM2S M_AXI_S2MM M_AXIS_MM2S S_AXIS_S2MM",
        "s_axi_lite_aclk m_axi_mm2s_aclk m_axi_s2mm_aclk axi_resetn mm2s_introut s2mm_introut",
    ),
    "axis_dwidth_converter": ("S_AXIS M_AXIS", "aclk aresetn"),
    "xlconcat": ("", "In0 In1 dout"),
    "proc_sys_reset": ("", "slowest_sync_clk ext_reset_in peripheral_aresetn"),
    "processing_system7": (
        "M_AXI_GP0 S_AXI_HP0",
        "FCLK_CLK0 FCLK_RESET0_N M_AXI_GP0_ACLK S_AXI_HP0_ACLK IRQ_F2P",
    ),
    "zynq_ultra_ps_e": (
        "M_AXI_HPM0_FPD S_AXI_HP0_FPD",
        "pl_clk0 pl_resetn0 maxihpm0_fpd_aclk saxihp0_fpd_aclk pl_ps_irq0",
    ),
}


@dataclass(frozen=True)
class Call:
    """A command with its options and the words that belong to none."""

    command: str
    options: dict[str, str]
    words: tuple[str, ...]


class VivadoError(Exception):
    """A script went wrong."""


@dataclass
class Vivado:
    """An interpreter in which the project `folder` runs its scripts."""

    folder: Path
    boards: str = ""
    calls: list[Call] = field(default_factory=list)
    cells: dict[str, str] = field(default_factory=dict)
    joined: dict[str, str] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)
    slack: str = "0.25"
    refused: str = ""

    def run(self, script: str, *arguments: str) -> None:
        """Source `vivado/<script>`. Raises VivadoError where Vivado would stop."""
        tcl = tkinter.Tcl()
        for name in COMMANDS:
            if "::" in name:
                tcl.eval(f"namespace eval {name.rpartition('::')[0]} {{}}")
            tcl.createcommand(name, self._command(tcl, name))
        tcl.createcommand("puts", lambda *words: self.said.append(words[-1]))
        tcl.setvar("argv", arguments)
        before = Path.cwd()
        try:
            tcl.eval(f"source {{{self.folder / 'vivado' / script}}}")
        except tkinter.TclError as error:
            raise VivadoError(self.refused or str(error)) from error
        finally:
            tcl.eval(f"cd {{{before}}}")

    def named(self, command: str) -> list[Call]:
        """Its calls, in order."""
        return [call for call in self.calls if call.command == command]

    def _command(self, tcl: tkinter.Tk, name: str) -> Callable[..., str]:
        alone, valued = (set(part.split()) for part in COMMANDS[name].split("|"))

        def called(*words: str) -> str:
            try:
                return answered(*words)
            except VivadoError as error:
                self.refused = str(error)
                raise

        def answered(*words: str) -> str:
            options: dict[str, str] = {}
            rest: list[str] = []
            given = iter(map(str, words))
            for word in given:
                if word in valued:
                    options[word] = next(given)
                elif word in alone:
                    options[word] = ""
                elif word.startswith("-"):
                    raise VivadoError(f"{name}: unknown option {word}")
                else:
                    rest.append(word)
            call = Call(name, options, tuple(rest))
            self.calls.append(call)
            answer = getattr(self, "_" + name.replace("::", "_"), None)
            return str(answer(tcl, call)) if answer else ""

        return called

    def _files(self, tcl: tkinter.Tk, call: Call) -> str:
        for word in call.words:
            for path in tcl.splitlist(word):
                if not Path(path).is_file():
                    raise VivadoError(f"{call.command}: no file {path}")
        return ""

    _add_files = _read_verilog = _read_xdc = _files

    def _interfaces(self) -> set[str]:
        """Those that the packager infers from the sources of the IP."""
        text = "".join(path.read_text() for path in self.folder.glob("vivado/ip/src/*_ip.v"))
        return set(re.findall(r'X_INTERFACE_INFO = "\S+ (\w+) ', text))

    def _ipx_current_core(self, tcl: tkinter.Tk, call: Call) -> str:
        return "core"

    _ipx_open_core = _ipx_current_core

    def _ipx_get_bus_interfaces(self, tcl: tkinter.Tk, call: Call) -> str:
        return call.words[0] if call.words[0] in self._interfaces() else ""

    def _ipx_add_bus_parameter(self, tcl: tkinter.Tk, call: Call) -> str:
        return f"{call.words[1]}.{call.words[0]}"

    def _ipx_get_file_groups(self, tcl: tkinter.Tk, call: Call) -> str:
        return " ".join(fnmatch.filter(GROUPS, call.words[0]))

    def _ipx_add_file(self, tcl: tkinter.Tk, call: Call) -> str:
        if not (self.folder / "vivado" / "ip" / call.words[0]).is_file():
            raise VivadoError(f"ipx::add_file: no file {call.words[0]}")
        return call.words[0]

    def _get_board_parts(self, tcl: tkinter.Tk, call: Call) -> str:
        return self.boards

    def _get_property(self, tcl: tkinter.Tk, call: Call) -> str:
        run = self.folder / "vivado" / "build" / "run"
        return {"PROGRESS": "100%", "DIRECTORY": run, "STATS.WNS": self.slack, "SLACK": self.slack}[call.words[0]]

    def _create_bd_cell(self, tcl: tkinter.Tk, call: Call) -> str:
        self.cells[call.words[0]] = call.options["-vlnv"]
        return call.words[0]

    def pins(self, name: str) -> tuple[set[str], set[str]]:
        """Interfaces and single pins of a cell that must be joined, by its kind."""
        kind = self.cells[name].split(":")[2]
        if kind == "smartconnect":
            counts = self.configuration(name)
            ports = {f"S0{index}_AXI" for index in range(int(counts["CONFIG.NUM_SI"]))}
            ports |= {f"M0{index}_AXI" for index in range(int(counts["CONFIG.NUM_MI"]))}
            return ports, {"aclk", "aresetn"}
        if kind in PINS:
            interfaces, single = PINS[kind]
            return set(interfaces.split()), set(single.split())
        return self._interfaces() - {"ap_clk", "ap_rst_n"}, {"ap_clk", "ap_rst_n"}

    def configuration(self, cell: str) -> dict[str, str]:
        """The properties of a cell."""
        tcl = tkinter.Tcl()
        found: dict[str, str] = {}
        for call in self.named("set_property"):
            if "-dict" in call.options and call.words == (cell,):
                words = tcl.splitlist(call.options["-dict"])
                found |= dict(zip(words[::2], words[1::2], strict=True))
        return found

    def _pin(self, index: int) -> Callable[[tkinter.Tk, Call], str]:
        def look_up(tcl: tkinter.Tk, call: Call) -> str:
            cell, _, pin = call.words[0].partition("/")
            if cell not in self.cells or pin not in self.pins(cell)[index]:
                raise VivadoError(f"{call.command}: no pin {call.words[0]}")
            return call.words[0]

        return look_up

    @property
    def _get_bd_intf_pins(self) -> Callable[[tkinter.Tk, Call], str]:
        return self._pin(0)

    @property
    def _get_bd_pins(self) -> Callable[[tkinter.Tk, Call], str]:
        return self._pin(1)

    def _join(self, tcl: tkinter.Tk, call: Call) -> str:
        first, second = call.words
        self.joined[second] = first
        self.joined.setdefault(first, second)
        return ""

    _connect_bd_net = _connect_bd_intf_net = _join

    def _make_wrapper(self, tcl: tkinter.Tk, call: Call) -> str:
        return self._made("build/system/system_wrapper.v")

    def _wait_on_run(self, tcl: tkinter.Tk, call: Call) -> str:
        self._made("build/run/system_wrapper.bit")
        return self._made("build/system/system.gen/sources_1/bd/system/hw_handoff/system.hwh")

    def _made(self, name: str) -> str:
        path = self.folder / "vivado" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(path.name)
        return str(path)
