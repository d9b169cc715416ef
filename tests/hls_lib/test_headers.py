"""Each library header compiles alone and without warnings, as each tool would see it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from hwgen.backends.hls import emit
from hwgen.backends.render import asset
from hwgen.errors import ToolError
from hwgen.hw.memory import MemoryStyle
from hwgen.ir.geometry import Geometry
from hwgen.ir.ops import PoolKind
from hwgen.ir.types import Bipolar, IntType
from hwgen.verify import process
from hwgen.verify.headers import include_flags, precompiled
from tests.gated_cases import PATTERNS, many_folds
from tests.hls_lib.cases import (
    Case,
    argmax_case,
    fifo_case,
    mvtu_case,
    threshold_case,
    width_case,
    with_tlast,
    write_project,
)
from tests.hls_lib.image_cases import Conv, conv_case, depthwise_case, parallel_window_case, pool_case, window_case
from tests.hls_lib.join_cases import add_case, concat_case, magnitude_case, scale_case
from tests.hls_lib.test_gated import case_of
from tests.hls_lib.test_planes import plane_case

LIB = asset("templates") / "hls" / "lib"
B = Bipolar()
WARNINGS = (
    "-Wall",
    "-Wextra",
    "-Wpedantic",
    "-Wconversion",
    "-Wshadow",
    "-Werror",
    "-Wno-unused-label",
    "-Wno-unknown-pragmas",
)
LIBRARY = ("argmax", "concat", "fifo", "fork", "pool", "reorder", "select", "threshold", "width", "window")
VIEW = (
    "hwgen::Windows<hwgen::Pair<8, 8>, hwgen::Pair<3, 3>, hwgen::Pair<1, 1>, hwgen::Pair<1, 1>,"
    " hwgen::Sides<0, 0>, hwgen::Sides<0, 0>>"
)
TOOLS: dict[str, tuple[str, ...]] = {
    "plain": (),
    "vitis": ("-D__VITIS_HLS__",),
    "bambu": ("-D__BAMBU__",),
}


def samples() -> list[Case]:
    """Every kernel and every way to multiply."""
    int2, int3, int5, uint4 = IntType(2, True), IntType(3, True), IntType(5, True), IntType(4, False)
    padded, strided = Geometry((3, 3), padding=(1, 1, 1, 1)), Geometry((3, 2), (2, 1), (1, 2))
    return [
        mvtu_case("xnor", (70, 5), (2, 66), (B, B, B), descending=True),
        mvtu_case("mixed", (9, 5), (2, 4), (int3, int5, None)),
        mvtu_case("kept", (9, 5), (2, 4), (int3, int5, None), style=MemoryStyle.REGISTERS),
        threshold_case("quant", 7, 3, (int5, B), shared=True),
        argmax_case("top", 7, 3, int5),
        width_case("wide", 7, (3, 2), int3),
        fifo_case("queue", 6, 2),
        window_case("plain", (5, 6, 70), 66, B, strided),
        window_case("mixed_pad", (5, 6, 5), 2, uint4, padded, pad="mixed", style=MemoryStyle.LUT),
        parallel_window_case("whole", (5, 6, 6), 2, uint4, padded, "mixed"),
        conv_case("counted", (5, 6, 4), 5, padded, Conv(B, B, B, 2, 3)),
        conv_case("grouped", (5, 6, 4), 6, strided, Conv(int3, uint4, int2, 3, 2, groups=2)),
        depthwise_case("depth", (5, 6, 5), padded, Conv(B, B, B, 2, 2)),
        depthwise_case("depth_xnor", (5, 6, 5), strided, Conv(B, B, None, 2, 2)),
        depthwise_case("depth_whole", (5, 6, 4), padded, Conv(B, B, B, 2, padded.taps)),
        pool_case("largest", (4, 6, 3), (2, 2), 2, uint4, PoolKind.MAX),
        pool_case("mixed_pool", (4, 6, 3), (2, 3), 2, int3, PoolKind.MAX, minimum="mixed"),
        pool_case("total", (4, 6, 3), (2, 3), 2, B, PoolKind.SUM),
        add_case("adder", 5, 2, (B, int3, uint4), vectors=2),
        concat_case("joined", (4, 2, 6), 2, (B, B, B), vectors=3),
        magnitude_case("size", 5, 2, int3, vectors=6, summed=3),
        scale_case("scaled", 5, 2, (int3, uint4), vectors=3),
        plane_case("residual", (5, 3), (13, 5), (2, 4), folded=False),
        plane_case("residual_in_turn", (5, 3), (5, 6), (3, 2), folded=True, taps=4, pixels=2, padded=True),
        case_of("gated", many_folds(), PATTERNS["runs"]),
        with_tlast(fifo_case("marked", 6, 2)),
    ]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Emitted projects of all samples, and one source that includes theirs."""
    folder = tmp_path_factory.mktemp("headers")
    sources = []
    for case in samples():
        files = emit(case.design)
        write_project(files, folder / case.design.name)
        sources += [f"{case.design.name}/{name}" for name in files if name.startswith("src/") and name.endswith(".cpp")]
    (folder / "all.cpp").write_text("".join(f'#include "{name}"\n' for name in sources))
    return folder


