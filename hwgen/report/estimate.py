"""What a design will do, before anything is simulated: exact cycles, rates at the clock, memories."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from hwgen.hw.design import Design, Layer
from hwgen.hw.fifo import cycles
from hwgen.hw.kernel import Rom
from hwgen.hw.kernels.argmax import ArgMaxUnit
from hwgen.hw.kernels.fifo import Fifo
from hwgen.hw.kernels.matvec import MatVec


@dataclass(frozen=True)
class LayerEstimate:
    """One layer: its folding, its cycles a frame and what it keeps in memory.

    Attributes:
        simd: None for a layer without weights.
        weight_bits, threshold_bits: sizes of the memories, spare places included.
        memory: where the weights live, `distributed` (LUT) or `block`.
        utilisation: cycles of the layer over cycles of the slowest unit.
    """

    name: str
    origin: str
    kind: str
    pe: int
    simd: int | None
    cycles: int
    inputs: int
    outputs: int
    input_type: str
    weight_type: str | None
    output_type: str
    weight_bits: int
    threshold_bits: int
    memory: str | None
    fifo_depth: int
    utilisation: float


@dataclass(frozen=True)
class Estimate:
    """The figures of a design at its clock.

    Attributes:
        interval_cycles: between frames in steady state.
        latency_cycles: from the first input beat taken to the last output beat of the first frame.
        bottleneck: the name of the unit with the most cycles a frame.
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

    def to_json(self) -> dict[str, Any]:
        """The report as plain JSON values."""
        return asdict(self)


def estimate(design: Design) -> Estimate:
    """The estimate of `design`."""
    model = cycles(design)
    slowest = max(design.units, key=lambda unit: unit.cycles)
    latency = model.predict(1).latency
    depths = {unit.name.removesuffix("_fifo"): unit.depth for unit in design.units if isinstance(unit, Fifo)}
    return Estimate(
        name=design.name,
        part=design.part,
        clock_mhz=design.clock_mhz,
        interval_cycles=model.interval,
        latency_cycles=latency,
        fps=design.clock_mhz * 1e6 / model.interval,
        latency_us=latency / design.clock_mhz,
        bottleneck=slowest.name,
        layers=tuple(_layer(unit, depths.get(unit.name, 0), slowest.cycles) for unit in design.layers),
    )


def _layer(unit: Layer, fifo_depth: int, slowest: int) -> LayerEstimate:
    weights = unit.weight_rom if isinstance(unit, MatVec) else None
    thresholds = None if isinstance(unit, ArgMaxUnit) else unit.threshold_rom
    return LayerEstimate(
        name=unit.name,
        origin=unit.origin,
        kind=_kind(unit),
        pe=unit.output.lanes if isinstance(unit, MatVec) else unit.input.lanes,
        simd=unit.input.lanes if isinstance(unit, MatVec) else None,
        cycles=unit.cycles,
        inputs=unit.input.elements,
        outputs=unit.output.elements,
        input_type=str(unit.input.dtype),
        weight_type=str(unit.weight_type) if isinstance(unit, MatVec) else None,
        output_type=str(unit.output.dtype),
        weight_bits=_bits(weights),
        threshold_bits=_bits(thresholds),
        memory=weights.style.value if weights else None,
        fifo_depth=fifo_depth,
        utilisation=unit.cycles / slowest,
    )


def _kind(unit: Layer) -> str:
    match unit:
        case MatVec():
            return "xnor mvtu" if unit.is_xnor else "integer mvtu"
        case ArgMaxUnit():
            return "argmax"
        case _:
            return "threshold"


def _bits(rom: Rom | None) -> int:
    return rom.bits if rom else 0
