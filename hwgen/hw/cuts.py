"""Where a network is best cut for two devices: what each would take, and what would cross."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import reduce
from operator import add
from typing import Any

from hwgen.hw.cost import edge_resources, unit_resources
from hwgen.hw.cut import cut_points, owner_of
from hwgen.hw.design import Design
from hwgen.hw.device import device_of
from hwgen.hw.resources import Budget, Resources
from hwgen.hw.stream import Stream
from hwgen.ir.cut import sides
from hwgen.ir.graph import Graph


@dataclass(frozen=True)
class LinkEstimate:
    """The AXI4-Stream from one device to the next.

    Attributes:
        after: the layer that it comes from.
        tdata_bits: of a beat, padded to bytes.
        frame_bits: of all beats of a frame, so padded.
        gbit_s: 10^9 such bits a second at the interval of all devices.
    """

    after: str
    type: str
    lanes: int
    beats: int
    tdata_bits: int
    frame_bits: int
    gbit_s: float

    @classmethod
    def of(cls, after: str, stream: Stream, fps: float) -> LinkEstimate:
        """That of `stream` at so many frames a second."""
        width, bits = stream.axis_width, stream.axis_width * stream.beats
        return cls(after, str(stream.dtype), stream.lanes, stream.beats, width, bits, bits * fps / 1e9)


@dataclass(frozen=True)
class CutEstimate:
    """A cut of a network for two devices.

    Attributes:
        link: the stream that crosses it.
        taken: what the units on each side take.
        shares: of each device the largest share of its LUT, BRAM and DSP that these are.
    """

    link: LinkEstimate
    taken: tuple[Resources, Resources]
    shares: tuple[float, float]

    @property
    def largest(self) -> float:
        """The larger share: the cut with the smallest is the best."""
        return max(self.shares)

    def to_json(self) -> dict[str, Any]:
        """The cut as plain JSON values."""
        return asdict(self)


def cut_estimates(graph: Graph, design: Design, parts: tuple[str, str]) -> tuple[CutEstimate, ...]:
    """Every cut of `graph` for the devices `parts`, by the units of `design`, which computes it on one.

    Adapters at the cut and FIFOs are as they are there.
    """
    streams = {stream.tensor: stream for stream in reversed([*design.streams.values()])}
    fps = design.clock_mhz * 1e6 / design.bound
    owners = [owner_of(graph, unit.name) for unit in design.units]
    devices = [device_of(part) for part in parts]
    prices = [[unit_resources(unit, device.family) for unit in design.units] for device in devices]
    edges = [edge_resources(design, device.family) for device in devices]
    limits = [Budget(device.capacity.lut, device.capacity.bram, device.capacity.dsp) for device in devices]
    found = []
    for after, value in cut_points(graph).items():
        behind = {node.name for node in sides(graph, value)[1]}
        second = [owner is not None and owner.name in behind for owner in owners]
        first, last = (
            reduce(
                add, (price for price, is_second in zip(prices[side], second, strict=True) if is_second == side), edge
            )
            for side, edge in enumerate(edges)
        )
        link = LinkEstimate.of(after, streams[value.name], fps)
        found.append(CutEstimate(link, (first, last), (limits[0].use(first), limits[1].use(last))))
    return tuple(found)


def best_cut(cuts: Sequence[CutEstimate]) -> CutEstimate:
    """The cut whose larger share is the smallest; of equals the one with the fewest bits a frame."""
    return min(cuts, key=lambda cut: (cut.largest, cut.link.frame_bits))