COMPILED: list[Any] = [("g++", tool) for tool in TOOLS if tool != "plain"]
COMPILED += [pytest.param(compiler, "plain", marks=pytest.mark.long) for compiler in ("g++", "clang++")]
"""What is not read as an HLS tool reads it, every simulation compiles."""


@pytest.mark.parametrize(("compiler", "tool"), COMPILED)
def test_emitted_sources_compile_without_warnings(compiler: str, tool: str, project: Path, tmp_path: Path) -> None:
    command: list[str | Path] = [compiler, "-std=c++14", "-fsyntax-only", *WARNINGS, *TOOLS[tool]]
    command += [*include_flags(), "all.cpp"]
    process.run(command, cwd=project, log=tmp_path / "log", timeout_s=120)


@pytest.mark.parametrize("compiler", ["g++", pytest.param("clang++", marks=pytest.mark.long)])
def test_no_library_function_is_left(compiler: str, project: Path, tmp_path: Path) -> None:
    """A function that is not inlined would be shared by processes, and with it what it is working on."""
    command = [compiler, "-std=c++14", "-O0", "-w", *map(str, include_flags())]
    command += ["-include", str(header)] if compiler == "g++" and (header := precompiled()) else []
    command += ["-c", "all.cpp", "-o", str(tmp_path / "all.o")]
    process.run(command, cwd=project, log=tmp_path / "log", timeout_s=300)
    process.run(["nm", "-C", "all.o"], cwd=tmp_path, log=tmp_path / "names", timeout_s=60)
    names = (tmp_path / "names").read_text()
    assert " T xnor(" in names
    assert [line for line in names.splitlines() if re.search(r" [TtWw] .*\bhwgen::\w+.*\(", line)] == []


def test_a_header_alone(tmp_path: Path) -> None:
    """Each includes what it needs. Templates are only parsed, so empty shells of the vendor's headers will do."""
    numbers = "template <int WIDTH> struct ap_uint { ap_uint(int = 0); };\ntemplate <int WIDTH> struct ap_int;\n"
    (tmp_path / "ap_int.h").write_text(f"#pragma once\n{numbers}")
    axis = "template <int, int, int, int> struct ap_axiu { ap_uint<1> data, keep, strb, last; };"
    (tmp_path / "ap_axi_sdata.h").write_text(f'#include "ap_int.h"\n{axis}\n')
    (tmp_path / "hls_stream.h").write_text("#pragma once\nnamespace hls { template <class T> class stream; }\n")
    for path in sorted(LIB.glob("*.hpp")):
        command = ["g++", "-std=c++14", "-fsyntax-only", "-w", f"-I{tmp_path}", "-x", "c++", str(path)]
        process.run(command, cwd=tmp_path, log=tmp_path / "log", timeout_s=120)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("hwgen::fifo<0>(in, out);", "a frame has at least one beat"),
        ("hwgen::threshold<1, 3, 4, B, B, hwgen::MultiThreshold<B, -1, 2>>(in, out);", "a beat must not be longer"),
        ("hwgen::argmax<2, 20, 4, B, hwgen::Uint<4>>(in, out);", "the index must fit the output"),
        ("hwgen::concat<1, 4, B, hwgen::Part<B, 1>, hwgen::Part<B, 1>>(out, in);", "each input must be a part"),
        ("hwgen::fork<2>(in, out);", "a fork has at least two readers"),
        ("ap_uint<4> lines[24][2]; hwgen::window_columns<V, 4, 4, B>(in, columns, lines);", "as long as a row of the"),
        ("ap_uint<4> lines[8][3]; hwgen::window_columns<V, 4, 4, B>(in, columns, lines);", "a line for each row above"),
        (
            "ap_uint<4> ring[2][3]; hwgen::window_taps<V, 4, 4, 1, B, B>(columns, out, ring);",
            "the columns that a window",
        ),
        ("ap_uint<4> ring[6][3]; hwgen::window_taps<V, 4, 4, 1, B, B>(columns, out, ring);", "must be a power of two"),
        ("ap_uint<4> ring[4][2]; hwgen::window_taps<V, 4, 4, 1, B, B>(columns, out, ring);", "a beat for each row of"),
        ("ap_uint<4> kept[3]; hwgen::pool<T, 4, 4, hwgen::Extreme, B, B>(in, out, kept);", "a partial result for each"),
        ("hwgen::width<2, 3, B, 4, 4>(in, out);", "a beat must not be longer than a vector"),
    ],
)
def test_illegal_shapes_are_explained(call: str, message: str, tmp_path: Path) -> None:
    lines = [f'#include "{name}.hpp"' for name in LIBRARY]
    lines += ["using B = hwgen::Bipolar;", "using T = hwgen::Tiling<1, 2, 2, 2>;", f"using V = {VIEW};"]
    lines += ["void f(hls::stream<ap_uint<4>>& in, hls::stream<ap_uint<4>>& out, hls::stream<ap_uint<12>>& columns) {"]
    (tmp_path / "bad.cpp").write_text("\n".join((*lines, f"  {call}", "}", "")))
    command: list[str | Path] = ["g++", "-std=c++14", "-O0", "-fsyntax-only", f"-I{LIB}", *include_flags()]
    command += [*(["-include", header] if (header := precompiled()) else []), "bad.cpp"]
    with pytest.raises(ToolError):
        process.run(command, cwd=tmp_path, log=tmp_path / "log", timeout_s=120)
    assert message in (tmp_path / "log").read_text()
