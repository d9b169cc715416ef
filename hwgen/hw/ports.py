"""The edge of a design as its host sees it: what goes in and out, in codes, beats and bytes.

As JSON, `host/ports.json` of a project, it is all that a host needs to know: no network, no weights.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from hwgen.errors import DataError
from hwgen.hw import packing
from hwgen.hw.address_map import AddressMap, address_map, parse_address_map
from hwgen.hw.design import Design, Port
from hwgen.hw.packing import Bytes
from hwgen.hw.portmap import require_sound
from hwgen.hw.stream import Stream
from hwgen.ir.ending import Ending
from hwgen.ir.graph import Affine, Graph, Input, Node, Output, Reading, Value
from hwgen.ir.ops import Conv, MatMul, Threshold
from hwgen.ir.order import Order, sizes_of
from hwgen.ir.text import digest
from hwgen.ir.types import IntArray, IntType, TensorType, parse_dtype
from hwgen.stored import parse_json

FORMAT = 2


@dataclass(frozen=True)
class ChipPort:
    """One end of a design.

    Attributes:
        type: shape and type of a frame's codes.
        stream: how they are cut into beats.
        affine: what a code means, real = scale * code + offset.
        name: what the model calls it.
        axis: what the AXI4-Stream port is called.
        order: see `hwgen.ir.graph.Input`, and `hwgen.ir.graph.Reading` for an output.
        ranking: of an output, see `Reading`.
        ranked: whether the index of the best class leaves the chip, not the scores.
    """

    type: TensorType
    stream: Stream
    affine: Affine
    name: str = "input"
    axis: str = "s_axis"
    order: Order | None = None
    ranking: tuple[int, ...] | None = None
    ranked: bool = False

    @property
    def encoding(self) -> Affine:
        """What the codes of an input mean to the network."""
        return self.affine

    @property
    def reading(self) -> Reading:
        """What the codes of an output mean, numbered as the model numbers it."""
        return Reading(self.type, self.affine, self.order, self.ranking, self.ranked)

    @property
    def beat_bytes(self) -> int:
        """Bytes of tdata."""
        return self.stream.axis_width // 8

    @property
    def frame_bytes(self) -> int:
        return self.stream.beats * self.beat_bytes

    @property
    def bus_bytes(self) -> int:
        """Bytes of a beat where a DMA or Vitis carries it."""
        return self.stream.bus_width // 8

    @property
    def bus_frame_bytes(self) -> int:
        """Bytes of a frame there."""
        return self.stream.beats * self.bus_bytes

    def to_bus(self, data: Bytes) -> Bytes:
        """The bytes of beats, (beats * beat_bytes,), as a DMA carries them, (beats * bus_bytes,): zeros behind each."""
        wide = np.zeros((data.size // self.beat_bytes, self.bus_bytes), dtype=np.uint8)
        wide[:, : self.beat_bytes] = data.reshape(-1, self.beat_bytes)
        return wide.reshape(-1)

    def from_bus(self, data: Bytes) -> Bytes:
        """The inverse of `to_bus`."""
        return data.reshape(-1, self.bus_bytes)[:, : self.beat_bytes].reshape(-1)

    def pack(self, codes: IntArray) -> Bytes:
        """Frames of codes (N, *shape) as the bytes of their beats, (N * frame_bytes,), in the order of a DMA."""
        return packing.to_words(codes.reshape(len(codes), self.stream.size), self.stream).reshape(-1)

    def unpack(self, data: Bytes) -> IntArray:
        """The inverse of `pack`."""
        words = data.reshape(-1, self.beat_bytes)
        return packing.from_words(words, self.stream).reshape(-1, *self.type.shape)

    def to_json(self) -> dict[str, Any]:
        """The port as plain JSON values."""
        return {
            "name": self.name,
            "axis": self.axis,
            "type": str(self.type.dtype),
            "shape": list(self.type.shape),
            "scale": self.affine.scale.tolist(),
            "offset": self.affine.offset.tolist(),
            **({} if self.affine.ending is None else {"function": self.affine.ending.to_json()}),
            "vectors": self.stream.vectors,
            "elements": self.stream.elements,
            "lanes": self.stream.lanes,
            "beats": self.stream.beats,
            "beat_bytes": self.beat_bytes,
            "frame_bytes": self.frame_bytes,
            "order": self.order.to_json() if self.order else None,
            "ranking": self.ranking,
            "ranked": self.ranked,
        }


@dataclass(frozen=True)
class PortMap:
    """All ends of the design `name`.

    Attributes:
        digest: of the design, twelve hexadecimal digits.
        inputs, outputs: in the model's order.
        control: what can be rewritten; None where everything is fixed.
        structure: digest of all that a network must share with this one to be loaded in its place.
    """

    name: str
    digest: str
    clock_mhz: float
    inputs: tuple[ChipPort, ...]
    outputs: tuple[ChipPort, ...]
    control: AddressMap | None = None
    structure: str = ""

    @property
    def source(self) -> ChipPort:
        """The only input, or the first."""
        return self.inputs[0]

    @property
    def sink(self) -> ChipPort:
        """The only output, or the first."""
        return self.outputs[0]

    @property
    def single(self) -> bool:
        """Whether there is one input and one output."""
        return len(self.inputs) == len(self.outputs) == 1

    def to_json(self) -> dict[str, Any]:
        """The ports as plain JSON values."""
        return {
            "format": FORMAT,
            "name": self.name,
            "digest": self.digest,
            "clock_mhz": self.clock_mhz,
            "inputs": [port.to_json() for port in self.inputs],
            "outputs": [port.to_json() for port in self.outputs],
            "structure": self.structure,
            "control": self.control.to_json() if self.control else None,
        }


def port_map_of(graph: Graph, design: Design) -> PortMap:
    """The ports of `design`, which computes `graph`."""
    inputs = tuple(
        ChipPort(each.type, port.stream, each.encoding, port.name, port.axis, each.order)
        for each, port in zip(graph.inputs, design.inputs, strict=True)
    )
    outputs = tuple(
        _sink(graph.reading_of(each), port) for each, port in zip(graph.outputs, design.outputs, strict=True)
    )
    control = _by_rows(address_map(design), graph)
    same = structure(graph, control.layers) if control else ""
    return PortMap(design.name, design.digest, design.clock_mhz, inputs, outputs, control, same)


def _sink(reading: Reading, port: Port) -> ChipPort:
    """An output of the chip."""
    named = reading.type, port.stream, reading.affine, port.name, port.axis
    return ChipPort(*named, reading.order, reading.ranking, reading.ranked)


def meaning(ports: PortMap, graph: Graph) -> PortMap:
    """The ports with the meaning that `graph`, a network of the same structure, gives to codes."""
    inputs = zip(ports.inputs, graph.inputs, strict=True)
    outputs = zip(ports.outputs, graph.outputs, strict=True)
    return replace(
        ports,
        inputs=tuple(replace(port, affine=each.encoding, order=each.order) for port, each in inputs),
        outputs=tuple(
            replace(port, affine=each.decoding, order=each.order, ranking=each.ranking) for port, each in outputs
        ),
    )


def _by_rows(control: AddressMap | None, graph: Graph) -> AddressMap | None:
    """The address map, each layer with the order of its rows in `graph`."""
    if control is None:
        return None
    rows = {node.name: node.op.rows for node in graph.nodes if isinstance(node.op, MatMul | Conv)}
    return replace(control, layers={n: replace(layer, rows=rows[n]) for n, layer in control.layers.items()})


def structure(graph: Graph, layers: Collection[str]) -> str:
    """Digest of `graph` without what `layers` can be given anew, and without what codes mean at its ends."""

    def blank(node: Node) -> Node:
        op, before = node.op, graph.producers.get(node.inputs[0].name)
        if isinstance(op, MatMul | Conv) and node.name in layers:
            op = replace(op, weights=np.zeros_like(op.weights))
        elif isinstance(op, Threshold) and before is not None and before.name in layers:
            none = np.zeros((1, op.thresholds.shape[1]), np.int64)
            op = replace(op, thresholds=none, descending=none[:, 0])
        untyped = Value(node.output.name, TensorType(node.output.type.shape, IntType(1, signed=False)))
        return Node(node.name, op, node.inputs, untyped)

    nodes = tuple(blank(node) for node in graph.nodes)
    inputs = tuple(Input(each.value, name=each.name) for each in graph.inputs)
    outputs = tuple(Output(each.value, name=each.name) for each in graph.outputs)
    return digest(Graph(graph.input.name, inputs, nodes, outputs))


def parse_port_map(text: str, where: str) -> PortMap:
    """The ports that `PortMap.to_json` wrote as JSON.

    Raises:
        DataError: the text is something else; the message names `where`.
    """
    try:
        found = parse_json(text)
        if found["format"] != FORMAT:
            raise ValueError(f"format {found['format']}")
        control = parse_address_map(found["control"]) if found["control"] else None
        require_sound(found)
        inputs, outputs = (tuple(map(_port, found[kind])) for kind in ("inputs", "outputs"))
        known = found["name"], found["digest"], found["clock_mhz"]
        return PortMap(*known, inputs, outputs, control, found["structure"])
    except (ValueError, LookupError, TypeError, AttributeError, ArithmeticError) as error:
        raise DataError(where, "must be a port map that `hwgen build` wrote", str(error), "Build it again") from error


def _port(found: dict[str, Any]) -> ChipPort:
    dtype = parse_dtype(found["type"])
    stream = Stream(found["axis"], dtype, found["elements"], found["lanes"], vectors=found["vectors"])
    kind = TensorType(tuple(found["shape"]), dtype)
    order = _order(found["order"], kind.elements)
    given, rank = found.get("function"), len(order.shape if order else kind.shape)
    ending = None if given is None else Ending.of_json(given, rank)
    affine = Affine(np.asarray(found["scale"]), np.asarray(found["offset"]), ending)
    named = kind, stream, affine, found["name"], found["axis"]
    return ChipPort(*named, order, _ranking(found["ranking"]), found["ranked"])


def _order(found: Any, elements: int) -> Order | None:
    """The order of a port's elements; without one they are in the model's order."""
    if found is None:
        return None
    order = Order.of_json(found)
    if not order.is_permutation_of(elements):
        raise ValueError(f"an order of {order.places.size} places for {elements} elements")
    return order


def _ranking(found: Any) -> tuple[int, ...] | None:
    """The shape of the index that the host finds; None where it finds none."""
    if found is not None and math.prod(sizes_of(found)) != 1:
        raise ValueError(f"a ranking of shape {found}")
    return None if found is None else tuple(found)
