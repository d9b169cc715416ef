"""Runs a design with AXI4-Stream ports in simulation: frames in, frames and the cycles of every beat out.

The design may be any SystemVerilog module with the ports of a top level: the RTL project, or a shell around C++
through DPI-C. Building and running are apart: a second run of the same job does not build again.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from hwgen.backends.render import asset
from hwgen.errors import DataError, MismatchError
from hwgen.hw.packing import Bytes, from_hex, hex_text
from hwgen.hw.stream import Stream
from hwgen.ir.types import IntArray
from hwgen.verify.process import run as run_process
from hwgen.verify.simulator import LEVELS, Simulator, compile_all, find_simulator
from hwgen.verify.sources import OWN, cleared, linked

_BENCH = ("stream_monitor.sv", "stream_stall.sv", "stream_source.sv", "stream_sink.sv")
_VERILATE = ("--cc", "--vpi", "--no-timing", "-O3", "--prefix", "Vbench", "--top-module", "bench", "-Mdir", "model")
_RANDOM_START = ("--x-assign", "unique", "--x-initial", "unique")
_LENIENT = ("-Wno-fatal", "-Wno-lint", "-Wno-style", "--timescale", "1ns/1ns")
_VERILATE_S = 900.0
_RATES = 256


@dataclass(frozen=True)
class Tap:
    """An internal stream to log: signals as seen inside `module`, of which there must be one instance."""

    name: str
    module: str
    stream: Stream
    data: str
    valid: str
    ready: str
    clock: str = "ap_clk"
    reset: str = "ap_rst_n"


@dataclass(frozen=True)
class Job:
    """What to simulate.

    Attributes:
        dut: the module to test; its ports are those of a top level.
        sources: SystemVerilog files in compile order.
        memories: a folder whose files must lie in the working directory of the simulation.
        cpp_sources: C++ files to compile and link, with `cpp_flags`.
        quiet_limit: cycles without a beat at either end that count as a deadlock.
        address_bits: of its AXI4-Lite port `s_axi_control`; 0 where it has none.
    """

    dut: str
    sources: tuple[Path, ...]
    input: Stream
    output: Stream
    memories: Path | None = None
    taps: tuple[Tap, ...] = ()
    include_dirs: tuple[Path, ...] = ()
    cpp_sources: tuple[Path, ...] = ()
    cpp_flags: tuple[str, ...] = ()
    quiet_limit: int = 100_000
    address_bits: int = 0


@dataclass(frozen=True)
class Stalls:
    """Probability, in every cycle, that the source idles and that the sink is not ready; 0 <= p < 1."""

    source: float = 0.0
    sink: float = 0.0
    seed: int = 1

    def __post_init__(self) -> None:
        if not (0 <= self.source < 1 and 0 <= self.sink < 1):
            raise ValueError(f"a stall probability lies in [0, 1), found {self.source} and {self.sink}")


@dataclass(frozen=True)
class Rewrite:
    """Words of 32 bits that are written by byte address, once the first `frames` frames are answered."""

    words: Sequence[tuple[int, int]]
    frames: int = 0


@dataclass(frozen=True)
class Trace:
    """What a run gave.

    Attributes:
        outputs: (beats, bytes) of the output stream, bytes as on `tdata`.
        in_cycles, out_cycles: the cycle in which each beat was taken, counted from the end of the last reset.
        taps, tap_cycles: the same of every tapped stream, by the tap's name.
        build_s, run_s: wall time; `build_s` is 0 where an earlier build was used again.
        identity: what the AXI4-Lite port reads as, where words were rewritten.
    """

    outputs: Bytes
    in_cycles: IntArray
    out_cycles: IntArray
    taps: dict[str, Bytes] = field(default_factory=dict)
    tap_cycles: dict[str, IntArray] = field(default_factory=dict)
    build_s: float = 0.0
    run_s: float = 0.0
    identity: int | None = None


@dataclass(frozen=True)
class _Log:
    """One stream's log."""

    cycles: IntArray
    last: IntArray
    words: Bytes


