"""The compiled model of a design on the bench: Verilator and g++, and what they made, kept.

A model is known by a digest of what its sources hold, not of where they lie; `$HWGEN_CACHE` keeps it under that.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from hwgen.backends.external import signals
from hwgen.backends.render import asset
from hwgen.hw.design import Port
from hwgen.hw.memory import MemoryPort
from hwgen.hw.stream import Stream
from hwgen.verify import builds
from hwgen.verify.headers import QUICK
from hwgen.verify.process import run as run_process
from hwgen.verify.simulator import LEVELS, Simulator, compile_all, find_simulator
from hwgen.verify.sources import OWN, cleared, linked

PROGRAM = "sim"
_BENCH = ("stream_monitor.sv", "stream_stall.sv", "stream_source.sv", "stream_sink.sv", "axi_memory.sv")
_VERILATE = ("--cc", "--no-timing", "-O3", "--prefix", "Vbench", "--top-module", "bench", "-Mdir", "model")
_RANDOM_START = ("--x-assign", "unique", "--x-initial", "unique")
_LENIENT = ("-Wno-fatal", "-Wno-lint", "-Wno-style", "--timescale", "1ns/1ns")
_ASSERTIONS = ("--assert", "-DHWGEN_ASSERT")
_OPTIONS = (*_VERILATE, *_RANDOM_START, *_LENIENT, *_ASSERTIONS)
_VERILATE_S = 900.0
_CPP_LEVEL = "-O2"
_SHORT_CYCLES = 100_000
"""Of a run up to which compiling without optimisation takes less time than it costs (CNV: up to 300,000)."""


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
class SimulationJob:
    """What to simulate.

    Attributes:
        dut: the module to test; its ports are those of a top level.
        sources: SystemVerilog files in compile order.
        memories: a folder whose files must lie in the working directory of the simulation.
        cpp_sources: C++ files to compile and link, with `cpp_flags`; they see `include_dirs`.
        cpp_header: gives a header for them to include first where they are not optimised.
        cpp_kept: the name of an object made of the last of `cpp_sources` without optimisation, and the key under which
            `builds` may keep it: a model that is not optimised either takes it.
        plain: whether the model runs without cocotb, which writes registers and takes longer to start than a small
            design to run.
        frame_cycles: clock cycles that a frame takes, about; they tell whether it pays to optimise the model.
        quiet_limit: cycles without a beat at either end that count as a deadlock.
        drain_cycles: cycles to run on after the last beat at either end.
        address_bits: of its AXI4-Lite port `s_axi_control`; 0 where it has none.
        memory_ports: those through which it reads external memories, whose words lie in files of `memories`.
        waves: the kind of file (`simulator.WAVES`) that a run writes all signals to, without cocotb; empty for none.
    """

    dut: str
    sources: tuple[Path, ...]
    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    memories: Path | None = None
    taps: tuple[Tap, ...] = ()
    include_dirs: tuple[Path, ...] = ()
    cpp_sources: tuple[Path, ...] = ()
    cpp_flags: tuple[str, ...] = ()
    cpp_header: Callable[[], Path | None] | None = None
    cpp_kept: tuple[str, str] | None = None
    plain: bool = True
    frame_cycles: int = 0
    quiet_limit: int = 100_000
    drain_cycles: int = 16
    address_bits: int = 0
    memory_ports: tuple[MemoryPort, ...] = ()
    waves: str = ""

    @property
    def ports(self) -> tuple[str, ...]:
        """Options that tell the bench of the design's streams: widths, beats of a frame, and how they are joined."""
        joined = [_joined(port.axis, f"gen_input[{i}]", "offered") for i, port in enumerate(self.inputs)]
        joined += [_joined(port.axis, f"gen_output[{i}]", "valid", last=True) for i, port in enumerate(self.outputs)]
        joined += [_memory_joined(port, f"gen_memory[{i}]") for i, port in enumerate(self.memory_ports)]
        options = [f"-DHWGEN_PORTS={', '.join(joined)}", *_memory_options(self.memory_ports)]
        for kind, ports in (("Input", self.inputs), ("Output", self.outputs)):
            widths, beats = ([str(size) for size in sizes] for sizes in _sizes(ports))
            options += [f"-G{kind}s={len(ports)}", f"-DHWGEN_{kind.upper()}_WIDTHS={','.join(widths)}"]
            options.append(f"-DHWGEN_{kind.upper()}_BEATS={','.join(beats)}")
        return tuple(options)


