"""Modules of the SystemVerilog library: their parameters, defaults and ports, read from their headers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from hwgen.backends.render import library
from hwgen.hw.declaration import Bits, Packed, Parameters, Value

_HEADER = re.compile(r"^module (\w+)(?: #\((.*?)^\))? \((.*?)^\);", re.MULTILINE | re.DOTALL)
_PARAMETER = re.compile(r"^  parameter (?:[^=]*? )?(\w+) = (.*?),?$", re.MULTILINE)
_PORT = re.compile(r"^  (input|output) .*?(\w+),?$", re.MULTILINE)
_REPEATED = re.compile(r"\{\w+\{(\d+)'d(\d+)\}\}")


@dataclass(frozen=True)
class Module:
    """The header of a module.

    Attributes:
        defaults: of its parameters, as the source has them, in its order.
        ports: whether each is an input, in its order.
    """

    name: str
    defaults: dict[str, str]
    ports: dict[str, bool]

    def is_default(self, name: str, parameters: Parameters) -> bool:
        """Whether a parameter has the value that the module gives it anyway."""
        value, default = parameters[name], self.defaults[name]
        if default in parameters:  # that of another parameter
            return value == parameters[default]
        return _is(default, value)


@cache
def module(name: str) -> Module:
    """The library module `name`."""
    header = _HEADER.search(library("rtl")[f"{name}.sv"])
    assert header is not None and header[1] == name, f"{name}.sv must hold module {name}"
    defaults = dict(_PARAMETER.findall(header[2] or ""))
    return Module(name, defaults, {port: side == "input" for side, port in _PORT.findall(header[3])})


def _is(default: str, value: Value) -> bool:
    """Whether a literal of SystemVerilog stands for `value`."""
    match value:
        case bool():
            return default == f"1'b{int(value)}"
        case int():
            return default == str(value)
        case str():
            return default == f'"{value}"'
        case Bits():
            return default == "'0" and not value.bits.any()
        case Packed():
            repeated = _REPEATED.fullmatch(default)
            if repeated:
                return value.bits == int(repeated[1]) and set(value.values) == {int(repeated[2])}
            every = {"'0": 0, "'1": (1 << value.bits) - 1}.get(default)
            return set(value.values) == {every}
