"""The design's SystemVerilog under Verilator."""

from __future__ import annotations

import weakref
from contextlib import ExitStack
from pathlib import Path

from hwgen.hw.design import Design
from hwgen.hw.packing import Bytes
from hwgen.hw.stream import Stream
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
        words = data.reshape(-1, _bytes(self.design.input))
        rewrite = Rewrite(tuple(self.written.items())) if self.written else None
        trace = rtlsim.simulate(self.design, self.rtl, words, self.work, taps=False, rewrite=rewrite)
        self.cycles += int(trace.out_cycles[-1] - trace.in_cycles[0]) + 1
        return trace.outputs.reshape(-1)

    def write(self, address: int, words: list[int]) -> None:
        """See `hwgen.host.transport.Control`; every exchange begins by writing all words again."""
        self.written |= {address + 4 * index: word for index, word in enumerate(words)}

    def now(self) -> float:
        """Simulated cycles in seconds."""
        return self.cycles / (self.design.clock_mhz * 1e6)


def _bytes(stream: Stream) -> int:
    """Bytes of a beat."""
    return stream.axis_width // 8