def _sizes(ports: Sequence[Port]) -> tuple[list[int], list[int]]:
    return [port.stream.axis_width for port in ports], [port.stream.beats for port in ports]


def _joined(axis: str, end: str, valid: str, *, last: bool = False) -> str:
    """The connections of one stream of the design to an end of the bench."""
    signals = {"data": "data", "valid": valid, "ready": "ready"} | ({"last": "last"} if last else {})
    return ", ".join(f".{axis}_t{name}({end}.{signal})" for name, signal in signals.items())


def _memory_joined(port: MemoryPort, end: str) -> str:
    """The connections of one memory port of the design to an end of the bench."""
    return ", ".join(f".{port.name}_{each.name}({end}.{each.name})" for each in signals(port))


def _memory_options(ports: Sequence[MemoryPort]) -> list[str]:
    """Options that tell the bench of external memories; none where there are none."""
    if not ports:
        return []
    kinds = {"WIDTHS": "width", "WORDS": "words", "READS": "reads", "INTERVALS": "interval", "LATENCIES": "latency"}
    told = {kind: ",".join(str(getattr(port, each)) for port in ports) for kind, each in kinds.items()}
    return [f"-DHWGEN_MEMORIES={len(ports)}", *(f"-DHWGEN_MEMORY_{kind}={each}" for kind, each in told.items())]


def build(job: SimulationJob, work: Path, frames: int) -> float:
    """Compile the model of `job` in `work / "build"`, for runs of so many frames; return the seconds it took.

    They are 0 where it was there. One that was optimised for a longer run is taken for a shorter one.

    Raises:
        ToolError: a tool is missing or fails.
    """
    simulator, start = find_simulator(job.waves), time.perf_counter()
    folder = work.resolve() / "build"
    folder.mkdir(parents=True, exist_ok=True)
    taps = "".join(_bind(index, tap) for index, tap in enumerate(job.taps))
    (folder / "taps.sv").write_text(taps, encoding="utf-8", newline="\n")
    quick = 0 < job.frame_cycles * frames <= _SHORT_CYCLES
    contents = _contents(job, simulator, taps)
    keys = [
        hashlib.sha256(f"{contents} {level}".encode()).hexdigest() for level in ((True, False) if quick else (False,))
    ]
    stamp = folder / "stamp"
    if stamp.exists() and stamp.read_text(encoding="utf-8") in keys:
        return 0.0
    stamp.unlink(missing_ok=True)
    found = next((key for key in keys if builds.take(key, folder)), None)
    if found is None:
        _verilate(job, simulator, folder)
        _compile(job, simulator, folder, quick=quick)
        builds.keep(keys[0], folder, [PROGRAM, *sorted(path.name for path in folder.glob("*.log"))])
    stamp.write_text(found or keys[0], encoding="utf-8", newline="\n")
    return time.perf_counter() - start


def _bind(index: int, tap: Tap) -> str:
    return (
        f'bind {tap.module} stream_monitor #(.Width({tap.stream.width}), .File("tap_{index}.log")) u_tap_{index} (\n'
        f"  .clk_i({tap.clock}), .rst_ni({tap.reset}), .last_i(1'b0),\n"
        f"  .data_i({tap.data}), .valid_i({tap.valid}), .ready_i({tap.ready})\n);\n"
    )


