"""From a project to a bitstream with open tools: synthesis, place and route, packing, a check of the netlist."""

from __future__ import annotations

import importlib.metadata
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from hwgen.backends.board import TOP, Board, Chip, SerialLine, board_of, emit, line_of
from hwgen.errors import ConfigError, FoldingError, ToolError
from hwgen.flow.accelerator import Accelerator
from hwgen.flow.goal import problem_of
from hwgen.flow.project import as_json, inside, replacing, work_folder
from hwgen.flow.proving import prove_placed
from hwgen.golden.matmul import Codes
from hwgen.hw.capacity import shortage
from hwgen.hw.cost import design_resources
from hwgen.hw.design import Design
from hwgen.hw.device import device_of
from hwgen.hw.resources import Budget
from hwgen.hw.solver import FIT, Goal, solve
from hwgen.report.bitstream import BitstreamReport
from hwgen.verify.chains import CHAINS, NETLIST, TIMING, find_tools
from hwgen.verify.formal.netlists import FAMILIES
from hwgen.verify.netlist import check
from hwgen.verify.place import UNITS, Placement, overfull, place, synthesise
from hwgen.verify.process import remove
from hwgen.verify.signals import Stopped
from hwgen.verify.synth import find_native, find_yosys

REPORT = "report.json"
_KEPT = (TIMING, "synth.ys", "yosys.log", "nextpnr.log", "pack.log")


def bitstream(
    accelerator: Accelerator,
    board: str,
    *,
    clock_mhz: float | None = None,
    baud: int | None = None,
    frames: Codes | None = None,
    prove: bool = False,
) -> BitstreamReport:
    """Write the bitstream of a project for `board`, or the one of a TOML file, to `bitstream/<board>`, or nothing.

    The accelerator runs at `clock_mhz`, or at the board's oscillator. The top level, its pins, the netlist, the timing
    report and the logs stand beside the bitstream. `frames` are run through the simulated netlist and compared with
    golden. What failed is left in `bitstream/<board>.work`. Timing may fail: the report says so. With `prove` units
    keep their borders through synthesis, and the netlist of each is proved equal to its module, as the report says.

    Raises:
        ConfigError: an unknown board, a clock or rate that it does not take, a design that it does not hold or prove.
        ToolError: a tool is missing or fails.
        MismatchError: the netlist gives another number of beats than golden.
        OutputError: the folder cannot be written.
    """
    assert accelerator.project is not None, "a bitstream belongs to a project"
    chosen = _target(accelerator.design, board, clock_mhz)
    line = line_of(accelerator.design, chosen, baud)
    find_tools(chosen.chip.family)
    _check_proof(chosen, asked=prove)
    folder = inside(accelerator.project, "bitstream", chosen.name)
    room = inside(accelerator.project, "bitstream", f"{chosen.name}.work")
    shutil.rmtree(room, ignore_errors=True)
    with work_folder(room) as work, _removed_when_stopped(work):
        own = emit(accelerator.design, chosen, line)
        report = _made(accelerator, chosen, line, own, frames, work, prove=prove)
        with replacing(folder, accelerator.project) as staging:
            for name in (*own, NETLIST, report.file, *_KEPT):
                shutil.copyfile(work / name, staging / name)
            found = as_json({**report.to_json(), **accelerator.identity})
            (staging / REPORT).write_text(found, encoding="utf-8", newline="\n")
    shutil.rmtree(room)
    return report


def too_large_for(accelerator: Accelerator, board: str) -> tuple[str, ...]:
    """A warning where a project takes more than the FPGA of `board` has, by the cost model. Raises: ConfigError."""
    target = board_of(board)
    taken = design_resources(accelerator.design, device_of(target.chip.part).family)
    found = shortage(taken, target.chip.capacity)
    if not found:
        return ()
    name, chip = accelerator.design.name, target.chip
    return (f"{name} does not fit the {chip.name} of {target.name}: it takes {found}. {_fitting(accelerator, chip)}",)


@contextmanager
def _removed_when_stopped(work: Path) -> Iterator[None]:
    """Remove `work` on a signal; after a failure it stays for inspection."""
    try:
        yield
    except Stopped:
        remove(work)
        raise


def _check_proof(board: Board, *, asked: bool) -> None:
    """Raises: ConfigError: proofs are asked for, and its cells have no model; ToolError: what proves is missing."""
    if not asked:
        return
    if board.chip.family.value not in FAMILIES:
        raise ConfigError("--prove", "must be for a board with an ECP5", f"{board.chip.name} of {board.name}")
    find_native()