def build(job: Job, work: Path) -> float:
    """Compile the simulation of `job` in `work / "build"`; returns the seconds it took, 0 where it was there.

    Raises:
        ToolError: a tool is missing or fails.
    """
    simulator = find_simulator()
    folder = work.resolve() / "build"
    folder.mkdir(parents=True, exist_ok=True)
    taps = "".join(_bind(index, tap) for index, tap in enumerate(job.taps))
    (folder / "taps.sv").write_text(taps, encoding="utf-8", newline="\n")
    stamp, key = folder / "stamp", _key(job, simulator, taps)
    if stamp.exists() and stamp.read_text(encoding="utf-8") == key:
        return 0.0
    start = time.perf_counter()
    stamp.unlink(missing_ok=True)
    _verilate(job, simulator, folder)
    _compile(job, simulator, folder)
    stamp.write_text(key, encoding="utf-8", newline="\n")
    return time.perf_counter() - start


def run(
    job: Job,
    words: Bytes,
    work: Path,
    *,
    stalls: Stalls | None = None,
    pace: int = 0,
    reset_after_beats: int | None = None,
    rewrite: Rewrite | None = None,
    timeout_s: float = 600.0,
) -> Trace:
    """Play whole frames of input beats (beats, bytes of tdata) through the design.

    The source offers a frame every `pace` cycles, its beats evenly spread, or as fast as they are taken. With
    `reset_after_beats` the design is reset once so many beats went in; the source then starts again at the first, and
    only what comes after the reset is reported. With `rewrite` the source waits while words are written.

    Raises:
        ToolError: a tool is missing, fails or runs out of time.
        DataError: `words` are not whole frames, or too few for the reset.
        MismatchError: beats are missing, too many, unlike AXI4-Stream, or TLAST stands at the wrong one.
    """
    _check_input(job, words, reset_after_beats)
    build_s, folder = build(job, work), work.resolve() / "run"
    _fill(folder, job, words)
    expected = len(words) // job.input.beats * job.output.beats
    plusargs = _plusargs(job, expected, stalls or Stalls(), pace, reset_after_beats or 0)
    plusargs += _pause(job, folder, rewrite) if rewrite else []
    asked = {"RESET_MID_FRAME": reset_after_beats is not None, "REWRITE": rewrite is not None}
    run_s = _simulate(folder, folder.parent / "build" / "sim", plusargs, asked, timeout_s)
    return replace(_trace(job, folder, expected), build_s=build_s, run_s=run_s)


def _trace(job: Job, folder: Path, expected: int) -> Trace:
    """What a run left in its `folder`. Raises: MismatchError."""
    source = _read_log(folder / "input.log", job.dut, job.input)
    sink = _read_log(folder / "output.log", job.dut, job.output)
    _check(job, folder, sink, expected)
    identity = folder / "identity.txt"
    logs = {tap.name: _read_tap(folder / f"tap_{index}.log", tap) for index, tap in enumerate(job.taps)}
    return Trace(
        outputs=sink.words,
        in_cycles=source.cycles,
        out_cycles=sink.cycles,
        taps={name: log.words for name, log in logs.items()},
        tap_cycles={name: log.cycles for name, log in logs.items()},
        identity=int(identity.read_text(encoding="utf-8"), 16) if identity.exists() else None,
    )


def _check_input(job: Job, words: Bytes, reset_after_beats: int | None) -> None:
    beats = job.input.beats
    if words.ndim != 2 or len(words) == 0 or len(words) % beats or words.shape[1] * 8 != job.input.axis_width:
        want = f"must come as whole frames of {beats} beats of {job.input.axis_width // 8} bytes"
        raise DataError(job.dut, want, f"an array of {words.shape}")
    if reset_after_beats is not None and not 0 < reset_after_beats < len(words):
        raise DataError(job.dut, f"can be reset after 1 to {len(words) - 1} beats", f"{reset_after_beats}")


