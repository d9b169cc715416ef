"""Program, run with pyosys in a process of its own: units of a project, or a unit beside its monitor as a circuit.

Its argument is a JSON file. With `library` it writes the instances of library modules below `top` to `found`, and what
`top` connects to `joined`; else the circuit of `top`, with all registers as one cycle of reset leaves them, to
`circuit` and its names to `names`. It imports nothing of hwgen.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from pyosys import libyosys

_STRING, _SIGNED = 1, 2
"""Flags of a constant of Yosys."""

_CIRCUIT = (
    "opt_expr",
    "opt_clean",
    "opt -full",
    "memory -nomap",
    "memory_map",
    "opt -full",
    "setundef -undriven -zero",
    "setundef -zero",
    "opt_clean",
    "sim -clock clk_i -resetn rst_ni -rstlen 1 -n 1 -zinit -w",
    "setundef -init -zero",
    "async2sync",
    "dffunmap",
    "techmap",
    "setundef -zero",
    "opt_expr",
    "opt_merge",
    "opt_clean",
    "aigmap",
    "opt_clean",
)


def main(path: str) -> None:
    """Do what the file says."""
    job = json.loads(Path(path).read_text(encoding="utf-8"))
    design = libyosys.Design()
    files = " ".join(job["files"])
    libyosys.run_pass(f"read_verilog -sv -defer {files}", design)
    libyosys.run_pass(f"hierarchy -check -top {job['top']} {_chosen(job.get('parameters', {}))}", design)
    if "library" in job:
        found = _instances(design, job["top"], set(job["library"]), set(job["inner"]))
        Path(job["found"]).write_text(json.dumps(found), encoding="utf-8", newline="\n")
        for command in (f"select {job['top']}", f"write_json -selected {job['joined']}"):
            libyosys.run_pass(command, design)
        return
    for command in ("setattr -unset keep_hierarchy */c:*", "setattr -mod -unset keep_hierarchy *", "proc", "flatten"):
        libyosys.run_pass(command, design)
    _show(design.top_module(), job["seen"])
    for command in _CIRCUIT:
        libyosys.run_pass(command, design)
    libyosys.run_pass(f"write_aiger -zinit -vmap {job['names']} {job['circuit']}", design)


def _chosen(parameters: dict[str, Any]) -> str:
    """Parameters as options of `hierarchy`."""
    return " ".join(f"-chparam {name} {_constant(value)}" for name, value in parameters.items())


def _constant(value: Any) -> str:
    """A value as Yosys reads it in a command: bits with their width, eight for each letter of a text."""
    if isinstance(value, str):
        bits = 8 * max(1, len(value.encode()))
        value = int.from_bytes(value.encode(), "big")
    else:
        bits = max(32, value.bit_length() + (1 if value < 0 else 0))
    digits = format(value & (1 << bits) - 1, f"0{bits}b")
    return f"{bits}'sb{digits}"


def _instances(design: Any, top: str, library: set[str], inner: set[str]) -> list[dict[str, Any]]:
    """Instances of library modules below `top`, outermost ones alone, and of `inner` ones inside others."""
    modules = {name.str(): module for name, module in design.modules_.items()}
    found: list[dict[str, Any]] = []

    def visit(module: Any, path: str, around: tuple[str, ...]) -> None:
        for name, cell in sorted(module.cells_.items(), key=lambda pair: pair[0].str()):
            kind = modules.get(cell.type.str())
            if kind is None:
                continue
            called, place = _name(kind), f"{path}{name.str()[1:]}"
            if called not in around and called in (inner if around else library):
                found.append({"module": called, "parameters": _parameters(kind), "instance": place})
            visit(kind, f"{place}.", (*around, called) if called in library else around)

    visit(modules[f"\\{top}"], "", ())
    return found


def _name(module: Any) -> str:
    """What a module is called in its source."""
    return str(module.get_string_attribute("\\hdlname") or module.name.str()).lstrip("\\")


def _parameters(module: Any) -> dict[str, Any]:
    """All parameters of an elaborated module by name, as it has them."""
    found = {name.str()[1:]: _value(value) for name, value in module.parameter_default_values.items()}
    order = [name.str()[1:] for name in module.avail_parameters]
    return {name: found[name] for name in sorted(found, key=lambda name: order.index(name) if name in order else 0)}


def _value(constant: Any) -> Any:
    """A constant as text or a number."""
    flags = int(constant.flags)
    if flags & _STRING:
        return constant.decode_string()
    digits = constant.as_string().replace("x", "0").replace("z", "0")
    number = int(digits, 2) if digits else 0
    return number - (1 << len(digits)) if flags & _SIGNED and digits[:1] == "1" else number


def _show(top: Any, seen: dict[str, str]) -> None:
    """Connect wires that the monitor leaves open: those `seen` to signals of the unit, others to a contract's.

    A contract marks what it shows with the attribute `shown`, the name of the monitor's wire.
    """
    wires = {name.str(): wire for name, wire in top.wires_.items()}
    shown = {wire.get_string_attribute("\\shown"): wire for wire in wires.values() if wire.has_attribute("\\shown")}
    shown |= {name: wires.get(f"\\u_unit.{path}") for name, path in seen.items()}
    for name, wire in shown.items():
        target = wires.get(f"\\{name}")
        if target is None and wire is not None:
            continue
        if wire is None or target is None or target.width != wire.width:
            sys.exit(f"ERROR: no signal {name.removeprefix('seen_')} as its monitor looks at")
        top.connect(libyosys.SigSpec(target), libyosys.SigSpec(wire))


if __name__ == "__main__":
    main(sys.argv[1])
