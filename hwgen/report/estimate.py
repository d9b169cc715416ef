"""What a design will do, before anything is simulated: exact cycles, rates at the clock, memories, resources."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import reduce
from operator import add
from typing import Any

from hwgen.hw.cost import design_resources, unit_resources
from hwgen.hw.cycles import CycleModel
from hwgen.hw.design import Design, Layer, Unit
from hwgen.hw.device import Family, device_of
from hwgen.hw.explain import Explanation
from hwgen.hw.kernel import Memory
from hwgen.hw.kernels.add import AddUnit
from hwgen.hw.kernels.argmax import ArgmaxUnit
from hwgen.hw.kernels.concat import ConcatUnit
from hwgen.hw.kernels.depthwise import DepthwiseUnit
from hwgen.hw.kernels.fifo import FifoUnit
from hwgen.hw.kernels.fork import ForkUnit
from hwgen.hw.kernels.magnitude import MagnitudeUnit
from hwgen.hw.kernels.mvtu import MvtuUnit
from hwgen.hw.kernels.mvtu_gated import MvtuGatedUnit
from hwgen.hw.kernels.pool import PoolUnit
from hwgen.hw.kernels.scale import ScaleUnit
from hwgen.hw.kernels.threshold import ThresholdUnit
from hwgen.hw.kernels.width import WidthUnit
from hwgen.hw.kernels.window import WindowUnit
from hwgen.hw.limits import layers_behind
from hwgen.hw.resources import Resources


@dataclass(frozen=True)
class LayerEstimate:
    """One layer: its folding, its cycles a frame and what it keeps in memory.

    Attributes:
        simd: None for a layer without weights.
        window_cycles: of the sliding window unit in front of it, 0 where there is none.
        inputs, outputs: codes of a frame.
        weight_bits, threshold_bits, line_bits: sizes of the memories, spare places included.
        memory: where the weights live, `distributed` (LUT) or `block`.
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
    """One unit: what it takes, and how much of the time it works.

    Attributes:
        layer: that it belongs to: a unit that only carries belongs to the first layer behind it.
        kind: of kernel, such as `mvtu`, `window`, `fifo`, `width`.
        cycles: it needs for a frame if nobody makes it wait.
        utilisation: those over the design's interval.
        starved_cycles, blocked_cycles: that it waits for beats and for room, a frame in steady state.
        depth: beats of a FIFO; None elsewhere.
        held: the most beats that a FIFO ever holds: its high-water mark; None elsewhere.
        width: bits of a beat that it writes.
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
        warnings: what a user should look at.
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
    warnings: tuple[str, ...] = ()

    @property
    def slowest_layer(self) -> str:
        """The layer that the bottleneck belongs to."""
        return next(unit.layer for unit in self.units if unit.name == self.bottleneck)

    def taken_by(self, layer: str) -> Resources:
        """What a layer takes with the units around it."""
        return reduce(add, (unit.resources for unit in self.units if unit.layer == layer))

    def to_json(self) -> dict[str, Any]:
        """The report as plain JSON values."""
        return asdict(self)


def estimate(
    design: Design, pace: int = 0, explanation: Explanation | None = None, warnings: tuple[str, ...] = ()
) -> Estimate:
    """The estimate of `design` where the source offers a frame every `pace` cycles, or as fast as they are taken.

    Raises:
        DeadlockError: some unit waits for ever.
    """
    model = design.cycles_at(pace)
    slowest = design.slowest
    latency = model.predict(1).latency
    device = device_of(design.part)
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
        units=_units(design, model, device.family),
        device=device.name,
        resources=design_resources(design, device.family),
        explanation=explanation,
        gated=tuple(unit.name for unit in design.gated),
        warnings=warnings,
    )


def _units(design: Design, model: CycleModel, family: Family) -> tuple[UnitEstimate, ...]:
    return tuple(
        UnitEstimate(
            name=unit.name,
            layer=layer,
            kind=unit_kind(unit),
            cycles=unit.cycles,
            utilisation=unit.cycles / model.interval,
            starved_cycles=model.waits[unit.name].starved / model.period,
            blocked_cycles=model.waits[unit.name].blocked / model.period,
            depth=unit.depth if isinstance(unit, FifoUnit) else None,
            held=model.held[unit.output.name] if isinstance(unit, FifoUnit) else None,
            width=unit.outputs[0].width,
            resources=unit_resources(unit, family),
        )
        for unit, layer in zip(design.units, layers_behind(design), strict=True)
    )


def unit_kind(unit: Unit) -> str:
    """The kernel of `unit` in a word."""
    match unit:
        case MvtuUnit() | MvtuGatedUnit():
            return "mvtu"
        case WindowUnit():
            return "window"
        case WidthUnit():
            return "width"
        case ForkUnit():
            return "fork"
        case FifoUnit():
            return "fifo"
        case _:
            return _kind(unit).split()[-1]


def _layer(unit: Layer, design: Design, slowest: int) -> LayerEstimate:
    inner = unit.product if isinstance(unit, MvtuGatedUnit) else unit
    product = inner if isinstance(inner, MvtuUnit | DepthwiseUnit) else None
    weights = product.weight_rom if product else None
    thresholds = (
        unit.threshold_rom if isinstance(unit, MvtuUnit | MvtuGatedUnit | DepthwiseUnit | ThresholdUnit) else None
    )
    lines, fifos = _around(unit, design)
    return LayerEstimate(
        name=unit.name,
        origin=unit.origin,
        kind=_kind(unit),
        pe=unit.inputs[0].lanes if isinstance(unit, ThresholdUnit | MagnitudeUnit | ArgmaxUnit) else unit.output.lanes,
        simd=product.simd if isinstance(product, MvtuUnit) else None,
        cycles=unit.cycles,
        window_cycles=lines.cycles if lines else 0,
        inputs=lines.input.size if lines else sum(stream.size for stream in unit.inputs),
        outputs=unit.output.size,
        input_type=str(unit.inputs[0].dtype),
        weight_type=str(product.weight_type) if product else None,
        output_type=str(unit.output.dtype),
        weight_bits=_bits(weights),
        threshold_bits=_bits(thresholds),
        line_bits=_bits(lines.memory if lines else None),
        memory=weights.style.value if weights else None,
        fifo_depth=sum(fifo.depth for fifo in fifos),
        utilisation=unit.cycles / slowest,
    )


def _around(unit: Layer, design: Design) -> tuple[WindowUnit | None, list[FifoUnit]]:
    """The sliding window unit in front of a layer, and its FIFOs."""
    writers = {stream.name: writer for writer in design.units for stream in writer.outputs}
    before = [writers.get(stream.name) for stream in unit.inputs]
    window = next((each for each in before if isinstance(each, WindowUnit)), None)
    return window, [each for each in before if isinstance(each, FifoUnit)]


_KINDS: Mapping[type[Layer], str] = {
    DepthwiseUnit: "depthwise",
    MagnitudeUnit: "magnitude",
    AddUnit: "add",
    ScaleUnit: "scale",
    ConcatUnit: "concat",
    ThresholdUnit: "threshold",
    ArgmaxUnit: "argmax",
}


def _kind(unit: Layer) -> str:
    match unit:
        case MvtuGatedUnit():
            return f"gated {_kind(unit.product)}"
        case MvtuUnit():
            if unit.planes:
                return f"{len(unit.planes)}-plane mvtu"
            return "xnor mvtu" if unit.is_xnor or unit.counted else "integer mvtu"
        case PoolUnit():
            return f"{unit.kind.value} pool"
        case _:
            return _KINDS[type(unit)]


def _bits(memory: Memory | None) -> int:
    return memory.bits if memory else 0
