"""Units declare what the libraries of both back ends take: every parameter, port and template argument by its name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

import pytest

from benchmarks.calibration.kinds import KINDS, drawn
from hwgen.backends.external import BusSignal, signals, wires
from hwgen.backends.render import library
from hwgen.backends.rtl import emit
from hwgen.backends.rtl.module import module
from hwgen.hw.declaration import Function
from hwgen.hw.unit import Unit

SEEDS = 8
DRIVEN = {"thresholds_i", "descending_i"}
"""Inputs that a unit may leave at 0."""


@cache
def units() -> dict[str, tuple[Unit, ...]]:
    """Units of random networks, by stem."""
    found: dict[str, list[Unit]] = {}
    for kind in KINDS:
        for seed in range(SEEDS):
            for unit in drawn(kind, seed).units:
                found.setdefault(unit.stem, []).append(unit)
    return {stem: tuple(each) for stem, each in found.items()}


STEMS = sorted(kind.stem for kind in Unit.__subclasses__() if kind.__module__.startswith("hwgen."))


def test_every_kernel_is_drawn() -> None:
    assert sorted(units()) == STEMS and len(STEMS) >= 14


@pytest.mark.parametrize("stem", STEMS)
def test_names(stem: str) -> None:
    """A class is named after its file, and so are its module and its template."""
    kind = type(units()[stem][0])
    assert kind.__module__.rsplit(".")[-1] == stem
    assert kind.__name__ == "".join(part.title() for part in stem.split("_")) + "Unit"
    assert f"hwgen_{stem}.sv" in library("rtl") and f"{stem}.hpp" in library("hls")


@pytest.mark.parametrize("stem", STEMS)
def test_parameters_are_those_of_the_module(stem: str) -> None:
    for unit in units()[stem]:
        assert set(unit.parameters) == set(module(unit.module).defaults), unit


def bus_of(unit: Unit) -> tuple[BusSignal, ...]:
    """The signals of its port to an external memory."""
    return () if unit.memory_port is None else signals(unit.memory_port)


@pytest.mark.parametrize("stem", STEMS)
def test_every_port_has_its_signal(stem: str) -> None:
    for unit in units()[stem]:
        inputs = {
            "clk_i",
            "rst_ni",
            "m_ready_i",
            *(f"{port}_{each}_i" for port in unit.ports for each in ("data", "valid")),
        }
        inputs |= {f"{store.port}_i" for store in unit.stores} | {f"{port}_i" for port in unit.ties}
        bus = {port: signal.enters for port, signal in zip(wires(unit), bus_of(unit), strict=True)}
        inputs |= {port for port, enters in bus.items() if enters}
        outputs = {"m_data_o", "m_valid_o", *(f"{port}_ready_o" for port in unit.ports)}
        outputs |= {f"{store.address}_o" for store in unit.stores} | {f"{port}_o" for port in unit.idle}
        outputs |= {port for port, enters in bus.items() if not enters}
        if unit.wiring is not None:
            inputs, outputs = inputs | {"codes_i"}, outputs | {"x_o"}
        ports = module(unit.module).ports
        assert outputs == {port for port, is_input in ports.items() if not is_input}, unit
        taken = {port for port, is_input in ports.items() if is_input}
        assert inputs <= taken and taken - inputs <= DRIVEN, unit


def functions_of(stem: str) -> Iterator[tuple[Unit, int, Function]]:
    """Units of a kernel, with each function of their chains and its place there."""
    for unit in units()[stem]:
        for index, function in enumerate(unit.functions):
            yield unit, index, function


def template_of(stem: str, name: str) -> list[str]:
    """The parameters of the C++ template `name` of a kernel, a pack with its dots."""
    found = re.search(rf"template <([^{{}};]*?)>\s*HWGEN_INLINE\s*void {name}\(", library("hls")[f"{stem}.hpp"])
    assert found
    return [" ".join(each.split()) for each in found[1].split(",")]


@pytest.mark.parametrize("stem", STEMS)
def test_arguments_are_those_of_the_template(stem: str) -> None:
    """What a call leaves out follows from its operands: sizes of arrays, types of streams and tables."""
    for unit, _, function in functions_of(stem):
        arguments = list(function.arguments)
        for parameter in template_of(stem, function.template or stem):
            if "..." in parameter:
                arguments = []
            elif arguments:
                assert parameter.split()[-1] == arguments.pop(0), unit
        assert arguments == [], unit


@pytest.mark.parametrize("stem", STEMS)
def test_arguments_are_declared(stem: str) -> None:
    for unit, index, function in functions_of(stem):
        names = [*(size.name for size in function.sizes), *(each.name for each in function.types)]
        assert len(names) == len(set(names)) and set(function.arguments) <= {*names, *function.printed}, unit
        assert len(function.inputs) == (1 if index else len(unit.inputs))


def instances() -> Iterator[tuple[str, dict[str, str]]]:
    """Instances of library modules in emitted projects, with the parameters that they give."""
    for kind in KINDS:
        for name, text in emit(drawn(kind, 0)).items():
            if name.endswith(".sv") and not name.startswith("lib/"):
                for found, given in re.findall(r"^  (hwgen_\w+) #\(\n(.*?)^  \) u_", text, re.MULTILINE | re.DOTALL):
                    yield found, dict(re.findall(r"^    \.(\w+)\((.*?)\),?$", given, re.MULTILINE | re.DOTALL))


def test_defaults_are_left_out() -> None:
    stems = {f"hwgen_{stem}" for stem in STEMS}
    checked = 0
    for name, given in instances():
        for parameter, text in given.items() if name in stems else ():
            default = module(name).defaults[parameter]
            assert text != default and not (re.fullmatch(r"\d+'h0", text) and default == "'0"), (name, parameter)
            assert text != given.get(default), (name, parameter)
            checked += 1
    assert checked > 100


def test_another_value_than_the_default_is_no_default() -> None:
    """The comparison itself, on each kind of value."""
    mvtu = module("hwgen_mvtu")
    shown = {"Pe": 2, "LastPe": 2, "Simd": 1, "LastSimd": 2, "Pairs": False, "Style": "block", "SumSpan": 64}
    assert [name for name in shown if mvtu.is_default(name, shown)] == ["LastPe", "Simd", "Pairs", "SumSpan"]
