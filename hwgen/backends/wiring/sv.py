"""Prints the steps of a layer of constants: a line or an instance each, and the registers between them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from hwgen.backends.render import Source
from hwgen.hw.adders.luts import TABLE_BITS, chain_bits, has_three, operand_places
from hwgen.hw.adders.pipeline import Pipeline
from hwgen.hw.adders.steps import AtLeast, Clip, Constant, Lookup, Sum, Term, Wire


@dataclass(frozen=True)
class WiringContext:
    """Fields of wiring.sv.j2: steps, declarations of registers, what they take, and the codes."""

    steps: tuple[str, ...]
    registers: tuple[str, ...]
    moves: tuple[str, ...]
    codes: str


def wiring_context(pipeline: Pipeline, code_bits: int) -> WiringContext:
    """The steps in `pipeline`, whose outputs are codes of so many bits."""
    printer = _Printer(pipeline)
    netlist = pipeline.netlist
    registers, moves = [], []
    for source, (made, read) in enumerate(zip(pipeline.made, pipeline.read, strict=True)):
        for stage in range(made, read):
            name, before = printer.at(source, stage + 1), printer.at(source, stage)
            registers.append(Source(f"logic [{netlist.wire(source).bits - 1}:0] {name};"))
            moves.append(Source(f"{name} <= {before};"))
    steps = [line for index in range(len(netlist.steps)) for line in printer.step(index)]
    outputs = [printer.extended(Term(source), code_bits, pipeline.stages) for source in netlist.outputs]
    return WiringContext(
        tuple(map(Source, steps)), tuple(registers), tuple(moves), Source(_joined(list(reversed(outputs))))
    )


def _joined(parts: list[str]) -> str:
    return "{\n    " + ",\n    ".join(parts) + "\n  }" if len(parts) > 1 else parts[0]


@dataclass(frozen=True)
class _Printer:
    """Names and expressions of SystemVerilog."""

    pipeline: Pipeline

    def wire(self, source: int) -> Wire:
        return self.pipeline.netlist.wire(source)

    def at(self, source: int, stage: int) -> str:
        """A source as it is in a stage."""
        inputs = self.pipeline.netlist.inputs
        behind, wire = stage - self.pipeline.made[source], self.wire(source)
        if source < inputs:
            return f"x{source}_q{behind}" if behind else f"x[{wire.bits * source} +: {wire.bits}]"
        step = self.pipeline.netlist.steps[source - inputs]
        if isinstance(step, Constant):
            return f"{wire.bits}'h{step.number % (1 << wire.bits):x}"
        return f"s{source - inputs}_q{behind}" if behind else f"s{source - inputs}"

    def extended(self, term: Term, width: int, stage: int) -> str:
        """The `width` lowest bits of a term before its bits are inverted."""
        text, wire = self.at(term.source, stage), self.wire(term.source)
        bits = wire.bits + term.shift
        shifted = f"{{{text}, {term.shift}'d0}}" if term.shift else text
        if bits == width:
            return shifted
        return f"{width}'($signed({shifted}))" if wire.signed else f"{width}'({shifted})"

    def step(self, index: int) -> Iterator[str]:
        """The declaration of a step and what makes it."""
        step = self.pipeline.netlist.steps[index]
        stage = self.pipeline.made[self.pipeline.netlist.inputs + index]
        if isinstance(step, Constant):
            return
        yield f"logic [{step.wire.bits - 1}:0] s{index};"
        match step:
            case Sum() if len(operand_places(step, self.wire)) <= TABLE_BITS:
                yield from self._table(step, index, stage)
            case Sum():
                yield self._sum(step, index, stage)
            case AtLeast():
                yield self._at_least(step, index, stage)
            case Clip():
                wire = self.wire(step.source)
                sizes = f".Width({wire.bits}), .Signed(1'b{int(wire.signed)}), .Shift({step.shift})"
                ends = f".Low({step.low}), .High({step.high}), .ToEven(1'b{int(step.to_even)})"
                ports = f".value_i({self.at(step.source, stage)}), .code_o(s{index})"
                yield f"hwgen_wired_clip #({sizes}, {ends}, .CodeBits({step.wire.bits})) u_s{index} ({ports});"
            case Lookup():
                bits = [self.at(source, stage) for source in step.chosen]
                yield _table_line(bits, list(step.entries), (0, step.wire.bits), index, "")

    def _sum(self, step: Sum, index: int, stage: int) -> str:
        width, three, constant = step.wire.bits, has_three(step), step.constant
        given, ports = [f".Width({width})"], []
        terms = sorted(step.terms, key=lambda each: each.negative)
        if step.base:
            given.append(f".Base({step.base})")
        chain = chain_bits(step, self.wire)
        if chain != width - step.base:
            given.append(f".Chain({chain})")
        if three:
            given.append(".Three(1'b1)")
        for name, term in zip("abc", [*terms, *[None] * (3 - len(terms))], strict=True):
            text = f"{width}'d0"
            if term is not None:
                text = self.extended(term, width, stage)
                if term.negative:
                    mask = (1 << width) - (1 << min(term.shift, width))
                    given.append(f".Invert{name.upper()}({width}'h{mask:x})")
            elif constant:
                text, constant = f"{width}'h{constant % (1 << width):x}", 0
            ports.append(f".{name}_i({text})")
        lent = [("~" if each.negative else "") + self.at(each.source, stage) for each in step.carries]
        lent += ["1'b0"] * (2 - len(lent))
        ports.append(f".carry_i({{{lent[1]}, {lent[0]}}})")
        return f"hwgen_wired_sum #({', '.join(given)}) u_s{index} ({', '.join(ports)}, .sum_o(s{index}));"

    def _table(self, step: Sum, index: int, stage: int) -> Iterator[str]:
        """A sum of few bits: its low outputs, which depend on fewer of them, in a table of their own."""
        terms = [*step.terms, *step.carries]
        places = [(term.shift + bit, term, bit) for term in terms for bit in range(self.wire(term.source).bits)]
        places.sort(key=lambda each: each[0])
        few = sum(1 for bit in range(step.wire.bits) if sum(at <= bit for at, _, _ in places) < TABLE_BITS)
        few = few if len(places) == TABLE_BITS else step.wire.bits
        for low, high in ((0, few), (few, step.wire.bits)):
            if low == high:
                continue
            used = [each for each in places if each[0] < high]
            entries = _entries(step, self.wire, [(term, bit) for _, term, bit in used])
            bits = [_bit(self.at(term.source, stage), self.wire(term.source), bit) for _, term, bit in used]
            yield _table_line(bits, entries, (low, high), index, "" if high == step.wire.bits else "_low")

    def _at_least(self, step: AtLeast, index: int, stage: int) -> str:
        wire = self.wire(step.source)
        text = self.at(step.source, stage)
        if wire.signed:  # counted from the least number
            text += f" ^ {wire.bits}'h{1 << wire.bits - 1:x}"
        limits = sum((limit - wire.low) << place * (wire.bits + 1) for place, limit in enumerate(step.constants))
        count = len(step.constants)
        given = [f".Width({wire.bits})", f".Limits({count * (wire.bits + 1)}'h{limits:x})"]
        if count > 1:
            given.append(f".Choices({count})")
        if step.inverted:
            given.append(".Inverted(1'b1)")
        chosen = ", ".join(self.at(source, stage) for source in reversed(step.chosen))
        ports = f".value_i({text}), .chosen_i({f'{{{chosen}}}' if chosen else chr(39) + '0'}), .bit_o(s{index})"
        return f"hwgen_wired_at_least #({', '.join(given)}) u_s{index} ({ports});"


def _bit(text: str, wire: Wire, bit: int) -> str:
    """A bit of a source; an input is a part of the beat already."""
    if wire.bits == 1:
        return text
    if text.startswith("x["):
        start = int(text[2:].split(" ", maxsplit=1)[0])
        return f"x[{start + bit}]"
    return f"{text}[{bit}]"


def _entries(step: Sum, wire: Callable[[int], Wire], bits: list[tuple[Term, int]]) -> list[int]:
    """The sum for each number of its operand bits, the lowest first; other bits are 0."""
    numbers: dict[int, np.ndarray] = {}
    index = np.arange(1 << len(bits))
    for place, (term, bit) in enumerate(bits):
        value = (index >> place & 1) << bit
        kind = wire(term.source)
        if kind.signed and bit == kind.bits - 1:
            value = -value
        key = id(term)
        numbers[key] = numbers.get(key, np.zeros_like(index)) + value
    total = np.full_like(index, step.constant)
    for term in step.terms:
        number = numbers.get(id(term), np.zeros_like(index))
        total += (~number if term.negative else number) << term.shift
    for term in step.carries:
        number = numbers.get(id(term), np.zeros_like(index))
        total += (1 - number if term.negative else number) << term.shift
    return (total % (1 << step.wire.bits)).tolist()


def _table_line(bits: list[str], entries: list[int], outputs: tuple[int, int], index: int, suffix: str) -> str:
    """Outputs `outputs` of the entries at bits, the lowest first."""
    low, high = outputs
    contents = sum(
        (entry >> bit & 1) << (bit - low) * len(entries) + place
        for bit in range(low, high)
        for place, entry in enumerate(entries)
    )
    sizes = f".Inputs({len(bits)}), .Outputs({high - low})"
    name = f"s{index}" if not suffix and low == 0 else f"s{index}[{high - 1}:{low}]"
    ports = f".bits_i({{{', '.join(reversed(bits))}}}), .bits_o({name})"
    return (
        f"hwgen_wired_table #({sizes}, .Contents({(high - low) * len(entries)}'h{contents:x}))"
        f" u_s{index}{suffix} ({ports});"
    )
