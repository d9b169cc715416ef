"""Sequential circuits of AND gates in the binary AIGER format: read, choose from, written.

A literal is twice a variable's number, plus one where it is inverted; literal 0 is the constant 0, and registers begin
at it.
Source: A. Biere, "The AIGER And-Inverter Graph Format", 2007 (http://fmv.jku.at/aiger/FORMAT).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce


@dataclass(frozen=True)
class Circuit:
    """Gates, registers and ports of a circuit.

    Attributes:
        inputs: names, in order; input i is variable i + 1.
        registers: the literal that each register takes next; register i is variable len(inputs) + 1 + i.
        outputs: the literal of each output by its name, in order.
        gates: both literals of each AND gate, which follow the registers.
    """

    inputs: tuple[str, ...]
    registers: tuple[int, ...]
    outputs: Mapping[str, int]
    gates: tuple[tuple[int, int], ...]

    def chosen(self, outputs: Sequence[str], tied: Mapping[str, bool]) -> Circuit:
        """The same with `outputs` alone, and with the inputs `tied` to a constant, which stay as ports."""
        constant = {2 * (1 + self.inputs.index(name)): int(value) for name, value in tied.items()}

        def literal(old: int) -> int:
            return constant[old & ~1] ^ (old & 1) if old & ~1 in constant else old

        return replace(
            self,
            registers=tuple(map(literal, self.registers)),
            outputs={name: literal(self.outputs[name]) for name in outputs},
            gates=tuple((literal(left), literal(right)) for left, right in self.gates),
        )

    def induction(self, frames: int, lemmas: Sequence[str] = ()) -> Circuit:
        """Without registers: its one output can be high unless induction over `frames` frames shows all outputs low.

        It is high where an output is high in one of the first `frames` frames, or where as many frames without an
        output high, from any state, are followed by one with. Outputs called in `lemmas` are known to be always low.
        """
        made = _Gates((2 * frames + 1) * len(self.inputs) + len(self.registers))
        ports = frames * len(self.inputs)
        state = [2 * (1 + ports + place) for place in range(len(self.registers))]
        base = self._frames(made, frames, 0, [0] * len(self.registers))
        step = self._frames(made, frames + 1, ports + len(self.registers), state)
        low = [made.none(frame.values()) for frame in step]
        found = low[-1] ^ 1
        for literal in (*low[:-1], made.none(step[-1][name] for name in lemmas)):
            found = made.both(found, literal)
        for frame in base:
            found = made.both(found ^ 1, made.none(frame.values())) ^ 1
        names = tuple(f"i{place}" for place in range(made.ports))
        return Circuit(names, (), {"wrong": found}, tuple(made.gates))

    def _frames(self, made: _Gates, frames: int, ports: int, state: Sequence[int]) -> list[dict[str, int]]:
        """The literals of all outputs in each frame from `state`; its inputs are those behind `ports`."""
        found = []
        for frame in range(frames):
            first = 1 + ports + frame * len(self.inputs)
            literals = [0, *(2 * (first + place) for place in range(len(self.inputs))), *state]
            for left, right in self.gates:
                literals.append(made.both(_at(literals, left), _at(literals, right)))
            found.append({name: _at(literals, output) for name, output in self.outputs.items()})
            state = [_at(literals, register) for register in self.registers]
        return found

    @property
    def depth(self) -> int | None:
        """The most registers in a row from an input to an output; None where registers form a loop."""
        first = 1 + len(self.inputs)
        behind = [set[int]()] * first + [{place} for place in range(len(self.registers))]
        for left, right in self.gates:
            behind.append(behind[left >> 1] | behind[right >> 1])
        sources = [behind[literal >> 1] for literal in self.registers]
        depths: dict[int, int] = {}
        waiting = set(range(len(sources)))
        while waiting:
            ready = {place for place in waiting if sources[place] <= depths.keys()}
            if not ready:
                return None
            depths |= {place: 1 + max((depths[source] for source in sources[place]), default=0) for place in ready}
            waiting -= ready
        return max(depths.values(), default=0)

    def settled(self, depth: int) -> Circuit:
        """Without registers: the outputs in every frame from the start, of a circuit whose registers form no loop.

        From frame `depth` on they depend on the last frames alone: any such frames stand for all time.
        """
        made = _Gates((depth + 1) * len(self.inputs))
        frames = [[2 * (1 + frame * len(self.inputs) + place) for place in range(len(self.inputs))]
                  for frame in range(depth + 1)]  # fmt: skip
        outputs: dict[str, int] = {}
        state = [0] * len(self.registers)
        for frame, inputs in enumerate(frames):
            literals = [0, *inputs, *state]
            for left, right in self.gates:
                literals.append(made.both(_at(literals, left), _at(literals, right)))
            outputs |= {f"{name}@{frame}": _at(literals, literal) for name, literal in self.outputs.items()}
            state = [_at(literals, register) for register in self.registers]
        return Circuit(tuple(f"i{place}" for place in range(made.ports)), (), outputs, tuple(made.gates))

    def run(self, inputs: Sequence[Sequence[int]]) -> Iterator[list[int]]:
        """The value of every variable in each frame, variable 0 first, from the state in which all registers are 0.

        Args:
            inputs: the value of each input, frame by frame.
        """
        state = [0] * len(self.registers)
        for frame in inputs:
            values = [0, *frame, *state]
            for left, right in self.gates:
                values.append((values[left >> 1] ^ left & 1) & (values[right >> 1] ^ right & 1))
            yield values
            state = [values[register >> 1] ^ register & 1 for register in self.registers]

    def to_bytes(self) -> bytes:
        """The binary format, without symbols."""
        first = 2 * (1 + len(self.inputs) + len(self.registers))
        sizes = len(self.inputs), len(self.registers), len(self.outputs), len(self.gates)
        lines = [f"aig {sum(sizes) - len(self.outputs)} {' '.join(map(str, sizes))}"]
        lines += map(str, (*self.registers, *self.outputs.values()))
        body = bytearray()
        for place, (left, right) in enumerate(self.gates):
            small, large = sorted((left, right))
            for delta in (first + 2 * place - large, large - small):
                body += _packed(delta)
        return "\n".join(lines).encode() + b"\n" + bytes(body)


class _Gates:
    """Gates that are made one by one behind `ports` inputs, constants and equal operands folded."""

    def __init__(self, ports: int) -> None:
        self.ports, self.gates = ports, list[tuple[int, int]]()

    def both(self, left: int, right: int) -> int:
        """The literal of left AND right."""
        if left == 0 or right == 0 or left == right ^ 1:
            return 0
        if left in (1, right):
            return right
        if right == 1:
            return left
        self.gates.append((left, right))
        return 2 * (self.ports + len(self.gates))

    def none(self, literals: Iterable[int]) -> int:
        """The literal of all of `literals` being low."""
        return reduce(self.both, (literal ^ 1 for literal in literals), 1)


def _at(literals: Sequence[int], literal: int) -> int:
    return literals[literal >> 1] ^ literal & 1


def _packed(number: int) -> bytes:
    """Seven bits a byte, the lowest first; a bit on top says that more follow."""
    found = bytearray()
    while number > 127:
        found.append(128 | number & 127)
        number >>= 7
    found.append(number)
    return bytes(found)


def read(data: bytes, names: str = "") -> Circuit:
    """The circuit of a binary file, its ports called as in the map file of Yosys, `port` or `port[bit]`.

    Raises:
        ValueError: it is none, or registers do not begin at 0.
    """
    head, _, rest = data.partition(b"\n")
    words = head.split()
    if len(words) < 6 or words[0] != b"aig":
        raise ValueError(f"not a binary AIGER file: {head[:40]!r}")
    inputs, registers, outputs, gates = (int(word) for word in words[2:6])
    lines = rest.split(b"\n", registers + outputs)
    if any(b" " in line for line in lines[:registers]):
        raise ValueError("a register begins at another value than 0")
    called = _called(names)
    at, found = 0, []
    body = lines[-1]
    for place in range(gates):
        deltas = []
        for _ in range(2):
            shift = number = 0
            while True:
                byte = body[at]
                at += 1
                number |= (byte & 127) << shift
                shift += 7
                if byte < 128:
                    break
            deltas.append(number)
        large = 2 * (1 + inputs + registers + place) - deltas[0]
        found.append((large, large - deltas[1]))
    return Circuit(
        tuple(called.get(("input", i), f"i{i}") for i in range(inputs)),
        tuple(int(line) for line in lines[:registers]),
        {
            called.get(("output", i), f"o{i}"): int(line)
            for i, line in enumerate(lines[registers : registers + outputs])
        },
        tuple(found),
    )


def _called(names: str) -> dict[tuple[str, int], str]:
    """The name of each port by its kind and place; a bit's number is left out where there is one alone."""
    rows = [line.split() for line in names.splitlines()]
    ports = [(row[0], int(row[1]), int(row[2]), row[3]) for row in rows if row and row[0] in ("input", "output")]
    wide = {(kind, name) for kind, _, bit, name in ports if bit > 0}
    return {(kind, at): f"{name}[{bit}]" if (kind, name) in wide else name for kind, at, bit, name in ports}
