"""Prints what a design needs to run on a board: a top level with the serial bridge, and the pins."""

from __future__ import annotations

from dataclasses import dataclass, replace

from hwgen.backends.board.boards import Board
from hwgen.backends.board.pll import Pll
from hwgen.backends.render import library, render
from hwgen.errors import ConfigError
from hwgen.hw.design import Design
from hwgen.hw.simulation import beat_times

TOP = "hwgen_board"
"""The top-level module."""

BENCH = "hwgen_board_bench"
"""The module that simulates a board and its host."""

BRIDGE = ("hwgen_uart_rx.sv", "hwgen_uart_tx.sv", "hwgen_uart_bridge.sv")
FIFO = "hwgen_fifo.sv"

_BYTE_BITS = 10
"""Bits on the line for a byte: a start bit, eight of data, a stop bit."""

_FEWEST_CLOCKS = 8
"""Clocks of a bit: fewer sample it too far from its middle."""

_MOST_DRIFT = 0.02
"""Share by which the line may be off its rate: over the ten bits of a byte a fifth of a bit."""


@dataclass(frozen=True)
class SerialLine:
    """The serial line as a design uses it.

    Attributes:
        baud: bits a second.
        clocks_per_bit: of the accelerator's clock.
        frame_bytes, result_bytes: of a frame and of its result.
        input_bytes, output_bytes: of a beat.
        fifo_bytes: that the bridge keeps while the accelerator takes none.
    """

    baud: int
    clocks_per_bit: int
    frame_bytes: int
    result_bytes: int
    input_bytes: int
    output_bytes: int
    fifo_bytes: int

    @property
    def byte_clocks(self) -> int:
        """Clocks of a byte on the line."""
        return _BYTE_BITS * self.clocks_per_bit

    @property
    def frame_clocks(self) -> int:
        """Clocks of a frame and its result on the line."""
        return self.byte_clocks * (self.frame_bytes + self.result_bytes)


def line_of(design: Design, board: Board, baud: int | None = None) -> SerialLine:
    """The serial line between the host and `design` on `board`, at `baud` bits a second where given.

    Raises:
        ConfigError: the clock of the board is too slow for `baud`, or cannot be divided to it; or the design has
            several inputs or outputs.
    """
    rate, hertz = baud or board.baud, board.clock_mhz * 1e6
    clocks = round(hertz / rate)
    if clocks < _FEWEST_CLOCKS or abs(hertz / clocks / rate - 1) > _MOST_DRIFT:
        must = f"must divide {board.clock_mhz:g} MHz by a whole number from {_FEWEST_CLOCKS} on, within 2 %"
        nearest = hertz / max(_FEWEST_CLOCKS, clocks)
        raise ConfigError("baud", must, f"{rate:,}", f"The nearest is {nearest:,.0f}")
    if len(design.ports) > 2:
        must, found = "must have one input and one output", ", ".join(port.axis for port in design.ports)
        raise ConfigError(
            design.name, f"{must} behind a serial line", found, "Join its streams in a project of your own"
        )
    source, sink = (stream.axis_width // 8 for stream in (design.input, design.output))
    line = SerialLine(rate, clocks, design.input.beats * source, design.output.beats * sink, source, sink, 0)
    block = board.chip.family.block_bytes
    needed = 2 * backlog(design, line)
    return replace(line, fifo_bytes=_whole(needed, block))


def backlog(design: Design, line: SerialLine) -> int:
    """The most bytes of a frame that wait while the design, idle before, takes none, by the cycle model.

    A beat is offered when its bytes have come; while it waits, more come. The bridge hands them on one a cycle, many
    times as fast as they come, so that it adds little; twice this number is room enough.
    """
    input_interval = line.byte_clocks * line.frame_bytes
    taken = beat_times(design.network, 1, input_interval)[design.input.name]
    delay = max(int(time) - -(-beat * input_interval // design.input.beats) for beat, time in enumerate(taken))
    return min(line.frame_bytes, delay // line.byte_clocks + 1)


def _whole(size: int, block: int) -> int:
    """`size` rounded up to a power of two of blocks."""
    blocks = -(-size // block)
    return block << (blocks - 1).bit_length()


@dataclass(frozen=True)
class _Sheet:
    """What both the top level and its bench need."""

    origin: str
    digest: str
    purpose: str
    module: str
    line: SerialLine
    input_width: int
    output_width: int


@dataclass(frozen=True)
class _Top(_Sheet):
    """What `board/top.sv.j2` needs."""

    design: str
    timeout_clocks: int
    plls: tuple[Pll, ...]
    led: str


@dataclass(frozen=True)
class _Bench(_Sheet):
    """What `board/bench.sv.j2` needs."""

    top: str


@dataclass(frozen=True)
class _Pins:
    """What the constraint files need."""

    board: Board


def emit(design: Design, board: Board, line: SerialLine) -> dict[str, str]:
    """The files that a project's RTL needs beside it: file name -> text.

    `hwgen_board.sv` is the top level, `pins.lpf` or `pins.pcf` the constraints; the others are library modules.
    """
    context = _Top(
        origin=f"{design.name} on {board.name}",
        digest=design.digest,
        purpose=f"The accelerator behind a serial line of {line.baud:,} baud.",
        module=TOP,
        line=line,
        input_width=design.input.axis_width,
        output_width=design.output.axis_width,
        design=design.name,
        timeout_clocks=round(board.clock_mhz * 1e6),
        plls=(board.pll,) if board.pll else (),
        led="!overrun" if board.led_low else "overrun",
    )
    pins = f"pins.{board.chip.family.constraints}"
    return {
        FIFO: library("rtl")[FIFO],
        **{name: library("board")[name] for name in (*BRIDGE, *([f"{board.pll.module}.sv"] if board.pll else []))},
        f"{TOP}.sv": render("board/top.sv.j2", context),
        pins: render(f"board/{pins}.j2", _Pins(board)),
    }


def emit_bench(design: Design, line: SerialLine) -> str:
    """The module `BENCH`, with the ports of `design`: a simulated host at the other end of the board's line."""
    context = _Bench(
        origin=design.name,
        digest=design.digest,
        purpose="A board and its host: what the host sends and gets stands on the ports of the accelerator.",
        module=BENCH,
        line=line,
        input_width=design.input.axis_width,
        output_width=design.output.axis_width,
        top=TOP,
    )
    return render("board/bench.sv.j2", context)
