"""A board at its pins: the serial bridge in simulation, what resets it, and what the check of a netlist notices."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hwgen import flow
from hwgen.backends import board, rtl
from hwgen.backends.board.emit import backlog
from hwgen.errors import MismatchError
from hwgen.flow import Accelerator
from hwgen.golden.execute import run as golden
from hwgen.hw.packing import Bytes, from_words, to_words
from hwgen.verify.bench import Stalls, run
from hwgen.verify.model import SimulationJob
from hwgen.verify.netlist import host_sources
from hwgen.verify.rtlsim import quiet_cycles
from tests.builders import random_network, resnet_like

BOARD = board.board_of("icebreaker")
BAUD = 1_500_000
"""Eight clocks a bit, the fewest."""


def dense() -> Accelerator:
    """Several bytes a beat on both sides, the last ones padded."""
    graph = random_network(np.random.default_rng(4), (20, 8, 6))
    return flow.compile(graph, folding={"fc0": {"pe": 2, "simd": 10}, "fc1": {"pe": 3, "simd": 8}})


def board_job(accelerator: Accelerator, work: Path, changes: dict[str, dict[str, str]] | None = None) -> SimulationJob:
    """The board of `accelerator` with its host; in files named in `changes` text is replaced by other text."""
    line = board.line_of(accelerator.design, BOARD, BAUD)
    files = rtl.emit(accelerator.design) | board.emit(accelerator.design, BOARD, line)
    work.mkdir(exist_ok=True)
    hosts = host_sources(accelerator.design, line, work)
    for name, text in files.items():
        (work / name).parent.mkdir(parents=True, exist_ok=True)
        (work / name).write_text(text)
    for name, swaps in (changes or {}).items():
        text = (work / name).read_text()
        for old, new in swaps.items():
            assert len(re.findall(old, text)) == 1, f"{old} must be there once"
            text = re.sub(old, new, text)
        (work / name).write_text(text)
    names = dict.fromkeys([*files["files.f"].split(), *(name for name in files if name.endswith(".sv"))])
    sources = [work / name for name in names if name != "hwgen_fifo.sv" or "lib/hwgen_fifo.sv" not in names]
    quiet = line.frame_clocks + quiet_cycles(accelerator.design)
    design = accelerator.design
    ends: dict[str, Any] = {"inputs": design.inputs, "outputs": design.outputs}
    memories = work / "mem"
    ends |= {"quiet_limit": quiet, "frame_cycles": line.frame_clocks}
    return SimulationJob(board.BENCH, (*sources, *hosts), **ends, memories=memories)


def sent(accelerator: Accelerator, frames: int) -> tuple[Bytes, np.ndarray]:
    """The beats of random frames, and what golden makes of the frames."""
    codes = accelerator.codes(frames, seed=3)
    return to_words(codes.reshape(frames, -1), accelerator.design.input), golden(accelerator.graph, codes)


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> tuple[Accelerator, Path, SimulationJob]:
    """A board that is built once."""
    work, accelerator = tmp_path_factory.mktemp("board"), dense()
    return accelerator, work, board_job(accelerator, work / "board")


@pytest.mark.parametrize(
    ("stalls", "reset_after"),
    [(None, None), (Stalls(0.9, 0.9, 5), None), (None, 1), (None, 2), (Stalls(0.5, 0.0, 6), 5)],
    ids=["flowing", "stalled", "break in the first byte", "break in mid-frame", "break in the third frame"],
)
def test_bytes_in_bytes_out(
    plain: tuple[Accelerator, Path, SimulationJob], stalls: Stalls | None, reset_after: int | None
) -> None:
    """A reset of the bench is a host that dies: the board lives on, the next host sends a break and starts again."""
    accelerator, work, job = plain
    words, want = sent(accelerator, 4)
    found = run(job, words, work, stalls=stalls, reset_after_beats=reset_after)
    assert np.array_equal(from_words(found.outputs, accelerator.design.output), want)


def test_a_host_that_sends_no_break_must_wait_for_the_timeout(tmp_path: Path) -> None:
    accelerator = dense()
    words, want = sent(accelerator, 3)
    sleepy = {f"{board.TOP}.sv": {r"TimeoutClocks\(\d+\)": "TimeoutClocks(2000)"}}
    host = {r"\.OutputBytes \((\d+)\)": r".OutputBytes(\1), .BreakBits(0), .PauseBits(%d)"}
    patient = {name: text % 300 for name, text in host.items()}
    job = board_job(accelerator, tmp_path / "patient", sleepy | {f"{board.BENCH}.sv": patient})
    found = run(job, words, tmp_path, reset_after_beats=2)
    assert np.array_equal(from_words(found.outputs, accelerator.design.output), want)
    hasty = {name: text % 100 for name, text in host.items()}
    job = board_job(accelerator, tmp_path / "hasty", sleepy | {f"{board.BENCH}.sv": hasty})
    found = run(job, words, tmp_path / "run", reset_after_beats=2)
    assert not np.array_equal(from_words(found.outputs, accelerator.design.output), want)


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        pytest.param("hwgen_uart_bridge.sv", r"is_break \|\| timed_out", "timed_out", id="no break"),
        pytest.param("hwgen_uart_rx.sv", r"bit_q == 3'd7", "bit_q == 3'd6", id="seven bits"),
        pytest.param(
            "hwgen_uart_bridge.sv",
            r"\{queued_data, beat_q\} >> 8",
            "{beat_q, queued_data}",
            id="bytes of a beat turned round",
            marks=pytest.mark.long,
        ),
        pytest.param(
            "hwgen_uart_tx.sv",
            r"\{1'b1, data_i, 1'b0\}",
            "{1'b1, ~data_i, 1'b0}",
            id="inverted",
            marks=pytest.mark.long,
        ),
    ],
)
def test_a_broken_bridge_is_seen(file: str, old: str, new: str, tmp_path: Path) -> None:
    accelerator = dense()
    words, want = sent(accelerator, 3)
    job = board_job(accelerator, tmp_path / "board", {file: {old: new}})
    try:
        found = run(job, words, tmp_path, reset_after_beats=2).outputs
    except MismatchError:
        return
    assert not np.array_equal(from_words(found, accelerator.design.output), want)


@pytest.mark.long
def test_the_queue_holds_what_a_slow_design_keeps_waiting(tmp_path: Path) -> None:
    """A queue of the predicted backlog is enough, and one of a fraction is not."""
    accelerator = flow.compile(resnet_like(np.random.default_rng(0)), target_interval=1 << 20)
    line = board.line_of(accelerator.design, BOARD, BAUD)
    needed = backlog(accelerator.design, line)
    assert 8 <= needed < line.frame_bytes
    words, want = sent(accelerator, 1)
    for size, enough in ((needed, True), (needed // 4, False)):
        work = tmp_path / str(size)
        job = board_job(accelerator, work, {f"{board.TOP}.sv": {r"FifoBytes    \(\d+\)": f"FifoBytes({size})"}})
        job = replace(job, quiet_limit=2 * job.quiet_limit)
        if enough:
            found = run(job, words, work)
            assert np.array_equal(from_words(found.outputs, accelerator.design.output), want)
        else:
            with pytest.raises(MismatchError, match="output beats"):
                run(job, words, work)
