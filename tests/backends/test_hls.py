"""The emitted HLS project: its files, its text and that it is the same every time."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hwgen.backends.hls import Options, emit, vectors
from hwgen.backends.hls.tables import table_text, weight_limbs
from hwgen.backends.render import asset
from hwgen.errors import ToolError
from hwgen.golden.execute import trace
from hwgen.hw import packing
from hwgen.hw.activation import Thresholding
from hwgen.hw.choices import Choices
from hwgen.hw.dataflow import dataflow, function_names
from hwgen.hw.depths import hls_times
from hwgen.hw.design import Design
from hwgen.hw.kernels import products
from hwgen.hw.kernels.coding import threshold_tables
from hwgen.hw.kernels.fifo import FifoUnit
from hwgen.hw.kernels.mvtu import MvtuUnit
from hwgen.hw.kernels.width import WidthUnit
from hwgen.hw.loop import HlsTimes
from hwgen.hw.memory import MemoryStyle
from hwgen.hw.stream import Stream
from hwgen.ir.geometry import Geometry
from hwgen.ir.graph import Graph, Value
from hwgen.ir.names import local_name, unit_name
from hwgen.ir.types import Bipolar, DType, IntArray, IntType, TensorType
from hwgen.verify import csim, dpisim, process
from hwgen.verify.headers import hls_include
from tests.hls_lib.cases import design_of, mvtu_case, write_project
from tests.hls_lib.networks import Net, design_for, frames
from tests.tiers import tiered

B = Bipolar()
MAX_CONTROL = 0.20


def chain() -> Design:
    """Two matrix units with a FIFO and a width converter between them, and a FIFO at the end."""
    first = mvtu_case("net", (12, 8), (4, 3), (B, B, B)).design.units[0]
    second = mvtu_case("net", (8, 5), (5, 2), (B, B, None)).design.units[0]
    assert isinstance(first, MvtuUnit) and isinstance(second, MvtuUnit)
    held, narrow = replace(first.output, name="q0"), Stream("w1", B, 8, 2)
    last = replace(second, name="fc1", inputs=(narrow,), outputs=(replace(second.output, name="fc1"),))
    queues = (
        FifoUnit("q0", "stream", (first.output,), (held,), 6),
        FifoUnit("q1", "stream", (last.output,), (replace(last.output, name="q1"),), 4),
    )
    design = design_of("net", first, queues[0], WidthUnit("w1", "stream", (held,), (narrow,)), last, queues[1])
    return replace(design, hls=HlsTimes(100, (30, 300), {"fc0": 6}))


def branches() -> tuple[Graph, Design]:
    """A residual block and a concatenation, with FIFOs behind the forks and in front of the joins."""
    rng = np.random.default_rng(5)
    int3, same = IntType(3, True), Geometry((3, 3), padding=(1, 1, 1, 1))
    net = Net(Value("x", TensorType((6, 5, 4), IntType(4, False))), rng)
    first = net.quantise("q0", net.conv("conv0", net.source, 8, same, B), int3)
    left = net.quantise("q1", net.conv("conv1", first, 8, same, int3, groups=2), int3)
    both = net.quantise("q2", net.sum("sum0", first, left), B)
    deep = net.quantise("q3", net.conv("deep0", both, 8, Geometry((3, 3), padding=(1, 1, 1, 1)), B, groups=8), B)
    wide = net.concat("cat0", both, deep)
    small = net.pool("pool0", wide, Geometry((2, 2), (2, 2)))
    net.top1("top1", net.dense("fc0", small, 7, B))
    graph = net.graph("net")
    return graph, design_for(graph)


W1 = unit_name("net", "w1")
"""A unit that no frontend calls so: its name ends in a digest."""


def test_files() -> None:
    names = set(emit(chain()))
    assert names == {
        *(f"src/{name}.{kind}" for name in ("net", "net_fc0", W1, "net_fc1") for kind in ("cpp", "hpp")),
        *(f"src/net_fc{i}_params.hpp" for i in (0, 1)),
        *(f"src/lib/{name}.hpp" for name in ("activation", "counter", "lanes", "mvtu", "operands", "pragmas", "width")),
        *(
            "tb/net_tb.cpp",
            "tb/testbench.hpp",
            "tb/axis_port.hpp",
            "Makefile",
            "README.md",
            "run_hls.tcl",
            "hls_config.cfg",
        ),
        *(f"bounded/{name}" for name in ("net_bounded.cpp", "bounded.hpp", "hls_stream.h", "memory.hpp")),
    }


def test_same_bytes_every_time() -> None:
    assert emit(chain()) == emit(chain())


def test_streams_have_depths_and_fifos_are_no_functions() -> None:
    top = emit(chain())["src/net.cpp"]
    depths = dict(re.findall(r"#pragma HLS stream variable=(\w+) depth=(\d+)", top))
    assert depths == {"fc0": "6", "w1_stream": "2"}
    assert f"  {W1}(fc0, w1_stream);\n" in top and "  net_fc1(w1_stream, m_axis);\n" in top


def test_branches_compute(tmp_path: Path) -> None:
    """Forks, a residual sum, a concatenation, grouped and depthwise convolutions, a pool: as golden has it."""
    graph, design = branches()
    kinds = {type(unit).__name__ for unit in design.units}
    assert kinds >= {"ForkUnit", "AddUnit", "ConcatUnit", "WindowUnit", "DepthwiseUnit", "PoolUnit", "FifoUnit"}
    codes = frames(graph, np.random.default_rng(6), 5)
    expected = trace(graph, codes)[graph.output.name].reshape(5, -1)
    assert np.array_equal(simulated(design, codes.reshape(5, -1), tmp_path), expected)


@pytest.mark.parametrize("layer", tiered(["conv1", "deep0", "pool0"], "deep0"))
def test_a_layer_of_branches_alone(layer: str, tmp_path: Path) -> None:
    graph, design = branches()
    known = trace(graph, frames(graph, np.random.default_rng(7), 3))
    alone = design.isolated(layer)
    inputs, expected = (known[stream.tensor].reshape(3, -1) for stream in (alone.input, alone.output))
    assert np.array_equal(simulated(alone, inputs, tmp_path), expected)


def simulated(design: Design, inputs: IntArray, folder: Path) -> IntArray:
    project = write_project(emit(design), folder / "project")
    result = csim.simulate(design, project, packing.to_words(inputs, design.input), folder / "work")
    return packing.from_words(result.outputs, design.output)


def test_channels_of_branches() -> None:
    """Every stream is written and read once, in an order in which writers come first; no FIFO is a function."""
    _, design = branches()
    top = emit(design)["src/net.cpp"]
    calls = re.findall(r"  (net_\w+)\((.*)\);", top)
    units = [unit for unit in design.units if not isinstance(unit, FifoUnit)]
    names = ["axis_in", *(name for unit in units for name in function_names(unit)), "axis_out"]
    assert [name for name, _ in calls] == [unit_name("net", name) for name in names]
    declared = re.findall(r"static hls::stream<\w+::OutWord> (\w+);", top)
    named = [stream for _, streams in calls for stream in streams.split(", ")]
    assert sorted(named) == sorted([*declared, *declared, "s_axis", "m_axis"])
    written = {"s_axis"}
    for function, (_, streams) in zip(dataflow(design).processes, calls, strict=True):
        each = streams.split(", ")
        assert set(each[: len(function.inputs)]) <= written
        written |= set(each[len(function.inputs) :])


def test_depths_of_branches_are_those_of_the_schedule() -> None:
    """Of a design that has not been sized, too."""
    _, design = branches()
    flow = dataflow(design)
    wanted = hls_times(flow).depths
    depths = dict(re.findall(r"#pragma HLS stream variable=(\w+) depth=(\d+)", emit(design)["src/net.cpp"]))
    assert depths == {local_name(name): str(wanted.get(name, 2)) for name in flow.streams}
    assert max(wanted.values()) > 8


def test_memories_live_where_they_are_asked_to() -> None:
    """Weights, line buffers and kept vectors: the rule, or what the user chose."""
    graph, _ = branches()
    found = {}
    for style in MemoryStyle:
        design = design_for(graph, choices=Choices(memory={"conv1": style}))
        files = emit(design)
        found[style] = re.findall(r"HWGEN_R[AO]M\((\w+), (\w+)\)", files["src/net_conv1.cpp"])
        for name, function in (("lines", "net_conv1_window_columns"), ("ring", "net_conv1_window")):
            told = re.findall(rf"HWGEN_(\w+\({name}, \w+\))", files[f"src/{function}.cpp"])
            memory = {"distributed": "lutram", "block": "bram"}.get(style.value)
            apart = [f"PARTITION({name}, 1)", f"PARTITION({name}, 2)"]
            assert told == ([f"RESHAPE({name}, 2)", f"RAM({name}, {memory})"] if memory else apart)
    assert [("WEIGHTS", "bram") in each for each in found.values()] == [False, False, True]
    assert [("WEIGHTS", "lutram") in each for each in found.values()] == [False, True, False]


RULE = {1: [], 64: ["lutram"], 200: ["bram"]}
"""Memory of the rows of a table by their number."""


@pytest.mark.parametrize("rows", RULE)
def test_tables_live_by_the_rule(rows: int) -> None:
    """Thresholds, directions and weights of one row, of few and of many: constants, LUT RAM, block RAM."""
    case = mvtu_case("net", (9, 2 * rows), (2, 9), (IntType(3, True), IntType(5, True), B), descending=True)
    source = emit(case.design)[f"src/{unit_name('net', case.design.units[0].name)}.cpp"]
    for table in ("WEIGHTS", "THRESHOLDS", "DESCENDING"):
        joined = "RESHAPE" if RULE[rows] else "PARTITION"
        split = re.findall(rf"HWGEN_(\w+)\({table}, \d\)", source)
        assert split and set(split) == {joined}
        assert re.findall(rf"HWGEN_ROM\({table}, (\w+)\)", source) == RULE[rows]


def test_vitis_entries_name_part_and_clock() -> None:
    files = emit(chain())
    assert "set_part xc7z020clg400-1\ncreate_clock -period 10 " in files["run_hls.tcl"]
    assert files["hls_config.cfg"].split("\n\n")[0].endswith("part=xc7z020clg400-1")
    assert "clock=10ns\nsyn.top=net\n" in files["hls_config.cfg"]
    assert "syn.file=src/net_fc0.cpp\n" in files["hls_config.cfg"]
    assert "clock_uncertainty" not in files["run_hls.tcl"] + files["hls_config.cfg"]


def test_wide_words_are_allowed_wherever_the_project_is_compiled(tmp_path: Path) -> None:
    """1,200 bits a beat: sources and test bench, both entries of Vitis, make, the simulation under DPI-C."""
    wide = mvtu_case("net", (600, 2), (1, 300), (IntType(3, True), IntType(4, True), None))
    files, narrow = emit(wide.design), emit(chain())
    flags = "-std=c++14 -DAP_INT_MAX_W=2048"
    assert files["run_hls.tcl"].count(f'-cflags "{flags}"\n') == 2
    assert f"\nsyn.cflags={flags}\n" in files["hls_config.cfg"] and f"\ntb.cflags={flags}\n" in files["hls_config.cfg"]
    assert f"\nCXXFLAGS := {flags} " in files["Makefile"]
    assert not any("AP_INT_MAX_W" in text for text in narrow.values())
    write_project(files, tmp_path / "dpi")
    assert "-DAP_INT_MAX_W=2048" in dpisim.dpi_job(wide.design, tmp_path / "dpi", tmp_path / "work").cpp_flags
    assert np.array_equal(simulated(wide.design, wide.inputs, tmp_path), wide.expected)


def test_every_pipeline_flushes() -> None:
    """Whatever a release takes for its default: no slot waits for the input of a later one."""
    files = emit(chain())
    tcl, cfg = (files[name].splitlines() for name in ("run_hls.tcl", "hls_config.cfg"))
    assert {"config_compile -pipeline_style flp", "config_dataflow -start_fifo_depth 3"} <= set(tcl)
    assert "catch {config_compile -enable_auto_rewind=false}" in tcl
    assert {"syn.compile.pipeline_style=flp", "syn.dataflow.start_fifo_depth=3"} <= set(cfg)
    assert "syn.compile.enable_auto_rewind=0" in cfg
    said = [line for name, text in files.items() if name.startswith("src/lib/") for line in text.splitlines()]
    assert [line for line in said if "HLS pipeline" in line] == [
        "#define HWGEN_PIPELINE HWGEN_PRAGMA(HLS pipeline II=1 style=flp)"
    ]
    assert not any("HLS" in line and "rewind" in line for line in said)


def test_control_and_margin_are_the_users() -> None:
    plain, chosen = emit(chain()), emit(chain(), Options("axilite", 0.15))
    assert "  HWGEN_CONTROL(ap_ctrl_none)\n" in plain["src/net.cpp"]
    assert "  HWGEN_CONTROL(s_axilite)\n" in chosen["src/net.cpp"]
    assert "\nset_clock_uncertainty 15%\n" in chosen["run_hls.tcl"]
    assert "\nclock_uncertainty=15%\n" in chosen["hls_config.cfg"]
    changed = ["src/net.cpp", "README.md", "run_hls.tcl", "hls_config.cfg"]
    assert [name for name in plain if plain[name] != chosen[name]] == changed


def test_headers_are_at_most_six_comment_lines() -> None:
    for name, text in emit(chain()).items():
        if name == "README.md":
            continue
        mark = "//" if name.endswith(("pp", ".h")) else "#"
        lines = text.split("\n")
        count = next(i for i, line in enumerate(lines) if not line.startswith(mark))
        assert lines[0] == f"{mark} SPDX-License-Identifier: Apache-2.0", name
        assert 2 <= count <= (12 if name == "src/net.cpp" else 6) or "/lib/" in name, name


def test_sources_stay_in_the_subset() -> None:
    """What open HLS compilers do not take, and what is for simulation only."""
    banned = re.compile(
        r"\.empty\(|\.full\(|>> *in\b|read_nb|write_nb|\.test\(|\.reverse\(|std::cout|__SYNTHESIS__|printf"
    )
    for name, text in emit(chain()).items():
        if name.startswith("src/") and not name.endswith("pragmas.hpp"):
            assert not banned.search(text), name
            assert "port=return" not in text and not re.search(r"hls::stream<[^;]*\(\"", text), name


def test_templates_are_mostly_text() -> None:
    for path in (asset("templates") / "hls").glob("*.j2"):
        lines = path.read_text().splitlines()
        control = sum(line.lstrip().startswith(("//%", "/*%")) for line in lines)
        assert control / len(lines) < MAX_CONTROL, path.name


@pytest.mark.parametrize("dtype", [B, IntType(3, True), IntType(8, True)], ids=str)
def test_weight_limbs_hold_whole_weights(dtype: DType) -> None:
    """Reads weights[nf*PE+p, sf*SIMD+s] back from the limbs by its documented place."""
    unit = mvtu_case("limbs", (50, 5), (2, 30), (dtype, B, None)).design.units[0]
    assert isinstance(unit, MvtuUnit)
    limbs, bits = weight_limbs(products.weight_table(unit)), dtype.bits
    lanes = -(-30 // limbs.shape[2])  # as many in each limb
    for row, column in np.ndindex(5, 50):
        word, lane = row // 2 * 2 + column // 30, column % 30
        raw = int(limbs[word, row % 2, lane // lanes]) >> (lane % lanes * bits) & ((1 << bits) - 1)
        code = 2 * raw - 1 if bits == 1 else raw - (raw >> (bits - 1) << bits)
        assert code == unit.weights[0, row, 0, column]


def test_vectors_are_hexadecimal_beats() -> None:
    design = mvtu_case("v", (9, 3), (1, 9), (B, B, B)).design
    inputs = np.array([[0x34, 0x01], [0xFF, 0x00]], dtype=np.uint8)
    files = vectors(design, [inputs, np.array([[1], [0], [1]], dtype=np.uint8)])
    assert files == {"tb/input.hex": "134\n0ff\n", "tb/expected.hex": "1\n0\n1\n"}


def test_project_builds_by_its_own_makefile(tmp_path: Path) -> None:
    """The project as a user has it: `make run` from its folder says that every beat is right, or which is wrong."""
    case = mvtu_case("net", (12, 8), (4, 3), (B, B, B))
    design = case.design
    words = packing.to_words(case.inputs, design.input), packing.to_words(case.expected, design.output)
    write_project(emit(design) | vectors(design, words), tmp_path)
    command = ["make", "run", f"HLS_INCLUDE={hls_include()}"]
    process.run(command, cwd=tmp_path, log=tmp_path / "log", timeout_s=300)
    assert "4 frames, 8 beats, 0 mismatches\n" in (tmp_path / "log").read_text()

    words[1][5] ^= 2
    write_project(vectors(design, words), tmp_path)
    with pytest.raises(ToolError, match="make: must succeed"):
        process.run(command, cwd=tmp_path, log=tmp_path / "log", timeout_s=300)
    wrong = packing.to_hex(words[1], 4)[5]
    log = (tmp_path / "log").read_text()
    assert f"frame 2, beat 1: expected {wrong}, found {int(wrong, 16) ^ 2:x}\n" in log
    assert "4 frames, 8 beats, 1 mismatches\n" in log


def test_shared_thresholds_with_directions_of_their_own() -> None:
    """One set of thresholds, but each channel rises or falls by itself: a row for every beat."""
    falls = np.array([0, 1, 1, 0, 1], dtype=np.int64)
    activation = Thresholding(np.array([[3]], dtype=np.int64), falls, -1, 2)
    thresholds, descending = map(table_text, threshold_tables(activation, Stream("y", B, 5, 2), None))
    assert (thresholds.extent, descending.extent) == ("[3][2][1]", "[3][2]")
    assert descending.body.split("\n")[0].strip() == "{false, true},"


@pytest.mark.parametrize("dtype", [B, IntType(3, True), IntType(8, True)], ids=str)
def test_weight_tables_are_written_limb_by_limb(dtype: DType) -> None:
    """The text has the limbs in order, as many digits each, and a pair of braces around each row."""
    table = products.weight_table(mvtu_case("table", (270, 6), (3, 90), (dtype, B, None)).design.units[0])  # type: ignore[arg-type]
    limbs, text = weight_limbs(table), table_text(table).body
    numbers = re.findall(r"0x([0-9a-f]+)", text)
    assert np.array_equal(np.array([int(each, 16) for each in numbers], dtype=np.uint64), limbs.reshape(-1))
    assert {len(each) for each in numbers} == {-(-packing.lanes_of_limb(90, dtype.bits) * dtype.bits // 4)}
    assert max(map(len, text.splitlines())) <= 116
    assert not text.endswith("\n")
    nested = eval(f"[{text.replace('{', '[').replace('}', ']')}]")
    assert np.array_equal(np.array(nested, dtype=np.uint64).reshape(limbs.shape), limbs)
