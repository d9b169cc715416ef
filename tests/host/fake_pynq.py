"""A stand-in for the `pynq` module: an overlay whose AXI DMA, in simple mode, feeds a transport.

It is as strict as the hardware: a channel takes one transfer at a time, a receive transfer ends at TLAST, buffers are
those that `allocate` gave, and no transfer is longer than the DMA's length register counts.
"""

from __future__ import annotations

from collections import deque
from types import ModuleType
from typing import Any

import numpy as np

from hwgen.host import Transport
from hwgen.hw.ports import PortMap


class Buffer(np.ndarray):
    """What `pynq.allocate` gives."""

    def flush(self) -> None:
        """Nothing is cached here."""


def allocate(shape: tuple[int, ...], dtype: Any = "u4") -> Buffer:
    return np.zeros(shape, dtype=dtype).view(Buffer)


class Channel:
    """One direction of the DMA."""

    def __init__(self, dma: FakeDma) -> None:
        self.dma, self.idle = dma, True
        self.transfers: list[int] = []

    def _start(self, array: Any, start: int, nbytes: int) -> np.ndarray:
        if not self.idle:
            raise RuntimeError("DMA channel not idle")
        assert isinstance(array, Buffer), "memory must come from pynq.allocate"
        size = nbytes or array.nbytes - start
        if size > self.dma.buffer_max_size:
            raise ValueError("transfer size is larger than the DMA's")
        self.transfers.append(size)
        return array[start : start + size]


class SendChannel(Channel):
    def transfer(self, array: Any, start: int = 0, nbytes: int = 0) -> None:
        self.dma.take(np.array(self._start(array, start, nbytes)))
        self.idle = False

    def wait(self) -> None:
        self.idle = True


class ReceiveChannel(Channel):
    def transfer(self, array: Any, start: int = 0, nbytes: int = 0) -> None:
        self.target = self._start(array, start, nbytes)
        self.idle = False

    def wait(self) -> None:
        assert not self.idle, "nothing was started"
        packet = self.dma.packets.popleft()
        self.target[: len(packet)] = packet
        self.transferred = len(packet)
        self.idle = True


class FakeDma:
    """An AXI DMA with `ports` of a design behind it that `transport` stands for."""

    def __init__(self, ports: PortMap, transport: Transport, buffer_max_size: int) -> None:
        self.ports, self.transport, self.buffer_max_size = ports, transport, buffer_max_size
        self.packets: deque[np.ndarray] = deque()
        self.sendchannel, self.recvchannel = SendChannel(self), ReceiveChannel(self)

    def take(self, data: np.ndarray) -> None:
        source, sink = self.ports.source, self.ports.sink
        frames = len(data) // source.bus_frame_bytes
        assert not data.reshape(-1, source.bus_bytes)[:, source.beat_bytes :].any(), "bytes behind a beat must be 0"
        answer = self.transport.exchange(source.from_bus(data), frames * sink.frame_bytes)
        self.packets.extend(sink.to_bus(answer).reshape(frames, -1))


class FakeCore:
    """The design's registers; what was written, as (address, word)."""

    def __init__(self, identity: int) -> None:
        self.written: list[tuple[int, int]] = []
        self.identity = identity

    def read(self, offset: int = 0) -> int:
        return self.identity

    def write(self, offset: int, value: int) -> None:
        self.written.append((offset, value))


def module(ports: PortMap, transport: Transport, *, buffer_max_size: int = 1 << 26) -> ModuleType:
    """A `pynq` whose overlay holds the design."""

    class Overlay:
        def __init__(self, bitfile: str) -> None:
            if not bitfile.endswith(".bit"):
                raise OSError(f"Bitstream file {bitfile} does not exist.")
            self.axi_dma_0 = FakeDma(ports, transport, buffer_max_size)
            setattr(self, f"{ports.name}_0", FakeCore(ports.control.identity if ports.control else 0))
            self.ip_dict = {"axi_dma_0": {}, f"{ports.name}_0": {}}

    pynq = ModuleType("pynq")
    pynq.Overlay, pynq.allocate = Overlay, allocate  # type: ignore[attr-defined]
    return pynq