def _bind(index: int, tap: Tap) -> str:
    return (
        f'bind {tap.module} stream_monitor #(.Width({tap.stream.width}), .File("tap_{index}.log")) u_tap_{index} (\n'
        f"  .clk_i({tap.clock}), .rst_ni({tap.reset}), .last_i(1'b0),\n"
        f"  .data_i({tap.data}), .valid_i({tap.valid}), .ready_i({tap.ready})\n);\n"
    )


def _key(job: Job, simulator: Simulator, taps: str) -> str:
    """A digest of everything the build depends on."""
    digest = hashlib.sha256()
    widths = job.input.axis_width, job.output.axis_width, job.address_bits
    parts = [job.dut, *widths, job.include_dirs, job.cpp_flags, simulator, taps]
    digest.update(repr(parts).encode())
    headers = [path for folder in job.include_dirs for path in sorted(folder.iterdir()) if path.is_file()]
    bench = sorted((asset("sim") / "cocotb").glob("*.sv"))
    for path in (*bench, *job.sources, *job.cpp_sources, *headers):
        digest.update(os.fsencode(path) + b"\n" + path.read_bytes())
    return digest.hexdigest()


def _verilate(job: Job, simulator: Simulator, folder: Path) -> None:
    for stale in (folder / "model").glob("*"):
        stale.unlink()
    bench, own = asset("sim") / "cocotb", cleared(folder / OWN)
    command: list[str | Path] = [
        simulator.verilator,
        *_VERILATE,
        *_RANDOM_START,
        *_LENIENT,
        f"-DHWGEN_DUT={job.dut}",
        "--assert",
        "-DHWGEN_ASSERT",
        *([f"-DHWGEN_CONTROL={job.address_bits}"] if job.address_bits else []),
        f"-GInputWidth={job.input.axis_width}",
        f"-GOutputWidth={job.output.axis_width}",
        *(f"-I{name}" for name in linked(job.include_dirs, own, "include")),
        *linked([bench / name for name in _BENCH], own, "bench"),
        *linked(job.sources, own, "source"),
        "taps.sv",
        *linked([bench / "bench.sv"], own, "top"),
    ]
    log = folder / "verilate.log"
    run_process(command, cwd=folder, log=log, timeout_s=_VERILATE_S, env=simulator.environment)


def _compile(job: Job, simulator: Simulator, folder: Path) -> None:
    """Compile the model in two parts, set-up code (most of the text, run once) and the rest; link with C++ sources."""
    names = sorted(path.name for path in (folder / "model").glob("*.cpp"))
    slow = [name for name in names if name.endswith("__Slow.cpp")]
    fast = [name for name in names if name not in slow]
    include = f"-I{folder / 'model'}"
    commands: list[list[str | Path]] = []
    objects: list[str] = []
    for part, level, included in (("slow", LEVELS[0], slow), ("fast", LEVELS[1], [*fast, "model.h"])):
        lines = [f'#include "{name}"' for name in ("precompiled.h", *included)]
        (folder / f"{part}.cc").write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")
        objects.append(f"{part}.o")
        commands.append(
            [simulator.compiler, *simulator.model_flags(level), include, "-c", f"{part}.cc", "-o", f"{part}.o"]
        )
    for index, source in enumerate(job.cpp_sources):
        objects.append(f"source_{index}.o")
        flags = (*job.cpp_flags, f"-I{simulator.verilator_root / 'include' / 'vltstd'}", include)
        commands.append([simulator.compiler, *flags, "-c", source, "-o", objects[-1]])
    compile_all(commands, folder)
    sim = folder / "sim"
    link: list[str | Path] = [simulator.compiler, *objects, *simulator.link_flags, "-o", sim]
    run_process(link, cwd=folder, log=folder / "link.log", timeout_s=_VERILATE_S, outputs=[sim])


