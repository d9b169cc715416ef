"""Designs of several devices joined by AXI4-Streams: the output of each is the input of the next, with nothing between.

A joined design is a design like any other: the cycle model runs it whole, and its FIFOs are sized together. Units and
streams of device k are called `device<k>_<name>`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from hwgen.hw.design import Design
from hwgen.hw.fifo import size_fifos, sizes_of, with_sizes
from hwgen.hw.stream import Stream
from hwgen.hw.unit import Unit, Weighted


@dataclass(frozen=True)
class Joined(Design):
    """The design of `parts`, one a device, in the order in which a frame goes through them."""

    parts: tuple[Design, ...] = ()

    @property
    def writable(self) -> tuple[Weighted, ...]:
        """None: each device has a register bus of its own."""
        return ()

    @property
    def devices(self) -> Mapping[str, Design]:
        """The design of each device, by what its names begin with here."""
        return {f"{device_name(index)}_": part for index, part in enumerate(self.parts)}

    @property
    def links(self) -> tuple[Stream, ...]:
        """The streams between devices."""
        streams = self.streams
        return tuple(streams[f"{prefix}{part.output.name}"] for prefix, part in [*self.devices.items()][:-1])


def device_name(index: int) -> str:
    """What a device is called, in reports and as a folder."""
    return f"device{index}"


def fits(first: Design, second: Design) -> bool:
    """Whether beats of the output of `first` are those of the input of `second`: codes, lanes and vectors."""
    return replace(first.output, name="", tensor="") == replace(second.input, name="", tensor="")


def join(name: str, parts: Sequence[Design]) -> Joined:
    """The design `name` of `parts`, each of which must fit the next (see `fits`)."""
    units: list[Unit] = []
    ports = []
    last = ""
    for index, part in enumerate(parts):
        names = {each: f"{device_name(index)}_{each}" for each in part.streams}
        if index:
            assert fits(parts[index - 1], part), f"the output of {parts[index - 1].name} must fit {part.name}"
            names[part.input.name] = last
        units += [_renamed(unit, f"{device_name(index)}_", names) for unit in part.units]
        last = names[part.output.name]
        ports.append([replace(each, stream=_called(each.stream, names)) for each in part.ports])
    entering, leaving = ports[0][: len(parts[0].inputs)], ports[-1][len(parts[-1].inputs) :]
    first = parts[0]
    edge = tuple(entering), tuple(leaving)
    return Joined(name, tuple(units), *edge, first.digest, first.part, first.clock_mhz, parts=tuple(parts))


def _renamed(unit: Unit, prefix: str, names: Mapping[str, str]) -> Unit:
    inputs, outputs = (tuple(_called(each, names) for each in streams) for streams in (unit.inputs, unit.outputs))
    return replace(unit, name=f"{prefix}{unit.name}", inputs=inputs, outputs=outputs)


def _called(stream: Stream, names: Mapping[str, str]) -> Stream:
    return replace(stream, name=names[stream.name])


def sized_together(
    parts: Sequence[Design], fixed: Sequence[Mapping[str, int]], *, round_up: bool = False
) -> tuple[Design, ...]:
    """The drafts `parts` with FIFOs and line buffers sized by `size_fifos` as one design, around those `fixed` of each.

    Raises:
        ConfigError, DeadlockError: see `size_fifos`.
    """
    prefixes = [f"{device_name(index)}_" for index in range(len(parts))]
    pairs = zip(prefixes, fixed, strict=True)
    chosen = {f"{prefix}{name}": depth for prefix, depths in pairs for name, depth in depths.items()}
    sizes = sizes_of(size_fifos(join("joined", parts), chosen, round_up=round_up))

    def own(prefix: str) -> dict[str, int]:
        return {name.removeprefix(prefix): size for name, size in sizes.items() if name.startswith(prefix)}

    return tuple(with_sizes(part, own(prefix)) for part, prefix in zip(parts, prefixes, strict=True))
