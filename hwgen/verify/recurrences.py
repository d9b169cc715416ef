"""An estimate of the longest loop-carried path of every pipelined loop, from the syntax tree.

A loop starts an iteration a cycle only if what an iteration leaves to the next is computed within the clock period. The
body of a loop is run once on delays in place of values: each variable that lives across iterations starts at 0 ns, and
what an iteration leaves in a variable is as late as the longest chain of operators from any of them. Chains between
variables that do not feed back can be cut by registers and do not count; between those that do, the longest counts.

A memory counts as a register does: what is read from it and written back in the same slot is a path. Operators are
priced by the bits that their operands can have: those of their types, or fewer where a value has been cut to the bits
of a code (`encode`, `decode`). The body is run until no variable is left with more bits than it began with.

It is a rough estimate: an HLS tool's own delays, sharing of logic and balancing of sums are not known here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from hwgen.verify.constants import Scope, Type, Value

ADD_NS, COMPARE_NS, MUX_NS = 2.55, 2.45, 0.69
"""Of 32 bits on a 7-series device of speed grade -1, by the characterisation of an HLS compiler (PandA-Bambu)."""
CARRY_NS = 0.03
"""What a bit of a carry chain adds or saves."""
LOGIC_NS = 0.0
"""A gate is absorbed by the look-up table of the operator behind it."""
BY_NAME_NS = {"__builtin_popcountll": 4.2, "__builtin_popcount": 3.5, "popcount": 4.2}


@dataclass(frozen=True)
class Signal:
    """A value.

    Attributes:
        bits: the most that its value has.
        paths: how late it is, in ns, after each variable's value at the loop's start.
        constant: its number, if it is constant.
        gates: whether it was or-ed into its variable: a condition around that is a gate, not a multiplexer.
        carries: bits of the carry chain that it comes from at once, whose lower bits are there earlier; 0 for none.
    """

    bits: int = 32
    paths: Mapping[str, float] = field(default_factory=dict)
    constant: int | None = None
    gates: bool = False
    carries: int = 0


@dataclass(eq=False)
class Frame:
    """A call: the constants that it sees, its variables, what it has returned, the object that it is of.

    Attributes:
        types: of variables; `widths`: their bits, where a type says so.
        locals: variables that it declares; `blank`: without a value.
        memories: arrays that it is given and may write.
        packs: how many values each of its parameter packs has.
    """

    scope: Scope
    variables: dict[str, Signal] = field(default_factory=dict)
    types: dict[str, Type] = field(default_factory=dict)
    widths: dict[str, int] = field(default_factory=dict)
    locals: set[str] = field(default_factory=set)
    blank: set[str] = field(default_factory=set)
    memories: set[str] = field(default_factory=set)
    packs: dict[str, int] = field(default_factory=dict)
    returns: list[Signal] = field(default_factory=list)
    conditions: list[Signal] = field(default_factory=list)
    this: Signal = field(default_factory=Signal)
    depth: int = 0


@dataclass(frozen=True)
class Recurrence:
    """The longest loop-carried path of a pipelined loop: where, its delay in ns, and the variable at its end."""

    file: str
    line: int
    function: str
    loop: str
    ns: float
    variable: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.function}, loop {self.loop}: {self.ns:.2f} ns to {self.variable}"


def joined(signals: Iterable[Signal], delay: float = 0.0, bits: int | None = None) -> Signal:
    """A signal that is `delay` later than the latest of some."""
    paths: dict[str, float] = {}
    widest = 1
    for signal in signals:
        widest = max(widest, signal.bits)
        for name, time in signal.paths.items():
            paths[name] = max(paths.get(name, 0.0), time + delay)
    return Signal(widest if bits is None else bits, paths)


def constant(value: Value) -> Signal | None:
    """The signal of a constant; None for what is none."""
    return Signal(max(1, value.bit_length() + (value < 0)), {}, value) if isinstance(value, int) else None


def operated(sign: str, left: Signal, right: Signal) -> Signal:
    """What a binary operator gives, of which not both operands are constant."""
    given = right.constant if right.constant is not None else left.constant
    width = max(each.bits for each in (left, right) if each.constant is None)
    if sign in ("<", ">", "<=", ">=", "==", "!="):
        return joined((left, right), _scaled(COMPARE_NS, width) if width > 1 else LOGIC_NS, 1)
    if sign in ("<<", ">>"):
        levels = min((left.bits - 1).bit_length(), right.bits) if right.constant is None else 0
        bits = left.bits if sign == ">>" else min(64, left.bits + (64 if right.constant is None else right.constant))
        return joined((left, right), MUX_NS * levels, max(bits, left.bits))
    if sign in ("&", "|", "^", "&&", "||"):
        return joined((left, right), LOGIC_NS, 1 if sign in ("&&", "||") else width)
    bits = left.bits + right.bits if sign == "*" else max(left.bits, right.bits) + (sign in ("+", "-"))
    free = given == 0 if sign in ("+", "-") else given is not None and given & (given - 1) == 0
    if free:
        return joined((left, right), 0.0, bits)
    steps = {"+": 1, "-": 1, "*": 3 if given is None else 1}.get(sign, width)
    found = joined((left, right), steps * _scaled(ADD_NS, width), bits)
    return replace(found, carries=width if steps == 1 else 0)


def added(signal: Signal) -> Signal:
    """What an increment gives."""
    found = joined((signal,), _scaled(ADD_NS, signal.bits), signal.bits + 1)
    return replace(found, carries=signal.bits)


def cut(signal: Signal, bits: int) -> Signal:
    """The `bits` lowest of a signal."""
    earlier = _scaled(ADD_NS, signal.carries) - _scaled(ADD_NS, min(bits, signal.carries)) if signal.carries else 0.0
    paths = {name: time - earlier for name, time in signal.paths.items()}
    return replace(signal, bits=min(bits, signal.bits), paths=paths, carries=min(bits, signal.carries))


def read_at(array: Signal, index: Signal) -> Signal:
    """A word of an array: a tree of multiplexers where the index is not constant."""
    return joined((array, index), 0.0 if index.constant is not None else MUX_NS * min(index.bits, 8), array.bits)


def selected(chooser: Signal, *choices: Signal) -> Signal:
    """One of some values, by a condition."""
    return joined((*choices, chooser), MUX_NS, max(each.bits for each in choices))


def merged(chooser: Signal, yes: dict[str, Signal], no: dict[str, Signal]) -> dict[str, Signal]:
    """Variables behind two branches; an element that one has not touched is still a part of its array there."""
    found = {}
    for name in {**yes, **no}:
        whole = name.split("[")[0]
        one, other = (each.get(name, each.get(whole)) for each in (yes, no))
        if one is None or other is None or one == other:
            found[name] = one or other or Signal()
        elif one.gates or other.gates:
            found[name] = replace(joined((chooser, one, other)), gates=True)
        else:
            found[name] = selected(chooser, one, other)
    return found


def grown(before: Signal, after: Signal, turns: int) -> Signal:
    """A signal after `turns` more turns of an unrolled loop that each add what the last one did."""
    paths = {name: time + turns * max(0.0, time - before.paths.get(name, time)) for name, time in after.paths.items()}
    return Signal(after.bits + turns * max(0, after.bits - before.bits), paths, after.constant)


def longest(ends: Mapping[str, Signal]) -> tuple[float, str]:
    """The longest path between variables that feed back, and the variable at its end; 0 ns where there is none."""
    reached = {name: set(signal.paths) for name, signal in ends.items()}  # what each comes from
    for middle in ends:
        for name, sources in reached.items():
            if middle in sources:
                reached[name] = sources | reached[middle]
    paths = (
        (time, name)
        for name, signal in ends.items()
        for source, time in signal.paths.items()
        if name in reached.get(source, ())
    )
    return max(paths, default=(0.0, ""))


def allowed_ns(settings: str) -> float:
    """What Vitis leaves of the period that an hls_config.cfg asks for: its uncertainty is 27 % unless set."""
    found = dict(_settings(settings))
    period = float(found.get("clock", "5ns").removesuffix("ns"))
    margin = found.get("clock_uncertainty", "27%")
    return period - (period * float(margin[:-1]) / 100 if margin.endswith("%") else float(margin.removesuffix("ns")))


def _settings(text: str) -> Iterator[tuple[str, str]]:
    for line in text.splitlines():
        name, _, value = line.strip().partition("=")
        if name in ("clock", "clock_uncertainty"):
            yield name, value


def _scaled(ns: float, bits: int) -> float:
    return max(MUX_NS, ns + CARRY_NS * (bits - 32))
