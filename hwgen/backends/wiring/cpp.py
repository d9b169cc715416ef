"""Prints the steps of a layer of constants as C++: an expression each, under the names that the RTL has."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import wrap

from hwgen.backends.render import Source
from hwgen.hw.adders.steps import AtLeast, Clip, Constant, Lookup, Netlist, Step, Sum, Wire

_WIDTH = 110


def netlist_lines(netlist: Netlist) -> tuple[str, ...]:
    """The statements between the lanes `x` and the lanes `codes`."""
    return tuple(Source(line) for text in _lines(netlist) for line in _wrapped(text))


def _wrapped(text: str) -> list[str]:
    return wrap(text, _WIDTH, subsequent_indent="    ", break_long_words=False, break_on_hyphens=False)


def _lines(netlist: Netlist) -> Iterator[str]:
    read = {source for step in netlist.steps for source in step.sources} | set(netlist.outputs)
    for source in range(netlist.inputs):
        if source in read:
            kind = _type(netlist.entering)
            yield f"const {kind} x{source} = {kind}(In::lane(x, {source}));"
    for index, step in enumerate(netlist.steps):
        kind = _type(step.wire)
        yield f"const {kind} s{index} = {kind}({_expression(netlist, step)});"
    for place, source in enumerate(netlist.outputs):
        yield f"Out::put(codes, {place}, Output::encode({_name(netlist, source)}.to_int64()));"


def _type(wire: Wire) -> str:
    return f"ap_{'int' if wire.signed else 'uint'}<{wire.bits}>"


def _name(netlist: Netlist, source: int) -> str:
    return f"x{source}" if source < netlist.inputs else f"s{source - netlist.inputs}"


def _expression(netlist: Netlist, step: Step) -> str:
    match step:
        case Sum():
            return _sum(netlist, step)
        case AtLeast():
            limit = _chosen(netlist, step.chosen, step.constants)
            return f"{_name(netlist, step.source)} {'<' if step.inverted else '>='} {limit}"
        case Clip():
            even = str(step.to_even).lower()
            arguments = f"{step.shift}, {step.low}, {step.high}, {even}"
            return f"hwgen::clipped<{arguments}>({_name(netlist, step.source)}.to_int64())"
        case Lookup():
            return _chosen(netlist, step.chosen, step.entries)
        case Constant():
            return str(step.number)


def _sum(netlist: Netlist, step: Sum) -> str:
    """A sum; inverted bits are -x - 1, and their ones are part of the constant."""
    text, constant = "", step.constant
    for term in (*step.terms, *step.carries):
        name = _name(netlist, term.source)
        product = f"{1 << term.shift} * {name}" if term.shift else name
        text += (" - " if term.negative else " + ") + product
    constant -= sum(1 << term.shift for term in step.terms if term.negative)
    constant += sum(1 << term.shift for term in step.carries if term.negative)
    if constant:
        text += f" {'-' if constant < 0 else '+'} {abs(constant)}"
    return text[3:] if text.startswith(" + ") else f"0{text}"


def _chosen(netlist: Netlist, bits: tuple[int, ...], numbers: tuple[int, ...]) -> str:
    """The number that bits say, the lowest first."""
    if len(set(numbers)) == 1:
        return str(numbers[0])
    half = len(numbers) // 2
    low, high = (_chosen(netlist, bits[:-1], part) for part in (numbers[:half], numbers[half:]))
    return f"({_name(netlist, bits[-1])} != 0 ? {high} : {low})"
