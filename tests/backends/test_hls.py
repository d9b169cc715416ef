"""The emitted HLS project: its files, its text and that it is the same every time."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from hwgen.backends.hls import emit, vectors
from hwgen.backends.hls.tables import threshold_tables, weight_limbs
from hwgen.backends.render import asset
from hwgen.errors import ToolError
from hwgen.hw import packing
from hwgen.hw.design import Design
from hwgen.hw.kernels.fifo import Fifo
from hwgen.hw.kernels.matvec import MatVec, Thresholding
from hwgen.hw.kernels.width import WidthConverter
from hwgen.hw.stream import Stream
from hwgen.ir.types import Bipolar, DType, IntType
from hwgen.verify import process
from hwgen.verify.csim import hls_include
from tests.hls_lib.cases import design_of, matvec_case, write_project

B = Bipolar()
KERNELS = ("matvec", "threshold", "argmax", "width", "fifo")
MAX_CONTROL = 0.20


def chain() -> Design:
    """Two matrix units with a FIFO and a width converter between them, and a FIFO at the end."""
    first = matvec_case("net", (12, 8), (4, 3), (B, B, B)).design.units[0]
    assert isinstance(first, MatVec)
    stream, narrow = first.output, Stream("n", B, 8, 2)
    second = matvec_case("net", (8, 5), (5, 2), (B, B, None)).design.units[0]
    assert isinstance(second, MatVec)
    last = MatVec("fc1", "layer 1", narrow, second.output, second.weights, B, second.sum_type, None)
    queues = Fifo("q0", "stream", stream, stream, 6), Fifo("q1", "stream", last.output, last.output, 4)
    return design_of("net", first, queues[0], WidthConverter("w1", "stream", stream, narrow), last, queues[1])


def test_files() -> None:
    names = set(emit(chain()))
    assert names == {
        *(f"src/net{unit}.{kind}" for unit in ("", "_fc0", "_w1", "_fc1", "_q1") for kind in ("cpp", "hpp")),
        *(f"src/fc{i}_params.hpp" for i in (0, 1)),
        *(f"src/lib/{name}.hpp" for name in ("activation", "fifo", "lanes", "mvtu", "pragmas", "width")),
        *("tb/net_tb.cpp", "tb/testbench.hpp", "Makefile", "vitis_hls.tcl", "hls_config.cfg"),
    }


def test_same_bytes_every_time() -> None:
    assert emit(chain()) == emit(chain())


def test_fifos_become_stream_depths() -> None:
    top = emit(chain())["src/net.cpp"]
    depths = dict(re.findall(r"#pragma HLS stream variable=(\w+) depth=(\d+)", top))
    assert depths == {"net_fc0_out": "6", "net_w1_out": "2", "net_fc1_out": "4"}
    assert "  net_q1(net_fc1_out, m_axis);\n" in top


def test_vitis_entries_name_part_and_clock() -> None:
    files = emit(chain())
    assert "set_part xc7z020clg400-1\ncreate_clock -period 10 " in files["vitis_hls.tcl"]
    assert files["hls_config.cfg"].split("\n\n")[0].endswith("part=xc7z020clg400-1")
    assert "clock=10ns\nsyn.top=net\n" in files["hls_config.cfg"]
    assert "syn.file=src/net_fc0.cpp\n" in files["hls_config.cfg"]


def test_headers_are_at_most_six_comment_lines() -> None:
    for name, text in emit(chain()).items():
        mark = "//" if name.endswith(("pp", ".h")) else "#"
        lines = text.split("\n")
        count = next(i for i, line in enumerate(lines) if not line.startswith(mark))
        assert lines[0] == f"{mark} SPDX-License-Identifier: Apache-2.0", name
        assert 2 <= count <= 6 or "/lib/" in name, name


def test_sources_stay_in_the_subset() -> None:
    """What open HLS compilers do not take, and what is for simulation only."""
    banned = re.compile(
        r"\.empty\(|\.full\(|>> *in\b|read_nb|write_nb|\.test\(|\.reverse\(|std::cout|__SYNTHESIS__|printf"
    )
    for name, text in emit(chain()).items():
        if name.startswith("src/") and not name.endswith("pragmas.hpp"):
            assert not banned.search(text), name
            assert "port=return" not in text and not re.search(r"hls::stream<[^;]*\(\"", text), name


@pytest.mark.parametrize("kernel", KERNELS)
def test_every_kernel_has_its_template(kernel: str) -> None:
    assert (asset("templates") / "hls" / f"{kernel}.cpp.j2").is_file()


def test_templates_are_mostly_text() -> None:
    for path in (asset("templates") / "hls").glob("*.j2"):
        lines = path.read_text().splitlines()
        control = sum(line.lstrip().startswith(("//%", "/*%")) for line in lines)
        assert control / len(lines) < MAX_CONTROL, path.name


@pytest.mark.parametrize("dtype", [B, IntType(3, True), IntType(8, True)], ids=str)
def test_weight_limbs_hold_whole_weights(dtype: DType) -> None:
    """Reads weights[nf*PE+p, sf*SIMD+s] back from the limbs by its documented place."""
    unit = matvec_case("limbs", (50, 5), (2, 30), (dtype, B, None)).design.units[0]
    assert isinstance(unit, MatVec)
    limbs, bits = weight_limbs(unit), dtype.bits
    lanes = 64 // bits
    for row, column in np.ndindex(5, 50):
        word, lane = row // 2 * 2 + column // 30, column % 30
        raw = int(limbs[word, row % 2, lane // lanes]) >> (lane % lanes * bits) & ((1 << bits) - 1)
        code = 2 * raw - 1 if bits == 1 else raw - (raw >> (bits - 1) << bits)
        assert code == unit.weights[row, column]


def test_vectors_are_hexadecimal_beats() -> None:
    design = matvec_case("v", (9, 3), (1, 9), (B, B, B)).design
    inputs = np.array([[0x34, 0x01], [0xFF, 0x00]], dtype=np.uint8)
    files = vectors(design, inputs, np.array([[1], [0], [1]], dtype=np.uint8))
    assert files == {"tb/input.hex": "134\n0ff\n", "tb/expected.hex": "1\n0\n1\n"}


def test_project_builds_by_its_own_makefile(tmp_path: Path) -> None:
    """The project as a user has it: `make run` from its folder says that every beat is right, or which is wrong."""
    case = matvec_case("net", (12, 8), (4, 3), (B, B, B))
    design = case.design
    words = packing.to_words(case.inputs, design.input), packing.to_words(case.expected, design.output)
    write_project(emit(design) | vectors(design, *words), tmp_path)
    command = ["make", "run", f"HLS_INCLUDE={hls_include()}"]
    process.run(command, cwd=tmp_path, log=tmp_path / "log", timeout_s=300)
    assert "4 frames, 8 beats, 0 mismatches\n" in (tmp_path / "log").read_text()

    words[1][5] ^= 2
    write_project(vectors(design, *words), tmp_path)
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
    thresholds, descending = threshold_tables(activation, 2, 5, None)
    assert (thresholds.extent, descending.extent) == ("[3][2][1]", "[3][2]")
    assert descending.body.split("\n")[0].strip() == "false, true,"
