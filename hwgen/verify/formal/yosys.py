"""Program, run with pyosys in a process of its own: units of a project, or units beside their monitors as circuits.

Its arguments are folders with a job each, in the file `job.json`; what it says of one is in `yosys.log` beside it, and
how many CPU seconds it took in `seconds`. A job has `limit` of these. With `library` it writes the instances of library
modules below `top` to `found`, and what `top` connects to `joined`; else the circuit of `top`, with all registers as
one cycle of reset leaves them, to `circuit` and its names to `names`. With `synthesis` the circuit is that of `top`
beside its netlist, in a module that is written to `beside`. It imports nothing of hwgen.
"""

from __future__ import annotations

import json
import os
import resource
import sys
from pathlib import Path
from typing import Any, NamedTuple

from pyosys import libyosys

_STRING, _SIGNED = 1, 2
"""Flags of a constant of Yosys."""

_FLAT = ("setattr -unset keep_hierarchy */c:*", "setattr -mod -unset keep_hierarchy *", "proc", "flatten")
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
    f"techmap -map {Path(__file__).with_name('adders.v')} -map +/techmap.v",
    "setundef -zero",
    "opt_expr",
    "opt_merge",
    "aigmap",
)


def main(folders: list[str]) -> None:
    """Do the jobs in `folders`, each in a process of its own: Yosys is loaded once."""
    for folder in folders:
        sys.stdout.flush()
        child = os.fork()
        if child == 0:
            _begin(folder)
            return
        _, _, used = os.wait4(child, 0)
        Path(folder, "seconds").write_text(f"{used.ru_utime + used.ru_stime:.3f}", encoding="utf-8", newline="\n")


