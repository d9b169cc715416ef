"""Transports: they carry bytes between a host and a design."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from hwgen.hw.packing import Bytes


class Transport(Protocol):
    """Carries whole frames to a design and its answers back, as bytes in the order of `tdata`."""

    def exchange(self, data: Bytes, size: int) -> Bytes:
        """Send the bytes of whole frames, (n,); the `size` bytes that come back, (size,)."""
        ...

    def now(self) -> float:
        """Seconds on the clock that a throughput is measured by."""
        ...


@runtime_checkable
class Control(Protocol):
    """A transport that also reaches the design's AXI4-Lite port."""

    def write(self, address: int, words: list[int]) -> None:
        """Write 32-bit `words` from byte address `address` on, in ascending order."""
        ...
