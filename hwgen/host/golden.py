"""The golden model in a design's place."""

from __future__ import annotations

import time

from hwgen.golden.execute import run
from hwgen.hw.packing import Bytes
from hwgen.hw.ports import PortMap
from hwgen.ir.graph import Graph


class GoldenTransport:
    """Computes the output of the design behind `ports` by the golden model of `graph`."""

    def __init__(self, graph: Graph, ports: PortMap) -> None:
        self.graph, self.ports = graph, ports

    def exchange(self, data: Bytes, size: int) -> Bytes:
        """See `hwgen.host.transport.Transport`."""
        return self.ports.sink.pack(run(self.graph, self.ports.source.unpack(data)))

    def now(self) -> float:
        """The time of day."""
        return time.perf_counter()
