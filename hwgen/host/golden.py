"""The golden model in a design's place."""

from __future__ import annotations

import time
from collections.abc import Sequence

from hwgen.golden.execute import run_all
from hwgen.hw.packing import Bytes
from hwgen.hw.ports import PortMap
from hwgen.ir.graph import Graph


class GoldenTransport:
    """Computes the output of the design behind `ports` by the golden model of `graph`."""

    def __init__(self, graph: Graph, ports: PortMap) -> None:
        self.graph, self.ports = graph, ports

    def exchange(self, data: Bytes, size: int) -> Bytes:
        """See `hwgen.host.transport.Transport`."""
        return self.exchange_all([data], [size])[0]

    def exchange_all(self, data: Sequence[Bytes], sizes: Sequence[int]) -> list[Bytes]:
        """See `hwgen.host.transport.Transports`."""
        codes = [port.unpack(each) for port, each in zip(self.ports.inputs, data, strict=True)]
        return [port.pack(each) for port, each in zip(self.ports.outputs, run_all(self.graph, codes), strict=True)]

    def now(self) -> float:
        """The time of day."""
        return time.perf_counter()
