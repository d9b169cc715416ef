"""A counterexample as a value change dump (VCD, IEEE 1364): one time step a cycle."""

from __future__ import annotations

from collections.abc import Sequence

from hwgen.verify.formal.aiger import Circuit


def waveform(module: str, names: str, circuit: Circuit, frames: Sequence[Sequence[int]]) -> str:
    """The values of all named signals, frame by frame; those of the module stand in the scope `u_unit`.

    Args:
        names: the map file of Yosys.
        frames: the value of every variable, as `Circuit.run` gives them.
    """
    signals = _signals(names, circuit)
    marks = {name: _mark(place) for place, name in enumerate(signals)}
    lines = ["$timescale 1ns $end", f"$scope module {module}_monitor $end", *_declared(signals, marks), "$upscope $end"]
    lines.append("$enddefinitions $end")
    shown: dict[str, str] = {}
    for time, values in enumerate(frames):
        lines.append(f"#{time * 10}")
        for name, bits in signals.items():
            word = "".join(str(values[bits[b] >> 1] ^ bits[b] & 1) if b in bits else "x" for b in _down(bits))
            if shown.get(name) != word:
                shown[name] = word
                lines.append(f"{word}{marks[name]}" if len(word) == 1 else f"b{word} {marks[name]}")
    return "\n".join([*lines, f"#{len(frames) * 10}", ""])


def _down(bits: dict[int, int]) -> range:
    return range(max(bits), -1, -1)


def _signals(names: str, circuit: Circuit) -> dict[str, dict[int, int]]:
    """The literal of each bit of each signal that has a name of its own."""
    found: dict[str, dict[int, int]] = {}
    outputs = list(circuit.outputs.values())
    for line in names.splitlines():
        kind, place, bit, name = line.split(maxsplit=3)
        if "$" in name or name == "clk_i" or kind == "init":
            continue
        at = int(place)
        registers = 2 * (1 + len(circuit.inputs) + at)
        literals = {"input": 2 * (1 + at), "wire": at, "latch": registers, "invlatch": registers + 1}
        found.setdefault(name, {})[int(bit)] = outputs[at] if kind == "output" else literals[kind]
    return dict(sorted(found.items()))


def _declared(signals: dict[str, dict[int, int]], marks: dict[str, str]) -> list[str]:
    """Declarations in scopes: the dots of a name lead into instances."""
    lines: list[str] = []
    scope: list[str] = []
    for name in sorted(signals, key=lambda each: each.split(".")[:-1]):
        *path, leaf = name.split(".")
        while scope != path[: len(scope)]:
            scope.pop()
            lines.append("$upscope $end")
        for inner in path[len(scope) :]:
            scope.append(inner)
            lines.append(f"$scope module {inner} $end")
        width = max(signals[name]) + 1
        lines.append(f"$var wire {width} {marks[name]} {leaf.replace(' ', '_')} $end")
    return [*lines, *["$upscope $end"] * len(scope)]


def _mark(place: int) -> str:
    """A short code of printable characters."""
    found = ""
    while True:
        found += chr(33 + place % 94)
        place //= 94
        if not place:
            return found
