"""A PYNQ board: the design in its overlay, behind an AXI DMA in simple mode."""

from __future__ import annotations

import importlib
import time
from pathlib import Path
from typing import Any

import numpy as np

from hwgen.errors import ConfigError, DataError, ToolError
from hwgen.hw.packing import Bytes
from hwgen.hw.ports import PortMap

BLOCK_BYTES = 1 << 20
"""Bytes of frames that are sent in one transfer, where a frame has no more: contiguous memory is scarce on a board."""


class PynqTransport:
    """Sends blocks of frames by one transfer each, and receives frame by frame: TLAST ends a transfer.

    Args:
        bitfile: the overlay; its `.hwh` lies beside it.
        dma: name of the AXI DMA in the overlay.
        control: name of the design in the overlay, for its AXI4-Lite port.

    Raises:
        ToolError: there is no PYNQ here, or the overlay does not load.
        ConfigError: the overlay has no such DMA, or its transfers are shorter than a frame.
    """

    def __init__(self, ports: PortMap, bitfile: str | Path, *, dma: str = "axi_dma_0", control: str = "") -> None:
        try:
            pynq: Any = importlib.import_module("pynq")
        except ImportError as error:
            change = "Run this on a PYNQ board, or choose another place with --backend"
            raise ToolError("pynq", "must be installed to reach a board", "no such Python package", change) from error
        try:
            self.overlay = pynq.Overlay(str(bitfile))
        except OSError as error:
            found = str(error).rstrip(".")
            raise ToolError("pynq", "must load the overlay", found, "Check the bitstream and its .hwh") from error
        self.control = control or f"{ports.name}_0"
        self.identity = ports.control.identity if ports.control else 0
        engine = self._core(dma, "an AXI DMA")
        self.send, self.receive = engine.sendchannel, engine.recvchannel
        self.source, self.sink = ports.source, ports.sink
        self.frame, self.answer = ports.source.bus_frame_bytes, ports.sink.bus_frame_bytes
        limit = int(engine.buffer_max_size)
        if limit < max(self.frame, self.answer):
            found = f"{limit} bytes, and frames of {max(self.frame, self.answer)}"
            raise ConfigError(dma, "must take a whole frame in a transfer", found, "Widen its buffer length register")
        self.block = max(1, min(limit, BLOCK_BYTES) // self.frame)
        self.outgoing = pynq.allocate(shape=(self.block * self.frame,), dtype=np.uint8)
        self.incoming = pynq.allocate(shape=(self.answer,), dtype=np.uint8)

    def _core(self, name: str, what: str) -> Any:
        if not hasattr(self.overlay, name):
            found = ", ".join(getattr(self.overlay, "ip_dict", {})) or "none"
            raise ConfigError(name, f"must be the name of {what} in the overlay", found, "Name one of these")
        return getattr(self.overlay, name)

    def exchange(self, data: Bytes, size: int) -> Bytes:
        """See `hwgen.host.transport.Transport`."""
        data, step = self.source.to_bus(data), self.block * self.frame
        answers = np.empty((size // self.sink.frame_bytes, self.answer), dtype=np.uint8)
        for start in range(0, len(data), step):
            block = data[start : start + step]
            self.outgoing[: len(block)] = block
            first = start // self.frame
            self._block(len(block), answers[first : first + len(block) // self.frame])
        return self.sink.from_bus(answers)

    def _block(self, count: int, answers: Bytes) -> None:
        """Send `count` bytes of frames and receive their answers, the first transfer of them ready beforehand.

        Raises:
            DataError: an answer is not as long as it must be.
        """
        self.receive.transfer(self.incoming)
        self.send.transfer(self.outgoing, nbytes=count)
        for index in range(len(answers)):
            if index:
                self.receive.transfer(self.incoming)
            self.receive.wait()
            if self.receive.transferred != self.answer:
                found = f"{self.receive.transferred}, then TLAST"
                change = "Check that the overlay holds this very design"
                raise DataError("pynq", f"every answer must have {self.answer} bytes", found, change)
            answers[index] = self.incoming
        self.send.wait()

    def write(self, address: int, words: list[int]) -> None:
        """See `hwgen.host.transport.Control`.

        Raises:
            DataError: the board holds another design.
        """
        core = self._core(self.control, "the design")
        if core.read(0) != self.identity:
            found = f"{core.read(0):08x}"
            raise DataError(self.control, f"must be the design {self.identity:08x}", found, "Load its own bitstream")
        for index, word in enumerate(words):
            core.write(address + 4 * index, word)

    def now(self) -> float:
        """The time of day."""
        return time.perf_counter()
