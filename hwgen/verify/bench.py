"""Runs a design with AXI4-Stream ports in simulation: frames in, frames and the cycles of every beat out.

The design may be any SystemVerilog module with the ports of a top level: the RTL project, or a shell around C++
through DPI-C. Building and running are apart: a second run of the same job does not build again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from hwgen.backends.external import image_name
from hwgen.errors import DataError, MismatchError
from hwgen.hw.design import Port
from hwgen.hw.packing import Bytes, from_hex, hex_text
from hwgen.hw.stream import Stream
from hwgen.ir.types import IntArray
from hwgen.verify.model import PROGRAM, SimulationJob, Tap, build
from hwgen.verify.process import run as run_process
from hwgen.verify.progress import Growth, Update, stage
from hwgen.verify.simulator import find_simulator

_RATES = 256

WAVES_FILE = "waves"
"""What `bench.sv` calls the file of waves."""

Words = Bytes | Sequence[Bytes]
"""Beats (beats, bytes of tdata) of the only input, or such an array for each."""


@dataclass(frozen=True)
class Stalls:
    """Probabilities in every cycle: that a source idles, a sink is not ready, a memory pauses; 0 <= p < 1."""

    source: float = 0.0
    sink: float = 0.0
    seed: int = 1
    memory: float = 0.0

    def __post_init__(self) -> None:
        if not all(0 <= each < 1 for each in (self.source, self.sink, self.memory)):
            found = f"{self.source}, {self.sink} and {self.memory}"
            raise ValueError(f"a stall probability lies in [0, 1), found {found}")


@dataclass(frozen=True)
class Rewrite:
    """Words of 32 bits that are written by byte address, once the first `frames` frames are answered."""

    words: Sequence[tuple[int, int]]
    frames: int = 0


@dataclass(frozen=True)
class Trace:
    """What a run gave.

    Attributes:
        answers: (beats, bytes) of each output, bytes as on `tdata`.
        entered, left: the cycle in which each beat of each input, and output, was taken, counted from the end of the
            last reset.
        taps, tap_cycles: the same of every tapped stream, by the tap's name.
        build_s, run_s: wall time; `build_s` is 0 where an earlier build was used again.
        identity: what the AXI4-Lite port reads as, where words were rewritten.
    """

    answers: tuple[Bytes, ...]
    entered: tuple[IntArray, ...]
    left: tuple[IntArray, ...]
    taps: dict[str, Bytes] = field(default_factory=dict)
    tap_cycles: dict[str, IntArray] = field(default_factory=dict)
    build_s: float = 0.0
    run_s: float = 0.0
    identity: int | None = None

    @property
    def outputs(self) -> Bytes:
        """Beats of the only output, or of the first."""
        return self.answers[0]

    @property
    def in_cycles(self) -> IntArray:
        """Cycles of the only input, or of the first."""
        return self.entered[0]

    @property
    def out_cycles(self) -> IntArray:
        """Cycles of the only output, or of the first."""
        return self.left[0]


@dataclass(frozen=True)
class _BenchLog:
    """One stream's log."""

    cycles: IntArray
    last: IntArray
    words: Bytes


def run(
    job: SimulationJob,
    words: Words,
    work: Path,
    *,
    stalls: Stalls | None = None,
    input_interval: int = 0,
    reset_after_beats: int | None = None,
    rewrite: Rewrite | None = None,
    waves: str = "",
    timeout_s: float = 3600.0,
) -> Trace:
    """Play whole frames of input beats (beats, bytes of tdata), an array for each input, through the design.

    Each source offers a frame every `input_interval` cycles, its beats evenly spread, or as fast as they are taken.
    With `reset_after_beats` the design is reset once so many beats went in, of all inputs; sources then start again at
    the first, and only what comes after the reset is reported. With `rewrite` sources wait while words are written.
    `waves` is the kind of file (`simulator.WAVES`) that gets all signals, `work/run/waves`: a cycle takes 10 ns in it.

    Raises:
        ToolError: a tool is missing, fails or runs out of time.
        DataError: `words` are not whole frames, or too few for the reset.
        MismatchError: beats are missing, too many, unlike AXI4-Stream, or TLAST stands at the wrong one.
    """
    given = (words,) if isinstance(words, np.ndarray) else tuple(words)
    frames = _frames_of(job, given, reset_after_beats)
    job = replace(job, plain=job.plain and rewrite is None, waves=waves)
    with stage("compiling the simulation"):
        build_s, folder = build(job, work, frames), work.resolve() / "run"
    _fill(folder, job, given)
    plusargs = _plusargs(job, frames, stalls or Stalls(), input_interval, reset_after_beats or 0)
    plusargs += _pause(folder, rewrite) if rewrite else []
    asked = {"RESET_MID_FRAME": reset_after_beats is not None, "REWRITE": rewrite is not None}
    with stage("running it") as told:
        watch = _Frames(folder / "input_0.log", job.inputs[0].stream.beats, frames, told).look
        program = folder.parent / "build" / PROGRAM
        run_s = _simulate(folder, program, plusargs, asked, timeout_s, watch, plain=job.plain)
    return replace(_trace(job, folder, frames), build_s=build_s, run_s=run_s)


