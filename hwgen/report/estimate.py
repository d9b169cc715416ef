"""What a design will do, before anything is simulated: exact cycles, rates at the clock, memories, resources."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import reduce
from operator import add
from typing import Any

from hwgen.hw.cost import design_chains, edge_resources, unit_resources
from hwgen.hw.cycles import CycleModel
from hwgen.hw.dataflow import DEFAULT_DEPTH, dataflow
from hwgen.hw.design import Design
from hwgen.hw.device import Family, device_of
from hwgen.hw.explain import Explanation
from hwgen.hw.hls_memory import HlsMemory, streams_memory, unit_memory
from hwgen.hw.limits import layers_behind
from hwgen.hw.memory import Memory, MemoryPort
from hwgen.hw.resources import Resources
from hwgen.hw.unit import Unit


@dataclass(frozen=True)
class LayerEstimate:
    """One layer: its folding, its cycles a frame and its memories.

    Attributes:
        simd: None for a layer without weights.
        window_cycles: of the sliding window unit in front of it, 0 where there is none.
        inputs, outputs: codes of a frame.
        weight_bits, threshold_bits, line_bits: sizes of the memories, spare places included.
        memory: where the weights live, `distributed` (LUT), `block` or `external`.
        utilisation: cycles of the layer over cycles of the slowest unit.
    """

    name: str
    origin: str
    kind: str
    pe: int
    simd: int | None
    cycles: int
    window_cycles: int
    inputs: int
    outputs: int
    input_type: str
    weight_type: str | None
    output_type: str
    weight_bits: int
    threshold_bits: int
    line_bits: int
    memory: str | None
    fifo_depth: int
    utilisation: float


@dataclass(frozen=True)
class UnitEstimate:
    """One unit: its resources and its utilisation.

    Attributes:
        layer: that the unit is reported with: an adapter with the next layer downstream.
        kind: of kernel, such as `mvtu`, `window`, `fifo`, `width`.
        cycles: of a frame without waiting.
        utilisation: those over the design's interval.
        starved_cycles, blocked_cycles: waiting for beats and for room, a frame in steady state.
        depth: beats of a FIFO; None for other units.
        held: the peak occupancy of a FIFO in beats; None for other units.
        width: bits of an output beat.
    """

    name: str
    layer: str
    kind: str
    cycles: int
    utilisation: float
    starved_cycles: float
    blocked_cycles: float
    depth: int | None
    held: int | None
    width: int
    resources: Resources


@dataclass(frozen=True)
class HlsEstimate:
    """Cycles of the HLS project, whatever the depth of the pipelines that the tool makes, and its memories.

    Attributes:
        interval_cycles: between frames at most.
        latency_cycles: the least and the most from the first input beat taken to the last output beat of the first
            frame.
        stream_depths: beats that streams between functions hold, by name.
        memory: of all tables, arrays and streams; `stream_memory` of the streams alone.
        unit_memory: of the functions of each unit that keeps any, by its name.
    """

    interval_cycles: int
    latency_cycles: tuple[int, int]
    stream_depths: Mapping[str, int]
    memory: HlsMemory
    stream_memory: HlsMemory
    unit_memory: Mapping[str, HlsMemory]


@dataclass(frozen=True)
class ExternalEstimate:
    """A layer whose weights lie in an external memory.

    Attributes:
        port: through which it reads them; `width` bits wide.
        size: bytes that lie there, `frame_bytes` of which are read in a frame: all of them for each vector.
        interval_cycles: in which the memory gives them, by the bandwidth that it is said to have.
        bandwidth: bytes a second that it takes at the design's interval.
    """

    layer: str
    port: str
    width: int
    size: int
    frame_bytes: int
    interval_cycles: int
    bandwidth: float


@dataclass(frozen=True)
class Estimate:
    """The figures of a design at its clock.

    Attributes:
        device: the FPGA that `part` names; its capacity is `hwgen.hw.device.device_of(part).capacity`.
        resources: of all units and the edge of the top level, by the cost model of `hwgen.hw.cost`.
        interval_cycles: between frames in steady state.
        latency_cycles: from the first input beat taken to the last output beat of the first frame.
        bottleneck: the name of the unit with the most cycles a frame.
        explanation: what sets the interval, and what the next faster step would cost.
        gated: layers that take fewer cycles where their gates are closed; all figures are with every gate open.
        hls: the same of the HLS project; None where there is none.
        warnings: to the user, a line each.
        external: layers whose weights lie in an external memory.
        carry4: carry chains of four bits, by the cost model; a slice has one beside its four LUTs. 0 on ECP5.
    """

    name: str
    part: str
    clock_mhz: float
    interval_cycles: int
    latency_cycles: int
    fps: float
    latency_us: float
    bottleneck: str
    layers: tuple[LayerEstimate, ...]
    units: tuple[UnitEstimate, ...]
    device: str
    resources: Resources
    explanation: Explanation | None = None
    gated: tuple[str, ...] = ()
    hls: HlsEstimate | None = None
    warnings: tuple[str, ...] = ()
    carry4: int = 0
    external: tuple[ExternalEstimate, ...] = ()

    @property
    def slowest_layer(self) -> str:
        """The layer that the bottleneck belongs to."""
        return next(unit.layer for unit in self.units if unit.name == self.bottleneck)

    @property
    def external_line(self) -> str:
        """What an external memory must give: bytes a frame, and a second at the interval; empty where there is none."""
        if not self.external:
            return ""
        each = ", ".join(f"{layer.layer} {_amount(layer.frame_bytes)}" for layer in self.external)
        total, rate = (sum(getattr(layer, of) for layer in self.external) for of in ("frame_bytes", "bandwidth"))
        needs = f"external memory: {_amount(total)} a frame ({each}), {_amount(rate)}/s at the interval"
        return f"{needs}; it gives a frame's weights in {max(each.interval_cycles for each in self.external):,} cycles"

    def taken_by(self, layer: str) -> Resources:
        """What a layer takes with the units around it."""
        return reduce(add, (unit.resources for unit in self.units if unit.layer == layer))

    def to_json(self) -> dict[str, Any]:
        """The report as plain JSON values."""
        return asdict(self)


def estimate(
    design: Design, input_interval: int = 0, explanation: Explanation | None = None, warnings: tuple[str, ...] = ()
) -> Estimate:
    """The estimate of `design` where the source offers a frame every `input_interval` cycles, 0 for as fast as it can.

    Raises:
        DeadlockError: the design is in a deadlock.
    """
    model = design.cycles_at(input_interval)
    slowest = design.slowest
    latency = model.predict(1).latency
    device = device_of(design.part)
    units = _units(design, model, device.family)
    return Estimate(
        name=design.name,
        part=design.part,
        clock_mhz=design.clock_mhz,
        interval_cycles=model.interval,
        latency_cycles=latency,
        fps=design.clock_mhz * 1e6 / model.interval,
        latency_us=latency / design.clock_mhz,
        bottleneck=slowest.name,
        layers=tuple(_layer(unit, design, slowest.cycles) for unit in design.layers),
        units=units,
        device=device.name,
        resources=reduce(add, (unit.resources for unit in units), edge_resources(design, device.family)),
        explanation=explanation,
        gated=tuple(unit.name for unit in design.gated),
        hls=_hls(design, input_interval),
        warnings=warnings,
        carry4=design_chains(design, device.family),
        external=tuple(_external(port, design.clock_mhz * 1e6 / model.interval) for port in design.memory_ports),
    )


def _amount(size: float) -> str:
    """Bytes with a prefix: `4.72 MB`."""
    for prefix, unit in (("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if size >= unit:
            return f"{size / unit:,.3g} {prefix}B"
    return f"{size:,.0f} B"


def _external(port: MemoryPort, fps: float) -> ExternalEstimate:
    sizes = port.width, port.size, port.frame_bytes, port.interval
    return ExternalEstimate(port.layer, port.name, *sizes, bandwidth=port.frame_bytes * fps)


def _hls(design: Design, input_interval: int) -> HlsEstimate | None:
    if design.hls is None:
        return None
    depths = {name: design.hls.depths.get(name, DEFAULT_DEPTH) for name in dataflow(design).streams}
    family, none = device_of(design.part).family, HlsMemory()
    streams = streams_memory(design, depths, family)
    units = {unit.name: memory for unit in design.units if (memory := unit_memory(unit, family)) != none}
    interval = max(design.hls.interval, input_interval)
    return HlsEstimate(interval, design.hls.latency, depths, reduce(add, units.values(), streams), streams, units)


def _units(design: Design, model: CycleModel, family: Family) -> tuple[UnitEstimate, ...]:
    return tuple(
        UnitEstimate(
            name=unit.name,
            layer=layer,
            kind=unit_kind(unit),
            cycles=unit.cycles,
            utilisation=unit.cycles / model.interval,
            starved_cycles=model.waits[unit.name].starved / model.period_frames,
            blocked_cycles=model.waits[unit.name].blocked / model.period_frames,
            depth=unit.fifo_depth,
            held=None if unit.fifo_depth is None else model.peak_occupancy[unit.output.name],
            width=unit.outputs[0].width,
            resources=unit_resources(unit, family),
        )
        for unit, layer in zip(design.units, layers_behind(design), strict=True)
    )


def unit_kind(unit: Unit) -> str:
    """The kernel of `unit` in a word."""
    return unit.label.split()[-1]


def _layer(unit: Unit, design: Design, slowest: int) -> LayerEstimate:
    memories = {store.port: store.memory for store in unit.stores}
    product, weights = unit.weighted, memories.get("weights")
    window, fifos = _around(unit, design)
    return LayerEstimate(
        name=unit.name,
        origin=unit.origin,
        kind=unit.label,
        pe=unit.lanes,
        simd=unit.simd_lanes,
        cycles=unit.cycles,
        window_cycles=window.cycles if window else 0,
        inputs=window.input.size if window else _taken(unit, design),
        outputs=unit.output.size,
        input_type=str(unit.inputs[0].dtype),
        weight_type=str(product.weight_type) if product else None,
        output_type=str(unit.output.dtype),
        weight_bits=_bits(weights),
        threshold_bits=_bits(memories.get("thresholds")),
        line_bits=_bits(window.lines if window else None),
        memory=_place(unit, design, weights),
        fifo_depth=sum(fifo.fifo_depth or 0 for fifo in fifos),
        utilisation=unit.cycles / slowest,
    )


def _taken(unit: Unit, design: Design) -> int:
    """Codes of a frame that a layer takes, its weights aside."""
    return sum(stream.size for stream in unit.inputs if stream.name not in design.read_ahead)


def _place(unit: Unit, design: Design, weights: Memory | None) -> str | None:
    """Where the weights of a layer live."""
    if any(port.layer == unit.name for port in design.memory_ports):
        return "external"
    return weights.style.value if weights else None


def _around(unit: Unit, design: Design) -> tuple[Unit | None, list[Unit]]:
    """The sliding window unit in front of a layer, and its FIFOs."""
    writers = {stream.name: writer for writer in design.units for stream in writer.outputs}
    before = [writers[stream.name] for stream in unit.inputs if stream.name in writers]
    window = next((each for each in before if each.is_adapter and each.lines is not None), None)
    return window, [each for each in before if each.fifo_depth is not None]


def _bits(memory: Memory | None) -> int:
    return memory.bits if memory else 0
