"""The address map of a design's AXI4-Lite port: which memories the host can rewrite, and the addresses of their words.

A word of a memory is written in pieces of 32 bits, the lowest first; the last piece writes the whole word. The pieces
of a word and the words of a memory are padded to a power of two; a memory begins at a multiple of its size.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hwgen.hw.activation import Linear
from hwgen.hw.design import Design
from hwgen.hw.memory import PIECE_BYTES, Memory
from hwgen.hw.packing import WeightLayout
from hwgen.hw.stream import ceil_div
from hwgen.hw.unit import Weighted
from hwgen.ir.order import sizes_of
from hwgen.ir.types import IntType, parse_dtype

LEAST_BITS = 12
"""Least bits of an address: a bus gives a slave 4 kB at least."""


def _power(count: int) -> int:
    """The smallest power of two from `count` on."""
    return 1 << (count - 1).bit_length()


@dataclass(frozen=True)
class Region:
    """A memory of `words` words of `width` bits at byte address `base`."""

    base: int
    words: int
    width: int

    @property
    def pieces(self) -> int:
        """32-bit pieces of a word."""
        return ceil_div(self.width, 8 * PIECE_BYTES)

    @property
    def word_bytes(self) -> int:
        """Bytes from a word to the next."""
        return _power(self.pieces) * PIECE_BYTES

    @property
    def place(self) -> int:
        """The base in pieces."""
        return self.base // PIECE_BYTES

    @property
    def size(self) -> int:
        """Bytes of the address space."""
        return _power(self.words) * self.word_bytes


@dataclass(frozen=True)
class ThresholdMap:
    """How the thresholds of a layer are laid out in its memory.

    Attributes:
        channels, levels: shape of the thresholds; a word holds `lanes` channels.
        type: of a threshold in memory: thresholds are clipped to it, as all sums lie on one side of any beyond.
        accumulator, fan_in: thresholds in memory are of sums, with accumulator = slope * sum + offset * fan-in.
        descending: one bit a channel, set where codes fall as the accumulator rises.
    """

    channels: int
    levels: int
    lanes: int
    type: IntType
    accumulator: Linear
    fan_in: int
    thresholds: Region
    descending: Region


@dataclass(frozen=True)
class WritableLayer:
    """A layer whose parameters can be rewritten.

    Attributes:
        inputs: the least and the most that an input stands for.
        accumulators: the least and the most that may leave the layer; None where it has thresholds, which take any.
        threshold_map: None where the layer has no thresholds.
        rows: see `hwgen.ir.ops.MatMul`; parameters are given by the model's rows.
    """

    name: str
    layout: WeightLayout
    weights: Region
    inputs: tuple[int, int]
    accumulators: tuple[int, int] | None
    threshold_map: ThresholdMap | None
    rows: tuple[int, ...] = ()

    @property
    def regions(self) -> Mapping[str, Region]:
        """Memories of the layer: `weights`, and with thresholds `thresholds` and `descending`."""
        found = {"weights": self.weights}
        if self.threshold_map is not None:
            found |= {"thresholds": self.threshold_map.thresholds, "descending": self.threshold_map.descending}
        return found


@dataclass(frozen=True)
class AddressMap:
    """The address map: layers by name, and bits of a byte address. Reading any address gives `identity`."""

    layers: Mapping[str, WritableLayer]
    address_bits: int
    identity: int

    @property
    def place_bits(self) -> int:
        """Bits of an address that counts pieces."""
        return self.address_bits - 2

    def to_json(self) -> dict[str, Any]:
        """The map as plain JSON values."""
        layers = {name: _layer_json(layer) for name, layer in self.layers.items()}
        return {"address_bits": self.address_bits, "identity": self.identity, "layers": layers}


def address_map(design: Design) -> AddressMap | None:
    """The address map of `design`; None where nothing can be rewritten."""
    if not design.writable:
        return None
    place = _Placer()
    layers = {unit.name: _layer(unit, place) for unit in design.writable}
    bits = max(LEAST_BITS, (place.end - 1).bit_length())
    return AddressMap(layers, bits, int(design.digest[:8] or "0", 16))


@dataclass
class _Placer:
    """Places memories one behind the other."""

    end: int = field(default=0)

    def __call__(self, memory: Memory) -> Region:
        size = Region(0, memory.depth, memory.width).size
        base = ceil_div(self.end, size) * size
        self.end = base + size
        return Region(base, memory.depth, memory.width)


def _layer(unit: Weighted, place: _Placer) -> WritableLayer:
    assert unit.writable is not None
    weights, dtype = place(unit.weight_rom), unit.output.dtype
    threshold_map = _threshold_map(unit, place)
    accumulators = None if threshold_map else (dtype.min, dtype.max)
    return WritableLayer(unit.name, unit.layout, weights, unit.writable, accumulators, threshold_map)


def _threshold_map(unit: Weighted, place: _Placer) -> ThresholdMap | None:
    activation, rom, stream = unit.activation, unit.threshold_rom, unit.output
    if activation is None or rom is None:
        return None
    assert activation.room is not None
    descending = Memory(f"{unit.name}_descending", stream.vector_beats, stream.lanes)
    return ThresholdMap(
        channels=stream.elements,
        levels=activation.levels,
        lanes=stream.lanes,
        type=activation.room,
        accumulator=unit.accumulator,
        fan_in=unit.fan_in,
        thresholds=place(rom),
        descending=place(descending),
    )


def _layer_json(layer: WritableLayer) -> dict[str, Any]:
    layout, threshold_map = layer.layout, layer.threshold_map
    found: dict[str, Any] = {
        "weights": {**vars(layout), "dtype": str(layout.dtype), "memory": vars(layer.weights)},
        "inputs": list(layer.inputs),
        "accumulators": None if layer.accumulators is None else list(layer.accumulators),
        "rows": list(layer.rows),
        "thresholds": None,
    }
    if threshold_map is not None:
        found["thresholds"] = {
            **vars(threshold_map),
            "type": str(threshold_map.type),
            "accumulator": vars(threshold_map.accumulator),
            "thresholds": vars(threshold_map.thresholds),
            "descending": vars(threshold_map.descending),
        }
    return found


def parse_address_map(found: Mapping[str, Any]) -> AddressMap:
    """The map that `AddressMap.to_json` wrote; ValueError, KeyError or TypeError where it is something else."""
    layers = {name: _parse_layer(name, each) for name, each in found["layers"].items()}
    return AddressMap(layers, found["address_bits"], found["identity"])


def _parse_layer(name: str, found: Mapping[str, Any]) -> WritableLayer:
    layout = dict(found["weights"])
    memory = Region(**layout.pop("memory"))
    layout["dtype"] = parse_dtype(layout["dtype"])
    ends = found["accumulators"]
    inputs, accumulators = tuple(found["inputs"]), None if ends is None else tuple(ends)
    threshold_map, rows = _parse_threshold_map(found["thresholds"]), sizes_of(found.get("rows", ()), least=0)
    if rows and sorted(rows) != list(range(layout["groups"] * layout["mh"])):
        raise ValueError(f"rows of {name} that are no permutation")
    return WritableLayer(name, WeightLayout(**layout), memory, inputs, accumulators, threshold_map, rows)


def _parse_threshold_map(found: Mapping[str, Any] | None) -> ThresholdMap | None:
    if found is None:
        return None
    kind = parse_dtype(found["type"])
    if not isinstance(kind, IntType):
        raise TypeError(f"thresholds of {kind}")
    parts = {
        "type": kind,
        "accumulator": Linear(**found["accumulator"]),
        "thresholds": Region(**found["thresholds"]),
        "descending": Region(**found["descending"]),
    }
    return ThresholdMap(**{**found, **parts})