def _trace(job: SimulationJob, folder: Path, frames: int) -> Trace:
    """What a run left in its `folder`. Raises: MismatchError."""
    sources = [_read_log(folder / f"input_{i}.log", job.dut, port.stream) for i, port in enumerate(job.inputs)]
    sinks = [_read_log(folder / f"output_{i}.log", job.dut, port.stream) for i, port in enumerate(job.outputs)]
    for port, sink in zip(job.outputs, sinks, strict=True):
        _check(job, folder, port, sink, frames * port.stream.beats)
    identity = folder / "identity.txt"
    logs = {tap.name: _read_tap(folder / f"tap_{index}.log", tap) for index, tap in enumerate(job.taps)}
    return Trace(
        answers=tuple(sink.words for sink in sinks),
        entered=tuple(source.cycles for source in sources),
        left=tuple(sink.cycles for sink in sinks),
        taps={name: log.words for name, log in logs.items()},
        tap_cycles={name: log.cycles for name, log in logs.items()},
        identity=int(identity.read_text(encoding="utf-8"), 16) if identity.exists() else None,
    )


def _frames_of(job: SimulationJob, words: tuple[Bytes, ...], reset_after_beats: int | None) -> int:
    """The frames that are played. Raises: DataError."""
    if len(words) != len(job.inputs):
        names = ", ".join(port.name for port in job.inputs)
        raise DataError(job.dut, f"must get beats for each of its inputs {names}", f"{len(words)} arrays")
    counts = [_count(job, port, each) for port, each in zip(job.inputs, words, strict=True)]
    if len(set(counts)) > 1:
        raise DataError(job.dut, "must get as many frames at each input", ", ".join(map(str, counts)))
    total = sum(map(len, words))
    if reset_after_beats is not None and not 0 < reset_after_beats < total:
        raise DataError(job.dut, f"can be reset after 1 to {total - 1} beats", f"{reset_after_beats}")
    return counts[0]


def _count(job: SimulationJob, port: Port, words: Bytes) -> int:
    """The frames in the beats of one input. Raises: DataError."""
    beats, width = port.stream.beats, port.stream.axis_width
    if words.ndim != 2 or len(words) == 0 or len(words) % beats or words.shape[1] * 8 != width:
        where = job.dut if len(job.inputs) == 1 else f"{job.dut}, input {port.name}"
        raise DataError(
            where, f"must come as whole frames of {beats} beats of {width // 8} bytes", f"an array of {words.shape}"
        )
    return len(words) // beats


def _fill(folder: Path, job: SimulationJob, words: tuple[Bytes, ...]) -> None:
    """A clean working directory: the memories of the design and the input beats."""
    folder.mkdir(parents=True, exist_ok=True)
    for stale in folder.iterdir():
        if stale.is_file() or stale.is_symlink():
            stale.unlink()
    if job.memories is not None:
        for path in job.memories.iterdir():
            (folder / path.name).symlink_to(path.resolve())
        for index, memory in enumerate(job.memory_ports):
            (folder / f"memory_{index}.hex").symlink_to((job.memories / image_name(memory)).resolve())
    for index, (port, each) in enumerate(zip(job.inputs, words, strict=True)):
        text = hex_text(each, port.stream.axis_width)
        (folder / f"source_{index}.hex").write_text(text, encoding="utf-8", newline="\n")


