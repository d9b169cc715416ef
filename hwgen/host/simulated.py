"""The design's SystemVerilog under Verilator."""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from hwgen.hw.design import Design
from hwgen.hw.packing import Bytes
from hwgen.verify import rtlsim
from hwgen.verify.bench import Rewrite
from hwgen.verify.process import temporary_folder


class RtlTransport:
    """The RTL of a `project` folder, reset before every exchange; its clock runs only while frames move."""

    def __init__(self, design: Design, project: Path) -> None:
        self.design, self.rtl = design, project / "rtl"
        held = ExitStack()
        self.work = held.enter_context(temporary_folder())
        weakref.finalize(self, held.close)
        self.cycles = 0
        self.written: dict[int, int] = {}

    def exchange(self, data: Bytes, size: int) -> Bytes:
        """See `hwgen.host.transport.Transport`."""
        return self.exchange_all([data], [size])[0]

    def exchange_all(self, data: Sequence[Bytes], sizes: Sequence[int]) -> list[Bytes]:
        """See `hwgen.host.transport.Transports`."""
        pairs = zip(data, self.design.inputs, strict=True)
        words = [each.reshape(-1, port.stream.axis_width // 8) for each, port in pairs]
        rewrite = Rewrite(tuple(self.written.items())) if self.written else None
        trace = rtlsim.simulate(self.design, self.rtl, words, self.work, taps=False, rewrite=rewrite)
        start, end = min(each[0] for each in trace.entered), max(each[-1] for each in trace.left)
        self.cycles += int(end - start) + 1
        return [each.reshape(-1) for each in trace.answers]

    def write(self, address: int, words: list[int]) -> None:
        """See `hwgen.host.transport.Control`; every exchange begins by writing all words again."""
        self.written |= {address + 4 * index: word for index, word in enumerate(words)}

    def now(self) -> float:
        """Simulated cycles in seconds."""
        return self.cycles / (self.design.clock_mhz * 1e6)
