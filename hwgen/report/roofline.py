"""Rooflines: the binary operations a second that a part lets a network do, and those that its design does.

After Williams et al. (CACM 2009), with two roofs:

- *compute*: every LUT of the part does operations of this design's cost, `LUTs / (LUTs per operation) * clock`. The
  cost is what the design's own units that multiply take, by the cost model; beside it stands FINN's published rule of
  2.5 LUTs per binary operation. Block RAM, routing and the other units are left out: it is a roof, not a forecast.
- *input*: `operations per input byte * bytes per second`, the bytes as frames cross the edge of the chip (AXI4-Stream,
  beats padded to bytes). The bandwidth is that of the design's own input stream, or of the board where it is given.

Weights stay on the chip and have no roof. Attainable is the lower of the two roofs. The *folded* peak, all units that
multiply busy all the time, is between achieved and attainable: achieved is below it by imbalance between layers, and it
is below attainable by the folding.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from hwgen.hw.design import Design
from hwgen.hw.device import device_of
from hwgen.ir.graph import Graph
from hwgen.ir.work import layers_work, network_work
from hwgen.report.estimate import Estimate
from hwgen.report.figures import Figure

PUBLISHED_LUT_PER_OPERATION = 2.5
"""FINN's cost of a binary operation (Umuroglu et al., FPGA 2017, section 3): 5 LUTs an XNOR MAC."""

PRODUCTS = ("mvtu", "depthwise")
"""Kinds of units that multiply."""


@dataclass(frozen=True)
class Roofline:
    """A design under the roofs of a part; rates in binary operations a second (`hwgen.ir.work`).

    Attributes:
        operations: of a frame.
        input_bytes: of a frame, as it crosses the edge of the chip.
        bandwidth: bytes a second that reach the chip.
        bandwidth_of: `input stream` or `board`.
        lut_per_operation: of the design's own units that multiply, an operation every cycle; FINN's where it has none.
        folded: all of those units busy all the time.
        achieved: from the design's interval, measured or predicted.
    """

    name: str
    part: str
    device: str
    clock_mhz: float
    luts: int
    operations: int
    input_bytes: int
    bandwidth: float
    bandwidth_of: str
    lut_per_operation: float
    folded: float
    achieved: Figure

    @property
    def intensity(self) -> float:
        """Operations per input byte."""
        return self.operations / self.input_bytes

    @property
    def compute_roof(self) -> float:
        """At the cost of the design's own units."""
        return self._roof(self.lut_per_operation)

    @property
    def published_roof(self) -> float:
        """At FINN's published cost."""
        return self._roof(PUBLISHED_LUT_PER_OPERATION)

    def _roof(self, lut_per_operation: float) -> float:
        return self.luts / lut_per_operation * self.clock_mhz * 1e6

    @property
    def input_roof(self) -> float:
        return self.intensity * self.bandwidth

    @property
    def attainable(self) -> float:
        return min(self.compute_roof, self.input_roof)

    @property
    def limit(self) -> str:
        """Which roof is the lower one: `compute` or `input`."""
        return "compute" if self.compute_roof <= self.input_roof else "input"

    @property
    def share(self) -> float:
        """Achieved over attainable; above 1 only where the design takes more LUTs than the part has."""
        return self.achieved.value / self.attainable if self.attainable else 0.0

    def to_json(self) -> dict[str, Any]:
        """The roofline as plain JSON values."""
        names = ("intensity", "compute_roof", "published_roof", "input_roof", "attainable", "limit", "share")
        roofs = {name: getattr(self, name) for name in names}
        return {**asdict(self), "achieved": self.achieved.to_json(), **roofs}


def roofline(graph: Graph, design: Design, report: Estimate, fps: Figure, bandwidth: float | None = None) -> Roofline:
    """The roofline of a design of `graph`.

    Args:
        fps: frames a second, measured or predicted.
        bandwidth: bytes a second that the board brings to the chip; those of the input streams where None.
    """
    work = layers_work(graph)
    operations = network_work(graph).operations
    per_cycle = sum(work[layer.name].operations / layer.cycles for layer in report.layers if layer.name in work)
    luts = sum(unit.resources.lut for unit in report.units if unit.kind in PRODUCTS)
    streams = [port.stream for port in design.inputs]
    beat = sum(stream.axis_width // 8 for stream in streams)
    clock = report.clock_mhz * 1e6
    return Roofline(
        name=report.name,
        part=report.part,
        device=report.device,
        clock_mhz=report.clock_mhz,
        luts=device_of(report.part).capacity.lut,
        operations=operations,
        input_bytes=sum(stream.beats * (stream.axis_width // 8) for stream in streams),
        bandwidth=beat * clock if bandwidth is None else bandwidth,
        bandwidth_of="input stream" if bandwidth is None else "board",
        lut_per_operation=luts / per_cycle if luts and per_cycle else PUBLISHED_LUT_PER_OPERATION,
        folded=per_cycle * clock,
        achieved=fps * operations,
    )