def _target(design: Design, name: str, clock_mhz: float | None) -> Board:
    """The board called `name`, at `clock_mhz` if given. Raises: ConfigError, also where it does not do."""
    board = board_of(name)
    if design.writable:
        must = "must have fixed parameters: nothing on a board reaches its AXI4-Lite port"
        found = f"{', '.join(unit.name for unit in design.writable)} writable"
        raise ConfigError(design.name, must, found, "Build it without --writable")
    if design.memory_ports:
        must = "must hold all weights: hwgen's boards have no memory beside the chip"
        found = f"those of {', '.join(port.layer for port in design.memory_ports)} external"
        raise ConfigError(design.name, must, found, "Build it with all weights on the chip")
    return board if clock_mhz is None else board.clocked(clock_mhz)


def _made(
    accelerator: Accelerator,
    board: Board,
    line: SerialLine,
    own: dict[str, str],
    frames: Codes | None,
    work: Path,
    *,
    prove: bool,
) -> BitstreamReport:
    """Everything made in the folder `work`; `own` are the board's own files."""
    design, family = accelerator.design, board.chip.family
    file = f"{design.name}.{family.suffix}"
    start = time.perf_counter()
    _synthesise(accelerator, own, board, work, borders=prove)
    synthesised = time.perf_counter()
    proofs = prove_placed(accelerator, family.value, work / UNITS) if prove else ()
    proved = time.perf_counter()
    placement = _place(accelerator, board, file, work)
    placed = time.perf_counter()
    judged = None
    if frames is not None and len(frames):
        judged = check(accelerator.graph, design, frames, work / NETLIST, family, line, work)
    return BitstreamReport(
        name=design.name,
        board=board,
        file=file,
        interval=design.cycles.interval,
        line=line,
        placement=placement,
        tools=_versions(board),
        check=judged,
        proofs=proofs,
        wall_s={"synthesis": synthesised - start, "place_and_route": placed - proved},
    )


def _synthesise(accelerator: Accelerator, own: dict[str, str], board: Board, work: Path, *, borders: bool) -> None:
    """Synthesise the project's RTL with the board's top level, all files side by side in `work`."""
    project = accelerator.rtl_files()
    files = {Path(path).name: text for path, text in project.items() if path != "files.f"} | own
    for name, text in files.items():
        (work / name).write_text(text, encoding="utf-8", newline="\n")
    listed = [Path(path).name for path in project["files.f"].split()]
    sources = dict.fromkeys([*listed, *(name for name in own if name.endswith(".sv"))])
    owners = [Path(path).stem for path in project["files.f"].split() if Path(path).parent == Path()] if borders else []
    synthesise(list(sources), TOP, accelerator.design.name, board.chip, work, borders=owners)


def _place(accelerator: Accelerator, board: Board, file: str, work: Path) -> Placement:
    """Place and route what `_synthesise` left. Raises: ConfigError where the design is too big; ToolError."""
    try:
        return place(board, file, work)
    except ToolError:
        log = work / "nextpnr.log"
        full = overfull(log.read_text(errors="replace", encoding="utf-8")) if log.is_file() else {}
        if not full:
            raise
        found = ", ".join(f"{use.used:,} {kind} of {use.available:,}" for kind, use in full.items())
        more = max(use.used / max(1, use.available) - 1 for use in full.values())
        must, change = f"must fit the {board.chip.name} of {board.name}", _fitting(accelerator, board.chip)
        raise ConfigError(accelerator.design.name, must, f"{found}, {more:.0%} too many", change) from None


def _fitting(accelerator: Accelerator, chip: Chip) -> str:
    """What folding would fit `chip`, by the cost model, with room to route."""
    has = chip.capacity
    budget = Budget(round(FIT["lut"] * has.lut), round(FIT["bram"] * has.bram, 1), round(FIT["dsp"] * has.dsp))
    free = accelerator.settings.model_copy(update={"part": chip.part, "folding": {}})
    problem = problem_of(accelerator.graph, free)
    problem = replace(problem, choices=replace(problem.choices, budget=budget))
    options = f"--part {chip.part} --max-lut {budget.lut} --max-bram {budget.bram:g} --max-dsp {budget.dsp}"
    try:
        design = solve(problem, Goal(None, budget=budget)).design
    except FoldingError as error:
        return f"No folding fits {budget} by the cost model, which gives {error.found}"
    taken = problem.resources(design)
    return f"Build it with {options}: {design.bound:,} cycles a frame and about {taken} by the cost model"


def _versions(board: Board) -> dict[str, str]:
    """The installed packages; a tool from elsewhere on the PATH has none."""
    found = {}
    for name in (find_yosys()[0], CHAINS[board.chip.family].nextpnr):
        with suppress(importlib.metadata.PackageNotFoundError):
            found[name] = importlib.metadata.version(name)
    return found
