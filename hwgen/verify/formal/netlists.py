"""What stands beside a unit where its netlist is proved equal: the synthesis of a family, and what its cells do."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from hwgen.backends.render import asset
from hwgen.errors import ConfigError
from hwgen.verify.formal.monitor import Monitor
from hwgen.verify.formal.sources import Unit
from hwgen.verify.synth import NATIVE_YOSYS

_MEMORIES = ("hwgen_rom", "hwgen_writable")
"""Modules whose word comes a cycle after its address; what they give for one behind their last word is not used."""
ALONE, MADE = "alone.sv", "made.il"
BESIDE = "beside.sv"
"""The module in which a unit and its netlist take the same inputs."""


@dataclass(frozen=True)
class Netlist:
    """Which netlist of a unit is judged.

    Attributes:
        family: of devices.
        text: of a netlist in which each unit is a module of its own, in Yosys's RTLIL; empty where the netlist is made
            of the unit by itself.
        core: the module in it that holds the units.
    """

    family: str
    text: str = ""
    core: str = ""


@dataclass(frozen=True)
class Mapping:
    """How a family's netlists are made, in commands of Yosys.

    Attributes:
        devices: the family as a sentence has it.
        before: in front of reading the sources, with `options`.
        synthesis: makes the netlist of the module `netlist`.
        cells: files of ours with what cells do.
        models: bring what cells do.
    """

    devices: str
    before: tuple[str, ...]
    options: str
    synthesis: tuple[str, ...]
    cells: tuple[str, ...]
    models: tuple[str, ...]


FAMILIES = {
    "ecp5": Mapping(
        "ECP5",
        (),
        "",
        ("synth_ecp5 -top netlist",),
        ("dp16kd.sv", "mult18x18d.sv", "ecp5.sv"),
        ("read_verilog -sv -I{share}/ecp5 dp16kd.sv mult18x18d.sv ecp5.sv",),
    ),
    "xc7": Mapping(
        "7-series devices",
        ("read_verilog -lib +/xilinx/cells_sim.v",),
        "-D HWGEN_LUT6_2",
        ("synth_xilinx -family xc7 -flatten -noiopad -noclkbuf -top netlist",),
        ("hwgen_xc7_block_ram.sv", "ramb18e1.sv", "ramb36e1.sv"),
        (
            "read_verilog -sv -overwrite +/xilinx/cells_sim.v",
            "delete RAMB18E1 RAMB36E1",
            "read_verilog -sv -overwrite hwgen_xc7_block_ram.sv ramb18e1.sv ramb36e1.sv",
        ),
    ),
}


def mapping_of(family: str) -> Mapping:
    """How netlists of a family are made. Raises: ConfigError."""
    if family not in FAMILIES:
        raise ConfigError("--netlist", f"must be one of {', '.join(FAMILIES)}", family)
    return FAMILIES[family]


def netlist_monitor(module: str, netlist: Netlist) -> Monitor:
    """The claim that the netlist of a unit is equal to it. Raises: ConfigError."""
    mapping = mapping_of(netlist.family)
    made = f", of which {netlist.core} is made," if netlist.text else ", synthesised by itself,"
    cells = {name: (asset("sim") / "netlist" / name).read_text(encoding="utf-8") for name in mapping.cells}
    return Monitor(
        module,
        "\n".join([*mapping.before, mapping.options, *mapping.synthesis, *mapping.models]),
        f"Yosys's netlist for {mapping.devices}{made} gives in every cycle what the module gives.",
        "two cycles without a reset: nothing is assumed",
        "what the netlist's first, middle and last flip-flops take is inverted; or what LUTs give, or an output",
        {},
        cells | ({MADE: netlist.text} if netlist.text else {}),
        {},
        is_netlist=True,
    )


def netlist_job(unit: Unit, netlist: Netlist, files: Sequence[str]) -> dict[str, object]:
    """What the program `yosys.py` is told to put a unit, whose sources are `files`, beside its netlist."""
    mapping = mapping_of(netlist.family)
    made = {"made": MADE, "core": netlist.core, "instance": unit.instances[0]} if netlist.text else {}
    spec = importlib.util.find_spec(NATIVE_YOSYS)
    share = Path(spec.origin or "").with_name("share") if spec else Path()
    return {
        **made,
        "files": [*files, ALONE],
        "top": Path(ALONE).stem,
        "before": mapping.before,
        "options": mapping.options,
        "synthesis": mapping.synthesis,
        "models": [each.replace("{share}", str(share)) for each in mapping.models],
        "beside": BESIDE,
        "depth": unit.parameters.get("Depth") if unit.module in _MEMORIES else None,
    }


def alone(unit: Unit) -> str:
    """A top level that holds a unit, without connections."""
    stated = (f".{name}({_literal(value)})" for name, value in unit.parameters.items())
    return f"module {Path(ALONE).stem};\n  {unit.module} #({', '.join(stated)}) u_unit ();\nendmodule\n"


def _literal(value: int | str) -> str:
    """A value in SystemVerilog: a text, or bits with their width."""
    if isinstance(value, str):
        return f'"{value}"'
    bits = max(32, value.bit_length() + 1)  # one for the sign: a wider parameter repeats the highest bit
    return f"{bits}'sh{value & (1 << bits) - 1:x}"


def outermost(units: Sequence[Unit]) -> list[Unit]:
    """Units that stand in no other, where they do: a netlist is of all below it."""
    places = {place for unit in units for place in unit.instances}

    def is_inner(place: str) -> bool:
        words = place.split(".")
        return any(".".join(words[:count]) in places for count in range(1, len(words)))

    shown = [(unit, tuple(place for place in unit.instances if not is_inner(place))) for unit in units]
    return [replace(unit, instances=own) for unit, own in shown if own]