def _plusargs(job: SimulationJob, frames: int, stalls: Stalls, input_interval: int, reset_after: int) -> list[str]:
    """The settings that bench.sv reads."""
    return [
        f"+frames={frames}",
        f"+source_rate={round(stalls.source * _RATES)}",
        f"+sink_rate={round(stalls.sink * _RATES)}",
        f"+memory_rate={round(stalls.memory * _RATES)}",
        f"+input_interval={input_interval}",
        f"+stall_seed={stalls.seed}",
        f"+reset_after={reset_after}",
        f"+quiet_limit={job.quiet_limit + input_interval}",
        f"+drain={job.drain_cycles}",
        f"+verilator+seed+{stalls.seed}",
        "+verilator+rand+reset+2",
    ]


def _pause(folder: Path, rewrite: Rewrite) -> list[str]:
    """The settings that bench.sv reads where words are written; writes them to a file."""
    (folder / "words.txt").write_text(
        "".join(f"{address:x} {word:x}\n" for address, word in rewrite.words), encoding="utf-8", newline="\n"
    )
    return [f"+pause_frames={rewrite.frames}"]


class _Frames:
    """How many of the frames a simulation has taken, by the log of its first input."""

    def __init__(self, log: Path, beats: int, frames: int, told: Update) -> None:
        self._log, self._beats, self._frames, self._told, self._taken = Growth(log), beats, frames, told, 0

    def look(self) -> None:
        """Read what is new."""
        self._taken += len(self._log.lines())
        self._told(min(self._frames, self._taken // self._beats), self._frames, "frames")


def _simulate(
    folder: Path,
    sim: Path,
    plusargs: list[str],
    asked: dict[str, bool],
    timeout_s: float,
    watch: Callable[[], None],
    *,
    plain: bool,
) -> float:
    """Run the built simulation, with what the driver is asked to do; returns the seconds it took."""
    command: list[str | Path] = [sim, *plusargs]
    env = {} if plain else find_simulator().test_environment("bench", "bench")
    env |= {f"HWGEN_{what}": str(int(is_so)) for what, is_so in asked.items()}
    outputs = [folder / "outcome.txt"]
    start = time.perf_counter()
    log = folder / "sim.log"
    run_process(command, cwd=folder, log=log, timeout_s=timeout_s, env=env, outputs=outputs, watch=watch)
    return time.perf_counter() - start


def _read_log(path: Path, dut: str, stream: Stream, width: int | None = None) -> _BenchLog:
    """A log of `stream_monitor`; `width` is that of tdata unless given."""
    text = path.read_text(encoding="utf-8")
    if "!" in text:
        broken = next(line for line in text.splitlines() if line.startswith("!"))
        raise MismatchError(f"{dut}, stream {stream.name}", "must keep the rules of AXI4-Stream", broken[2:])
    tokens = text.split()
    return _BenchLog(
        cycles=np.array(tokens[0::3], dtype=np.int64),
        last=np.array(tokens[1::3], dtype=np.int64),
        words=from_hex(tokens[2::3], stream.axis_width if width is None else width),
    )


def _read_tap(path: Path, tap: Tap) -> _BenchLog:
    return _read_log(path, f"{tap.module}, tap {tap.name}", tap.stream, tap.stream.width)


def _check(job: SimulationJob, folder: Path, port: Port, sink: _BenchLog, expected: int) -> None:
    """The number of beats of an output and where TLAST stands."""
    where = job.dut if len(job.outputs) == 1 else f"{job.dut}, output {port.name}"
    stuck = (folder / "outcome.txt").read_text(encoding="utf-8").strip() == "stuck"
    if stuck and len(sink.words) < expected:
        found = f"{len(sink.words)}, then {job.quiet_limit} cycles without a beat at either end"
        raise MismatchError(where, f"must give {expected} output beats", found)
    if len(sink.words) != expected:
        raise MismatchError(where, f"must give {expected} output beats", f"{len(sink.words)}")
    want = np.arange(1, expected + 1) % port.stream.beats == 0
    wrong = np.flatnonzero(want != (sink.last == 1))
    if len(wrong):
        must = f"must set TLAST on every output beat number {port.stream.beats} of a frame"
        raise MismatchError(where, must, f"{sink.last[wrong[0]]} on beat {wrong[0]}")