def _contents(job: SimulationJob, simulator: Simulator, taps: str) -> str:
    """A digest of everything the model depends on; files count by their own names."""
    found = hashlib.sha256()
    told = *job.ports, job.address_bits
    own = simulator.verilator_root, simulator.cocotb_libs, simulator.compiler, simulator.shared.name
    flags = job.cpp_flags, _OPTIONS, _CPP_LEVEL
    found.update(repr((job.dut, job.plain, *told, *flags, *own, taps)).encode())
    bench = sorted((asset("sim") / "cocotb").glob("*.sv"))
    included = [sorted(path for path in folder.iterdir() if path.is_file()) for folder in job.include_dirs]
    for paths in (bench, job.sources, job.cpp_sources, *included):
        found.update(f"{len(paths)} files\n".encode())
        for path in paths:
            data = path.read_bytes()
            found.update(f"{path.name}\n{len(data)}\n".encode("utf-8", "surrogateescape") + data)
    return found.hexdigest()


def _verilate(job: SimulationJob, simulator: Simulator, folder: Path) -> None:
    for stale in (folder / "model").glob("*"):
        stale.unlink()
    bench, own = asset("sim") / "cocotb", cleared(folder / OWN)
    command: list[str | Path] = [
        simulator.verilator,
        *_OPTIONS,
        *([] if job.plain else ["--vpi"]),
        *([f"--trace-{job.waves}", "-DHWGEN_WAVES"] if job.waves else []),
        f"-DHWGEN_DUT={job.dut}",
        *([f"-DHWGEN_CONTROL={job.address_bits}"] if job.address_bits else []),
        *job.ports,
        *(f"-I{name}" for name in linked(job.include_dirs, own, "include")),
        *linked([bench / name for name in _BENCH], own, "bench"),
        *linked(job.sources, own, "source"),
        "taps.sv",
        *linked([bench / "bench.sv"], own, "top"),
    ]
    log = folder / "verilate.log"
    run_process(command, cwd=folder, log=log, timeout_s=_VERILATE_S, env=simulator.environment)


def _compile(job: SimulationJob, simulator: Simulator, folder: Path, *, quick: bool) -> None:
    """Compile the model and link it with C++ sources.

    A `quick` one is one unit. Else it is two, set-up code, which is most of the text and runs once, and the rest.
    """
    names = sorted(path.name for path in (folder / "model").glob("*.cpp"))
    slow = [name for name in names if name.endswith("__Slow.cpp")]
    fast = [name for name in names if name not in slow]
    units = [("model", LEVELS[0], [*slow, *fast])] if quick else [("slow", LEVELS[0], slow), ("fast", LEVELS[1], fast)]
    include = f"-I{folder / 'model'}"
    commands: list[list[str | Path]] = []
    for part, level, included in units:
        lines = [f'#include "{name}"' for name in ("precompiled.h", *included, *(["model.h"] * (part != "slow")))]
        (folder / f"{part}.cc").write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")
        commands.append([simulator.compiler, *simulator.model_flags(level), include, "-c", f"{part}.cc"])
    flags: tuple[str, ...] = QUICK if quick else (_CPP_LEVEL,)
    header = job.cpp_header() if job.cpp_header and job.cpp_sources and quick else None
    first: tuple[str | Path, ...] = ("-include", header) if header else ()
    includes = (*(f"-I{path}" for path in job.include_dirs), f"-I{simulator.verilator_root / 'include' / 'vltstd'}")
    kept = [job.cpp_kept[0]] if quick and job.cpp_kept and builds.take(job.cpp_kept[1], folder) else []
    for source in job.cpp_sources[: len(job.cpp_sources) - len(kept)]:
        commands.append([simulator.compiler, *flags, *first, *job.cpp_flags, *includes, include, "-c", source])
    objects = [f"part_{index}.o" for index in range(len(commands))]
    compile_all([[*command, "-o", name] for command, name in zip(commands, objects, strict=True)], folder)
    flags = simulator.link_flags(cocotb=not job.plain)
    link: list[str | Path] = [simulator.compiler, *objects, *kept, *flags, "-o", PROGRAM]
    run_process(link, cwd=folder, log=folder / "link.log", timeout_s=_VERILATE_S, outputs=[folder / PROGRAM])
