"""What several devices will do together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from hwgen.hw.cuts import LinkEstimate
from hwgen.hw.joined import Joined, device_name
from hwgen.report.estimate import Estimate


@dataclass(frozen=True)
class DevicesEstimate:
    """The figures of all devices, their streams joined with nothing between: see `hwgen.report.estimate.Estimate`."""

    name: str
    clock_mhz: float
    interval_cycles: int
    latency_cycles: int
    fps: float
    latency_us: float
    links: tuple[LinkEstimate, ...]
    devices: Mapping[str, Estimate]

    def to_json(self) -> dict[str, Any]:
        """The report as plain JSON values."""
        return asdict(self)


def estimate_devices(
    joined: Joined, cuts: Sequence[str], parts: Sequence[Estimate], input_interval: int = 0
) -> DevicesEstimate:
    """The estimate of devices, of the estimate of each; the source offers a frame every `input_interval` cycles.

    Raises:
        DeadlockError: they are in a deadlock.
    """
    model = joined.cycles_at(input_interval)
    latency, interval = model.predict(1).latency, model.interval
    fps = joined.clock_mhz * 1e6 / interval
    return DevicesEstimate(
        joined.name,
        joined.clock_mhz,
        interval,
        latency,
        fps,
        latency / joined.clock_mhz,
        tuple(LinkEstimate.of(*each, fps) for each in zip(cuts, joined.links, strict=True)),
        {device_name(index): each for index, each in enumerate(parts)},
    )
