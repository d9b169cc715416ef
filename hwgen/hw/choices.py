"""What a user decides about a design beside its folding, and limits that every design must keep."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from hwgen.errors import ConfigError, ModelError
from hwgen.hw.external import EXTERNAL, USUAL, ExternalSource, external_memories
from hwgen.hw.folding import fused_gate, fused_threshold
from hwgen.hw.memory import ExternalMemory, MemoryStyle
from hwgen.hw.resources import Budget
from hwgen.hw.timing import PipelineRequest
from hwgen.ir.graph import Graph, Node
from hwgen.ir.ops import Conv, MatMul, Threshold


@dataclass(frozen=True)
class Choices:
    """What a user decides about a design beside its folding.

    Attributes:
        memory: style of a layer's weight memory and line buffer, by its name; the default rule where it is not named.
        folded_planes: names of layers whose residual planes go through one array, one after another; the other layers
            have an array for each plane.
        fifo_depths: beats of a FIFO by its name, 0 for none; the others are sized around them.
        round_fifos: whether FIFOs are as deep as the memory that they take.
        pipeline: registers of units with weights for a faster clock.
        writable: names of layers whose weights and thresholds can be rewritten at run time.
        tlast: whether the ports of the HLS project carry TLAST.
        searched: whether codes are searched, and the thresholds of a search kept, where that costs less; the cost of
            others is measured without.
        pooled: whether layers change between LUTs and multiplier blocks where either runs out; the cost of others is
            measured without.
        budget: what the design may take, which says whether layers take LUTs or multiplier blocks (`hwgen.hw.pools`).
        external: what an external memory gives to the layers whose weights lie there, by name; `source` is the memory.
        input_lanes: elements a beat of an input, by its name; as many as its first layer takes where it is not named.
        wired: whether layers whose weights are one word are wired where that is cheaper; the cost of others is measured
            without.
    """

    memory: Mapping[str, MemoryStyle] = field(default_factory=dict)
    folded_planes: frozenset[str] = frozenset()
    fifo_depths: Mapping[str, int] = field(default_factory=dict)
    round_fifos: bool = False
    pipeline: PipelineRequest | None = None
    writable: frozenset[str] = frozenset()
    tlast: bool = True
    wired: bool = True
    searched: bool = True
    pooled: bool = True
    budget: Budget = field(default_factory=Budget)
    external: Mapping[str, ExternalMemory] = field(default_factory=dict)
    source: ExternalSource = USUAL
    input_lanes: Mapping[str, int] = field(default_factory=dict)


def choices_for(
    graph: Graph,
    memory: Mapping[str, str],
    planes: Mapping[str, str] | None = None,
    writable: Collection[str] = (),
    source: ExternalSource = USUAL,
) -> Choices:
    """Choices of memories and arithmetic that fit `graph`; `planes` is "parallel" or "serial" by layer.

    `source` is the external memory of layers whose memory is "external".

    Raises:
        ConfigError: an unknown layer, residual planes where there are none, or a writable or an external layer that
            cannot be one.
    """
    planes = planes or {}
    names = [node.name for node in graph.nodes if isinstance(node.op, MatMul | Conv)]
    for setting, chosen in (("memory", memory), ("planes", planes), ("writable", writable)):
        for name in chosen:
            if name not in names:
                raise ConfigError(setting, f"must name layers with weights ({', '.join(names)})", name)
    for name in planes:
        _require_planes(graph.node(name))
    for name in writable:
        _require_writable(graph, graph.node(name))
    folded_planes = frozenset(name for name, order in planes.items() if order == "serial")
    styles = {name: MemoryStyle(style) for name, style in memory.items() if style != EXTERNAL}
    outside = [name for name, style in memory.items() if style == EXTERNAL]
    for name in outside:
        _require_streamed(graph, graph.node(name), folded_planes, writable, source.width)
    external = external_memories(graph, outside, source)
    return Choices(styles, folded_planes, writable=frozenset(writable), external=external, source=source)


def _require_streamed(graph: Graph, node: Node, serial: Collection[str], writable: Collection[str], width: int) -> None:
    """The layer `node` must be one whose weights can come as a stream of `width` bits. Raises: ConfigError."""
    found = why_not_streamed(graph, node, serial, writable, width)
    if found:
        must = f"{node.name} must be a layer whose vectors all meet its weights in the same order to be external"
        raise ConfigError("memory", must, f"it {found}", "Leave it on the chip")


def why_not_streamed(graph: Graph, node: Node, serial: Collection[str], writable: Collection[str], width: int) -> str:
    """Why the weights of a layer with weights cannot come as a stream of `width` bits; empty where they can."""
    assert isinstance(node.op, MatMul | Conv)
    bits = node.op.weights.size * node.op.weight_type.bits
    reasons = {
        "is depthwise: each weight meets one channel": isinstance(node.op, Conv) and node.op.is_depthwise,
        "takes its residual planes one after another, which meet each weight again": node.name in serial,
        "has a gate, which drops vectors": fused_gate(graph, node) is not None,
        "is writable: the host rewrites what lies on the chip": node.name in writable,
        f"has {bits:,} bits of weights, less than a word of the port of {width}": bits < width,
    }
    return next((reason for reason, holds in reasons.items() if holds), "")


def _require_planes(node: Node) -> None:
    """The layer `node` must read residual planes. Raises: ConfigError."""
    assert isinstance(node.op, MatMul | Conv)
    if not node.op.planes.size:
        found = f"inputs of {node.inputs[0].type.dtype}"
        raise ConfigError("planes", f"{node.name} must read residual planes", found, "Leave it out")


def _require_writable(graph: Graph, node: Node) -> None:
    """The layer `node` must be one whose parameters can be rewritten. Raises: ConfigError."""
    if fused_gate(graph, node) is not None:
        found = "thresholds for each code of its gate"
        raise ConfigError("writable", f"{node.name} must have one set of thresholds", found, "Leave it out")
    if fused_threshold(graph, node) is None and not graph.leaves(node.output):
        must = f"the accumulators of {node.name} must go to its quantiser or leave the chip"
        readers = ", ".join(user.name for user in graph.users.get(node.output.name, ()))
        raise ConfigError("writable", must, f"{readers} behind it", "Leave it out")


def require_constants(node: Node) -> None:
    """The numbers that units have as parameters must fit 32 bits. Raises: ModelError."""
    match node.op:
        case Threshold(base=base) if not -(1 << 31) <= base < 1 << 31:
            must, found = "its codes must start within 32 bits", str(base)
            raise ModelError(node.label, must, found, "Use a quantiser whose codes lie nearer to 0")
        case MatMul(weights=weights, planes=planes) | Conv(weights=weights, planes=planes) if planes.size:
            most = sum(planes.tolist()) * weights[0].size
            if most >= 1 << 31:
                must = "the factors of its planes, all inputs together, must fit 32 bits"
                raise ModelError(node.label, must, str(most), "Use coarser factors")