def _begin(folder: str) -> None:
    """Do the job in a folder, in the process that is there for it."""
    os.chdir(folder)
    log = os.open("yosys.log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    for stream in (1, 2):
        os.dup2(log, stream)
    job = json.loads(Path("job.json").read_text(encoding="utf-8"))
    resource.setrlimit(resource.RLIMIT_CPU, (job["limit"], job["limit"] + 1))
    _do(job)


def _do(job: dict[str, Any]) -> None:
    """What a job says."""
    design = libyosys.Design()
    if "synthesis" in job:
        _put_beside(design, job)
    else:
        _read(design, job)
        if "library" in job:
            found = _instances(design, job["top"], set(job["library"]), set(job["inner"]))
            Path(job["found"]).write_text(json.dumps(found), encoding="utf-8", newline="\n")
            _run(design, f"select {job['top']}", f"write_json -selected {job['joined']}")
            return
        _run(design, *_FLAT)
        _show(design.top_module(), job["seen"])
    _run(design, *_CIRCUIT, f"write_aiger -zinit -vmap {job['names']} {job['circuit']}")


def _run(design: Any, *commands: str) -> None:
    for command in commands:
        libyosys.run_pass(command, design)


def _read(design: Any, job: dict[str, Any], options: str = "") -> None:
    """The sources of a job, elaborated from its top level with its parameters."""
    _run(design, f"read_verilog -sv -defer {options} {' '.join(job['files'])}")
    _run(design, f"hierarchy -check -top {job['top']} {_chosen(job.get('parameters', {}))}")


def _put_beside(design: Any, job: dict[str, Any]) -> None:
    """A module in which the unit of a job and its netlist take the same inputs.

    The top level holds the unit alone, without connections. The netlist is made by the commands `synthesis` and
    flattened behind them; `models` are commands that bring what its cells do.
    """
    _read(design, job)
    _only_unit(design, "rtl")
    _run(design, *_FLAT)
    ports = [_Port(wire.name.str()[1:], wire.width, wire.port_input) for wire in design.top_module().wires_.values()
             if wire.port_id]  # fmt: skip
    _run(design, "design -stash rtl", *job["before"])
    _take_netlist(design, job)
    text = _beside(ports, _plant(design.top_module()), job["depth"])
    Path(job["beside"]).write_text(text, encoding="utf-8", newline="\n")
    _run(design, "design -stash netlist")
    _run(design, *(f"design -copy-from {name} -as {name} {name}" for name in ("rtl", "netlist")))
    _run(design, *job["models"], f"read_verilog -sv {job['beside']}", "hierarchy -check -top beside", "proc", "flatten")


def _take_netlist(design: Any, job: dict[str, Any]) -> None:
    """The netlist as top level: made here, or the module of an instance in the module `core` of the file `made`."""
    if "made" not in job:
        _read(design, job, job["options"])
        _only_unit(design, "netlist")
        _run(design, *job["synthesis"], *_FLAT)
        return
    _run(design, f"read_rtlil {job['made']}", f"hierarchy -top {job['core']}")
    cells = design.top_module().cells_
    name = libyosys.IdString(f"\\{job['instance']}")
    if not design.top_module().cell(name):
        sys.exit(f"MUST: must have a module for {job['instance']} in the netlist; {len(cells)} other cells")
    _only_unit(design, "netlist", design.top_module().cell(name))
    _run(design, *_FLAT)


def _only_unit(design: Any, name: str, unit: Any = None) -> None:
    """Make the module of an instance, by default of the one in the top level, the top level, called `name`."""
    if unit is None:
        (unit,) = design.top_module().cells_.values()
    _run(design, f"rename {unit.type.str().removeprefix(chr(92))} {name}", f"hierarchy -top {name}")


class _Port(NamedTuple):
    name: str
    width: int
    is_input: bool


_DRIVEN = ("DI", "D"), ("Z", "O")
"""Ports of cells that a mistake inverts: what a flip-flop takes; where there is none, what a LUT gives."""


def _plant(netlist: Any) -> int:
    """Invert ports of a netlist's first, middle and last flip-flop, or LUT, where `mistake_i` is high; how many."""
    cells = sorted(netlist.cells_.values(), key=lambda cell: cell.name.str())
    registers = [cell for cell in cells if cell.type.str()[1:] in ("TRELLIS_FF", "FDRE", "FDSE", "FDCE", "FDPE")]
    names = _DRIVEN[0 if registers else 1]
    chosen = registers or [cell for cell in cells if cell.type.str()[1:].startswith("LUT")]
    mistake = netlist.addWire(libyosys.IdString("\\mistake_i"), 1)
    mistake.port_input = True
    netlist.fixup_ports()
    spread = sorted({0, len(chosen) // 2, len(chosen) - 1}) if chosen else []
    for place in spread:
        cell, made = chosen[place], libyosys.SigSpec(netlist.addWire(libyosys.IdString(f"\\mistaken{place}"), 1))
        port = next(found for name in names if cell.hasPort(found := libyosys.IdString(f"\\{name}")))
        right = cell.getPort(port)
        cell.setPort(port, made)
        ends = (right, made) if registers else (made, right)
        netlist.addXor(libyosys.IdString(f"$mistake{place}"), ends[0], libyosys.SigSpec(mistake), ends[1])
    return len(spread)


def _beside(ports: list[_Port], planted: int, depth: int | None) -> str:
    """A module that takes what a unit takes, and says of each output whether the unit and its netlist differ.

    What a memory of `depth` words gives a cycle after an address that it has not is not compared.
    """
    inputs = {port.name: port.width for port in ports if port.is_input} | {"clk_i": 1, "rst_ni": 1, "mistake_i": 1}
    outputs = [port for port in ports if not port.is_input]
    lines = [f"  input wire logic [{width - 1}:0] {name}" for name, width in inputs.items()]
    wrong = {port.name: f"{port.name.removesuffix('_o')}_wrong_o" for port in outputs}
    lines += [f"  output logic {name}" for name in (*wrong.values(), "covered_o")]
    body = [f"  logic [{port.width - 1}:0] rtl_{port.name}, netlist_{port.name};" for port in outputs]
    for kind, instance in (("rtl", "u_unit"), ("netlist", "u_netlist")):
        pins = [f".{port.name}({port.name if port.is_input else f'{kind}_{port.name}'})" for port in ports]
        pins += [".mistake_i(mistake_i)"] * (kind == "netlist")
        body.append(f"  {kind} {instance} ({', '.join(pins)});")
    inside = "1'b1" if depth is None else f"32'(addr_i) < {depth}"
    body += ["  logic inside_q;", f"  always_ff @(posedge clk_i) inside_q <= {inside};"]
    told = [f"rtl_{port.name} != netlist_{port.name}" for port in outputs]
    if not planted:
        told[0] = f"rtl_{outputs[0].name} != (netlist_{outputs[0].name} ^ {outputs[0].width}'(mistake_i))"
    needed = "" if depth is None else "inside_q && "
    body += [f"  assign {wrong[port.name]} = {needed}{text};" for port, text in zip(outputs, told, strict=True)]
    body += ["  logic running_q;", "  always_ff @(posedge clk_i) running_q <= rst_ni;"]
    body += ["  assign covered_o = running_q && rst_ni;"]
    head = [f"// {planted} ports of cells are inverted where mistake_i is high.", "module beside ("]
    return "\n".join([*head, ",\n".join(lines), ");", *body, "endmodule", ""])


def _chosen(parameters: dict[str, Any]) -> str:
    """Parameters as options of `hierarchy`."""
    return " ".join(f"-chparam {name} {_constant(value)}" for name, value in parameters.items())


def _constant(value: Any) -> str:
    """A value as Yosys reads it in a command: bits with their width, eight for each letter of a text."""
    if isinstance(value, str):
        bits = 8 * max(1, len(value.encode()))
        value = int.from_bytes(value.encode(), "big")
    else:
        bits = max(32, value.bit_length() + 1)  # one for the sign: a wider parameter repeats the highest bit
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
            sys.exit(f"MUST: must have the signals that it looks at; none called {name.removeprefix('seen_')}")
        top.connect(libyosys.SigSpec(target), libyosys.SigSpec(wire))


if __name__ == "__main__":
    main(sys.argv[1:])
