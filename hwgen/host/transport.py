"""Transports: they carry bytes between a host and a design."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from hwgen.hw.packing import Bytes


@runtime_checkable
class Transport(Protocol):
    """Carries whole frames to a design of one input and one output, and its answers back, as bytes of `tdata`."""

    def exchange(self, data: Bytes, size: int) -> Bytes:
        """Send the bytes of whole frames, (n,); the `size` bytes that come back, (size,)."""
        ...

    def now(self) -> float:
        """Seconds on the clock that a throughput is measured by."""
        ...


@runtime_checkable
class Transports(Protocol):
    """Carries whole frames to a design of any inputs and outputs, all its streams at once."""

    def exchange_all(self, data: Sequence[Bytes], sizes: Sequence[int]) -> Sequence[Bytes]:
        """Send the bytes of as many whole frames to each input; the bytes that come back from each output."""
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