def _fill(folder: Path, job: Job, words: Bytes) -> None:
    """A clean working directory: the memories of the design and the input beats."""
    folder.mkdir(parents=True, exist_ok=True)
    for stale in folder.iterdir():
        if stale.is_file() or stale.is_symlink():
            stale.unlink()
    if job.memories is not None:
        for path in job.memories.iterdir():
            (folder / path.name).symlink_to(path.resolve())
    (folder / "source.hex").write_text(hex_text(words, job.input.axis_width), encoding="utf-8", newline="\n")


def _plusargs(job: Job, expected: int, stalls: Stalls, pace: int, reset_after: int) -> list[str]:
    """The settings that bench.sv reads."""
    return [
        f"+expected={expected}",
        f"+source_rate={round(stalls.source * _RATES)}",
        f"+sink_rate={round(stalls.sink * _RATES)}",
        f"+pace={pace}",
        f"+pace_beats={job.input.beats}",
        f"+stall_seed={stalls.seed}",
        f"+reset_after={reset_after}",
        f"+quiet_limit={job.quiet_limit + pace}",
        f"+verilator+seed+{stalls.seed}",
        "+verilator+rand+reset+2",
    ]


def _pause(job: Job, folder: Path, rewrite: Rewrite) -> list[str]:
    """The settings that bench.sv reads where words are written; writes them to a file."""
    (folder / "words.txt").write_text(
        "".join(f"{address:x} {word:x}\n" for address, word in rewrite.words), encoding="utf-8", newline="\n"
    )
    after, answers = rewrite.frames * job.input.beats, rewrite.frames * job.output.beats
    return [f"+pause_after={after}", f"+pause_answers={answers}"]


def _simulate(folder: Path, sim: Path, plusargs: list[str], asked: dict[str, bool], timeout_s: float) -> float:
    """Run the built simulation, with what the cocotb test is asked to do; returns the seconds it took."""
    command: list[str | Path] = [sim, *plusargs]
    env = find_simulator().test_environment("bench", "bench")
    env |= {f"HWGEN_{what}": str(int(is_so)) for what, is_so in asked.items()}
    outputs = [folder / "outcome.txt"]
    start = time.perf_counter()
    run_process(command, cwd=folder, log=folder / "sim.log", timeout_s=timeout_s, env=env, outputs=outputs)
    return time.perf_counter() - start


def _read_log(path: Path, dut: str, stream: Stream, width: int | None = None) -> _Log:
    """A log of `stream_monitor`; `width` is that of tdata unless given."""
    text = path.read_text(encoding="utf-8")
    if "!" in text:
        broken = next(line for line in text.splitlines() if line.startswith("!"))
        raise MismatchError(f"{dut}, stream {stream.name}", "must keep the rules of AXI4-Stream", broken[2:])
    tokens = text.split()
    return _Log(
        cycles=np.array(tokens[0::3], dtype=np.int64),
        last=np.array(tokens[1::3], dtype=np.int64),
        words=from_hex(tokens[2::3], stream.axis_width if width is None else width),
    )


def _read_tap(path: Path, tap: Tap) -> _Log:
    return _read_log(path, f"{tap.module}, tap {tap.name}", tap.stream, tap.stream.width)


def _check(job: Job, folder: Path, sink: _Log, expected: int) -> None:
    """The number of output beats and where TLAST stands."""
    if (folder / "outcome.txt").read_text(encoding="utf-8").strip() == "stuck":
        found = f"{len(sink.words)}, then {job.quiet_limit} cycles without a beat at either end"
        raise MismatchError(job.dut, f"must give {expected} output beats", found)
    if len(sink.words) != expected:
        raise MismatchError(job.dut, f"must give {expected} output beats", f"{len(sink.words)}")
    want = np.arange(1, expected + 1) % job.output.beats == 0
    wrong = np.flatnonzero(want != (sink.last == 1))
    if len(wrong):
        must = f"must set TLAST on every output beat number {job.output.beats} of a frame"
        raise MismatchError(job.dut, must, f"{sink.last[wrong[0]]} on beat {wrong[0]}")
